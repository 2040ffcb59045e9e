//! A MANIFEST: the column families of a database and the tables that each has.
//!
//! ```text
//! record := { varint tag  payload }…                                        a VersionEdit
//!     1 text comparator   2, 3, 4, 9, 10, 203 varint   5 varint level, text   6 varint level, varint number (deleted)
//!     7 level number size smallest largest      100: sequence numbers behind   102: a path ID behind the number
//!   103 level number size smallest largest smallest-sequence largest-sequence { varint tag  text }… 1
//!   200 varint column family of this edit   201 text name (added)   202 dropped   300 varint edits left in the group
//!   400, 401 blob files    8192 and more: text, may be skipped
//! ```
//!
//! Tables are those added and not deleted, over all edits in their order. Source: `db/version_edit.cc`.

use std::collections::BTreeMap;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};

use super::key::{self, MAX_SEQUENCE};
use super::log;
use super::properties::BYTEWISE;

/// Of tags: may be skipped by readers that don't know it.
const IGNORABLE: u32 = 1 << 13;

/// Of a table's custom tags: must be known.
const CUSTOM_REQUIRED: u32 = 1 << 6;

/// A database's column families by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    families: BTreeMap<u64, Family>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Family {
    name: String,
    tables: BTreeMap<u64, Table>,
}

/// A table as the MANIFEST knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// The number in its file's name.
    pub(crate) number: u64,
    /// Bytes of its file.
    pub(crate) size: u64,
    /// Its first user key.
    pub(crate) smallest: Vec<u8>,
    /// Its last user key.
    pub(crate) largest: Vec<u8>,
    /// Whether it has no entry of its last key: a range deletion ends there.
    pub(crate) excludes_largest: bool,
    pub(crate) largest_sequence: u64,
}

impl Table {
    /// The first user key behind it.
    pub(crate) fn end(&self) -> Vec<u8> {
        let mut end = self.largest.clone();
        if !self.excludes_largest {
            end.push(0);
        }
        end
    }
}

/// What one record changes.
#[derive(Default)]
struct Edit {
    family: u64,
    added: Vec<Table>,
    deleted: Vec<u64>,
    new_family: Option<String>,
    drops_family: bool,
    /// Edits of its atomic group that follow it.
    group: u64,
}

impl Manifest {
    /// # Errors
    /// A truncated or corrupt file; a comparator or blob files that are not supported.
    pub(crate) fn parse(file: &[u8]) -> Result<Self> {
        let default = Family { name: "default".to_owned(), ..Family::default() };
        let mut manifest = Self { families: BTreeMap::from([(0, default)]) };
        let mut group = 0;
        for (offset, record) in log::records(file)? {
            let edit = Edit::parse(&mut Cursor::new(&record)).map_err(|e| e.relocated(offset))?;
            group = edit.group;
            manifest.apply(edit).map_err(|e| e.at(offset))?;
        }
        if group > 0 {
            return Err(Error::truncated(format!("the MANIFEST ends {group} edits before the end of a group")));
        }
        Ok(manifest)
    }

    /// The tables of the column family with this name, by their numbers.
    pub(crate) fn tables(&self, name: &str) -> Option<impl Iterator<Item = &Table>> {
        self.families.values().find(|family| family.name == name).map(|family| family.tables.values())
    }

    fn apply(&mut self, edit: Edit) -> Result<()> {
        if let Some(name) = edit.new_family {
            let family = Family { name, tables: BTreeMap::new() };
            if self.families.insert(edit.family, family).is_some_and(|old| edit.family != 0 || !old.tables.is_empty()) {
                return Err(Error::data(format!("column family {} is added twice", edit.family)));
            }
        }
        if edit.drops_family {
            self.families.remove(&edit.family);
            return Ok(());
        }
        let Some(family) = self.families.get_mut(&edit.family) else {
            return Err(Error::data(format!("edit of column family {}, which is not there", edit.family)));
        };
        for number in edit.deleted {
            if family.tables.remove(&number).is_none() {
                return Err(Error::data(format!("table {number} is deleted and was not there")));
            }
        }
        for table in edit.added {
            family.tables.insert(table.number, table);
        }
        Ok(())
    }
}

impl Edit {
    fn parse(input: &mut Cursor<'_>) -> Result<Self> {
        let mut edit = Self::default();
        while !input.is_empty() {
            match input.vlq()? {
                1 => {
                    let comparator = input.vlq_prefixed()?;
                    if comparator != BYTEWISE.as_bytes() {
                        let name = String::from_utf8_lossy(comparator);
                        return Err(Error::unsupported(format!("keys in the order of {name}")));
                    }
                }
                2 | 3 | 4 | 9 | 10 | 203 => drop(input.vlq64()?),
                5 => {
                    input.vlq()?;
                    input.vlq_prefixed()?;
                }
                6 => {
                    input.vlq()?;
                    edit.deleted.push(input.vlq64()?);
                }
                tag @ (7 | 100 | 102 | 103) => edit.added.push(Table::parse(tag, input).in_field("table")?),
                200 => edit.family = input.vlq64()?,
                201 => edit.new_family = Some(String::from_utf8_lossy(input.vlq_prefixed()?).into_owned()),
                202 => edit.drops_family = true,
                300 => edit.group = input.vlq64()?,
                400 | 401 => return Err(blobs()),
                tag if tag & IGNORABLE != 0 => drop(input.vlq_prefixed()?),
                tag => return Err(Error::unsupported(format!("MANIFEST with the unknown tag {tag}"))),
            }
        }
        Ok(edit)
    }
}

impl Table {
    fn parse(tag: u32, input: &mut Cursor<'_>) -> Result<Self> {
        input.vlq()?;
        let number = input.vlq64()?;
        if tag == 102 {
            input.vlq()?;
        }
        let size = input.vlq64()?;
        let (smallest, _) = key::split(input.vlq_prefixed()?).in_field("smallest key")?;
        let (largest, trailer) = key::split(input.vlq_prefixed()?).in_field("largest key")?;
        if smallest > largest {
            return Err(Error::data(format!("table {number} ends before it starts")));
        }
        let mut table = Self {
            number,
            size,
            smallest: smallest.to_vec(),
            largest: largest.to_vec(),
            excludes_largest: trailer.is_range_deletion() && trailer.sequence() == MAX_SEQUENCE,
            largest_sequence: 0,
        };
        if tag != 7 {
            input.vlq64()?;
            table.largest_sequence = input.vlq64()?;
        }
        if tag == 103 {
            custom_fields(input)?;
        }
        Ok(table)
    }
}

fn custom_fields(input: &mut Cursor<'_>) -> Result<()> {
    const END: u32 = 1;
    const OLDEST_BLOB_FILE: u32 = 4;
    const PATH_ID: u32 = 65;

    loop {
        let tag = input.vlq()?;
        if tag == END {
            return Ok(());
        }
        let value = input.vlq_prefixed()?;
        match tag {
            OLDEST_BLOB_FILE if value.iter().any(|&byte| byte != 0) => return Err(blobs()),
            PATH_ID => {}
            tag if tag & CUSTOM_REQUIRED != 0 => {
                return Err(Error::unsupported(format!("MANIFEST with the unknown table tag {tag}")));
            }
            _ => {}
        }
    }
}

fn blobs() -> Error {
    Error::unsupported("values in blob files: Flink's own options don't lead there")
}
