//! Scalars of the Table API that are values on their own, not fields of a row.

use arrow_array::types::{Decimal128Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType};
use arrow_schema::DataType;

use crate::bytes::Cursor;
use crate::decode::Decoder;
use crate::decode::read::primitive;
use crate::error::Result;

use super::value::{self, Precision};

/// `DecimalData`.
pub(in crate::decode) fn decimal_data(precision: u8, scale: i8) -> Box<dyn Decoder> {
    primitive::<Decimal128Type>(DataType::Decimal128(precision, scale), move |input| {
        let unscaled = if value::is_compact(precision) {
            i128::from(input.i64()?)
        } else {
            value::unscaled(input.length_prefixed()?)?
        };
        value::check_digits(unscaled, precision)
    })
}

/// Moves past a `DecimalData`.
pub(in crate::decode) fn skip_decimal_data(precision: u8, input: &mut Cursor<'_>) -> Result<()> {
    if value::is_compact(precision) { input.take(8).map(drop) } else { input.length_prefixed().map(drop) }
}

/// `TimestampData`.
pub(in crate::decode) fn timestamp_data(precision: u8) -> Box<dyn Decoder> {
    let precision = Precision(precision);
    let data_type = precision.data_type(false);
    let read = move |input: &mut Cursor<'_>| {
        let millis = input.i64()?;
        let nanos = if precision.is_compact() { 0 } else { input.i32()? };
        precision.value(millis, nanos)
    };
    match precision.0 {
        0..=3 => primitive::<TimestampMillisecondType>(data_type, read),
        4..=6 => primitive::<TimestampMicrosecondType>(data_type, read),
        _ => primitive::<TimestampNanosecondType>(data_type, read),
    }
}

/// Moves past a `TimestampData`.
pub(in crate::decode) fn skip_timestamp_data(precision: u8, input: &mut Cursor<'_>) -> Result<()> {
    input.take(if Precision(precision).is_compact() { 8 } else { 12 }).map(drop)
}
