//! UPDATE: values become what a SELECT of the same expression gives, or the statement is refused.

use flink_state_sql::ErrorKind;
use flink_state_sql::statement::Statement;

use super::fixture::{ask, open_keyed, session};
use super::rewrite::{HEAP, refused, rewrite, statement};

/// The rows that a query over the source gives are those that the table then has.
async fn becomes(script: &[&str], expected: &str, table: &str) {
    let source = session(&[(None, open_keyed(HEAP).await)]);
    let mut expected = ask(&source, expected).await.rows();
    let script: Vec<Statement> = script.iter().map(|sql| statement(sql)).collect();
    let result = match rewrite(HEAP, &script).await {
        Ok(result) => result,
        Err(error) => panic!("{script:?}: {error:?}"),
    };
    let mut rows = ask(&result.session, &format!("SELECT * FROM {table}")).await.rows();
    rows.sort();
    expected.sort();
    assert!(!rows.is_empty());
    assert_eq!(rows, expected, "{script:?}");
}

#[tokio::test]
async fn updated_rows_are_those_that_a_select_gives() {
    for condition in [
        "value > 0",
        "NOT value > 0",
        "NULL",
        "value > 0 OR NULL",
        "1 = 0",
        "key IN (SELECT key FROM \"by-name\".sum WHERE value > 50)",
        "key NOT IN (SELECT key FROM \"by-name\".sum WHERE value > 50)",
        "key NOT IN (SELECT CASE WHEN value > 50 THEN key END FROM \"by-name\".sum)",
        "EXISTS (SELECT 1 FROM \"by-name\".sum s WHERE s.key = count.key AND s.value > 50)",
        "value = (SELECT min(c.value) FROM \"by-name\".count c)",
        "(SELECT max(s.value) FROM \"by-name\".sum s WHERE s.key = count.key) > 50",
    ] {
        let source = session(&[(None, open_keyed(HEAP).await)]);
        let table = "\"by-name\".count";
        let matched = ask(&source, &format!("SELECT key FROM {table} WHERE {condition}")).await.rows();
        let mut expected = ask(&source, &format!("SELECT key, value FROM {table} ORDER BY key")).await.rows();
        for row in &mut expected {
            let (key, value) = row.rsplit_once(" | ").unwrap();
            if matched.iter().any(|matched| matched == key) {
                *row = format!("{key} | {}", value.parse::<i64>().unwrap() + 1000);
            }
        }
        let sql = format!("UPDATE {table} SET value = value + 1000 WHERE {condition}");
        let result = rewrite(HEAP, &[statement(&sql)]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        let rows = ask(&result.session, &format!("SELECT key, value FROM {table} ORDER BY key")).await.rows();
        assert_eq!(rows, expected, "{condition}");
    }
}

#[tokio::test]
async fn an_update_takes_values_from_another_table() {
    becomes(
        &[r#"UPDATE "by-name".count SET value = s.value FROM "by-name".sum AS s WHERE s.key = count.key AND s.value > 50"#],
        r#"SELECT c.key_group, c.key, CASE WHEN s.value > 50 THEN s.value ELSE c.value END
           FROM "by-name".count c LEFT JOIN "by-name".sum s ON s.key = c.key"#,
        "\"by-name\".count",
    )
    .await;
    becomes(
        &[r#"UPDATE "by-name".count AS c SET value = o.value + 1 FROM "by-name".count AS o WHERE o.key = c.key"#],
        r#"SELECT key_group, key, value + 1 FROM "by-name".count"#,
        "\"by-name\".count",
    )
    .await;
    // Two entries of the map for each key.
    let sql = r#"UPDATE "by-name".count SET value = 1 FROM "by-name".notes AS n WHERE n.key = count.key"#;
    let error = refused(sql).await;
    assert!(error.to_string().contains("is matched more than once"), "{error:?}");
    assert!(error.to_string().contains("the row with key '"), "{error:?}");
}

#[tokio::test]
async fn a_path_assigns_one_field() {
    let order = "SELECT key, value.id, value.address.zip, value.address.street, value.address IS NULL, value.total";
    let table = "\"by-name\".\"order\"";
    let source = session(&[(None, open_keyed(HEAP).await)]);
    let before = ask(&source, &format!("{order} FROM {table} ORDER BY key")).await.rows();
    let sql = format!("UPDATE {table} SET value.address.zip = concat('X', value.address.zip)");
    let result = rewrite(HEAP, &[statement(&sql)]).await.unwrap();
    let after = ask(&result.session, &format!("{order} FROM {table} ORDER BY key")).await.rows();
    assert_eq!(before.len(), 13);
    let mut without_address = 0;
    for (before, after) in before.iter().zip(&after) {
        let mut expected: Vec<&str> = before.split(" | ").collect();
        let zip = format!("X{}", expected[2]);
        if expected[4] == "true" {
            without_address += 1;
        } else {
            expected[2] = &zip;
        }
        assert_eq!(*after, expected.join(" | "));
    }
    assert_eq!(without_address, 1, "a struct that is NULL stays NULL");
}

#[tokio::test]
async fn the_kind_of_a_row_stays() {
    let kinds = r#"SELECT key, value."$row_kind", value.f0 FROM "by-name"."row" ORDER BY key"#;
    let source = session(&[(None, open_keyed(HEAP).await)]);
    let before = ask(&source, kinds).await.rows();
    let result = rewrite(HEAP, &[statement(r#"UPDATE "by-name"."row" SET value.f1 = 5"#)]).await.unwrap();
    assert_eq!(ask(&result.session, kinds).await.rows(), before);
    let sql = r#"SELECT count(*), count(CASE WHEN value.f1 = 5 THEN 1 END) FROM "by-name"."row""#;
    assert_eq!(ask(&result.session, sql).await.rows(), ["16 | 16"]);
}

#[tokio::test]
async fn a_ttl_keeps_its_times() {
    becomes(
        &[r#"UPDATE "by-name"."ttl-value" SET value = upper(value)"#],
        r#"SELECT key_group, key, upper(value), last_access FROM "by-name"."ttl-value""#,
        "\"by-name\".\"ttl-value\"",
    )
    .await;
    becomes(
        &[r#"UPDATE "by-name"."ttl-map" SET map_value = map_value * 2 WHERE map_value > 3"#],
        r#"SELECT key_group, key, map_key, CASE WHEN map_value > 3 THEN map_value * 2 ELSE map_value END, last_access
           FROM "by-name"."ttl-map""#,
        "\"by-name\".\"ttl-map\"",
    )
    .await;
}

#[tokio::test]
async fn values_that_would_change_are_refused() {
    for (sql, kind, message) in [
        (r#"UPDATE "by-name"."row" SET value.f1 = 3000000000"#, ErrorKind::Usage, "INT"),
        (r#"UPDATE "by-name"."row" SET value.f1 = CAST(key_group AS BIGINT) * 100000000"#, ErrorKind::Usage, "INT"),
        (r#"UPDATE "by-name"."row" SET value.f1 = 'many'"#, ErrorKind::Usage, "many"),
        (r#"UPDATE "by-name"."row" SET value.f1 = 1.5"#, ErrorKind::Usage, "value.f1: DOUBLE where INT"),
        (r#"UPDATE "by-name"."row" SET value.f1 = value.f1 / 2.0"#, ErrorKind::Usage, "value.f1: DOUBLE where INT"),
        (r#"UPDATE "by-name".count SET value = 'many'"#, ErrorKind::Usage, "many"),
        (r#"UPDATE "by-name".count SET value = key"#, ErrorKind::Usage, "LONG"),
        (r#"UPDATE "by-name".count SET value = 9223372036854775808"#, ErrorKind::Usage, "LONG"),
        (r#"UPDATE "by-name".count SET value = NULL WHERE key = 'key-13'"#, ErrorKind::Data, "NULL"),
        (r#"UPDATE "by-name".count SET key = NULL"#, ErrorKind::Data, "NULL"),
        (r#"UPDATE "by-name".tags SET value = make_array()"#, ErrorKind::Data, "no elements"),
        (r#"UPDATE "by-name".tags SET value = NULL"#, ErrorKind::Data, "no elements"),
    ] {
        let error = refused(sql).await;
        assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        assert!(error.to_string().contains(message), "{sql}: {error:?}");
    }
}
