//! The numbers and strings of Kryo.
//!
//! ```text
//! kuint, kulong   base-128, lowest bits first; a long has at most 9 bytes, the ninth with 8 bits
//! kint, klong     the same of (v << 1) ^ (v >> 31 or 63)
//! kstr            ASCII of 2 to 63 (Kryo 2) or 32 (Kryo 5) characters: these, the last one with bit 0x80
//!                 (names of classes in Kryo 5: 2 and more)
//!                 else 0x80, bit 0x40 more, 6 bits of n, then base-128 of n >> 6; n - 1 UTF-16 units of 1 to 3 bytes
//! fixed width     Kryo 2: big-endian, Kryo 5: little-endian
//! ```

use flink_state_reader::types::KryoVersion;

use crate::{Error, Result};

use super::super::text::put_vlq;

pub(super) fn put_kint(value: i32, out: &mut Vec<u8>) {
    put_vlq((value << 1 ^ value >> 31).cast_unsigned(), out);
}

pub(super) fn put_klong(value: i64, out: &mut Vec<u8>) {
    put_kulong((value << 1 ^ value >> 63).cast_unsigned(), out);
}

pub(super) fn put_kulong(value: u64, out: &mut Vec<u8>) {
    let mut rest = value;
    for _ in 0..8 {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            out.push(low & 0x7F);
            return;
        }
        out.push(low | 0x80);
    }
    let [low, ..] = rest.to_le_bytes();
    out.push(low);
}

/// A count plus one: 0 would be null.
pub(super) fn put_count(count: usize, out: &mut Vec<u8>) -> Result<()> {
    put_vlq(raised(count)?, out);
    Ok(())
}

fn raised(count: usize) -> Result<u32> {
    let count = i32::try_from(count).ok().and_then(|count| count.checked_add(1));
    count.map(i32::cast_unsigned).ok_or_else(|| Error::data("count is larger than Java's int"))
}

/// A string as `Output.writeString` writes it.
pub(super) fn put_kstr(text: &str, version: KryoVersion, out: &mut Vec<u8>) -> Result<()> {
    let longest = if version == KryoVersion::V2 { 63 } else { 32 };
    put_ascii_up_to(longest, text, out)
}

/// The name of a class, which Kryo 5 writes with `Output.writeAscii`.
pub(super) fn put_name(name: &str, version: KryoVersion, out: &mut Vec<u8>) -> Result<()> {
    let longest = if version == KryoVersion::V2 { 63 } else { usize::MAX };
    put_ascii_up_to(longest, name, out)
}

fn put_ascii_up_to(longest: usize, text: &str, out: &mut Vec<u8>) -> Result<()> {
    if !text.is_ascii() || !(2..=longest).contains(&text.len()) {
        return put_counted_kstr(text, out);
    }
    out.extend(text.as_bytes());
    if let Some(last) = out.last_mut() {
        *last |= 0x80;
    }
    Ok(())
}

/// A string behind its count, as Kryo 2 writes any `CharSequence`.
pub(super) fn put_counted_kstr(text: &str, out: &mut Vec<u8>) -> Result<()> {
    let n = raised(text.encode_utf16().count())?;
    let [low, ..] = n.to_le_bytes();
    let more = n >> 6;
    out.push(0x80 | low & 0x3F | if more > 0 { 0x40 } else { 0 });
    if more > 0 {
        put_vlq(more, out);
    }
    text.encode_utf16().for_each(|unit| put_unit(unit, out));
    Ok(())
}

fn put_unit(unit: u16, out: &mut Vec<u8>) {
    let [high, low] = unit.to_be_bytes();
    let middle = high << 2 & 0x3C | low >> 6;
    match unit {
        0..=0x7F => out.push(low),
        0x80..=0x7FF => out.extend([0xC0 | middle, 0x80 | low & 0x3F]),
        _ => out.extend([0xE0 | high >> 4, 0x80 | middle, 0x80 | low & 0x3F]),
    }
}

/// A fixed-width number, given in big-endian order.
pub(super) fn put_fixed<const N: usize>(mut bytes: [u8; N], version: KryoVersion, out: &mut Vec<u8>) {
    if version == KryoVersion::V5 {
        bytes.reverse();
    }
    out.extend(bytes);
}
