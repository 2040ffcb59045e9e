//! What a state is, apart from its rows.

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use flink_state_reader::types::Type;
use flink_state_reader::{State, StateKind, StateMeta};
use flink_state_writer::state::RowEncoder;

use crate::error::{Error, ErrorKind, Result};

/// What the rows of a state look like, and how it stands in the header of its file.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) kind: StateKind,
    /// Of broadcast state that of the map key; none for list and union state.
    pub(super) key: Option<Type>,
    /// None for the void namespace.
    pub(super) namespace: Option<Type>,
    /// As its serializer has it: a list or map type for those kinds.
    pub(super) value: Option<Type>,
    /// The columns of its table.
    pub(super) schema: SchemaRef,
    /// Its entry in the header.
    pub(super) meta: StateMeta,
    /// The snapshot of the key serializer in its proxy form; none for operator state.
    pub(super) key_snapshot: Option<Bytes>,
}

impl Definition {
    /// That of a state of a snapshot.
    pub(super) fn of(state: &State) -> Result<Self> {
        let meta = state.meta().ok_or_else(|| {
            let reason = state.unsupported().unwrap_or("it is raw state, which only its operator understands");
            Error::new(ErrorKind::Unsupported, format!("'{}' can't be changed: {reason}", state.name()))
        })?;
        Ok(Self {
            kind: state.kind(),
            key: state.key_type().cloned(),
            namespace: state.namespace_type().cloned(),
            value: state.value_type().cloned(),
            schema: state.schema(),
            meta: meta.clone(),
            key_snapshot: state.key_snapshot().cloned(),
        })
    }

    /// Whether it is keyed state or timers.
    pub(super) fn is_keyed(&self) -> bool {
        use StateKind::{Broadcast, OperatorList, OperatorUnion, Raw};
        !matches!(self.kind, OperatorList | OperatorUnion | Broadcast | Raw)
    }

    /// Whether it is list or union state, whose rows have places and no keys.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.kind, StateKind::OperatorList | StateKind::OperatorUnion)
    }

    pub(super) fn encoder(&self) -> Result<RowEncoder> {
        Ok(RowEncoder::new(self.kind, self.key.as_ref(), self.namespace.as_ref(), self.value.as_ref())?)
    }

    /// The type of a column, where one of Flink's is behind it.
    pub(super) fn column_type(&self, column: &str) -> Option<&Type> {
        let value = self.value.as_ref().map(without_ttl);
        match (column, self.kind, value) {
            ("key", ..) => self.key.as_ref(),
            ("namespace", ..) => self.namespace.as_ref(),
            ("map_key", StateKind::Broadcast, _) => self.key.as_ref(),
            ("map_value", StateKind::Broadcast, value) => value,
            ("map_key", _, Some(Type::Map { key, .. })) => Some(key),
            ("map_value", _, Some(Type::Map { value, .. })) => Some(without_ttl(value)),
            ("value", _, value) => value,
            _ => None,
        }
    }
}

fn without_ttl(ty: &Type) -> &Type {
    match ty {
        Type::Ttl(value) => value,
        other => other,
    }
}
