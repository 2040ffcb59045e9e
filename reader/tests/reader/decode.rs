//! Values of real serializers, decoded and skipped.

use arrow_array::ArrayRef;
use flink_state_reader::ErrorKind;
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::{decoder, skip};
use flink_state_reader::serializer::{SnapshotContext, parse_proxy};
use flink_state_reader::types::{Basic, Framing, KryoVersion, Type, arrow_type};
use proptest::prelude::*;

use crate::vectors::{Vector, load, same, shared, to_json};

/// Types that other modules test.
fn is_elsewhere(ty: &Type) -> bool {
    match ty {
        Type::Avro { .. }
        | Type::Kryo(_)
        | Type::RowData(_)
        | Type::BinaryRowData { .. }
        | Type::TableCollection(_)
        | Type::DecimalData { .. }
        | Type::TimestampData { .. }
        | Type::RawValue(_)
        | Type::Basic(Basic::StringData) => true,
        Type::Struct { fields, .. } => fields.iter().any(|f| is_elsewhere(&f.ty)),
        Type::ObjectArray { element, .. } | Type::List { element, .. } => is_elsewhere(element),
        Type::Pojo(pojo) => pojo.fields.iter().any(|f| is_elsewhere(&f.ty)),
        _ => false,
    }
}

fn own_vectors() -> Vec<Vector> {
    load().into_iter().filter(|v| !is_elsewhere(&v.ty)).collect()
}

pub(crate) fn decode(ty: &Type, bytes: &[u8]) -> flink_state_reader::Result<ArrayRef> {
    let mut decoder = decoder(ty);
    let mut input = Cursor::new(bytes);
    decoder.append(&mut input)?;
    input.expect_end()?;
    Ok(decoder.finish())
}

/// Whether the form of a vector says nothing about the value.
fn is_label(ty: &Type) -> bool {
    matches!(ty, Type::Basic(Basic::JavaObject | Basic::Variant) | Type::Value { .. } | Type::Opaque(_))
}

#[test]
fn values_decode_to_their_end() {
    let (mut values, mut failures) = (0, Vec::new());
    for Vector { name, ty, values: samples } in own_vectors() {
        for sample in samples {
            values += 1;
            match decode(&ty, &sample.bytes) {
                Ok(array) if is_label(&ty) => assert_eq!(array.len(), 1),
                Ok(array) => {
                    let json = to_json(&ty, &array, 0);
                    if !same(&json, &sample.json) {
                        failures.push(format!("{name}: {json} instead of {}", sample.json));
                    }
                }
                Err(error) => failures.push(format!("{name}: {} {error:?}", sample.json)),
            }
        }
    }
    println!("{values} values");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn skip_ends_where_decoding_ends() {
    let (mut values, mut unframed) = (0, 0);
    for Vector { name, ty, values: samples } in load() {
        for sample in samples {
            let bytes = [sample.bytes.as_slice(), &[0xAA; 9]].concat();
            let mut input = Cursor::new(&bytes);
            match skip(&ty, &mut input) {
                Ok(()) => assert_eq!(input.remaining(), 9, "{name}: {}", sample.json),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}: {} {error:?}", sample.json);
                    assert_ne!(ty.framing(), Framing::Always, "{name}: {} {error:?}", sample.json);
                    unframed += 1;
                }
            }
            values += 1;
        }
    }
    println!("{values} values, {unframed} of them without an end");
}

#[test]
fn truncated_values_are_errors() {
    for Vector { name, ty, values } in load().into_iter().filter(|v| v.ty.framing() == Framing::Always) {
        for sample in values {
            for end in 0..sample.bytes.len() {
                let bytes = &sample.bytes[..end];
                assert!(decode(&ty, bytes).is_err(), "{name}: {} at {end}", sample.json);
                assert!(skip(&ty, &mut Cursor::new(bytes)).is_err(), "{name}: {} at {end}", sample.json);
            }
        }
    }
}

#[test]
fn empty_and_null_columns_have_the_type() {
    for Vector { name, ty, .. } in load() {
        let mut decoder = decoder(&ty);
        decoder.append_null();
        let array = decoder.finish();
        assert_eq!(array.data_type(), &arrow_type(&ty), "{name}");
        assert_eq!(array.len(), 1, "{name}");
        assert_eq!(decoder.finish().len(), 0, "{name}");
    }
}

/// One snapshot and one value each, from the resources of Flink's own upgrade tests.
#[test]
fn corpus_decodes_to_its_end() {
    let Some(root) = shared("corpus/serializers") else { return };
    let mut counts = (0, 0);
    for module in std::fs::read_dir(root).unwrap() {
        for case in std::fs::read_dir(module.unwrap().path()).unwrap() {
            let case = case.unwrap().path();
            let snapshot = std::fs::read(case.join("serializer-snapshot")).unwrap();
            let value = std::fs::read(case.join("test-data")).unwrap();
            let context = SnapshotContext::new(KryoVersion::V2);
            let ty = parse_proxy(&mut Cursor::new(&snapshot), &context)
                .unwrap_or_else(|e| panic!("{}: {e:?}", case.display()));
            let array = decode(&ty, &value).unwrap_or_else(|e| panic!("{}: {e:?}", case.display()));
            assert_eq!(array.len(), 1);
            if ty.framing() == Framing::Never {
                counts.1 += 1;
                continue;
            }
            let mut input = Cursor::new(&value);
            skip(&ty, &mut input).unwrap_or_else(|e| panic!("{}: {e:?}", case.display()));
            assert!(input.is_empty(), "{}", case.display());
            counts.0 += 1;
        }
    }
    println!("{} values decoded, {} opaque", counts.0, counts.1);
}

/// What decodes is skipped to the same end, and no bytes make a column much larger than they are.
#[test]
fn damaged_values_are_errors_or_values() {
    let vectors = load();
    if vectors.is_empty() {
        return;
    }
    let samples: Vec<_> = vectors.iter().flat_map(|v| v.values.iter().map(|s| (&v.ty, &s.bytes))).collect();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    let tail = proptest::collection::vec(any::<u8>(), 0..24);
    let config = ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(sample in any::<prop::sample::Index>(), damage in damage, tail in tail)| {
        let (ty, bytes) = sample.get(&samples);
        let mut bytes = [bytes.as_slice(), &tail].concat();
        for (place, byte) in damage {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        let mut decoder = decoder(ty);
        let (mut decoded, mut skipped) = (Cursor::new(&bytes), Cursor::new(&bytes));
        if decoder.append(&mut decoded).is_ok() {
            if ty.framing() == Framing::Always {
                prop_assert!(skip(ty, &mut skipped).is_ok());
                prop_assert_eq!(decoded.remaining(), skipped.remaining());
            }
            let column = decoder.finish();
            prop_assert_eq!(column.len(), 1);
            prop_assert!(column.get_array_memory_size() < 32 * 1024 + 64 * bytes.len());
        }
    });
}
