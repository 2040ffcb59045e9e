//! Scans of canonical state, in rows and in bytes of the files, by one thread. The loops in plain Rust are what the
//! machine can do with the same bytes in memory.
//!
//! ```text
//! KEYS=10000000 cargo bench -p flink-state-reader --bench scan
//! ```

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use flink_state_bench::{OPERATOR, STATE, Shape, compress, generate};
use flink_state_reader::metadata::KeyedHandle;
use flink_state_reader::{Snapshot, State};
use futures::TryStreamExt;
use tokio::runtime::Runtime;

const BATCH: usize = 8192;

/// Keys of a state; `KEYS` in the environment says how many.
static KEYS: LazyLock<u32> = LazyLock::new(|| std::env::var("KEYS").map_or(1_000_000, |keys| keys.parse().unwrap()));

static DIRECTORY: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scan-{}", std::process::id())));

static FIXTURES: LazyLock<Mutex<HashMap<String, Arc<Fixture>>>> = LazyLock::new(Mutex::default);

fn main() {
    std::fs::create_dir_all(&*DIRECTORY).unwrap();
    divan::main();
    std::fs::remove_dir_all(&*DIRECTORY).unwrap();
}

struct Fixture {
    snapshot: Snapshot,
    state: State,
    rows: usize,
    /// The bytes of each key group, as they are in the file.
    key_groups: Vec<Bytes>,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn fixture(shape: Shape, compressed: bool) -> Arc<Fixture> {
    let name = format!("{shape:?}{}", if compressed { "-compressed" } else { "" });
    if let Some(fixture) = FIXTURES.lock().unwrap().get(&name) {
        return Arc::clone(fixture);
    }
    let directory = DIRECTORY.join(&name);
    runtime().block_on(async {
        if compressed {
            let plain = DIRECTORY.join(format!("{shape:?}"));
            if !plain.exists() {
                generate(shape, *KEYS, &plain).await.unwrap();
            }
            compress(&plain, &directory).unwrap();
        } else if !directory.exists() {
            generate(shape, *KEYS, &directory).await.unwrap();
        }
        let snapshot = Snapshot::open(directory.to_str().unwrap()).await.unwrap();
        let state = snapshot.operator(OPERATOR).unwrap().state(STATE).await.unwrap().clone();
        let key_groups = key_groups(&snapshot).await;
        let rows = count(&snapshot, &state, Some(Vec::new()), 0..=u16::MAX).await;
        let fixture = Arc::new(Fixture { snapshot, state, rows, key_groups });
        FIXTURES.lock().unwrap().insert(name, Arc::clone(&fixture));
        fixture
    })
}

async fn key_groups(snapshot: &Snapshot) -> Vec<Bytes> {
    let mut key_groups = Vec::new();
    for subtask in snapshot.operator(OPERATOR).unwrap().subtasks() {
        let Some(KeyedHandle::KeyGroups(handle)) = subtask.state.as_ref().unwrap().managed_keyed.clone() else {
            continue;
        };
        let file = snapshot.stream(&handle.stream).await.unwrap();
        let starts: Vec<u64> =
            handle.offsets.iter().filter(|&&offset| offset > 0).map(|&offset| offset as u64).collect();
        for (i, start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).copied().unwrap_or(file.size());
            key_groups.push(file.read(*start..end).await.unwrap());
        }
    }
    key_groups
}

/// Runs a scan to its end.
async fn count(
    snapshot: &Snapshot,
    state: &State,
    columns: Option<Vec<usize>>,
    key_groups: std::ops::RangeInclusive<u16>,
) -> usize {
    let scan = state.scan().key_groups(key_groups);
    let scan = columns.into_iter().fold(scan, |scan, columns| scan.projection(columns)).build().unwrap();
    let mut rows = 0;
    for task in scan.tasks(1) {
        let mut batches = snapshot.execute(&task).await.unwrap();
        while let Some(batch) = batches.try_next().await.unwrap() {
            rows += black_box(batch).num_rows();
        }
    }
    rows
}

/// Scans these columns; all without a list.
fn scan(bencher: Bencher<'_, '_>, shape: Shape, compressed: bool, columns: Option<&[usize]>) {
    let fixture = fixture(shape, compressed);
    let runtime = runtime();
    let bytes: usize = fixture.key_groups.iter().map(Bytes::len).sum();
    bencher.counter(ItemsCount::new(fixture.rows)).counter(BytesCount::new(bytes)).bench_local(|| {
        let columns = columns.map(<[usize]>::to_vec);
        let rows = runtime.block_on(count(&fixture.snapshot, &fixture.state, columns, 0..=u16::MAX));
        assert_eq!(rows, fixture.rows);
    });
}

/// Runs a loop in plain Rust over the bytes of each key group.
fn bare(bencher: Bencher<'_, '_>, shape: Shape, mut run: impl FnMut(&[u8])) {
    let fixture = fixture(shape, false);
    let bytes: usize = fixture.key_groups.iter().map(Bytes::len).sum();
    bencher
        .counter(ItemsCount::new(fixture.rows))
        .counter(BytesCount::new(bytes))
        .bench_local(|| fixture.key_groups.iter().for_each(|key_group| run(key_group)));
}

/// Calls `entry` with the key, behind its key group, and the value of each entry.
#[inline(always)]
fn walk(key_group: &[u8], mut entry: impl FnMut(&[u8], &[u8])) {
    fn part<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
        let (length, tail) = rest.split_first_chunk::<4>().unwrap();
        let (part, tail) = tail.split_at(i32::from_be_bytes(*length) as usize);
        *rest = tail;
        part
    }
    let mut rest = &key_group[2..];
    loop {
        let (key, value) = (part(&mut rest), part(&mut rest));
        entry(&key[1..], value);
        if key[0] & 0x80 != 0 {
            return;
        }
    }
}

mod long {
    use super::*;

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn all_columns(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Long, false, None);
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn all_columns_compressed(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Long, true, None);
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn key_group(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Long, false, Some(&[0]));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn key(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Long, false, Some(&[1]));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn value(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Long, false, Some(&[2]));
    }

    /// One key group of 128, from the opening of the snapshot on.
    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn lookup(bencher: Bencher<'_, '_>) {
        let fixture = fixture(Shape::Long, false);
        let runtime = runtime();
        let directory = DIRECTORY.join("Long");
        bencher.counter(ItemsCount::new(fixture.rows / 128)).bench_local(|| {
            runtime.block_on(async {
                let snapshot = Snapshot::open(directory.to_str().unwrap()).await.unwrap();
                let state = snapshot.operator(OPERATOR).unwrap().state(STATE).await.unwrap().clone();
                count(&snapshot, &state, None, 77..=77).await
            })
        });
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn bare_walk(bencher: Bencher<'_, '_>) {
        bare(bencher, Shape::Long, |key_group| {
            let mut sum = 0;
            walk(key_group, |key, value| sum += key.len() + value.len());
            black_box(sum);
        });
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn bare_decode(bencher: Bencher<'_, '_>) {
        let long = |bytes: &[u8]| i64::from_be_bytes(*bytes.first_chunk().unwrap());
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        bare(bencher, Shape::Long, |key_group| {
            walk(key_group, |key, value| {
                keys.push(long(key));
                values.push(long(value));
                if keys.len() == BATCH {
                    black_box((std::mem::take(&mut keys), std::mem::take(&mut values)));
                }
            });
        });
    }
}

mod pojo {
    use super::*;

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn all_columns(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Pojo, false, None);
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn all_columns_compressed(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Pojo, true, None);
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn key_group(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Pojo, false, Some(&[0]));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn key(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Pojo, false, Some(&[1]));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn value(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Pojo, false, Some(&[2]));
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn bare_walk(bencher: Bencher<'_, '_>) {
        bare(bencher, Shape::Pojo, |key_group| {
            let mut sum = 0;
            walk(key_group, |key, value| sum += key.len() + value.len());
            black_box(sum);
        });
    }

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn bare_decode(bencher: Bencher<'_, '_>) {
        let mut columns = Orders::default();
        bare(bencher, Shape::Pojo, |key_group| {
            walk(key_group, |key, value| {
                columns.push(key, value);
                if columns.ids.len() == BATCH {
                    black_box(std::mem::take(&mut columns));
                }
            });
        });
    }

    /// The columns of the POJO, whose fields are never null here.
    #[derive(Default)]
    struct Orders {
        keys: Strings,
        amounts: Vec<f64>,
        customers: Strings,
        ids: Vec<i64>,
        paid: Vec<bool>,
        placed: Vec<i64>,
        quantities: Vec<i32>,
    }

    #[derive(Default)]
    struct Strings {
        bytes: Vec<u8>,
        ends: Vec<i32>,
    }

    impl Strings {
        /// A string of ASCII with a length below 127.
        fn push(&mut self, input: &mut &[u8]) {
            let (length, tail) = input.split_first().unwrap();
            let (text, tail) = tail.split_at(usize::from(*length) - 1);
            assert!(*length < 0x80 && text.is_ascii());
            self.bytes.extend_from_slice(text);
            self.ends.push(self.bytes.len() as i32);
            *input = tail;
        }
    }

    impl Orders {
        fn push(&mut self, mut key: &[u8], value: &[u8]) {
            fn field<const N: usize>(input: &mut &[u8]) -> [u8; N] {
                present(input);
                let (bytes, tail) = input.split_first_chunk::<N>().unwrap();
                *input = tail;
                *bytes
            }
            fn present(input: &mut &[u8]) {
                let (null, tail) = input.split_first().unwrap();
                assert_eq!(*null, 0);
                *input = tail;
            }
            self.keys.push(&mut key);
            assert_eq!(value[0], 2);
            let mut input = &value[1..];
            self.amounts.push(f64::from_be_bytes(field(&mut input)));
            present(&mut input);
            self.customers.push(&mut input);
            self.ids.push(i64::from_be_bytes(field(&mut input)));
            self.paid.push(field::<1>(&mut input) != [0]);
            self.placed.push(i64::from_be_bytes(field(&mut input)));
            self.quantities.push(i32::from_be_bytes(field(&mut input)));
            assert!(input.is_empty());
        }
    }
}

mod map {
    use super::*;

    #[divan::bench(sample_count = 10, sample_size = 1)]
    fn all_columns(bencher: Bencher<'_, '_>) {
        scan(bencher, Shape::Map, false, None);
    }
}
