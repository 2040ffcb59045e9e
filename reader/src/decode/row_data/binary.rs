//! Views of the binary structures of the Table API: row, array, map. Their integers are little-endian.
//!
//! ```text
//! row    row kind u8 | null bits from bit 8 on, whole 8 bytes | 8-byte slot * fields | variable part
//! array  i32 n | null bits, whole 4 bytes | slot * n, padded to 8 bytes | variable part
//! map    i32 size of the key array | key array | value array
//! slot   a small value | bytes * up to 7, 0x80 + length | u32 length, u32 offset into the structure
//! ```
//!
//! Source: `BinaryRowData`, `BinaryArrayData`, `BinaryMapData`, `BinarySegmentUtils`.

use std::cell::Cell;

use crate::bytes::Cursor;
use crate::error::{Error, Result};

const SLOT: usize = 8;
const INLINE: u8 = 0x80;

/// A row or an array with the bytes of its variable part that were not handed out yet.
///
/// Pieces of the variable part do not overlap, so handing out more than there is means that the offsets are wrong.
/// Without this check a few bytes could stand for a huge value.
struct Structure<'a> {
    bytes: &'a [u8],
    offset: u64,
    unread: Cell<usize>,
}

impl<'a> Structure<'a> {
    fn new(input: Cursor<'a>) -> Self {
        Self { bytes: input.rest(), offset: input.offset(), unread: Cell::new(input.remaining()) }
    }

    fn bit(&self, index: usize) -> bool {
        self.bytes.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 != 0)
    }

    fn piece(&self, start: usize, length: usize) -> Result<Cursor<'a>> {
        let piece = start.checked_add(length).and_then(|end| self.bytes.get(start..end)).ok_or_else(|| {
            Error::data(format!("{length} bytes at {start} are outside of a structure of {} bytes", self.bytes.len()))
                .at(self.offset)
        })?;
        let unread = self.unread.get().checked_sub(length).ok_or_else(|| {
            Error::data(format!("variable parts overlap in a structure of {} bytes", self.bytes.len())).at(self.offset)
        })?;
        self.unread.set(unread);
        Ok(Cursor::with_offset(piece, self.offset + start as u64))
    }
}

/// A binary row.
pub(super) struct Row<'a> {
    structure: Structure<'a>,
    header: usize,
    kind: &'static str,
}

impl<'a> Row<'a> {
    /// A row of `fields` fields that is all of `input`.
    pub(super) fn new(input: Cursor<'a>, fields: usize) -> Result<Self> {
        let header = (fields + 63 + 8) / 64 * 8;
        if header + fields * SLOT > input.remaining() {
            return Err(Error::truncated(format!("{} bytes are no row of {fields} fields", input.remaining()))
                .at(input.offset()));
        }
        let kind = row_kind(input)?;
        Ok(Self { structure: Structure::new(input), header, kind })
    }

    /// `+I`, `-U`, `+U` or `-D`.
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Field `index`, unless it is null.
    pub(super) fn get(&self, index: usize) -> Option<Slot<'a, '_>> {
        let at = self.header + index * SLOT;
        (!self.structure.bit(8 + index)).then_some(Slot { parent: &self.structure, at })
    }
}

/// The row kind in the first byte of a row.
pub(super) fn row_kind(mut row: Cursor<'_>) -> Result<&'static str> {
    let start = row.offset();
    match row.u8()? {
        0 => Ok("+I"),
        1 => Ok("-U"),
        2 => Ok("+U"),
        3 => Ok("-D"),
        other => Err(Error::data(format!("{other} is no row kind")).at(start)),
    }
}

/// A binary array.
pub(super) struct Array<'a> {
    structure: Structure<'a>,
    len: usize,
    header: usize,
    element_size: usize,
}

impl<'a> Array<'a> {
    /// An array that is all of `input`.
    pub(super) fn new(input: Cursor<'a>, element_size: usize) -> Result<Self> {
        let mut head = input;
        let n = i32::from_le_bytes(head.array()?);
        let wrong =
            || Error::data(format!("{} bytes are no array of {n} elements", input.remaining())).at(input.offset());
        let len = usize::try_from(n).map_err(|_| wrong())?;
        let header = 4 + len.div_ceil(32) * 4;
        if len.saturating_mul(element_size).saturating_add(header) > input.remaining() {
            return Err(wrong());
        }
        Ok(Self { structure: Structure::new(input), len, header, element_size })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Element `index`, unless it is null.
    pub(super) fn get(&self, index: usize) -> Option<Slot<'a, '_>> {
        let at = self.header + index * self.element_size;
        (!self.structure.bit(32 + index)).then_some(Slot { parent: &self.structure, at })
    }
}

/// Splits a binary map into its key array and its value array.
pub(super) fn split_map<'a>(mut input: Cursor<'a>) -> Result<(Cursor<'a>, Cursor<'a>)> {
    let start = input.offset();
    let size = i32::from_le_bytes(input.array()?);
    let size = usize::try_from(size).map_err(|_| Error::data(format!("key array of {size} bytes")).at(start))?;
    let keys_at = input.offset();
    Ok((Cursor::with_offset(input.take(size)?, keys_at), input))
}

/// The place of one value in a row or array.
#[derive(Clone, Copy)]
pub(super) struct Slot<'a, 's> {
    parent: &'s Structure<'a>,
    at: usize,
}

impl<'a> Slot<'a, '_> {
    /// The offset of the slot in the file.
    pub(super) fn offset(self) -> u64 {
        self.parent.offset + self.at as u64
    }

    /// The first `N` bytes of the slot.
    pub(super) fn array<const N: usize>(self) -> Result<[u8; N]> {
        let chunk = self.parent.bytes.get(self.at..).and_then(|bytes| bytes.first_chunk::<N>());
        chunk.copied().ok_or_else(|| Error::truncated("slot behind the end").at(self.offset()))
    }

    pub(super) fn i32(self) -> Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn i64(self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A string or bytes: up to 7 bytes stand in the slot itself.
    pub(super) fn bytes(self) -> Result<Cursor<'a>> {
        let [.., mark] = self.array::<SLOT>()?;
        if mark & INLINE == 0 {
            return self.piece();
        }
        let length = usize::from(mark & !INLINE);
        if length >= SLOT {
            return Err(Error::data(format!("{length} bytes do not fit into a slot")).at(self.offset()));
        }
        let bytes = self.parent.bytes.get(self.at..self.at + length).unwrap_or_default();
        Ok(Cursor::with_offset(bytes, self.offset()))
    }

    /// A part of the variable part.
    pub(super) fn piece(self) -> Result<Cursor<'a>> {
        let (length, offset) = self.numbers()?;
        self.parent.piece(offset, length).map_err(|e| e.at(self.offset()))
    }

    /// `TimestampData` of more than 3 digits: milliseconds, nanoseconds of the millisecond.
    pub(super) fn wide_timestamp(self) -> Result<(i64, i32)> {
        let (nanos, offset) = self.numbers()?;
        let millis =
            self.parent.piece(offset, 8).and_then(|mut piece| piece.array()).map_err(|e| e.at(self.offset()))?;
        let nanos = i32::try_from(nanos).map_err(|_| Error::data(format!("{nanos} nanoseconds")).at(self.offset()))?;
        Ok((i64::from_le_bytes(millis), nanos))
    }

    /// The two halves of a slot.
    fn numbers(self) -> Result<(usize, usize)> {
        let [a, b, c, d, offset @ ..] = self.array::<SLOT>()?;
        Ok((u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes(offset) as usize))
    }
}
