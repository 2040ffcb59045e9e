use std::path::{Path, PathBuf};

use flink_state_reader::{OpenOptions, PathMapping, Snapshot};
use flink_state_sql::ErrorKind;
use tempfile::TempDir;

use crate::fixture::{ask, directory, fail, keyed, names, open, run, session};

#[tokio::test]
async fn the_snapshot() {
    let session = keyed().await;
    let sql = "SELECT version, checkpoint_id, kind, format, post_checkpoint_action, operators FROM metadata.snapshot";
    assert_eq!(ask(&session, sql).await.rows(), ["4 | 1 | savepoint | canonical | none | 4"]);
}

#[tokio::test]
async fn operators() {
    let session = keyed().await;
    let sql = "SELECT operator, uid, parallelism, max_parallelism, finished, states, bytes, coordinator_bytes \
        FROM operators ORDER BY operator";
    let expected = [
        "by-name | by-name | 2 | 128 | false | 16 | 52020 | ",
        "by-number | by-number | 2 | 1000 | false | 5 | 5931 | ",
        "by-tuple | by-tuple | 2 | 128 | false | 5 | 9900 | ",
        "ca88eee0095684d687a1b6495617f957 |  | 1 | 128 | false | 1 | 234 | 16",
    ];
    assert_eq!(ask(&session, sql).await.rows(), expected);
}

#[tokio::test]
async fn states() {
    let session = keyed().await;
    let sql = "SELECT state, kind, layout, key_type, namespace_type, value_type, unsupported FROM states \
        WHERE operator = 'by-tuple' ORDER BY state";
    let key = "TUPLE<STRING, INT, BOOLEAN>";
    let expected = [
        format!("_timer_state/event_user-timers | timer | canonical | {key} |  |  | "),
        format!("_timer_state/processing_user-timers | timer | canonical | {key} |  |  | "),
        format!("pairs | list | canonical | {key} |  | LIST<TUPLE<STRING, FLOAT>> | "),
        format!("ratio | value | canonical | {key} |  | DOUBLE | "),
        format!("seen | map | canonical | {key} |  | MAP<LONG, INSTANT> | "),
    ];
    assert_eq!(ask(&session, sql).await.rows(), expected);
}

#[tokio::test]
async fn subtasks_handles_and_files_add_up() {
    let session = keyed().await;
    let sql = "SELECT subtask, first_key_group, last_key_group, managed_keyed_bytes FROM subtasks \
        WHERE operator = 'by-number'";
    assert_eq!(ask(&session, sql).await.rows(), ["0 | 0 | 499 | 2760", "1 | 500 | 999 | 3171"]);
    let sql = "SELECT role, class, count(*), sum(bytes) FROM handles GROUP BY role, class ORDER BY role";
    let expected = [
        "coordinator | ByteStreamStateHandle | 1 | 16",
        "managed_keyed | KeyGroupsSavepointStateHandle | 6 | 67851",
        "managed_operator | OperatorStreamStateHandle | 1 | 234",
    ];
    assert_eq!(ask(&session, sql).await.rows(), expected);
    let sql =
        "SELECT inline, count(*), sum(handles), sum(bytes), bool_and(found) FROM files GROUP BY inline ORDER BY 1";
    assert_eq!(ask(&session, sql).await.rows(), ["false | 2 | 2 | 52020 | true", "true | 1 | 6 | 16081 | true"]);
}

#[tokio::test]
async fn key_groups_have_sizes() {
    let session = keyed().await;
    let sql =
        "SELECT key_group, subtask, bytes FROM key_groups WHERE operator = 'by-number' ORDER BY bytes DESC LIMIT 1";
    assert_eq!(ask(&session, sql).await.rows(), ["975 | 1 | 408"]);
}

#[tokio::test]
async fn records_in_flight_are_listed_by_channel() {
    let sql = "SELECT operator, subtask, direction, gate_or_partition, channel, buffers, bytes FROM channel_state \
        ORDER BY direction, subtask, channel";
    let expected = [
        "slow | 0 | input | 0 | 0 | 1 | 4037",
        "slow | 1 | input | 0 | 0 | 1 | 4037",
        "numbers | 0 | output | 0 | 0 | 3 | 10616",
        "numbers | 0 | output | 0 | 1 | 6 | 23228",
    ];
    let merged = session(&[(None, open("2.2-unaligned-hashmap-checkpoint").await)]);
    assert_eq!(ask(&merged, sql).await.rows(), expected);
    // Flink 1.20 has a handle for each channel, and no uids.
    let sql = "SELECT sum(buffers), sum(bytes), count(*) FROM channel_state";
    let single = session(&[(None, open("1.20-unaligned-hashmap-checkpoint").await)]);
    assert_eq!(ask(&single, sql).await.rows(), ["11 | 41918 | 4"]);
    assert_eq!(ask(&keyed().await, "SELECT * FROM channel_state").await.rows(), [""; 0]);
}

#[tokio::test]
async fn missing_and_short_files_are_found_out() {
    let copy = copy_of("1.20-keyed-hashmap-canonical");
    let mut files: Vec<_> = copy.path().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_none() && path.file_name().unwrap() != "_metadata");
    files.sort();
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], "short").unwrap();

    let session = session(&[(None, Snapshot::open(copy.path().to_str().unwrap()).await.unwrap())]);
    let problems = ask(&session, "SELECT found, problem FROM files WHERE NOT inline ORDER BY path").await.rows();
    assert!(problems[0].starts_with("false | state file is missing"), "{problems:?}");
    assert!(problems[1].starts_with("false | file has 5 bytes, its handle says 2"), "{problems:?}");
    // what can't be looked into is no reason not to tell of the rest
    let answer = ask(&session, "SELECT states FROM operators ORDER BY bytes").await;
    assert_eq!(answer.rows(), ["1", "5", "5", ""]);
    assert_eq!(answer.gaps.len(), 1);
    let shown = ask(&session, "SHOW TABLES").await;
    assert!(shown.rows().iter().any(|row| row.contains("SourceReaderState")), "{}", shown.table());
    assert_eq!(shown.gaps, answer.gaps);
    let error = fail(&session, r#"SELECT * FROM "3ae47accfc1f4a443b4b1353160bd320".count"#).await;
    // whichever of the two files is the first subtask's
    assert!(matches!(error.kind(), ErrorKind::Storage | ErrorKind::Data), "{error:?}");
    assert!(error.location().contains("operator 3ae47accfc1f4a443b4b1353160bd320"), "{error:?}");
}

#[tokio::test]
async fn files_tell_where_they_are_and_who_needs_them() {
    let source = directory("2.2-history-rocksdb-checkpoint-rescaled");
    let (checkpoint, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = |from: PathBuf, to: &Path| {
        for file in from.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    };
    copy(source.join("chk-6"), checkpoint.path());
    copy(source.join("shared"), elsewhere.path());
    let mapping = PathMapping::new("/tmp/flink-testdata/checkpoints/*/shared", elsewhere.path().to_str().unwrap());
    let map = |path_map| OpenOptions { path_map, ..OpenOptions::default() };
    let (lost, found) = (map(Vec::new()), map(vec![mapping.unwrap()]));
    let location = checkpoint.path().to_str().unwrap();

    let session_with = async |options| session(&[(None, Snapshot::open_with(location, options).await.unwrap())]);
    let sql = "SELECT array_to_string(operators, ','), found, place, count(*), \
        bool_and(location LIKE '%' || right(path, 36)), bool_and(bytes = file_bytes) \
        FROM files WHERE NOT inline GROUP BY 1, 2, 3 ORDER BY 1, 3";
    let here = session_with(&found).await;
    let shared = "history | true | path map | 34 | true | true";
    let (history, numbers) =
        ["history", "numbers"].map(|o| format!("{o} | true | as recorded | 1 | true | true")).into();
    assert_eq!(ask(&here, sql).await.rows(), [history.as_str(), shared, &numbers]);
    assert_eq!(ask(&here, "SELECT count(*) FROM history.count").await.rows(), ["23"]);
    let nowhere = session_with(&lost).await;
    let shared = "history | false |  | 34 |  | ";
    assert_eq!(ask(&nowhere, sql).await.rows(), [history.as_str(), shared, &numbers]);
}

fn copy_of(snapshot: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in directory(snapshot).read_dir().unwrap() {
        let file = entry.unwrap().path();
        std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

#[tokio::test]
async fn every_table_of_every_snapshot_can_be_read() {
    for snapshot in names() {
        let session = session(&[(None, open(&snapshot).await)]);
        for table in ["snapshot", "operators", "states", "subtasks", "handles", "files", "key_groups", "channel_state"]
        {
            if let Err(error) = run(&session, &format!("SELECT * FROM metadata.{table}")).await {
                panic!("{table} of {snapshot}: {error:?}");
            }
        }
    }
}
