//! Values of the Table API.

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use flink_state_reader::types::{Basic, LogicalRoot, Type};
use serde_json::{Value, json};

use crate::decode::decode;
use crate::vectors::{Vector, child, load, plain, same};

fn is_table(ty: &Type) -> bool {
    match ty {
        Type::RowData(_)
        | Type::BinaryRowData { .. }
        | Type::TableCollection(_)
        | Type::DecimalData { .. }
        | Type::TimestampData { .. }
        | Type::RawValue(_)
        | Type::Basic(Basic::StringData) => true,
        Type::Struct { fields, .. } => fields.iter().any(|f| is_table(&f.ty)),
        _ => false,
    }
}

fn vectors() -> Vec<Vector> {
    load().into_iter().filter(|v| is_table(&v.ty)).collect()
}

fn decoded(name: &str, sample: usize) -> Option<ArrayRef> {
    let vectors = vectors();
    let vector = vectors.iter().find(|v| v.name == name)?;
    Some(decode(&vector.ty, &vector.values[sample].bytes).unwrap())
}

/// Rows in other values have no row kind.
fn without_kinds(json: Value) -> Value {
    match json {
        Value::Array(items) if items.first() == Some(&json!("+I")) => items[1].clone(),
        Value::Array(items) => items.into_iter().map(without_kinds).collect(),
        other => other,
    }
}

#[test]
fn values_decode_to_their_end() {
    let (mut values, mut failures) = (0, Vec::new());
    for Vector { name, ty, values: samples } in vectors() {
        for sample in samples {
            values += 1;
            let array = decode(&ty, &sample.bytes).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let (actual, expected) = match (&ty, sample.json) {
                // Labels, and rows without types.
                (Type::RowData(_), json) if json[1].is_string() => continue,
                (Type::BinaryRowData { .. }, json) => (json!([plain(child(&array, "$row_kind"), 0)]), json!([json[0]])),
                (Type::TimestampData { precision: 0..=3 }, Value::Array(parts)) => (plain(&array, 0), parts[0].clone()),
                (Type::TimestampData { .. }, Value::Array(parts)) => {
                    let nanos = parts[0].as_i64().unwrap() * 1_000_000 + parts[1].as_i64().unwrap();
                    (plain(&array, 0), json!(nanos))
                }
                (Type::Struct { .. }, json) if name.starts_with("WindowKey") => {
                    (plain(array.as_struct().column(0), 0), json[0].clone())
                }
                (Type::RowData(_), mut json) if json[1][2].is_array() => {
                    json[1][2] = json[1][2][0].take();
                    (plain(&array, 0), json)
                }
                (Type::TableCollection(_), json) => (plain(&array, 0), without_kinds(json)),
                (_, json) => (plain(&array, 0), json),
            };
            if !same(&expected, &actual) {
                failures.push(format!("{name}: {actual} instead of {expected}"));
            }
        }
    }
    println!("{values} values");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_logical_type_has_its_value() {
    for flink in ["1.20.3", "2.2.1"] {
        let Some(array) = decoded(&format!("RowData(all types) of Flink {flink}"), 0) else { return };
        let expected = json!(["+I", [
            true, 1, 2, 3, 4, 1.5, 2.5, "abc", "varchar value", {"hex": "010203"}, {"hex": "010203040506070809"},
            "123.45", "12345678901234567890.0123456789", 19675, 3_723_004, 1_700_000_000_123_i64,
            1_700_000_000_123_456_789_i64, 1_700_000_000_123_i64, 1_700_000_000_123_456_i64, 14, 86_400_000,
            [1, null, 3], {"k": 5}, {"m": 2}, {"x": 7, "y": "nested string"}
        ]]);
        let actual = plain(&array, 0);
        assert!(same(&actual, &expected), "{actual}\n{expected}");

        let nulls = plain(&decoded(&format!("RowData(all types) of Flink {flink}"), 1).unwrap(), 0);
        assert!(nulls[1].as_array().unwrap().iter().all(Value::is_null), "{nulls}");

        let wide = plain(&decoded(&format!("RowData(57 x TINYINT) of Flink {flink}"), 0).unwrap(), 0);
        let fields = wide[1].as_array().unwrap();
        assert!(fields[0].is_null() && fields[56].is_null(), "{wide}");
        assert!((1..56).all(|i| fields[i] == json!(i)), "{wide}");
    }
}

#[test]
fn raw_fields_have_the_type_of_their_serializer() {
    let raw = load().into_iter().filter_map(|v| match v.ty {
        Type::RowData(fields) => Some(fields),
        _ => None,
    });
    for field in raw.flatten() {
        if let LogicalRoot::Raw { ty, .. } = &field.ty.root {
            let row = flink_state_reader::types::arrow_type(&Type::RowData(vec![field.clone()]));
            let arrow_schema::DataType::Struct(fields) = row else { panic!("{row}") };
            assert_eq!(fields[0].data_type(), &flink_state_reader::types::arrow_type(ty));
        }
    }
}
