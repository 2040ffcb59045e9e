//! Damaged snapshots: an error or other rows, never a panic.

use std::path::{Path, PathBuf};

use flink_state_reader::{ErrorKind, Snapshot};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::snapshots::read;

const SNAPSHOTS: [&str; 8] = [
    "1.20-namespaces-hashmap-checkpoint",
    "1.20-keyed-hashmap-checkpoint-compressed",
    "2.2-operator-state-hashmap-checkpoint-compressed",
    "1.20-namespaces-rocksdb-checkpoint-heap-timers",
    "1.20-keyed-hashmap-canonical-compressed",
    "1.20-namespaces-rocksdb-native",
    "2.2-keyed-rocksdb-native",
    "2.2-history-rocksdb-native-rescaled-full",
];

fn original(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots").join(name);
    ["chk-2", ""].iter().map(|sub| root.join(sub)).find(|path| path.join("_metadata").exists())
}

/// The files of a snapshot, `_metadata` first.
fn files(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (PathBuf::from(path.file_name().unwrap()), std::fs::read(&path).unwrap()))
        .collect();
    files.sort_by_key(|(name, _)| (!name.ends_with("_metadata"), name.clone()));
    files
}

/// Reads everything that can be read, and fails only for a defect of the library.
async fn walk(path: &Path) {
    let check = |kind: ErrorKind, text: String| assert_ne!(kind, ErrorKind::Bug, "{text}");
    let snapshot = match Snapshot::open(path.to_str().unwrap()).await {
        Ok(snapshot) => snapshot,
        Err(e) => return check(e.kind(), format!("{e:?}")),
    };
    for operator in snapshot.operators() {
        let states = match operator.states().await {
            Ok(states) => states,
            Err(e) => {
                check(e.kind(), format!("{e:?}"));
                continue;
            }
        };
        for state in states {
            if let Err(e) = read(&snapshot, state, 1).await {
                check(e.kind(), format!("{e:?}"));
            }
        }
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for name in SNAPSHOTS {
        let Some(path) = original(name) else { continue };
        let files = files(&path);
        let copy = tempfile::tempdir().unwrap();
        for (name, bytes) in &files {
            std::fs::write(copy.path().join(name), bytes).unwrap();
        }
        let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
        let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
        let strategy = (any::<prop::sample::Index>(), flips);
        let result = runner.run(&strategy, |(file, flips)| {
            let (name, bytes) = file.get(&files);
            let mut damaged = bytes.clone();
            for (index, value) in &flips {
                *index.get_mut(&mut damaged) = *value;
            }
            std::fs::write(copy.path().join(name), &damaged).unwrap();
            runtime.block_on(walk(copy.path()));
            std::fs::write(copy.path().join(name), bytes).unwrap();
            Ok(())
        });
        result.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn a_missing_or_short_file_is_named() {
    let Some(path) = original("1.20-keyed-hashmap-canonical-compressed") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files(&path) {
        std::fs::write(copy.path().join(&name), &bytes).unwrap();
    }
    let (name, bytes) = files(&path).remove(1);
    let name = name.display().to_string();
    let states = async || {
        let snapshot = Snapshot::open(copy.path().to_str().unwrap()).await.unwrap();
        for operator in snapshot.operators() {
            operator.states().await?;
        }
        Ok::<_, flink_state_reader::Error>(())
    };
    std::fs::write(copy.path().join(&name), &bytes[..bytes.len() - 1]).unwrap();
    let error = runtime.block_on(states()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let expected = format!("file has {} bytes, its handle says {} (file {name}", bytes.len() - 1, bytes.len());
    assert!(error.to_string().starts_with(&expected), "{error}");
    std::fs::remove_file(copy.path().join(&name)).unwrap();
    let error = runtime.block_on(states()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().starts_with(&format!("state file is missing (file {name}")), "{error}");
}

#[test]
fn what_is_no_snapshot_is_not_found() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let open = |location: &str| runtime.block_on(Snapshot::open(location)).unwrap_err();
    let empty = tempfile::tempdir().unwrap();
    let error = open(empty.path().to_str().unwrap());
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().ends_with("has no _metadata file: it is no snapshot"), "{error}");
    assert_eq!(open("/no/such/place").to_string(), "no snapshot at /no/such/place");
    let error = open("s3://bucket/savepoint-1");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.message(), "reading from s3: is not supported yet");
}
