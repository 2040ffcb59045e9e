use arrow::util::pretty::pretty_format_batches;

use super::*;

async fn run(sql: &str) -> Result<String> {
    let context = SessionContext::new();
    register(&context);
    let batches = context.sql(sql).await?.collect().await?;
    Ok(pretty_format_batches(&batches)?.to_string())
}

/// The only value of a result.
async fn value(sql: &str) -> String {
    let table = run(sql).await.unwrap();
    let row = table.lines().nth(3).unwrap();
    row.trim_matches(|c| c == '|' || c == ' ').to_owned()
}

async fn error(sql: &str) -> String {
    run(sql).await.unwrap_err().strip_backtrace()
}

#[tokio::test]
async fn hash_codes_of_plain_values() {
    let cases = [
        ("true", "1231"),
        ("-1", "0"),
        ("CAST(300 AS INT)", "300"),
        ("CAST(-1 AS TINYINT)", "-1"),
        ("1234567890123", "1912276436"),
        ("CAST(1.5 AS REAL)", "1069547520"),
        ("CAST(0.1 AS DOUBLE)", "-1507852285"),
        ("'hello'", "99162322"),
        ("'😀'", "1772899"),
        ("arrow_cast('hello', 'Dictionary(Int32, Utf8)')", "99162322"),
        ("arrow_cast('hello', 'Utf8View')", "99162322"),
        ("DATE '2023-11-14'", "4143822"),
        ("TIME '22:13:20.123456789'", "2062583255"),
        ("make_array('a', 'b')", "4066"),
        ("make_array('a', NULL)", "3968"),
        ("NULL", ""),
    ];
    for (sql, hash) in cases {
        assert_eq!(value(&format!("SELECT java_hash({sql})")).await, hash, "{sql}");
    }
}

#[tokio::test]
async fn hash_codes_of_a_column() {
    let table = run("SELECT java_hash(x) AS h, key_group(x, 128) AS g FROM (VALUES ('hello'), (NULL)) AS t(x)").await;
    let expected = "\
+----------+----+
| h        | g  |
+----------+----+
| 99162322 | 35 |
|          |    |
+----------+----+";
    assert_eq!(table.unwrap(), expected);
}

#[tokio::test]
async fn a_value_that_could_be_of_several_classes_is_refused() {
    let message = error("SELECT java_hash(struct('a', 1))").await;
    assert!(message.contains("does not tell the Java class of a value, so not its hash code"), "{message}");
    let message = error("SELECT key_group(now(), 128)").await;
    assert!(message.contains("Timestamp"), "{message}");
}

#[tokio::test]
async fn key_groups_need_a_maximum() {
    assert_eq!(value("SELECT key_group(1234567890123, 128)").await, "92");
    assert_eq!(value("SELECT key_group('hello', NULL)").await, "");
    for max in ["0", "-1", "32769"] {
        let message = error(&format!("SELECT key_group('hello', {max})")).await;
        assert!(message.contains(&format!("a maximum parallelism is from 1 to 32768, not {max}")), "{message}");
    }
}

#[tokio::test]
async fn operator_ids_of_uids() {
    let id = OperatorId::from_uid("counter").to_string();
    assert_eq!(id.len(), 32);
    assert_eq!(value("SELECT operator_id('counter')").await, id);
    assert_eq!(value("SELECT operator_id(NULL)").await, "");
}
