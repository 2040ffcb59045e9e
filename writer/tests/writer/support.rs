//! Snapshots to write from, and how they are compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use flink_state_reader::{Layout, Operator, Result, Snapshot, State};
use flink_state_writer::savepoint::{OperatorPlan, Options, Part, Plan, WriteOperator, dry_run};
use futures::TryStreamExt;

/// The directory of a snapshot below `testdata/snapshots`: a savepoint's own, or the checkpoint in it.
pub(crate) fn snapshot_path(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots").join(name);
    if root.join("_metadata").exists() {
        return root;
    }
    let checkpoints = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    checkpoints.into_iter().find(|path| path.join("_metadata").exists()).unwrap()
}

/// The names of all snapshots.
pub(crate) fn snapshot_names() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots");
    let mut names: Vec<String> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) async fn open(path: &Path) -> Snapshot {
    Snapshot::open(path.to_str().unwrap()).await.unwrap()
}

/// A plan that takes apart every operator whose state can be, with the names of the others; gives how many were.
pub(crate) async fn take_apart(source: &Snapshot) -> (Plan, usize, Vec<String>) {
    let mut plan = Plan::carry(source);
    let (mut written, mut refused) = (0, Vec::new());
    for operator in source.operators().iter().filter(|operator| !operator.is_finished()) {
        match take_apart_operator(source, operator).await {
            Ok(operator) => {
                let id = operator.id;
                written += usize::from(!matches!((&operator.keyed, &operator.operator), (Part::Empty, Part::Empty)));
                *plan.operator_mut(id).unwrap() = OperatorPlan::Write(Box::new(operator));
            }
            Err(e) => refused.push(e.to_string()),
        }
    }
    (plan, written, refused)
}

async fn take_apart_operator(source: &Snapshot, operator: &Operator) -> Result<WriteOperator> {
    let mut write = WriteOperator::from_source(source, &operator.id()).await?;
    if matches!(write.operator, Part::Carry) {
        write.operator = Part::Write(WriteOperator::operator_states(source, &operator.id()).await?);
    }
    // Whether all values of the heap layout have a known end is not known before they are read.
    let operators = vec![OperatorPlan::Write(Box::new(write.clone()))];
    let plan = Plan { source: Some(source.clone()), operators };
    let options = Options { drop_channel_state: true, ..Options::default() };
    dry_run(&plan, "target/no such directory".as_ref(), &options).await?;
    Ok(write)
}

/// All rows of a state, decoded and sorted.
pub(crate) async fn rows(snapshot: &Snapshot, state: &State) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for task in state.scan().build()?.tasks(2) {
        let mut stream = snapshot.execute(&task).await?;
        while let Some(batch) = stream.try_next().await? {
            let options = FormatOptions::new().with_null("null");
            let columns: Vec<_> =
                batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
            for row in 0..batch.num_rows() {
                rows.push(columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | "));
            }
        }
    }
    rows.sort();
    Ok(rows)
}

/// The rows of every state that can be read, by operator and state.
pub(crate) async fn all_rows(snapshot: &Snapshot) -> BTreeMap<(String, String), Vec<String>> {
    let mut all = BTreeMap::new();
    for operator in snapshot.operators() {
        for state in operator.states().await.unwrap().iter().filter(|state| state.unsupported().is_none()) {
            if state.layout() != Layout::Raw {
                let key = (operator.id(), state.name().to_owned());
                all.insert(key, rows(snapshot, state).await.unwrap());
            }
        }
    }
    all
}

/// The files of a directory with their bytes.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}
