//! The same savepoint again: carried, and taken apart and put together.

use std::path::Path;

use flink_state_reader::metadata::{Location, OperatorId, OperatorStateHandle, StreamHandle};
use flink_state_writer::savepoint::{
    Action, FlinkVersion, OperatorPlan, Options, Part, Plan, WriteOperator, dry_run, write,
};

use super::support::{all_rows, files, open, snapshot_names, snapshot_path, take_apart};

#[tokio::test]
async fn every_snapshot_is_written_again_with_the_same_rows() {
    let options = Options { drop_channel_state: true, ..Options::default() };
    let (mut operators, mut rows, mut refused) = (0, 0, Vec::new());
    for name in snapshot_names() {
        let source = open(&snapshot_path(&name)).await;
        let (plan, written, others) = take_apart(&source).await;
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("savepoint");
        let planned = dry_run(&plan, &target, &options).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let manifest = write(&plan, &target, &options).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(planned, manifest, "{name}: the dry run says what is written");

        let expected = all_rows(&source).await;
        assert_eq!(all_rows(&open(&target).await).await, expected, "{name}");
        operators += written;
        refused.extend(others.into_iter().map(|reason| format!("{name}: {reason}")));
        rows += expected.values().map(Vec::len).sum::<usize>();

        let again = directory.path().join("again");
        write(&plan, &again, &options).await.unwrap();
        assert_eq!(files(&target), files(&again), "{name}: the same bytes each time");
    }
    println!("{operators} operators taken apart, {rows} rows compared, {} operators refused:", refused.len());
    refused.iter().for_each(|reason| println!("  {reason}"));
    assert!(operators >= 40, "{operators}");
}

#[tokio::test]
async fn carried_files_are_the_same_bytes() {
    let options = Options::default();
    for name in snapshot_names() {
        let path = snapshot_path(&name);
        let source = open(&path).await;
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("savepoint");
        write(&Plan::carry(&source), &target, &options).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let written = open(&target).await;
        for (old, new) in source.metadata().operators.iter().zip(&written.metadata().operators) {
            assert_eq!((old.id, &old.coordinator, old.fully_finished), (new.id, &new.coordinator, new.fully_finished));
            assert_eq!(old.in_flight(), new.in_flight());
            for (old, new) in old.subtasks.iter().zip(&new.subtasks) {
                let streams = |subtask: &flink_state_reader::metadata::Subtask| {
                    let state = subtask.state.clone().unwrap_or_default();
                    let streams = state.streams().into_iter().cloned();
                    streams.filter(|stream| stream.location() != Location::Empty).collect::<Vec<_>>()
                };
                assert_eq!(streams(old).len(), streams(new).len(), "{name}");
                for (old, new) in streams(old).iter().zip(&streams(new)) {
                    assert!(matches!(new.location(), Location::Inline(_) | Location::Relative(_)), "{name}: {new:?}");
                    let (old, new) = (source.stream(old).await.unwrap(), written.stream(new).await.unwrap());
                    let (old, new) = (old.read(0..old.size()).await.unwrap(), new.read(0..new.size()).await.unwrap());
                    assert!(old == new, "{name}");
                }
            }
        }
        assert_eq!(all_rows(&written).await, all_rows(&source).await, "{name}");
        // A savepoint without files of other directories is the same to the last byte.
        if name.ends_with("canonical") {
            let (old, new) = (files(&path), files(&target));
            assert!(old.iter().all(|(file, bytes)| file.contains('.') || new.get(file) == Some(bytes)), "{name}");
        }
    }
}

#[tokio::test]
async fn referenced_files_stay_where_they_are() {
    for name in [
        "1.20-keyed-rocksdb-canonical",
        "1.20-keyed-rocksdb-checkpoint",
        "2.2-namespaces-hashmap-checkpoint-file-merging",
        "2.2-namespaces-rocksdb-checkpoint-file-merging",
    ] {
        let source = open(&snapshot_path(name)).await;
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("savepoint");
        let options = Options { reference: true, ..Options::default() };
        let manifest = write(&Plan::carry(&source), &target, &options).await.unwrap();
        assert!(manifest.files.is_empty(), "{:?}", manifest.files);
        let written = open(&target).await;
        assert_eq!(all_rows(&written).await, all_rows(&source).await);
        let operators = &written.metadata().operators;
        let states = operators.iter().flat_map(|operator| &operator.subtasks).filter_map(|s| s.state.as_ref());
        let mut files = 0;
        for stream in states.flat_map(|state| state.streams()) {
            match stream.location() {
                // The paths in the test data's checkpoints are not where the files are.
                Location::Absolute(path) | Location::Segment(path, _) => {
                    assert!(Path::new(path.strip_prefix("file:").unwrap()).is_file(), "{path}");
                    files += 1;
                }
                Location::Relative(path) => panic!("{path}"),
                Location::Inline(_) | Location::Empty => {}
            }
        }
        assert!(files > 0, "{name}");
    }
}

#[tokio::test]
async fn an_operator_is_dropped_and_another_gets_a_new_uid() {
    let source = open(&snapshot_path("2.2-source-hashmap-canonical")).await;
    let mut plan = Plan::carry(&source);
    let sources: Vec<OperatorId> =
        source.metadata().operators.iter().filter(|o| o.coordinator.is_some()).map(|o| o.id).collect();
    let renamed = sources[0];
    let mut write_operator = WriteOperator::from_source(&source, &renamed.to_string()).await.unwrap();
    write_operator.uid = "renamed".to_owned();
    write_operator.id = OperatorId::from_uid("renamed");
    if let Part::Write(_) = write_operator.keyed {
        write_operator.keyed = Part::Carry;
    }
    *plan.operator_mut(renamed).unwrap() = OperatorPlan::Write(Box::new(write_operator));
    let dropped = plan.operators.iter().map(OperatorPlan::id).find(|id| !sources.contains(id)).unwrap_or_else(|| {
        panic!("no operator without a coordinator");
    });
    *plan.operator_mut(dropped).unwrap() = OperatorPlan::Drop(dropped);

    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    let manifest = write(&plan, &target, &Options::default()).await.unwrap();
    let actions: Vec<Action> = manifest.operators.iter().map(|operator| operator.action).collect();
    assert!(actions.contains(&Action::Dropped) && actions.contains(&Action::Written), "{actions:?}");
    let written = open(&target).await;
    let old = source.metadata().operators.iter().find(|o| o.id == renamed).unwrap();
    let new = written.metadata().operators.iter().find(|o| o.uid == "renamed").unwrap();
    let data = |operator: &flink_state_reader::metadata::OperatorState| match operator.coordinator.as_ref().unwrap() {
        flink_state_reader::metadata::StreamHandle::Inline { data, .. } => data.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(data(old), data(new));
    assert!(written.metadata().operators.iter().all(|operator| operator.id != dropped && operator.id != renamed));
    assert_eq!(written.metadata().operators.len(), source.metadata().operators.len() - 1);
}

#[tokio::test]
async fn the_state_of_an_operator_is_split_over_other_subtasks() {
    for name in ["1.20-namespaces-hashmap-checkpoint", "2.2-operator-state-hashmap-canonical"] {
        let source = open(&snapshot_path(name)).await;
        let expected = all_rows(&source).await;
        for parallelism in [1, 3] {
            let (mut plan, ..) = take_apart(&source).await;
            for operator in &mut plan.operators {
                if let OperatorPlan::Write(operator) = operator {
                    operator.parallelism = parallelism;
                }
            }
            let directory = tempfile::tempdir().unwrap();
            let target = directory.path().join("savepoint");
            write(&plan, &target, &Options::default()).await.unwrap();
            let written = all_rows(&open(&target).await).await;
            for (state, rows) in &expected {
                let found = &written[state];
                assert_eq!(found.len(), rows.len(), "{name} {state:?}");
                // Subtask and position of an element change.
                if name.contains("namespaces") {
                    assert_eq!(found, rows, "{name} {state:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_target_release_decides_on_the_version() {
    let source = open(&snapshot_path("2.2-keyed-hashmap-canonical")).await;
    let (apart, ..) = take_apart(&source).await;
    for (plan, target, version) in [
        (Plan::carry(&source), "1.18", 4),
        (apart, "1.15", 3),
        (Plan::carry(&source), "2.0", 5),
        (Plan::carry(&source), "2.3", 6),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("savepoint");
        let options = Options { flink_version: Some(target.parse().unwrap()), ..Options::default() };
        let manifest = write(&plan, &path, &options).await.unwrap();
        assert_eq!(manifest.metadata_version, version, "{target}");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("savepoint");
    let options = Options { flink_version: Some(FlinkVersion::new(1, 12)), ..Options::default() };
    assert!(write(&Plan::carry(&source), &path, &options).await.is_err());
    assert!(!path.exists());
    let options = Options { flink_version: Some(FlinkVersion::new(1, 17)), ..Options::default() };
    let error = write(&Plan::carry(&source), &path, &options).await.unwrap_err();
    assert!(error.to_string().starts_with("operator state of Flink 1.18 or later"), "{error}");

    let heap = open(&snapshot_path("2.2-namespaces-hashmap-checkpoint-file-merging")).await;
    let options = Options { flink_version: Some(FlinkVersion::new(1, 14)), ..Options::default() };
    let error = write(&Plan::carry(&heap), &path, &options).await.unwrap_err();
    assert!(error.to_string().contains("can be restored by Flink 1."), "{error}");
    let (plan, ..) = take_apart(&heap).await;
    write(&plan, &path, &options).await.unwrap();
}

/// Copies a directory with those in it.
fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy_tree(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).unwrap();
        }
    }
}

#[tokio::test]
async fn segments_with_the_same_start_are_copied_one_by_one() {
    let checkpoint = snapshot_path("2.2-namespaces-hashmap-checkpoint-file-merging");
    let directory = tempfile::tempdir().unwrap();
    copy_tree(checkpoint.parent().unwrap(), directory.path());
    let path = directory.path().join(checkpoint.file_name().unwrap());
    let mut metadata = open(&path).await.metadata().clone();
    let states = metadata.operators.iter_mut().flat_map(|operator| &mut operator.subtasks);
    let state =
        states.filter_map(|subtask| subtask.state.as_mut()).find(|state| state.managed_keyed.is_some()).unwrap();
    let mut stream = state.managed_keyed.as_ref().unwrap().streams()[0].clone();
    let StreamHandle::Segment { size, .. } = &mut stream else { panic!("{stream:?}") };
    *size = 0;
    state.raw_operator = Some(OperatorStateHandle { states: Vec::new(), stream, file_merging: None });
    std::fs::write(path.join("_metadata"), metadata.encode().unwrap()).unwrap();

    let source = open(&path).await;
    let target = directory.path().join("savepoint");
    write(&Plan::carry(&source), &target, &Options::default()).await.unwrap();
    assert_eq!(all_rows(&open(&target).await).await, all_rows(&source).await);
}
