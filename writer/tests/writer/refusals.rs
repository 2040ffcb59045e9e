//! What can't be written is refused with its reason; what could not be decoded goes back as it is.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int32Array, Int64Array, ListArray, StringArray, StructArray};
use arrow_schema::{DataType, Field, Fields};
use flink_state_reader::types::{Type, arrow_type};
use flink_state_writer::encode::encoder;
use flink_state_writer::key::{Hasher, check};
use flink_state_writer::{ErrorKind, Result};

use crate::vectors::decode;

fn ty(text: &str) -> Type {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn encode(ty: &Type, column: &dyn Array) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    encoder(ty, column)?.encode(0, &mut out)?;
    Ok(out)
}

fn refusal(text: &str, column: &dyn Array) -> String {
    encode(&ty(text), column).unwrap_err().to_string()
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn with_field(column: &ArrayRef, name: &str, value: ArrayRef) -> ArrayRef {
    let column = column.as_struct();
    let (index, _) = column.column_names().iter().enumerate().find(|(_, n)| **n == name).unwrap();
    let mut columns = column.columns().to_vec();
    columns[index] = value;
    Arc::new(StructArray::new(column.fields().clone(), columns, column.nulls().cloned()))
}

#[test]
fn columns_of_other_types_are_named() {
    let error = encoder(&ty("LIST<LONG>"), &text("x")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(error.message(), "column of Utf8, but LIST<LONG> needs List(Int64)");
}

#[test]
fn names_of_items_and_promises_of_no_null_do_not_matter() {
    let list = arrow_type(&ty("LIST<LONG>"));
    let field = Field::new("element", DataType::Int64, false);
    let items = Arc::new(Int64Array::from(vec![7]));
    let other = ListArray::new(Arc::new(field), arrow_buffer::OffsetBuffer::from_lengths([1]), items, None);
    assert_ne!(&list, other.data_type());
    assert_eq!(encode(&ty("LIST<LONG>"), &other).unwrap(), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
}

#[test]
fn nulls_without_a_form_are_refused() {
    let null = Int64Array::from(vec![None]);
    assert_eq!(refusal("LONG", &null), "NULL where LONG has no null");
    let fields = Fields::from(vec![Field::new("f0", DataType::Utf8, true), Field::new("f1", DataType::Int64, true)]);
    let tuple = StructArray::new(fields, vec![text("a"), Arc::new(null)], None);
    assert_eq!(refusal("TUPLE<STRING, LONG>", &tuple), "NULL where LONG has no null (field f1)");
    let absent = StringArray::from(vec![None::<&str>]);
    assert_eq!(refusal("ENUM<a.Kind>('A')", &absent), "NULL where enum a.Kind has no null");
}

#[test]
fn columns_that_do_not_tell_nulls_are_refused() {
    let ty = ty("ROW(NULL_VALUE, INT)");
    let column = decode(&ty, &[0, 0, 0, 0, 7]).unwrap();
    assert_eq!(
        encode(&ty, &column).unwrap_err().to_string(),
        "NULL_VALUE behind a null marker: its column does not say which values are there (field f0)"
    );
}

#[test]
fn values_out_of_their_range_are_refused() {
    assert_eq!(refusal("ENUM<a.Kind>('A')", &text("B")), "enum a.Kind has no constant 'B'");
    assert_eq!(refusal("BIG_INT", &text("1.5")), "'1.5' is no whole number");
    assert_eq!(refusal("BIG_DECIMAL", &text("1e99999999999")), "scale of '1e99999999999' is beyond Java's int");
    assert_eq!(refusal("BIG_DECIMAL", &text("--1")), "'--1' is no number");
    let time = arrow_array::Time64NanosecondArray::from(vec![-1]);
    assert_eq!(refusal("LOCAL_TIME", &time), "-1 ns is no time of day");
    let date = arrow_array::TimestampMillisecondArray::from(vec![i64::MIN]).with_timezone("UTC");
    assert_eq!(refusal("DATE", &date), "the smallest DATE is the null of its serializer");
    let decimal = arrow_array::Decimal128Array::from(vec![100_000]).with_precision_and_scale(5, 2).unwrap();
    assert_eq!(refusal("DECIMAL_DATA(5, 2)", &decimal), "unscaled value 100000 has more than 5 digits");
}

#[test]
fn rows_behind_the_end_are_errors() {
    let column = Int64Array::from(vec![1]);
    let error = encoder(&ty("LONG"), &column).unwrap().encode(1, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bug);
}

const BASE: &str = "POJO<a.Base>(n INT) REGISTERED (a.Sub POJO<a.Sub>(m LONG, n INT))";

#[test]
fn subclasses_are_told_by_their_class() {
    let base = ty(BASE);
    let mut sub = vec![8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 7];
    let column = decode(&base, &sub).unwrap();
    assert_eq!(encode(&base, &column).unwrap(), sub);

    let error = encode(&base, &with_field(&column, "$class", text("a.Base"))).unwrap_err();
    assert_eq!(error.to_string(), "a value, but a.Base has no such field (field m)");
    let error = encode(&base, &with_field(&column, "$class", text("a.Other"))).unwrap_err();
    assert_eq!(error.to_string(), "a.Other is no subclass that the snapshot describes (field $class)");

    sub = [&[4, 0, 7], b"a.Other".as_slice(), &[2, 1, 2, 3]].concat();
    let unknown = decode(&base, &sub).unwrap();
    assert_eq!(encode(&base, &unknown).unwrap(), sub);
    let changed = with_field(&unknown, "n", Arc::new(Int32Array::from(vec![1])));
    let error = encode(&base, &changed).unwrap_err();
    assert_eq!(error.to_string(), "a value beside the bytes of a.Other (field n)");
}

/// A list whose element is of a user's class: its end is not known.
const UNKNOWN: &[u8] = b"\x01\x00java.util.ArrayLis\xF4\x01\x02\x01\x01a.Plai\xEE\x01\x07";

#[test]
fn fields_that_were_not_decoded_go_back_as_they_are() {
    let ty = ty("POJO<a.B>(a INT, b KRYO<java.util.ArrayList>, c INT)");
    let bytes = [&[2, 0, 0, 0, 0, 7, 0], UNKNOWN, &[0, 0, 0, 0, 9]].concat();
    let column = decode(&ty, &bytes).unwrap();
    assert!(column.as_struct().column_by_name("c").unwrap().is_null(0));
    assert_eq!(encode(&ty, &column).unwrap(), bytes);

    let changed = with_field(&column, "a", Arc::new(Int32Array::from(vec![8])));
    let expected = [&[2, 0, 0, 0, 0, 8, 0], UNKNOWN, &[0, 0, 0, 0, 9]].concat();
    assert_eq!(encode(&ty, &changed).unwrap(), expected);

    let lost = with_field(&column, "c", Arc::new(Int32Array::from(vec![8])));
    let error = encode(&ty, &lost).unwrap_err();
    assert_eq!(
        error.to_string(),
        "bytes that could not be decoded, beside values of all fields that they can be of (field $undecoded)"
    );
}

#[test]
fn two_fields_that_the_rest_can_start_with_are_refused() {
    let ty = ty("POJO<a.B>(a KRYO<java.util.ArrayList>, b KRYO<java.util.ArrayList>, c INT)");
    let bytes = [&[2, 1, 0], UNKNOWN, &[0, 0, 0, 0, 9]].concat();
    let error = encode(&ty, &decode(&ty, &bytes).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "bytes that could not be decoded, and several fields that they can start with (field $undecoded)"
    );
}

#[test]
fn rows_that_were_not_decoded_keep_their_mask() {
    let ty = ty("ROW(INT, KRYO<java.util.ArrayList>, INT, INT)");
    // Row kind +U, the fourth field null.
    let bytes = [&[0b0100_0100, 0, 0, 0, 7], UNKNOWN, &[0, 0, 0, 9]].concat();
    let column = decode(&ty, &bytes).unwrap();
    assert_eq!(encode(&ty, &column).unwrap(), bytes);
    let changed = with_field(&column, "f0", Arc::new(Int32Array::from(vec![None])));
    let expected = [&[0b0110_0100], UNKNOWN, &[0, 0, 0, 9]].concat();
    assert_eq!(encode(&ty, &changed).unwrap(), expected);
}

#[test]
fn changed_text_of_kryo_values_is_refused() {
    let ty = ty("KRYO<java.util.ArrayList>");
    let bytes = b"\x01\x00java.util.ArrayLis\xF4\x01\x02\x03\x01\x82a";
    let column = decode(&ty, bytes).unwrap();
    assert_eq!(encode(&ty, &column).unwrap(), bytes);
    let error = encode(&ty, &with_field(&column, "$json", text(r#"["b"]"#))).unwrap_err();
    assert_eq!(error.to_string(), "a value that differs from its `$bytes`, which are what is written (field $json)");
    let none = arrow_array::BinaryArray::from(vec![None::<&[u8]>]);
    assert_eq!(encode(&ty, &with_field(&column, "$bytes", Arc::new(none))).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn keys_without_a_certain_hash_are_refused() {
    let hash = |text: &str, convention: Option<&str>, column: &dyn Array| {
        let convention = convention.map(|text| text.parse().unwrap());
        Hasher::new(&ty(text), convention.as_ref(), column).err().map(|e| e.to_string())
    };
    let enums = hash("ENUM<a.Kind>('A')", None, &text("A"));
    assert_eq!(
        enums.unwrap(),
        "the hash of an enum constant (a.Kind) differs from one JVM to the next, so no key group is its own"
    );
    assert!(hash("ARRAY<BYTE>", None, &arrow_array::BinaryArray::from(vec![b"x".as_slice()])).is_some());
    let column = decode(&ty("POJO<a.P>(age INT, name STRING)"), &[2, 0, 0, 0, 0, 7, 0, 2, b'x']).unwrap();
    let pojo = |convention| hash("POJO<a.P>(age INT, name STRING)", convention, &column);
    assert_eq!(pojo(None).unwrap(), "the hash of a.P is that of the user's class, which must be declared");
    assert_eq!(pojo(Some("avro")).unwrap(), "the hash convention avro is not for a.P");
    assert_eq!(pojo(Some("record(String nam)")).unwrap(), "a.P has no field nam");
    assert_eq!(pojo(Some("record(long age)")).unwrap(), "field age of a.P is INT, but declared as LONG");
    assert_eq!(pojo(Some("record(int age, String name)")), None);
}

#[test]
fn keys_in_another_key_group_contradict_their_hash() {
    let column = StringArray::from(vec!["hello", "hello"]);
    let hasher = Hasher::new(&ty("STRING"), None, &column).unwrap();
    let max = std::num::NonZeroU16::new(128).unwrap();
    check(&hasher, &[35, 35], max).unwrap();
    assert_eq!(
        check(&hasher, &[35, 36], max).unwrap_err().message(),
        "key in row 1 has the hash 99162322 and so the key group 35 of 128, but is stored in key group 36"
    );
}
