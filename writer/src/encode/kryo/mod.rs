//! Values of Kryo, in the form of Flink 1.x (Kryo 2.24) and of Flink 2.x (Kryo 5.6).
//!
//! ```text
//! value := 0                      null
//!        | class [1] payload      1: an object that is new in its message; primitives and wrappers have none
//! class := 1 0 kstr name          by name
//!        | kuint id + 2           by id
//! ```
//! Values of declared classes of the JDK are built from their column. All others have their bytes in `$bytes`, which
//! are written as they are: a changed `$json` or `$class` beside them is refused, not ignored.

mod any;
mod array;
mod head;
mod primitive;
mod scalar;
mod text;
mod zoned;

use arrow_array::Array;
use arrow_schema::DataType;
use flink_state_reader::types::Kryo;

use crate::Result;

use super::Encoder;
use head::Head;

pub(crate) use text::{parse_duration, parse_period, parse_uuid};
pub(crate) use zoned::{Zoned, offset_seconds};

/// The encoder of values of a declared class.
pub(super) fn encoder<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    match column.data_type() {
        DataType::Struct(_) => any::encoder(kryo, column),
        DataType::Utf8 => text::encoder(kryo, column),
        DataType::Binary | DataType::List(_) => array::encoder(kryo, column),
        _ => scalar::encoder(kryo, column),
    }
}

/// A value behind its class; null is a byte 0.
struct Object<'a, F> {
    column: &'a dyn Array,
    head: Head,
    payload: F,
}

impl<F: Fn(usize, &mut Vec<u8>) -> Result<()> + Send> Encoder for Object<'_, F> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.column.is_null(row) {
            out.push(0);
            return Ok(());
        }
        self.head.put(out);
        (self.payload)(row, out)
    }
}
