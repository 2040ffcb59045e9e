//! Decimals and timestamps, in rows and on their own.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType};
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};

use crate::{Error, Result};

use super::super::Encoder;
use super::super::binary::put_length_prefixed;
use super::super::column::{self, not_null, unexpected};
use super::slot::SlotEncoder;
use super::structure::Structure;

/// Decimals of at most so many digits are an `i64`.
const COMPACT_DIGITS: u8 = 18;
/// Timestamps of at most so many digits are milliseconds alone.
const COMPACT_FRACTION: u8 = 3;
const MILLIS_PER_DAY: i32 = 86_400_000;

/// `TIME`: milliseconds of the day, whatever its precision.
pub(super) fn millis_of_day(millis: i32) -> Result<i32> {
    if (0..MILLIS_PER_DAY).contains(&millis) {
        return Ok(millis);
    }
    Err(Error::data(format!("{millis} ms is no time of day")))
}

/// `DecimalData`: up to 18 digits `i64` unscaled; else `i32` size, big-endian two's complement.
pub(in crate::encode) fn decimal_data<'a>(precision: u8, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(Decimals::new(precision, column)?))
}

/// `TimestampData`: `i64` milliseconds, above precision 3 also `i32` nanoseconds of the millisecond.
pub(in crate::encode) fn timestamp_data<'a>(precision: u8, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(Timestamps::new(precision, column)?))
}

pub(super) struct Decimals<'a> {
    column: &'a PrimitiveArray<Decimal128Type>,
    precision: u8,
}

enum Unscaled {
    Compact(i64),
    Wide(Vec<u8>),
}

impl<'a> Decimals<'a> {
    pub(super) fn new(precision: u8, column: &'a dyn Array) -> Result<Self> {
        Ok(Self { column: column::primitive(column)?, precision })
    }

    fn unscaled(&self, row: usize) -> Result<Unscaled> {
        let (value, precision) = (self.column.value(row), self.precision);
        let limit = 10u128.checked_pow(precision.into());
        if limit.is_some_and(|limit| value.unsigned_abs() >= limit) {
            return Err(Error::data(format!("unscaled value {value} has more than {precision} digits")));
        }
        if precision > COMPACT_DIGITS {
            return Ok(Unscaled::Wide(num_bigint::BigInt::from(value).to_signed_bytes_be()));
        }
        let compact = i64::try_from(value).map_err(|_| Error::bug(format!("{value} has more than 18 digits")))?;
        Ok(Unscaled::Compact(compact))
    }
}

impl Encoder for Decimals<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "DECIMAL_DATA")?;
        match self.unscaled(row)? {
            Unscaled::Compact(value) => out.extend(value.to_be_bytes()),
            Unscaled::Wide(bytes) => put_length_prefixed(&bytes, out)?,
        }
        Ok(())
    }
}

impl SlotEncoder for Decimals<'_> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        match self.unscaled(row)? {
            Unscaled::Compact(value) => structure.put(index, &value.to_le_bytes()),
            Unscaled::Wide(bytes) => structure.put_wide_decimal(index, &bytes),
        }
    }

    fn put_generated_null(&self, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        if self.precision <= COMPACT_DIGITS {
            return Ok(());
        }
        structure.put_wide_decimal(index, &[])
    }
}

pub(super) struct Timestamps<'a> {
    column: &'a dyn Array,
    precision: u8,
    value: Box<dyn Fn(usize) -> (i64, i32) + Send + 'a>,
}

impl<'a> Timestamps<'a> {
    pub(super) fn new(precision: u8, column: &'a dyn Array) -> Result<Self> {
        let value: Box<dyn Fn(usize) -> (i64, i32) + Send + 'a> = match column.data_type() {
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                let column = column::primitive::<TimestampMillisecondType>(column)?;
                Box::new(|row| (column.value(row), 0))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                let column = column::primitive::<TimestampMicrosecondType>(column)?;
                Box::new(|row| split(column.value(row), 1_000))
            }
            _ => {
                let column: &PrimitiveArray<TimestampNanosecondType> =
                    column.as_primitive_opt().ok_or_else(|| unexpected(column))?;
                Box::new(|row| split(column.value(row), 1_000_000))
            }
        };
        Ok(Self { column, precision, value })
    }

    fn is_compact(&self) -> bool {
        self.precision <= COMPACT_FRACTION
    }
}

/// Milliseconds, and nanoseconds of the millisecond, of a number of which a millisecond has so many.
fn split(value: i64, units: i64) -> (i64, i32) {
    let nanos = value.rem_euclid(units) * (1_000_000 / units);
    (value.div_euclid(units), i32::try_from(nanos).unwrap_or_default())
}

impl Encoder for Timestamps<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "TIMESTAMP_DATA")?;
        let (millis, nanos) = (self.value)(row);
        out.extend(millis.to_be_bytes());
        if !self.is_compact() {
            out.extend(nanos.to_be_bytes());
        }
        Ok(())
    }
}

impl SlotEncoder for Timestamps<'_> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        let (millis, nanos) = (self.value)(row);
        if self.is_compact() {
            return structure.put(index, &millis.to_le_bytes());
        }
        structure.put_wide_timestamp(index, millis, nanos)
    }

    fn put_generated_null(&self, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        if self.is_compact() {
            return Ok(());
        }
        structure.put_wide_timestamp(index, 0, 0)
    }
}
