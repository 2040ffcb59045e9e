//! Columns of bytes.

use std::io::Write;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BinaryBuilder;

use crate::bytes::Cursor;
use crate::error::Result;
use crate::java::stream::skip_object;

use super::Decoder;
use super::text::check_size;

/// A `Binary` column that refuses to outgrow its 32-bit offsets.
#[derive(Debug)]
pub(super) struct Bytes(BinaryBuilder);

impl Bytes {
    pub(super) fn new() -> Self {
        Self(BinaryBuilder::with_capacity(0, 0))
    }

    pub(super) fn append(&mut self, value: &[u8]) -> Result<()> {
        check_size(self.0.values_slice().len(), value.len())?;
        self.0.append_value(value);
        Ok(())
    }

    /// Appends one value that is in two parts.
    pub(super) fn append_parts(&mut self, head: &[u8], tail: &[u8]) -> Result<()> {
        check_size(self.0.values_slice().len(), head.len().saturating_add(tail.len()))?;
        // Writing to a buffer can't fail.
        let _ = self.0.write_all(head);
        self.0.append_value(tail);
        Ok(())
    }

    pub(super) fn append_null(&mut self) {
        self.0.append_null();
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A decoder of the bytes that `read` takes.
pub(super) fn decoder<F>(read: F) -> Box<dyn Decoder>
where
    F: for<'a> Fn(&mut Cursor<'a>) -> Result<&'a [u8]> + Send + 'static,
{
    Box::new(BytesDecoder { column: Bytes::new(), read })
}

struct BytesDecoder<F> {
    column: Bytes,
    read: F,
}

impl<F: for<'a> Fn(&mut Cursor<'a>) -> Result<&'a [u8]> + Send> Decoder for BytesDecoder<F> {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        self.column.append((self.read)(input)?)
    }

    fn append_null(&mut self) {
        self.column.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.column.finish()
    }
}

/// All bytes that are left.
pub(super) fn rest() -> Box<dyn Decoder> {
    decoder(|input| Ok(input.take_rest()))
}

/// A Java object: its whole stream.
pub(super) fn java_object() -> Box<dyn Decoder> {
    decoder(|input| {
        let all = input.rest();
        let mut end = *input;
        skip_object(&mut end)?;
        input.take(all.len() - end.remaining())
    })
}

/// `i32` length, bytes.
pub(super) fn length_prefixed() -> Box<dyn Decoder> {
    decoder(|input| input.length_prefixed())
}
