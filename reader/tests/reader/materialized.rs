//! The materialised part of a changelog after rescaling: handles of which key groups were taken away, and handles that
//! are there more than once.

use std::path::{Path, PathBuf};

use flink_state_reader::metadata::{ChangelogHandle, KeyGroupRange, KeyedHandle};
use flink_state_reader::{ErrorKind, Snapshot};
use tempfile::TempDir;

use super::changelog::{all_entries, keyed_states};

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots").join(name)
}

/// A snapshot whose keyed state is what `materialize` makes of it in a changelog of these key groups, without a change.
async fn changelog(
    source: &Path,
    range: (u16, u16),
    materialize: impl Fn(&KeyedHandle, KeyGroupRange) -> Vec<KeyedHandle>,
) -> (TempDir, Snapshot) {
    let mut metadata = Snapshot::open(source.to_str().unwrap()).await.unwrap().metadata().clone();
    for subtask in metadata.operators.iter_mut().flat_map(|operator| &mut operator.subtasks) {
        let Some(state) = &mut subtask.state else { continue };
        let Some(base) = state.managed_keyed.take() else { continue };
        let (first, last) = base.key_groups().into_inner();
        let Ok(key_groups) = KeyGroupRange::try_new(first.max(range.0)..=last.min(range.1)) else { continue };
        state.managed_keyed = Some(KeyedHandle::Changelog(ChangelogHandle {
            key_groups,
            checkpointed_size: 0,
            materialized: materialize(&base, key_groups),
            delta: Vec::new(),
            materialization_id: 1,
            checkpoint_id: Some(2),
            state_handle_id: String::new(),
        }));
    }
    let target = tempfile::tempdir().unwrap();
    for entry in source.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_file() {
            std::fs::copy(&entry, target.path().join(entry.file_name().unwrap())).unwrap();
        }
    }
    std::fs::write(target.path().join("_metadata"), metadata.encode().unwrap()).unwrap();
    let snapshot = Snapshot::open(target.path().to_str().unwrap()).await.unwrap();
    (target, snapshot)
}

/// As Flink clips a handle (`KeyGroupsStateHandle.getIntersection`, `AbstractIncrementalStateHandle.getIntersection`).
fn clip(base: &KeyedHandle, to: KeyGroupRange) -> KeyedHandle {
    let mut clipped = base.clone();
    if let KeyedHandle::KeyGroups(handle) = &mut clipped {
        let before = usize::from(*to.range().start() - *handle.key_groups.range().start());
        handle.offsets = handle.offsets[before..before + to.count()].to_vec();
        handle.key_groups = to;
    }
    clipped
}

#[tokio::test]
async fn clipped_handles_have_only_their_key_groups() {
    for name in [
        "1.20-namespaces-hashmap-checkpoint/chk-2",
        "2.2-big-hashmap-checkpoint-compressed/chk-2",
        "1.20-namespaces-rocksdb-canonical",
        "1.20-big-hashmap-canonical-compressed",
        "1.20-history-rocksdb-native",
    ] {
        let source = directory(name);
        let all = all_entries(&Snapshot::open(source.to_str().unwrap()).await.unwrap(), 1).await.unwrap();
        let mut rows = 0;
        // The largest value of `big` is in key group 113, of several chunks.
        for range in [(0, 30), (31, 63), (64, 112), (113, 113), (114, 127), (0, 113), (113, 127)] {
            let (_directory, snapshot) = changelog(&source, range, |base, to| vec![clip(base, to)]).await;
            let found = all_entries(&snapshot, 2).await.unwrap();
            for (state, entries) in &all {
                let inside = entries.iter().filter(|(key, _)| (range.0..=range.1).contains(&u16::from(key[0])));
                let expected: Vec<_> = inside.collect();
                let found: Vec<_> = found.get(state).into_iter().flatten().collect();
                assert_eq!(found, expected, "{name} {state} {range:?}");
                rows += found.len();
            }
        }
        assert!(rows > 40, "{name}: {rows} rows");
    }
}

#[tokio::test]
async fn a_database_that_is_there_twice_is_read_once() {
    let source = directory("1.20-history-rocksdb-native");
    let all = all_entries(&Snapshot::open(source.to_str().unwrap()).await.unwrap(), 1).await.unwrap();
    let (_directory, snapshot) = changelog(&source, (0, 127), |base, _| vec![base.clone(), base.clone()]).await;
    assert_eq!(all_entries(&snapshot, 1).await.unwrap(), all);
}

#[tokio::test]
async fn different_handles_of_the_same_key_groups_are_refused() {
    let source = directory("1.20-history-rocksdb-native");
    let materialize = |base: &KeyedHandle, _| {
        let mut newer = base.clone();
        let KeyedHandle::Incremental(database) = &mut newer else { panic!("{newer:?}") };
        database.private.pop();
        vec![base.clone(), newer]
    };
    let (_directory, snapshot) = changelog(&source, (0, 127), materialize).await;
    assert!(keyed_states(&snapshot).await.unwrap().is_empty());
    let operator =
        snapshot.operators().iter().find(|operator| operator.parallelism() == 1 && operator.id().starts_with('4'));
    let states = operator.unwrap().states().await.unwrap();
    let reason = "key groups 0 to 127 are materialised twice, as happens when subtasks are merged before both have \
        materialised again";
    assert_eq!(states.iter().map(|state| state.unsupported()).collect::<Vec<_>>(), [Some(reason)]);
    let error = states[0].scan().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
