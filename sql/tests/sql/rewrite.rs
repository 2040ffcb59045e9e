//! Scripts over real snapshots: what is read back is what the statements say.

use std::collections::BTreeMap;
use std::path::Path;

use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{OpenOptions, Snapshot};
use flink_state_sql::rewrite::{RewriteOptions, RowCounts, plan};
use flink_state_sql::statement::Statement;
use flink_state_sql::{Error, ErrorKind, Session};
use flink_state_writer::savepoint::{Action, Manifest};

use super::fixture::{ask, open, open_keyed, session};

pub(crate) const HEAP: &str = "1.20-keyed-hashmap-canonical";

/// A statement by its first word.
pub(crate) fn statement(sql: &str) -> Statement {
    match sql.split_whitespace().next() {
        Some("UPDATE") => Statement::Update(sql.to_owned()),
        Some("DELETE") => Statement::Delete(sql.to_owned()),
        Some("INSERT") => Statement::Insert(sql.to_owned()),
        _ => Statement::Sql(sql.to_owned()),
    }
}

/// The written snapshot, with the uids that it has operators for.
pub(crate) async fn reopen(directory: &Path, manifest: &Manifest) -> Snapshot {
    let uids = ["by-name", "by-number", "by-tuple", "by-customer"].map(str::to_owned);
    let is_there = |uid: &String| {
        let id = OperatorId::from_uid(uid).to_string();
        manifest.operators.iter().any(|operator| operator.id == id && operator.action != Action::Dropped)
    };
    let uids = uids.into_iter().filter(is_there).collect();
    let options = OpenOptions { uids, ..OpenOptions::default() };
    Snapshot::open_with(directory.to_str().unwrap(), &options).await.unwrap()
}

/// All rows of all states, sorted.
pub(crate) async fn rows(session: &Session, snapshot: &Snapshot) -> BTreeMap<(String, String), Vec<String>> {
    let mut all = BTreeMap::new();
    for operator in snapshot.operators() {
        for state in operator.states().await.unwrap() {
            let (operator, state) = (operator.label(), state.name().to_owned());
            let table = format!("\"{operator}\".\"{state}\"");
            let mut rows = ask(session, &format!("SELECT * FROM {table}")).await.rows();
            rows.sort();
            all.insert((operator, state), rows);
        }
    }
    all
}

pub(crate) struct Rewritten {
    pub(crate) before: BTreeMap<(String, String), Vec<String>>,
    pub(crate) after: BTreeMap<(String, String), Vec<String>>,
    pub(crate) counts: BTreeMap<String, RowCounts>,
    /// Operators that were written.
    pub(crate) written: Vec<String>,
    pub(crate) session: Session,
    _directory: tempfile::TempDir,
}

/// Runs statements, writes, reads back, and compares with the tables that the script's session shows.
pub(crate) async fn rewrite(snapshot: &str, statements: &[Statement]) -> Result<Rewritten, Error> {
    let source = if snapshot.contains("keyed") { open_keyed(snapshot).await } else { open(snapshot).await };
    let before = rows(&session(&[(None, source.clone())]), &source).await;
    let staged = session(&[(None, source.clone())]);
    let plan = plan(&staged, Some(&source), statements, RewriteOptions::default()).await?;
    let states = plan.summary().iter().flat_map(|operator| &operator.states);
    let counts = states.filter_map(|state| Some((state.state.clone(), state.rows?))).collect();
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    let manifest = plan.write(&target).await?;
    let written = reopen(&target, &manifest).await;
    let session = session(&[(None, written.clone())]);
    let after = rows(&session, &written).await;
    for ((operator, state), rows) in &after {
        let table = format!("\"{operator}\".\"{state}\"");
        let mut shown = ask(&staged, &format!("SELECT * FROM {table}")).await.rows();
        shown.sort();
        assert_eq!(&shown, rows, "{table}");
    }
    let is_written = |entry: &&flink_state_writer::savepoint::OperatorEntry| entry.action == Action::Written;
    let written = manifest.operators.iter().filter(is_written).map(|entry| entry.id.clone()).collect();
    Ok(Rewritten { before, after, counts, written, session, _directory: directory })
}

pub(crate) async fn refused(sql: &str) -> Error {
    match rewrite(HEAP, &[statement(sql)]).await {
        Ok(_) => panic!("{sql} was not refused"),
        Err(error) => error,
    }
}

/// Statements, the state they change, and how many rows: changed, added, deleted.
const CHANGES: &[(&str, &str, [u64; 3])] = &[
    (r#"UPDATE "by-name".count SET value = value + 1"#, "count", [20, 0, 0]),
    (r#"UPDATE "by-name".count SET value = 7 WHERE key = 'key-13'"#, "count", [1, 0, 0]),
    (r#"UPDATE "by-name".count SET value = NULL WHERE 1 = 0"#, "count", [0, 0, 0]),
    (
        r#"UPDATE "by-name".count SET value = 0 WHERE key IN (SELECT key FROM "by-name".sum WHERE value > 50)"#,
        "count",
        [12, 0, 0],
    ),
    (
        r#"UPDATE "by-name".count AS c SET value = (SELECT max(value) FROM "by-name".count) WHERE value < 0"#,
        "count",
        [19, 0, 0],
    ),
    (r#"UPDATE "by-name".notes SET map_value = 'was null' WHERE map_value IS NULL"#, "notes", [20, 0, 0]),
    (r#"UPDATE "by-name".notes SET map_key = concat(map_key, '!')"#, "notes", [40, 0, 0]),
    (
        r#"UPDATE "by-name"."order" SET value.address.zip = '10999', value.id = 7 WHERE value.address.zip = '10115'"#,
        "order",
        [1, 0, 0],
    ),
    (r#"UPDATE "by-name".mean SET value.f0 = value.f0 * 2"#, "mean", [20, 0, 0]),
    (r#"UPDATE "by-name"."ttl-map" SET last_access = TIMESTAMP '2026-01-01T00:00:00Z'"#, "ttl-map", [40, 0, 0]),
    (r#"UPDATE "by-name".tags SET value = array_append(value, 'x')"#, "tags", [18, 0, 0]),
    (r#"DELETE FROM "by-name".count WHERE value < 0"#, "count", [0, 0, 19]),
    (r#"DELETE FROM "by-name".count WHERE 1 = 0"#, "count", [0, 0, 0]),
    (r#"DELETE FROM "by-name".count WHERE NULL"#, "count", [0, 0, 0]),
    (r#"DELETE FROM "by-name".count"#, "count", [0, 0, 20]),
    (r#"DELETE FROM "by-name".count LIMIT 3"#, "count", [0, 0, 3]),
    (
        r#"DELETE FROM "by-name".count WHERE key IN (SELECT key FROM "by-name".count ORDER BY key LIMIT 4)"#,
        "count",
        [0, 0, 4],
    ),
    (
        r#"DELETE FROM "by-name".count WHERE EXISTS (SELECT 1 FROM "by-name"."row" r WHERE r.key = count.key)"#,
        "count",
        [0, 0, 16],
    ),
    (
        r#"DELETE FROM "by-name"."_timer_state/event_user-timers" WHERE key <> 'key-13'"#,
        "_timer_state/event_user-timers",
        [0, 0, 17],
    ),
    (
        r#"UPDATE "by-name"."_timer_state/event_user-timers" SET timestamp = timestamp + INTERVAL '1 hour' WHERE timestamp < TIMESTAMP '2250-01-01T00:00:00Z'"#,
        "_timer_state/event_user-timers",
        [17, 0, 0],
    ),
    (r#"INSERT INTO "by-name".count (key, value) VALUES ('new', 1), ('newer', -2)"#, "count", [0, 2, 0]),
    (
        r#"INSERT INTO "by-name".totals (key, map_key, map_value) SELECT key, 'sum', value FROM "by-name".sum"#,
        "totals",
        [0, 20, 0],
    ),
    (r#"INSERT INTO "by-number".label (key, value) VALUES (123456789, 'nine')"#, "label", [0, 1, 0]),
    (
        r#"INSERT INTO "by-name"."_timer_state/event_user-timers" (key, timestamp) VALUES ('new', TIMESTAMP '2100-01-01T00:00:00Z')"#,
        "_timer_state/event_user-timers",
        [0, 1, 0],
    ),
];

#[tokio::test]
async fn what_is_read_back_is_what_the_statements_say() {
    for (sql, state, [changed, added, deleted]) in CHANGES {
        let result = match rewrite(HEAP, &[statement(sql)]).await {
            Ok(result) => result,
            Err(error) => panic!("{sql}: {error:?}"),
        };
        let counts = result.counts[*state];
        assert_eq!([counts.changed, counts.added, counts.deleted], [*changed, *added, *deleted], "{sql}");
        assert_eq!(result.written.len(), usize::from(changed + added + deleted > 0), "{sql}");
        for (name, rows) in &result.after {
            let before = &result.before[name];
            if name.1 != *state || !sql.contains(&format!("\"{}\".", name.0)) {
                assert_eq!(rows, before, "{sql} {name:?}");
                continue;
            }
            let kept = rows.iter().filter(|row| before.contains(row)).count() as u64;
            assert!(kept >= counts.source - changed - deleted, "{sql} {rows:?} {before:?}");
            assert_eq!(rows.len() as u64, counts.source + added - deleted, "{sql}");
        }
    }
}

#[tokio::test]
async fn deleted_rows_are_those_that_a_select_gives() {
    for condition in [
        "value > 0",
        "NOT value > 0",
        "value IN (SELECT value FROM \"by-name\".count WHERE value < 0)",
        "value = (SELECT max(c.value) FROM \"by-name\".count c)",
        "value NOT IN (SELECT NULL)",
        "key LIKE 'key-1%' OR NULL",
        "key_group < 50",
    ] {
        let source = open_keyed(HEAP).await;
        let session = session(&[(None, source)]);
        let deleted = ask(&session, &format!("SELECT * FROM \"by-name\".count WHERE {condition}")).await.rows();
        let sql = format!("DELETE FROM \"by-name\".count WHERE {condition}");
        let result = rewrite(HEAP, &[Statement::Delete(sql)]).await.unwrap();
        let name = ("by-name".to_owned(), "count".to_owned());
        let mut expected = result.before[&name].clone();
        expected.retain(|row| !deleted.contains(row));
        assert_eq!(result.after[&name], expected, "{condition}");
    }
}

#[tokio::test]
async fn each_statement_sees_those_before_it() {
    let script = [
        r#"INSERT INTO "by-name".count (key, value) VALUES ('new', 5)"#,
        r#"UPDATE "by-name".count SET value = value * 2 WHERE key = 'new'"#,
        r#"DELETE FROM "by-name".count WHERE value <> 10"#,
    ];
    let result = rewrite(HEAP, &script.map(statement)).await.unwrap();
    let rows = ask(&result.session, r#"SELECT key, value FROM "by-name".count"#).await.rows();
    assert_eq!(rows, ["new | 10"]);
}

#[tokio::test]
async fn every_layout_is_rewritten() {
    for name in [
        "1.18-keyed-hashmap-canonical",
        "1.20-keyed-hashmap-canonical-compressed",
        "1.20-keyed-rocksdb-canonical",
        "2.2-keyed-hashmap-canonical",
        "2.2-keyed-rocksdb-canonical",
    ] {
        let sql = r#"UPDATE "by-name".count SET value = 1 WHERE key = 'key-13'"#;
        let result = rewrite(name, &[statement(sql)]).await.unwrap();
        for (state, rows) in &result.after {
            let same = rows.iter().filter(|row| result.before[state].contains(row)).count();
            assert_eq!(same + usize::from(state.1 == "count"), rows.len(), "{name} {state:?}");
        }
    }
}

#[tokio::test]
async fn state_of_the_heap_layout_becomes_canonical() {
    for name in ["1.20-namespaces-hashmap-checkpoint", "2.2-namespaces-hashmap-checkpoint-file-merging"] {
        let table = format!("\"{}\".map", OperatorId::from_uid("spaces"));
        let script = [
            format!("DELETE FROM {table} WHERE map_value IS NULL"),
            format!("UPDATE {table} SET namespace = concat('-', namespace)"),
            format!("INSERT INTO {table} (key, namespace, map_key) VALUES ('new', 'space', 7)"),
        ];
        let result = rewrite(name, &script.map(|sql| statement(&sql))).await.unwrap();
        assert_eq!(result.after.len(), result.before.len());
        for (state, rows) in &result.after {
            assert!(state.1 == "map" || *rows == result.before[state], "{name} {state:?}");
        }
        let sql = format!("SELECT key, namespace FROM {table} WHERE map_value IS NULL");
        assert_eq!(ask(&result.session, &sql).await.rows(), ["new | space"]);
    }
}

#[tokio::test]
async fn heap_state_with_values_of_unknown_length_is_refused() {
    let sql = r#"UPDATE "by-name".count SET value = 1"#;
    let Err(error) = rewrite("1.20-keyed-hashmap-checkpoint", &[statement(sql)]).await else { panic!() };
    assert!(error.to_string().contains("the snapshot does not say how its values are written"), "{error}");
}

#[tokio::test]
async fn operator_state_is_rewritten() {
    let script = [
        r#"UPDATE buffers.pending SET value.f1 = 'changed' WHERE value.f0 = 0"#,
        r#"DELETE FROM buffers.pending WHERE subtask = 1 AND position < 2"#,
        r#"INSERT INTO buffers.pending (subtask, value) VALUES (0, named_struct('f0', CAST(99 AS BIGINT), 'f1', 'last'))"#,
        r#"DELETE FROM buffers.offsets WHERE value = 'partition-0'"#,
        r#"UPDATE buffers.rules SET map_value.kind = 'WHOLESALE' WHERE map_key = ''"#,
    ];
    let name = "2.2-operator-state-hashmap-canonical";
    let source = open(name).await;
    let staged = session(&[(None, source.clone())]);
    let script = script.map(statement);
    let plan = plan(&staged, Some(&source), &script, RewriteOptions::default()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("savepoint");
    plan.write(&target).await.unwrap();
    let written = Snapshot::open(target.to_str().unwrap()).await.unwrap();
    let session = session(&[(None, written)]);
    for sql in ["SELECT subtask, value FROM buffers.pending", "SELECT * FROM buffers.rules"] {
        let [mut shown, mut read] = [ask(&staged, sql).await.rows(), ask(&session, sql).await.rows()];
        shown.sort();
        read.sort();
        assert_eq!(shown, read, "{sql}");
    }
    let sql =
        "SELECT value.f1, count(*) FROM buffers.pending WHERE value.f1 IN ('changed', 'last') GROUP BY 1 ORDER BY 1";
    assert_eq!(ask(&session, sql).await.rows(), ["changed | 1", "last | 1"]);
    let sql = "SELECT count(*) FROM buffers.offsets WHERE value = 'partition-0'";
    assert_eq!(ask(&session, sql).await.value(), "0");
}

#[tokio::test]
async fn max_parallelism_moves_every_key() {
    for max in [100, 256, 1000] {
        let result = rewrite(HEAP, &[Statement::SetMaxParallelism(max)]).await.unwrap();
        assert_eq!(result.after.len(), result.before.len());
        let sql = format!(
            "SELECT count(*), count(CASE WHEN key_group = key_group(key, {max}) THEN 1 END) FROM \"by-name\".count"
        );
        assert_eq!(ask(&result.session, &sql).await.rows(), ["20 | 20"], "{max}");
        for (state, rows) in &result.after {
            assert_eq!(rows.len(), result.before[state].len(), "{max} {state:?}");
        }
    }
}

#[tokio::test]
async fn states_and_operators_are_renamed_and_dropped() {
    let (operator, by_name) = ("by-name".to_owned(), |state: &str| ("by-name".to_owned(), state.to_owned()));
    let script = [
        Statement::RenameState { operator: operator.clone(), state: "tags".to_owned(), to: "labels".to_owned() },
        Statement::DropState { operator: operator.clone(), state: "notes".to_owned() },
        Statement::DropOperator { operator: "by-tuple".to_owned() },
    ];
    let result = rewrite(HEAP, &script).await.unwrap();
    assert_eq!(result.after[&by_name("labels")], result.before[&by_name("tags")]);
    assert!(!result.after.contains_key(&by_name("tags")) && !result.after.contains_key(&by_name("notes")));
    assert!(result.after.keys().all(|(operator, _)| operator != "by-tuple"));
}

#[tokio::test]
async fn what_can_not_be_right_is_refused() {
    for (sql, kind, message) in [
        (r#"UPDATE "by-name".count SET value = 1.5"#, ErrorKind::Usage, "value: DOUBLE where LONG belongs"),
        (
            r#"INSERT INTO "by-name".count (key, value) VALUES ('a', 1.5)"#,
            ErrorKind::Usage,
            "value: DOUBLE where LONG belongs",
        ),
        (r#"UPDATE "by-name".count SET value = NULL"#, ErrorKind::Data, "NULL"),
        (r#"UPDATE "by-name".count SET key_group = 1"#, ErrorKind::Unsupported, "key_group can't be assigned"),
        (
            r#"UPDATE "by-name".count SET key = 'same'"#,
            ErrorKind::Usage,
            "two rows have the same key: key 'same' (key group",
        ),
        (
            r#"INSERT INTO "by-name".count (key, value) VALUES ('key-13', 1)"#,
            ErrorKind::Usage,
            "two rows have the same",
        ),
        (r#"INSERT INTO "by-name".count VALUES (1, 'key-x', 1)"#, ErrorKind::Usage, "key_group 1 for a key"),
        (r#"UPDATE "by-name".mean SET value.f9 = 1"#, ErrorKind::NotFound, "no field 'f9' in value"),
        (r#"UPDATE "by-name".mean SET valu = 1"#, ErrorKind::NotFound, "no column 'valu'"),
        (r#"UPDATE "by-name".mean SET value.f0 = 1, value.f0 = 2"#, ErrorKind::Usage, "assigned twice"),
        (r#"UPDATE "by-name".cuont SET value = 1"#, ErrorKind::NotFound, "cuont"),
        (r#"UPDATE metadata.states SET state = 'a'"#, ErrorKind::Unsupported, "can't be changed"),
        (r#"UPDATE "by-name".tags SET value = make_array()"#, ErrorKind::Usage, ""),
    ] {
        let error = refused(sql).await;
        assert!(error.to_string().contains(message), "{sql}: {error:?}");
        if !message.is_empty() {
            assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        }
    }
}
