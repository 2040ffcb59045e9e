//! Native snapshots of RocksDB and ForSt: a database's files, of which the handle gives the names and streams.
//!
//! ```text
//! handle  := meta (a keyed state header)  shared and private files by local name
//! files   -> CURRENT -> MANIFEST -> the tables of the column family with the state's name       database
//! tables  -> blocks of the wanted key groups                                                      table
//! blocks  -> one sorted run of entries                                                            entries
//! entries -> rows: key and value are those of the canonical layout                                walk
//! ```

mod database;
mod entries;
#[cfg(test)]
mod requests;
mod table;
#[cfg(test)]
mod tests;
mod walk;

use std::ops::RangeInclusive;

use crate::metadata::StreamHandle;
use crate::sst::manifest::Table;
use crate::store::Store;

use super::StateKind;
use super::canonical::Prefix;

pub(crate) use database::Database;
pub(crate) use entries::EntriesReader;
pub(crate) use walk::EntryWalk;

/// The column family of one state in the database of one subtask.
#[derive(Debug)]
pub(crate) struct ColumnFamily {
    pub(crate) name: String,
    pub(crate) max_parallelism: u32,
    /// Why it can't have merge operands, if so.
    no_merges: Option<String>,
    store: Store,
    /// By their smallest keys.
    tables: Vec<(Table, StreamHandle)>,
    /// The key groups with data, ascending, and about how many bytes each has.
    key_groups: Vec<(u16, u64)>,
}

impl ColumnFamily {
    fn new(
        name: &str,
        kind: StateKind,
        max_parallelism: u32,
        handle: &RangeInclusive<u16>,
        store: Store,
        mut tables: Vec<(Table, StreamHandle)>,
    ) -> Self {
        tables.sort_by(|(a, _), (b, _)| a.smallest.cmp(&b.smallest));
        let key_groups = share(&tables, max_parallelism, handle);
        let no_merges = (kind != StateKind::List).then(|| format!("merge operands in {kind} state"));
        Self { name: name.to_owned(), max_parallelism, no_merges, store, tables, key_groups }
    }

    /// Bytes of its tables; those of other key groups and of deleted entries count too.
    pub(crate) fn bytes(&self) -> u64 {
        self.tables.iter().map(|(table, _)| table.size).sum()
    }

    /// The key groups with data, ascending, and about how many bytes each has.
    pub(crate) fn key_groups(&self) -> &[(u16, u64)] {
        &self.key_groups
    }
}

/// Shares the bytes of each table among the key groups between its first and last key.
fn share(tables: &[(Table, StreamHandle)], max_parallelism: u32, handle: &RangeInclusive<u16>) -> Vec<(u16, u64)> {
    let mut shares: Vec<(u16, Option<u64>)> = handle.clone().map(|key_group| (key_group, None)).collect();
    for (table, _) in tables {
        let key_group = |key: &[u8]| Prefix::key_group_of(key, max_parallelism);
        let (first, last) = (key_group(&table.smallest), key_group(&table.largest));
        let covered = u64::from(last.saturating_sub(first)) + 1;
        let skipped = usize::from(first.saturating_sub(*handle.start()));
        let inside = shares.iter_mut().skip(skipped).take_while(|(key_group, _)| *key_group <= last);
        for (_, share) in inside {
            *share.get_or_insert_default() += table.size / covered;
        }
    }
    shares.into_iter().filter_map(|(key_group, share)| Some((key_group, share?))).collect()
}
