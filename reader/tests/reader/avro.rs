//! Values of Flink's Avro serializer.

use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::skip;
use flink_state_reader::serializer::{SnapshotContext, parse_proxy};
use flink_state_reader::types::{KryoVersion, Type};
use serde_json::{Value, json};

use crate::decode::decode;
use crate::vectors::{Vector, load, plain, same, shared, unhex};

fn vectors() -> Vec<Vector> {
    load().into_iter().filter(|v| matches!(v.ty, Type::Avro { .. })).collect()
}

/// What the vectors give without logical types, with unions unwrapped and recursive parts as a tree.
fn as_columns(mut json: Value) -> Value {
    let Some(object) = json.as_object_mut() else { return json };
    if let Some(dec) = object.get_mut("dec") {
        assert_eq!(*dec, json!({"hex": "3039"}));
        *dec = json!("123.45");
    }
    if let Some(union) = object.get_mut("u").filter(|u| !u.is_null()) {
        *union = json!({"int": null, "string": union});
    }
    if let Some(next) = object.get_mut("rec").and_then(|rec| rec.get_mut("next")) {
        *next = json!(next.to_string());
    }
    json
}

#[test]
fn values_decode_to_their_end() {
    let mut values = 0;
    for Vector { name, ty, values: samples } in vectors() {
        for sample in samples {
            values += 1;
            let array = decode(&ty, &sample.bytes).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let (actual, expected) = (plain(&array, 0), as_columns(sample.json));
            assert!(same(&actual, &expected), "{name}: {actual} instead of {expected}");
        }
    }
    println!("{values} values");
}

/// Values of Flink's own upgrade tests, for each release that it has them of.
#[test]
fn fixtures_decode_to_their_end() {
    let Some(path) = shared("spec/vectors.json") else { return };
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut values = 0;
    for fixture in file["fixtures"].as_array().unwrap() {
        let hex = |key: &str| unhex(fixture[key].as_str().unwrap());
        let context = SnapshotContext::new(KryoVersion::V2);
        let ty = parse_proxy(&mut Cursor::new(&hex("proxySnapshotHex")), &context).unwrap();
        if !matches!(ty, Type::Avro { .. }) {
            continue;
        }
        values += 1;
        let bytes = hex("dataHex");
        let expected: Value = serde_json::from_str(&fixture["decoded"].as_str().unwrap().replace('\'', "\"")).unwrap();
        assert_eq!(plain(&decode(&ty, &bytes).unwrap(), 0), expected);
        let mut input = Cursor::new(&bytes);
        skip(&ty, &mut input).unwrap();
        assert!(input.is_empty());
    }
    println!("{values} values");
    assert!(values > 0);
}
