//! Hashes of keys: those that Java computed.

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, MapArray, StringArray, StructArray, Time64NanosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt16Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields};
use flink_state_writer::key::{Convention, Hasher, check};

use crate::vectors::{Vector, decode, file, load};

/// How the classes of the vectors compute their hashes.
fn declared(name: &str) -> Option<Convention> {
    let text = match name {
        _ if name.starts_with("POJO com.example.Model$Person") => "objects_hash(name, int age, Double score)",
        _ if name.starts_with("Java record") => "record(String s, int i, long l)",
        _ if name.starts_with("Tuple subclass") => "ide31(f0, f1)",
        _ if name.starts_with("Avro") => "avro",
        _ if name.starts_with("Scala") => "scala_product",
        _ => return None,
    };
    Some(text.parse().unwrap())
}

/// Rows whose nulls are not in the form of generated code, which all keys have.
const REFUSED: [&str; 2] = ["RowData(DECIMAL(38,10), TIMESTAMP(9)) nulls", "RowData(all types)"];

/// `GenericData.hashCode` of `{"id": 42, "name": "bob", "active": true}`, with Avro 1.8.
const AVRO_USER: i32 = 3_100_611;

#[test]
fn avro_records_hash_as_generic_data_does() {
    for Vector { name, ty, values } in load().into_iter().filter(|v| v.name.contains("com.example.User")) {
        let column = decode(&ty, &values[0].bytes).unwrap();
        let hasher = Hasher::new(&ty, Some(&Convention::Avro), &column).unwrap();
        assert_eq!(hasher.hash(0).unwrap(), AVRO_USER, "{name}");
        assert_ne!(Hasher::new(&ty, Some(&Convention::Avro1), &column).unwrap().hash(0).unwrap(), AVRO_USER);
    }
}

#[test]
fn hashes_are_javas() {
    let max = NonZeroU16::new(128).unwrap();
    let (mut hashes, mut refused, mut failures) = (0, BTreeSet::new(), Vec::new());
    for Vector { name, ty, values } in load() {
        let plain = name.split(" of Flink").next().unwrap().to_owned();
        for sample in values {
            let Some((expected, group)) = sample.hash else { continue };
            let column = decode(&ty, &sample.bytes).unwrap();
            let result = Hasher::new(&ty, declared(&name).as_ref(), &column).and_then(|hasher| {
                let hash = hasher.hash(0)?;
                check(&hasher, &[group.into()], max)?;
                Ok(hash)
            });
            match result {
                Ok(hash) if hash == expected => hashes += 1,
                Err(_) if REFUSED.contains(&plain.as_str()) => drop(refused.insert(plain.clone())),
                other => failures.push(format!("{name}: {} {other:?} instead of {expected}", sample.json)),
            }
        }
    }
    println!("{hashes} hashes");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if hashes > 0 {
        assert_eq!(refused, REFUSED.map(str::to_owned).into());
    }
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    let mut list = ListBuilder::new(StringBuilder::new());
    values.iter().for_each(|value| list.values().append_option(*value));
    list.append(true);
    Arc::new(list.finish())
}

fn ints(values: &[i32]) -> ArrayRef {
    let mut list = ListBuilder::new(Int32Builder::new());
    list.values().append_slice(values);
    list.append(true);
    Arc::new(list.finish())
}

fn map(keys: &[&str], values: impl Array + 'static) -> ArrayRef {
    let names = Field::new("key", DataType::Utf8, false);
    let entries = Fields::from(vec![names, Field::new("value", values.data_type().clone(), true)]);
    let offsets = OffsetBuffer::from_lengths([keys.len()]);
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(keys.to_vec())), Arc::new(values)];
    let entries = StructArray::new(entries, columns, None);
    let field = Field::new("entries", entries.data_type().clone(), false);
    Arc::new(MapArray::new(Arc::new(field), offsets, entries, None, false))
}

fn long(value: i64) -> ArrayRef {
    Arc::new(Int64Array::from(vec![value]))
}

fn int(value: i32) -> ArrayRef {
    Arc::new(Int32Array::from(vec![value]))
}

fn double(value: f64) -> ArrayRef {
    Arc::new(Float64Array::from(vec![value]))
}

fn boolean(value: bool) -> ArrayRef {
    Arc::new(BooleanArray::from(vec![value]))
}

fn fields(parts: &[(&str, ArrayRef)]) -> ArrayRef {
    let each = parts.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
    let columns = parts.iter().map(|(_, column)| column.clone()).collect();
    Arc::new(StructArray::new(each.collect::<Fields>(), columns, None))
}

fn millis(value: i64) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(vec![value]).with_timezone("UTC"))
}

fn nanos(value: i64) -> TimestampNanosecondArray {
    TimestampNanosecondArray::from(vec![value])
}

const NOVEMBER: i64 = 1_700_000_000_123_456_789;
const LOMBOK: &str = "lombok(String name, int age, long id, boolean ok, Boolean okBoxed, double d, Long boxed, \
                      int[] arr, List<String> tags, float fl, byte by, char ch, short sh)";
const LOMBOK_TYPE: &str = "POJO<com.example.L>(age INT, arr ARRAY<INT>, boxed LONG, by BYTE, ch CHAR, d DOUBLE, \
                           fl FLOAT, id LONG, name STRING, ok BOOLEAN, okBoxed BOOLEAN, sh SHORT, tags LIST<STRING>)";

fn lombok(there: bool) -> ArrayRef {
    let some = |column: ArrayRef| -> ArrayRef {
        let nulls = NullBuffer::from(vec![there]);
        arrow_array::make_array(column.to_data().into_builder().nulls(Some(nulls)).build().unwrap())
    };
    let n = i8::from(there);
    fields(&[
        ("age", int(33 * i32::from(n))),
        ("arr", some(ints(&[1, 2]))),
        ("boxed", some(long(7))),
        ("by", Arc::new(Int8Array::from(vec![3 * n]))),
        ("ch", Arc::new(UInt16Array::from(vec![if there { 65 } else { 0 }]))),
        ("d", double(1.5 * f64::from(n))),
        ("fl", Arc::new(Float32Array::from(vec![1.5 * f32::from(n)]))),
        ("id", long(5_000_000_000 * i64::from(n))),
        ("name", some(text("bob"))),
        ("ok", boolean(there)),
        ("okBoxed", some(boolean(true))),
        ("sh", Arc::new(Int16Array::from(vec![300 * i16::from(n)]))),
        ("tags", some(texts(&[Some("x")]))),
    ])
}

/// Type, convention and value of a hash vector, by its Java text.
#[rustfmt::skip]
fn case(class: &str, java: &str) -> Option<(&'static str, Option<&'static str>, ArrayRef)> {
    let plain = |ty, column| Some((ty, None, column));
    let scala = |ty, column| Some((ty, Some("scala_product"), column));
    match (class.rsplit('.').next().unwrap(), java) {
        ("Boolean", _) => plain("BOOLEAN", boolean(true)),
        ("Byte", _) => plain("BYTE", Arc::new(Int8Array::from(vec![-1]))),
        ("Short", _) => plain("SHORT", Arc::new(Int16Array::from(vec![300]))),
        ("Integer", _) => plain("INT", int(i32::MIN)),
        ("Long", "-1L") => plain("LONG", long(-1)),
        ("Long", _) => plain("LONG", long(1_234_567_890_123)),
        ("Float", java) => plain("FLOAT", Arc::new(Float32Array::from(vec![java.trim_end_matches('f').parse::<f32>().unwrap()]))),
        ("Double", java) => plain("DOUBLE", double(java.parse().unwrap())),
        ("Character", _) => plain("CHAR", Arc::new(UInt16Array::from(vec![0x20AC]))),
        ("String", "\"hello\"") => plain("STRING", text("hello")),
        ("String", _) => plain("STRING", text("😀")),
        ("BigInteger", java) => plain("BIG_INT", text(java)),
        ("BigDecimal", java) => plain("BIG_DECIMAL", text(java)),
        ("UUID", java) => plain("KRYO<java.util.UUID>", text(java)),
        ("Date", _) => plain("SQL_DATE", millis(1_700_000_000_123)),
        ("Timestamp", _) => plain("SQL_TIMESTAMP", Arc::new(nanos(NOVEMBER).with_timezone("UTC"))),
        ("LocalDate", _) => plain("LOCAL_DATE", Arc::new(Date32Array::from(vec![19_675]))),
        ("LocalTime", _) => plain("LOCAL_TIME", Arc::new(Time64NanosecondArray::from(vec![NOVEMBER % 86_400_000_000_000]))),
        ("LocalDateTime", _) => plain("LOCAL_DATE_TIME", Arc::new(nanos(NOVEMBER))),
        ("Instant", _) => plain("INSTANT", Arc::new(nanos(NOVEMBER - NOVEMBER % 1_000_000_000 + 123_456_789).with_timezone("UTC"))),
        ("Duration", _) => plain("KRYO<java.time.Duration>", text("PT5.000000007S")),
        ("Period", _) => plain("KRYO<java.time.Period>", text("P1Y2M3D")),
        ("Year", _) => plain("KRYO<java.time.Year>", int(2023)),
        ("ZoneOffset", java) => plain("KRYO<java.time.ZoneOffset>", text(java)),
        ("OffsetDateTime", java) => plain("KRYO<java.time.OffsetDateTime>", text(java)),
        ("ZoneId", java) => plain("KRYO<java.time.ZoneId>", text(java)),
        ("ZonedDateTime", java) => plain("KRYO<java.time.ZonedDateTime>", text(java)),
        ("ArrayList", "[\"a\",\"b\"]") => plain("LIST<STRING>", texts(&[Some("a"), Some("b")])),
        ("ArrayList", _) => plain("LIST<STRING>", texts(&[Some("a"), None])),
        ("HashMap", _) => plain("MAP<STRING, LONG>", map(&["a", "b"], Int64Array::from(vec![1, 2]))),
        ("HashSet", _) => plain("SET<STRING>", texts(&[Some("a"), Some("b")])),
        ("hash", _) if class == "java.util.Objects.hash" => Some((
            "POJO<com.example.A>(age INT, d DOUBLE, name STRING)",
            Some("objects_hash(name, int age, double d)"),
            fields(&[("age", int(33)), ("d", double(1.5)), ("name", text("bob"))]),
        )),
        ("24 @Data", java) => Some((LOMBOK_TYPE, Some(LOMBOK), lombok(!java.contains("all fields null")))),
        ("IDE template (31 polynomial, no seed)", _) => Some((
            "POJO<com.example.I>(age INT, d DOUBLE, f FLOAT, id LONG, name STRING, ok BOOLEAN)",
            Some("ide31(String name, int age, long id, double d, boolean ok, float f)"),
            fields(&[
                ("age", int(33)), ("d", double(1.5)), ("f", Arc::new(Float32Array::from(vec![1.5]))),
                ("id", long(5_000_000_000)), ("name", text("bob")), ("ok", boolean(true)),
            ]),
        )),
        ("java record", java) if java.contains("Pt(int") => Some((
            "POJO<com.example.Pt>(b BOOLEAN, d DOUBLE, f FLOAT, s STRING, x INT, y LONG)",
            Some("record(int x, long y, double d, boolean b, String s, float f)"),
            fields(&[
                ("b", boolean(true)), ("d", double(2.5)), ("f", Arc::new(Float32Array::from(vec![1.5]))),
                ("s", text("a")), ("x", int(1)), ("y", long(2)),
            ]),
        )),
        ("java record", _) => Some((
            "POJO<com.example.Nest>(by BYTE, c CHAR, p STRING, sh SHORT, z INT)",
            Some("record(Pt p, Integer z, byte by, char c, short sh)"),
            fields(&[
                ("by", Arc::new(Int8Array::from(vec![3]))), ("c", Arc::new(UInt16Array::from(vec![65]))),
                ("p", Arc::new(StringArray::from(vec![None::<&str>]))), ("sh", Arc::new(Int16Array::from(vec![300]))), ("z", int(7)),
            ]),
        )),
        ("Row", "Row.of(\"a\",1L,true)") => plain("ROW(a STRING, b LONG, c BOOLEAN)", row("+I", &[text("a"), long(1), boolean(true)])),
        ("Row", java) if java.starts_with("Row.ofKind") => {
            let null: ArrayRef = Arc::new(Int64Array::from(vec![None]));
            plain("ROW(a STRING, b LONG, c BOOLEAN)", row("-D", &[text("a"), null, boolean(false)]))
        }
        ("Row", _) => {
            let inner = fields(&[("f0", int(1)), ("f1", int(2)), ("$row_kind", text("+I"))]);
            let mut boxed = ListBuilder::new(Int32Builder::new());
            boxed.append_value([Some(1), None]);
            plain(
                "ROW(a ROW(INT, INT), b OBJECT_ARRAY<INT> CLASS java.lang.Integer, c LIST<INT>, d MAP<STRING, INT>, e ARRAY<INT>)",
                row("+I", &[inner, Arc::new(boxed.finish()), ints(&[1, 2]), map(&["k"], Int32Array::from(vec![5])), ints(&[1, 2])]),
            )
        }
        ("Tuple2", "Tuple2.of(\"user-42\",-7L)") => plain("TUPLE<STRING, LONG>", fields(&[("f0", text("user-42")), ("f1", long(-7))])),
        ("Tuple3", "Tuple3.of(1,2.5,true)") => {
            plain("TUPLE<INT, DOUBLE, BOOLEAN>", fields(&[("f0", int(1)), ("f1", double(2.5)), ("f2", boolean(true))]))
        }
        ("Either", _) => plain("EITHER<STRING, INT>", fields(&[("left", text("a")), ("right", Arc::new(Int32Array::from(vec![None])))])),
        ("12)", java) if class.starts_with("scala.Tuple2") && java.starts_with("(\"a\"") => scala(
            "CASE_CLASS<scala.Tuple2>(STRING, LONG)",
            fields(&[("f0", text("a")), ("f1", long(if java.contains("5000") { 5_000_000_000 } else { 1 }))]),
        ),
        ("12)", _) if class.starts_with("scala.Tuple2") => scala(
            "CASE_CLASS<scala.Tuple2>(DOUBLE, STRING)",
            fields(&[("f0", double(0.1)), ("f1", Arc::new(StringArray::from(vec![None::<&str>])))]),
        ),
        ("12)", _) if class.starts_with("scala.Tuple3") => scala(
            "CASE_CLASS<scala.Tuple3>(INT, DOUBLE, BOOLEAN)",
            fields(&[("f0", int(1)), ("f1", double(2.5)), ("f2", boolean(true))]),
        ),
        (_, "Some(\"a\")") => scala("OPTION<STRING>", text("a")),
        ("None", _) => scala("OPTION<STRING>", Arc::new(StringArray::from(vec![None::<&str>]))),
        (_, java) if class.starts_with("scala.util.Left") && java.contains("\"a\"") => scala(
            "SCALA_EITHER<STRING, INT>",
            fields(&[("left", text("a")), ("right", Arc::new(Int32Array::from(vec![None])))]),
        ),
        (_, _) if class.starts_with("scala List") => scala("TRAVERSABLE<STRING>('CanBuildFrom[List[String], String, List[String]]')", texts(&[Some("a"), Some("b")])),
        (_, _) if class.starts_with("scala Vector") => scala("TRAVERSABLE<STRING>('CanBuildFrom[scala.Vector[String], A, B]')", texts(&[Some("a"), Some("b")])),
        (_, _) if class.starts_with("scala Set") => scala("TRAVERSABLE<STRING>('CanBuildFrom[Set[String], A, B]')", texts(&[Some("a"), Some("b")])),
        ("TimeWindow (streaming)", _) => plain("TIME_WINDOW", fields(&[("start", millis(1000)), ("end", millis(2000))])),
        ("StringData", java) => plain("STRING_DATA", text(if java.contains("hello") { "hello" } else { "héllo €" })),
        ("DecimalData", _) => plain("DECIMAL_DATA(10, 2)", Arc::new(Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).unwrap())),
        ("TimestampData", _) => plain("TIMESTAMP_DATA(9)", Arc::new(nanos(1_700_000_000_123_456_789))),
        _ => None,
    }
}

fn row(kind: &str, values: &[ArrayRef]) -> ArrayRef {
    let mut parts: Vec<_> = ["a", "b", "c", "d", "e"].into_iter().zip(values.iter().cloned()).collect();
    parts.push(("$row_kind", text(kind)));
    fields(&parts)
}

/// Hash vectors of what is no key, or whose parts the other vectors hold.
const NO_KEYS: [&str; 6] = [
    "java.time.YearMonth 2023-11",
    "java.util.Arrays.deepHashCode Arrays.deepHashCode(new Object[]{\"a\", new int[]{1}})",
    "java.util.Arrays.hashCode Arrays.hashCode(new byte[]{(byte)0x80,4})",
    "java.util.Arrays.hashCode Arrays.hashCode(new int[]{1,2,3})",
    "java.util.Optional Optional.empty()",
    "java.util.Optional Optional.of(\"a\")",
];

#[test]
fn other_hashes_are_javas() {
    let Some(file) = file() else { return };
    let (mut hashes, mut left_out) = (0, BTreeSet::new());
    for vector in file["hashVectors"].as_array().unwrap() {
        let (class, java) = (vector["class"].as_str().unwrap(), vector["java"].as_str().unwrap());
        let Some((ty, convention, column)) = case(class, java) else {
            left_out.insert(format!("{class} {java}"));
            continue;
        };
        let convention = convention.map(|text| text.parse::<Convention>().unwrap());
        let hasher = Hasher::new(&ty.parse().unwrap(), convention.as_ref(), &column);
        let hash = hasher.and_then(|hasher| hasher.hash(0)).unwrap_or_else(|e| panic!("{class} {java}: {e:?}"));
        assert_eq!(i64::from(hash), vector["hashCode"].as_i64().unwrap(), "{class} {java}");
        hashes += 1;
    }
    println!("{hashes} hashes");
    assert_eq!(left_out, NO_KEYS.map(str::to_owned).into());
}
