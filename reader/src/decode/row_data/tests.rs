//! Binary rows that Flink does not write, and values that Arrow can't hold.

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef};

use crate::bytes::Cursor;
use crate::decode::{decoder, skip};
use crate::error::{ErrorKind, Result};
use crate::types::{LogicalField, LogicalRoot, LogicalType, Type};

fn field(name: &str, root: LogicalRoot) -> LogicalField {
    LogicalField { name: name.to_owned(), ty: root.nullable(true) }
}

fn row_of(roots: impl IntoIterator<Item = LogicalRoot>) -> Type {
    Type::RowData(roots.into_iter().enumerate().map(|(i, root)| field(&format!("f{i}"), root)).collect())
}

fn sized(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
}

/// A row without nulls: its slots, then its variable part.
fn row(slots: &[[u8; 8]], variable: &[u8]) -> Vec<u8> {
    sized(&[&[0; 8], slots.concat().as_slice(), variable].concat())
}

fn piece(length: u32, offset: u32) -> [u8; 8] {
    (u64::from(offset) << 32 | u64::from(length)).to_le_bytes()
}

fn decode(ty: &Type, bytes: &[u8]) -> Result<ArrayRef> {
    let mut decoder = decoder(ty);
    decoder.append(&mut Cursor::with_offset(bytes, 100))?;
    Ok(decoder.finish())
}

fn strings() -> LogicalType {
    LogicalRoot::Varchar { length: i32::MAX }.nullable(true)
}

#[test]
fn pieces_outside_of_the_row_are_errors() {
    let ty = row_of([LogicalRoot::Varchar { length: 9 }]);
    assert_eq!(decode(&ty, &row(&[piece(8, 16)], b"12345678")).unwrap().len(), 1);
    for slot in [piece(9, 16), piece(8, 17), piece(u32::MAX >> 8, 0), piece(0, u32::MAX >> 8)] {
        let error = decode(&ty, &row(&[slot], b"12345678")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!(error.location(), "offset 104, field f0");
    }
}

#[test]
fn inline_lengths_above_seven_are_errors() {
    let ty = row_of([LogicalRoot::Varchar { length: 9 }]);
    let error = decode(&ty, &row(&[[b'a', 0, 0, 0, 0, 0, 0, 0x88]], &[])).unwrap_err();
    assert_eq!(error.message(), "8 bytes do not fit into a slot");
}

/// An array of arrays that all are the same bytes would grow with its depth.
#[test]
fn pieces_that_overlap_are_errors() {
    let ty = row_of([LogicalRoot::Array(Box::new(strings()))]);
    let elements = [piece(8, 40), piece(8, 40)].concat();
    let array = [&2u32.to_le_bytes(), [0; 4].as_slice(), &elements, &[b'x'; 24]].concat();
    assert_eq!(decode(&ty, &row(&[piece(48, 16)], &array)).unwrap().len(), 1);

    let elements = [piece(40, 8), piece(40, 8)].concat();
    let array = [&2u32.to_le_bytes(), [0; 4].as_slice(), &elements, &[b'x'; 24]].concat();
    let error = decode(&ty, &row(&[piece(48, 16)], &array)).unwrap_err();
    assert_eq!(error.message(), "variable parts overlap in a structure of 48 bytes");
}

#[test]
fn counts_are_checked_before_elements() {
    let ty = Type::TableCollection(LogicalRoot::Array(Box::new(strings())).nullable(true));
    for count in [1, 1000, i32::MAX, -1] {
        let bytes = [8u32.to_be_bytes(), count.to_le_bytes(), [0; 4]].concat();
        let error = decode(&ty, &bytes).unwrap_err();
        assert_eq!(error.message(), format!("8 bytes are no array of {count} elements"));
        skip(&ty, &mut Cursor::new(&bytes)).unwrap();
    }
}

#[test]
fn null_keys_are_refused_by_name() {
    let root = LogicalRoot::Map(Box::new(LogicalRoot::Integer.nullable(true)), Box::new(strings()));
    let ty = Type::TableCollection(root.nullable(true));
    let array = |null: u8, slots: &[u8]| [&1u32.to_le_bytes(), [null, 0, 0, 0].as_slice(), slots].concat();
    let map = |null| {
        sized(&[&16u32.to_le_bytes(), array(null, &[7, 0, 0, 0, 0, 0, 0, 0]).as_slice(), &array(1, &[0; 8])].concat())
    };
    assert_eq!(decode(&ty, &map(0)).unwrap().len(), 1);
    let error = decode(&ty, &map(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.location(), "offset 108, field key");
}

#[test]
fn timestamps_keep_their_digits_or_fail() {
    let wide = |nanos: u32| [nanos.to_le_bytes(), 16u32.to_le_bytes()].concat().try_into().unwrap();
    let millis = |millis: i64| millis.to_le_bytes();

    let micros = row_of([LogicalRoot::Timestamp { precision: 6 }]);
    let array = decode(&micros, &row(&[wide(456_000)], &millis(-1))).unwrap();
    assert_eq!(array.as_struct().column(0).as_primitive::<TimestampMicrosecondType>().value(0), -544);
    // 9999-12-31, beyond what nanoseconds hold.
    assert!(decode(&micros, &row(&[wide(0)], &millis(253_402_214_400_000))).is_ok());
    let error = decode(&micros, &row(&[wide(1)], &millis(0))).unwrap_err();
    assert_eq!(error.message(), "timestamp of 0 ms and 1 ns has more than the 6 fraction digits of its type");

    let nanos = row_of([LogicalRoot::TimestampLtz { precision: 9 }]);
    let array = decode(&nanos, &row(&[wide(999_999)], &millis(1))).unwrap();
    assert_eq!(array.as_struct().column(0).as_primitive::<TimestampNanosecondType>().value(0), 1_999_999);
    let error = decode(&nanos, &row(&[wide(0)], &millis(253_402_214_400_000))).unwrap_err();
    assert!(error.message().contains("253402214400000 ms"), "{error}");
    assert!(decode(&nanos, &row(&[wide(1_000_000)], &millis(0))).is_err());
}

#[test]
fn decimals_have_no_more_digits_than_their_type() {
    let ty = row_of([LogicalRoot::Decimal { precision: 3, scale: 1 }]);
    assert!(decode(&ty, &row(&[(-999i64).to_le_bytes()], &[])).is_ok());
    let error = decode(&ty, &row(&[1000i64.to_le_bytes()], &[])).unwrap_err();
    assert_eq!(error.message(), "unscaled value 1000 has more than 3 digits");
}

#[test]
fn unknown_types_keep_their_bytes() {
    let unknown = || LogicalRoot::Unknown { class: "com.acme.T".to_owned(), reason: String::new() };
    let ty = row_of([unknown(), LogicalRoot::TinyInt, LogicalRoot::Array(Box::new(unknown().nullable(true)))]);
    let array = decode(&ty, &row(&[[9; 8], [5, 0, 0, 0, 0, 0, 0, 0], piece(8, 32)], b"whatever")).unwrap();
    let columns = array.as_struct().columns();
    assert_eq!(columns[0].as_binary::<i32>().value(0), [9; 8]);
    assert_eq!(columns[2].as_binary::<i32>().value(0), b"whatever");
}

#[test]
fn a_row_without_fields_has_its_kind() {
    let array = decode(&row_of([]), &[0, 0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    assert_eq!(array.as_struct().column(0).as_string::<i32>().value(0), "-D");
    assert!(decode(&row_of([]), &[0, 0, 0, 8, 4, 0, 0, 0, 0, 0, 0, 0]).is_err());
}

#[test]
fn variants_are_split() {
    let ty = row_of([LogicalRoot::Variant]);
    let variant = [2u32.to_le_bytes().as_slice(), &[0x0C, 0x2A, 0x01, 0, 0]].concat();
    let array = decode(&ty, &row(&[piece(9, 16)], &variant)).unwrap();
    let parts = array.as_struct().column(0).as_struct();
    assert_eq!(parts.column(0).as_binary::<i32>().value(0), [0x0C, 0x2A]);
    assert_eq!(parts.column(1).as_binary::<i32>().value(0), [1, 0, 0]);
}

#[test]
fn rows_in_rows_are_insertions() {
    let inner = LogicalRoot::Row(vec![field("x", LogicalRoot::TinyInt)]);
    let nested = |kind: u8| row(&[piece(16, 16)], &[[kind, 0, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0]].concat());
    let array = decode(&row_of([inner.clone()]), &nested(0)).unwrap();
    assert_eq!(array.as_struct().column(0).as_struct().column_names(), ["x"]);
    let error = decode(&row_of([inner]), &nested(3)).unwrap_err();
    assert_eq!(error.message(), "row of the kind -D in another value");
}
