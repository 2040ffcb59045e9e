use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::types::{Basic, Field, ListKind, MapKind, Opaque, Pojo, PojoField, StructKind, Subclass, arrow_type};

fn opaque() -> Type {
    Type::Opaque(Opaque { class: "com.acme.Secret".to_owned(), version: 1, reason: "its code is not known".to_owned() })
}

fn tuple(types: impl IntoIterator<Item = Type>) -> Type {
    let fields = types.into_iter().enumerate().map(|(i, ty)| Field { name: format!("f{i}"), ty });
    Type::Struct { kind: StructKind::Tuple("Tuple".to_owned()), fields: fields.collect() }
}

fn list(element: Type) -> Type {
    Type::List { kind: ListKind::List, element: Box::new(element) }
}

fn map(kind: MapKind, key: Type, value: Type) -> Type {
    Type::Map { kind, key: Box::new(key), value: Box::new(value) }
}

fn field(name: &str, declaring_class: &str, ty: impl Into<Type>) -> PojoField {
    PojoField { name: name.to_owned(), declaring_class: Some(declaring_class.to_owned()), ty: ty.into() }
}

fn pojo(class: &str, fields: Vec<PojoField>, subclasses: Vec<Pojo>) -> Pojo {
    let registered = subclasses.into_iter().map(|p| Subclass { class: p.class.clone(), ty: Type::Pojo(p) }).collect();
    Pojo { class: class.to_owned(), fields, registered, non_registered: Vec::new() }
}

fn try_decode(ty: &Type, values: &[&[u8]]) -> Result<ArrayRef> {
    let mut decoder = decoder(ty);
    for value in values {
        let mut input = Cursor::new(value);
        decoder.append(&mut input)?;
        input.expect_end()?;
    }
    Ok(decoder.finish())
}

fn decode(ty: &Type, values: &[&[u8]]) -> ArrayRef {
    try_decode(ty, values).unwrap()
}

fn names(array: &ArrayRef) -> Vec<&str> {
    array.as_struct().column_names()
}

fn column<'a>(array: &'a ArrayRef, name: &str) -> &'a ArrayRef {
    array.as_struct().column_by_name(name).unwrap()
}

#[test]
fn fields_behind_an_unknown_one_are_one_column() {
    let ty = tuple([Basic::Int.into(), opaque(), Basic::Int.into()]);
    let array = decode(&ty, &[&[0, 0, 0, 7, 1, 2, 0, 0, 0, 9], &[0, 0, 0, 8]]);
    assert_eq!(names(&array), ["f0", "$undecoded"]);
    assert_eq!(column(&array, "f0").as_primitive::<Int32Type>().values(), &[7, 8]);
    let bytes = column(&array, "$undecoded").as_binary::<i32>();
    assert_eq!((bytes.value(0), bytes.value(1)), ([1, 2, 0, 0, 0, 9].as_slice(), [].as_slice()));
    assert_eq!(bytes.null_count(), 0);
}

#[test]
fn a_last_unknown_field_keeps_its_name() {
    let inner = tuple([Basic::Byte.into(), opaque()]);
    let ty = tuple([Basic::Byte.into(), Type::Option(Box::new(inner))]);
    let array = decode(&ty, &[&[5, 1, 6, 9, 9], &[5, 0]]);
    assert_eq!(names(&array), ["f0", "f1"]);
    let inner = column(&array, "f1");
    assert_eq!(names(inner), ["f0", "f1"]);
    assert_eq!(column(inner, "f1").as_binary::<i32>().value(0), [9, 9]);
    assert!(inner.is_null(1));
}

#[test]
fn a_sequence_of_unknown_elements_is_unknown() {
    let array = decode(&list(opaque()), &[&[0, 0, 0, 1, 5]]);
    assert_eq!(array.as_binary::<i32>().value(0), [0, 0, 0, 1, 5]);
    let error = skip(&list(opaque()), &mut Cursor::new(&[0, 0, 0, 1, 5])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("com.acme.Secret"), "{error}");
}

#[test]
fn undecoded_part_of_a_row_starts_with_the_mask() {
    let fields = [Basic::Byte.into(), opaque(), Basic::Byte.into()];
    let fields = fields.into_iter().enumerate().map(|(i, ty)| Field { name: format!("f{i}"), ty }).collect();
    let array = decode(&Type::Row { fields, row_kind: true }, &[&[0b1100_1000, 7, 1, 2, 3]]);
    assert_eq!(names(&array), ["f0", "$undecoded", "$row_kind"]);
    assert_eq!(column(&array, "$undecoded").as_binary::<i32>().value(0), [0b1100_1000, 1, 2, 3]);
    assert_eq!(column(&array, "$row_kind").as_string::<i32>().value(0), "-D");
}

/// `A {x: Byte, y: Byte}`, registered `B extends A {x: Byte, z: Short}` and `C {z: Byte}`.
fn family() -> Pojo {
    let (a, b) = (field("x", "p.A", Basic::Byte), field("y", "p.A", Basic::Byte));
    let sub = pojo(
        "p.B",
        vec![field("x", "p.B", Basic::Byte), a.clone(), b.clone(), field("z", "p.B", Basic::Short)],
        vec![],
    );
    let other = pojo("p.C", vec![a.clone(), b.clone(), field("z", "p.C", Basic::Byte)], vec![]);
    pojo("p.A", vec![a, b], vec![sub, other])
}

#[test]
fn subclasses_share_columns_and_lose_none() {
    let values: [&[u8]; 4] =
        [&[2, 0, 1, 1], &[8, 0, 2, 0, 11, 0, 12, 0, 13, 0, 0, 14], &[8, 1, 2, 0, 21, 0, 22, 0, 23], &[1]];
    let array = decode(&Type::Pojo(family()), &values);
    assert_eq!(names(&array), ["x", "y", "x$B", "z", "z$C", "$undecoded", "$class"]);
    let row = |row| {
        let cell = |i: usize| array.as_struct().column(i).slice(row, 1);
        let number = |i| widen(&cell(i)).iter().next().unwrap();
        (0..5).map(number).collect::<Vec<_>>()
    };
    assert_eq!(row(0), [Some(1), None, None, None, None]);
    assert_eq!(row(1), [Some(12), Some(13), Some(11), Some(14), None]);
    assert_eq!(row(2), [Some(21), Some(22), None, None, Some(23)]);
    assert!(array.is_null(3));
    let class = column(&array, "$class").as_string::<i32>();
    assert_eq!(class.iter().collect::<Vec<_>>(), [Some("p.A"), Some("p.B"), Some("p.C"), None]);
}

fn widen(array: &ArrayRef) -> arrow_array::Int32Array {
    match array.data_type() {
        DataType::Int8 => array.as_primitive::<arrow_array::types::Int8Type>().unary(i32::from),
        _ => array.as_primitive::<arrow_array::types::Int16Type>().unary(i32::from),
    }
}

#[test]
fn a_subclass_that_is_not_described_keeps_its_bytes() {
    let value = [&[4, 0, 3][..], b"p.D", &[2, 0, 9]].concat();
    let ty = tuple([Basic::Byte.into(), Type::Pojo(family())]);
    let mut decoder = decoder(&ty);
    decoder.append(&mut Cursor::new(&[&[3], value.as_slice()].concat())).unwrap();
    let unknown = decoder.undecoded().unwrap();
    assert_eq!(unknown.values, 1);
    assert!(unknown.reason.contains("p.D"), "{unknown:?}");
    let array = decoder.finish();
    let inner = column(&array, "f1");
    assert_eq!(column(inner, "$class").as_string::<i32>().value(0), "p.D");
    assert_eq!(column(inner, "$undecoded").as_binary::<i32>().value(0), [2, 0, 9]);
    assert!(column(inner, "x").is_null(0));
}

#[test]
fn a_subclass_that_is_not_described_hides_the_fields_behind_it() {
    let value = [&[4, 0, 3][..], b"p.D", &[2, 0, 9]].concat();
    let ty = tuple([Basic::Byte.into(), Type::Pojo(family()), Basic::Byte.into()]);
    let (known, unknown) = ([3, 2, 1, 1, 4], [&[3], value.as_slice()].concat());
    let array = decode(&ty, &[&known, &unknown]);
    assert_eq!(names(&array), ["f0", "f1", "f2", "$undecoded"]);
    let bytes = column(&array, "$undecoded").as_binary::<i32>();
    assert!(bytes.is_null(0));
    assert_eq!(bytes.value(1), value);
    assert!(column(&array, "f1").is_null(1) && column(&array, "f2").is_null(1));
    assert_eq!(names(column(&array, "f1")), ["x", "y", "x$B", "z", "z$C", "$class"]);

    let error = try_decode(&list(Type::Pojo(family())), &[&[&[0, 0, 0, 1], value.as_slice()].concat()]).unwrap_err();
    assert_eq!((error.kind(), error.message().contains("p.D")), (ErrorKind::Unsupported, true), "{error}");
}

#[test]
fn maps_have_no_null_keys_unless_they_are_lists() {
    let ty =
        map(MapKind::Map, Type::Nullable { padding: 0, inner: Box::new(Basic::String.into()) }, Basic::Byte.into());
    assert!(matches!(arrow_type(&ty), DataType::Map(..)));
    assert_eq!(decode(&ty, &[&[0, 0, 0, 1, 0, 2, b'a', 0, 7]]).as_map().value_length(0), 1);
    for null in [[0, 0, 0, 1, 1, 0, 7].as_slice(), &[0, 0, 0, 1, 0, 0, 0, 7], &[0, 0, 0, 1, 0, 0x80, 0, 0, 7]] {
        assert_eq!(try_decode(&ty, &[null]).unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let aware = map(MapKind::NullAware, Basic::String.into(), Basic::Byte.into());
    let array = decode(&aware, &[&[0, 0, 0, 1, 1, 0, 7]]);
    assert!(column(&array.as_list::<i32>().value(0), "key").is_null(0));
}

/// A null that slipped through would panic when the column is built.
#[test]
fn no_key_of_any_type_becomes_null() {
    let basics = Basic::ALL.map(|(basic, ..)| Type::from(basic));
    let nested = basics.clone().map(|ty| Type::Nullable { padding: 0, inner: Box::new(Type::Option(Box::new(ty))) });
    let optional = basics.clone().map(|ty| Type::Option(Box::new(ty)));
    let others = [Type::Pojo(family()), list(Basic::String.into()), tuple([Basic::String.into()])];
    let types: Vec<_> = basics.into_iter().chain(nested).chain(optional).chain(others).collect();
    let low = prop_oneof![4 => Just(0u8), 2 => 0..3u8, 1 => Just(0x80), 1 => any::<u8>()];
    let bytes = proptest::collection::vec(low, 0..20);
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(ty in any::<prop::sample::Index>(), bytes in bytes)| {
        let mut decoder = decoder(&map(MapKind::Map, ty.get(&types).clone(), Basic::NullValue.into()));
        let value = [&[0, 0, 0, 1], bytes.as_slice()].concat();
        let read = decoder.append(&mut Cursor::new(&value));
        prop_assert!(read.is_err() || decoder.finish().len() == 1);
    });
}

#[test]
fn nested_options_stay_apart() {
    let inner = Type::Option(Box::new(Basic::Byte.into()));
    let array = decode(&Type::Option(Box::new(inner)), &[&[0], &[1, 0], &[1, 1, 5]]);
    assert_eq!([array.is_null(0), array.is_null(1), array.is_null(2)], [true, false, false]);
    assert_eq!(column(&array, "value").null_count(), 2);
}

#[test]
fn elements_without_bytes_are_bounded() {
    let ty = list(Basic::NullValue.into());
    assert_eq!(decode(&ty, &[&[0, 0, 1, 0]]).as_list::<i32>().value_length(0), 256);
    let error = try_decode(&ty, &[&[0x7F, 0xFF, 0xFF, 0xFF]]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn masked_elements_take_a_bit() {
    let ty = Type::List { kind: ListKind::LinkedList { null_mask: true }, element: Box::new(Basic::Byte.into()) };
    let value = [0, 0, 0, 20, 0xFF, 0xF7, 0xFF, 9];
    let array = decode(&ty, &[&value]).as_list::<i32>().value(0);
    assert_eq!((array.len(), array.null_count(), array.is_valid(12)), (20, 19, true));
    let mut input = Cursor::new(&value);
    skip(&ty, &mut input).unwrap();
    assert!(input.is_empty());
    assert_eq!(try_decode(&ty, &[&[0x7F, 0xFF, 0xFF, 0xFF, 0]]).unwrap_err().kind(), ErrorKind::Truncated);
}

#[test]
fn many_values_are_decoded_at_once() {
    let mut decoder = decoder(&Basic::Long.into());
    let data = [[0, 0, 0, 0, 0, 0, 0, 1], [0xFF; 8], [0; 8]].concat();
    let span = |start, end| Span { start, end };
    decoder.append_all(&data, 0, &[span(8, 16), span(0, 8)]).unwrap();
    assert_eq!(decoder.finish().as_primitive::<Int64Type>().values(), &[-1, 1]);
    let error = decoder.append_all(&data, 100, &[span(0, 8), span(8, 17)]).unwrap_err();
    assert_eq!(error.to_string(), "1 bytes are left over (offset 116)");
    assert_eq!(decoder.append_all(&data, 0, &[span(8, 11)]).unwrap_err().kind(), ErrorKind::Truncated);
}

#[test]
fn times_beyond_arrow_are_told() {
    let instant = |seconds: i64, nanos: i32| [&seconds.to_be_bytes()[..], &nanos.to_be_bytes()].concat();
    let last = decode(&Basic::Instant.into(), &[&instant(9_223_372_036, 854_775_807), &instant(-1, 999_999_999)]);
    assert_eq!(last.as_primitive::<TimestampNanosecondType>().values(), &[i64::MAX, -1]);
    let error = try_decode(&Basic::Instant.into(), &[&instant(31_556_889_864_403_199, 999_999_999)]).unwrap_err();
    assert!(error.message().starts_with("31556889864403199 s and 999999999 ns"), "{error}");

    let date = |year: i32, month, day| [&year.to_be_bytes()[..], &[month, day]].concat();
    let days = [date(1970, 1, 1), date(2000, 2, 29), date(1969, 12, 31), date(-1, 12, 31), date(0, 2, 29)];
    let days: Vec<_> = days.iter().map(Vec::as_slice).collect();
    let array = decode(&Basic::LocalDate.into(), &days);
    assert_eq!(array.as_primitive::<Date32Type>().values(), &[0, 11_016, -1, -719_529, -719_469]);
    for wrong in [date(2023, 2, 29), date(1900, 2, 29), date(2023, 4, 31), date(2023, 13, 1), date(2023, 1, 0)] {
        assert_eq!(try_decode(&Basic::LocalDate.into(), &[&wrong]).unwrap_err().kind(), ErrorKind::Data);
    }
}

#[test]
fn constants_are_found_by_their_number() {
    let constants = [("LOW".to_owned(), 10), ("HIGH".to_owned(), -3)].into();
    let ty = Type::ScalaEnum { class: "p.Level$".to_owned(), constants };
    let array = decode(&ty, &[&(-3i32).to_be_bytes(), &10i32.to_be_bytes()]);
    assert_eq!(array.as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["HIGH", "LOW"]);
    let error = try_decode(&ty, &[&[0, 0, 0, 0]]).unwrap_err();
    assert_eq!(error.to_string(), "enum p.Level$ has no constant with number 0 (offset 0)");
}
