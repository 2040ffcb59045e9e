//! Values that real Flink serializers wrote (`spec/vectors.json`).

use std::path::PathBuf;

use arrow_array::ArrayRef;
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::decoder;
use flink_state_reader::serializer::{SnapshotContext, parse_versioned};
use flink_state_reader::types::{KryoVersion, Type};
use flink_state_writer::Result;
use serde_json::Value;

/// A serializer snapshot and values of its serializer.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) values: Vec<Sample>,
}

/// A value, its bytes, and for a key its hash code and key group of 128.
pub(crate) struct Sample {
    pub(crate) json: Value,
    pub(crate) class: Option<String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: Option<(i32, u16)>,
}

/// A part of the shared test data, if it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// The file of vectors, if it is there.
pub(crate) fn file() -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(shared("spec/vectors.json")?).unwrap()).unwrap())
}

/// All vectors of both Flink releases.
pub(crate) fn load() -> Vec<Vector> {
    let Some(file) = file() else { return Vec::new() };
    file["vectors"].as_array().unwrap().iter().map(vector).collect()
}

fn vector(vector: &Value) -> Vector {
    let flink = vector["flink"].as_str().unwrap();
    let name = format!("{} of Flink {flink}", vector["type"].as_str().unwrap());
    let kryo = if flink.starts_with('1') { KryoVersion::V2 } else { KryoVersion::V5 };
    let snapshot = unhex(vector["snapshotHex"].as_str().unwrap());
    let ty = parse_versioned(&mut Cursor::new(&snapshot), &SnapshotContext::new(kryo)).unwrap();
    Vector { name, ty, values: vector["values"].as_array().unwrap().iter().filter_map(sample).collect() }
}

fn sample(value: &Value) -> Option<Sample> {
    let number = |key: &str| value[key].as_i64().map(|n| i32::try_from(n).unwrap());
    let hash = number("hashCode").zip(number("keyGroup128")).map(|(h, g)| (h, u16::try_from(g).unwrap()));
    let class = value["javaClass"].as_str().map(str::to_owned);
    Some(Sample { json: value["json"].clone(), class, bytes: unhex(value["bytes"].as_str()?), hash })
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A column of one value, which must take all bytes.
pub(crate) fn decode(ty: &Type, bytes: &[u8]) -> Result<ArrayRef> {
    let mut decoder = decoder(ty);
    let mut input = Cursor::new(bytes);
    decoder.append(&mut input)?;
    input.expect_end()?;
    Ok(decoder.finish())
}
