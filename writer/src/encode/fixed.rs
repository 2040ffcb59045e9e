//! Values of one fixed length.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrowPrimitiveType, BooleanArray, PrimitiveArray};

use crate::{Error, Result};

use super::Encoder;
use super::column::{self, no_null, not_null, unexpected};

/// An encoder of values that `write` turns into `N` bytes; `null` is Java's null, if there is one.
pub(super) fn primitive<'a, T: ArrowPrimitiveType, const N: usize>(
    column: &'a dyn Array,
    what: &'static str,
    null: Option<[u8; N]>,
    write: impl Fn(T::Native) -> Result<[u8; N]> + Send + 'a,
) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(Primitive { column: column::primitive::<T>(column)?, what, null, write }))
}

struct Primitive<'a, T: ArrowPrimitiveType, const N: usize, F> {
    column: &'a PrimitiveArray<T>,
    what: &'static str,
    null: Option<[u8; N]>,
    write: F,
}

impl<T, const N: usize, F> Encoder for Primitive<'_, T, N, F>
where
    T: ArrowPrimitiveType,
    F: Fn(T::Native) -> Result<[u8; N]> + Send,
{
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.column.is_null(row) {
            out.extend(self.null.ok_or_else(|| no_null(self.what))?);
            return Ok(());
        }
        let bytes = (self.write)(self.column.value(row))?;
        if self.null == Some(bytes) {
            return Err(Error::data(format!("the smallest {} is the null of its serializer", self.what)));
        }
        out.extend(bytes);
        Ok(())
    }
}

/// An encoder of one byte, 0 or 1.
pub(super) fn boolean<'a>(column: &'a dyn Array, what: &'static str) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(Boolean { column: column.as_boolean_opt().ok_or_else(|| unexpected(column))?, what }))
}

struct Boolean<'a> {
    column: &'a BooleanArray,
    what: &'static str,
}

impl Encoder for Boolean<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, self.what)?;
        out.push(u8::from(self.column.value(row)));
        Ok(())
    }
}

/// An encoder of values that say nothing.
pub(super) fn nothing<'a>(bytes: &'static [u8]) -> Box<dyn Encoder + 'a> {
    Box::new(Nothing(bytes))
}

struct Nothing(&'static [u8]);

impl Encoder for Nothing {
    fn encode(&self, _: usize, out: &mut Vec<u8>) -> Result<()> {
        out.extend(self.0);
        Ok(())
    }
}

/// An encoder of a type that has no values.
pub(super) fn never<'a>() -> Box<dyn Encoder + 'a> {
    Box::new(Never)
}

struct Never;

impl Encoder for Never {
    fn encode(&self, _: usize, _: &mut Vec<u8>) -> Result<()> {
        Err(Error::data("a value of the type Nothing can't exist"))
    }
}
