use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::*;
use super::*;

fn round_trip(text: &str) {
    assert_eq!(text.parse::<Type>().unwrap().to_string(), text);
}

#[test]
fn printed_forms_are_read_again() {
    for text in [
        "STRING",
        "BIG_DECIMAL",
        "TUPLE<STRING, LONG>",
        "TUPLE<STRING, LONG> CLASS com.acme.Pair",
        "TUPLE<>",
        "LIST<TUPLE<INT, ARRAY<BYTE>>>",
        "LINKED_LIST_WITHOUT_MASK<STRING>",
        "TRAVERSABLE<STRING>('it''s code')",
        "MAP<STRING, NULLABLE<LONG>(8)>",
        "NULLABLE<LIST<NULLABLE<STRING>>>",
        "OBJECT_ARRAY<INT> CLASS java.lang.Integer",
        "OBJECT_ARRAY<STRING> CLASS [Ljava.lang.String;",
        "VALUE_ARRAY<NULL_VALUE>",
        "POJO<com.acme.Order>(id LONG, lines LIST<POJO<com.acme.Line>(sku STRING FROM com.acme.Base)>)",
        "POJO<A$B>(missing-field-at-1 INT LOST) REGISTERED (C POJO<C>(x INT)) SUBCLASSES (D OPAQUE<com.acme.Own>)",
        "ROW(name STRING, cnt LONG, \"is \"\"ok\"\"\" BOOLEAN)",
        "ROW(STRING, TUPLE<INT> CLASS x.Y, INT)",
        "ROW_WITHOUT_KIND()",
        "ROWDATA(BIGINT NOT NULL, VARCHAR(20))",
        "ROWDATA(id BIGINT NOT NULL, note INTERVAL DAY TO SECOND, INTERVAL ROW<a INT, b STRING NOT NULL> NOT NULL)",
        "ROWDATA(INTERVAL YEAR TO MONTH, RAW('java.lang.String', STRING), UNKNOWN('com.acme.T'), BYTES)",
        "ARRAYDATA(MAP<STRING, MULTISET<DECIMAL(38, 10)>>)",
        "MAPDATA(INT NOT NULL, TIMESTAMP_LTZ(3))",
        "AVRO('{\"type\":\"string\"}')",
        "AVRO<com.acme.User>('\"long\"')",
        "ENUM<com.acme.Kind>('A','B')",
        "SCALA_ENUM<com.acme.Kind$>('A' = 0, 'B' = -3)",
        "EITHER<STRING, LONG>",
        "KRYO<com.acme.X>",
        "KRYO<com.acme.X>(com.acme.Y, a.B SERIALIZER a.BSerializer, c.D INSTANCE) DEFAULT (e.F SERIALIZER e.FSer)",
        "KRYO<com.acme.X> REGISTERED (com.acme.X)",
        "KRYO<com.acme.X> REGISTERED ()",
        "OPAQUE<com.acme.OwnSerializerSnapshot>",
        "OPAQUE<'a class > with signs'>",
        "CASE_CLASS<scala.Tuple2>(STRING, LONG)",
        "TWO_PHASE_COMMIT_WITHOUT_NULL<KAFKA_TRANSACTION, LIST<UTF>>",
        "SHARED_BUFFER_NODE",
        "OPTION<NODE_ID>",
        "LOCKABLE<STRING>",
        "TIMER<STRING, TIME_WINDOW>",
    ] {
        if text.contains("missing-field-at-1") {
            let quoted = text.replace("missing-field-at-1", "\"missing-field-at-1\"");
            assert_eq!(text.parse::<Type>().unwrap().to_string(), quoted);
        } else {
            round_trip(text);
        }
    }
}

#[test]
fn words_are_read_in_any_case() {
    assert_eq!("tuple<String, long>".parse::<Type>().unwrap().to_string(), "TUPLE<STRING, LONG>");
    assert_eq!("rowdata(Id integer not null)".parse::<Type>().unwrap().to_string(), "ROWDATA(Id INT NOT NULL)");
}

#[test]
fn errors_say_what_is_expected_where() {
    for (text, message) in [
        ("", "a type expected in a type, the end found (offset 0)"),
        ("LIST<", "a type expected in a type, the end found (offset 5)"),
        ("LIST<STRING", "> expected in a type, the end found (offset 11)"),
        ("STRING STRING", "the end of the type expected in a type, STRING found (offset 7)"),
        ("MAP<STRING>", ", expected in a type, > found (offset 10)"),
        ("STRNG", "there is no type STRNG of this form (offset 0)"),
        ("LOCKABLE", "there is no type LOCKABLE of this form (offset 0)"),
        ("ENUM<A>(B)", "'text' expected in a type, B found (offset 8)"),
        ("AVRO('{}", "' is not closed (offset 5)"),
        ("ROWDATA(DECIMAL(2, 3))", "there is no DECIMAL(2, 3) (offset 15)"),
        ("ROWDATA(VARCHAR(-1))", "negative length -1 (offset 15)"),
        ("TIMESTAMP_DATA(10)", "there is no time with 10 fraction digits (offset 14)"),
        ("ARRAY<TUPLE<>>", "array of a basic type expected, TUPLE<> found (offset 5)"),
        ("LIST<?>", "? is no part of a type (offset 5)"),
    ] {
        assert_eq!(text.parse::<Type>().unwrap_err().to_string(), message, "{text}");
    }
    let deep = format!("{}STRING{}", "LIST<".repeat(100_000), ">".repeat(100_000));
    assert_eq!(deep.parse::<Type>().unwrap_err().message(), "type is nested deeper than 128 levels");
}

#[test]
fn deepest_type_fits_into_the_stack() {
    round_trip(&format!("{}STRING{}", "LIST<".repeat(127), ">".repeat(127)));
}

fn basic() -> impl Strategy<Value = Basic> {
    (0..Basic::ALL.len()).prop_map(|i| Basic::ALL[i].0)
}

fn class() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,5}(\\.[A-Z][a-z$]{0,5}){1,2}", 1 => ".{0,8}"]
}

/// Class names that are no keyword of what may follow a type.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-zA-Z_$][a-zA-Z0-9_$]{0,6}", 1 => ".{0,8}"]
}

fn logical() -> impl Strategy<Value = LogicalType> {
    let leaf = prop_oneof![
        (0..=i32::MAX).prop_map(|length| LogicalRoot::Varchar { length }),
        Just(LogicalRoot::Varbinary { length: i32::MAX }),
        (1..=38u8).prop_map(|precision| LogicalRoot::Decimal { precision, scale: (precision / 2).cast_signed() }),
        Just(LogicalRoot::BigInt),
        Just(LogicalRoot::YearMonthInterval),
        Just(LogicalRoot::DayTimeInterval),
        (0..=9u8).prop_map(|precision| LogicalRoot::TimestampLtz { precision }),
        (class(), basic()).prop_map(|(class, b)| LogicalRoot::Raw { class, ty: Box::new(b.into()) }),
    ];
    let typed = |root: BoxedStrategy<LogicalRoot>| (root, any::<bool>()).prop_map(|(root, null)| root.nullable(null));
    typed(leaf.boxed()).prop_recursive(3, 12, 3, move |inner| {
        let root = prop_oneof![
            inner.clone().prop_map(|t| LogicalRoot::Array(Box::new(t))),
            inner.clone().prop_map(|t| LogicalRoot::Multiset(Box::new(t))),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| LogicalRoot::Map(Box::new(k), Box::new(v))),
            logical_fields(inner).prop_map(LogicalRoot::Row),
        ];
        typed(root.boxed())
    })
}

fn logical_fields(ty: impl Strategy<Value = LogicalType>) -> impl Strategy<Value = Vec<LogicalField>> {
    vec((option::of(name()), ty), 0..4).prop_map(|fields| {
        let fields = fields.into_iter().enumerate();
        fields.map(|(i, (name, ty))| LogicalField { name: name.unwrap_or(format!("f{i}")), ty }).collect()
    })
}

fn kryo_serializer() -> impl Strategy<Value = KryoSerializer> {
    prop_oneof![Just(KryoSerializer::Kryo), Just(KryoSerializer::Instance), class().prop_map(KryoSerializer::Class)]
}

fn leaf() -> impl Strategy<Value = Type> {
    prop_oneof![
        4 => basic().prop_map(Type::Basic),
        1 => basic().prop_map(Type::Array),
        1 => (class(), vec(".{0,4}", 0..4)).prop_map(|(class, c)| Type::Enum { class, constants: c.into() }),
        1 => (class(), vec((".{0,4}", any::<i32>()), 0..4))
            .prop_map(|(class, c)| Type::ScalaEnum { class, constants: c.into() }),
        1 => (class(), ".{0,20}").prop_map(|(class, doc)| {
            let schema = serde_json::json!({ "type": "fixed", "name": "F", "size": 1, "doc": doc }).to_string();
            Type::Avro { class, schema: AvroSchema::parse(schema).unwrap() }
        }),
        1 => (
            class(),
            option::of(vec((class(), kryo_serializer()), 0..3)),
            any::<bool>(),
            vec((class(), kryo_serializer()), 0..2),
        )
            .prop_map(|(class, registrations, own, defaults)| {
                let registrations = match registrations {
                    None => standard_registrations(&class).to_vec(),
                    Some(list) if own => {
                        let [first, last] = standard_registrations(&class);
                        let own = list.into_iter();
                        let own = own.map(|(class, serializer)| KryoRegistration { class, serializer }).collect();
                        [vec![first], own, vec![last]].concat()
                    }
                    Some(list) => {
                        let list = list.into_iter();
                        list.map(|(class, serializer)| KryoRegistration { class, serializer }).collect()
                    }
                };
                let default_serializers =
                    defaults.into_iter().map(|(class, serializer)| KryoDefault { class, serializer }).collect();
                Type::Kryo(Kryo { class, registrations, default_serializers, version: KryoVersion::V5 })
            }),
        1 => class().prop_map(|class| Type::Value { kind: ValueKind::CopyableValue, class }),
        1 => logical_fields(logical()).prop_map(Type::RowData),
        1 => logical().prop_map(|t| Type::TableCollection(LogicalRoot::Array(Box::new(t)).nullable(true))),
        1 => any::<u32>().prop_map(|arity| Type::BinaryRowData { arity: arity as usize }),
        1 => (0..=9u8).prop_map(|precision| Type::TimestampData { precision }),
        1 => Just(Type::flink_record("NFA_STATE", None).unwrap()),
    ]
}

fn fields(ty: impl Strategy<Value = Type>) -> impl Strategy<Value = Vec<Field>> {
    vec((option::of(name()), ty), 0..4).prop_map(|fields| {
        let fields = fields.into_iter().enumerate();
        fields.map(|(i, (name, ty))| Field { name: name.unwrap_or(format!("f{i}")), ty }).collect()
    })
}

fn subclasses(ty: impl Strategy<Value = Type>) -> impl Strategy<Value = Vec<Subclass>> {
    vec((class(), ty).prop_map(|(class, ty)| Subclass { class, ty }), 0..3)
}

fn any_type() -> impl Strategy<Value = Type> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let ty = || inner.clone().prop_map(Box::new);
        prop_oneof![
            ty().prop_map(|element| Type::List { kind: ListKind::List, element }),
            ty().prop_map(|element| Type::List { kind: ListKind::LinkedList { null_mask: false }, element }),
            (ty(), ".{0,9}").prop_map(|(element, code)| {
                Type::List { kind: ListKind::Traversable { code: Arc::from(code) }, element }
            }),
            (ty(), ty()).prop_map(|(key, value)| Type::Map { kind: MapKind::NullAware, key, value }),
            (ty(), 0..99usize).prop_map(|(inner, padding)| Type::Nullable { padding, inner }),
            (ty(), ty()).prop_map(|(left, right)| Type::Either { kind: EitherKind::Try, left, right }),
            (ty(), class()).prop_map(|(element, class)| Type::ObjectArray { class, element }),
            ty().prop_map(Type::Ttl),
            ty().prop_map(|t| Type::flink_record("BUFFER_ENTRY", Some(*t)).unwrap()),
            (vec(inner.clone(), 0..4), option::of(class())).prop_map(|(types, class)| {
                let class = class.unwrap_or(format!("{TUPLE_PACKAGE}Tuple{}", types.len()));
                let fields = types.into_iter().enumerate().map(|(i, ty)| Field { name: format!("f{i}"), ty }).collect();
                Type::Struct { kind: StructKind::Tuple(class), fields }
            }),
            (fields(inner.clone()), class())
                .prop_map(|(fields, class)| Type::Struct { kind: StructKind::CaseClass(class), fields }),
            (fields(inner.clone()), any::<bool>()).prop_map(|(fields, row_kind)| Type::Row { fields, row_kind }),
            (
                class(),
                vec((name(), option::of(class()), inner.clone()), 0..4),
                subclasses(inner.clone()),
                subclasses(inner.clone()),
            )
                .prop_map(|(class, fields, registered, non_registered)| {
                    let fields = fields
                        .into_iter()
                        .map(|(name, declaring_class, ty)| PojoField { name, declaring_class, ty })
                        .collect();
                    Type::Pojo(Pojo { class, fields, registered, non_registered })
                }),
        ]
    })
}

proptest! {
    #[test]
    fn every_type_is_read_again(ty in any_type()) {
        let text = ty.to_string();
        prop_assert_eq!(text.parse::<Type>().map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?, ty);
    }

    #[test]
    fn any_text_ends_in_a_result(text in "[A-Z<>(), '\"=0-9]{0,60}") {
        let _ = text.parse::<Type>();
    }
}
