//! Scripts over more rows than memory, whose peak Linux tells.

use std::fs;

use flink_state_reader::{OpenOptions, Snapshot};

use super::{RewriteOptions, plan};
use crate::session::{Session, SessionOptions, SnapshotArg};
use crate::statement::Statement;

const MEGABYTE: usize = 1 << 20;

/// The most memory that the process has had so far.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim_end_matches("kB").trim().parse::<usize>().ok()? * 1024)
}

#[tokio::test]
async fn rows_do_not_have_to_fit_into_memory() {
    let location = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/snapshots/1.20-keyed-hashmap-canonical");
    let options = OpenOptions { uids: vec!["by-number".to_owned()], ..OpenOptions::default() };
    let source = Snapshot::open_with(location, &options).await.unwrap();
    let session = |snapshot: &Snapshot| {
        let options = SessionOptions { partitions: Some(2), memory_limit: Some(32 * MEGABYTE) };
        Session::open(&[SnapshotArg { alias: None, snapshot: snapshot.clone() }], &options).unwrap()
    };
    let script = [
        Statement::Insert(
            r#"INSERT INTO "by-number".label (key, value)
               SELECT value + 1000000000, repeat('x', 1000) FROM generate_series(1, 300000)"#
                .to_owned(),
        ),
        Statement::Update(
            r#"UPDATE "by-number".label SET value = concat(value, 'y') WHERE key > 1000000000 AND key % 2 = 0"#
                .to_owned(),
        ),
        Statement::Delete(r#"DELETE FROM "by-number".label WHERE key > 1000000000 AND key % 1000 = 0"#.to_owned()),
        Statement::SetMaxParallelism(256),
    ];
    let before = peak().unwrap();
    let target = tempfile::tempdir().unwrap();
    let target = target.path().join("savepoint");
    let plan = plan(&session(&source), Some(&source), &script, RewriteOptions::default()).await.unwrap();
    let operator = plan.summary().iter().find(|operator| operator.operator == "by-number").unwrap();
    let rows = operator.states.iter().find(|state| state.state == "label").unwrap().rows.unwrap();
    assert_eq!((rows.added, rows.changed, rows.deleted), (300_000, 150_000, 300));
    let written = plan.write(&target).await.unwrap();
    let bytes: u64 = written.files.iter().map(|file| file.bytes).sum();
    let grown = peak().unwrap() - before;
    // Decoded and as bytes they have twice as much.
    assert!(bytes > 280 * MEGABYTE as u64, "{bytes}");
    assert!(grown < 200 * MEGABYTE, "the peak has grown by {} MB", grown / MEGABYTE);
    let written = Snapshot::open_with(target.to_str().unwrap(), &options).await.unwrap();
    let (count, _) = written.operator("by-number").unwrap().state("label").await.unwrap().count_rows().await.unwrap();
    assert_eq!(count, rows.target());
}
