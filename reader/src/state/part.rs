//! The part of a state that one subtask wrote.

use std::ops::Range;
use std::sync::Arc;

use crate::serializer::SnapshotContext;
use crate::store::StateFile;

use super::changelog::ChangelogState;
use super::entry::Entry;
use super::heap::HeapState;
use super::key_groups::KeyGroups;
use super::rocksdb::ColumnFamily;
use super::rows::Framer;

/// A subtask's part of a state.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) subtask: u32,
    pub(crate) data: Data,
}

/// Where the part lies and how it is laid out.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Canonical {
        stream: Arc<KeyedStream>,
        id: u16,
        entry: Arc<Entry>,
    },
    Heap {
        stream: Arc<KeyedStream>,
        id: u16,
    },
    RocksDb {
        family: Arc<ColumnFamily>,
        entry: Arc<Entry>,
    },
    Changelog {
        state: Arc<ChangelogState>,
        entry: Arc<Entry>,
    },
    RawTimers {
        stream: Arc<KeyedStream>,
        context: SnapshotContext,
    },
    List(ElementStream),
    /// With the types of its keys and values.
    Broadcast {
        stream: ElementStream,
        types: Arc<(Framer, Framer)>,
    },
}

/// A stream of key groups, which all states of a subtask share.
#[derive(Debug)]
pub(crate) struct KeyedStream {
    pub(crate) file: StateFile,
    pub(crate) compressed: bool,
    pub(crate) key_groups: KeyGroups,
    pub(crate) max_parallelism: u32,
    /// All states in the order of their ids; empty for raw state.
    pub(crate) states: Arc<[HeapState]>,
}

/// A stream of operator state, and where the elements of one state are in it.
#[derive(Clone, Debug)]
pub(crate) struct ElementStream {
    pub(crate) file: StateFile,
    pub(crate) compressed: bool,
    /// Where each element starts, and where the last one ends; empty without elements.
    pub(crate) bounds: Arc<[u64]>,
}

impl Part {
    /// The stream that holds it; `None` if it has many.
    pub(crate) fn file(&self) -> Option<&StateFile> {
        match &self.data {
            Data::Canonical { stream, .. } | Data::Heap { stream, .. } | Data::RawTimers { stream, .. } => {
                Some(&stream.file)
            }
            Data::RocksDb { .. } | Data::Changelog { .. } => None,
            Data::List(stream) | Data::Broadcast { stream, .. } => Some(&stream.file),
        }
    }

    /// The key groups of keyed state in one stream, and where they are in it.
    pub(crate) fn key_groups(&self) -> impl Iterator<Item = (u16, Range<u64>)> + '_ {
        match &self.data {
            Data::Canonical { stream, .. } | Data::Heap { stream, .. } | Data::RawTimers { stream, .. } => {
                Some(stream.key_groups.iter())
            }
            Data::RocksDb { .. } | Data::Changelog { .. } | Data::List(_) | Data::Broadcast { .. } => None,
        }
        .into_iter()
        .flatten()
    }

    /// The key groups of RocksDB and of the changelog backend, and about how many bytes each has.
    pub(crate) fn shares(&self) -> &[(u16, u64)] {
        match &self.data {
            Data::RocksDb { family, .. } => family.key_groups(),
            Data::Changelog { state, .. } => state.key_groups(),
            _ => &[],
        }
    }

    /// The number of elements of operator state.
    pub(crate) fn elements(&self) -> usize {
        self.elements_stream().map_or(0, |stream| stream.bounds.len().saturating_sub(1))
    }

    /// The bytes of the elements of operator state.
    pub(crate) fn elements_range(&self) -> Range<u64> {
        self.elements_stream()
            .and_then(|stream| Some(*stream.bounds.first()?..*stream.bounds.last()?))
            .unwrap_or_default()
    }

    fn elements_stream(&self) -> Option<&ElementStream> {
        match &self.data {
            Data::List(stream) | Data::Broadcast { stream, .. } => Some(stream),
            _ => None,
        }
    }
}
