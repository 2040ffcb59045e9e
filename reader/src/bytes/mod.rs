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
