//! Range deletions: which sequence number hides what is older, key by key.
//!
//! ```text
//! entry of the block "rocksdb.range_del" := internal key of the first user key -> user key behind the last one
//! ```
//!
//! Flink deletes the key groups that a subtask has lost after rescaling in this way.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use bytes::Bytes;

use crate::error::{Context, Error, Result};

use super::block::Entries;
use super::key;
use super::manifest::Table;

/// Hides older entries of the user keys from `start` to before `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RangeDeletion {
    start: Vec<u8>,
    end: Vec<u8>,
    sequence: u64,
}

/// The range deletions of a table.
///
/// They hold only between the table's first and last key (`TruncatedRangeDelIterator`): compaction may have taken the
/// rest to a table on a deeper level, where newer entries can have lost their sequence numbers.
///
/// # Errors
/// A corrupt block.
pub(crate) fn parse(block: Bytes, table: &Table, global_sequence: Option<u64>) -> Result<Vec<RangeDeletion>> {
    let mut deletions = Vec::new();
    let mut entries = Entries::new(block)?;
    while entries.advance()? {
        let (start, trailer) = key::split(entries.key()).in_field("range deletion")?;
        if !trailer.is_range_deletion() {
            return Err(Error::data("an entry of the range deletions is none"));
        }
        let mut end = entries.value().to_vec();
        let last = table.end();
        if last < end {
            end = last;
        }
        let start = start.max(&table.smallest).to_vec();
        if start < end {
            let sequence = global_sequence.unwrap_or(trailer.sequence());
            deletions.push(RangeDeletion { start, end, sequence });
        }
    }
    Ok(deletions)
}

/// The range deletions of all open tables, asked for ascending keys.
#[derive(Debug, Default)]
pub(super) struct Cover {
    /// Those that start behind the current key, the next one on top.
    ahead: BinaryHeap<Reverse<ByStart>>,
    /// Those that have started, the newest on top. Below it may be some that have ended.
    active: BinaryHeap<BySequence>,
}

#[derive(Debug)]
struct ByStart(RangeDeletion);

#[derive(Debug)]
struct BySequence(RangeDeletion);

impl Cover {
    pub(super) fn add(&mut self, deletions: Vec<RangeDeletion>) {
        self.ahead.extend(deletions.into_iter().map(|deletion| Reverse(ByStart(deletion))));
    }

    /// The sequence number below which entries of this key are hidden; 0 hides none.
    pub(super) fn of(&mut self, key: &[u8]) -> u64 {
        while self.ahead.peek().is_some_and(|Reverse(ByStart(next))| next.start.as_slice() <= key) {
            self.active.extend(self.ahead.pop().map(|Reverse(ByStart(next))| BySequence(next)));
        }
        while self.active.peek().is_some_and(|BySequence(newest)| newest.end.as_slice() <= key) {
            self.active.pop();
        }
        self.active.peek().map_or(0, |BySequence(newest)| newest.sequence)
    }
}

impl Ord for ByStart {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.start.cmp(&other.0.start)
    }
}

impl Ord for BySequence {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.sequence.cmp(&other.0.sequence)
    }
}

macro_rules! equal_by_order {
    ($($ty:ty),*) => {$(
        impl PartialOrd for $ty {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $ty {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }

        impl Eq for $ty {}
    )*};
}

equal_by_order!(ByStart, BySequence);
