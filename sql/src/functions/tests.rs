use std::collections::BTreeSet;

use arrow::util::pretty::pretty_format_batches;
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode;
use flink_state_reader::serializer::{SnapshotContext, parse_versioned};
use flink_state_reader::types::{KryoVersion, arrow_field};

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
async fn a_maximum_is_an_integer() {
    for max in ["'128'", "128.5"] {
        let message = error(&format!("SELECT key_group('hello', {max})")).await;
        assert!(message.contains("a maximum parallelism is an integer, not "), "{message}");
    }
    let message = error("SELECT key_group('hello')").await;
    assert!(message.contains("takes a key and a maximum parallelism, not 1 arguments"), "{message}");
}

#[tokio::test]
async fn operator_ids_of_uids() {
    let id = OperatorId::from_uid("counter").to_string();
    assert_eq!(id.len(), 32);
    assert_eq!(value("SELECT operator_id('counter')").await, id);
    assert_eq!(value("SELECT operator_id(NULL)").await, "");
}

/// Values that Flink wrote, with the hash code that Java gave them.
#[test]
fn hash_codes_of_real_values() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/spec/vectors.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("not tested: there is no {path}");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (mut known, mut unknown) = (0, BTreeSet::new());
    for vector in vectors["vectors"].as_array().unwrap() {
        let snapshot = unhex(&vector["snapshotHex"]);
        let context = SnapshotContext::new(KryoVersion::V5);
        let ty = parse_versioned(&mut Cursor::new(&snapshot), &context).unwrap();
        let field = arrow_field("value", &ty);
        let Ok(class) = JavaClass::of_field(&field) else {
            unknown.insert(vector["type"].as_str().unwrap().to_owned());
            continue;
        };
        for value in vector["values"].as_array().unwrap() {
            let (Some(expected), bytes) = (value["hashCode"].as_i64(), unhex(&value["bytes"])) else { continue };
            let mut decoder = decode::decoder(&ty);
            if decoder.append(&mut Cursor::new(&bytes)).is_err() {
                continue; // a moment that no Arrow timestamp can be
            }
            let hashes = class.hash(&decoder.finish()).unwrap();
            assert_eq!(
                hashes.iter().copied().map(i64::from).collect::<Vec<_>>(),
                [expected],
                "{ty}: {}",
                value["json"]
            );
            known += 1;
        }
    }
    println!("{known} hash codes as in Java; not known: {unknown:?}");
    assert!(known > 100);
}

fn unhex(hex: &serde_json::Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap_or_default().as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
