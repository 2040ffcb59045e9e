//! Hashes of types without parameters.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use flink_state_reader::java::hash;
use flink_state_reader::types::{Basic, Type};

use crate::Result;
use crate::encode::column::{child, primitive, strings, structs, unexpected};
use crate::encode::temporal::{NANOS_PER_DAY, seconds_and_nanos};
use crate::encode::{Decimal, parse_integer};

use super::value::{Hash, unknown};
use super::{mix, number};

const NULL_VALUE: i32 = 53;

/// The hash of values of a type without parameters.
pub(super) fn hash(basic: Basic, column: &dyn Array) -> Result<Hash<'_>> {
    match basic {
        Basic::Boolean => boolean(column, hash::boolean),
        Basic::BooleanValue => boolean(column, i32::from),
        Basic::Byte | Basic::ByteValue => of::<Int8Type>(column, i32::from),
        Basic::Short | Basic::ShortValue => of::<Int16Type>(column, i32::from),
        Basic::Int | Basic::IntValue => of::<Int32Type>(column, |v| v),
        Basic::Char | Basic::CharValue => of::<UInt16Type>(column, i32::from),
        Basic::Long | Basic::SortedLong => of::<Int64Type>(column, hash::long),
        Basic::LongValue => of::<Int64Type>(column, |v| hash::long(v).wrapping_add(43)),
        Basic::Float | Basic::FloatValue => of::<Float32Type>(column, hash::float),
        Basic::Double => of::<Float64Type>(column, hash::double),
        Basic::DoubleValue => of::<Float64Type>(column, |v| hash::double(v).wrapping_add(31)),
        Basic::String | Basic::StringValue => text(column, |v| Ok(hash::string(v))),
        Basic::NullValue => Ok(Box::new(|_| Ok(NULL_VALUE))),
        Basic::Void | Basic::Null | Basic::Tuple0 => Ok(Box::new(|_| Ok(0))),
        Basic::BigInt => text(column, |v| Ok(number::big_integer(&parse_integer(v)?))),
        Basic::BigDecimal => text(column, big_decimal),
        Basic::Date | Basic::SqlDate | Basic::SqlTime => of::<TimestampMillisecondType>(column, hash::long),
        Basic::SqlTimestamp => of::<TimestampNanosecondType>(column, sql_timestamp),
        Basic::Instant => of::<TimestampNanosecondType>(column, instant),
        Basic::LocalDate => of::<Date32Type>(column, |v| hash::local_date(v.into())),
        Basic::LocalTime => of::<Time64NanosecondType>(column, hash::local_time),
        Basic::LocalDateTime => of::<TimestampNanosecondType>(column, local_date_time),
        Basic::CountWindow => of::<Int64Type>(column, mix::long_to_int),
        Basic::GlobalWindow => Ok(Box::new(|_| Ok(0))),
        Basic::TimeWindow => window(column, |start, end| mix::long_to_int(start.wrapping_add(end))),
        Basic::SqlTimeWindow => window(column, mix::table_window),
        Basic::StringData => text(column, |v| Ok(mix::bytes(v.as_bytes()))),
        _ => Err(unknown(&Type::Basic(basic))),
    }
}

/// The hash of the text of a `BigDecimal`.
pub(super) fn big_decimal(text: &str) -> Result<i32> {
    let Decimal { unscaled, scale } = Decimal::parse(text)?;
    Ok(number::big_decimal(&unscaled, scale))
}

/// `java.sql.Timestamp`: its milliseconds, as of a `Date`.
pub(super) fn sql_timestamp(nanos: i64) -> i32 {
    hash::long(nanos.div_euclid(1_000_000))
}

pub(super) fn instant(nanos: i64) -> i32 {
    let (seconds, nanos) = seconds_and_nanos(nanos);
    hash::instant(seconds, nanos)
}

pub(super) fn local_date_time(nanos: i64) -> i32 {
    hash::local_date_time(nanos.div_euclid(NANOS_PER_DAY), nanos.rem_euclid(NANOS_PER_DAY))
}

pub(super) fn boolean(column: &dyn Array, hash: fn(bool) -> i32) -> Result<Hash<'_>> {
    let column = column.as_boolean_opt().ok_or_else(|| unexpected(column))?;
    Ok(Box::new(move |row| Ok(hash(column.value(row)))))
}

pub(super) fn of<'a, T: ArrowPrimitiveType>(column: &'a dyn Array, hash: fn(T::Native) -> i32) -> Result<Hash<'a>> {
    let column = primitive::<T>(column)?;
    Ok(Box::new(move |row| Ok(hash(column.value(row)))))
}

pub(super) fn text(column: &dyn Array, hash: fn(&str) -> Result<i32>) -> Result<Hash<'_>> {
    let column = strings(column)?;
    Ok(Box::new(move |row| hash(column.value(row))))
}

fn window(column: &dyn Array, hash: fn(i64, i64) -> i32) -> Result<Hash<'_>> {
    let fields = structs(column)?;
    let part = |name| primitive::<TimestampMillisecondType>(child(fields, name)?);
    let (start, end) = (part("start")?, part("end")?);
    Ok(Box::new(move |row| Ok(hash(start.value(row), end.value(row)))))
}
