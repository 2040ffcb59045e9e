//! Bytes to numbers and strings, with every length checked against what remains; and back.

mod cursor;
pub mod snappy;
mod strings;
mod writer;

pub use cursor::Cursor;
pub use strings::{
    decode_flink_string, decode_modified_utf8, decode_string_value, skip_flink_string, skip_string_value,
};
pub use writer::Writer;

/// The CRC-32C of `data` in the masked form that snappy frames and the files of RocksDB store.
pub(crate) fn masked_crc32c(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}
