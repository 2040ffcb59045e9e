//! States that no snapshot has yet: from their types to what the header of their file says about them.
//!
//! | state | options | serializers |
//! | --- | --- | --- |
//! | value, list, map, reducing, aggregating | `KEYED_STATE_TYPE` | `VALUE_SERIALIZER`, `NAMESPACE_SERIALIZER` |
//! | timers | none | `VALUE_SERIALIZER`: a `TIMER` of key and namespace |
//! | list, union | `OPERATOR_STATE_DISTRIBUTION_MODE` | `VALUE_SERIALIZER`: that of an element |
//! | broadcast | `OPERATOR_STATE_DISTRIBUTION_MODE` | `VALUE_SERIALIZER`, `KEY_SERIALIZER` |
//!
//! Serializers stand in the order that Flink's hash map gives them: the value's first.
//!
//! A time to live wraps the value, the element of a list, the value of a map (`TtlStateFactory`).
//!
//! Sources: `RegisteredKeyValueStateBackendMetaInfo`, `RegisteredPriorityQueueStateBackendMetaInfo`,
//! `RegisteredOperatorStateBackendMetaInfo`, `RegisteredBroadcastStateBackendMetaInfo`.

use arrow_schema::SchemaRef;
use bytes::Bytes;
use flink_state_reader::bytes::Writer;
use flink_state_reader::types::{Basic, KryoVersion, ListKind, MapKind, Type};
use flink_state_reader::{BackendState, Context, Error, Result, StateKind, StateMeta, table_schema};

use super::RowEncoder;
use crate::FlinkVersion;
use crate::serializer::{Target, write_proxy};

/// A state that is made from its types.
#[derive(Clone, Debug, PartialEq)]
pub struct NewState {
    kind: StateKind,
    key: Option<Type>,
    namespace: Option<Type>,
    value: Option<Type>,
}

impl NewState {
    /// A state of these types, as a snapshot of the release has them.
    ///
    /// `value` is a list or map type for those kinds, the element of list and union state, and `None` for timers;
    /// `key` is that of the map of broadcast state. Without a namespace it is the void one. `ttl` adds a time to live,
    /// unless the types say already that there is one.
    ///
    /// Types may come in the form that a person writes: fields of POJOs are sorted as Flink does, Kryo becomes the one of
    /// the release.
    ///
    /// ```
    /// use flink_state_reader::StateKind;
    /// use flink_state_writer::FlinkVersion;
    /// use flink_state_writer::state::NewState;
    ///
    /// let (key, value) = ("STRING".parse()?, "LIST<LONG>".parse()?);
    /// let seen = NewState::new(StateKind::List, Some(key), None, Some(value), true, FlinkVersion::new(2, 2))?;
    /// assert_eq!(seen.value().unwrap().to_string(), "LIST<TTL<LONG>>");
    /// # Ok::<(), flink_state_writer::Error>(())
    /// ```
    ///
    /// # Errors
    /// A type too many or too few, or one that the kind does not have.
    pub fn new(
        kind: StateKind,
        key: Option<Type>,
        namespace: Option<Type>,
        value: Option<Type>,
        ttl: bool,
        release: FlinkVersion,
    ) -> Result<Self> {
        check_parts(kind, key.as_ref(), namespace.as_ref(), value.as_ref())?;
        let value = if ttl { value.map(|value| expiring(kind, value)).transpose()? } else { value };
        let [key, namespace, value] = [key, namespace, value].map(|ty| {
            ty.map(|mut ty| {
                settle(&mut ty, release);
                ty
            })
        });
        let namespace = namespace.filter(|ty| *ty != Type::Basic(Basic::VoidNamespace));
        let state = Self { kind, key, namespace, value };
        state.schema()?;
        Ok(state)
    }

    /// What kind of state it is.
    pub fn kind(&self) -> StateKind {
        self.kind
    }

    /// The type of the key, of broadcast state that of its map.
    pub fn key(&self) -> Option<&Type> {
        self.key.as_ref()
    }

    /// The type of the namespace, unless it is the void one.
    pub fn namespace(&self) -> Option<&Type> {
        self.namespace.as_ref()
    }

    /// The type of the value; none of timers.
    pub fn value(&self) -> Option<&Type> {
        self.value.as_ref()
    }

    /// Whether it is keyed state.
    pub fn is_keyed(&self) -> bool {
        is_keyed(self.kind)
    }

    /// The columns of its table.
    ///
    /// # Errors
    /// List elements whose ends can't be found.
    pub fn schema(&self) -> Result<SchemaRef> {
        table_schema(self.kind, self.key(), self.namespace(), self.value())
    }

    /// An encoder of its rows.
    ///
    /// # Errors
    /// As [`RowEncoder::new`].
    pub fn encoder(&self) -> Result<RowEncoder> {
        RowEncoder::new(self.kind, self.key(), self.namespace(), self.value())
    }

    /// The snapshot of its key's serializer; none of operator state.
    ///
    /// # Errors
    /// As [`write_proxy`].
    pub fn key_snapshot(&self, target: &Target) -> Result<Option<Bytes>> {
        let key = self.key.as_ref().filter(|_| self.is_keyed());
        key.map(|key| snapshot(key, target).in_field("key")).transpose()
    }

    /// Its entry in the header of its file.
    ///
    /// # Errors
    /// As [`write_proxy`]; an empty name, or one that RocksDB can't have.
    pub fn meta(&self, name: &str, target: &Target) -> Result<StateMeta> {
        check_name(self.kind, name)?;
        let value = |ty: &Type| Ok(("VALUE_SERIALIZER".to_owned(), snapshot(ty, target).in_field("value")?));
        let void = Type::Basic(Basic::VoidNamespace);
        let namespace = self.namespace.as_ref().unwrap_or(&void);
        let missing = || Error::bug(format!("a {} state without its types", self.kind));
        let (backend, option, serializers) = match (self.kind, &self.key, &self.value) {
            (StateKind::Timer, Some(key), _) => {
                let timer = Type::Timer { key: Box::new(key.clone()), namespace: Box::new(namespace.clone()) };
                (BackendState::PriorityQueue, None, vec![value(&timer)?])
            }
            (StateKind::OperatorList | StateKind::OperatorUnion, _, Some(ty)) => {
                let mode = if self.kind == StateKind::OperatorUnion { "UNION" } else { "SPLIT_DISTRIBUTE" };
                (BackendState::Operator, Some((DISTRIBUTION, mode)), vec![value(ty)?])
            }
            (StateKind::Broadcast, Some(key), Some(ty)) => {
                let key = ("KEY_SERIALIZER".to_owned(), snapshot(key, target).in_field("map_key")?);
                (BackendState::Broadcast, Some((DISTRIBUTION, "BROADCAST")), vec![value(ty)?, key])
            }
            (kind, Some(_), Some(ty)) => {
                let kind = match kind {
                    StateKind::Value => "VALUE",
                    StateKind::List => "LIST",
                    StateKind::Map => "MAP",
                    StateKind::Reducing => "REDUCING",
                    StateKind::Aggregating => "AGGREGATING",
                    _ => return Err(missing()),
                };
                let namespace = snapshot(namespace, target).in_field("namespace")?;
                let serializers = vec![value(ty)?, ("NAMESPACE_SERIALIZER".to_owned(), namespace)];
                (BackendState::KeyValue, Some(("KEYED_STATE_TYPE", kind)), serializers)
            }
            _ => return Err(missing()),
        };
        let options = option.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
        Ok(StateMeta { name: name.to_owned(), backend, options, serializers })
    }
}

const DISTRIBUTION: &str = "OPERATOR_STATE_DISTRIBUTION_MODE";

fn is_keyed(kind: StateKind) -> bool {
    !matches!(kind, StateKind::OperatorList | StateKind::OperatorUnion | StateKind::Broadcast | StateKind::Raw)
}

fn snapshot(ty: &Type, target: &Target) -> Result<Bytes> {
    let mut out = Writer::new();
    write_proxy(ty, target, &mut out)?;
    Ok(out.into_bytes().into())
}

fn check_parts(kind: StateKind, key: Option<&Type>, namespace: Option<&Type>, value: Option<&Type>) -> Result<()> {
    let (has_key, has_value) = match kind {
        StateKind::Folding | StateKind::Raw => {
            return Err(Error::unsupported(format!("{kind} state can't be made: Flink has no such state any more")));
        }
        StateKind::Timer => (true, false),
        StateKind::OperatorList | StateKind::OperatorUnion => (false, true),
        _ => (true, true),
    };
    for (what, is_there, belongs) in [("KEY", key.is_some(), has_key), ("VALUE", value.is_some(), has_value)] {
        if is_there != belongs {
            let needs = if belongs { "needs a" } else { "has no" };
            return Err(Error::usage(format!("{kind} state {needs} {what}")));
        }
    }
    if namespace.is_some() && !is_keyed(kind) {
        return Err(Error::usage(format!("{kind} state has no NAMESPACE")));
    }
    match (kind, value) {
        (StateKind::List, Some(Type::List { kind: ListKind::List, .. }))
        | (StateKind::Map, Some(Type::Map { kind: MapKind::Map, .. })) => Ok(()),
        (StateKind::List, Some(other)) => Err(Error::usage(format!("the VALUE of list state is LIST<…>, not {other}"))
            .with_hint(format!("write VALUE LIST<{other}>"))),
        (StateKind::Map, Some(other)) => Err(Error::usage(format!("the VALUE of map state is MAP<…, …>, not {other}"))
            .with_hint("the first type is that of map_key, the second that of map_value")),
        _ => Ok(()),
    }
}

fn check_name(kind: StateKind, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::usage("the name of the state is empty"));
    }
    // RocksDB keeps its own column family under this name.
    if is_keyed(kind) && name == "default" {
        return Err(Error::usage("RocksDB can't have a state with the name 'default'"));
    }
    let is_timers = TIMERS.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|service| !service.is_empty()));
    match (kind, is_timers) {
        (StateKind::Timer, false) => {
            Err(Error::usage(format!("timers with the name '{name}' would belong to nothing")).with_hint(
                "the names are _timer_state/event_SERVICE and _timer_state/processing_SERVICE; the service of process \
                 functions is user-timers, that of windows window-timers",
            ))
        }
        (StateKind::Timer, true) | (_, false) => Ok(()),
        (_, true) => Err(Error::usage(format!("'{name}' is a name of timers")).with_hint("KIND timer makes timers")),
    }
}

/// `InternalTimeServiceManagerImpl`.
const TIMERS: [&str; 2] = ["_timer_state/event_", "_timer_state/processing_"];

/// The value of a state with a time to live.
fn expiring(kind: StateKind, value: Type) -> Result<Type> {
    let wrap = |ty: Box<Type>| match *ty {
        Type::Ttl(_) => ty,
        _ => Box::new(Type::Ttl(ty)),
    };
    match (kind, value) {
        (StateKind::List, Type::List { kind, element }) => Ok(Type::List { kind, element: wrap(element) }),
        (StateKind::Map, Type::Map { kind, key, value }) => Ok(Type::Map { kind, key, value: wrap(value) }),
        (StateKind::Value | StateKind::Reducing | StateKind::Aggregating, value) => Ok(*wrap(Box::new(value))),
        (kind, _) => Err(Error::usage(format!("{kind} state has no time to live"))),
    }
}

/// Brings a type into the form that a snapshot of the release has.
fn settle(ty: &mut Type, release: FlinkVersion) {
    match ty {
        // String.compareTo compares UTF-16 units.
        Type::Pojo(pojo) => pojo.fields.sort_by(|a, b| a.name.encode_utf16().cmp(b.name.encode_utf16())),
        Type::Kryo(kryo) => kryo.version = if release.major < 2 { KryoVersion::V2 } else { KryoVersion::V5 },
        _ => {}
    }
    for part in ty.parts_mut() {
        settle(part, release);
    }
}
