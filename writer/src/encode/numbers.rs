//! `BigInteger` and `BigDecimal` from decimal text.
//!
//! ```text
//! BigInteger := i32 n    n = 0: null, 1: zero, 2: one, 3: ten, else n - 4 bytes in two's complement
//! BigDecimal := BigInteger [i32 scale unless null]
//! ```
//! The text is what `new BigDecimal(text)` takes: `-1.50`, `1.2E+6`; every digit and the scale count.
//! Flink writes the short codes for Java's cached constants, which these numbers nearly always are; Java reads both.

use arrow_array::Array;
use num_bigint::BigInt;

use crate::{Error, Result};

use super::binary::java_int;
use super::{Encoder, text};

/// The most digits: the reader's limit of 65,536 bytes, and time grows with the square.
const MAX_DIGITS: usize = 157_000;

/// `BigInteger`.
pub(super) fn big_int<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    text::encoder(column, "BIG_INT", Some(&[0; 4]), |text, out| put_integer(&parse_integer(text)?, out))
}

/// `BigDecimal`.
pub(super) fn big_decimal<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    text::encoder(column, "BIG_DECIMAL", Some(&[0; 4]), |text, out| {
        let Decimal { unscaled, scale } = Decimal::parse(text)?;
        put_integer(&unscaled, out)?;
        out.extend(scale.to_be_bytes());
        Ok(())
    })
}

fn put_integer(value: &BigInt, out: &mut Vec<u8>) -> Result<()> {
    let bytes = value.to_signed_bytes_be();
    match bytes.as_slice() {
        [0] => out.extend(1i32.to_be_bytes()),
        [1] => out.extend(2i32.to_be_bytes()),
        [10] => out.extend(3i32.to_be_bytes()),
        _ => {
            out.extend(java_int(bytes.len() + 4)?.to_be_bytes());
            out.extend(bytes);
        }
    }
    Ok(())
}

/// A whole number: digits behind an optional sign.
pub(crate) fn parse_integer(text: &str) -> Result<BigInt> {
    match Decimal::parse(text)? {
        Decimal { unscaled, scale: 0 } if !text.contains(['.', 'e', 'E']) => Ok(unscaled),
        _ => Err(Error::data(format!("'{text}' is no whole number"))),
    }
}

/// An unscaled number times ten to minus `scale`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) unscaled: BigInt,
    pub(crate) scale: i32,
}

impl Decimal {
    /// Parses `[sign] digits [. digits] [E [sign] digits]`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::data(format!("'{text}' is no number"));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| wrong())?),
            None => (text, 0),
        };
        let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        if all.len() > MAX_DIGITS {
            return Err(Error::unsupported(format!("number of {} digits, more than {MAX_DIGITS}", all.len())));
        }
        let magnitude = BigInt::parse_bytes(all.as_bytes(), 10).ok_or_else(wrong)?;
        let scale = i64::try_from(fraction.len()).ok().and_then(|digits| digits.checked_sub(exponent));
        let scale = scale.and_then(|scale| i32::try_from(scale).ok());
        let scale = scale.ok_or_else(|| Error::data(format!("scale of '{text}' is beyond Java's int")))?;
        Ok(Self { unscaled: if mantissa.starts_with('-') { -magnitude } else { magnitude }, scale })
    }
}
