//! Raw entries of the heap layout and of RocksDB are those that Flink itself writes to canonical savepoints.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use flink_state_reader::{ErrorKind, Layout, Result, Snapshot, State, StateKind};
use futures::TryStreamExt;

async fn open(name: &str) -> Snapshot {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots").join(name);
    let checkpoints = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let path = std::iter::once(root).chain(checkpoints).find(|path| path.join("_metadata").exists());
    Snapshot::open(path.unwrap().to_str().unwrap()).await.unwrap()
}

async fn raw(snapshot: &Snapshot, state: &State, tasks: usize) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for task in state.scan().raw().batch_size(7).build()?.tasks(tasks) {
        batches.extend(snapshot.execute(&task).await?.try_collect::<Vec<_>>().await?);
    }
    Ok(batches)
}

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keys and values; the bytes behind a null flag, which mean nothing, are left out.
fn entries(batches: &[RecordBatch], kind: StateKind) -> Entries {
    let mut entries = Entries::new();
    for batch in batches {
        let (keys, values) = (batch.column(1).as_binary::<i32>(), batch.column(2).as_binary::<i32>());
        for row in 0..batch.num_rows() {
            let value = match (kind, values.value(row)) {
                (StateKind::Map, [1, ..]) => &[1][..],
                (_, value) => value,
            };
            assert!(entries.insert(keys.value(row).to_vec(), value.to_vec()).is_none());
        }
    }
    entries
}

/// Compares the states of a layout with those of a canonical savepoint; gives how many states and entries there are.
async fn compare(name: &str, layout: Layout, canonical: &str) -> (usize, usize) {
    let (snapshot, canonical) = (open(name).await, open(canonical).await);
    let (mut states, mut rows) = (0, 0);
    for operator in snapshot.operators() {
        let other = canonical.operator(&operator.id()).unwrap();
        for state in operator.states().await.unwrap().iter().filter(|state| state.layout() == layout) {
            // The times of a state with a time to live are those of the run.
            if state.schema().column_with_name("last_access").is_some() {
                continue;
            }
            let expected = other.state(state.name()).await.unwrap();
            assert_eq!(expected.layout(), Layout::Canonical);
            let found = entries(&raw(&snapshot, state, 1).await.unwrap(), state.kind());
            let label = format!("{name} {} {}", operator.label(), state.name());
            assert_eq!(found, entries(&raw(&canonical, expected, 3).await.unwrap(), state.kind()), "{label}");
            states += 1;
            rows += found.len();
        }
    }
    (states, rows)
}

#[tokio::test]
async fn heap_entries_are_those_of_canonical_savepoints() {
    let (mut states, mut rows) = (0, 0);
    for (heap, canonical) in [
        ("1.20-namespaces-hashmap-checkpoint", "1.20-namespaces-rocksdb-canonical"),
        ("2.2-namespaces-hashmap-checkpoint-file-merging", "2.2-namespaces-rocksdb-canonical"),
        ("1.20-windows-hashmap-checkpoint", "1.20-windows-hashmap-canonical"),
    ] {
        let (more_states, more_rows) = compare(heap, Layout::Heap, canonical).await;
        (states, rows) = (states + more_states, rows + more_rows);
    }
    println!("{states} states, {rows} entries");
    assert!(states > 20 && rows > 700, "{states} states, {rows} entries");
}

#[tokio::test]
async fn rocksdb_entries_are_those_of_canonical_savepoints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots");
    let names = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let (mut snapshots, mut states, mut rows) = (0, 0, 0);
    for name in &names {
        let [release, job, _] = name.splitn(3, '-').collect::<Vec<_>>()[..] else { panic!("{name}") };
        let canonical = match job {
            "history" => format!("{release}-history-hashmap-canonical"),
            "namespaces" => format!("{release}-namespaces-rocksdb-canonical"),
            _ => continue,
        };
        if *name != canonical && name.contains("rocksdb") {
            let (more_states, more_rows) = compare(name, Layout::RocksDb, &canonical).await;
            (snapshots, states, rows) = (snapshots + 1, states + more_states, rows + more_rows);
        }
    }
    println!("{snapshots} snapshots, {states} states, {rows} entries");
    assert!(snapshots > 15 && rows > 2_000, "{snapshots} snapshots, {states} states, {rows} entries");
}

#[tokio::test]
async fn entries_come_by_key_group_with_its_number_in_front() {
    let snapshot = open("1.20-keyed-hashmap-canonical-compressed").await;
    for operator in snapshot.operators() {
        for state in operator.states().await.unwrap().iter().filter(|state| state.layout() == Layout::Canonical) {
            let mut last = 0;
            for batch in raw(&snapshot, state, 1).await.unwrap() {
                let (key_groups, keys) =
                    (batch.column(0).as_primitive::<Int32Type>(), batch.column(1).as_binary::<i32>());
                for (key_group, key) in key_groups.values().iter().zip(keys.iter().flatten()) {
                    let stored = match operator.max_parallelism() {
                        ..=128 => i32::from(key[0]),
                        _ => i32::from(key[0]) << 8 | i32::from(key[1]),
                    };
                    assert_eq!(stored, *key_group);
                    assert!(last <= stored);
                    last = stored;
                }
            }
        }
    }
}

#[tokio::test]
async fn what_has_no_known_end_is_an_error() {
    let snapshot = open("1.20-keyed-hashmap-checkpoint").await;
    let state = snapshot.operator("by-name").unwrap().state("opaque").await.unwrap();
    let error = raw(&snapshot, state, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("com.acme.Opaque"), "{error}");
    let canonical = open("1.20-keyed-hashmap-canonical").await;
    let state = canonical.operator("by-name").unwrap().state("opaque").await.unwrap();
    assert!(!raw(&canonical, state, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn headers_are_kept_byte_for_byte() {
    let snapshot = open("2.2-keyed-hashmap-canonical").await;
    let operator = snapshot.operator("by-name").unwrap();
    let states = operator.states().await.unwrap();
    let keyed: Vec<&State> = states.iter().filter(|state| state.layout() == Layout::Canonical).collect();
    let subtask = operator.subtasks()[0].state.as_deref().unwrap();
    let stream = snapshot.stream(subtask.managed_keyed.as_ref().unwrap().streams()[0]).await.unwrap();
    let file = stream.read(0..stream.size()).await.unwrap();

    let mut header = flink_state_reader::bytes::Writer::new();
    header.i32(6);
    header.bool(false);
    header.bytes(keyed[0].key_snapshot().unwrap());
    header.i16(i16::try_from(keyed.len()).unwrap());
    keyed.iter().for_each(|state| state.meta().unwrap().encode(&mut header).unwrap());
    assert!(file.starts_with(&header.into_bytes()));
}

#[tokio::test]
async fn raw_entries_decode_to_the_rows_of_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots");
    let (mut states, mut rows) = (0, 0);
    for directory in root.read_dir().unwrap() {
        let name = directory.unwrap().file_name().into_string().unwrap();
        if !["", "chk-2"].iter().any(|inner| root.join(&name).join(inner).join("_metadata").exists()) {
            continue;
        }
        let snapshot = open(&name).await;
        for operator in snapshot.operators() {
            for state in operator.states().await.unwrap().iter().filter(|state| state.unsupported().is_none()) {
                let Ok(entries) = raw(&snapshot, state, 1).await else { continue };
                let decoded: Vec<RecordBatch> = entries.iter().map(|batch| state.decode(batch).unwrap()).collect();
                let mut expected = Vec::new();
                for task in state.scan().batch_size(7).build().unwrap().tasks(1) {
                    let mut batches = snapshot.execute(&task).await.unwrap();
                    while let Some(batch) = batches.try_next().await.unwrap() {
                        expected.push(batch);
                    }
                    assert_eq!(batches.bytes_read(), task.bytes, "{name} {}", state.name());
                }
                assert_eq!(decoded, expected, "{name} {} {}", operator.label(), state.name());
                states += 1;
                rows += decoded.iter().map(RecordBatch::num_rows).sum::<usize>();
            }
        }
    }
    println!("{states} states, {rows} rows");
    assert!(states > 300 && rows > 7500, "{states} states, {rows} rows");
}
