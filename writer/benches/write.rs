//! Rows to entries, and savepoints from others, by one thread.
//!
//! ```text
//! KEYS=10000000 cargo bench -p flink-state-writer --bench write
//! ```

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a benchmark")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flink_state_bench::{OPERATOR, Rows, Shape, generate};
use flink_state_reader::Snapshot;
use flink_state_writer::savepoint::{OperatorPlan, Options, Plan, WriteOperator, write};
use tokio::runtime::Runtime;

/// Keys of a state; `KEYS` in the environment says how many.
static KEYS: LazyLock<u32> = LazyLock::new(|| std::env::var("KEYS").map_or(1_000_000, |keys| keys.parse().unwrap()));

static DIRECTORY: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("write-{}", std::process::id())));

fn main() {
    std::fs::create_dir_all(&*DIRECTORY).unwrap();
    divan::main();
    std::fs::remove_dir_all(&*DIRECTORY).unwrap();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Rows of the table to composite keys and values.
#[divan::bench(args = [Shape::Long, Shape::Pojo, Shape::Map], sample_count = 10, sample_size = 1)]
fn encode(bencher: Bencher<'_, '_>, shape: Shape) {
    let rows = Rows::new(shape, *KEYS / 10).unwrap();
    let encoder = rows.encoder().unwrap();
    let batches: Vec<_> = (0..128).map(|key_group| rows.batch(key_group, rows.numbers(key_group)).unwrap()).collect();
    let count: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        for (batch, key_group) in batches.iter().zip(0..) {
            let key_groups = vec![key_group; batch.num_rows()];
            black_box(encoder.keys(batch, &key_groups, 128).unwrap());
            black_box(encoder.values(batch).unwrap());
        }
    });
}

/// A savepoint from another: every entry is read, written and read back.
#[divan::bench(args = [Shape::Long, Shape::Pojo], sample_count = 5, sample_size = 1)]
fn rewrite(bencher: Bencher<'_, '_>, shape: Shape) {
    let runtime = runtime();
    let (source, target) = (DIRECTORY.join(format!("{shape:?}")), DIRECTORY.join(format!("{shape:?}-rewritten")));
    if !source.exists() {
        runtime.block_on(generate(shape, *KEYS, &source)).unwrap();
    }
    let plan = runtime.block_on(async {
        let source = Snapshot::open(source.to_str().unwrap()).await.unwrap();
        let mut plan = Plan::carry(&source);
        let operator = WriteOperator::from_source(&source, OPERATOR).await.unwrap();
        *plan.operator_mut(operator.id).unwrap() = OperatorPlan::Write(Box::new(operator));
        plan
    });
    bencher.counter(ItemsCount::new(*KEYS)).bench_local(|| {
        runtime.block_on(write(&plan, &target, &Options::default())).unwrap();
        std::fs::remove_dir_all(&target).unwrap();
    });
}
