use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::*;

use super::Encoder;

fn json(array: &dyn Array) -> Vec<String> {
    let encoder = Encoder::try_new(array).unwrap();
    let row = |row| {
        let mut out = String::new();
        encoder.json(row, &mut out);
        serde_json::from_str::<serde_json::Value>(&out).unwrap_or_else(|e| panic!("{out} is no JSON: {e}"));
        out
    };
    (0..array.len()).map(row).collect()
}

fn text(array: &dyn Array) -> Vec<Option<String>> {
    let encoder = Encoder::try_new(array).unwrap();
    let row = |row| {
        let mut out = String::new();
        encoder.text(row, &mut out).then_some(out)
    };
    (0..array.len()).map(row).collect()
}

#[test]
fn integers_are_exact() {
    let longs = Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), Some(0), None]);
    assert_eq!(json(&longs), ["-9223372036854775808", "9223372036854775807", "0", "null"]);
    assert_eq!(json(&UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    assert_eq!(json(&Int8Array::from(vec![-128])), ["-128"]);
    assert_eq!(json(&BooleanArray::from(vec![true, false])), ["true", "false"]);
}

#[test]
fn floats_are_shortest_and_what_json_has_no_number_for_is_a_string() {
    let doubles = [0.1, -0.0, 1e300, 5e-324, 3.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let doubles = Float64Array::from(doubles.to_vec());
    assert_eq!(json(&doubles), ["0.1", "-0.0", "1e300", "5e-324", "3.0", "\"NaN\"", "\"Infinity\"", "\"-Infinity\""]);
    assert_eq!(text(&doubles)[5].as_deref(), Some("NaN"));
    assert_eq!(json(&Float32Array::from(vec![0.1, f32::NAN])), ["0.1", "\"NaN\""]);
}

#[test]
fn decimals_keep_all_digits_of_their_scale() {
    let decimals = Decimal128Array::from(vec![12_300, -5]).with_precision_and_scale(38, 3).unwrap();
    assert_eq!(json(&decimals), ["\"12.300\"", "\"-0.005\""]);
    assert_eq!(text(&decimals)[0].as_deref(), Some("12.300"));
}

#[test]
fn strings_are_escaped_in_json_only() {
    let strings = StringArray::from(vec![Some("a\"b\\c\n\u{1}é€😀"), Some(""), None]);
    assert_eq!(json(&strings), ["\"a\\\"b\\\\c\\n\\u0001é€😀\"", "\"\"", "null"]);
    assert_eq!(text(&strings), [Some("a\"b\\c\n\u{1}é€😀".to_owned()), Some(String::new()), None]);
    assert_eq!(json(&StringViewArray::from(vec!["x"])), ["\"x\""]);
}

#[test]
fn binary_is_lower_case_hex() {
    let binary = BinaryArray::from(vec![Some(b"\x00\xffA".as_slice()), Some(b"".as_slice()), None]);
    assert_eq!(json(&binary), ["\"00ff41\"", "\"\"", "null"]);
}

#[test]
fn timestamps_have_the_fraction_that_is_needed() {
    let millis = TimestampMillisecondArray::from(vec![1_700_000_000_000, 1_700_000_000_123, -1]);
    assert_eq!(
        json(&millis),
        ["\"2023-11-14T22:13:20\"", "\"2023-11-14T22:13:20.123\"", "\"1969-12-31T23:59:59.999\""]
    );
    let utc = TimestampNanosecondArray::from(vec![1_700_000_000_000_001_000, 1]).with_timezone("UTC");
    assert_eq!(json(&utc), ["\"2023-11-14T22:13:20.000001Z\"", "\"1970-01-01T00:00:00.000000001Z\""]);
}

#[test]
fn timestamps_outside_of_the_calendar_are_the_number_of_their_unit() {
    let first = -62_167_219_200_000;
    let last = 253_402_300_799_999;
    let millis = TimestampMillisecondArray::from(vec![i64::MAX, i64::MIN, first, first - 1, last, last + 1]);
    assert_eq!(
        json(&millis.with_timezone("UTC")),
        [
            "9223372036854775807",
            "-9223372036854775808",
            "\"0000-01-01T00:00:00Z\"",
            "-62167219200001",
            "\"9999-12-31T23:59:59.999Z\"",
            "253402300800000",
        ]
    );
    let seconds = TimestampSecondArray::from(vec![i64::MAX, i64::MIN]);
    assert_eq!(json(&seconds), ["9223372036854775807", "-9223372036854775808"]);
}

#[test]
fn dates_and_times() {
    assert_eq!(
        json(&Date32Array::from(vec![19_675, -1, i32::MAX])),
        ["\"2023-11-14\"", "\"1969-12-31\"", "2147483647"]
    );
    assert_eq!(json(&Date64Array::from(vec![1_699_920_000_000, i64::MIN])), ["\"2023-11-14\"", "-9223372036854775808"]);
    let times = Time64NanosecondArray::from(vec![80_000_123_456_789, 0, 86_400_000_000_000, -1]);
    assert_eq!(json(&times), ["\"22:13:20.123456789\"", "\"00:00:00\"", "86400000000000", "-1"]);
    assert_eq!(json(&Time32MillisecondArray::from(vec![80_000_500])), ["\"22:13:20.500\""]);
}

#[test]
fn durations_and_intervals_are_iso_8601() {
    let durations = DurationMillisecondArray::from(vec![93_500, -1, 0, i64::MIN]);
    assert_eq!(json(&durations), ["\"PT93.5S\"", "\"PT-0.001S\"", "\"PT0S\"", "\"PT-9223372036854775.808S\""]);
    assert_eq!(json(&DurationNanosecondArray::from(vec![1_100_000_000])), ["\"PT1.1S\""]);
    assert_eq!(json(&IntervalYearMonthArray::from(vec![-14])), ["\"P-14M\""]);
    let day_time = IntervalDayTimeArray::from(vec![IntervalDayTime::new(2, 500)]);
    assert_eq!(json(&day_time), ["\"P2DT0.5S\""]);
    let month_day_nano = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, -3_000_000_000)]);
    assert_eq!(json(&month_day_nano), ["\"P1M2DT-3S\""]);
}

#[test]
fn structs_and_lists_keep_their_nulls() {
    let fields =
        Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("b \"q\"", DataType::Utf8, true)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        Arc::new(StringArray::from(vec![None, Some("x"), Some("y")])),
    ];
    let structs = StructArray::new(fields, columns, Some(vec![true, true, false].into()));
    assert_eq!(json(&structs), ["{\"a\":1,\"b \\\"q\\\"\":null}", "{\"a\":null,\"b \\\"q\\\"\":\"x\"}", "null"]);

    let item = Arc::new(Field::new("item", structs.data_type().clone(), true));
    let list = ListArray::new(item, OffsetBuffer::from_lengths([2, 0, 1]), Arc::new(structs), None);
    assert_eq!(json(&list.slice(1, 2)), ["[]", "[null]"]);
    assert_eq!(text(&list)[1].as_deref(), Some("[]"));

    let fixed = FixedSizeListArray::from_iter_primitive::<Int8Type, _, _>([None, Some([Some(1), None])], 2);
    assert_eq!(json(&fixed), ["null", "[1,null]"]);
    assert_eq!(json(&fixed.slice(1, 1)), ["[1,null]"]);
    assert_eq!(json(&StructArray::new_empty_fields(2, None)), ["{}", "{}"]);
}

fn map(keys: ArrayRef, values: ArrayRef) -> MapArray {
    let fields = Fields::from(vec![
        Field::new("key", keys.data_type().clone(), false),
        Field::new("value", values.data_type().clone(), true),
    ]);
    let offsets = OffsetBuffer::from_lengths([keys.len() - 1, 1]);
    let entries = StructArray::new(fields, vec![keys, values], None);
    let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    MapArray::new(field, offsets, entries, None, false)
}

#[test]
fn maps_are_objects_only_with_string_keys() {
    let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MAX)]));
    let strings = map(Arc::new(StringArray::from(vec!["a", "b", "c"])), Arc::clone(&values));
    assert_eq!(json(&strings), ["{\"a\":1,\"b\":null}", "{\"c\":9223372036854775807}"]);
    let longs = map(Arc::new(Int64Array::from(vec![7, 8, 9])), values);
    assert_eq!(
        json(&longs),
        ["[{\"key\":7,\"value\":1},{\"key\":8,\"value\":null}]", "[{\"key\":9,\"value\":9223372036854775807}]"]
    );
}

#[test]
fn dictionaries_are_their_values() {
    let enums: DictionaryArray<Int32Type> = [Some("A"), None, Some("B"), Some("A")].into_iter().collect();
    assert_eq!(json(&enums), ["\"A\"", "null", "\"B\"", "\"A\""]);
    let empty = new_null_array(enums.data_type(), 2);
    assert_eq!(json(&empty), ["null", "null"]);
    assert_eq!(json(&NullArray::new(2)), ["null", "null"]);
}

#[test]
fn run_ends_are_their_values_as_text() {
    let runs: RunArray<Int32Type> = ["x", "x", "y"].into_iter().collect();
    assert_eq!(json(&runs), ["\"x\"", "\"x\"", "\"y\""]);
}
