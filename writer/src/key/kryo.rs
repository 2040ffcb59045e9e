//! Hashes of classes of the JDK that Kryo writes.

use arrow_array::Array;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_schema::DataType;
use flink_state_reader::java::hash;
use flink_state_reader::types::{Kryo, Type};

use crate::encode::{Zoned, offset_seconds, parse_duration, parse_integer, parse_period, parse_uuid};
use crate::{Error, Result};

use super::basic::{self, boolean, of, text};
use super::number;
use super::value::{Hash, unknown};

/// The hash of values of a declared class.
pub(super) fn hash<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<Hash<'a>> {
    let unknown = || unknown(&Type::Kryo(kryo.clone()));
    if let DataType::Struct(_) = column.data_type() {
        return Err(unknown());
    }
    match kryo.class.as_str() {
        "boolean" | "java.lang.Boolean" => boolean(column, hash::boolean),
        "byte" | "java.lang.Byte" => of::<Int8Type>(column, i32::from),
        "short" | "java.lang.Short" => of::<Int16Type>(column, i32::from),
        "char" | "java.lang.Character" => of::<UInt16Type>(column, i32::from),
        "int" | "java.lang.Integer" | "java.time.Year" => of::<Int32Type>(column, |v| v),
        "long" | "java.lang.Long" => of::<Int64Type>(column, hash::long),
        "float" | "java.lang.Float" => of::<Float32Type>(column, hash::float),
        "double" | "java.lang.Double" => of::<Float64Type>(column, hash::double),
        "java.lang.String" => text(column, |v| Ok(hash::string(v))),
        "java.math.BigInteger" => text(column, |v| Ok(number::big_integer(&parse_integer(v)?))),
        "java.math.BigDecimal" => text(column, basic::big_decimal),
        "java.util.UUID" => text(column, |v| {
            let (high, low) = parse_uuid(v)?;
            Ok(hash::long(high ^ low))
        }),
        "java.util.Date" | "java.sql.Date" | "java.sql.Time" => of::<TimestampMillisecondType>(column, hash::long),
        "java.sql.Timestamp" => of::<TimestampNanosecondType>(column, basic::sql_timestamp),
        "java.time.Instant" => of::<TimestampNanosecondType>(column, basic::instant),
        "java.time.LocalDate" => of::<Date32Type>(column, |v| hash::local_date(v.into())),
        "java.time.LocalTime" => of::<Time64NanosecondType>(column, hash::local_time),
        "java.time.LocalDateTime" => of::<TimestampNanosecondType>(column, basic::local_date_time),
        "java.time.Duration" => text(column, |v| {
            let (seconds, nanos) = parse_duration(v)?;
            Ok(hash::instant(seconds, nanos))
        }),
        "java.time.Period" => text(column, |v| {
            let [years, months, days] = parse_period(v)?;
            Ok(years.wrapping_add(months.rotate_left(8)).wrapping_add(days.rotate_left(16)))
        }),
        "java.time.ZoneOffset" => text(column, offset_seconds),
        "java.time.ZoneRegion" => text(column, |v| Ok(hash::string(v))),
        "java.time.ZoneId" => text(column, zone),
        "java.time.OffsetDateTime" => text(column, |v| Ok(with_offset(&Zoned::parse(v)?)?.0)),
        "java.time.ZonedDateTime" => text(column, |v| {
            let zoned = Zoned::parse(v)?;
            let (hash, offset) = with_offset(&zoned)?;
            Ok(zoned.zone.map_or(Ok(offset), zone)?.rotate_left(3) ^ hash)
        }),
        _ => Err(unknown()),
    }
}

/// An offset hashes to its seconds, a region to its ID's hash.
fn zone(text: &str) -> Result<i32> {
    if text == "Z" || text.starts_with(['+', '-']) { offset_seconds(text) } else { Ok(hash::string(text)) }
}

/// The hash of date, time and offset, and that of the offset.
fn with_offset(zoned: &Zoned<'_>) -> Result<(i32, i32)> {
    let Zoned { date, time, offset, .. } = zoned;
    let offset = offset
        .ok_or_else(|| Error::unsupported("the hash of a zoned time needs its offset, which Kryo 5 does not write"))?;
    Ok((hash_date(date.year, date.month, date.day) ^ hash::local_time(time.nanos()) ^ offset, offset))
}

/// `java.time.LocalDate`.
fn hash_date(year: i32, month: u8, day: u8) -> i32 {
    let packed = (year << 11).wrapping_add(i32::from(month) << 6).wrapping_add(day.into());
    (year & !0x7FF) ^ packed
}
