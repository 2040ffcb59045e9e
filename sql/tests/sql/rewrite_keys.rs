//! Keys: which key group they are in, that each is there once, and what is not known about them.

use std::path::Path;

use flink_state_reader::types::KryoVersion;
use flink_state_reader::{OpenOptions, Snapshot};
use flink_state_sql::rewrite::{RewriteOptions, plan};
use flink_state_sql::statement::{Statement, parse};
use flink_state_sql::{Error, ErrorKind, Session, SessionOptions};

use super::fixture::{ask, open, open_keyed, session};
use super::rewrite::{HEAP, rewrite, statement};

#[tokio::test]
async fn a_new_key_has_its_own_key_group() {
    let result = rewrite(HEAP, &[statement(r#"UPDATE "by-name".count SET key = concat(key, '!')"#)]).await.unwrap();
    let sql = r#"SELECT count(*), count(CASE WHEN key_group = key_group(key, 128) THEN 1 END),
                        count(CASE WHEN key LIKE '%!' THEN 1 END) FROM "by-name".count"#;
    assert_eq!(ask(&result.session, sql).await.rows(), ["20 | 20 | 20"]);
    // Keys may be exchanged: only the result counts.
    let sql = r#"UPDATE "by-name".count
                 SET key = CASE key WHEN 'key-13' THEN 'key-5' WHEN 'key-5' THEN 'key-13' ELSE key END"#;
    let result = rewrite(HEAP, &[statement(sql)]).await.unwrap();
    let sql = r#"SELECT key, value FROM "by-name".count WHERE key IN ('key-13', 'key-5') ORDER BY key"#;
    let after = ask(&result.session, sql).await.rows();
    let source = session(&[(None, open_keyed(HEAP).await)]);
    let before = ask(&source, sql).await.rows();
    let value = |row: &str| row.split(" | ").nth(1).unwrap().to_owned();
    assert_eq!([value(&after[0]), value(&after[1])], [value(&before[1]), value(&before[0])]);
}

#[tokio::test]
async fn windows_move() {
    for name in ["2.2-windows-hashmap-canonical", "1.20-windows-hashmap-canonical"] {
        let snapshot = open(name).await;
        let mut found = 0;
        for operator in snapshot.operators() {
            for state in operator.states().await.unwrap() {
                let has_start = state.schema().field_with_name("namespace").is_ok_and(|field| {
                    matches!(field.data_type(), arrow::datatypes::DataType::Struct(fields) if fields.find("start").is_some())
                });
                if !has_start {
                    continue;
                }
                found += 1;
                let table = format!("\"{}\".\"{}\"", operator.label(), state.name());
                let hour = "INTERVAL '1 hour'";
                let sql = format!(
                    "UPDATE {table} SET namespace.start = namespace.start + {hour}, namespace.\"end\" = namespace.\"end\" + {hour}"
                );
                let times =
                    |shift: &str| format!("SELECT key, namespace.start{shift}, namespace.\"end\"{shift} FROM {table}");
                let mut expected =
                    ask(&session(&[(None, snapshot.clone())]), &times(" + INTERVAL '1 hour'")).await.rows();
                let result = rewrite(name, &[statement(&sql)]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
                let mut after = ask(&result.session, &times("")).await.rows();
                expected.sort();
                after.sort();
                assert_eq!(after, expected, "{name} {table}");
            }
        }
        assert!(found > 2, "{found}");
    }
}

#[tokio::test]
async fn key_groups_there_and_back() {
    let source = open_keyed(HEAP).await;
    let before = super::rewrite::rows(&session(&[(None, source.clone())]), &source).await;
    for detour in [256, 100] {
        let script = [Statement::SetMaxParallelism(detour), Statement::SetMaxParallelism(128)];
        let result = rewrite(HEAP, &script).await.unwrap();
        for (state, rows) in &before {
            // Keys of by-number have 1000 key groups in the source.
            if state.0 == "by-number" {
                assert_eq!(result.after[state].len(), rows.len());
            } else {
                assert_eq!(&result.after[state], rows, "{detour} {state:?}");
            }
        }
    }
}

/// Statements of a script.
fn statements(script: &str) -> Vec<Statement> {
    parse(script, KryoVersion::V5).unwrap().into_iter().map(|statement| statement.statement).collect()
}

/// A savepoint with keys of a class that hashes them as `objects_hash(int a)`.
async fn with_keys_of_a_class(directory: &Path) -> Snapshot {
    let script = r#"CREATE OPERATOR x; ALTER OPERATOR x SET key_hash = 'objects_hash(int a)';
        CREATE STATE x.c (KEY POJO<acme.A>(a INT), VALUE LONG) AS
        SELECT named_struct('a', CAST(value AS INT)) AS key, value FROM generate_series(1, 50)"#;
    let session = Session::bootstrap(&[], &SessionOptions::default()).unwrap();
    let options = RewriteOptions {
        max_parallelism: Some(128),
        flink_version: Some("2.2".parse().unwrap()),
        ..RewriteOptions::default()
    };
    plan(&session, None, &statements(script), options).await.unwrap().write(directory).await.unwrap();
    let options = OpenOptions { uids: vec!["x".to_owned()], ..OpenOptions::default() };
    Snapshot::open_with(directory.to_str().unwrap(), &options).await.unwrap()
}

#[tokio::test]
async fn keys_whose_hash_is_not_known_stay_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let source = with_keys_of_a_class(&directory.path().join("source")).await;
    let run = async |script: &str, asked: &str| {
        let session = session(&[(None, source.clone())]);
        plan(&session, Some(&source), &statements(script), RewriteOptions::default()).await?;
        Ok::<_, Error>(ask(&session, asked).await.rows())
    };
    let groups = "SELECT sum(key_group), sum(value) FROM x.c";
    let stored =
        ask(&session(&[(None, source.clone())]), "SELECT sum(key_group), sum(value) + 50 FROM x.c").await.rows();
    assert_eq!(run("UPDATE x.c SET value = value + 1", groups).await.unwrap(), stored);
    let rest = run("DELETE FROM x.c WHERE value > 20", "SELECT count(*) FROM x.c").await.unwrap();
    assert_eq!(rest, ["20"]);

    let new = "INSERT INTO x.c (key, value) VALUES (named_struct('a', CAST(100 AS INT)), 7)";
    let rename = "UPDATE x.c SET key.a = key.a + 1000";
    for script in [new, rename, "SET max_parallelism = 256"] {
        let error = run(script, groups).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{script}: {error:?}");
        let declared = |convention: &str| format!("ALTER OPERATOR x SET key_hash = '{convention}'; {script}");
        // Another convention gives other key groups than those that the keys are stored in.
        let error = run(&declared("lombok(int a)"), groups).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{script}: {error:?}");
        assert!(error.to_string().contains("is stored in key group"), "{error:?}");
        run(&declared("objects_hash(int a)"), groups).await.unwrap_or_else(|e| panic!("{script}: {e:?}"));
    }
    // 31 + 100
    let asked = "SELECT key_group, key_group(arrow_cast(131, 'Int32'), 128) FROM x.c WHERE key.a = 100";
    let rows = run(&format!("ALTER OPERATOR x SET key_hash = 'objects_hash(int a)'; {new}"), asked).await.unwrap();
    let (stored, computed) = rows[0].split_once(" | ").unwrap();
    assert_eq!(stored, computed);
}

#[tokio::test]
async fn declarations_are_read() {
    for (operator, convention, kind) in
        [("by-name", "kotlin(a)", ErrorKind::Usage), ("by-nobody", "avro", ErrorKind::NotFound)]
    {
        let [operator, convention] = [operator, convention].map(str::to_owned);
        let Err(error) = rewrite(HEAP, &[Statement::SetKeyHash { operator, convention }]).await else { panic!() };
        assert_eq!(error.kind(), kind, "{error:?}");
    }
    // One that does not concern the keys does no harm.
    rewrite(HEAP, &statements(r#"ALTER OPERATOR "by-name" SET key_hash = 'scala_product'"#)).await.unwrap();
}
