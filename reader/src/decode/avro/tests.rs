//! Logical types, unions, and schemas and values that are meant to do harm.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Decimal256Type, Int64Type, Time32MillisecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use crate::bytes::Cursor;
use crate::decode::{decoder, skip};
use crate::error::{ErrorKind, Result};
use crate::types::{AvroSchema, Type, arrow_type};

fn ty(schema: &str) -> Type {
    Type::Avro { class: "C".to_owned(), schema: AvroSchema::parse(schema).unwrap() }
}

fn decode(ty: &Type, bytes: &[u8]) -> Result<ArrayRef> {
    let mut decoder = decoder(ty);
    let mut input = Cursor::new(bytes);
    decoder.append(&mut input)?;
    input.expect_end()?;
    let mut skipped = Cursor::new(bytes);
    skip(ty, &mut skipped)?;
    skipped.expect_end()?;
    Ok(decoder.finish())
}

#[test]
fn logical_types_are_arrow_types() {
    let arrow =
        |base: &str, logical: &str| arrow_type(&ty(&format!(r#"{{"type":"{base}","logicalType":"{logical}"}}"#)));
    assert_eq!(arrow("int", "date"), DataType::Date32);
    assert_eq!(arrow("long", "time-micros"), DataType::Time64(TimeUnit::Microsecond));
    assert_eq!(arrow("long", "timestamp-micros"), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert_eq!(arrow("long", "local-timestamp-millis"), DataType::Timestamp(TimeUnit::Millisecond, None));
    assert_eq!(arrow("string", "uuid"), DataType::Utf8);
    // Not what the specification has: the type stays what it is.
    assert_eq!(arrow("string", "date"), DataType::Utf8);
    assert_eq!(arrow("bytes", "decimal"), DataType::Binary);

    let time = ty(r#"{"type":"int","logicalType":"time-millis"}"#);
    let array = decode(&time, &1234i32.to_be_bytes()).unwrap();
    assert_eq!(array.as_primitive::<Time32MillisecondType>().value(0), 1234);
    assert!(decode(&time, &86_400_000i32.to_be_bytes()).is_err());
}

#[test]
fn decimals_of_any_width() {
    let narrow = ty(r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#);
    let array = decode(&narrow, &[0, 0, 0, 3, 0xFF, 0xFF, 0x85]).unwrap();
    assert_eq!(array.as_primitive::<Decimal128Type>().value_as_string(0), "-1.23");
    assert!(decode(&narrow, &[0, 0, 0, 2, 0x27, 0x10]).is_err(), "10000 has five digits");
    assert!(decode(&narrow, &[0, 0, 0, 0]).is_err());

    let wide = ty(r#"{"type":"fixed","name":"F","size":33,"logicalType":"decimal","precision":50,"scale":0}"#);
    let mut bytes = [0; 33];
    bytes[15] = 1;
    let array = decode(&wide, &bytes).unwrap();
    let two_to_136 = "87112285931760246646623899502532662132736";
    assert_eq!(array.as_primitive::<Decimal256Type>().value_as_string(0), two_to_136);
    bytes[0] = 1;
    assert!(decode(&wide, &bytes).is_err());
}

#[test]
fn unions_of_several_types_name_them() {
    let union = ty(r#"["null", "long", {"type":"enum","name":"n.E","symbols":["A"]}, "string"]"#);
    let mut decoder = decoder(&union);
    for bytes in [[0, 0, 0, 0].as_slice(), &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9], &[0, 0, 0, 2, 0, 0, 0, 0]] {
        decoder.append(&mut Cursor::new(bytes)).unwrap();
    }
    assert!(decoder.append(&mut Cursor::new(&[0, 0, 0, 4])).is_err());
    let array = decoder.finish();
    let array = array.as_struct();
    assert_eq!(array.column_names(), ["long", "n.E", "string"]);
    assert_eq!([array.is_null(0), array.is_null(1), array.is_null(2)], [true, false, false]);
    assert_eq!(array.column(0).as_primitive::<Int64Type>().value(1), 9);
    assert_eq!(array.column(1).as_string::<i32>().value(2), "A");
    assert!(array.column(1).is_null(1));
}

#[test]
fn collections_may_have_several_blocks() {
    let list = ty(r#"{"type":"array","items":"boolean"}"#);
    let array = decode(&list, &[2, 1, 0, 1, 1, 0]).unwrap();
    assert_eq!(array.as_list::<i32>().value(0).len(), 3);
}

#[test]
fn items_without_bytes_are_limited() {
    let nulls = ty(r#"{"type":"array","items":"null"}"#);
    assert_eq!(decode(&nulls, &[3, 0]).unwrap().as_list::<i32>().value(0).len(), 3);
    let error = decode(&nulls, &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let bools = ty(r#"{"type":"array","items":"boolean"}"#);
    let error = decode(&bools, &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0]).unwrap_err();
    assert_eq!(error.message(), "4294967295 items do not fit into the 1 bytes left");
}

const LINKED: &str =
    r#"{"type":"record","name":"L","fields":[{"name":"x","type":"int"},{"name":"next","type":["null","L"]}]}"#;

#[test]
fn recursive_values_are_text_up_to_a_depth() {
    let ty = ty(LINKED);
    let list = |n: usize| {
        let item = [0, 0, 0, 7, 0, 0, 0, 1];
        [item.repeat(n), vec![0, 0, 0, 8, 0, 0, 0, 0]].concat()
    };
    let array = decode(&ty, &list(2)).unwrap();
    let next = array.as_struct().column(1).as_string::<i32>();
    assert_eq!(next.value(0), r#"{"x":7,"next":{"x":8,"next":null}}"#);
    assert!(decode(&ty, &list(100)).is_ok());
    let error = decode(&ty, &list(100_000)).unwrap_err();
    assert_eq!(error.message(), "Avro value is nested deeper than 256");
    let error = skip(&ty, &mut Cursor::new(&list(100_000))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn too_many_columns_are_text() {
    let mut fields: Vec<_> = (0..5000).map(|i| format!(r#"{{"name":"f{i}","type":"null"}}"#)).collect();
    fields[0] = r#"{"name":"x","type":"boolean"}"#.to_owned();
    let wide = ty(&format!(r#"{{"type":"record","name":"W","fields":[{}]}}"#, fields.join(",")));
    assert_eq!(arrow_type(&wide), DataType::Utf8);
    assert!(decode(&wide, &[1]).unwrap().as_string::<i32>().value(0).starts_with(r#"{"x":true,"f1":null,"#));
}
