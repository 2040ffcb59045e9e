//! Columns of values that a function reads, and what several families read alike.

use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_buffer::i256;
use arrow_schema::DataType;

use crate::bytes::Cursor;
use crate::error::{Error, Result};

use super::Decoder;
use super::text::Text;

/// A decoder of values that `read` reads, of the given Arrow type.
pub(super) fn primitive<T: ArrowPrimitiveType>(
    data_type: DataType,
    read: impl Fn(&mut Cursor<'_>) -> Result<T::Native> + Send + 'static,
) -> Box<dyn Decoder> {
    Box::new(Primitive::<T, _> { builder: PrimitiveBuilder::with_capacity(0).with_data_type(data_type), read })
}

struct Primitive<T: ArrowPrimitiveType, F> {
    builder: PrimitiveBuilder<T>,
    read: F,
}

impl<T: ArrowPrimitiveType, F: Fn(&mut Cursor<'_>) -> Result<T::Native> + Send> Decoder for Primitive<T, F> {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        self.builder.append_value((self.read)(input).map_err(|e| e.at(start))?);
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

/// A decoder of strings: `i32` size, UTF-8.
pub(super) fn utf8_string() -> Box<dyn Decoder> {
    Box::new(Strings(Text::new()))
}

struct Strings(Text);

impl Decoder for Strings {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        self.0.append(utf8(input)?)
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}

/// A string: `i32` size, UTF-8.
pub(super) fn utf8<'a>(input: &mut Cursor<'a>) -> Result<&'a str> {
    let size = input.count(1)?;
    let start = input.offset();
    check_utf8(Cursor::with_offset(input.take(size)?, start))
}

/// All bytes of the input as text.
pub(super) fn check_utf8(input: Cursor<'_>) -> Result<&str> {
    std::str::from_utf8(input.rest())
        .map_err(|e| Error::data("string is not UTF-8").at(input.offset() + e.valid_up_to() as u64).with_source(e))
}

/// A number in big-endian two's complement; `None` if it has no byte or more than 256 bits.
pub(super) fn signed(bytes: &[u8]) -> Option<i256> {
    let first = bytes.first()?;
    let fill = if *first >= 0x80 { 0xFF } else { 0 };
    let mut wide = [fill; 32];
    match bytes.len().checked_sub(wide.len()) {
        None | Some(0) => {
            let unused = wide.len() - bytes.len();
            wide.get_mut(unused..)?.copy_from_slice(bytes);
        }
        Some(excess) => {
            let (sign, low) = bytes.split_at_checked(excess)?;
            let same_sign = low.first().is_some_and(|byte| (byte ^ fill) < 0x80);
            if !same_sign || sign.iter().any(|byte| *byte != fill) {
                return None;
            }
            wide.copy_from_slice(low);
        }
    }
    Some(i256::from_be_bytes(wide))
}
