use arrow::array::{
    DictionaryArray, Float64Array, Int64Array, LargeListArray, StringArray, StringViewArray, TimestampNanosecondArray,
    UInt16Array,
};
use arrow::datatypes::{Field, Int32Type, Int64Type, TimeUnit};

use super::*;

fn field(ty: DataType) -> FieldRef {
    Arc::new(Field::new("x", ty, true))
}

fn convert(values: ArrayRef, to: &DataType) -> Result<ArrayRef> {
    Conversion::new(&field(values.data_type().clone()), &field(to.clone()))?.apply(&values)
}

fn error(values: ArrayRef, to: &DataType) -> String {
    let error = convert(values, to).unwrap_err();
    format!("{error}")
}

fn structs(fields: &[(&str, ArrayRef)]) -> ArrayRef {
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = fields
        .iter()
        .map(|(name, column)| (Field::new(*name, column.data_type().clone(), true), Arc::clone(column)))
        .unzip();
    Arc::new(StructArray::new(fields.into(), columns, None))
}

fn struct_of(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(fields.iter().map(|(name, ty)| Field::new(*name, ty.clone(), true)).collect())
}

fn longs(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

#[test]
fn numbers_stay_the_same_or_are_refused() {
    assert_eq!(*convert(longs(&[1, -2]), &DataType::Int32).unwrap(), arrow::array::Int32Array::from(vec![1, -2]));
    assert_eq!(*convert(longs(&[65_535]), &DataType::UInt16).unwrap(), UInt16Array::from(vec![65_535]));
    assert_eq!(*convert(longs(&[1 << 53]), &DataType::Float64).unwrap(), Float64Array::from(vec![9007199254740992.0]));
    assert!(error(longs(&[3_000_000_000]), &DataType::Int32).contains("3000000000"));
    assert!(error(longs(&[(1 << 53) + 1]), &DataType::Float64).starts_with("9007199254740993 can't be kept"));
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), None, Some(f64::NAN)]));
    assert_eq!(convert(Arc::clone(&floats), &DataType::Float32).unwrap().null_count(), 1);
    assert!(error(Arc::new(Float64Array::from(vec![0.1])), &DataType::Float32).starts_with("0.1 can't be kept"));
    // A fraction is no integer, whatever it is.
    assert_eq!(error(floats, &DataType::Int64), "DOUBLE where LONG belongs");
    assert_eq!(error(Arc::new(StringArray::from(vec!["1"])), &DataType::Int64), "STRING where LONG belongs");
}

#[test]
fn moments_lose_no_fraction() {
    let to = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let nanos = |value| Arc::new(TimestampNanosecondArray::from(vec![value])) as ArrayRef;
    assert_eq!(convert(nanos(7_000_000), &to).unwrap().data_type(), &to);
    assert!(error(nanos(7_000_001), &to).contains("can't be kept"));
    // A moment has no local time without a zone.
    let local = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let moment = convert(nanos(0), &to).unwrap();
    let message = "Timestamp(ms, \"UTC\") where Timestamp(ns) belongs";
    assert_eq!(error(moment, &local), message);
}

#[test]
fn layouts_are_those_of_the_column() {
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let view: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None]));
    let dictionary: ArrayRef = Arc::new([Some("a"), None].into_iter().collect::<DictionaryArray<Int32Type>>());
    for other in [view, dictionary] {
        assert_eq!(&convert(other, &DataType::Utf8).unwrap(), &text);
    }
    let lists: ArrayRef =
        Arc::new(LargeListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None]));
    let to = DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true)));
    let lists = convert(lists, &to).unwrap();
    assert_eq!(lists.data_type(), &to);
    assert_eq!(
        format!("{:?}", lists.as_list::<i32>().value(0)),
        format!("{:?}", arrow::array::Int32Array::from(vec![Some(1), None]))
    );
    assert!(lists.is_null(1));
    let nulls = convert(new_null_array(&DataType::Null, 3), &to).unwrap();
    assert_eq!((nulls.data_type(), nulls.null_count()), (&to, 3));
}

#[test]
fn fields_are_matched_by_name() {
    let inner = structs(&[("b", longs(&[2])), ("a", longs(&[1]))]);
    let values = structs(&[("inner", inner)]);
    let to = |names: &[(&str, DataType)]| struct_of(&[("inner", struct_of(names))]);
    let (a, b) = (("a", DataType::Int32), ("b", DataType::Int64));
    let made = convert(Arc::clone(&values), &to(&[a.clone(), b.clone(), (UNDECODED, DataType::Binary)])).unwrap();
    let inner = made.as_struct().column(0).as_struct();
    assert_eq!(inner.column(0).as_ref(), &arrow::array::Int32Array::from(vec![1]));
    assert_eq!(inner.column(1).as_ref(), longs(&[2]).as_ref());
    assert_eq!(inner.column(2).null_count(), 1);
    assert_eq!(
        error(Arc::clone(&values), &to(&[a.clone(), b.clone(), ("c", DataType::Utf8)])),
        "there is no field 'c' (inner)"
    );
    assert_eq!(error(Arc::clone(&values), &to(std::slice::from_ref(&a))), "the value has no field 'b' (inner)");
    assert_eq!(error(values, &to(&[a, ("b", DataType::Utf8)])), "LONG where STRING belongs (inner, b)");
}

#[test]
fn maps_take_entries_of_any_names() {
    let entry = |names: [&str; 2], key, value| {
        let fields = vec![Field::new(names[0], key, false), Field::new(names[1], value, true)];
        Arc::new(Field::new("x", DataType::Struct(fields.into()), false))
    };
    let entries = StructArray::new(
        vec![Field::new("k", DataType::Int64, false), Field::new("v", DataType::Int64, true)].into(),
        vec![longs(&[1, 2]), longs(&[3, 4])],
        None,
    );
    let offsets = arrow::buffer::OffsetBuffer::from_lengths([2]);
    let field = entry(["k", "v"], DataType::Int64, DataType::Int64);
    let map: ArrayRef = Arc::new(MapArray::new(field, offsets, entries, None, false));
    let to = DataType::Map(entry(["key", "value"], DataType::Int32, DataType::Int64), false);
    assert_eq!(convert(Arc::clone(&map), &to).unwrap().data_type(), &to);
    let to = DataType::Map(entry(["key", "value"], DataType::Int32, DataType::Utf8), false);
    assert_eq!(error(map, &to), "LONG where STRING belongs (value)");
}
