//! Tests over real snapshots and over damaged and hostile ones.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

mod hostile;
mod real;

/// The folder of real Flink snapshots next to the repository; tests that need it do nothing without it.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if !path.exists() {
        println!("{} is not there: nothing tested", path.display());
        return None;
    }
    Some(path)
}

fn vectors() -> Option<Value> {
    Some(serde_json::from_slice(&fs::read(shared("spec/vectors.json")?).unwrap()).unwrap())
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn context(flink: &str) -> SnapshotContext {
    SnapshotContext::new(if flink.starts_with('2') { KryoVersion::V5 } else { KryoVersion::V2 })
}

fn whole(bytes: &[u8], parse: impl FnOnce(&mut Cursor<'_>) -> Result<Type>) -> Result<Type> {
    let mut input = Cursor::new(bytes);
    let ty = parse(&mut input)?;
    input.expect_end()?;
    Ok(ty)
}

/// Every real snapshot in its versioned form, with a name and the length that Flink says.
fn snapshots() -> Vec<(String, Vec<u8>, KryoVersion, Option<i64>)> {
    let mut all = Vec::new();
    if let Some(vectors) = vectors() {
        for v in vectors["vectors"].as_array().unwrap() {
            let flink = v["flink"].as_str().unwrap();
            let name = format!("{} {flink}", v["type"].as_str().unwrap());
            all.push((name, hex(&v["snapshotHex"]), context(flink).kryo, v["length"].as_i64()));
        }
        for v in vectors["fixtures"].as_array().unwrap() {
            let name = format!("{} {}", v["name"].as_str().unwrap(), v["flink"].as_str().unwrap());
            let bytes = hex(&v["proxySnapshotHex"]);
            assert_eq!(bytes[..4], [0, 0, 0, 2], "{name}");
            all.push((name, bytes[4..].to_vec(), KryoVersion::V2, None));
        }
    }
    if let Some(corpus) = shared("corpus/serializers") {
        for module in fs::read_dir(corpus).unwrap() {
            for case in fs::read_dir(module.unwrap().path()).unwrap() {
                let path = case.unwrap().path();
                let bytes = fs::read(path.join("serializer-snapshot")).unwrap();
                assert_eq!(bytes[..4], [0, 0, 0, 2], "{}", path.display());
                all.push((path.display().to_string(), bytes[4..].to_vec(), KryoVersion::V2, None));
            }
        }
    }
    all
}
