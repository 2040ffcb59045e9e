//! Scans of RocksDB tables, in bytes of entries (keys and values, uncompressed).
//!
//! ```text
//! cargo bench -p flink-state-reader --bench sst
//! ```

#![allow(clippy::cast_possible_truncation, clippy::indexing_slicing, clippy::unwrap_used, reason = "a benchmark")]

#[allow(dead_code, clippy::panic, reason = "shared with tests")]
#[path = "../src/sst/tests/build.rs"]
mod build;

use std::path::Path;

use build::{Format, Index};
use bytes::Bytes;
use divan::Bencher;
use divan::counter::BytesCount;
use flink_state_reader::metadata::{IncrementalHandle, KeyedHandle, LocalFile, Metadata, OperatorId, StreamHandle};
use flink_state_reader::{Snapshot, State};
use futures::TryStreamExt;

/// The state, of operator `by-number`: LONG keys, STRING values.
const STATE: &str = "label";
const ENTRIES: u64 = 1_000_000;
const KEY_GROUPS: u64 = 500;

fn main() {
    divan::main();
}

/// A snapshot with one state in some tables, which hold every so many-th entry each.
struct Fixture {
    _directory: tempfile::TempDir,
    snapshot: Snapshot,
    state: State,
    /// Bytes of its entries.
    bytes: usize,
}

/// Key group, key, void namespace; the value is text of which half repeats.
fn entry(i: u64) -> (Vec<u8>, Vec<u8>) {
    let mut key = ((i * KEY_GROUPS / ENTRIES) as u16).to_be_bytes().to_vec();
    key.extend(i.to_be_bytes());
    key.push(0);
    let random = i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let text = format!("{random:016x}, a value as it could be, with number {i:010} and {:016x} at its end", !random);
    // StringValue: the length and 1, then a byte for each ASCII character.
    let value = std::iter::once(text.len() as u8 + 1).chain(text.bytes()).collect();
    (key, value)
}

fn inline(data: Vec<u8>) -> StreamHandle {
    StreamHandle::Inline { name: String::new(), data: Bytes::from(data) }
}

async fn fixture(tables: u64) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let original =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots/1.20-keyed-rocksdb-native/_metadata");
    let mut metadata = Metadata::parse(&Bytes::from(std::fs::read(original).unwrap())).unwrap();
    metadata.operators.retain(|operator| operator.id == OperatorId::from_uid("by-number"));
    let subtasks = &mut metadata.operators[0].subtasks;
    subtasks.truncate(1);
    let state = subtasks[0].state.as_mut().unwrap();
    let Some(KeyedHandle::Incremental(database)) = state.managed_keyed.as_mut() else { return no_database() };

    let format = Format { compression: 1, index: Index::Delta, block: 40, restart_interval: 16, ..Format::default() };
    let mut edits: Vec<Vec<u8>> =
        [STATE, "blobs", "prices"].iter().zip(1..).map(|(name, id)| family(id, name)).collect();
    let (mut private, mut bytes) = (Vec::new(), 0);
    for number in 0..tables {
        let entries: Vec<_> = (number..ENTRIES).step_by(tables as usize).map(entry).collect();
        bytes += entries.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let entries: Vec<_> = entries.into_iter().map(|(key, value)| (build::internal(&key, 1, 1), value)).collect();
        let name = ("rocksdb.column.family.name", STATE.as_bytes().to_vec());
        let table = build::table(&entries, &[], &format, &[name]);
        let size = table.len() as u64;
        let (first, last) = (&entries[0].0, &entries.last().unwrap().0);
        edits.push([build::tagged(200, &[1]), build::new_file(103, number + 10, size, first, last, &[])].concat());
        let file = format!("table-{number}");
        std::fs::write(directory.path().join(&file), table).unwrap();
        let stream = StreamHandle::RelativeFile { path: file, size: Some(size) };
        private.push(LocalFile { local_path: format!("{:06}.sst", number + 10), stream });
    }
    let file = |name: &str, data| LocalFile { local_path: name.to_owned(), stream: inline(data) };
    private.push(file("CURRENT", b"MANIFEST-000004\n".to_vec()));
    private.push(file("MANIFEST-000004", build::log(&edits, false)));
    *database = IncrementalHandle { shared: Vec::new(), private, ..database.clone() };

    std::fs::write(directory.path().join("_metadata"), metadata.encode().unwrap()).unwrap();
    let snapshot = Snapshot::open(directory.path().to_str().unwrap()).await.unwrap();
    let state = snapshot.operator("by-number").unwrap().state(STATE).await.unwrap().clone();
    Fixture { _directory: directory, snapshot, state, bytes }
}

#[allow(clippy::panic, reason = "a benchmark")]
fn no_database() -> Fixture {
    panic!("the snapshot has no database")
}

fn family(id: u64, name: &str) -> Vec<u8> {
    let mut edit = [build::tagged(200, &[id]), build::tagged(201, &[])].concat();
    build::text(name.as_bytes(), &mut edit);
    edit
}

/// Scans in one task, so on one core.
async fn rows(fixture: &Fixture, columns: Vec<usize>) -> u64 {
    let mut rows = 0;
    for task in fixture.state.scan().projection(columns).build().unwrap().tasks(1) {
        let batches = fixture.snapshot.execute(&task).await.unwrap();
        rows += batches.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows() as u64)).await.unwrap();
    }
    rows
}

fn scan(bencher: Bencher<'_, '_>, tables: u64, columns: &[usize]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fixture = runtime.block_on(fixture(tables));
    assert_eq!(runtime.block_on(rows(&fixture, Vec::new())), ENTRIES);
    bencher.counter(BytesCount::new(fixture.bytes)).bench_local(|| runtime.block_on(rows(&fixture, columns.to_vec())));
}

/// All columns to Arrow: key group, key, value. Of several tables each has keys between those of the others.
#[divan::bench(args = [1, 4, 16], sample_count = 10, sample_size = 1)]
fn to_arrow(bencher: Bencher<'_, '_>, tables: u64) {
    scan(bencher, tables, &[0, 1, 2]);
}

/// No column: blocks and merge alone.
#[divan::bench(args = [1, 4, 16], sample_count = 10, sample_size = 1)]
fn count(bencher: Bencher<'_, '_>, tables: u64) {
    scan(bencher, tables, &[]);
}
