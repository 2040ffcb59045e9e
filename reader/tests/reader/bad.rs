//! The registry of `testdata/bad`: each file there with the error that a user sees.

use std::path::Path;

use flink_state_reader::Snapshot;

/// File name and error. A file without a row, or a row without a file, fails the test.
const REGISTRY: &[(&str, &str)] = &[
    ("empty", "4 bytes expected, 0 are left (file _metadata, offset 0, field magic)"),
    (
        "huge-operator-count",
        "count or length 2147483647 does not fit into the 51 bytes that are left (file _metadata, offset 20, field operators)",
    ),
    (
        "key-group-count-does-not-fit",
        "2147483647 key groups from 0 on are not within the operator's 128 (file _metadata, offset 66, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0].subtasks[0].managedKeyed.keyGroups)",
    ),
    (
        "key-group-offset-outside",
        "offset 8 of a key group is not between the header and the next key group at 8 (file inline in _metadata, operator ba84ff2bcd12bf763f4542f308bb6398)",
    ),
    (
        "keyed-header-truncated",
        "4 bytes expected, 3 are left (file inline in _metadata, offset 5, operator ba84ff2bcd12bf763f4542f308bb6398, field key serializer)",
    ),
    ("keyed-header-version-5", "state header of version 5: written by Flink 1.6 or older (offset 0) (listed)"),
    ("missing-state-file", "state file is missing (file not-there, operator ba84ff2bcd12bf763f4542f308bb6398)"),
    ("negative-checkpoint-id", "negative number -1 (file _metadata, offset 8, field checkpointId)"),
    ("negative-operator-count", "negative count or length -2 (file _metadata, offset 20, field operators)"),
    (
        "nested-too-deep",
        "state handles are nested more than 8 deep (file _metadata, offset 234, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0].subtasks[0].managedKeyed.materialized[0].materialized[0].materialized[0].materialized[0].materialized[0].materialized[0].materialized[0].materialized[0])",
    ),
    (
        "parallelism-above-maximum",
        "parallelism 256 is larger than the maximum parallelism 128 (file _metadata, offset 40, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0])",
    ),
    ("path-climbs-out", "unsafe relative path '../../etc/passwd' (operator ba84ff2bcd12bf763f4542f308bb6398)"),
    ("path-with-scheme", "unsafe relative path 'file:/etc/passwd' (operator ba84ff2bcd12bf763f4542f308bb6398)"),
    (
        "subtask-outside",
        "subtask 5 of 1 (file _metadata, offset 53, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0].subtasks[0].index)",
    ),
    ("trailing-bytes", "2 bytes are left over (file _metadata, offset 75)"),
    (
        "truncated",
        "4 bytes expected, 3 are left (file _metadata, offset 57, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0].subtasks[0].managedOperator)",
    ),
    (
        "unknown-keyed-handle",
        "tag 99 is no keyed state handle (file _metadata, offset 65, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0].subtasks[0].managedKeyed)",
    ),
    ("version-0", "version 0 of _metadata, written by Flink 1.1, is too old (file _metadata, offset 4)"),
    ("version-1", "version 1 of _metadata, written by Flink 1.2, is too old (file _metadata, offset 4)"),
    ("version-99", "unknown version 99 of _metadata: 2 to 7 can be read (file _metadata, offset 4)"),
    ("wrong-magic", "no _metadata file: it starts with cafebabe, not 4960672d (file _metadata, offset 0)"),
];

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/bad"))
}

/// Opens the file as a snapshot and reads the headers of all its operators.
async fn read(path: &Path) -> Result<(), String> {
    let snapshot = Snapshot::open(path.to_str().unwrap()).await.map_err(|e| e.to_string())?;
    for operator in snapshot.operators() {
        let states = operator.states().await.map_err(|e| e.to_string())?;
        if let Some(reason) = states.iter().find_map(|state| state.unsupported()) {
            return Err(format!("{reason} (listed)"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_bad_file_has_its_error() {
    let mut files: Vec<_> = std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    files.sort();
    let mut found = Vec::new();
    for name in &files {
        let error = read(&directory().join(name)).await.expect_err(name);
        found.push((name.as_str(), error));
    }
    let expected: Vec<_> = REGISTRY.iter().map(|(name, error)| (*name, (*error).to_owned())).collect();
    assert_eq!(found, expected, "{found:#?}");
}
