//! Keys: which key group they are in, that each is there once, and what is not known about them.

use flink_state_sql::ErrorKind;
use flink_state_sql::rewrite::{RewriteOptions, plan};
use flink_state_sql::statement::Statement;

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

#[tokio::test]
async fn a_hash_that_is_declared_is_put_to_the_test() {
    let declare = |operator: &str, convention: &str| Statement::SetKeyHash {
        operator: operator.to_owned(),
        convention: convention.to_owned(),
    };
    // A declaration that does not concern the keys does no harm.
    assert!(rewrite(HEAP, &[declare("by-name", "scala_product")]).await.is_ok());
    let Err(error) = rewrite(HEAP, &[declare("by-name", "kotlin")]).await else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Usage);
    let Err(error) = rewrite(HEAP, &[declare("by-nobody", "avro")]).await else { panic!() };
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn keys_whose_hash_is_not_known_stay_where_they_are() {
    // Keys of the Table API's joins are rows; their hash is that of their bytes. Those of Avro records are the user's.
    let mut tried = 0;
    for name in super::fixture::names().iter().filter(|name| name.ends_with("-canonical")) {
        let snapshot = open(name).await;
        for operator in snapshot.operators() {
            for state in operator.states().await.unwrap() {
                let Some(ty) = state.key_type().map(ToString::to_string) else { continue };
                if !(ty.starts_with("POJO") || ty.starts_with("AVRO")) || state.name().starts_with("_timer") {
                    continue;
                }
                let table = format!("\"{}\".\"{}\"", operator.label(), state.name());
                let run = async |sql: String| {
                    let session = session(&[(None, snapshot.clone())]);
                    plan(&session, Some(&snapshot), &[statement(&sql)], RewriteOptions::default()).await.map(|_| ())
                };
                tried += 1;
                run(format!("DELETE FROM {table} WHERE key_group < 64")).await.unwrap();
                let error = run(format!("INSERT INTO {table} SELECT * FROM {table}")).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{name} {table} {ty}: {error:?}");
            }
        }
    }
    println!("{tried} states with keys of unknown hash");
}
