//! How the repository's snapshots differ.

use flink_state_reader::Snapshot;
use flink_state_sql::diff::{Counts, Diff, DiffOptions, diff};

use super::fixture::{names, open, open_keyed};

async fn compare(a: &Snapshot, b: &Snapshot) -> Diff {
    with(a, b, DiffOptions::default()).await
}

async fn with(a: &Snapshot, b: &Snapshot, options: DiffOptions) -> Diff {
    let mut last = (0, 0);
    let mut progress = |done, total| last = (done, total);
    let diff = diff(a, b, &options, &mut progress).await.unwrap();
    assert_eq!(last.0, last.1);
    diff
}

/// States whose rows differ, with their counts.
fn different(diff: &Diff) -> Vec<(&str, Counts)> {
    let different = diff.states.iter().filter(|state| state.counts.is_different());
    different.map(|state| (state.state.as_str(), state.counts)).collect()
}

#[tokio::test]
async fn a_snapshot_is_the_same_as_itself() {
    let mut rows = 0;
    for name in names() {
        let snapshot = open(&name).await;
        let diff = compare(&snapshot, &snapshot).await;
        assert!(!diff.is_different(), "{name}: {diff:?}");
        rows += diff.states.iter().map(|state| state.counts.same).sum::<u64>();
    }
    println!("{rows} rows");
    assert!(rows > 7500, "{rows} rows");
}

#[tokio::test]
async fn layouts_backends_and_releases_do_not_matter() {
    for (a, b) in [
        ("1.20-windows-hashmap-checkpoint", "1.20-windows-hashmap-canonical"),
        ("1.20-windows-hashmap-canonical", "2.2-windows-hashmap-canonical"),
        ("1.20-namespaces-hashmap-checkpoint", "1.20-namespaces-rocksdb-canonical"),
        ("2.2-namespaces-hashmap-checkpoint-file-merging", "2.2-namespaces-rocksdb-canonical"),
        ("1.20-operator-state-hashmap-checkpoint-compressed", "2.2-operator-state-hashmap-canonical"),
        ("1.20-avro-hashmap-canonical", "2.2-avro-hashmap-canonical"),
        ("1.20-big-hashmap-canonical-compressed", "2.2-big-hashmap-checkpoint-compressed"),
    ] {
        let diff = compare(&open(a).await, &open(b).await).await;
        assert_eq!(different(&diff), [], "{a} and {b}");
        assert_eq!(diff.facts, [], "{a} and {b}");
        assert!(diff.is_complete(), "{a} and {b}");
        assert!(diff.states.iter().any(|state| state.counts.same > 0), "{a} and {b}");
    }
}

/// Rows of state with a time to live hold when they were last used, which no two runs share.
#[tokio::test]
async fn rows_that_changed_are_shown_as_both_sides_have_them() {
    let (a, b) = (open_keyed("1.20-keyed-hashmap-canonical").await, open_keyed("2.2-keyed-rocksdb-canonical").await);
    let diff = compare(&a, &b).await;
    let changed = |rows| Counts { changed: rows, ..Counts::default() };
    assert_eq!(different(&diff), [("ttl-list", changed(20)), ("ttl-value", changed(16)), ("ttl-map", changed(40))]);
    for state in diff.states.iter().filter(|state| state.counts.is_different()) {
        assert_eq!(state.examples.len(), 3, "{}", state.state);
        for example in &state.examples {
            let (a, b) = (example.a.as_ref().unwrap(), example.b.as_ref().unwrap());
            assert_eq!(a.num_rows(), 1);
            let differ = |name: &str| a.column_by_name(name).unwrap() != b.column_by_name(name).unwrap();
            assert!(!differ("key_group") && !differ("key") && differ("last_access"), "{}", state.state);
        }
    }
}

#[tokio::test]
async fn memory_is_limited() {
    let (a, b) = (open_keyed("1.20-keyed-hashmap-canonical").await, open_keyed("2.2-keyed-hashmap-canonical").await);
    let options = DiffOptions { memory_limit: Some(1 << 20), ..DiffOptions::default() };
    assert_eq!(different(&with(&a, &b, options).await), different(&compare(&a, &b).await));
}

#[tokio::test]
async fn what_only_one_side_has_is_told() {
    let (a, b) = (open("2.2-subclass-hashmap-canonical").await, open("2.2-operator-state-hashmap-canonical").await);
    let diff = compare(&a, &b).await;
    let facts: Vec<_> = diff.facts.iter().map(|fact| (fact.operator.as_deref(), fact.what, fact.a.is_some())).collect();
    assert_eq!(facts, [(Some("pets"), "operator", true), (Some("buffers"), "operator", false)]);

    let options = DiffOptions { operator: Some("buffers".to_owned()), ..DiffOptions::default() };
    let diff = with(&a, &b, options).await;
    assert_eq!(diff.facts.len(), 1);
    assert!(diff.states.is_empty());
}
