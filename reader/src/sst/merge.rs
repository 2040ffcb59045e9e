//! Many sorted tables become one run of live entries.
//!
//! ```text
//! entry := i32 length, user key   i32 length, value           big-endian, as in the canonical layout
//! ```

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Error, Result};

use super::block::Entries;
use super::key::{self, Operation, Trailer};
use super::range_deletion::{Cover, RangeDeletion};
use super::resolve::Versions;

/// Merges tables by user key, ascending, and sequence number, descending, and keeps what is visible.
///
/// It does no I/O: it is given blocks, and says of which table it needs the next one.
#[derive(Debug)]
pub(crate) struct Merge {
    /// Keys in front of this one are left out.
    first: Vec<u8>,
    /// The one with the next entry on top.
    tables: BinaryHeap<TableRun>,
    visible: Visible,
}

/// Which entries are visible.
#[derive(Debug, Default)]
struct Visible {
    cover: Cover,
    versions: Versions,
    /// Why there can't be merge operands, if so.
    no_merges: Option<String>,
}

/// What a table still has to give.
#[derive(Debug)]
pub(crate) struct TableRun {
    /// The file, for errors.
    pub(crate) name: Arc<str>,
    /// The number of the table.
    pub(crate) number: u64,
    global_sequence: Option<u64>,
    /// Why its merge operands can't be resolved, if so.
    no_merges: Option<String>,
    entries: Entries,
    /// Where the block of these entries is.
    offset: u64,
}

/// Why [`Merge::run`] has stopped.
#[derive(Debug)]
pub(crate) enum Progress {
    /// As many bytes as asked for; more may follow.
    Full,
    /// No entry in front of the bound is left.
    Bound,
    /// This table has to be given back with its next block, unless it has ended.
    NextBlock(TableRun),
}

impl TableRun {
    pub(crate) fn new(name: Arc<str>, number: u64, global_sequence: Option<u64>, no_merges: Option<String>) -> Self {
        Self { name, number, global_sequence, no_merges, entries: Entries::default(), offset: 0 }
    }

    /// Begins with a block, at the first key that is not in front of `first`; `false` if there is none.
    fn start(&mut self, block: Bytes, first: &[u8]) -> Result<bool> {
        self.entries.restart(block)?;
        while self.entries.advance()? {
            if self.entry()?.0 >= first {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the block; offsets inside of it mean nothing in the file.
    #[cold]
    fn locate(&self, error: Error) -> Error {
        error.relocated(self.offset).in_file(&*self.name)
    }

    #[inline]
    fn entry(&self) -> Result<(&[u8], Trailer)> {
        let (user_key, trailer) = key::split(self.entries.key())?;
        Ok((user_key, self.global_sequence.map_or(trailer, |sequence| trailer.with_sequence(sequence))))
    }
}

impl Merge {
    /// Of entries from the user key `first` on. `no_merges` says why there can't be merge operands.
    pub(crate) fn new(first: Vec<u8>, no_merges: Option<String>) -> Self {
        Self { first, tables: BinaryHeap::new(), visible: Visible { no_merges, ..Visible::default() } }
    }

    /// Adds the range deletions of a table, before any of its blocks.
    pub(crate) fn add_deletions(&mut self, deletions: Vec<RangeDeletion>) {
        self.visible.cover.add(deletions);
    }

    /// Adds a table with its next block, which is at `offset`; gives it back if nothing in that block is wanted.
    ///
    /// # Errors
    /// A corrupt block.
    pub(crate) fn add(&mut self, mut table: TableRun, offset: u64, block: Bytes) -> Result<Option<TableRun>> {
        table.offset = offset;
        match table.start(block, &self.first) {
            Ok(true) => {
                self.tables.push(table);
                Ok(None)
            }
            Ok(false) => Ok(Some(table)),
            Err(e) => Err(table.locate(e)),
        }
    }

    /// Appends live entries with user keys in front of `bound` to `out`, until that has `size` bytes.
    ///
    /// # Errors
    /// A corrupt block, entries of a type that is not supported.
    pub(crate) fn run(&mut self, bound: Option<&[u8]>, size: usize, out: &mut Vec<u8>) -> Result<Progress> {
        while out.len() < size {
            let Some(mut table) = self.tables.peek_mut() else { break };
            match self.visible.add(&table, bound, out) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => return Err(table.locate(e)),
            }
            match table.entries.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(Progress::NextBlock(PeekMut::pop(table))),
                Err(e) => return Err(table.locate(e)),
            }
        }
        if out.len() >= size {
            return Ok(Progress::Full);
        }
        self.visible.versions.finish(out)?;
        Ok(Progress::Bound)
    }
}

impl Visible {
    /// Adds the next entry of a table; `false` if it is not in front of `bound`.
    #[inline]
    fn add(&mut self, table: &TableRun, bound: Option<&[u8]>, out: &mut Vec<u8>) -> Result<bool> {
        let (user_key, trailer) = table.entry()?;
        if bound.is_some_and(|bound| bound <= user_key) {
            return Ok(false);
        }
        match user_key.cmp(&self.versions.key) {
            Ordering::Greater => {
                self.versions.finish(out)?;
                self.versions.start(user_key, self.cover.of(user_key));
            }
            Ordering::Equal => {}
            Ordering::Less => return Err(Error::data("keys are not in their order")),
        }
        let operation = trailer.operation()?;
        if operation == Operation::Merge
            && let Some(reason) = self.no_merges.as_ref().or(table.no_merges.as_ref())
        {
            return Err(Error::unsupported(reason.as_str()));
        }
        self.versions.add(trailer.sequence(), operation, table.entries.value(), out)?;
        Ok(true)
    }
}

impl Ord for TableRun {
    /// The next entry is the greatest: the one with the least user key, and of several the newest.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.entry(), other.entry()) {
            (Ok((key, trailer)), Ok((other_key, other_trailer))) => {
                other_key.cmp(key).then(trailer.cmp(&other_trailer)).then(self.number.cmp(&other.number))
            }
            // The one whose key is broken comes first, and fails.
            (a, b) => a.is_err().cmp(&b.is_err()),
        }
    }
}

impl PartialOrd for TableRun {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for TableRun {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for TableRun {}
