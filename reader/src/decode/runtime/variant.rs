//! `Variant`: `i32` length of the value, `i32` length of the metadata, then both.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::Result;

use super::super::columns::{Column, Columns};
use super::super::{Decoder, binary};

/// A struct of the binaries `value` and `metadata`.
pub(crate) fn decoder() -> Box<dyn Decoder> {
    let columns = vec![Column::new("value", binary::rest()), Column::new("metadata", binary::rest())];
    Box::new(Variant(Columns::new(columns, false, None)))
}

/// Moves past a variant.
pub(crate) fn skip_variant(input: &mut Cursor<'_>) -> Result<()> {
    parts(input).map(drop)
}

fn parts<'a>(input: &mut Cursor<'a>) -> Result<[Cursor<'a>; 2]> {
    let (value, metadata) = (input.count(1)?, input.count(1)?);
    let mut part = |length| {
        let offset = input.offset();
        input.take(length).map(|bytes| Cursor::with_offset(bytes, offset))
    };
    Ok([part(value)?, part(metadata)?])
}

struct Variant(Columns);

impl Decoder for Variant {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        for (index, mut part) in parts(input)?.into_iter().enumerate() {
            self.0.append(index, &mut part)?;
        }
        self.0.end(None, "")
    }

    fn append_null(&mut self) {
        self.0.append_null_struct();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}
