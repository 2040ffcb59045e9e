//! Reads the live entries of a column family, key group by key group.

use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::error::Result;
use crate::sst::index::KeyRange;
use crate::sst::manifest::Table;
use crate::sst::merge::{Merge, Progress, TableRun};
use crate::state::canonical::Prefix;

use super::ColumnFamily;
use super::table::TableReader;

/// Bytes of entries that are merged at once, unless a single one is larger.
const CHUNK: usize = 256 << 10;

/// Bytes that the reads of all tables together keep in memory, about.
const READ_BUDGET: u64 = 8 << 20;
const READ_SIZE: RangeInclusive<u64> = (32 << 10)..=(1 << 20);

/// The live entries of a column family in a run of key groups.
///
/// A table is opened when the merge comes to its first key and closed behind its last one. In memory are, of each open
/// table, its index, one block, and one read.
#[derive(Debug)]
pub(crate) struct EntriesReader {
    family: Arc<ColumnFamily>,
    range: KeyRange,
    read_size: u64,
    merge: Merge,
    /// Indices of the tables that are not open yet, the one with the smallest key first.
    unopened: VecDeque<usize>,
    open: HashMap<u64, TableReader>,
    /// Merged entries; the first is byte `base` of all.
    entries: Vec<u8>,
    base: u64,
    /// Bytes of them that are consumed.
    consumed: usize,
    /// Whether the entries of the key group end with those in memory.
    ended: bool,
}

impl EntriesReader {
    pub(crate) fn new(family: Arc<ColumnFamily>, key_groups: RangeInclusive<u16>) -> Self {
        let range = KeyRange {
            first: Prefix::new(*key_groups.start(), family.max_parallelism).to_bytes(),
            end: Some(end_of(*key_groups.end(), &family)),
        };
        let is_wanted = |table: &Table| !range.is_before(&table.smallest) && table.end() > range.first;
        let unopened: VecDeque<usize> =
            (0..).zip(&family.tables).filter(|(_, (table, _))| is_wanted(table)).map(|(index, _)| index).collect();
        let read_size = (READ_BUDGET / (unopened.len() as u64).max(1)).clamp(*READ_SIZE.start(), *READ_SIZE.end());
        Self {
            merge: Merge::new(range.first.clone(), family.no_merges.clone()),
            family,
            range,
            read_size,
            unopened,
            open: HashMap::new(),
            entries: Vec::new(),
            base: 0,
            consumed: 0,
            ended: false,
        }
    }

    /// What its errors call it.
    pub(crate) fn name(&self) -> &str {
        &self.family.name
    }

    /// Entries that are in memory and not consumed yet, and the offset of the first one.
    pub(crate) fn entries(&self) -> (&[u8], u64) {
        (self.entries.get(self.consumed..).unwrap_or_default(), self.base + self.consumed as u64)
    }

    /// Whether no entry of the key group is left behind those in memory.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Begins with a key group, the first or the next one.
    pub(crate) fn start(&mut self) {
        self.ended = false;
    }

    /// Drops entries up to this offset.
    pub(crate) fn consume(&mut self, offset: u64) {
        self.consumed = usize::try_from(offset - self.base).unwrap_or(usize::MAX).min(self.entries.len());
        if self.consumed == self.entries.len() {
            self.base = offset;
            self.consumed = 0;
            self.entries.clear();
        }
    }

    /// Merges more entries of the key group if none are in memory, unless it has ended.
    ///
    /// # Errors
    /// Corrupt or missing tables.
    pub(crate) async fn fill(&mut self, key_group: u16) -> Result<()> {
        if !self.entries.is_empty() || self.ended {
            return Ok(());
        }
        let end = end_of(key_group, &self.family);
        loop {
            let next_table = self.unopened.front().and_then(|&table| self.family.tables.get(table));
            // A key that a table not yet open may hold has to wait for it.
            let horizon = next_table.map(|(table, _)| &table.smallest).filter(|smallest| **smallest < end);
            match self.merge.run(Some(horizon.unwrap_or(&end)), CHUNK, &mut self.entries)? {
                Progress::Full => return Ok(()),
                Progress::NextBlock(table) => self.supply(table).await?,
                Progress::Bound if horizon.is_some() => self.open_next().await?,
                Progress::Bound => {
                    self.ended = true;
                    return Ok(());
                }
            }
        }
    }

    async fn open_next(&mut self) -> Result<()> {
        let next = self.unopened.pop_front().and_then(|table| self.family.tables.get(table));
        let Some((table, stream)) = next else { return Ok(()) };
        let file = self.family.store.resolve(stream).await?;
        let (reader, deletions) =
            TableReader::open(file, table, &self.family.name, &self.range, self.read_size).await?;
        self.merge.add_deletions(deletions);
        let run = TableRun::new(Arc::clone(reader.name()), table.number, reader.global_sequence(), reader.no_merges());
        self.open.insert(table.number, reader);
        self.supply(run).await
    }

    /// Gives a table its next block, or closes it.
    async fn supply(&mut self, mut run: TableRun) -> Result<()> {
        let number = run.number;
        while let Some(reader) = self.open.get_mut(&number) {
            let Some((offset, block)) = reader.next_block().await? else {
                self.open.remove(&number);
                break;
            };
            match self.merge.add(run, offset, block)? {
                Some(unwanted) => run = unwanted,
                None => break,
            }
        }
        Ok(())
    }
}

/// The first key behind a key group.
fn end_of(key_group: u16, family: &ColumnFamily) -> Vec<u8> {
    Prefix::new(key_group + 1, family.max_parallelism).to_bytes()
}
