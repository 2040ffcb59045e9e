//! Declared classes that are one number, date or time.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use flink_state_reader::types::{Kryo, KryoVersion};

use crate::{Error, Result};

use super::super::Encoder;
use super::super::column::{self, unexpected};
use super::super::temporal::{Date, NANOS_PER_DAY, Time, seconds_and_nanos};
use super::super::text::put_vlq;
use super::Object;
use super::head::Head;
use super::primitive::{put_fixed, put_kint, put_klong, put_kulong};

pub(super) fn encoder<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let version = kryo.version;
    let v2 = version == KryoVersion::V2;
    match kryo.class.as_str() {
        "boolean" | "java.lang.Boolean" => {
            let values = column.as_boolean_opt().ok_or_else(|| unexpected(column))?;
            let head = Head::new(kryo, &kryo.class)?;
            let payload = |row, out: &mut Vec<u8>| {
                out.push(u8::from(values.value(row)));
                Ok(())
            };
            Ok(Box::new(Object { column, head, payload }))
        }
        "byte" | "java.lang.Byte" => plain::<Int8Type>(kryo, column, |v, out| out.extend(v.to_be_bytes())),
        "short" | "java.lang.Short" => {
            plain::<Int16Type>(kryo, column, move |v, out| put_fixed(v.to_be_bytes(), version, out))
        }
        "char" | "java.lang.Character" => {
            plain::<UInt16Type>(kryo, column, move |v, out| put_fixed(v.to_be_bytes(), version, out))
        }
        "int" | "java.lang.Integer" | "java.util.concurrent.atomic.AtomicInteger" => {
            plain::<Int32Type>(kryo, column, put_kint)
        }
        "long" | "java.lang.Long" | "java.util.concurrent.atomic.AtomicLong" => {
            plain::<Int64Type>(kryo, column, put_klong)
        }
        "float" | "java.lang.Float" => {
            plain::<Float32Type>(kryo, column, move |v, out| put_fixed(v.to_be_bytes(), version, out))
        }
        "double" | "java.lang.Double" => {
            plain::<Float64Type>(kryo, column, move |v, out| put_fixed(v.to_be_bytes(), version, out))
        }
        "java.time.Year" if v2 => plain::<Int32Type>(kryo, column, put_kint),
        "java.time.Year" => plain::<Int32Type>(kryo, column, |v, out| put_vlq(v.cast_unsigned(), out)),
        "java.util.Date" | "java.sql.Date" | "java.sql.Time" => {
            plain::<TimestampMillisecondType>(kryo, column, |v, out| put_kulong(v.cast_unsigned(), out))
        }
        "java.sql.Timestamp" => plain::<TimestampNanosecondType>(kryo, column, move |v, out| {
            let (seconds, nanos) = seconds_and_nanos(v);
            let millis = if v2 { v.div_euclid(1_000_000) } else { seconds * 1000 };
            put_kulong(millis.cast_unsigned(), out);
            put_vlq(nanos.cast_unsigned(), out);
        }),
        "java.time.Instant" => plain::<TimestampNanosecondType>(kryo, column, move |v, out| {
            let (seconds, nanos) = seconds_and_nanos(v);
            if v2 {
                put_kint(nanos, out);
                put_klong(seconds, out);
            } else {
                put_kulong(seconds.cast_unsigned(), out);
                put_vlq(nanos.cast_unsigned(), out);
            }
        }),
        "java.time.LocalDate" => primitive::<Date32Type>(kryo, column, move |v, out| {
            put_date(Date::of(v.into())?, version, out);
            Ok(())
        }),
        "java.time.LocalTime" => primitive::<Time64NanosecondType>(kryo, column, move |v, out| {
            put_time(Time::of(v)?, version, out);
            Ok(())
        }),
        "java.time.LocalDateTime" => primitive::<TimestampNanosecondType>(kryo, column, move |v, out| {
            let (date, time) = (Date::of(v.div_euclid(NANOS_PER_DAY))?, Time::of(v.rem_euclid(NANOS_PER_DAY))?);
            put_date_time(date, time, version, out);
            Ok(())
        }),
        class => Err(Error::unsupported(format!("values of {class} by Kryo can't be written"))),
    }
}

fn plain<'a, T: ArrowPrimitiveType>(
    kryo: &Kryo,
    column: &'a dyn Array,
    put: impl Fn(T::Native, &mut Vec<u8>) + Send + 'a,
) -> Result<Box<dyn Encoder + 'a>> {
    primitive::<T>(kryo, column, move |value, out| {
        put(value, out);
        Ok(())
    })
}

fn primitive<'a, T: ArrowPrimitiveType>(
    kryo: &Kryo,
    column: &'a dyn Array,
    put: impl Fn(T::Native, &mut Vec<u8>) -> Result<()> + Send + 'a,
) -> Result<Box<dyn Encoder + 'a>> {
    let values = column::primitive::<T>(column)?;
    let head = Head::new(kryo, &kryo.class)?;
    Ok(Box::new(Object { column, head, payload: move |row, out: &mut Vec<u8>| put(values.value(row), out) }))
}

pub(super) fn put_date(date: Date, version: KryoVersion, out: &mut Vec<u8>) {
    let Date { year, month, day } = date;
    if version == KryoVersion::V2 {
        out.extend([0, day, 0, month]);
        put_kint(year, out);
    } else {
        put_vlq(year.cast_unsigned(), out);
        out.extend([month, day]);
    }
}

/// Kryo 5 cuts off zeros at the end and flips all bits of the last part that is left.
pub(super) fn put_time(time: Time, version: KryoVersion, out: &mut Vec<u8>) {
    let Time { hour, minute, second, nano } = time;
    if version == KryoVersion::V2 {
        out.extend([hour, minute]);
        put_kint(nano, out);
        out.push(second);
        return;
    }
    match (minute, second, nano) {
        (0, 0, 0) => out.push(!hour),
        (_, 0, 0) => out.extend([hour, !minute]),
        (_, _, 0) => out.extend([hour, minute, !second]),
        _ => {
            out.extend([hour, minute, second]);
            put_vlq(nano.cast_unsigned(), out);
        }
    }
}

/// In Kryo 2 both parts are objects.
pub(super) fn put_date_time(date: Date, time: Time, version: KryoVersion, out: &mut Vec<u8>) {
    let reference: &[u8] = if version == KryoVersion::V2 { &[1] } else { &[] };
    out.extend(reference);
    put_date(date, version, out);
    out.extend(reference);
    put_time(time, version, out);
}
