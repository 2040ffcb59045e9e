//! What `verify` says about the repository's snapshots, whole and damaged.

use std::path::Path;

use flink_state_reader::Snapshot;
use flink_state_sql::verify::{Check, Finding, Outcome, Verification, verify};
use flink_state_writer::savepoint::{OperatorPlan, Options, Plan, WriteOperator, write};

use super::fixture::{names, open};

async fn check(snapshot: &Snapshot, deep: bool) -> Verification {
    let mut last = (0, 0);
    let mut progress = |done, total| {
        assert!(last.0 <= done && done <= total);
        last = (done, total);
    };
    let verification = verify(snapshot, deep, &mut progress).await.unwrap();
    assert_eq!(last.0, last.1);
    verification
}

fn failures(verification: &Verification) -> Vec<String> {
    let failed = verification.findings.iter().filter(|finding| finding.outcome == Outcome::Failed);
    failed.map(|Finding { check, subject, detail, .. }| format!("{check} {subject}: {detail}")).collect()
}

#[tokio::test]
async fn snapshots_of_flink_are_whole() {
    let (mut states, mut rows) = (0, 0);
    for name in names() {
        let verification = check(&open(&name).await, true).await;
        assert_eq!(failures(&verification), [""; 0], "{name}");
        states += verification.states;
        rows += verification.rows;
    }
    println!("{states} states, {rows} rows");
    assert!(states > 400 && rows > 7500, "{states} states, {rows} rows");
}

#[tokio::test]
async fn timers_that_a_native_savepoint_may_lack_are_noted() {
    for (name, is_noted) in [
        ("1.20-history-rocksdb-native-heap-timers", true),
        ("1.20-history-rocksdb-native", false),
        ("1.20-history-rocksdb-canonical-heap-timers", false),
    ] {
        for deep in [false, true] {
            let verification = check(&open(name).await, deep).await;
            let notes = verification.findings.iter().filter(|finding| finding.subject == "timers");
            let notes: Vec<_> = notes.map(|finding| (finding.outcome, finding.detail.as_str())).collect();
            let caution = "no timers: a native savepoint lacks those that a RocksDB job keeps on the heap \
                (timer-service.factory: heap)";
            assert_eq!(notes, if is_noted { vec![(Outcome::Note, caution)] } else { vec![] }, "{name}");
        }
    }
}

/// Writes all operators of a snapshot anew, so that the manifest counts all states.
async fn rewritten(source: &str, to: &Path) -> Snapshot {
    let source = open(source).await;
    let mut plan = Plan::carry(&source);
    for operator in source.operators() {
        let operator = WriteOperator::from_source(&source, &operator.id()).await.unwrap();
        let id = operator.id;
        *plan.operator_mut(id).unwrap() = OperatorPlan::Write(Box::new(operator));
    }
    write(&plan, to, &Options::default()).await.unwrap();
    Snapshot::open(to.to_str().unwrap()).await.unwrap()
}

/// Writes other bytes over some of the data files; returns the name of the last one that has them.
fn replace(directory: &Path, old: &[u8], new: &[u8]) -> String {
    let mut damaged = String::new();
    for entry in directory.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
        for at in &places {
            bytes[*at..at + new.len()].copy_from_slice(new);
        }
        if !places.is_empty() {
            damaged = path.file_name().unwrap().to_str().unwrap().to_owned();
            std::fs::write(&path, bytes).unwrap();
        }
    }
    assert!(!damaged.is_empty());
    damaged
}

#[tokio::test]
async fn rewritten_snapshots_are_compared_with_their_manifest() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("savepoint");
    let snapshot = rewritten("2.2-keyed-hashmap-canonical", &to).await;
    let whole = check(&snapshot, true).await;
    assert_eq!(failures(&whole), [""; 0]);
    assert!(whole.findings.iter().any(|finding| finding.check == Check::Manifest));

    // It still decodes.
    let file = replace(&to, b"value 14", b"value 24");
    let found = failures(&check(&snapshot, true).await);
    let [of_file, of_state] = found.as_slice() else { panic!("{found:?}") };
    let reason = "the file does not hold what was written to it";
    assert!(of_file.starts_with(&format!("manifest {file}: {reason}")), "{of_file}");
    assert!(of_state.starts_with("state ttl-value: 16 rows with checksum "), "{of_state}");
    // Sizes alone do not show it.
    assert_eq!(failures(&check(&snapshot, false).await), [""; 0]);

    std::fs::write(to.join("_flink_state_manifest.json"), "{}").unwrap();
    assert!(
        failures(&check(&snapshot, false).await)[0].starts_with("manifest _flink_state_manifest.json: no manifest")
    );
}

#[tokio::test]
async fn keys_in_the_wrong_key_group_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("savepoint");
    rewritten("2.2-keyed-hashmap-canonical", &to).await;
    replace(&to, b"key-15", b"key-25");
    let found = failures(&check(&Snapshot::open(to.to_str().unwrap()).await.unwrap(), true).await);
    let reason = "state count: key key-25 is in key group 12, but its hash -1134722959 gives 15";
    assert!(found.iter().any(|failure| failure.starts_with(reason)), "{found:?}");
}
