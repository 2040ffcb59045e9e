//! Values that Kryo wrote.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use flink_state_reader::ErrorKind;
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::{decoder, skip};
use flink_state_reader::types::{Framing, Type};
use serde_json::{Value, json};

use crate::decode::decode;
use crate::vectors::{Vector, child, load, plain};

fn vectors() -> Vec<Vector> {
    load().into_iter().filter(|v| matches!(v.ty, Type::Kryo(_))).collect()
}

/// The JSON text of the value that the vectors give, if it has one.
fn expected(label: &Value) -> Option<Value> {
    let Some((kind, value)) = label.as_object().filter(|o| o.len() == 1).and_then(|o| o.iter().next()) else {
        return Some(label.clone());
    };
    Some(match kind.as_str() {
        "enum" | "EnumSet" | "Plain" => return None,
        "Tuple2" => json!({"f0": value[0], "f1": value[1]}),
        "Date" | "sql.Date" | "sql.Timestamp" => json!("2023-11-14T22:13:20.123Z"),
        "sql.Time" => json!("1970-01-01T00:00:01Z"),
        "byte[]" => json!("010203"),
        "Instant" => json!("2023-11-14T22:13:20.000000005Z"),
        "ZonedDateTime" => return None,
        "OffsetDateTime" => json!("2023-11-14T01:02:03+02:00"),
        _ => value.clone(),
    })
}

#[test]
fn values_of_known_classes_have_their_json() {
    let (mut values, mut failures) = (0, Vec::new());
    for Vector { name, ty, values: samples } in vectors().into_iter().filter(|v| v.name.contains("Kryo<Object>")) {
        for sample in samples.iter().filter(|s| !name.contains("edge") && expected(&s.json).is_some()) {
            values += 1;
            let array = decode(&ty, &sample.bytes).unwrap_or_else(|e| panic!("{name}: {} {e:?}", sample.json));
            assert_eq!(child(&array, "$bytes").as_binary::<i32>().value(0), sample.bytes);
            let text = plain(child(&array, "$json"), 0);
            let actual: Value = text.as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
            let expected = expected(&sample.json).unwrap();
            if actual != expected {
                failures.push(format!("{name}: {actual} instead of {expected}"));
            }
        }
    }
    println!("{values} values");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Their JSON in the vectors is a label only.
#[test]
fn edge_cases_have_their_json() {
    let long = |n: usize| "abcdefghijklmnopqrstuvwxyz".chars().cycle().take(n).collect::<String>();
    let expected = [
        json!(long(32)),
        json!(long(33)),
        json!(long(63)),
        json!(long(64)),
        json!("a\u{0}b"),
        json!("\u{1F600}"),
        json!([1, null, 2]),
        json!(["a", null, "a"]),
        json!([null, null]),
        json!(["a", 1, null]),
        json!([]),
        json!([]),
        json!([[1], [2]]),
        json!([["a", null], [null, 1]]),
        json!({}),
        Value::Null,
        json!([1.5, 2.5]),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(i32::MIN),
        json!("1969-12-31T23:59:59.999Z"),
        json!("05:00"),
        json!("05:06"),
        json!("05:06:07"),
        json!("+01:02:03"),
        json!("-0005-01-02"),
        json!("1969-12-31T23:59:55.000000007Z"),
        json!(null),
        json!("0"),
        json!([true, false]),
        json!([1]),
        json!(["a"]),
        json!([1.5]),
        json!([]),
        json!({"a": 1}),
        json!({}),
        json!([]),
        json!([1, null]),
        json!([[1], [2]]),
        Value::Null,
        json!("localhost:80"),
        Value::Null,
        json!(3),
        json!({"a": 1}),
        json!(["a"]),
    ];
    for Vector { name, ty, values } in vectors().into_iter().filter(|v| v.name.contains("edge cases")) {
        assert_eq!(values.len(), expected.len(), "{name}");
        for (i, (sample, expected)) in values.iter().zip(&expected).enumerate() {
            let array = decode(&ty, &sample.bytes).unwrap_or_else(|e| panic!("{name}: {} {e:?}", sample.json));
            let text = plain(child(&array, "$json"), 0);
            let actual: Value = text.as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
            assert_eq!(&actual, expected, "{name}: value {i}, {}", sample.json);
        }
    }
}

#[test]
fn user_classes_are_framed_by_their_container() {
    let mut values = 0;
    for Vector { name, ty, values: samples } in vectors().into_iter().filter(|v| v.name.contains("Model$Plain")) {
        assert_eq!(ty.framing(), Framing::Never, "{name}");
        for sample in samples {
            values += 1;
            assert_eq!(skip(&ty, &mut Cursor::new(&sample.bytes)).unwrap_err().kind(), ErrorKind::Unsupported);
            let mut decoder = decoder(&ty);
            decoder.append(&mut Cursor::new(&sample.bytes)).unwrap();
            // The type says it.
            assert_eq!(decoder.undecoded(), None);
            let array = decoder.finish();
            let class = child(&array, "$class").as_string::<i32>().value(0).to_owned();
            assert!(name.contains(&class), "{name}: {class}");
            assert!(child(&array, "$json").is_null(0));
            assert_eq!(child(&array, "$bytes").as_binary::<i32>().value(0), sample.bytes);
        }
    }
    println!("{values} values");
}

#[test]
fn declared_scalars_are_columns_of_their_own() {
    for Vector { name, ty, values } in vectors().into_iter().filter(|v| v.name.contains("UUID")) {
        assert_eq!(ty.framing(), Framing::Always, "{name}");
        for sample in values {
            assert_eq!(plain(&decode(&ty, &sample.bytes).unwrap(), 0), sample.json, "{name}");
        }
    }
}
