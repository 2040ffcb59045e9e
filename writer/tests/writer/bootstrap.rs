//! New savepoints from entries in memory.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch};
use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{Layout, Snapshot, State, StateKind};
use flink_state_writer::savepoint::{OperatorPlan, Options, Part, Plan, WriteOperator, write};
use flink_state_writer::state::{Batches, KeyedState, KeyedStream, OperatorStream, Order};
use flink_state_writer::{ErrorKind, Result};
use futures::TryStreamExt;

use super::support::{all_rows, files, open, snapshot_path};

/// Key group or subtask, key, value.
pub(crate) type Entry = (i32, Vec<u8>, Vec<u8>);

/// The raw entries of a keyed state.
pub(crate) async fn entries(snapshot: &Snapshot, state: &State) -> Vec<Entry> {
    let mut entries = Vec::new();
    for task in state.scan().raw().build().unwrap().tasks(1) {
        let batches: Vec<RecordBatch> = snapshot.execute(&task).await.unwrap().try_collect().await.unwrap();
        for batch in batches {
            let key_groups = batch.column(0).as_primitive::<Int32Type>().values().to_vec();
            let bytes =
                |i: usize| batch.column(i).as_binary::<i32>().iter().map(|v| v.unwrap().to_vec()).collect::<Vec<_>>();
            entries.extend(key_groups.into_iter().zip(bytes(1)).zip(bytes(2)).map(|((g, k), v)| (g, k, v)));
        }
    }
    entries
}

/// Batches of a few rows each, so that key groups go over their ends.
pub(crate) fn batches(entries: &[Entry]) -> Vec<RecordBatch> {
    let batch = |entries: &[Entry]| {
        let bytes = |part: fn(&Entry) -> &[u8]| {
            Arc::new(entries.iter().map(|entry| Some(part(entry))).collect::<BinaryArray>()) as ArrayRef
        };
        let key_groups = Arc::new(Int32Array::from_iter_values(entries.iter().map(|entry| entry.0)));
        RecordBatch::try_from_iter([
            ("key_group", key_groups as ArrayRef),
            ("key", bytes(|entry| &entry.1)),
            ("value", bytes(|entry| &entry.2)),
        ])
        .unwrap()
    };
    entries.chunks(13).map(batch).collect()
}

/// An operator with the keyed states of another, from entries in memory.
pub(crate) async fn keyed_operator(
    source: &Snapshot,
    operator: &str,
    order: Order,
    arrange: impl Fn(&mut Vec<Entry>),
) -> Result<WriteOperator> {
    let operator = source.operator(operator)?;
    let mut stream = KeyedStream { key: Default::default(), states: Vec::new() };
    for state in operator.states().await?.iter().filter(|state| state.layout() == Layout::Canonical) {
        let mut entries = entries(source, state).await;
        arrange(&mut entries);
        stream.key = state.key_snapshot().unwrap().clone();
        let entries = Arc::new(Batches::keyed(batches(&entries), operator.max_parallelism())?);
        stream.states.push(KeyedState { meta: state.meta().unwrap().clone(), entries, order });
    }
    Ok(WriteOperator {
        id: operator.id().parse()?,
        uid: String::new(),
        name: String::new(),
        parallelism: 3,
        max_parallelism: operator.max_parallelism(),
        coordinator: None,
        carried: None,
        keyed: Part::Write(stream),
        operator: Part::Empty,
    })
}

pub(crate) fn plan(operator: WriteOperator) -> Plan {
    Plan { source: None, operators: vec![OperatorPlan::Write(Box::new(operator))] }
}

#[tokio::test]
async fn keyed_state_is_written_from_entries_in_any_order() {
    let source = open(&snapshot_path("1.20-keyed-hashmap-canonical")).await;
    let expected = all_rows(&source).await;
    let directory = tempfile::tempdir().unwrap();
    for (i, operator) in source.operators().iter().enumerate() {
        if operator.states().await.unwrap().iter().all(|state| state.layout() != Layout::Canonical) {
            continue;
        }
        let target = |order: &str| directory.path().join(format!("{order}-{i}"));
        let sorted = keyed_operator(&source, &operator.id(), Order::Sorted, |entries| entries.sort()).await.unwrap();
        write(&plan(sorted), &target("sorted"), &Options::default()).await.unwrap();
        let shuffle = |entries: &mut Vec<Entry>| {
            entries.sort_by_key(|(key_group, key, _)| (*key_group, key.iter().rev().copied().collect::<Vec<_>>()));
        };
        let unsorted = keyed_operator(&source, &operator.id(), Order::Unsorted, shuffle).await.unwrap();
        write(&plan(unsorted), &target("unsorted"), &Options::default()).await.unwrap();
        assert_eq!(files(&target("sorted")), files(&target("unsorted")));

        let written = open(&target("sorted")).await;
        assert_eq!(written.metadata().version, 3);
        let rows = all_rows(&written).await;
        assert!(!rows.is_empty());
        for (state, rows) in rows {
            assert_eq!(expected[&state], rows, "{state:?}");
        }
    }
}

#[tokio::test]
async fn keys_must_be_unique_and_in_their_key_group() {
    let source = open(&snapshot_path("2.2-keyed-hashmap-canonical")).await;
    type Arrange = fn(&mut Vec<Entry>);
    let twice: Arrange = |entries| {
        entries.sort();
        let first = entries.first().cloned();
        entries.splice(0..0, first);
    };
    let backwards: Arrange = |entries| entries.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
    let misplaced: Arrange = |entries| {
        entries.sort();
        entries.iter_mut().for_each(|entry| entry.0 = (entry.0 + 1).min(127));
    };
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    for (order, arrange, kind, message) in [
        (Order::Sorted, twice, ErrorKind::Usage, "two entries with the same key"),
        (Order::Unsorted, twice, ErrorKind::Usage, "two entries with the same key"),
        (Order::Sorted, backwards, ErrorKind::Bug, "are not sorted"),
        (Order::Unsorted, misplaced, ErrorKind::Usage, "key of another key group"),
    ] {
        let operator = keyed_operator(&source, "by-name", order, arrange).await.unwrap();
        let error = write(&plan(operator), &target, &Options::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(!target.exists());
    }
    let descending = keyed_operator(&source, "by-name", Order::Sorted, |entries| entries.reverse()).await;
    assert_eq!(descending.unwrap_err().kind(), ErrorKind::Usage);
}

#[tokio::test]
async fn operator_state_is_written_from_elements() {
    let source = open(&snapshot_path("2.2-operator-state-hashmap-canonical")).await;
    let operator = source.operators().iter().find(|o| o.uid() == Some("buffers")).unwrap();
    let mut streams = Vec::new();
    for state in operator.states().await.unwrap() {
        let mut batches = Vec::new();
        for task in state.scan().raw().build().unwrap().tasks(1) {
            batches.extend(source.execute(&task).await.unwrap().try_collect::<Vec<_>>().await.unwrap());
        }
        let entries = match state.kind() {
            StateKind::Broadcast => Batches::broadcast(batches),
            _ => Batches::elements(batches, operator.parallelism()).unwrap(),
        };
        streams.push(OperatorStream { meta: state.meta().unwrap().clone(), entries: Arc::new(entries) });
    }
    let operator = WriteOperator {
        id: OperatorId::from_uid("buffers"),
        uid: "buffers".to_owned(),
        name: "Buffers".to_owned(),
        parallelism: operator.parallelism(),
        max_parallelism: 128,
        coordinator: None,
        carried: None,
        keyed: Part::Empty,
        operator: Part::Write(streams),
    };
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    write(&plan(operator.clone()), &target, &Options::default()).await.unwrap();
    let expected = all_rows(&source).await;
    let rows = all_rows(&open(&target).await).await;
    assert!(rows.len() >= 4, "{:?}", rows.keys());
    for (state, rows) in rows {
        assert_eq!(expected[&state], rows, "{state:?}");
    }

    // An element of a subtask that is not there would be lost.
    let values: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"x"]));
    let subtasks: ArrayRef = Arc::new(Int32Array::from_value(2, values.len()));
    let positions: ArrayRef = Arc::new(Int64Array::from_value(0, values.len()));
    assert_eq!(positions.as_primitive::<Int64Type>().value(0), 0);
    let batch =
        RecordBatch::try_from_iter([("subtask", subtasks), ("position", positions), ("value", values)]).unwrap();
    assert_eq!(Batches::elements(vec![batch], 2).unwrap_err().kind(), ErrorKind::Usage);
}

#[tokio::test]
async fn plans_that_can_not_be_restored_are_refused() {
    let source = open(&snapshot_path("1.20-keyed-hashmap-canonical")).await;
    let valid = keyed_operator(&source, "by-name", Order::Stored, |_| ()).await.unwrap();
    let target = std::path::Path::new("no such directory");
    type Change = fn(&mut WriteOperator);
    let changes: [(&str, Change); 8] = [
        ("parallelism", |operator| operator.parallelism = 0),
        ("parallelism", |operator| operator.parallelism = 129),
        ("entries of 128 key groups in an operator of 256", |operator| operator.max_parallelism = 256),
        ("is not that of the uid", |operator| operator.uid = "other".to_owned()),
        ("files are carried, of no operator", |operator| operator.operator = Part::Carry),
        ("the source has no operator", |operator| operator.carried = Some(OperatorId::from_uid("x"))),
        ("two keyed states have the name", |operator| {
            let Part::Write(stream) = &mut operator.keyed else { panic!() };
            stream.states.push(stream.states[0].clone());
        }),
        ("the state has no VALUE_SERIALIZER", |operator| {
            let Part::Write(stream) = &mut operator.keyed else { panic!() };
            stream.states[0].meta.serializers.retain(|(role, _)| role != "VALUE_SERIALIZER");
        }),
    ];
    for (message, change) in changes {
        let mut operator = valid.clone();
        change(&mut operator);
        let error = write(&plan(operator), target, &Options::default()).await.unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
    }
    let mut twice = plan(valid);
    twice.operators.push(twice.operators[0].clone());
    let error = write(&twice, target, &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("two operators have the ID"), "{error}");
    assert!(!target.exists());
}
