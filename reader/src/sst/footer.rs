//! The end of a table: which format it has, and where its metaindex and index are.
//!
//! ```text
//! version 0:  handle metaindex  handle index  zeros to byte 40  u64 DB4775248B80FB57
//! 1 to 5:     u8 checksum  handle metaindex  handle index  zeros to byte 41  u32 version  u64 88E241B785F4CFF7
//! ```

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};

use super::block::Handle;
use super::checksum::Checksum;

const MAGIC: u64 = 0x88E2_41B7_85F4_CFF7;
const LEGACY_MAGIC: u64 = 0xDB47_7524_8B80_FB57;
const PLAIN_TABLE_MAGIC: u64 = 0x8242_2296_63BF_9564;
const LEGACY_PLAIN_TABLE_MAGIC: u64 = 0x4F34_18EB_7A8F_13B8;
const CUCKOO_TABLE_MAGIC: u64 = 0x9267_89D0_C5F1_7873;

/// Bytes of the longest footer.
pub(crate) const MAX_SIZE: u64 = 53;
const LEGACY_SIZE: usize = 48;

/// The newest format version that is read.
const MAX_VERSION: u32 = 5;

/// A table's footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) version: u32,
    pub(crate) checksum: Checksum,
    pub(crate) metaindex: Handle,
    pub(crate) index: Handle,
    /// Bytes of the footer itself.
    pub(crate) size: u64,
}

impl Footer {
    /// Parses the footer at the end of `tail`.
    ///
    /// # Errors
    /// No block-based table, or one of a version that is not supported.
    pub(crate) fn parse(tail: &[u8]) -> Result<Self> {
        let Some((rest, magic)) = tail.split_last_chunk::<8>() else {
            return Err(Error::truncated("file is too short for a table"));
        };
        let (version, size) = match u64::from_le_bytes(*magic) {
            LEGACY_MAGIC => (0, LEGACY_SIZE),
            MAGIC => match rest.split_last_chunk::<4>() {
                Some((_, version)) => (u32::from_le_bytes(*version), usize::try_from(MAX_SIZE).unwrap_or(usize::MAX)),
                None => return Err(Error::truncated("file is too short for a table")),
            },
            PLAIN_TABLE_MAGIC | LEGACY_PLAIN_TABLE_MAGIC => return Err(other_table("PlainTable")),
            CUCKOO_TABLE_MAGIC => return Err(other_table("CuckooTable")),
            other => return Err(Error::data(format!("file ends with {other:016x}: no table of RocksDB"))),
        };
        if version > MAX_VERSION {
            return Err(Error::unsupported(format!(
                "table of format version {version}: versions up to {MAX_VERSION} are supported"
            )));
        }
        let Some(start) = tail.len().checked_sub(size) else {
            return Err(Error::truncated("file is too short for a table"));
        };
        let mut input = Cursor::new(tail.get(start..).unwrap_or_default());
        let checksum = if version == 0 { Checksum::Crc32c } else { Checksum::from_code(input.u8()?)? };
        let metaindex = Handle::parse(&mut input).in_field("metaindex")?;
        let index = Handle::parse(&mut input).in_field("index")?;
        Ok(Self { version, checksum, metaindex, index, size: size as u64 })
    }
}

fn other_table(name: &str) -> Error {
    Error::unsupported(format!("table format {name}: only block-based tables are supported"))
}
