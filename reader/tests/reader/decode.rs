//! Values of real serializers, decoded and skipped.

use arrow_array::ArrayRef;
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::{decoder, skip};
use flink_state_reader::types::{Basic, Type, arrow_type};

use crate::vectors::{Vector, load, same, to_json};

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

fn decode(ty: &Type, bytes: &[u8]) -> flink_state_reader::Result<ArrayRef> {
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
    let mut values = 0;
    for Vector { name, ty, values: samples } in own_vectors().into_iter().filter(|v| !is_label(&v.ty)) {
        for sample in samples {
            values += 1;
            let bytes = [sample.bytes.as_slice(), &[0xAA; 9]].concat();
            let mut input = Cursor::new(&bytes);
            skip(&ty, &mut input).unwrap_or_else(|e| panic!("{name}: {} {e:?}", sample.json));
            assert_eq!(input.remaining(), 9, "{name}: {}", sample.json);
        }
    }
    println!("{values} values");
}

#[test]
fn truncated_values_are_errors() {
    for Vector { name, ty, values } in own_vectors().into_iter().filter(|v| !is_label(&v.ty)) {
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
