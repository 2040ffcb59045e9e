//! The states of an operator.

use arrow_schema::SchemaRef;

use crate::scan::ScanBuilder;
use crate::types::Type;

/// A state of an operator, with all its parts over the subtasks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    _private: (),
}

/// What kind of state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum StateKind {
    Value,
    List,
    Map,
    Reducing,
    Aggregating,
    Folding,
    Timer,
    OperatorList,
    OperatorUnion,
    Broadcast,
    /// Raw operator or keyed state without a known layout.
    Raw,
}

/// How its bytes are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum Layout {
    Canonical,
    Heap,
    RocksDb,
    Changelog,
    /// Timers in the raw keyed state.
    RawTimers,
    Operator,
    Raw,
}

impl State {
    /// The state's name.
    pub fn name(&self) -> &str {
        ""
    }

    /// What kind of state it is.
    pub fn kind(&self) -> StateKind {
        StateKind::Raw
    }

    /// How its bytes are laid out.
    pub fn layout(&self) -> Layout {
        Layout::Raw
    }

    /// The type of the key; `None` for operator state (broadcast state: of the map key).
    pub fn key_type(&self) -> Option<&Type> {
        None
    }

    /// The type of the namespace, unless it is the void namespace.
    pub fn namespace_type(&self) -> Option<&Type> {
        None
    }

    /// The type of the value as its serializer snapshot has it: a list or map type for those kinds.
    pub fn value_type(&self) -> Option<&Type> {
        None
    }

    /// The columns of its table (design section 4).
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::new(arrow_schema::Schema::empty())
    }

    /// Bytes of its data; of the whole file where several states share it and their parts are not known.
    pub fn bytes(&self) -> u64 {
        0
    }

    /// Number of rows, where the metadata gives it (operator list state).
    pub fn rows(&self) -> Option<u64> {
        None
    }

    /// Why it can't be read, if so.
    pub fn unsupported(&self) -> Option<&str> {
        None
    }

    /// Starts a scan.
    pub fn scan(&self) -> ScanBuilder {
        ScanBuilder::default()
    }
}
