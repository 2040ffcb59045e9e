//! Zone offsets, and times with an offset or a zone.
//!
//! ```text
//!                  Kryo 2                                            Kryo 5
//! ZoneOffset       kint seconds                                      i8 quarter hours | 127 i32 seconds
//! OffsetDateTime   1 LocalDateTime, 1 ZoneOffset                     LocalDate LocalTime ZoneOffset
//! ZonedDateTime    1 LocalDateTime, 1 ZoneOffset, value zone         LocalDate LocalTime kstr zone
//! ZoneRegion       1 kstr                                            kstr
//! ```
//! A zone that is its offset is the same object in Kryo 2.

use flink_state_reader::types::{Kryo, KryoVersion};

use crate::{Error, Result};

use super::super::temporal::{Date, Time};
use super::super::text::put_vlq;
use super::head::{Head, is_v5};
use super::primitive::{put_fixed, put_kint, put_kstr};
use super::scalar::put_date_time;
use super::text::no;

const SECONDS_PER_QUARTER: i32 = 900;
const MAX_OFFSET: i32 = 18 * 3600;
/// A zone offset of Kryo 5 that is no number of quarter hours.
const ODD_OFFSET: u8 = 127;
/// The number of the offset among the objects of a `ZonedDateTime`: behind it, its time, and date and time of that.
const OFFSET_OBJECT: u32 = 4;

/// Seconds east of UTC of `Z`, `+02:00` or `+02:00:30`.
pub(crate) fn offset_seconds(text: &str) -> Result<i32> {
    let wrong = || no("zone offset", text);
    if text == "Z" {
        return Ok(0);
    }
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return Err(wrong()),
    };
    let parts = digits.split(':').map(|part| {
        let two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i32>().ok().filter(|_| two)
    });
    let seconds = match parts.collect::<Option<Vec<_>>>().ok_or_else(wrong)?.as_slice() {
        [h, m @ 0..60] => h * 3600 + m * 60,
        [h, m @ 0..60, s @ 0..60] => h * 3600 + m * 60 + s,
        _ => return Err(wrong()),
    };
    if seconds > MAX_OFFSET { Err(wrong()) } else { Ok(sign * seconds) }
}

pub(super) fn put_offset(seconds: i32, version: KryoVersion, out: &mut Vec<u8>) {
    if version == KryoVersion::V2 {
        return put_kint(seconds, out);
    }
    match i8::try_from(seconds / SECONDS_PER_QUARTER) {
        Ok(quarters) if seconds % SECONDS_PER_QUARTER == 0 => out.extend(quarters.to_be_bytes()),
        _ => {
            out.push(ODD_OFFSET);
            put_fixed(seconds.to_be_bytes(), version, out);
        }
    }
}

/// A zone that is no offset: in Kryo 2 its one field, an object.
pub(super) fn put_region(zone: &str, version: KryoVersion, out: &mut Vec<u8>) -> Result<()> {
    if version == KryoVersion::V2 {
        out.push(1);
    }
    put_kstr(zone, version, out)
}

/// A `ZonedDateTime` or `OffsetDateTime`.
pub(super) fn put_zoned(kryo: &Kryo, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let has_zone = kryo.class == "java.time.ZonedDateTime";
    let Zoned { date, time, offset, zone } = Zoned::parse(text)?;
    let version = kryo.version;
    match (has_zone, offset, zone) {
        (false, Some(offset), None) => {
            put_reference(kryo, out);
            put_date_time(date, time, version, out);
            put_reference(kryo, out);
            put_offset(offset, version, out);
            Ok(())
        }
        (true, None, Some(zone)) if is_v5(kryo) => {
            put_date_time(date, time, version, out);
            put_kstr(zone, version, out)
        }
        (true, Some(_), Some(_)) if is_v5(kryo) => Err(Error::unsupported(format!(
            "zoned time '{text}': Kryo 5 writes no offset beside the zone, so it must be left out"
        ))),
        (true, Some(offset), zone) if !is_v5(kryo) => {
            put_reference(kryo, out);
            put_date_time(date, time, version, out);
            put_reference(kryo, out);
            put_offset(offset, version, out);
            match zone {
                Some(zone) => {
                    Head::inside(kryo, &kryo.class, "java.time.ZoneRegion")?.put(out);
                    put_region(zone, version, out)
                }
                None => {
                    Head::inside_again(kryo, &kryo.class, "java.time.ZoneOffset")?.put(out);
                    put_vlq(OFFSET_OBJECT + 2, out);
                    Ok(())
                }
            }
        }
        _ => Err(no(if has_zone { "zoned time" } else { "time with an offset" }, text)),
    }
}

/// A part that is an object of its own in Kryo 2.
fn put_reference(kryo: &Kryo, out: &mut Vec<u8>) {
    if !is_v5(kryo) {
        out.push(1);
    }
}

/// The parts of `2023-11-14T01:02:03+01:00[Europe/Berlin]`.
pub(crate) struct Zoned<'t> {
    pub(crate) date: Date,
    pub(crate) time: Time,
    pub(crate) offset: Option<i32>,
    pub(crate) zone: Option<&'t str>,
}

impl<'t> Zoned<'t> {
    pub(crate) fn parse(text: &'t str) -> Result<Self> {
        let wrong = || no("time with an offset or a zone", text);
        let (rest, zone) = match text.split_once('[') {
            Some((rest, zone)) => (rest, Some(zone.strip_suffix(']').ok_or_else(wrong)?)),
            None => (text, None),
        };
        let (date, rest) = rest.split_once('T').ok_or_else(wrong)?;
        let (time, offset) = match rest.find(['Z', '+', '-']) {
            Some(at) => {
                let (time, offset) = rest.split_at_checked(at).ok_or_else(wrong)?;
                (time, Some(offset_seconds(offset)?))
            }
            None => (rest, None),
        };
        let date = parse_date(date).ok_or_else(wrong)?;
        Ok(Self { date, time: parse_time(time).ok_or_else(wrong)?, offset, zone })
    }
}

/// `2023-11-14`, `+12023-11-14`, `-0005-11-14`.
fn parse_date(text: &str) -> Option<Date> {
    let (rest, day) = text.rsplit_once('-')?;
    let (year, month) = rest.rsplit_once('-')?;
    let date = Date { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
    let leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    let length = match date.month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=length).contains(&date.day).then_some(date)
}

/// `01:02`, `01:02:03`, `01:02:03.000000004`.
fn parse_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let is_fraction = fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    let nano = format!("{fraction:0<9}").parse().ok().filter(|_| is_fraction)?;
    let fits = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    fits.then_some(Time { hour, minute, second, nano })
}
