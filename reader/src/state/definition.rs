//! What the header of a state file says about one state, and what follows from it for its entries and its table.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use bytes::Bytes;

use crate::error::{Error, Result as ReaderResult};
use crate::types::{Basic, Framing, ListKind, MapKind, Opaque, Type};

use super::entry::{Content, Entry, Timed};
use super::header::{KeyedHeader, OperatorHeader, TypedMeta};
use super::heap::HeapState;
use super::meta::{BackendState, StateMeta};
use super::rows::Framer;
use super::table::Table;
use super::unify::unify;
use super::{Layout, StateKind};

/// A state as one header defines it.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) kind: StateKind,
    pub(crate) key: Option<Type>,
    pub(crate) namespace: Option<Type>,
    pub(crate) value: Option<Type>,
    /// The parts of its entries, or why they can't be told apart.
    pub(crate) parts: Result<Parts, String>,
    /// Its entry in the header; not of raw state.
    pub(crate) meta: Option<StateMeta>,
    /// The serializer snapshot of the keys of managed keyed state.
    pub(crate) key_snapshot: Option<Bytes>,
}

/// The parts that an entry or element of a state has.
#[derive(Clone, Debug)]
pub(crate) enum Parts {
    Keyed(Arc<Entry>),
    Element(Type),
    /// The types of keys and values.
    Broadcast(Arc<(Framer, Framer)>),
}

impl Definition {
    /// The keyed states of a header, in the order of their ids.
    pub(crate) fn keyed(header: &KeyedHeader, layout: Layout) -> Vec<Arc<Self>> {
        let definition = |state| Self::of_meta(&header.key, &header.key_snapshot, state, layout);
        header.states.iter().map(|state| Arc::new(definition(state))).collect()
    }

    /// The keyed state of an entry in a header.
    pub(crate) fn of_meta(key: &Type, key_snapshot: &Bytes, state: &TypedMeta, layout: Layout) -> Self {
        Self {
            meta: Some(state.meta.clone()),
            key_snapshot: Some(key_snapshot.clone()),
            ..Self::keyed_state(key, state, layout)
        }
    }

    /// The same state with entries of another layout.
    pub(crate) fn in_layout(&self, layout: Layout) -> Result<Self, String> {
        let definition = self.unify(self, layout)?;
        Ok(Self { meta: self.meta.clone(), key_snapshot: self.key_snapshot.clone(), ..definition })
    }

    fn keyed_state(key: &Type, state: &TypedMeta, layout: Layout) -> Self {
        let meta = &state.meta;
        let name = meta.name.clone();
        let value = state.serializer("VALUE_SERIALIZER").cloned();
        if let (BackendState::PriorityQueue, Some(Type::Timer { key, namespace })) = (meta.backend, &value) {
            return Self::timers(name, (**key).clone(), (**namespace).clone());
        }
        let key = Some(key.clone());
        let namespace = state.serializer("NAMESPACE_SERIALIZER").cloned();
        let value = match meta.backend {
            BackendState::KeyValueV2 => value.map(|value| collection_v2(state, value)),
            _ => value,
        };
        let kind = match meta.option("KEYED_STATE_TYPE") {
            Some("VALUE") => StateKind::Value,
            Some("LIST") => StateKind::List,
            Some("MAP") => StateKind::Map,
            Some("REDUCING") => StateKind::Reducing,
            Some("AGGREGATING") => StateKind::Aggregating,
            Some("FOLDING") => StateKind::Folding,
            other => {
                let parts = Err(format!("unknown kind of state: {:?} {}", meta.backend, other.unwrap_or("?")));
                return Self { key, namespace, value, parts, ..Self::unknown(&name, String::new()) };
            }
        };
        Self::new(name, kind, key, namespace, value, layout)
    }

    fn new(
        name: String,
        kind: StateKind,
        key: Option<Type>,
        namespace: Option<Type>,
        value: Option<Type>,
        layout: Layout,
    ) -> Self {
        let framer = |ty: &Type| Framer::new(ty.clone());
        let entry = |key: &Type, namespace: &Type, content| {
            Parts::Keyed(Arc::new(Entry { key: framer(key), namespace: framer(namespace), content }))
        };
        let parts = match (kind, &key, &namespace, &value) {
            (StateKind::Timer, Some(key), Some(namespace), _) => Ok(entry(key, namespace, Content::Timer)),
            (StateKind::List, Some(key), Some(namespace), Some(value)) => {
                list_content(value, layout).map(|content| entry(key, namespace, content))
            }
            (StateKind::Map, Some(key), Some(namespace), Some(value)) => {
                map_content(value).map(|content| entry(key, namespace, content))
            }
            (_, Some(key), Some(namespace), Some(value)) => {
                Ok(entry(key, namespace, Content::Value(Timed::new(value))))
            }
            (StateKind::Broadcast, Some(key), None, Some(value)) => {
                Ok(Parts::Broadcast(Arc::new((framer(key), framer(value)))))
            }
            (StateKind::OperatorList | StateKind::OperatorUnion | StateKind::Raw, None, None, Some(value)) => {
                Ok(Parts::Element(value.clone()))
            }
            _ => Err("its header lacks a serializer".to_owned()),
        };
        Self { name, kind, key, namespace, value, parts, meta: None, key_snapshot: None }
    }

    /// One definition for what two subtasks have, or how they differ, as a sentence.
    pub(crate) fn unify(&self, other: &Self, layout: Layout) -> Result<Self, String> {
        let differ = |what: &str, a: String, b: String| {
            format!("its subtasks disagree about the {what}: one wrote {a}, another {b}")
        };
        if self.kind != other.kind {
            return Err(differ("kind", format!("{:?}", self.kind), format!("{:?}", other.kind)));
        }
        let part = |what: &str, a: &Option<Type>, b: &Option<Type>| match (a, b) {
            (None, None) => Ok(None),
            (Some(a), Some(b)) => unify(a, b).map(Some).ok_or_else(|| differ(what, a.to_string(), b.to_string())),
            (Some(ty), None) | (None, Some(ty)) => Err(differ(what, ty.to_string(), "nothing".to_owned())),
        };
        let key = part("key type", &self.key, &other.key)?;
        let namespace = part("namespace type", &self.namespace, &other.namespace)?;
        let value = part("value type", &self.value, &other.value)?;
        Ok(match &self.parts {
            Ok(_) => Self::new(self.name.clone(), self.kind, key, namespace, value, layout),
            Err(reason) => Self { key, namespace, value, parts: Err(reason.clone()), ..self.clone() },
        })
    }

    /// Timers, in managed or raw state.
    pub(crate) fn timers(name: String, key: Type, namespace: Type) -> Self {
        Self::new(name, StateKind::Timer, Some(key), Some(namespace), None, Layout::Heap)
    }

    /// The operator states of a header: list states, then broadcast states.
    pub(crate) fn operator(header: &OperatorHeader) -> Vec<Arc<Self>> {
        header.states.iter().map(|meta| Arc::new(Self::operator_state(meta))).collect()
    }

    fn operator_state(state: &TypedMeta) -> Self {
        let meta = &state.meta;
        let kind = match (meta.backend, meta.option("OPERATOR_STATE_DISTRIBUTION_MODE")) {
            (BackendState::Broadcast, _) => StateKind::Broadcast,
            (_, Some("UNION")) => StateKind::OperatorUnion,
            _ => StateKind::OperatorList,
        };
        let key = state.serializer("KEY_SERIALIZER").cloned();
        let value = state.serializer("VALUE_SERIALIZER").cloned();
        let definition = Self::new(meta.name.clone(), kind, key, None, value, Layout::Operator);
        Self { meta: Some(meta.clone()), ..definition }
    }

    /// Bytes that an operator wrote as it likes.
    pub(crate) fn raw_elements(name: &str) -> Self {
        let bytes = Type::Opaque(Opaque {
            class: "bytes".to_owned(),
            version: 0,
            reason: "raw state is what the operator's own code made of it".to_owned(),
        });
        Self::new(name.to_owned(), StateKind::Raw, None, None, Some(bytes), Layout::Raw)
    }

    /// State that can only be listed.
    pub(crate) fn unknown(name: &str, reason: String) -> Self {
        Self {
            name: name.to_owned(),
            kind: StateKind::Raw,
            key: None,
            namespace: None,
            value: None,
            parts: Err(reason),
            meta: None,
            key_snapshot: None,
        }
    }

    /// The columns of its table.
    pub(crate) fn table(&self) -> Table {
        match &self.parts {
            Ok(Parts::Keyed(entry)) => Table::keyed(entry.key.ty(), entry.namespace.ty(), &entry.content),
            Ok(Parts::Element(ty)) => Table::operator_list(ty),
            Ok(Parts::Broadcast(types)) => Table::broadcast(types.0.ty(), types.1.ty()),
            Err(_) => Table::empty(),
        }
    }

    /// What the walk through a heap key group needs to know.
    pub(crate) fn heap_state(&self) -> HeapState {
        let entry = match &self.parts {
            Ok(Parts::Keyed(entry)) => Ok(Arc::clone(entry)),
            Ok(_) => Err("operator state among keyed states".to_owned()),
            Err(reason) => Err(reason.clone()),
        };
        HeapState { name: self.name.clone(), entry }
    }
}

/// The type of a state of the `v2` API: its header has the serializers of elements, user keys and user values, not those
/// of lists and maps.
fn collection_v2(state: &TypedMeta, value: Type) -> Type {
    match state.meta.option("KEYED_STATE_TYPE") {
        Some("LIST") => Type::List { kind: ListKind::List, element: Box::new(value) },
        Some("MAP") => {
            let key = state.serializer("USER_KEY_SERIALIZER").cloned().unwrap_or_else(|| {
                let reason = "Flink 2.0 does not record the serializer of user keys".to_owned();
                Type::Opaque(Opaque { class: "user key".to_owned(), version: 0, reason })
            });
            Type::Map { kind: MapKind::Map, key: Box::new(key), value: Box::new(value) }
        }
        _ => value,
    }
}

/// The columns of a state of these types, as [`State::schema`](super::State::schema) has them for one that a snapshot
/// holds.
///
/// The value of list and map state is a list or map type, whose elements or values are `TTL` types if the state has a
/// time to live; `None` for timers. `namespace` is `None` for the void namespace; the key of broadcast state is that of
/// its map.
///
/// ```
/// use flink_state_reader::{StateKind, table_schema};
///
/// let (key, value) = ("LONG".parse()?, "MAP<STRING, TTL<INT>>".parse()?);
/// let schema = table_schema(StateKind::Map, Some(&key), None, Some(&value))?;
/// let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
/// assert_eq!(columns, ["key_group", "key", "map_key", "map_value", "last_access"]);
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
///
/// # Errors
/// A kind that has no such types; list elements whose ends can't be found.
pub fn table_schema(
    kind: StateKind,
    key: Option<&Type>,
    namespace: Option<&Type>,
    value: Option<&Type>,
) -> ReaderResult<SchemaRef> {
    let is_keyed =
        !matches!(kind, StateKind::OperatorList | StateKind::OperatorUnion | StateKind::Broadcast | StateKind::Raw);
    let void = Type::Basic(Basic::VoidNamespace);
    let namespace = namespace.or(is_keyed.then_some(&void));
    let [key, namespace, value] = [key, namespace, value].map(Option::<&Type>::cloned);
    let definition = Definition::new(String::new(), kind, key, namespace, value, Layout::Canonical);
    match &definition.parts {
        Err(reason) => Err(Error::usage(format!("a {kind} state of these types: {reason}"))),
        Ok(Parts::Keyed(entry)) if kind == StateKind::List && !matches!(entry.content, Content::List(_)) => {
            Err(Error::unsupported("the ends of the list's elements can't be found: their type can't be decoded"))
        }
        Ok(_) => Ok(definition.table().schema),
    }
}

/// The content of a list state's entry.
///
/// In the canonical layout elements are joined: if their ends can't be found, all of them are one value.
fn list_content(value: &Type, layout: Layout) -> Result<Content, String> {
    match value {
        Type::List { kind: ListKind::List | ListKind::ArrayList, element } => {
            if layout != Layout::Heap && element.framing() == Framing::Never {
                let reason = "list elements of unknown length, with a comma between two of them".to_owned();
                let joined = Type::Opaque(Opaque { class: element.to_string(), version: 0, reason });
                return Ok(Content::Value(Timed::new(&joined)));
            }
            Ok(Content::List(Timed::new(element)))
        }
        Type::Opaque(_) => Ok(Content::Value(Timed::new(value))),
        other => Err(format!("list state whose serializer is no list serializer: {other}")),
    }
}

fn map_content(value: &Type) -> Result<Content, String> {
    match value {
        Type::Map { kind: MapKind::Map, key, value } => {
            Ok(Content::Map { key: Framer::new((**key).clone()), value: Timed::new(value) })
        }
        Type::Opaque(_) => Ok(Content::Map { key: Framer::new(value.clone()), value: Timed::new(value) }),
        other => Err(format!("map state whose serializer is no map serializer: {other}")),
    }
}

impl Timed {
    fn new(ty: &Type) -> Self {
        match ty {
            Type::Ttl(value) => Self { ttl: true, value: Framer::new((**value).clone()) },
            _ => Self { ttl: false, value: Framer::new(ty.clone()) },
        }
    }
}
