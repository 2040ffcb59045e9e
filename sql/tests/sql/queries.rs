use flink_state_reader::types::TYPE_KEY;
use flink_state_sql::{GapKind, Session, SessionOptions, SnapshotArg};

use crate::fixture::{ask, fail, keyed, open, open_keyed, session};

#[tokio::test]
async fn rows_of_a_state() {
    let session = keyed().await;
    let sql = r#"SELECT * FROM "by-name".count WHERE key LIKE 'key-1_' ORDER BY value LIMIT 3"#;
    let expected = "\
+-----------+--------+--------------+
| key_group | key    | value        |
+-----------+--------+--------------+
| 71        | key-19 | -19000000133 |
| 56        | key-18 | -18000000126 |
| 96        | key-17 | -17000000119 |
+-----------+--------+--------------+";
    assert_eq!(ask(&session, sql).await.table(), expected);
}

#[tokio::test]
async fn an_operator_has_its_uid_and_its_id_as_names() {
    let session = keyed().await;
    for operator in [r#""by-name""#, r#"snapshot."by-name""#, r#""3ae47accfc1f4a443b4b1353160bd320""#] {
        assert_eq!(ask(&session, &format!("SELECT COUNT(*) FROM {operator}.count")).await.value(), "20");
    }
    assert_eq!(ask(&session, "SELECT operator_id('by-name')").await.value(), "3ae47accfc1f4a443b4b1353160bd320");
}

#[tokio::test]
async fn groups_and_order_by_key_group() {
    let session = keyed().await;
    let sql =
        r#"SELECT key_group, count(*) AS n FROM "by-name".count GROUP BY key_group HAVING count(*) > 1 ORDER BY 1"#;
    assert_eq!(ask(&session, sql).await.rows(), ["13 | 2", "59 | 2", "71 | 2"]);
    let groups = ask(&session, r#"SELECT key_group FROM "by-name".totals ORDER BY key_group"#).await;
    let groups: Vec<u16> = groups.rows().iter().map(|row| row.parse().unwrap()).collect();
    assert_eq!(groups.len(), 36);
    assert!(groups.is_sorted());
}

#[tokio::test]
async fn key_groups_are_chosen_as_the_condition_says() {
    let session = keyed().await;
    let cases = [
        ("key_group = 59", "2"),
        ("key_group > 59 AND key_group <= 71", "3"),
        ("key_group BETWEEN 0 AND 63", "9"),
        ("key_group IN (12, 113)", "2"),
        ("key_group = 12 OR key_group = 113", "2"),
        ("key_group = 59 AND key = 'key-8'", "1"),
        ("key_group < 0", "0"),
        ("key_group > 12 AND key_group < 12", "0"),
        ("NOT key_group = 59", "18"),
    ];
    for (condition, rows) in cases {
        let sql = format!(r#"SELECT count(*) FROM "by-name".count WHERE {condition}"#);
        assert_eq!(ask(&session, &sql).await.value(), rows, "{condition}");
    }
}

#[tokio::test]
async fn joins_states_of_an_operator() {
    let session = keyed().await;
    let sql =
        r#"SELECT count(*) FROM "by-name".count c JOIN "by-name".sum s ON c.key = s.key AND c.key_group = s.key_group"#;
    assert_eq!(ask(&session, sql).await.value(), "20");
    let sql = r#"SELECT count(*) FROM "by-name".count c JOIN "by-name".totals t USING (key_group)"#;
    let by_hand = r#"SELECT sum(a.n * b.n) FROM
        (SELECT key_group + 0 AS g, count(*) AS n FROM "by-name".count GROUP BY 1) a,
        (SELECT key_group + 0 AS g, count(*) AS n FROM "by-name".totals GROUP BY 1) b WHERE a.g = b.g"#;
    assert_eq!(ask(&session, sql).await.value(), ask(&session, by_hand).await.value());
}

#[tokio::test]
async fn joins_two_snapshots() {
    let (old, new) = (open_keyed("1.20-keyed-hashmap-canonical").await, open("2.2-keyed-hashmap-canonical").await);
    let session = session(&[(Some("old"), old), (Some("new"), new)]);
    let sql = r#"SELECT count(*) AS keys, count(*) FILTER (WHERE o.value = n.value) AS same
        FROM old."by-name".count o JOIN new."by-name".count n USING (key)"#;
    assert_eq!(ask(&session, sql).await.rows(), ["20 | 20"]);
    assert_eq!(ask(&session, "SELECT version FROM snapshot").await.value(), "4", "the first one is the default");
    assert_eq!(ask(&session, "SELECT version FROM new.metadata.snapshot").await.value(), "6");
}

#[tokio::test]
async fn structs_lists_and_maps_are_nested_columns() {
    let session = keyed().await;
    let sql = r#"SELECT value['f0'] FROM "by-name".mean WHERE key = 'key-5'"#;
    assert!(!ask(&session, sql).await.value().is_empty());
    let sql = r#"SELECT count(*) FROM "by-tuple".ratio WHERE key['f1'] IS NOT NULL"#;
    assert_eq!(ask(&session, sql).await.value(), "20");
    let sql = r#"SELECT count(*) FROM (SELECT unnest(value) FROM "by-name".tags)"#;
    assert_ne!(ask(&session, sql).await.value(), "0");
}

#[tokio::test]
async fn columns_know_their_flink_type() {
    let session = keyed().await;
    let answer = ask(&session, r#"SELECT key FROM "by-tuple".ratio LIMIT 1"#).await;
    let schema = answer.batches[0].schema();
    assert_eq!(schema.field(0).metadata().get(TYPE_KEY).map(String::as_str), Some("TUPLE<STRING, INT, BOOLEAN>"));
}

#[tokio::test]
async fn a_hash_code_is_that_of_the_values_own_type() {
    let session = keyed().await;
    let sql = r#"SELECT count(*) FROM "by-number".label WHERE java_hash(CAST(key AS VARCHAR)) = java_hash(key)"#;
    assert_eq!(ask(&session, sql).await.value(), "0", "a cast makes a String of a Long");
    let error = fail(&session, r#"SELECT java_hash(value) FROM "by-name".row"#).await;
    assert!(error.message().starts_with("the Java hash code of ROW("), "{error}");
}

#[tokio::test]
async fn gaps_are_told() {
    let session = session(&[(None, open_keyed("1.20-keyed-hashmap-checkpoint").await)]);
    let answer = ask(&session, r#"SELECT * FROM "by-name".opaque"#).await;
    assert_eq!(answer.rows().len(), 14);
    let missing: Vec<_> = answer.gaps.iter().filter(|gap| gap.kind == GapKind::Missing).collect();
    assert_eq!(missing.iter().map(|gap| gap.rows.unwrap()).sum::<u64>(), 6);
    assert!(missing.iter().all(|gap| gap.state.as_deref() == Some("opaque") && gap.key_group.is_some()));
    assert!(missing[0].to_string().contains("could not be given: Kryo value of the class com.acme."), "{missing:?}");
    let made = ask(&session, r#"CREATE TABLE copy AS SELECT * FROM "by-name".opaque"#).await;
    assert_eq!(made.gaps, answer.gaps, "a table that is made from a state has the gaps of that state");
    let answer = ask(&session, r#"SELECT count(*) FROM "by-tuple".ratio"#).await;
    assert_eq!((answer.value().as_str(), answer.gaps.len()), ("20", 0), "each query has its own");
}

#[tokio::test]
async fn views_and_tables_of_the_session() {
    let session = keyed().await;
    ask(&session, r#"CREATE VIEW big AS SELECT * FROM "by-name".count WHERE value > 0"#).await;
    assert_eq!(ask(&session, "SELECT count(*) FROM big").await.value(), "1");
    let error = fail(&session, "CREATE TABLE states AS SELECT 1").await;
    assert!(error.message().contains("states"), "{error}");
    assert_ne!(ask(&session, "SELECT count(*) FROM states").await.value(), "1");
}

#[tokio::test]
async fn a_script_is_many_statements() {
    let session = keyed().await;
    let statements = session.parse("SELECT 1; SELECT ';' -- one;\n; SELECT 3;").unwrap();
    assert_eq!(statements.len(), 3);
    let error = fail(&session, "SELECT 1; SELECT 2").await;
    assert_eq!(error.message(), "there is more than one statement");
    assert_eq!(fail(&session, " ").await.message(), "there is no statement");
}

#[tokio::test]
async fn memory_can_be_bounded() {
    let snapshot = open("1.20-keyed-hashmap-canonical").await;
    let options = SessionOptions { partitions: Some(1), memory_limit: Some(1) };
    let session = Session::open(&[SnapshotArg { alias: None, snapshot }], &options).unwrap();
    let sql = r#"SELECT value, count(*) FROM "3ae47accfc1f4a443b4b1353160bd320".count GROUP BY value"#;
    let error = fail(&session, sql).await;
    assert_eq!(error.hint(), Some("give the query more memory, or let it keep fewer rows"), "{error:?}");
}
