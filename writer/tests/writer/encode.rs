//! Encoded values: what Flink wrote is written again, byte for byte.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use flink_state_reader::bytes::Cursor;
use flink_state_reader::serializer::{SnapshotContext, parse_proxy};
use flink_state_reader::types::{Kryo, KryoVersion, Type};
use flink_state_writer::encode::{encoder, key_encoder};

use crate::vectors::{Vector, decode, hex, load, shared};

/// Values that are not written as Flink wrote them, and why that is so.
const DIFFERENT: [(&str, &str); 4] = [
    ("BigInteger(non-canonical) #0", "the short code, which Java's constants have"),
    ("BigInteger(non-canonical) #1", "the short code, which Java's constants have"),
    ("RowData(DECIMAL(38,10), TIMESTAMP(9)) nulls #0", "the form of generated code: written for keys"),
    ("Avro GenericRecord com.example.All #0", "a record inside of itself has JSON text only: refused"),
];

#[test]
fn values_are_written_as_flink_wrote_them() {
    let (mut values, mut different, mut failures) = (0, BTreeSet::new(), Vec::new());
    for Vector { name, ty, values: samples } in load() {
        for (index, sample) in samples.iter().enumerate() {
            values += 1;
            let column = decode(&ty, &sample.bytes).unwrap_or_else(|e| panic!("{name}: {} {e:?}", sample.json));
            let mut out = Vec::new();
            let result = encoder(&ty, &column).and_then(|encoder| encoder.encode(0, &mut out));
            if result.is_ok() && out == sample.bytes {
                continue;
            }
            let plain = name.split(" of Flink").next().unwrap();
            match DIFFERENT.iter().find(|(allowed, _)| *allowed == format!("{plain} #{index}")) {
                Some((allowed, _)) => drop(different.insert(*allowed)),
                None => failures.push(format!(
                    "{name} #{index}: {} {result:?}\n  {}\n  {}",
                    sample.json,
                    hex(&sample.bytes),
                    hex(&out)
                )),
            }
        }
    }
    println!("{values} values, {} of them written in another form", different.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if values > 0 {
        assert_eq!(different, DIFFERENT.iter().map(|(name, _)| *name).collect());
    }
}

#[test]
fn nulls_of_keys_are_written_as_generated_code_writes_them() {
    for Vector { name, ty, values } in load().into_iter().filter(|v| v.name.contains(") nulls of")) {
        let column = decode(&ty, &values[0].bytes).unwrap();
        let mut out = Vec::new();
        key_encoder(&ty, &column).unwrap().encode(0, &mut out).unwrap();
        assert_eq!(out, values[0].bytes, "{name}");
    }
}

/// Values of `Kryo<Object>` say their class; a serializer of that class writes the same bytes.
#[test]
fn kryo_values_of_the_jdk_are_made_from_their_columns() {
    let (mut made, mut different) = (0, BTreeSet::new());
    for Vector { name, ty, values } in load().into_iter().filter(|v| v.name.starts_with("Kryo<Object>")) {
        let Type::Kryo(kryo) = ty else { panic!("{name}") };
        for sample in values {
            let Some(class) = sample.class else { continue };
            let ty = Type::Kryo(Kryo { class: class.clone(), ..kryo.clone() });
            let Ok(column) = decode(&ty, &sample.bytes) else { panic!("{name}: {}", sample.json) };
            let mut out = Vec::new();
            let result = encoder(&ty, &column).and_then(|encoder| encoder.encode(0, &mut out));
            match result {
                Ok(()) if out == sample.bytes => made += usize::from(column.as_struct_opt().is_none()),
                result => {
                    println!("{name}: {} {result:?}\n  {}\n  {}", sample.json, hex(&sample.bytes), hex(&out));
                    different.insert(class);
                }
            }
        }
    }
    println!("{made} values made from their columns");
    if made > 0 {
        // The flags of a pattern and whether a class is a primitive are not in the text; Kryo 2 writes a locale as a
        // Java object stream.
        let refused = ["java.lang.Class", "java.util.Locale", "java.util.regex.Pattern"];
        assert_eq!(different, refused.map(str::to_owned).into());
    }
}

/// One value each, from the resources of Flink's own upgrade tests.
#[test]
fn values_of_upgrade_tests_are_written_again() {
    let Some(root) = shared("corpus/serializers") else { return };
    let (mut values, mut different) = (0, BTreeSet::new());
    for module in std::fs::read_dir(root).unwrap() {
        for case in std::fs::read_dir(module.unwrap().path()).unwrap() {
            let case = case.unwrap().path();
            let snapshot = std::fs::read(case.join("serializer-snapshot")).unwrap();
            let bytes = std::fs::read(case.join("test-data")).unwrap();
            let ty = parse_proxy(&mut Cursor::new(&snapshot), &SnapshotContext::new(KryoVersion::V2)).unwrap();
            let Ok(column) = decode(&ty, &bytes) else { panic!("{}", case.display()) };
            let mut out = Vec::new();
            let result = encoder(&ty, &column).and_then(|encoder| encoder.encode(0, &mut out));
            values += 1;
            if result.is_err() || out != bytes {
                println!("{} {ty} {result:?}\n  {}\n  {}", case.display(), hex(&bytes), hex(&out));
                let name = case.file_name().unwrap().to_str().unwrap();
                different.insert(name.split("-serializer").next().unwrap().to_owned());
            }
        }
    }
    println!("{values} values");
    assert_eq!(different, BTreeSet::new());
}
