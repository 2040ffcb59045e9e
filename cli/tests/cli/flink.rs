//! Every snapshot in `testdata/snapshots`, read and compared with what Flink printed when it restored it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::held::{self, location, matches};

/// Operator ID and state name.
type StateName = (String, String);

fn snapshots() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(held::snapshots())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no snapshots in testdata");
    found
}

/// What Flink holds, by state.
fn expected(snapshot: &Path) -> BTreeMap<StateName, Vec<Value>> {
    let text = std::fs::read_to_string(snapshot.join("expected.ndjson")).unwrap();
    let mut states: BTreeMap<StateName, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = |field: &str| line[field].as_str().unwrap().to_owned();
        states.entry((name("operator_id"), name("state"))).or_default().push(line["row"].clone());
    }
    states
}

fn run(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_flink-state")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// The states whose layout can't be read yet, as `metadata.states` tells it.
fn unsupported(location: &str) -> BTreeSet<StateName> {
    let sql = "SELECT operator_id, state FROM metadata.states WHERE unsupported IS NOT NULL";
    let (stdout, stderr, code) = run(&["sql", location, "-c", sql, "--format", "ndjson"]);
    assert_eq!(code, Some(0), "{stderr}");
    let name = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| (name(&row, "operator_id"), name(&row, "state")))
        .collect()
}

/// What the program holds, by state, in one run; and its warnings.
fn actual(location: &str, names: &[&StateName]) -> (BTreeMap<StateName, Vec<Value>>, String) {
    if names.is_empty() {
        return Default::default();
    }
    let literal = |text: &str| text.replace('\'', "''");
    let identifier = |text: &str| text.replace('"', "\"\"");
    let script: String = names
        .iter()
        .map(|(operator, state)| {
            format!(
                "SELECT '{operator}' AS \"$operator\", '{}' AS \"$state\", * FROM \"{operator}\".\"{}\";\n",
                literal(state),
                identifier(state)
            )
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let (stdout, stderr, code) = run(&["sql", location, "-f", file.path().to_str().unwrap(), "--format", "ndjson"]);
    assert!(matches!(code, Some(0 | 3)), "{location}: {stderr}");
    let mut states: BTreeMap<StateName, Vec<Value>> = BTreeMap::new();
    for line in stdout.lines() {
        let Value::Object(mut row) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        let mut take = |column: &str| row.shift_remove(column).unwrap().as_str().unwrap().to_owned();
        let name = (take("$operator"), take("$state"));
        states.entry(name).or_default().push(Value::Object(row));
    }
    (states, stderr)
}

/// Whether the program said that it lacks rows of a state.
fn is_told(warnings: &str, state: &str) -> bool {
    let state = format!(".{state} ");
    warnings.lines().any(|line| line.contains(&state) && line.contains("could not be given"))
}

/// What tells rows of one state apart, for pairing them.
fn identity(row: &Value) -> String {
    let columns = ["subtask", "position", "key_group", "key", "namespace", "map_key", "timestamp"];
    columns.iter().filter_map(|column| row.get(column)).map(Value::to_string).collect::<Vec<_>>().join("|")
}

#[test]
fn reads_what_flink_holds() {
    let (mut rows_compared, mut rows_lacking) = (0, 0);
    let mut failures = Vec::new();
    for snapshot in snapshots() {
        let directory = location(&snapshot);
        let directory = directory.to_str().unwrap();
        let short = snapshot.file_name().unwrap().to_string_lossy();
        let skipped = unsupported(directory);
        let expected = expected(&snapshot);
        let names: Vec<&StateName> = expected.keys().filter(|name| !skipped.contains(*name)).collect();
        let (mut actual, warnings) = actual(directory, &names);
        let mut rows = 0;
        for name in &names {
            let mut want = expected[*name].clone();
            let mut have = actual.remove(*name).unwrap_or_default();
            let columns = |rows: &[Value]| rows.first().and_then(Value::as_object).cloned().unwrap_or_default();
            let known: BTreeSet<String> = columns(&want).keys().cloned().collect();
            for row in have.iter_mut().filter_map(Value::as_object_mut) {
                // Flink can't say after a restore which subtask held an element.
                row.retain(|column, _| known.contains(column) || !matches!(column.as_str(), "subtask" | "position"));
            }
            want.sort_by_cached_key(|row| (identity(row), row.to_string()));
            have.sort_by_cached_key(|row| (identity(row), row.to_string()));
            if is_told(&warnings, &name.1) {
                let read: BTreeSet<String> = have.iter().map(identity).collect();
                let all = want.len();
                want.retain(|row| read.contains(&identity(row)));
                rows_lacking += all - want.len();
            }
            let at = format!("{short}: {}.{}", name.0, name.1);
            if want.len() != have.len() {
                failures.push(format!("{at}: Flink holds {} rows, read were {}", want.len(), have.len()));
            }
            for (want, have) in want.iter().zip(&have).filter(|(want, have)| !matches(have, want)).take(2) {
                failures.push(format!("{at}:\n  Flink {want}\n  read  {have}"));
            }
            rows += want.len();
        }
        println!("{short}: {} states, {rows} rows compared, {} states not readable yet", names.len(), skipped.len());
        rows_compared += rows;
    }
    println!("{rows_compared} rows equal what Flink holds, {rows_lacking} more could not be given, as was told");
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}
