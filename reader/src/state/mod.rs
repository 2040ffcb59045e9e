//! The states of an operator.

pub(crate) mod canonical;
pub(crate) mod changelog;
pub(crate) mod definition;
pub(crate) mod entry;
mod header;
pub(crate) mod heap;
pub(crate) mod key_groups;
mod layout;
mod load;
mod merge;
mod meta;
pub(crate) mod operator;
pub(crate) mod part;
mod resync;
pub(crate) mod rocksdb;
pub(crate) mod rows;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod timers;
mod unify;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use bytes::Bytes;
use futures::TryStreamExt;

use crate::error::{Error, Result};
use crate::scan::{Gap, ScanBuilder, ScanStream};
use crate::types::{Basic, Type};

pub use definition::table_schema;
use definition::{Definition, Parts};
use entry::Entry;
pub(crate) use load::load;
pub use meta::{BackendState, StateMeta};
use part::{Data, Part};
use table::Table;

/// A state of an operator, with all its parts over the subtasks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) operator: Arc<OperatorName>,
    pub(crate) name: String,
    pub(crate) kind: StateKind,
    pub(crate) layout: Layout,
    pub(crate) key: Option<Type>,
    pub(crate) namespace: Option<Type>,
    pub(crate) value: Option<Type>,
    pub(crate) table: Table,
    pub(crate) parts: Vec<Part>,
    /// The parts of an entry of keyed state, by the types of all subtasks.
    pub(crate) entry: Option<Arc<Entry>>,
    pub(crate) bytes: u64,
    pub(crate) unsupported: Option<String>,
    /// As one subtask has it: the one whose serializers know most. The types are those of all subtasks.
    pub(crate) definition: Arc<Definition>,
}

/// What names an operator in tasks and errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OperatorName {
    /// 32 hex digits.
    pub(crate) id: String,
    /// The uid, else the ID.
    pub(crate) label: String,
}

/// What kind of state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

impl fmt::Display for StateKind {
    /// The kind as in SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::List => "list",
            Self::Map => "map",
            Self::Reducing => "reducing",
            Self::Aggregating => "aggregating",
            Self::Folding => "folding",
            Self::Timer => "timer",
            Self::OperatorList => "operator_list",
            Self::OperatorUnion => "operator_union",
            Self::Broadcast => "broadcast",
            Self::Raw => "raw",
        })
    }
}

impl fmt::Display for Layout {
    /// The layout as in SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canonical => "canonical",
            Self::Heap => "heap",
            Self::RocksDb => "rocksdb",
            Self::Changelog => "changelog",
            Self::RawTimers => "raw_timers",
            Self::Operator => "operator",
            Self::Raw => "raw",
        })
    }
}

impl State {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The state's name. Operator state with the name of a keyed state of its operator has `$operator` behind it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of state it is.
    pub fn kind(&self) -> StateKind {
        self.0.kind
    }

    /// How its bytes are laid out.
    pub fn layout(&self) -> Layout {
        self.0.layout
    }

    /// The type of the key; `None` for operator state (broadcast state: of the map key).
    pub fn key_type(&self) -> Option<&Type> {
        self.0.key.as_ref()
    }

    /// The type of the namespace, unless it is the void namespace.
    pub fn namespace_type(&self) -> Option<&Type> {
        self.0.namespace.as_ref().filter(|ty| **ty != Type::Basic(Basic::VoidNamespace))
    }

    /// The type of the value as its serializer snapshot has it: a list or map type for those kinds.
    pub fn value_type(&self) -> Option<&Type> {
        self.0.value.as_ref()
    }

    /// Its entry in the header of its file, with serializer snapshots byte for byte; `None` for raw
    /// state. Subtasks may know different subclasses of a POJO: this is what the one that knows most of them wrote.
    pub fn meta(&self) -> Option<&StateMeta> {
        self.0.definition.meta.as_ref()
    }

    /// The serializer snapshot of its keys, byte for byte; `None` unless it is managed keyed state.
    pub fn key_snapshot(&self) -> Option<&Bytes> {
        self.0.definition.key_snapshot.as_ref()
    }

    /// The columns of its table: `key_group`, `key`, `namespace`, then what its kind has.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.table.schema)
    }

    /// Bytes of its data; of the whole file where several states share it and their parts are not known. Of RocksDB those
    /// of its tables, which may hold older values and key groups of other subtasks too.
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Bytes of each key group, over all subtasks; empty for operator state and RocksDB.
    ///
    /// States of one file share its key groups: the bytes are those of all of them.
    pub fn key_group_sizes(&self) -> BTreeMap<u16, u64> {
        let mut sizes = BTreeMap::new();
        for (key_group, range) in self.0.parts.iter().flat_map(Part::key_groups) {
            *sizes.entry(key_group).or_default() += range.end - range.start;
        }
        sizes
    }

    /// The subtasks that hold a part of it, ascending.
    pub fn subtasks(&self) -> Vec<u32> {
        let mut subtasks: Vec<u32> = self.0.parts.iter().map(|part| part.subtask).collect();
        subtasks.sort_unstable();
        subtasks.dedup();
        subtasks
    }

    /// Number of rows, where the metadata gives it (operator list state).
    pub fn rows(&self) -> Option<u64> {
        match self.0.kind {
            StateKind::OperatorList | StateKind::OperatorUnion => {
                Some(self.0.parts.iter().map(|part| part.elements() as u64).sum())
            }
            _ => None,
        }
    }

    /// Why it can't be read, if so.
    pub fn unsupported(&self) -> Option<&str> {
        self.0.unsupported.as_deref()
    }

    /// Counts its rows without decoding them, and tells what can't be counted.
    ///
    /// # Errors
    /// A state that can't be read, corrupt data.
    pub async fn count_rows(&self) -> Result<(u64, Vec<Gap>)> {
        let (mut rows, mut gaps) = (0, Vec::new());
        for task in self.scan().projection(Vec::new()).build()?.tasks(1) {
            let mut batches = ScanStream::new(self.clone(), &task)?;
            while let Some(batch) = batches.try_next().await? {
                rows += batch.num_rows() as u64;
            }
            gaps.extend_from_slice(batches.gaps());
        }
        Ok((rows, gaps))
    }

    /// Whether equal raw entries of both states are equal rows, key groups apart: whether they are of the same kind, and
    /// what one wrote can be decoded with the types of the other.
    pub fn is_encoded_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        let types = [(&a.key, &b.key), (&a.namespace, &b.namespace), (&a.value, &b.value)];
        a.kind == b.kind
            && types.into_iter().all(|types| match types {
                (Some(a), Some(b)) => unify::unify(a, b).is_some(),
                (a, b) => a.is_none() && b.is_none(),
            })
    }

    /// Starts a scan.
    pub fn scan(&self) -> ScanBuilder {
        ScanBuilder::new(self.clone())
    }

    /// The columns of its raw entries.
    pub(crate) fn raw_table(&self) -> Result<Table> {
        let Some(first) = self.0.parts.first() else {
            return Ok(Table::raw_keyed(1, false, false));
        };
        let is_map = self.0.kind == StateKind::Map;
        match &first.data {
            Data::List(_) => Ok(Table::raw_elements()),
            Data::Broadcast { .. } => Ok(Table::raw_broadcast()),
            Data::Canonical { stream, .. } => Ok(Table::raw_keyed(stream.max_parallelism, is_map, false)),
            Data::RocksDb { family, .. } => Ok(Table::raw_keyed(family.max_parallelism, is_map, false)),
            Data::Changelog { state, .. } => Ok(Table::raw_keyed(state.max_parallelism, is_map, false)),
            Data::Heap { stream, .. } | Data::RawTimers { stream, .. } => {
                // Entries of the other layouts have their lengths already.
                let lengths = match &self.0.definition.parts {
                    Ok(Parts::Keyed(entry)) => entry.has_lengths()?,
                    _ => false,
                };
                Ok(Table::raw_keyed(stream.max_parallelism, is_map, lengths))
            }
        }
    }

    /// Adds the operator's and state's names.
    pub(crate) fn locate(&self, error: Error) -> Error {
        error.in_state(self.name()).in_operator(self.0.operator.label.as_str())
    }

    /// Fails if it can't be read.
    pub(crate) fn check_supported(&self) -> Result<()> {
        match &self.0.unsupported {
            Some(reason) => Err(self.locate(Error::unsupported(reason.as_str()))),
            None => Ok(()),
        }
    }
}
