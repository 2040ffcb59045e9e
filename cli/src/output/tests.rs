use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::*;
use arrow::ipc::reader::StreamReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Format;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn users() -> RecordBatch {
    batch(vec![
        ("id", Arc::new(Int64Array::from(vec![Some(1), Some(-20), None]))),
        ("name", Arc::new(StringArray::from(vec![Some("a,\"b\""), Some(""), None]))),
        ("wörter", Arc::new(StringArray::from(vec![Some("名前"), Some("é\n\u{1b}[31m"), Some("x")]))),
    ])
}

fn write(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = format.writer(&batches[0].schema(), &mut out).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    out
}

fn text(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(write(format, batches)).unwrap()
}

#[test]
fn table_aligns_by_display_width_and_escapes_control_characters() {
    let table = [
        "┌──────┬───────┬───────────────┐",
        "│   id │ name  │ wörter        │",
        "├──────┼───────┼───────────────┤",
        "│    1 │ a,\"b\" │ 名前          │",
        "│  -20 │       │ é\\n\\u{1b}[31m │",
        "│ NULL │ NULL  │ x             │",
        "└──────┴───────┴───────────────┘",
    ];
    assert_eq!(text(Format::Table, &[users()]).lines().collect::<Vec<_>>(), table);
    let empty =
        ["┌────┬──────┬────────┐", "│ id │ name │ wörter │", "├────┼──────┼────────┤", "└────┴──────┴────────┘"];
    assert_eq!(text(Format::Table, &[users().slice(0, 0)]).lines().collect::<Vec<_>>(), empty);
}

#[test]
fn table_keeps_the_widths_of_its_first_rows() {
    let rows: ArrayRef = Arc::new(StringArray::from_iter_values((0..1_001).map(|row| "x".repeat(1 + row / 1_000 * 3))));
    let table = text(Format::Table, &[batch(vec![("s", rows)])]);
    let end: Vec<&str> = table.lines().skip(1_001).collect();
    assert_eq!(end, ["│ x │", "│ x │", "│ xxxx │", "└───┘"]);
}

#[test]
fn csv_tells_nulls_from_empty_strings() {
    assert_eq!(
        text(Format::Csv, &[users()]),
        "id,name,wörter\n1,\"a,\"\"b\"\"\",名前\n-20,\"\",\"é\n\u{1b}[31m\"\n,,x\n"
    );
    assert_eq!(text(Format::Csv, &[users().slice(0, 0)]), "id,name,wörter\n");
}

#[test]
fn json_is_one_array_and_ndjson_its_lines() {
    let rows = users();
    let json = text(Format::Json, &[rows.slice(0, 2), rows.slice(2, 1)]);
    let lines = text(Format::Ndjson, &[rows.slice(0, 2), rows.slice(2, 1)]);
    let parsed: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let parsed_lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parsed, parsed_lines);
    assert_eq!(parsed[2], serde_json::json!({"id": null, "name": null, "wörter": "x"}));
    assert!(lines.ends_with("}\n"), "{lines}");
    assert_eq!(text(Format::Json, &[rows.slice(0, 0)]), "[]\n");
    assert_eq!(text(Format::Ndjson, &[rows.slice(0, 0)]), "");
}

#[test]
fn arrow_stream_is_read_again() {
    let out = write(Format::Arrow, &[users()]);
    let batches: Vec<RecordBatch> = StreamReader::try_new(out.as_slice(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches, [users()]);
}

/// Nulls, an empty struct on its own and below a list, a map and another struct.
fn hard_for_parquet() -> RecordBatch {
    let empty = || StructArray::new_empty_fields(3, Some(vec![true, false, true].into()));
    let item = Arc::new(Field::new("item", empty().data_type().clone(), true));
    let list = ListArray::new(item, OffsetBuffer::from_lengths([0, 2, 1]), Arc::new(empty()), None);
    let entries = StructArray::from(vec![
        (Arc::new(Field::new("key", DataType::Int32, false)), Arc::new(Int32Array::from(vec![1, 2, 3])) as ArrayRef),
        (Arc::new(Field::new("value", empty().data_type().clone(), true)), Arc::new(empty())),
    ]);
    let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    let map = MapArray::new(field, OffsetBuffer::from_lengths([1, 1, 1]), entries, None, false);
    let outer = StructArray::from(vec![(
        Arc::new(Field::new("inner", empty().data_type().clone(), true)),
        Arc::new(empty()) as _,
    )]);
    batch(vec![
        ("null", Arc::new(NullArray::new(3))),
        ("empty", Arc::new(empty())),
        ("list", Arc::new(list)),
        ("map", Arc::new(map)),
        ("outer", Arc::new(outer)),
        ("enum", Arc::new(["A", "B", "A"].into_iter().collect::<DictionaryArray<Int32Type>>())),
        ("duration", Arc::new(DurationNanosecondArray::from(vec![1, 2, 3]))),
        ("seconds", Arc::new(TimestampSecondArray::from(vec![1, 2, i64::MAX]).with_timezone("UTC"))),
    ])
}

#[test]
fn parquet_holds_nulls_and_structs_without_fields() {
    let rows = hard_for_parquet();
    let file = write(Format::Parquet, &[rows.slice(0, 1), rows.slice(1, 2)]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap().build().unwrap();
    let read =
        arrow::compute::concat_batches(&reader.schema(), &reader.map(Result::unwrap).collect::<Vec<_>>()).unwrap();
    let lines = [
        r#"{"null":null,"empty":{"$empty":null},"list":[],"map":[{"key":1,"value":{"$empty":null}}],"outer":{"inner":{"$empty":null}},"enum":"A","duration":"PT0.000000001S","seconds":"1970-01-01T00:00:01Z"}"#,
        r#"{"null":null,"empty":null,"list":[{"$empty":null},null],"map":[{"key":2,"value":null}],"outer":{"inner":null},"enum":"B","duration":"PT0.000000002S","seconds":"1970-01-01T00:00:02Z"}"#,
        r#"{"null":null,"empty":{"$empty":null},"list":[{"$empty":null}],"map":[{"key":3,"value":{"$empty":null}}],"outer":{"inner":{"$empty":null}},"enum":"A","duration":"PT0.000000003S","seconds":9223372036854775807}"#,
    ];
    assert_eq!(text(Format::Ndjson, &[read]).lines().collect::<Vec<_>>(), lines);
}

#[test]
fn formats_of_file_names() {
    let of = |name: &str| Format::of_file(name.as_ref());
    assert_eq!(of("x.PARQUET"), Some(Format::Parquet));
    assert_eq!(of("dir.csv/x.jsonl"), Some(Format::Ndjson));
    assert_eq!(of("x"), None);
    assert_eq!(of("x.txt"), None);
}
