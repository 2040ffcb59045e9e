//! The project's own snapshots hold what Flink itself has after restoring them (`expected.ndjson`).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{as_date, as_datetime, as_time};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, TimeUnit};
use flink_state_reader::{Result, Snapshot, State, StateKind};
use futures::TryStreamExt;
use serde_json::{Map, Value, json};

use super::snapshots::snapshots_in;

/// Rows of one state as Flink has them, and how often each occurs.
type Rows = HashMap<String, i64>;

/// More rows than any state has.
const UNKNOWN: i64 = 1_000_000;

fn load(path: &Path) -> BTreeMap<(String, String), Rows> {
    let mut states = BTreeMap::<_, Rows>::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| line[field].as_str().unwrap().to_owned();
        *states.entry((text("operator_id"), text("state"))).or_default().entry(canonical(&line["row"])).or_default() +=
            1;
    }
    states
}

/// One text for equal values: sorted fields, numbers as doubles unless they are integers.
///
/// Flink's side does not tell the row kind of nested rows, nor the content of Kryo values.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.contains_key("$json") => format!("{{\"$kryo\":{}}}", fields["$class"]),
        Value::Object(fields) => {
            let absent = |name: &str, value: &Value| match name {
                "$undecoded" => value.is_null(),
                "$row_kind" => value == "+I",
                _ => false,
            };
            let fields = fields.iter().filter(|(name, value)| !absent(name, value));
            let mut fields: Vec<_> = fields.map(|(k, v)| format!("{k:?}:{}", canonical(v))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::String(text) if text == "GlobalWindow" => "{}".to_owned(),
        Value::Number(number) if !number.is_i64() => format!("{:?}", number.as_f64().unwrap()),
        other => other.to_string(),
    }
}

async fn read(snapshot: &Snapshot, state: &State) -> Result<(Rows, i64)> {
    let (mut rows, mut missing) = (Rows::new(), 0);
    let scan = state.scan().batch_size(7);
    // Flink does not say which subtask holds an element of union state.
    let scan = if state.kind() == StateKind::OperatorUnion { scan.projection(vec![2]) } else { scan };
    for task in scan.build()?.tasks(3) {
        let mut stream = snapshot.execute(&task).await?;
        while let Some(batch) = stream.try_next().await? {
            for row in json_rows(&batch) {
                *rows.entry(canonical(&row)).or_default() += 1;
            }
        }
        missing +=
            stream.gaps().iter().map(|gap| gap.rows.map_or(UNKNOWN, |rows| i64::try_from(rows).unwrap())).sum::<i64>();
    }
    Ok((rows, missing))
}

fn json_rows(batch: &RecordBatch) -> Vec<Value> {
    let rows = StructArray::from(batch.clone());
    (0..batch.num_rows()).map(|row| to_struct(&rows, row)).collect()
}

fn to_struct(array: &StructArray, row: usize) -> Value {
    let fields = array.fields().iter().zip(array.columns());
    Value::Object(fields.map(|(field, column)| (field.name().clone(), to_json(column, row))).collect::<Map<_, _>>())
}

fn to_json(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    let items = |values: ArrayRef| Value::Array((0..values.len()).map(|i| to_json(&values, i)).collect());
    let float = |value: f64| match value {
        _ if value.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        _ => json!(value),
    };
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int8 => json!(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => json!(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => json!(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt16 => json!(array.as_primitive::<UInt16Type>().value(row)),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            float(value.to_string().parse().unwrap())
        }
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Binary => {
            json!(array.as_binary::<i32>().value(row).iter().map(|b| format!("{b:02x}")).collect::<String>())
        }
        DataType::Date32 => {
            json!(as_date::<Date32Type>(array.as_primitive::<Date32Type>().value(row).into()).unwrap().to_string())
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            let time = as_time::<Time64NanosecondType>(array.as_primitive::<Time64NanosecondType>().value(row));
            json!(time.unwrap().format("%H:%M:%S%.f").to_string())
        }
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            let value = array.as_primitive::<TimestampMillisecondType>().value(row);
            timestamp(as_datetime::<TimestampMillisecondType>(value).map(|t| t.format(FORMAT).to_string()), value, zone)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            let value = array.as_primitive::<TimestampNanosecondType>().value(row);
            timestamp(as_datetime::<TimestampNanosecondType>(value).map(|t| t.format(FORMAT).to_string()), value, zone)
        }
        DataType::List(_) => items(array.as_list::<i32>().value(row)),
        DataType::Map(entries, _) if is_text_map(entries) => {
            let entries = items(std::sync::Arc::new(array.as_map().value(row)));
            let entry = |e: &Value| (e["key"].as_str().unwrap().to_owned(), e["value"].clone());
            Value::Object(entries.as_array().unwrap().iter().map(entry).collect())
        }
        DataType::Decimal128(..) => json!(array.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Map(..) => items(std::sync::Arc::new(array.as_map().value(row))),
        DataType::Struct(_) => to_struct(array.as_struct(), row),
        // A `RAW` value whose serializer writes a zero byte, which is all that Flink's side shows.
        DataType::Null => json!("00"),
        other => json!(format!("{other}?")),
    }
}

fn is_text_map(entries: &Field) -> bool {
    matches!(entries.data_type(), DataType::Struct(fields) if fields[0].data_type() == &DataType::Utf8)
}

const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.f";

fn timestamp(text: Option<String>, value: i64, zone: &Option<std::sync::Arc<str>>) -> Value {
    match text {
        Some(text) => json!(format!("{text}{}", if zone.is_some() { "Z" } else { "" })),
        None => json!(value),
    }
}

#[test]
fn rows_are_those_that_flink_has() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut states, mut total, mut differences) = (0, 0, Vec::new());
    for path in snapshots_in(&root) {
        let expected = path.ancestors().map(|p| p.join("expected.ndjson")).find(|p| p.exists()).unwrap();
        let mut expected = load(&expected);
        runtime.block_on(async {
            let snapshot = Snapshot::open(path.to_str().unwrap()).await.unwrap();
            for operator in snapshot.operators() {
                for state in operator.states().await.unwrap() {
                    let wanted = expected.remove(&(operator.id(), state.name().to_owned())).unwrap_or_default();
                    if state.unsupported().is_some() {
                        continue;
                    }
                    let label = format!("{} {} {}", path.display(), operator.label(), state.name());
                    let (found, missing) = read(&snapshot, state).await.unwrap();
                    let (wanted_rows, found_rows) = (wanted.values().sum::<i64>(), found.values().sum::<i64>());
                    states += 1;
                    total += found_rows;
                    let lost: Vec<_> = wanted.iter().filter(|(row, n)| found.get(*row) != Some(*n)).collect();
                    let is_extra = |row: &str, n| wanted.get(row) != Some(n) && !row.contains("\"$undecoded\"");
                    let extra: Vec<_> = found.iter().filter(|(row, n)| is_extra(row, n)).collect();
                    if missing == 0 && !lost.is_empty() || !extra.is_empty() || wanted_rows > found_rows + missing {
                        differences.push(format!(
                            "{label}: {wanted_rows} rows expected, {found_rows} found, {missing} missing\n  - {:?}\n  + {:?}",
                            lost.first(), extra.first()
                        ));
                    }
                }
            }
            for ((operator, state), _) in expected {
                differences.push(format!("{} {operator} {state}: not listed", path.display()));
            }
        });
    }
    println!("{states} states, {total} rows compared");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
