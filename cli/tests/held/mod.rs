//! The snapshots of `testdata/snapshots`, and how what the program prints compares with what Flink held.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// `testdata/snapshots`.
pub(crate) fn snapshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots")
}

/// The directory that holds `_metadata`: the snapshot's own, or its `chk-N`.
pub(crate) fn location(snapshot: &Path) -> PathBuf {
    if snapshot.join("_metadata").exists() {
        return snapshot.to_owned();
    }
    let mut children = std::fs::read_dir(snapshot).unwrap().map(|entry| entry.unwrap().path());
    children.find(|child| child.join("_metadata").exists()).expect("a chk- directory")
}

/// Whether a value is what Flink printed.
///
/// What Flink's objects print another way: a Kryo value is JSON text beside its class and bytes, or has its class only;
/// maps have no order; a float may have other digits; a global window has no fields; the row kind of a row inside a row
/// is not printed; the placeholder of a data view is its one byte. A value whose class the snapshot does not describe
/// has its bytes.
pub(crate) fn matches(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), _) if actual.contains_key("$bytes") => matches_kryo(actual, expected),
        (Value::Object(actual), Value::Object(expected)) if actual.get("$undecoded").is_some_and(Value::is_string) => {
            actual["$class"] == expected["$class"]
        }
        (Value::Object(actual), Value::Object(expected)) => {
            let known = |key: &str| expected.contains_key(key);
            let implied = |key: &str, value: &Value| match key {
                "$undecoded" => value.is_null(),
                "$row_kind" => value == "+I",
                _ => false,
            };
            expected.iter().all(|(key, value)| actual.get(key).is_some_and(|a| matches(a, value)))
                && actual.iter().all(|(key, value)| known(key) || implied(key, value))
        }
        (Value::Array(actual), Value::Array(expected)) if is_map(expected) => {
            actual.len() == expected.len()
                && expected.iter().all(|entry| actual.iter().any(|other| matches(other, entry)))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| matches(a, e))
        }
        (Value::Number(a), Value::Number(e)) if a.is_f64() || e.is_f64() => {
            let (a, e) = (a.as_f64().unwrap(), e.as_f64().unwrap());
            a == e || a as f32 == e as f32
        }
        (Value::String(name), Value::Object(window)) => name == "GlobalWindow" && window.is_empty(),
        (Value::Null, Value::String(placeholder)) => placeholder == "00",
        _ => actual == expected,
    }
}

fn matches_kryo(actual: &Map<String, Value>, expected: &Value) -> bool {
    if let Some(class) = expected.get("$kryo") {
        return actual["$class"] == *class && actual["$bytes"].as_str().is_some_and(|bytes| !bytes.is_empty());
    }
    match &actual["$json"] {
        Value::String(json) => matches(&serde_json::from_str(json).unwrap(), expected),
        other => other == expected,
    }
}

fn is_map(entries: &[Value]) -> bool {
    entries.iter().all(|entry| entry.get("key").is_some() && entry.get("value").is_some())
}
