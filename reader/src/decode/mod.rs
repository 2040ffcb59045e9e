//! Encoded values to Arrow columns: one decoder per type family, one builder per column, nothing allocated per row.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::Result;

/// Appends encoded values of one type to an Arrow column.
pub trait Decoder: Send {
    /// Decodes the value at `input`, moves past it and appends it.
    ///
    /// After an error the column is in an unknown state: drop the decoder.
    ///
    /// # Errors
    /// Bytes that contradict the type.
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()>;

    /// Appends a null.
    fn append_null(&mut self);

    /// Takes the column and starts a new one.
    fn finish(&mut self) -> ArrayRef;

    /// Decodes many values, each of which must fill its bytes exactly.
    ///
    /// `data` starts at byte `offset` of the file, `spans` are ranges in `data`. The default calls [`Self::append`];
    /// it is monomorphic per decoder, so the loop has no virtual call per row.
    ///
    /// # Errors
    /// As [`Self::append`], and bytes that are left over.
    fn append_all(&mut self, data: &[u8], offset: u64, spans: &[Span]) -> Result<()> {
        for span in spans {
            let mut input = span.cursor(data, offset)?;
            self.append(&mut input)?;
            input.expect_end()?;
        }
        Ok(())
    }
}

/// A range of bytes in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A cursor over this range of `data`, whose first byte is byte `offset` of the file.
    ///
    /// # Errors
    /// A range outside `data`: a defect of the caller.
    #[inline]
    pub fn cursor(self, data: &[u8], offset: u64) -> Result<Cursor<'_>> {
        data.get(self.start as usize..self.end as usize)
            .map(|bytes| Cursor::with_offset(bytes, offset + u64::from(self.start)))
            .ok_or_else(|| crate::Error::bug("span outside of its buffer"))
    }
}
