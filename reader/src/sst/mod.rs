//! The files of a RocksDB or ForSt database: parsers that take bytes and do no I/O.
//!
//! ```text
//! CURRENT         the name of the MANIFEST and a line feed
//! MANIFEST-000004 a log of edits: which column families there are, and which tables each has      log, manifest
//! 000012.sst      a block-based table: sorted entries of one column family
//!
//! table    := data block…  meta block…  index block…  metaindex  footer                           footer, index
//! block    := payload  u8 compression  u32 checksum                                               block
//! payload  := entry…  u32 restart offset…  [hash index]  u32 number of restarts
//! entry    := varint shared  varint non-shared  varint value length  key suffix  value
//! key      := user key  u64 (sequence << 8 | type)                                                key
//! handle   := varint offset  varint size                        of a payload; the trailer is not counted
//! ```
//!
//! All numbers are little-endian, varints have 7 bits a byte. The user key is the composite key of the canonical
//! layout. [`merge::Merge`] makes one sorted run of live entries out of many tables.
//!
//! Sources: RocksDB's `table/block_based`, `table/format.cc`, `db/version_edit.cc`, `db/log_reader.cc`.

pub(crate) mod block;
pub(crate) mod checksum;
mod compression;
pub(crate) mod footer;
pub(crate) mod index;
pub(crate) mod key;
mod log;
pub(crate) mod manifest;
pub(crate) mod merge;
pub(crate) mod properties;
pub(crate) mod range_deletion;
mod resolve;
#[cfg(test)]
pub(crate) mod tests;
