//! Scalars of the Table API as Arrow has them, for rows and for values on their own.

use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};

use crate::decode::read::signed;
use crate::decode::temporal::utc;
use crate::error::{Error, Result};

/// Decimals of at most so many digits are an `i64`.
const COMPACT_DIGITS: u8 = 18;
const MILLIS_PER_DAY: i32 = 86_400_000;

/// Whether a decimal of this precision is an `i64` (`DecimalData.isCompact`).
pub(super) fn is_compact(precision: u8) -> bool {
    precision <= COMPACT_DIGITS
}

/// An unscaled number in big-endian two's complement.
pub(super) fn unscaled(bytes: &[u8]) -> Result<i128> {
    let value = signed(bytes).and_then(i256::to_i128);
    value.ok_or_else(|| Error::data(format!("{} bytes are no decimal of at most 38 digits", bytes.len())))
}

/// Checks that the number has at most `precision` digits.
pub(super) fn check_digits(unscaled: i128, precision: u8) -> Result<i128> {
    match 10u128.checked_pow(u32::from(precision)) {
        Some(limit) if unscaled.unsigned_abs() >= limit => {
            Err(Error::data(format!("unscaled value {unscaled} has more than {precision} digits")))
        }
        _ => Ok(unscaled),
    }
}

/// `TIME`: milliseconds of the day, whatever its precision.
pub(super) fn millis_of_day(millis: i32) -> Result<i32> {
    if (0..MILLIS_PER_DAY).contains(&millis) {
        return Ok(millis);
    }
    Err(Error::data(format!("{millis} ms is no time of day")))
}

/// The fraction digits of a timestamp: they decide its encoding and its unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Precision(pub(super) u8);

impl Precision {
    /// Whether a timestamp is milliseconds alone (`TimestampData.isCompact`).
    pub(super) fn is_compact(self) -> bool {
        self.0 <= 3
    }

    pub(super) fn data_type(self, in_utc: bool) -> DataType {
        let unit = match self.0 {
            0..=3 => TimeUnit::Millisecond,
            4..=6 => TimeUnit::Microsecond,
            _ => TimeUnit::Nanosecond,
        };
        if in_utc { utc(unit) } else { DataType::Timestamp(unit, None) }
    }

    /// The number of the unit since 1970, of milliseconds and nanoseconds of the millisecond.
    pub(super) fn value(self, millis: i64, nanos: i32) -> Result<i64> {
        if !(0..1_000_000).contains(&nanos) {
            return Err(Error::data(format!("{nanos} is no number of nanoseconds of a millisecond")));
        }
        let (units, fraction, lost) = match self.0 {
            0..=3 => (1, 0, nanos),
            4..=6 => (1_000, nanos / 1_000, nanos % 1_000),
            _ => (1_000_000, nanos, 0),
        };
        if lost != 0 {
            let digits = self.0;
            return Err(Error::unsupported(format!(
                "timestamp of {millis} ms and {nanos} ns has more than the {digits} fraction digits of its type"
            )));
        }
        let value = millis.checked_mul(units).and_then(|value| value.checked_add(i64::from(fraction)));
        value.ok_or_else(|| {
            Error::unsupported(format!("timestamp of {millis} ms and {nanos} ns does not fit into 64 bits of its unit"))
                .with_hint("leave this column out of the query: all others can be read")
        })
    }
}
