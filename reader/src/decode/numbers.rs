//! `BigInteger` and `BigDecimal` as exact decimal text.
//!
//! ```text
//! BigInteger := i32 n    n = 0: null, 1: zero, 2: one, 3: ten, else n - 4 bytes in two's complement
//! BigDecimal := BigInteger [i32 scale unless null]
//! ```
//! The text of a `BigDecimal` keeps its scale and gives the same number back to `new BigDecimal(text)`: plain digits
//! for scales from 0 to 1,000 (`1.00`), else the scientific form of Java's `toString` (`1.2E+6`).

use std::fmt::{Display, Write};

use num_bigint::{BigInt, Sign};

use crate::bytes::Cursor;
use crate::error::{Error, Result};

use super::Decoder;

/// The longest number that is turned into text: that takes time in the square of its length.
pub(super) const MAX_BYTES: usize = 1 << 16;

/// The largest scale that is written as zeros.
const MAX_PLAIN_SCALE: i32 = 1000;

/// `BigInteger`.
pub(super) fn big_int() -> Box<dyn Decoder> {
    super::text::decoder(|input, out| {
        let Some(bytes) = magnitude(input)? else {
            return Ok(false);
        };
        write_number(bytes, 0, out);
        Ok(true)
    })
}

/// `BigDecimal`.
pub(super) fn big_decimal() -> Box<dyn Decoder> {
    super::text::decoder(|input, out| {
        let Some(bytes) = magnitude(input)? else {
            return Ok(false);
        };
        write_number(bytes, input.i32()?, out);
        Ok(true)
    })
}

/// Moves past a `BigInteger`; `false` when it is null.
pub(super) fn skip_big_int(input: &mut Cursor<'_>) -> Result<bool> {
    big_int_bytes(input).map(|bytes| bytes.is_some())
}

fn magnitude<'a>(input: &mut Cursor<'a>) -> Result<Option<&'a [u8]>> {
    let start = input.offset();
    let bytes = big_int_bytes(input)?;
    match bytes {
        Some(bytes) if bytes.len() > MAX_BYTES => {
            Err(Error::unsupported(format!("number of {} bytes, longer than {MAX_BYTES}", bytes.len())).at(start))
        }
        _ => Ok(bytes),
    }
}

/// The two's complement bytes, at least one.
fn big_int_bytes<'a>(input: &mut Cursor<'a>) -> Result<Option<&'a [u8]>> {
    let start = input.offset();
    let bytes: &[u8] = match input.i32()? {
        0 => return Ok(None),
        1 => &[0],
        2 => &[1],
        3 => &[10],
        n => match usize::try_from(i64::from(n) - 4) {
            Ok(length @ 1..) => input.take(length)?,
            _ => return Err(Error::data(format!("{n} is no length of a big number")).at(start)),
        },
    };
    Ok(Some(bytes))
}

/// Appends the text of a number: `bytes` in two's complement, at most [`MAX_BYTES`], times ten to minus `scale`.
pub(super) fn write_number(bytes: &[u8], scale: i32, out: &mut String) {
    if let Some(padding) = 16usize.checked_sub(bytes.len()) {
        let mut wide = if bytes.first().is_some_and(|b| *b >= 0x80) { [0xFF; 16] } else { [0; 16] };
        if let Some(low) = wide.get_mut(padding..) {
            low.copy_from_slice(bytes);
        }
        let value = i128::from_be_bytes(wide);
        write_scaled(value < 0, &value.unsigned_abs(), scale, out);
    } else {
        let (sign, value) = BigInt::from_signed_bytes_be(bytes).into_parts();
        write_scaled(sign == Sign::Minus, &value, scale, out);
    }
}

fn write_scaled(negative: bool, digits: &impl Display, scale: i32, out: &mut String) {
    if negative {
        out.push('-');
    }
    let first = out.len();
    // Writing to a string can't fail.
    match usize::try_from(scale).ok().filter(|_| scale <= MAX_PLAIN_SCALE) {
        Some(0) => {
            let _ = write!(out, "{digits}");
        }
        Some(scale) => {
            let _ = write!(out, "{digits:0width$}", width = scale + 1);
            out.insert(out.len() - scale, '.');
        }
        None => {
            let _ = write!(out, "{digits}");
            let behind_first = out.len() - first - 1;
            if behind_first > 0 {
                out.insert(first + 1, '.');
            }
            let exponent = i128::try_from(behind_first).unwrap_or_default() - i128::from(scale);
            if exponent != 0 {
                let _ = write!(out, "E{exponent:+}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_is_kept() {
        let text = |number: i64, scale| {
            let mut out = String::new();
            write_number(&number.to_be_bytes(), scale, &mut out);
            out
        };
        assert_eq!(text(100, 2), "1.00");
        assert_eq!(text(0, 3), "0.000");
        assert_eq!(text(-5, 1), "-0.5");
        assert_eq!(text(-12345, 2), "-123.45");
        assert_eq!(text(12, -5), "1.2E+6");
        assert_eq!(text(0, -5), "0E+5");
        assert_eq!(text(7, 2000), "7E-2000");
        assert_eq!(text(-123, i32::MAX), "-1.23E-2147483645");
        assert_eq!(text(i64::MIN, i32::MIN), "-9.223372036854775808E+2147483666");
    }

    #[test]
    fn long_numbers_are_exact() {
        let mut bytes = vec![0x80];
        bytes.extend([0; 19]);
        let mut out = String::new();
        write_number(&bytes, 3, &mut out);
        assert_eq!(out, format!("-{}", "730750818665451459101842416358141509827966271.488"));
    }
}
