//! Columns of values of one fixed length.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::{ArrayRef, ArrowPrimitiveType, NullArray};
use arrow_schema::DataType;

use crate::bytes::Cursor;
use crate::error::{Error, Result};

use super::{Decoder, Span, flag};

/// A decoder of `N`-byte values; `parse` turns the bytes into Arrow's native value, `None` for null.
pub(super) fn primitive<T, const N: usize>(
    data_type: DataType,
    parse: impl Fn([u8; N]) -> Result<Option<T::Native>> + Send + 'static,
) -> Box<dyn Decoder>
where
    T: ArrowPrimitiveType,
{
    Box::new(Primitive::<T, N, _> { builder: PrimitiveBuilder::with_capacity(0).with_data_type(data_type), parse })
}

struct Primitive<T: ArrowPrimitiveType, const N: usize, F> {
    builder: PrimitiveBuilder<T>,
    parse: F,
}

impl<T, const N: usize, F> Decoder for Primitive<T, N, F>
where
    T: ArrowPrimitiveType,
    F: Fn([u8; N]) -> Result<Option<T::Native>> + Send,
{
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let value = (self.parse)(input.array()?).map_err(|e| e.at(start))?;
        self.builder.append_option(value);
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }

    fn append_all(&mut self, data: &[u8], offset: u64, spans: &[Span]) -> Result<()> {
        for span in spans {
            let bytes = data.get(span.start as usize..span.end as usize);
            let Some(bytes) = bytes.and_then(|b| <[u8; N]>::try_from(b).ok()) else {
                let mut input = span.cursor(data, offset)?;
                self.append(&mut input)?;
                return input.expect_end();
            };
            let value = (self.parse)(bytes).map_err(|e| e.at(offset + u64::from(span.start)))?;
            self.builder.append_option(value);
        }
        Ok(())
    }
}

/// A decoder of one byte, 0 or 1.
pub(super) fn boolean() -> Box<dyn Decoder> {
    Box::new(Boolean(BooleanBuilder::with_capacity(0)))
}

struct Boolean(BooleanBuilder);

impl Decoder for Boolean {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        self.0.append_value(flag(input)?);
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A decoder of values that say nothing in `bytes` bytes.
pub(super) fn nothing(bytes: usize) -> Box<dyn Decoder> {
    Box::new(Nothing { bytes: Some(bytes), rows: 0 })
}

/// A decoder of a type that has no values.
pub(super) fn never() -> Box<dyn Decoder> {
    Box::new(Nothing { bytes: None, rows: 0 })
}

struct Nothing {
    bytes: Option<usize>,
    rows: usize,
}

impl Decoder for Nothing {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let Some(bytes) = self.bytes else {
            return Err(Error::data("a value of the type Nothing can't exist").at(input.offset()));
        };
        input.take(bytes)?;
        self.rows += 1;
        Ok(())
    }

    fn append_null(&mut self) {
        self.rows += 1;
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(NullArray::new(std::mem::take(&mut self.rows)))
    }
}
