//! The metaindex and the properties of a table.
//!
//! ```text
//! metaindex  := block of name -> handle: "rocksdb.properties", "rocksdb.range_del", filters, …
//! properties := block of name -> text | varint | u32 | u64, by name
//! ```

use bytes::Bytes;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};

use super::block::{Entries, Handle};
use super::index::IndexFormat;

/// The one comparator whose order is that of the bytes.
pub(super) const BYTEWISE: &str = "leveldb.BytewiseComparator";

/// Merge operators that join their operands with a comma.
const STRING_APPEND: [&str; 2] = ["StringAppendTESTOperator", "StringAppendOperator"];

/// The blocks that a table has beside data and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metaindex {
    pub(crate) properties: Handle,
    pub(crate) range_deletions: Option<Handle>,
}

impl Metaindex {
    pub(crate) fn parse(block: Bytes) -> Result<Self> {
        let (mut properties, mut range_deletions) = (None, None);
        let mut entries = Entries::new(block)?;
        while entries.advance()? {
            let handle = || Handle::parse(&mut Cursor::new(entries.value()));
            match entries.key() {
                b"rocksdb.properties" => properties = Some(handle()?),
                b"rocksdb.range_del" => range_deletions = Some(handle()?),
                b"rocksdb.compression_dict" => {
                    return Err(Error::unsupported("table compressed with a dictionary"));
                }
                _ => {}
            }
        }
        let properties = properties.ok_or_else(|| Error::data("table without properties"))?;
        Ok(Self { properties, range_deletions })
    }
}

/// What the properties say that reading a table needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Properties {
    /// Not of tables that were made outside of a database.
    pub(crate) column_family: Option<String>,
    pub(crate) index: IndexFormat,
    /// Why operands can't be merged, if so.
    pub(crate) other_merge_operator: Option<String>,
    /// Of a table that was made outside of a database and then ingested; else 0.
    external_version: u32,
    /// The sequence number for all entries of such a table; 0 if only the MANIFEST has it.
    external_sequence: u64,
}

impl Properties {
    /// # Errors
    /// A comparator or an index that is not supported.
    pub(crate) fn parse(block: Bytes) -> Result<Self> {
        let mut properties = Self::default();
        let mut entries = Entries::new(block)?;
        while entries.advance()? {
            let name = String::from_utf8_lossy(entries.key());
            properties.add(&name, entries.value()).in_field(&name)?;
        }
        Ok(properties)
    }

    fn add(&mut self, name: &str, value: &[u8]) -> Result<()> {
        let text = || String::from_utf8_lossy(value).into_owned();
        let mut number = Cursor::new(value);
        match name {
            "rocksdb.column.family.name" => self.column_family = Some(text()).filter(|name| !name.is_empty()),
            "rocksdb.comparator" if value != BYTEWISE.as_bytes() => {
                return Err(Error::unsupported(format!("keys in the order of {}", text())));
            }
            "rocksdb.merge.operator" if !STRING_APPEND.contains(&text().as_str()) => {
                self.other_merge_operator = Some(text());
            }
            "rocksdb.index.key.is.user.key" => self.index.user_keys = number.vlq64()? != 0,
            "rocksdb.index.value.is.delta.encoded" => self.index.delta = number.vlq64()? != 0,
            "rocksdb.block.based.table.index.type" => match u32::from_le_bytes(number.array()?) {
                0 | 1 => {}
                2 => self.index.two_levels = true,
                3 => self.index.first_keys = true,
                other => return Err(Error::unsupported(format!("table index of type {other}"))),
            },
            "rocksdb.external_sst_file.version" => self.external_version = u32::from_le_bytes(number.array()?),
            "rocksdb.external_sst_file.global_seqno" => self.external_sequence = u64::from_le_bytes(number.array()?),
            _ => {}
        }
        Ok(())
    }

    /// The sequence number that stands for those of all entries; `largest` is the one in the MANIFEST.
    ///
    /// # Errors
    /// Two that differ (`GetGlobalSequenceNumber`).
    pub(crate) fn global_sequence(&self, largest: u64) -> Result<Option<u64>> {
        match self.external_sequence {
            _ if self.external_version < 2 => Ok(None),
            sequence if sequence == 0 || sequence == largest => Ok(Some(largest)),
            sequence => Err(Error::data(format!(
                "ingested table has the sequence number {sequence}, the MANIFEST says {largest}"
            ))),
        }
    }
}
