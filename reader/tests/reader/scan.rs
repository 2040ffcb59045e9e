//! Scans: projection, tasks, limits; and how operators and states are found by name.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use flink_state_reader::{ErrorKind, OpenOptions, Scan, ScanTask, Snapshot};
use futures::TryStreamExt;

const OPERATOR: &str = "3ae47accfc1f4a443b4b1353160bd320";

fn path(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots").join(name).to_str().unwrap().to_owned()
}

async fn open(name: &str) -> Snapshot {
    Snapshot::open(&path(name)).await.unwrap()
}

async fn run(snapshot: &Snapshot, task: &ScanTask) -> Vec<RecordBatch> {
    snapshot.execute(task).await.unwrap().try_collect().await.unwrap()
}

async fn key_groups(snapshot: &Snapshot, scan: &Scan, n: usize) -> Vec<Vec<i32>> {
    let mut of_tasks = Vec::new();
    for task in scan.tasks(n) {
        let batches = run(snapshot, &task).await;
        of_tasks.push(batches.iter().flat_map(|b| b.column(0).as_primitive::<Int32Type>().values().to_vec()).collect());
    }
    of_tasks
}

#[tokio::test]
async fn tasks_are_runs_of_key_groups() {
    for name in ["1.20-keyed-hashmap-canonical", "1.20-keyed-hashmap-canonical-compressed"] {
        let snapshot = open(name).await;
        let state = snapshot.operator("by-name").unwrap().state("notes").await.unwrap();
        let scan = state.scan().projection(vec![0]).batch_size(3).build().unwrap();
        let one = key_groups(&snapshot, &scan, 1).await.concat();
        assert!(one.is_sorted(), "{one:?}");
        let many = key_groups(&snapshot, &scan, 5).await;
        assert_eq!(many.len(), 5);
        assert_eq!(many.concat(), one);
        let (first, last) = (one[3], one[7]);
        let range = u16::try_from(first).unwrap()..=u16::try_from(last).unwrap();
        let part = state.scan().projection(vec![0]).key_groups(range).build().unwrap();
        let wanted: Vec<i32> = one.iter().copied().filter(|kg| (first..=last).contains(kg)).collect();
        assert_eq!(key_groups(&snapshot, &part, 2).await.concat(), wanted);
    }
}

#[tokio::test]
async fn projection_limit_and_batch_size_hold() {
    let snapshot = open("1.20-keyed-hashmap-canonical").await;
    let state = snapshot.operator("by-name").unwrap().state("notes").await.unwrap();
    let names = |scan: &Scan| scan.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
    let scan = state.scan().projection(vec![3, 1]).batch_size(7).limit(17).build().unwrap();
    assert_eq!(names(&scan), ["map_value", "key"]);
    let [task] = &scan.tasks(1)[..] else { panic!("one task") };
    let text = serde_json::to_string(task).unwrap();
    let batches = run(&snapshot, &serde_json::from_str(&text).unwrap()).await;
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [7, 7, 3]);
    assert!(batches.iter().all(|batch| batch.schema() == scan.schema()));
    let none = state.scan().projection(vec![]).limit(0).build().unwrap();
    assert_eq!(run(&snapshot, &none.tasks(1)[0]).await.len(), 0);
    let counted = state.scan().projection(vec![]).build().unwrap();
    assert_eq!(run(&snapshot, &counted.tasks(1)[0]).await.iter().map(RecordBatch::num_rows).sum::<usize>(), 40);
    assert_eq!(state.count_rows().await.unwrap(), (40, vec![]));
    let error = state.scan().projection(vec![9]).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[tokio::test]
async fn operators_and_states_are_found_by_name() {
    let snapshot = open("1.20-keyed-hashmap-canonical").await;
    // Flink 1.x stores no uid: it is hashed.
    let operator = snapshot.operator("by-name").unwrap();
    assert_eq!((operator.id(), operator.uid(), operator.label()), (OPERATOR.to_owned(), None, OPERATOR.to_owned()));
    assert_eq!(snapshot.operator(&OPERATOR.to_uppercase()).unwrap().id(), OPERATOR);
    let error = operator.state("note").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("no state 'note' (operator {OPERATOR})"));
    assert_eq!(error.hint(), Some("did you mean 'notes'?"));

    let options = |uid: &str| OpenOptions { uids: vec![uid.to_owned()], ..OpenOptions::default() };
    let named = Snapshot::open_with(&path("1.20-keyed-hashmap-canonical"), &options("by-name")).await.unwrap();
    assert_eq!(named.operator(OPERATOR).unwrap().label(), "by-name");
    let error = Snapshot::open_with(&path("1.20-keyed-hashmap-canonical"), &options("by-nam")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().starts_with("no operator with the uid, ID or name 'by-nam'"), "{error}");
    assert!(error.hint().unwrap().contains(OPERATOR), "{error:?}");

    // Flink 2.x stores it.
    let snapshot = open("2.2-keyed-hashmap-canonical").await;
    assert_eq!(snapshot.operator("by-name").unwrap().uid(), Some("by-name"));
    let error = snapshot.operator("by-nam").unwrap_err();
    assert_eq!(error.hint(), Some("did you mean 'by-name'?"));
}

#[tokio::test]
async fn the_metadata_file_itself_opens_its_snapshot() {
    let file = path("1.20-keyed-hashmap-canonical/_metadata");
    for location in [file.clone(), format!("file:{}", std::fs::canonicalize(&file).unwrap().display())] {
        let snapshot = Snapshot::open(&location).await.unwrap();
        assert_eq!(
            snapshot.operator("by-name").unwrap().state("notes").await.unwrap().count_rows().await.unwrap().0,
            40
        );
    }
}
