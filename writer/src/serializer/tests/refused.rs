//! What can't be written says so.

use flink_state_reader::ErrorKind;
use flink_state_reader::types::Opaque;

use super::*;

fn error(ty: &Type, release: &str) -> Error {
    let error = write(ty, release).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    error
}

#[test]
fn errors_name_the_type_and_the_reason() {
    for (notation, release, message) in [
        ("LIST<SET<INT>>", "1.20", "SET needs Flink 2.0, the target is Flink 1.20 (field 0)"),
        ("VARIANT", "2.0", "VARIANT needs Flink 2.1, the target is Flink 2.0"),
        ("ROWDATA(id BIGINT, v VARIANT)", "2.0", "VARIANT needs Flink 2.1, the target is Flink 2.0 (field f1)"),
        ("BITMAP", "2.2", "BITMAP needs Flink 2.3, the target is Flink 2.2"),
        ("SQL_GLOBAL_WINDOW", "1.20", "SQL_GLOBAL_WINDOW needs Flink 2.0, the target is Flink 1.20"),
        ("ROW_SQN_INFO", "2.1", "RowSqnInfo of a sequenced multiset needs Flink 2.2, the target is Flink 2.1"),
        ("VALUE_ARRAY<INT_VALUE>", "2.0", "VALUE_ARRAY<INT_VALUE> ended with Flink 1.20, the target is Flink 2.0"),
        ("KAFKA_TRANSACTION", "2.0", "the state of FlinkKafkaProducer ended with Flink 1.20, the target is Flink 2.0"),
        ("TUPLE<>", "2.2", "number of fields of Flink's Tuple0 can't be 0"),
        (
            "TUPLE<INT> CLASS org.apache.flink.api.java.tuple.Tuple2",
            "2.2",
            "number of fields of Flink's Tuple2 can't be 1",
        ),
        ("INT", "1.7", "serializer snapshots of Flink 1.7 can't be written"),
        ("POJO<A>(b INT, a INT)", "2.2", "fields of POJO A are not in the order in which Flink encodes them"),
        (
            "POJO<A>(a INT LOST)",
            "2.2",
            "no serializer snapshot can be made for A: the job that wrote it had lost its field a",
        ),
        (
            "POJO<A>(a SORTED_MAP<INT, INT>)",
            "2.2",
            "no serializer snapshot can be made for SORTED_MAP: it holds the map's comparator as a Java object, which no \
             type says (field a)",
        ),
        (
            "ROWDATA(ARRAY<ROW<x RAW('A', INT)>>)",
            "2.2",
            "no serializer snapshot can be made for RAW('A'): it holds the class and its serializer as Java objects, \
             which no type says (field f0.element.x)",
        ),
        (
            "ARRAY<BIG_INT>",
            "2.2",
            "no serializer snapshot can be made for ARRAY<BIG_INT>: only primitives and strings have such arrays",
        ),
        ("NODE_ID", "2.2", "no serializer snapshot can be made for NODE_ID: it has no snapshot of its own"),
        ("UTF", "2.2", "no serializer snapshot can be made for UTF: it is a part of Flink's own records only"),
        (
            "KRYO<A> REGISTERED (A, B INSTANCE)",
            "2.2",
            "no serializer snapshot can be made for a Kryo type with class B registered: its serializer is a Java \
             object, which no type says",
        ),
    ] {
        let ty = Type::parse(notation, kryo(release)).unwrap();
        assert_eq!(error(&ty, release).to_string(), message, "{notation}");
    }
}

#[test]
fn order_of_pojo_fields_is_told() {
    let error = error(&"POJO<A>(b INT, \"\u{FF5E}\" INT, \"\u{1F600}\" INT, a INT)".parse().unwrap(), "2.2");
    // Surrogates sort before U+FF5E, as in Java.
    assert_eq!(error.hint(), Some("Flink sorts them by name: a, b, \u{1F600}, \u{FF5E}"));
}

#[test]
fn kryo_of_another_release_is_refused() {
    let ty = Type::parse("KRYO<java.util.UUID>", KryoVersion::V2).unwrap();
    let message = "Flink 2.2 reads values of java.util.UUID with Kryo 5, they are of another Kryo";
    assert_eq!(error(&ty, "2.2").to_string(), message);
    write(&ty, "1.20").unwrap();
}

#[test]
fn opaque_types_are_refused_with_their_reason() {
    let ty = Type::Opaque(Opaque { class: "acme.Own".into(), version: 1, reason: "nobody knows it".into() });
    let message = "no serializer snapshot can be made for acme.Own: nobody knows it";
    assert_eq!(error(&ty, "2.2").to_string(), message);
    assert_eq!(error(&ty, "2.2").hint(), Some("copy the state's original snapshot instead"));
}

#[test]
fn depth_has_the_readers_limit() {
    let nested =
        |depth: usize| -> Type { format!("{}INT{}", "LIST<".repeat(depth), ">".repeat(depth)).parse().unwrap() };
    let bytes = write(&nested(63), "2.2").unwrap();
    assert_eq!(parse(&bytes, "2.2").unwrap(), nested(63));
    assert_eq!(error(&nested(64), "2.2").message(), "type is nested deeper than 64 levels");
    let deep = |depth: usize| -> Type {
        format!("ROWDATA({}INT{})", "ARRAY<".repeat(depth), ">".repeat(depth)).parse().unwrap()
    };
    assert_eq!(error(&deep(100), "2.2").message(), "type is nested deeper than 64 levels");
}
