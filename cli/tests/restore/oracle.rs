//! RocksDB and ForSt themselves as the judges of the reader: what their iterators find in a native snapshot are the
//! entries that it reads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use arrow::array::AsArray;
use flink_state_reader::{Layout, Snapshot, State};
use futures::TryStreamExt;
use serde::Deserialize;

use super::case::Description;
use super::flink::{self, Unavailable};
use super::held;
use super::run::Outcome;

/// The release whose RocksDB and ForSt judge. They open what older ones have written.
const FLINK: &str = "2.3";

/// A snapshot of `testdata` that is a database alone.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    snapshot: String,
}

/// Keys and values of a state.
type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// What is found in a snapshot, by operator and state.
type Found = BTreeMap<(String, String), Entries>;

/// All of them, by name.
pub(crate) fn databases() -> Vec<Database> {
    let folders = std::fs::read_dir(held::snapshots()).unwrap().map(|entry| entry.unwrap().path());
    let mut databases: Vec<Database> = folders
        .filter(|folder| {
            let description = Description::of(folder);
            // With a changelog the database is not the whole state.
            let is_whole = !folder.to_string_lossy().contains("-changelog-");
            ["rocksdb", "forst"].contains(&description.backend.as_str())
                && description.format != "canonical"
                && is_whole
        })
        .map(|folder| Database { snapshot: folder.file_name().unwrap().to_str().unwrap().to_owned() })
        .collect();
    databases.sort_by(|a, b| a.snapshot.cmp(&b.snapshot));
    databases
}

impl Database {
    /// The name of its trial.
    pub(crate) fn name(&self) -> String {
        format!("oracle/{}", self.snapshot)
    }
}

/// Compares snapshots, in one JVM, and says what came of each, by name.
pub(crate) fn run(databases: &[Database], is_required: bool, directory: &Path) -> HashMap<String, Outcome> {
    if databases.is_empty() {
        return HashMap::new();
    }
    let outcome = |result: Result<(), String>| match result {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(error),
    };
    let all = |outcome: Outcome| databases.iter().map(|database| (database.name(), outcome.clone())).collect();
    match flink::find_tools().and_then(|()| flink::build(FLINK)) {
        Ok(()) => {}
        Err(Unavailable::Missing(reason)) if !is_required => return all(Outcome::Skipped(reason)),
        Err(Unavailable::Missing(reason) | Unavailable::Broken(reason)) => return all(Outcome::Failed(reason)),
    }
    eprintln!("the databases of {} snapshots are opened", databases.len());
    let folders: Vec<_> = databases.iter().map(|database| held::snapshots().join(&database.snapshot)).collect();
    let mut found = match flink::databases(FLINK, &folders, directory).and_then(|file| iterated(&file)) {
        Ok(found) => found,
        Err(error) => return all(Outcome::Failed(error)),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut total = 0;
    let outcomes = databases.iter().zip(&folders).map(|(database, folder)| {
        let expected = found.remove(&database.snapshot).unwrap_or_else(|| Err("it was not opened".to_owned()));
        let result = expected.and_then(|expected| {
            let read = runtime.block_on(read(folder)).map_err(|error| error.to_string())?;
            total += expected.values().map(Entries::len).sum::<usize>();
            compare(&expected, &read)
        });
        (database.name(), outcome(result))
    });
    let outcomes = outcomes.collect();
    eprintln!("{total} entries are compared");
    outcomes
}

/// What the judges have found, by snapshot.
fn iterated(file: &Path) -> Result<HashMap<String, Result<Found, String>>, String> {
    #[derive(Deserialize)]
    struct Entry {
        operator_id: String,
        column_family: String,
        is_own: bool,
        key: String,
        value: String,
    }
    #[derive(Deserialize)]
    struct End {
        snapshot: String,
        entries: Option<usize>,
        error: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Line {
        Entry(Entry),
        End(End),
    }
    let mut found = HashMap::new();
    let (mut entries, mut count) = (Found::new(), 0);
    for line in BufReader::new(File::open(file).unwrap()).lines() {
        let line = line.map_err(|error| error.to_string())?;
        match serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))? {
            Line::Entry(entry) => {
                count += 1;
                let state = entries.entry((entry.operator_id, entry.column_family)).or_default();
                // After rescaling a database holds key groups that are another subtask's now.
                if entry.is_own && state.insert(bytes(&entry.key)?, bytes(&entry.value)?).is_some() {
                    return Err(format!("a key is there twice: {line}"));
                }
            }
            Line::End(end) => {
                let snapshot = std::mem::take(&mut entries);
                let result = match (end.entries, end.error) {
                    (Some(entries), None) if entries == std::mem::take(&mut count) => Ok(snapshot),
                    (_, error) => Err(error.unwrap_or_else(|| "entries are missing".to_owned())),
                };
                found.insert(end.snapshot, result);
            }
        }
    }
    Ok(found)
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits = |at| hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let bytes = (0..hex.len()).step_by(2).map(|at| digits(at).ok_or_else(|| format!("no hex: {hex}")));
    bytes.collect()
}

/// What the reader finds in the databases of a snapshot.
async fn read(folder: &Path) -> flink_state_reader::Result<Found> {
    let snapshot = Snapshot::open(held::location(folder).to_str().unwrap()).await?;
    let mut found = Found::new();
    for operator in snapshot.operators() {
        for state in operator.states().await?.iter().filter(|state| state.layout() == Layout::RocksDb) {
            found.insert((operator.id(), state.name().to_owned()), entries(&snapshot, state).await?);
        }
    }
    Ok(found)
}

async fn entries(snapshot: &Snapshot, state: &State) -> flink_state_reader::Result<Entries> {
    let mut entries = Entries::new();
    for task in state.scan().raw().build()?.tasks(2) {
        for batch in snapshot.execute(&task).await?.try_collect::<Vec<_>>().await? {
            let (keys, values) = (batch.column(1).as_binary::<i32>(), batch.column(2).as_binary::<i32>());
            for (key, value) in keys.iter().zip(values) {
                let twice = entries.insert(key.unwrap().to_vec(), value.unwrap().to_vec());
                assert!(twice.is_none(), "a key of {} is read twice", state.name());
            }
        }
    }
    Ok(entries)
}

/// Says where two of them first differ.
fn compare(expected: &Found, read: &Found) -> Result<(), String> {
    let states: BTreeSet<_> = expected.keys().chain(read.keys()).collect();
    for (operator, state) in states {
        let entries = |found: &'_ Found| found.get(&(operator.clone(), state.clone())).cloned().unwrap_or_default();
        let (expected, read) = (entries(expected), entries(read));
        let keys: BTreeSet<_> = expected.keys().chain(read.keys()).collect();
        if let Some(key) = keys.into_iter().find(|key| expected.get(*key) != read.get(*key)) {
            return Err(format!(
                "{state} of operator {operator}, key {key:02x?}: the database has {:02x?}, the reader {:02x?}",
                expected.get(key),
                read.get(key)
            ));
        }
    }
    match expected.values().all(Entries::is_empty) {
        true => Err("the databases are empty".to_owned()),
        false => Ok(()),
    }
}
