//! Any type that is written is read again.

use std::collections::BTreeMap;

use flink_state_reader::types::{
    Basic, EitherKind, Field, Kryo, KryoDefault, KryoRegistration, KryoSerializer, ListKind, LogicalField, LogicalRoot,
    LogicalType, MapKind, Pojo, PojoField, StructKind, Subclass, ValueKind,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const RELEASE: &str = "2.3";

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,5}(\\.[A-Z][a-z$]{0,5}){0,2}", ".{0,6}"]
}

fn unnamed<T>(types: Vec<T>) -> impl Iterator<Item = (String, T)> {
    types.into_iter().enumerate().map(|(i, ty)| (format!("f{i}"), ty))
}

fn logical() -> impl Strategy<Value = LogicalType> {
    let leaf = prop_oneof![
        (0..=i32::MAX).prop_map(|length| LogicalRoot::Char { length }),
        (0..=i32::MAX).prop_map(|length| LogicalRoot::Varchar { length }),
        (0..=i32::MAX).prop_map(|length| LogicalRoot::Binary { length }),
        (0..=i32::MAX).prop_map(|length| LogicalRoot::Varbinary { length }),
        (1..=38u8).prop_map(|precision| LogicalRoot::Decimal { precision, scale: (precision / 2).cast_signed() }),
        (0..=9u8).prop_map(|precision| LogicalRoot::Time { precision }),
        (0..=9u8).prop_map(|precision| LogicalRoot::Timestamp { precision }),
        (0..=9u8).prop_map(|precision| LogicalRoot::TimestampLtz { precision }),
        prop::sample::select(vec![
            LogicalRoot::Boolean,
            LogicalRoot::TinyInt,
            LogicalRoot::SmallInt,
            LogicalRoot::Integer,
            LogicalRoot::BigInt,
            LogicalRoot::Float,
            LogicalRoot::Double,
            LogicalRoot::Date,
            LogicalRoot::YearMonthInterval,
            LogicalRoot::DayTimeInterval,
        ]),
    ];
    let typed = |root: BoxedStrategy<LogicalRoot>| (root, any::<bool>()).prop_map(|(root, null)| root.nullable(null));
    typed(leaf.boxed()).prop_recursive(3, 12, 3, move |inner| {
        let root = prop_oneof![
            inner.clone().prop_map(|t| LogicalRoot::Array(Box::new(t))),
            inner.clone().prop_map(|t| LogicalRoot::Multiset(Box::new(t))),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| LogicalRoot::Map(Box::new(k), Box::new(v))),
            vec((name(), inner), 0..4).prop_map(|fields| {
                LogicalRoot::Row(fields.into_iter().map(|(name, ty)| LogicalField { name, ty }).collect())
            }),
        ];
        typed(root.boxed())
    })
}

fn kryo_type() -> impl Strategy<Value = Type> {
    let class = || name().prop_map(KryoSerializer::Class);
    let serializer = prop_oneof![Just(KryoSerializer::Kryo), class()];
    (name(), vec((name(), serializer), 0..3), vec((name(), class()), 0..2), any::<bool>()).prop_map(
        |(class, registrations, defaults, avro)| {
            let mut registrations: Vec<_> =
                registrations.into_iter().map(|(class, serializer)| KryoRegistration { class, serializer }).collect();
            if avro {
                let class = "org.apache.avro.generic.GenericData$Array".to_owned();
                registrations.push(KryoRegistration { class, serializer: KryoSerializer::Instance });
            }
            let default_serializers =
                defaults.into_iter().map(|(class, serializer)| KryoDefault { class, serializer }).collect();
            Type::Kryo(Kryo { class, registrations, default_serializers, version: KryoVersion::V5 })
        },
    )
}

fn leaf() -> impl Strategy<Value = Type> {
    let basics: Vec<Basic> = Basic::ALL.iter().map(|row| row.0).filter(|basic| *basic != Basic::Utf).collect();
    prop_oneof![
        4 => prop::sample::select(basics).prop_map(Type::Basic),
        1 => prop::sample::select(vec![Basic::Byte, Basic::String, Basic::Double]).prop_map(Type::Array),
        1 => (name(), vec(".{0,4}", 0..4)).prop_map(|(class, c)| Type::Enum { class, constants: c.into() }),
        1 => (name(), vec((".{0,4}", any::<i32>()), 0..4))
            .prop_map(|(class, c)| Type::ScalaEnum { class, constants: c.into() }),
        1 => name().prop_map(|class| {
            let class = class.replace(|c: char| !c.is_ascii_alphanumeric(), "");
            format!(r#"AVRO<x{class}>('{{"type": "map", "values": "long"}}')"#).parse().unwrap()
        }),
        1 => kryo_type(),
        1 => name().prop_map(|class| Type::Value { kind: ValueKind::Writable, class }),
        2 => vec(logical(), 0..4).prop_map(|types| {
            Type::RowData(unnamed(types).map(|(name, ty)| LogicalField { name, ty }).collect())
        }),
        1 => logical().prop_map(|t| Type::TableCollection(LogicalRoot::Array(Box::new(t)).nullable(true))),
        1 => (0..1000usize).prop_map(|arity| Type::BinaryRowData { arity }),
        1 => (0..=9u8).prop_map(|precision| Type::TimestampData { precision }),
        1 => Just(Type::DecimalData { precision: 20, scale: 4 }),
        1 => prop::sample::select(vec!["NFA_STATE", "NFA_STATE_V1", "SHARED_BUFFER_EDGE", "SHARED_BUFFER_NODE"])
            .prop_map(|name| Type::flink_record(name, None).unwrap()),
    ]
}

fn pojo(ty: impl Strategy<Value = Type> + Clone) -> impl Strategy<Value = Type> {
    let subclasses = || vec((name(), ty.clone()), 0..3);
    (name(), vec((name(), name(), ty.clone()), 0..4), subclasses(), subclasses()).prop_map(
        |(class, fields, registered, non_registered)| {
            let sorted: BTreeMap<Vec<u16>, _> =
                fields.into_iter().map(|field| (field.0.encode_utf16().collect(), field)).collect();
            let fields = sorted
                .into_values()
                .map(|(name, class, ty)| PojoField { name, declaring_class: Some(class), ty })
                .collect();
            let list = |list: Vec<(String, Type)>| list.into_iter().map(|(class, ty)| Subclass { class, ty }).collect();
            Type::Pojo(Pojo { class, fields, registered: list(registered), non_registered: list(non_registered) })
        },
    )
}

fn any_type() -> impl Strategy<Value = Type> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let ty = || inner.clone().prop_map(Box::new);
        let fields = || {
            vec(inner.clone(), 0..4)
                .prop_map(|types| unnamed(types).map(|(name, ty)| Field { name, ty }).collect::<Vec<_>>())
        };
        prop_oneof![
            ty().prop_map(|element| Type::List { kind: ListKind::List, element }),
            ty().prop_map(|element| Type::List { kind: ListKind::Set, element }),
            (ty(), any::<bool>())
                .prop_map(|(element, null_mask)| Type::List { kind: ListKind::LinkedList { null_mask }, element }),
            (ty(), ".{0,9}")
                .prop_map(|(element, code)| Type::List { kind: ListKind::Traversable { code: code.into() }, element }),
            (ty(), ty()).prop_map(|(key, value)| Type::Map { kind: MapKind::Map, key, value }),
            (ty(), ty()).prop_map(|(key, value)| Type::Map { kind: MapKind::NullAware, key, value }),
            (ty(), 0..99usize).prop_map(|(inner, padding)| Type::Nullable { padding, inner }),
            ty().prop_map(Type::Option),
            (ty(), ty(), prop::sample::select(vec![EitherKind::Java, EitherKind::Try, EitherKind::CoGroup]))
                .prop_map(|(left, right, kind)| Type::Either { kind, left, right }),
            (ty(), name()).prop_map(|(element, class)| Type::ObjectArray { class, element }),
            ty().prop_map(Type::Ttl),
            ty().prop_map(Type::StreamElement),
            ty().prop_map(Type::RawValue),
            (ty(), ty()).prop_map(|(key, namespace)| Type::Timer { key, namespace }),
            (any::<bool>(), ty(), ty()).prop_map(|(nullable_pending, transaction, context)| {
                Type::TwoPhaseCommit { nullable_pending, transaction, context }
            }),
            (ty(), prop::sample::select(vec!["BUFFER_ENTRY", "LOCKABLE", "WINDOW_KEY", "SQN_NODE"]))
                .prop_map(|(t, name)| Type::flink_record(name, Some(*t)).unwrap()),
            (fields(), name()).prop_map(|(fields, class)| Type::Struct { kind: StructKind::Tuple(class), fields }),
            (fields(), name()).prop_map(|(fields, class)| Type::Struct { kind: StructKind::CaseClass(class), fields }),
            (fields(), any::<bool>()).prop_map(|(fields, row_kind)| Type::Row { fields, row_kind }),
            pojo(inner.clone()),
        ]
    })
}

proptest! {
    #[test]
    fn every_type_is_read_again(ty in any_type()) {
        let bytes = write(&ty, RELEASE).map_err(|e| TestCaseError::fail(format!("{e}: {ty}")))?;
        let again = parse(&bytes, RELEASE).map_err(|e| TestCaseError::fail(format!("{e}: {ty}")))?;
        prop_assert_eq!(&again, &ty);
        // The same type always has the same bytes.
        prop_assert_eq!(write(&again, RELEASE).unwrap(), bytes);
    }
}
