//! Values that real Flink serializers wrote (`spec/vectors.json`), and decoded columns in the JSON form they have there.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{as_date, as_datetime, as_time};
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, Time32MillisecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, TimeUnit};
use flink_state_reader::bytes::Cursor;
use flink_state_reader::serializer::{SnapshotContext, parse_versioned};
use flink_state_reader::types::{Basic, EitherKind, KryoVersion, MapKind, Pojo, StructKind, Type};
use serde_json::{Map, Value, json};

/// A serializer snapshot and values of its serializer.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) values: Vec<Sample>,
}

/// A value.
pub(crate) struct Sample {
    pub(crate) json: Value,
    pub(crate) bytes: Vec<u8>,
}

/// A file of the shared test data, if it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// All vectors of both Flink releases.
pub(crate) fn load() -> Vec<Vector> {
    let Some(path) = shared("spec/vectors.json") else { return Vec::new() };
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    file["vectors"].as_array().unwrap().iter().map(vector).collect()
}

fn vector(vector: &Value) -> Vector {
    let flink = vector["flink"].as_str().unwrap();
    let name = format!("{} of Flink {flink}", vector["type"].as_str().unwrap());
    let kryo = if flink.starts_with('1') { KryoVersion::V2 } else { KryoVersion::V5 };
    let snapshot = unhex(vector["snapshotHex"].as_str().unwrap());
    let mut input = Cursor::new(&snapshot);
    let ty = parse_versioned(&mut input, &SnapshotContext::new(kryo)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let values = vector["values"].as_array().unwrap().iter();
    let sample = |v: &Value| Some(Sample { json: v["json"].clone(), bytes: unhex(v["bytes"].as_str()?) });
    Vector { name, ty, values: values.filter_map(sample).collect() }
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> Value {
    json!({ "hex": bytes.iter().map(|b| format!("{b:02x}")).collect::<String>() })
}

/// Equality that does not tell `1` from `1.0`, nor an object from the list of its values.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| same(x, y)))
        }
        (Value::Array(x), Value::Object(y)) => x.len() == y.len() && x.iter().zip(y.values()).all(|(x, y)| same(x, y)),
        _ => a == b,
    }
}

/// The value at `row` of a column that the decoder of `ty` built, in the form of the vectors.
pub(crate) fn to_json(ty: &Type, array: &ArrayRef, row: usize) -> Value {
    if let Some(special) = without_value(ty) {
        return special;
    }
    if array.is_null(row) {
        return Value::Null;
    }
    match ty {
        Type::Basic(Basic::TimeWindow | Basic::SqlTimeWindow) => {
            json!([millis(array, "start", row), millis(array, "end", row)])
        }
        Type::Basic(Basic::DeweyNumber) => list(&Type::Basic(Basic::Int), array, row),
        Type::Basic(Basic::EventId) => Value::Array(fields(array.as_struct(), row)),
        Type::Basic(Basic::Variant) => json!({
            "value": scalar(child(array, "value"), row), "metadata": scalar(child(array, "metadata"), row)
        }),
        Type::Basic(_) | Type::Enum { .. } | Type::ScalaEnum { .. } | Type::Value { .. } | Type::Opaque(_) => {
            scalar(array, row)
        }
        Type::Array(Basic::Byte) => scalar(array, row),
        Type::Array(element) => list(&Type::Basic(*element), array, row),
        Type::ObjectArray { element, .. } | Type::List { element, .. } => list(element, array, row),
        Type::Map { kind, key, value } => map(*kind, key, value, array, row),
        Type::Nullable { inner, .. } => to_json(inner, array, row),
        Type::Option(inner) => match &**inner {
            Type::Struct { kind: StructKind::Flink(_), .. } | Type::Basic(Basic::EventId) => to_json(inner, array, row),
            _ => json!({ "some": to_json(inner, array, row) }),
        },
        Type::Either { kind, left, right } => either(*kind, left, right, array, row),
        Type::Struct { kind, fields } => {
            let mut values = fields.iter().map(|f| to_json(&f.ty, child(array, &f.name), row));
            match kind {
                StructKind::Flink("SHARED_BUFFER_NODE") => values.next().unwrap(),
                _ => Value::Array(values.collect()),
            }
        }
        Type::Row { fields, row_kind } => {
            let values: Vec<_> = fields.iter().map(|f| to_json(&f.ty, child(array, &f.name), row)).collect();
            let kind = if *row_kind { scalar(child(array, "$row_kind"), row) } else { json!("+I") };
            json!([kind, values])
        }
        Type::Pojo(of) => pojo(of, array, row),
        Type::Timer { key, namespace } => json!([
            millis(array, "timestamp", row),
            to_json(key, child(array, "key"), row),
            to_json(namespace, child(array, "namespace"), row)
        ]),
        Type::Ttl(value) => {
            json!({ "ts": millis(array, "last_access", row), "value": to_json(value, child(array, "value"), row) })
        }
        Type::StreamElement(record) => stream_element(record, array, row),
        Type::TwoPhaseCommit { transaction, context, .. } => two_phase_commit(transaction, context, array, row),
        _ => panic!("no JSON form for {ty:?}"),
    }
}

fn without_value(ty: &Type) -> Option<Value> {
    let Type::Basic(basic) = ty else { return None };
    match basic {
        Basic::NullValue | Basic::Unit | Basic::VoidNamespace | Basic::GlobalWindow | Basic::SqlGlobalWindow => {
            Some(json!({}))
        }
        Basic::Tuple0 => Some(json!([])),
        Basic::Void | Basic::Null => Some(Value::Null),
        _ => None,
    }
}

pub(crate) fn child<'a>(array: &'a ArrayRef, name: &str) -> &'a ArrayRef {
    array.as_struct().column_by_name(name).unwrap_or_else(|| panic!("no field {name} in {:?}", array.data_type()))
}

fn fields(array: &StructArray, row: usize) -> Vec<Value> {
    array.columns().iter().map(|column| scalar(column, row)).collect()
}

fn list(element: &Type, array: &ArrayRef, row: usize) -> Value {
    let items = array.as_list::<i32>().value(row);
    (0..items.len()).map(|i| to_json(element, &items, i)).collect()
}

fn map(kind: MapKind, key: &Type, value: &Type, array: &ArrayRef, row: usize) -> Value {
    let entries: StructArray = match array.data_type() {
        DataType::Map(..) => array.as_map().value(row),
        _ => array.as_list::<i32>().value(row).as_struct().clone(),
    };
    let entry = |i| (to_json(key, entries.column(0), i), to_json(value, entries.column(1), i));
    let entries = (0..entries.len()).map(entry);
    if kind == MapKind::NullAware {
        return entries.map(|(key, value)| json!([key, value])).collect();
    }
    let name = |key: Value| key.as_str().map_or_else(|| key.to_string(), str::to_owned);
    Value::Object(entries.map(|(key, value)| (name(key), value)).collect())
}

fn either(kind: EitherKind, left: &Type, right: &Type, array: &ArrayRef, row: usize) -> Value {
    let (left_name, right_name) = match kind {
        EitherKind::Try => ("success", "failure"),
        EitherKind::CoGroup => ("one", "two"),
        _ => ("left", "right"),
    };
    match (child(array, "left"), child(array, "right")) {
        (column, _) if column.is_valid(row) => json!({ left_name: to_json(left, column, row) }),
        (_, column) => json!({ right_name: to_json(right, column, row) }),
    }
}

fn pojo(pojo: &Pojo, array: &ArrayRef, row: usize) -> Value {
    let mut class = pojo.class.clone();
    let mut fields = &pojo.fields;
    if let Some(classes) = array.as_struct().column_by_name("$class") {
        class = classes.as_string::<i32>().value(row).to_owned();
    }
    for subclass in pojo.registered.iter().chain(&pojo.non_registered).filter(|s| s.class == class) {
        let Type::Pojo(pojo) = &subclass.ty else { panic!("{class} is no POJO") };
        fields = &pojo.fields;
    }
    let values = fields.iter().map(|f| (f.name.clone(), to_json(&f.ty, child(array, &f.name), row)));
    let mut object: Map<_, _> = values.collect();
    if class != pojo.class {
        object.insert("@class".to_owned(), class.into());
    }
    object.into()
}

fn stream_element(record: &Type, array: &ArrayRef, row: usize) -> Value {
    let (kind, timestamp) = (child(array, "$kind").as_string::<i32>().value(row), child(array, "timestamp"));
    match kind {
        "record" => {
            let value = to_json(record, child(array, "value"), row);
            if timestamp.is_null(row) {
                json!({ "value": value })
            } else {
                json!({ "ts": scalar(timestamp, row), "value": value })
            }
        }
        "watermark" => json!({ "watermark": scalar(timestamp, row) }),
        _ => panic!("no JSON form for a {kind}"),
    }
}

fn two_phase_commit(transaction: &Type, context: &Type, array: &ArrayRef, row: usize) -> Value {
    let pending = child(array, "pending_start");
    let pending = pending
        .is_valid(row)
        .then(|| json!([to_json(transaction, child(array, "pending"), row), millis(array, "pending_start", row)]));
    let commits = child(array, "pending_commits").as_list::<i32>().value(row);
    let commit = |i| json!([to_json(transaction, child(&commits, "transaction"), i), millis(&commits, "start", i)]);
    let commits: Vec<_> = (0..commits.len()).map(commit).collect();
    json!({ "pending": pending, "pendingCommit": commits, "context": to_json(context, child(array, "context"), row) })
}

fn millis(array: &ArrayRef, field: &str, row: usize) -> i64 {
    child(array, field).as_primitive::<TimestampMillisecondType>().value(row)
}

/// A value of an Arrow type without children.
pub(crate) fn scalar(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => long(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt16 => String::from_utf16(&[array.as_primitive::<UInt16Type>().value(row)]).unwrap().into(),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            array.as_primitive::<TimestampMillisecondType>().value(row).into()
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            let nanos = array.as_primitive::<TimestampNanosecondType>().value(row);
            let time = as_datetime::<TimestampNanosecondType>(nanos).unwrap();
            format!("{}{}", time.format("%Y-%m-%dT%H:%M:%S%.f"), zone.as_ref().map_or("", |_| "Z")).into()
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            as_date::<Date32Type>(days.into()).unwrap().to_string().into()
        }
        DataType::Time64(_) => {
            let nanos = array.as_primitive::<Time64NanosecondType>().value(row);
            as_time::<Time64NanosecondType>(nanos).unwrap().format("%H:%M:%S%.f").to_string().into()
        }
        other => panic!("no JSON form for {other:?}"),
    }
}

/// Numbers beyond 2^53 are strings.
pub(crate) fn long(value: i64) -> Value {
    if value.unsigned_abs() <= 1 << 53 { value.into() } else { value.to_string().into() }
}

/// Numbers that JSON does not have are strings, and so is -0.0.
pub(crate) fn float(value: f64) -> Value {
    if value.is_finite() && !(value == 0.0 && value.is_sign_negative()) {
        return value.into();
    }
    if value == 0.0 { "-0.0".into() } else { value.to_string().into() }
}

/// A value of any Arrow type, without what only its serializer's type says: a row is its kind and its fields, dates
/// and times are numbers of their unit.
pub(crate) fn plain(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            match fields.last() {
                Some(last) if last.name() == "$row_kind" => {
                    let (kind, columns) = columns.split_last().unwrap();
                    json!([plain(kind, row), columns.iter().map(|c| plain(c, row)).collect::<Vec<_>>()])
                }
                _ => fields.iter().zip(columns).map(|(f, c)| (f.name().clone(), plain(c, row))).collect(),
            }
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).map(|i| plain(&items, i)).collect()
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let name = |key: Value| key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            let entry = |i| (name(plain(entries.column(0), i)), plain(entries.column(1), i));
            Value::Object((0..entries.len()).map(entry).collect())
        }
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row).into(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row).into(),
        DataType::Time32(_) => array.as_primitive::<Time32MillisecondType>().value(row).into(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().value(row).into()
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            array.as_primitive::<TimestampNanosecondType>().value(row).into()
        }
        DataType::Interval(_) => array.as_primitive::<IntervalYearMonthType>().value(row).into(),
        DataType::Duration(_) => array.as_primitive::<DurationMillisecondType>().value(row).into(),
        _ => scalar(array, row),
    }
}
