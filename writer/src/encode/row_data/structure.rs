//! Binary rows, arrays and maps as they are written. Their integers are little-endian.
//!
//! ```text
//! row    row kind u8 | null bits from bit 8 on, whole 8 bytes | 8-byte slot * fields | variable part
//! array  i32 n | null bits, whole 4 bytes | slot * n, padded to 8 bytes | variable part
//! slot   a small value | bytes * up to 7, 0x80 + length | u32 length, u32 offset into the structure
//! ```
//! Source: `AbstractBinaryWriter`, `BinaryRowWriter`, `BinaryArrayWriter`.

use crate::{Error, Result};

use super::super::binary::java_int;

const SLOT: usize = 8;
const INLINE: u8 = 0x80;

/// Bytes of the header and the slots of a row.
pub(super) fn row_size(fields: usize) -> usize {
    row_header(fields) + fields * SLOT
}

fn row_header(fields: usize) -> usize {
    (fields + 63 + 8) / 64 * 8
}

/// A row or array at the end of a buffer.
pub(super) struct Structure<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    /// The bit that is null bit 0.
    first_bit: usize,
    /// The first slot, and the bytes of each.
    slots: usize,
    slot_size: usize,
}

impl<'o> Structure<'o> {
    /// A row of null bits and slots that are all zero.
    pub(super) fn row(fields: usize, kind: u8, out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.resize(start + row_size(fields), 0);
        if let Some(first) = out.get_mut(start) {
            *first = kind;
        }
        Self { out, start, first_bit: 8, slots: row_header(fields), slot_size: SLOT }
    }

    /// An array of null bits and slots that are all zero.
    pub(super) fn array(elements: usize, slot_size: usize, out: &'o mut Vec<u8>) -> Result<Self> {
        let start = out.len();
        let header = 4 + elements.div_ceil(32) * 4;
        out.extend(java_int(elements)?.to_le_bytes());
        out.resize(start + (header + elements * slot_size).next_multiple_of(SLOT), 0);
        Ok(Self { out, start, first_bit: 32, slots: header, slot_size })
    }

    /// Sets a null bit.
    pub(super) fn set_null(&mut self, index: usize) -> Result<()> {
        let bit = self.first_bit + index;
        let byte = self.out.get_mut(self.start + bit / 8).ok_or_else(|| outside(index))?;
        *byte |= 1 << (bit % 8);
        Ok(())
    }

    /// Puts the first bytes of a slot.
    pub(super) fn put(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let at = self.start + self.slots + index * self.slot_size;
        let slot = self.out.get_mut(at..at + bytes.len()).filter(|_| bytes.len() <= self.slot_size);
        slot.ok_or_else(|| outside(index))?.copy_from_slice(bytes);
        Ok(())
    }

    /// Puts a string or bytes: up to 7 stand in the slot itself.
    pub(super) fn put_bytes(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        match u8::try_from(bytes.len()) {
            Ok(length @ 0..8) => {
                let mut slot = [0; SLOT];
                slot.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                if let Some(last) = slot.last_mut() {
                    *last = INLINE | length;
                }
                self.put(index, &slot)
            }
            _ => self.put_piece(index, |out| {
                out.extend(bytes);
                Ok(())
            }),
        }
    }

    /// Puts a piece into the variable part; its length and offset into the slot.
    pub(super) fn put_piece(&mut self, index: usize, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let at = self.out.len();
        write(self.out)?;
        let length = java_int(self.out.len() - at)?;
        self.pad();
        self.refer(index, length, at)
    }

    /// Puts 16 bytes of which the first are the number; without one, as generated code does, a null.
    pub(super) fn put_wide_decimal(&mut self, index: usize, number: &[u8]) -> Result<()> {
        let at = self.out.len();
        self.out.extend(number);
        self.out.resize(at + 16, 0);
        self.refer(index, java_int(number.len())?, at)
    }

    /// Puts milliseconds into the variable part, nanoseconds of the millisecond into the slot.
    pub(super) fn put_wide_timestamp(&mut self, index: usize, millis: i64, nanos: i32) -> Result<()> {
        let at = self.out.len();
        self.out.extend(millis.to_le_bytes());
        self.refer(index, nanos, at)
    }

    fn pad(&mut self) {
        let length = (self.out.len() - self.start).next_multiple_of(SLOT);
        self.out.resize(self.start + length, 0);
    }

    fn refer(&mut self, index: usize, length: i32, at: usize) -> Result<()> {
        let offset = java_int(at - self.start)?;
        let mut slot = [0; SLOT];
        let halves = length.to_le_bytes().into_iter().chain(offset.to_le_bytes());
        slot.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
        self.put(index, &slot)
    }
}

fn outside(index: usize) -> Error {
    Error::bug(format!("slot {index} is outside of its structure"))
}
