//! Records of Flink's own runtime: their fields, which no snapshot stores.

use super::{Basic, Field, ListKind, StructKind, Type};

/// Name in the notation, and the place of the type parameter among the fields, if there is one.
const RECORDS: [(&str, Option<usize>); 14] = [
    ("BUFFER_ENTRY", Some(1)),
    ("LOCKABLE", Some(1)),
    ("WINDOW_KEY", Some(1)),
    ("SQN_NODE", Some(0)),
    ("ROW_SQN_INFO", None),
    ("META_SQN_INFO", None),
    ("NODE_ID", None),
    ("SHARED_BUFFER_EDGE", None),
    ("SHARED_BUFFER_NODE", None),
    ("SHARED_BUFFER_NODE_V1", None),
    ("NFA_STATE", None),
    ("NFA_STATE_V1", None),
    ("KAFKA_TRANSACTION", None),
    ("KAFKA_TRANSACTION_HINT", None),
];

impl Type {
    /// A record of Flink's own runtime by its name in the notation:
    ///
    /// | name | Flink's serializer | parameter |
    /// |---|---|---|
    /// | `BUFFER_ENTRY` | `IntervalJoinOperator$BufferEntrySerializer` | element |
    /// | `LOCKABLE` | CEP's `LockableTypeSerializer` | element |
    /// | `WINDOW_KEY` | `WindowKeySerializer` | key |
    /// | `SQN_NODE`, `ROW_SQN_INFO`, `META_SQN_INFO` | those of `sequencedmultisetstate.linked` | row, none, none |
    /// | `NODE_ID`, `SHARED_BUFFER_EDGE`, `SHARED_BUFFER_NODE`, `NFA_STATE` | CEP's; `_V1` before 1.13 and 1.16 | |
    /// | `KAFKA_TRANSACTION`, `KAFKA_TRANSACTION_HINT` | those of `FlinkKafkaProducer` | |
    ///
    /// CEP's `NodeIdSerializer` itself is an [`Type::Option`] of `NODE_ID`. `None` when there is no such record, or the
    /// parameter is missing or too much.
    pub fn flink_record(name: &str, parameter: Option<Type>) -> Option<Type> {
        let &(name, place) = RECORDS.iter().find(|(n, _)| *n == name)?;
        if parameter.is_some() != place.is_some() {
            return None;
        }
        let t = parameter.unwrap_or(Type::Basic(Basic::Void));
        Some(match name {
            "BUFFER_ENTRY" => record(name, [("joined", Basic::Boolean.into()), ("element", t)]),
            "LOCKABLE" => lockable(t),
            "WINDOW_KEY" => record(name, [("window", Basic::Long.into()), ("key", t)]),
            "SQN_NODE" => {
                let link = || Type::Nullable { padding: 8, inner: Box::new(Basic::Long.into()) };
                record(
                    name,
                    [
                        ("row", t),
                        ("sqn", Basic::Long.into()),
                        ("previous_sqn", link()),
                        ("next_sqn", link()),
                        ("next_sqn_for_record", link()),
                        ("timestamp", Basic::Long.into()),
                    ],
                )
            }
            "ROW_SQN_INFO" => record(name, [("first_sqn", Basic::Long.into()), ("last_sqn", Basic::Long.into())]),
            "META_SQN_INFO" => record(name, [("high_sqn", Basic::Long.into()), ("size", Basic::Long.into())]),
            "NODE_ID" => record(name, [("event_id", Basic::EventId.into()), ("page_name", Basic::String.into())]),
            "SHARED_BUFFER_EDGE" => edge(),
            "SHARED_BUFFER_NODE" => record(name, [("edges", list(lockable(edge())))]),
            "SHARED_BUFFER_NODE_V1" => record(name, [("edges", list(edge()))]),
            "NFA_STATE" => nfa_state(name, true),
            "NFA_STATE_V1" => nfa_state(name, false),
            "KAFKA_TRANSACTION" => record(
                name,
                [
                    ("transactional_id", Type::Option(Box::new(Basic::Utf.into()))),
                    ("producer_id", Basic::Long.into()),
                    ("epoch", Basic::Short.into()),
                ],
            ),
            "KAFKA_TRANSACTION_HINT" => {
                record(name, [("next_free_id", Basic::Long.into()), ("last_parallelism", Basic::Int.into())])
            }
            _ => return None,
        })
    }

    /// The name of the record in the notation and the type parameter, if this is a record of Flink's own runtime.
    pub fn as_flink_record(&self) -> Option<(&'static str, Option<&Type>)> {
        let Type::Struct { kind: StructKind::Flink(name), fields } = self else {
            return None;
        };
        let place = RECORDS.iter().find(|(n, _)| n == name).and_then(|(_, place)| *place);
        Some((name, place.and_then(|i| fields.get(i)).map(|f| &f.ty)))
    }
}

impl From<Basic> for Type {
    fn from(basic: Basic) -> Self {
        Type::Basic(basic)
    }
}

fn record<const N: usize>(name: &'static str, fields: [(&str, Type); N]) -> Type {
    let fields = fields.into_iter().map(|(name, ty)| Field { name: name.to_owned(), ty }).collect();
    Type::Struct { kind: StructKind::Flink(name), fields }
}

fn list(element: Type) -> Type {
    Type::List { kind: ListKind::List, element: Box::new(element) }
}

fn lockable(element: Type) -> Type {
    record("LOCKABLE", [("reference_count", Basic::Int.into()), ("element", element)])
}

fn node_id() -> Type {
    let node = record("NODE_ID", [("event_id", Basic::EventId.into()), ("page_name", Basic::String.into())]);
    Type::Option(Box::new(node))
}

fn edge() -> Type {
    record("SHARED_BUFFER_EDGE", [("target", node_id()), ("version", Basic::DeweyNumber.into())])
}

fn nfa_state(name: &'static str, previous_timestamp: bool) -> Type {
    let computation = || {
        let mut state = record(
            "COMPUTATION_STATE",
            [
                ("state", Basic::String.into()),
                ("previous", node_id()),
                ("version", Basic::DeweyNumber.into()),
                ("start_timestamp", Basic::Long.into()),
                ("start_event", Type::Option(Box::new(Basic::EventId.into()))),
            ],
        );
        if let Type::Struct { fields, .. } = &mut state
            && previous_timestamp
        {
            fields.insert(4, Field { name: "previous_timestamp".to_owned(), ty: Basic::Long.into() });
        }
        list(state)
    };
    record(name, [("partial", computation()), ("completed", computation())])
}
