//! The numbers and strings of Kryo.
//!
//! ```text
//! kuint, kulong   base-128, lowest bits first; a long has at most 9 bytes, the ninth with 8 bits
//! kint, klong     the same of (v << 1) ^ (v >> 31 or 63)
//! kstr            0x80 and more: bit 0x40 more, 6 bits of n, then base-128 of n >> 6;
//!                   n = 0 null, else n - 1 UTF-16 units of 1 to 3 bytes each
//!                 below 0x80: ASCII up to the first byte with bit 0x80
//! fixed width     Kryo 2: big-endian, Kryo 5: little-endian
//! ```

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use crate::types::KryoVersion;

pub(super) fn kint(input: &mut Cursor<'_>) -> Result<i32> {
    let bits = input.vlq()?;
    Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
}

pub(super) fn klong(input: &mut Cursor<'_>) -> Result<i64> {
    let bits = kulong(input)?;
    Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
}

pub(super) fn kulong(input: &mut Cursor<'_>) -> Result<u64> {
    let mut value = 0;
    for shift in (0..56).step_by(7) {
        let byte = u64::from(input.u8()?);
        value |= (byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Ok(value | u64::from(input.u8()?) << 56)
}

/// A count of items that take at least `min_size` bytes each.
pub(super) fn count(input: &mut Cursor<'_>, min_size: usize) -> Result<usize> {
    let start = input.offset();
    let n = input.vlq()?;
    check_count(n, min_size, input).map_err(|e| e.at(start))
}

/// A count plus one, 0 for null.
pub(super) fn count_or_null(input: &mut Cursor<'_>, min_size: usize) -> Result<Option<usize>> {
    let start = input.offset();
    match input.vlq()?.checked_sub(1) {
        Some(n) => check_count(n, min_size, input).map(Some).map_err(|e| e.at(start)),
        None => Ok(None),
    }
}

pub(super) fn check_count(n: u32, min_size: usize, input: &Cursor<'_>) -> Result<usize> {
    let n = n as usize;
    if n.saturating_mul(min_size) > input.remaining() {
        return Err(Error::truncated(format!("{n} items do not fit into the {} bytes left", input.remaining())));
    }
    Ok(n)
}

/// A number whose first byte also has a flag in its highest bit.
pub(super) fn flagged(input: &mut Cursor<'_>) -> Result<(bool, u32)> {
    let start = input.offset();
    let first = input.u8()?;
    let (flag, low) = (first & 0x80 != 0, u32::from(first & 0x3F));
    if first & 0x40 == 0 {
        return Ok((flag, low));
    }
    let high = input.vlq()?;
    if high >> 26 != 0 {
        return Err(Error::data("flagged number has more than 32 bits").at(start));
    }
    Ok((flag, high << 6 | low))
}

/// Appends a string to `out`; `false` when it is null.
pub(super) fn kstr(input: &mut Cursor<'_>, out: &mut String) -> Result<bool> {
    if input.rest().first().is_some_and(|first| first & 0x80 == 0) {
        ascii(input, out)?;
        return Ok(true);
    }
    let start = input.offset();
    let (_, n) = flagged(input)?;
    let Some(units) = n.checked_sub(1) else {
        return Ok(false);
    };
    let mut left = check_count(units, 1, input).map_err(|e| e.at(start))?;
    if let Some(text) = input.rest().get(..left).filter(|bytes| bytes.is_ascii()) {
        input.take(left)?;
        out.extend(text.iter().map(|byte| char::from(*byte)));
        return Ok(true);
    }
    let mut failed = None;
    let units = std::iter::from_fn(|| {
        left = left.checked_sub(1)?;
        unit(input).map_err(|e| failed = Some(e)).ok()
    });
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    failed.map_or(Ok(true), Err)
}

fn ascii(input: &mut Cursor<'_>, out: &mut String) -> Result<()> {
    loop {
        let byte = input.u8()?;
        out.push(char::from(byte & 0x7F));
        if byte & 0x80 != 0 {
            return Ok(());
        }
    }
}

fn unit(input: &mut Cursor<'_>) -> Result<u16> {
    let start = input.offset();
    let first = u16::from(input.u8()?);
    match first >> 4 {
        0..=7 => Ok(first),
        12 | 13 => Ok((first & 0x1F) << 6 | continuation(input)?),
        14 => Ok((first & 0x0F) << 12 | continuation(input)? << 6 | continuation(input)?),
        _ => Err(Error::data(format!("byte {first:#04x} starts no character")).at(start)),
    }
}

fn continuation(input: &mut Cursor<'_>) -> Result<u16> {
    let start = input.offset();
    let byte = u16::from(input.u8()?);
    if byte & 0xC0 == 0x80 {
        return Ok(byte & 0x3F);
    }
    Err(Error::data(format!("byte {byte:#04x} continues no character")).at(start))
}

/// Fixed-width values in the byte order of a release line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed(pub(super) KryoVersion);

impl Fixed {
    fn bytes<const N: usize>(self, input: &mut Cursor<'_>) -> Result<[u8; N]> {
        let mut bytes = input.array()?;
        if self.0 == KryoVersion::V5 {
            bytes.reverse();
        }
        Ok(bytes)
    }

    pub(super) fn u16(self, input: &mut Cursor<'_>) -> Result<u16> {
        self.bytes(input).map(u16::from_be_bytes)
    }

    pub(super) fn i16(self, input: &mut Cursor<'_>) -> Result<i16> {
        self.bytes(input).map(i16::from_be_bytes)
    }

    pub(super) fn i32(self, input: &mut Cursor<'_>) -> Result<i32> {
        self.bytes(input).map(i32::from_be_bytes)
    }

    pub(super) fn u64(self, input: &mut Cursor<'_>) -> Result<u64> {
        self.bytes(input).map(u64::from_be_bytes)
    }

    pub(super) fn f32(self, input: &mut Cursor<'_>) -> Result<f32> {
        self.bytes(input).map(f32::from_be_bytes)
    }

    pub(super) fn f64(self, input: &mut Cursor<'_>) -> Result<f64> {
        self.bytes(input).map(f64::from_be_bytes)
    }
}
