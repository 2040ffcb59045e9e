//! What a script is as a whole: what it leaves alone, what it says it does, and what has no place in it.

use std::collections::BTreeMap;

use flink_state_reader::Snapshot;
use flink_state_sql::rewrite::{OperatorAction, RewriteOptions, StateAction, plan};
use flink_state_sql::statement::Statement;
use flink_state_sql::{ErrorKind, Session, SessionOptions};
use futures::TryStreamExt;

use super::fixture::{ask, directory, open_keyed, session};
use super::rewrite::{HEAP, reopen, rewrite, statement};

/// All raw entries of a snapshot as text, by operator and state.
async fn entries(snapshot: &Snapshot) -> BTreeMap<(String, String), Vec<String>> {
    let mut all = BTreeMap::new();
    for operator in snapshot.operators() {
        for state in operator.states().await.unwrap() {
            let mut rows = Vec::new();
            for task in state.scan().raw().build().unwrap().tasks(1) {
                let batches: Vec<_> = snapshot.execute(&task).await.unwrap().try_collect().await.unwrap();
                for batch in batches {
                    let table = arrow::util::pretty::pretty_format_batches(&[batch]).unwrap().to_string();
                    rows.extend(table.lines().skip(3).filter(|line| line.starts_with('|')).map(str::to_owned));
                }
            }
            all.insert((operator.label(), state.name().to_owned()), rows);
        }
    }
    all
}

#[tokio::test]
async fn what_no_statement_touches_stays_byte_for_byte() {
    let source = open_keyed(HEAP).await;
    let script = [
        statement(r#"UPDATE "by-name".count SET value = 0 WHERE key = 'key-13'"#),
        statement(r#"DELETE FROM "by-name".notes WHERE key = 'key-13'"#),
        Statement::RenameState { operator: "by-name".to_owned(), state: "tags".to_owned(), to: "labels".to_owned() },
    ];
    let session = session(&[(None, source.clone())]);
    let plan = plan(&session, Some(&source), &script, RewriteOptions::default()).await.unwrap();
    let summary = plan.summary().to_vec();
    let target = tempfile::tempdir().unwrap();
    let target = target.path().join("savepoint");
    let manifest = plan.write(&target).await.unwrap();
    let written = reopen(&target, &manifest).await;
    let [before, after] = [entries(&source).await, entries(&written).await];
    for ((operator, state), rows) in &before {
        let name = if (operator.as_str(), state.as_str()) == ("by-name", "tags") { "labels" } else { state };
        let after = &after[&(operator.clone(), name.to_owned())];
        match (operator.as_str(), state.as_str()) {
            ("by-name", "count") => {
                let differ = rows.iter().zip(after).filter(|(a, b)| a != b).count();
                assert_eq!((differ, after.len()), (1, rows.len()), "the others stay, in their order");
            }
            ("by-name", "notes") => {
                let kept: Vec<_> = rows.iter().filter(|row| after.contains(row)).collect();
                assert_eq!((kept.len(), after.len()), (rows.len() - 2, rows.len() - 2));
                assert!(kept.into_iter().eq(after));
            }
            _ => assert_eq!(after, rows, "{operator} {state}"),
        }
    }
    // Carried operators have the same files.
    for operator in source.operators().iter().filter(|operator| operator.label() != "by-name") {
        let copy = written.operator(&operator.id()).unwrap();
        for (old, new) in operator.subtasks().iter().zip(copy.subtasks()) {
            let streams = |subtask: &flink_state_reader::metadata::Subtask| {
                subtask.state.iter().flat_map(|state| state.streams()).cloned().collect::<Vec<_>>()
            };
            for (old, new) in streams(old).iter().zip(&streams(new)) {
                let [old, new] = [source.stream(old).await.unwrap(), written.stream(new).await.unwrap()];
                let bytes = old.read(0..old.size()).await.unwrap();
                assert_eq!(bytes, new.read(0..new.size()).await.unwrap());
            }
        }
    }
    let by_name = summary.iter().find(|operator| operator.operator == "by-name").unwrap();
    assert_eq!(by_name.action, OperatorAction::Written);
    let action = |name: &str| by_name.states.iter().find(|state| state.state == name).unwrap().action;
    assert_eq!(
        [action("count"), action("notes"), action("tags"), action("row")],
        [StateAction::Written, StateAction::Written, StateAction::Carried, StateAction::Carried]
    );
    assert!(by_name.restore_checks.iter().any(|check| check.contains("'labels'")), "{:?}", by_name.restore_checks);
    let carried = summary.iter().filter(|operator| operator.action == OperatorAction::Carried).count();
    assert_eq!(carried, summary.len() - 1);
    assert!(serde_json::to_string(&summary).unwrap().contains(r#""action":"written""#));
}

#[tokio::test]
async fn an_operator_goes_by_its_new_name() {
    let rename =
        |operator: &str, to: &str| Statement::RenameOperator { operator: operator.to_owned(), to: to.to_owned() };
    let script = [
        rename("by-name", "by-customer"),
        statement(r#"UPDATE "by-customer".count SET value = 1"#),
        Statement::RenameState {
            operator: "by-customer".to_owned(),
            state: "count".to_owned(),
            to: "number".to_owned(),
        },
        statement(r#"DELETE FROM "by-customer".number WHERE key = 'key-13'"#),
    ];
    let result = rewrite(HEAP, &script).await.unwrap();
    let sql = r#"SELECT count(*), sum(value) FROM "by-customer".number"#;
    assert_eq!(ask(&result.session, sql).await.rows(), ["19 | 19"]);
    let Err(error) = rewrite(HEAP, &[rename("by-name", "by-tuple")]).await else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Usage);
    let script = [rename("by-name", "by-customer"), statement(r#"DELETE FROM "by-name".count"#)];
    let Err(error) = rewrite(HEAP, &script).await else { panic!() };
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
}

#[tokio::test]
async fn a_view_shows_what_the_statements_have_done() {
    let source = open_keyed(HEAP).await;
    let script = [
        statement(r#"CREATE VIEW big AS SELECT key, value FROM "by-name".count WHERE value > 1000"#),
        statement(r#"UPDATE "by-name".count SET value = 5000 WHERE key = 'key-13'"#),
        statement(r#"DELETE FROM "by-name".count WHERE key NOT IN (SELECT key FROM big)"#),
    ];
    let session = session(&[(None, source.clone())]);
    let expected =
        ask(&session, r#"SELECT key FROM "by-name".count WHERE value > 1000 OR key = 'key-13'"#).await.rows();
    plan(&session, Some(&source), &script, RewriteOptions::default()).await.unwrap();
    let [mut expected, mut rows] = [expected, ask(&session, r#"SELECT key FROM "by-name".count"#).await.rows()];
    expected.sort();
    rows.sort();
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_script_gives_no_rows() {
    for (sql, hint) in [
        (r#"SELECT * FROM "by-name".count"#, "flink-state sql"),
        ("SHOW TABLES", "flink-state sql"),
        (r#"CREATE TABLE copy AS SELECT * FROM "by-name".count"#, "CREATE VIEW"),
    ] {
        let Err(error) = rewrite(HEAP, &[Statement::Sql(sql.to_owned())]).await else { panic!("{sql}") };
        assert!(error.hint().unwrap_or_default().contains(hint), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn a_savepoint_from_nothing_needs_state() {
    let session = Session::bootstrap(&[], &SessionOptions::default()).unwrap();
    let uid = "orders".to_owned();
    let create = Statement::CreateOperator { uid, parallelism: Some(2), max_parallelism: None };
    let Err(error) = plan(&session, None, std::slice::from_ref(&create), RewriteOptions::default()).await else {
        panic!()
    };
    assert!(error.to_string().contains("needs a maximum parallelism"), "{error:?}");
    assert!(error.hint().unwrap().contains("MAX PARALLELISM"), "{error:?}");
    let options = RewriteOptions { max_parallelism: Some(128), ..RewriteOptions::default() };
    let plan = plan(&session, None, &[create], options).await.unwrap();
    assert_eq!(plan.summary().len(), 1);
    assert_eq!(plan.summary()[0].action, OperatorAction::Created);
}

#[tokio::test]
async fn the_source_is_never_changed() {
    let bytes = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let files = directory(HEAP).read_dir().unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
        files.sort();
        files
    };
    let before = bytes();
    rewrite(HEAP, &[Statement::SetMaxParallelism(256)]).await.unwrap();
    assert!(bytes() == before);
}
