//! What can go wrong leaves nothing that could be restored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use flink_state_writer::ErrorKind;
use flink_state_writer::savepoint::{MANIFEST, OperatorPlan, Options, Part, Plan, WriteOperator, write};
use flink_state_writer::state::{Batches, EntrySource, EntryStream, Order, Slice};
use futures::StreamExt;

use super::bootstrap::{batches, entries, keyed_operator, plan};
use super::support::{all_rows, files, open, snapshot_path, take_apart};

#[tokio::test]
async fn a_target_that_is_there_is_not_touched() {
    let source = open(&snapshot_path("1.20-operator-state-hashmap-canonical")).await;
    let directory = tempfile::tempdir().unwrap();
    let error = write(&Plan::carry(&source), directory.path(), &Options::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().ends_with("is there already"), "{error}");
    assert!(files(directory.path()).is_empty());

    let file = directory.path().join("file");
    fs::write(&file, "precious").unwrap();
    assert!(write(&Plan::carry(&source), &file, &Options::default()).await.is_err());
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[tokio::test]
async fn records_in_flight_are_only_dropped_on_demand() {
    for name in ["1.20-unaligned-hashmap-checkpoint", "2.2-unaligned-hashmap-checkpoint"] {
        let source = open(&snapshot_path(name)).await;
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("savepoint");
        let (plan, written, _) = take_apart(&source).await;
        assert!(written > 0);
        let error = write(&plan, &target, &Options::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let expected = "records in flight, which would be lost: 41918 bytes in 2 operators";
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!target.exists());

        let options = Options { drop_channel_state: true, ..Options::default() };
        write(&plan, &target, &options).await.unwrap();
        let written = open(&target).await;
        assert!(written.metadata().operators.iter().all(|operator| operator.in_flight().is_empty()));
    }
}

/// Copies a snapshot, so that it can be damaged.
fn copy(name: &str, to: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(to).unwrap();
    let files = files(&snapshot_path(name));
    files.iter().for_each(|(name, bytes)| fs::write(to.join(name), bytes).unwrap());
    files.keys().filter(|name| !name.contains(['_', '.'])).map(|name| to.join(name)).collect()
}

#[tokio::test]
async fn a_source_that_is_cut_short_is_no_source() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    let target = directory.path().join("savepoint");
    for data in copy("1.20-keyed-rocksdb-canonical", &source) {
        let bytes = fs::read(&data).unwrap();
        fs::write(&data, &bytes[..bytes.len() - 1]).unwrap();
        let snapshot = open(&source).await;
        let error = write(&Plan::carry(&snapshot), &target, &Options::default()).await.unwrap_err();
        assert!(error.to_string().contains("its handle says"), "{error}");
        assert!(!target.exists());
        fs::write(&data, &bytes).unwrap();
    }
}

#[tokio::test]
async fn damaged_entries_are_not_copied() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    let target = directory.path().join("savepoint");
    let data = copy("1.20-keyed-rocksdb-canonical", &source);
    let (plan, written, _) = take_apart(&open(&source).await).await;
    assert!(written > 2);
    for data in data {
        let bytes = fs::read(&data).unwrap();
        let mut damaged = bytes.clone();
        // the end mark of the last key group, or the last element
        let end = damaged.len() - 1;
        damaged[end] ^= 1;
        fs::write(&data, &damaged).unwrap();
        let result = write(&plan, &target, &Options::default()).await;
        if damaged[end] == 0xFE {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Data);
            assert!(!target.exists());
        } else {
            result.unwrap();
            fs::remove_dir_all(&target).unwrap();
        }
        fs::write(&data, &bytes).unwrap();
    }
}

/// Entries that damage a file of the target when those of the last subtask are asked for.
#[derive(Debug)]
struct Saboteur {
    entries: Batches,
    target: PathBuf,
}

impl EntrySource for Saboteur {
    fn open(&self, slice: &Slice) -> EntryStream {
        if matches!(slice, Slice::KeyGroups(range) if *range.end() == 127) {
            for (name, mut bytes) in files(&self.target) {
                if name.ends_with("-0-keyed") {
                    let end = bytes.len() - 3;
                    bytes[end] ^= 0x10;
                    fs::write(self.target.join(name), bytes).unwrap();
                }
            }
        }
        self.entries.open(slice).boxed()
    }
}

#[tokio::test]
async fn files_are_read_back_before_they_are_a_savepoint() {
    let source = open(&snapshot_path("1.20-keyed-hashmap-canonical")).await;
    let state = source.operator("by-name").unwrap().state("count").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    let mut operator = keyed_operator(&source, "by-name", Order::Stored, |_| ()).await.unwrap();
    let Part::Write(stream) = &mut operator.keyed else { panic!() };
    stream.states.retain(|state| state.meta.name == "count");
    let entries = Batches::keyed(batches(&entries(&source, state).await), 128).unwrap();
    stream.states[0].entries = Arc::new(Saboteur { entries, target: target.clone() });
    let options = Options { concurrency: 1, ..Options::default() };
    let error = write(&plan(operator), &target, &options).await.unwrap_err();
    assert!(error.to_string().contains("does not hold what was written to it"), "{error}");
    assert!(!target.exists());
}

#[tokio::test]
async fn state_that_only_its_subtasks_understand_is_not_split() {
    let source = open(&snapshot_path("1.20-source-hashmap-canonical")).await;
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    for operator in source.operators() {
        let mut write_operator = WriteOperator::from_source(&source, &operator.id()).await.unwrap();
        write_operator.parallelism += 1;
        if operator.is_finished() || matches!(write_operator.operator, Part::Carry) {
            let id = write_operator.id;
            let mut plan = Plan::carry(&source);
            *plan.operator_mut(id).unwrap() = OperatorPlan::Write(Box::new(write_operator));
            let error = write(&plan, &target, &Options::default()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        }
    }
    assert!(!target.exists());
}

#[tokio::test]
async fn the_manifest_says_what_was_done() {
    let source = open(&snapshot_path("2.2-keyed-hashmap-canonical")).await;
    let (plan, ..) = take_apart(&source).await;
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    let statements = vec!["UPDATE \"by-name\".\"count\" SET value = value".to_owned()];
    let options = Options { statements: statements.clone(), ..Options::default() };
    write(&plan, &target, &options).await.unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(target.join(MANIFEST)).unwrap()).unwrap();
    assert_eq!(manifest["statements"], serde_json::json!(statements));
    assert_eq!(manifest["checkpoint_id"], source.metadata().checkpoint_id);
    assert_eq!(manifest["source"]["metadata_checksum"].as_str().unwrap().len(), 32);
    let operators = manifest["operators"].as_array().unwrap();
    let operator = operators.iter().find(|operator| operator["uid"] == "by-name").unwrap();
    assert_eq!(operator["action"], "written");
    let rows = all_rows(&source).await;
    for state in operator["states"].as_array().unwrap() {
        let key = (operator["id"].as_str().unwrap().to_owned(), state["name"].as_str().unwrap().to_owned());
        assert_eq!(state["rows"], rows[&key].len(), "{key:?}");
    }
    for file in manifest["files"].as_array().unwrap() {
        assert_eq!(fs::metadata(target.join(file["name"].as_str().unwrap())).unwrap().len(), file["bytes"]);
    }
}

const CHILD_TARGET: &str = "FLINK_STATE_WRITER_TEST_TARGET";

/// Is run again, as a process of its own that can't write large files.
#[tokio::test]
async fn child() {
    let Ok(target) = std::env::var(CHILD_TARGET) else { return };
    let source = open(&snapshot_path("1.20-keyed-rocksdb-canonical")).await;
    let (plan, ..) = take_apart(&source).await;
    let options = Options { concurrency: 1, ..Options::default() };
    let error = write(&plan, target.as_ref(), &options).await.expect_err("no file of more than a few bytes");
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    assert!(!Path::new(&target).exists());
}

/// Runs [`child`] with files of at most so many blocks; what is larger is an error, or kills the process.
#[cfg(unix)]
fn run_child(target: &Path, blocks: u32, is_killed: bool) -> bool {
    let trap = if is_killed { "" } else { "trap '' XFSZ; " };
    let script = format!("{trap}ulimit -c 0; ulimit -f {blocks}; exec \"$0\" --exact failures::child");
    let exe = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(exe).env(CHILD_TARGET, target);
    command.output().unwrap().status.success()
}

#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for blocks in [0, 1, 8, 32] {
        let target = directory.path().join(format!("full-{blocks}"));
        assert!(run_child(&target, blocks, false), "{blocks} blocks");
        assert!(!target.exists());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_crash_leaves_no_metadata() {
    let directory = tempfile::tempdir().unwrap();
    for blocks in [0, 8, 32] {
        let target = directory.path().join(format!("crash-{blocks}"));
        assert!(!run_child(&target, blocks, true), "{blocks} blocks");
        assert!(target.exists(), "{blocks} blocks: it was killed while it wrote");
        assert!(!target.join("_metadata").exists());
    }
}
