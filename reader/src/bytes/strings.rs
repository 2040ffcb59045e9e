//! Java's two string encodings, turned into UTF-8.

use crate::error::{Error, Result};

use super::Cursor;

/// Decodes modified UTF-8 (`DataOutput.writeUTF` without its length).
///
/// A plain NUL byte and over-long forms are accepted as Java accepts them; an unpaired surrogate becomes U+FFFD.
///
/// # Errors
/// Malformed groups.
pub fn decode_modified_utf8(bytes: &[u8]) -> Result<String> {
    if bytes.is_ascii() {
        return Ok(bytes.iter().map(|&b| char::from(b)).collect());
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut input = Cursor::new(bytes);
    while !input.is_empty() {
        let start = input.offset();
        let first = u16::from(input.u8()?);
        let unit = match first >> 4 {
            0..=7 => first,
            12 | 13 => (first & 0x1F) << 6 | continuation(&mut input)?,
            14 => (first & 0x0F) << 12 | continuation(&mut input)? << 6 | continuation(&mut input)?,
            _ => {
                return Err(Error::data(format!("byte {first:#04x} starts no modified UTF-8 group at byte {start}")));
            }
        };
        units.push(unit);
    }
    Ok(String::from_utf16_lossy(&units))
}

fn continuation(input: &mut Cursor<'_>) -> Result<u16> {
    let byte = u16::from(input.u8()?);
    if byte & 0xC0 == 0x80 {
        Ok(byte & 0x3F)
    } else {
        Err(Error::data(format!("byte {byte:#04x} continues no modified UTF-8 group")))
    }
}

/// Appends one string of Flink's `StringValue.writeString` to `out`; `false` when it is null.
///
/// The encoding is a count of UTF-16 units plus one, then each unit, all as base-128 numbers.
/// An unpaired surrogate becomes U+FFFD.
///
/// # Errors
/// Truncated or over-long numbers. `out` may then hold a part of the string.
pub fn decode_flink_string(input: &mut Cursor<'_>, out: &mut String) -> Result<bool> {
    match input.vlq()?.checked_sub(1) {
        Some(units) => decode_units(units as usize, input, out).map(|()| true),
        None => Ok(false),
    }
}

/// Appends one string of Flink's `StringValue.write` to `out`: as [`decode_flink_string`], but the count is not raised
/// by one, so there is no null.
///
/// # Errors
/// As [`decode_flink_string`].
pub fn decode_string_value(input: &mut Cursor<'_>, out: &mut String) -> Result<()> {
    let units = input.vlq()?;
    decode_units(units as usize, input, out)
}

fn decode_units(mut left: usize, input: &mut Cursor<'_>, out: &mut String) -> Result<()> {
    let start = input.offset();
    if left > input.remaining() {
        return Err(too_long(left, input).at(start));
    }
    if let Some(ascii) = input.rest().get(..left).filter(|bytes| bytes.is_ascii()) {
        input.take(left)?;
        out.push_str(std::str::from_utf8(ascii).unwrap_or_default());
        return Ok(());
    }
    let mut high = None;
    while left > 0 {
        left -= 1;
        let unit = unit(input)?;
        match (high.take(), unit) {
            (Some(h), 0xDC00..=0xDFFF) => out.push(supplementary(h, unit)),
            (pending, _) => {
                if pending.is_some() {
                    out.push(char::REPLACEMENT_CHARACTER);
                }
                match unit {
                    0xD800..=0xDBFF => high = Some(unit),
                    _ => out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)),
                }
            }
        }
    }
    if high.is_some() {
        out.push(char::REPLACEMENT_CHARACTER);
    }
    Ok(())
}

/// Moves past one string of Flink's `StringValue.writeString`.
///
/// # Errors
/// Truncated or over-long numbers.
pub fn skip_flink_string(input: &mut Cursor<'_>) -> Result<()> {
    match input.vlq()?.checked_sub(1) {
        Some(units) => skip_units(units as usize, input),
        None => Ok(()),
    }
}

/// Moves past one string of Flink's `StringValue.write`.
///
/// # Errors
/// Truncated or over-long numbers.
pub fn skip_string_value(input: &mut Cursor<'_>) -> Result<()> {
    let units = input.vlq()?;
    skip_units(units as usize, input)
}

fn skip_units(units: usize, input: &mut Cursor<'_>) -> Result<()> {
    let start = input.offset();
    if units > input.remaining() {
        return Err(too_long(units, input).at(start));
    }
    if input.rest().get(..units).is_some_and(<[u8]>::is_ascii) {
        input.take(units)?;
        return Ok(());
    }
    for _ in 0..units {
        unit(input)?;
    }
    Ok(())
}

fn unit(input: &mut Cursor<'_>) -> Result<u32> {
    let start = input.offset();
    let unit = input.vlq()?;
    if unit > 0xFFFF {
        return Err(Error::data(format!("{unit:#x} is no UTF-16 unit")).at(start));
    }
    Ok(unit)
}

fn supplementary(high: u32, low: u32) -> char {
    let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn too_long(units: usize, input: &Cursor<'_>) -> Error {
    Error::truncated(format!("string of {units} UTF-16 units does not fit into the {} bytes left", input.remaining()))
}
