//! Arrow's dates, times and instants as the bytes of Java's.
//!
//! The encodings are in the table of the reader's decoder: `i64` milliseconds; seconds and nanoseconds; years, months,
//! days; hours, minutes, seconds, nanoseconds.

use crate::{Error, Result};

pub(crate) const NANOS_PER_SECOND: i64 = 1_000_000_000;
pub(crate) const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

pub(super) const SQL_TIMESTAMP_NULL: [u8; 12] = join(i64::MIN.to_be_bytes(), [0; 4]);
pub(super) const INSTANT_NULL: [u8; 12] = join(i64::MIN.to_be_bytes(), i32::MIN.to_be_bytes());
pub(super) const LOCAL_DATE_NULL: [u8; 6] = [0x80, 0, 0, 0, 0x80, 0];
pub(super) const LOCAL_TIME_NULL: [u8; 7] = [0x80, 0x80, 0, 0x80, 0, 0, 0];
pub(super) const LOCAL_DATE_TIME_NULL: [u8; 13] = join(LOCAL_DATE_NULL, LOCAL_TIME_NULL);

/// Two byte strings as one; `N` is the sum of their lengths.
const fn join<const A: usize, const B: usize, const N: usize>(a: [u8; A], b: [u8; B]) -> [u8; N] {
    let mut bytes = [0; N];
    let (head, tail) = bytes.split_at_mut(A);
    head.copy_from_slice(&a);
    tail.copy_from_slice(&b);
    bytes
}

/// Seconds since 1970, and nanoseconds of the second.
pub(crate) fn seconds_and_nanos(nanos: i64) -> (i64, i32) {
    // The remainder is below 10^9.
    let fraction = i32::try_from(nanos.rem_euclid(NANOS_PER_SECOND)).unwrap_or_default();
    (nanos.div_euclid(NANOS_PER_SECOND), fraction)
}

/// `java.sql.Timestamp`: milliseconds, nanoseconds of the second.
pub(super) fn sql_timestamp(nanos: i64) -> [u8; 12] {
    join(nanos.div_euclid(1_000_000).to_be_bytes(), seconds_and_nanos(nanos).1.to_be_bytes())
}

/// `java.time.Instant`.
pub(super) fn instant(nanos: i64) -> [u8; 12] {
    let (seconds, nanos) = seconds_and_nanos(nanos);
    join(seconds.to_be_bytes(), nanos.to_be_bytes())
}

/// `java.time.LocalDate` from days since 1970.
pub(super) fn local_date(days: i64) -> Result<[u8; 6]> {
    let Date { year, month, day } = Date::of(days)?;
    Ok(join(year.to_be_bytes(), [month, day]))
}

/// `java.time.LocalTime` from nanoseconds of the day.
pub(super) fn local_time(nanos: i64) -> Result<[u8; 7]> {
    let Time { hour, minute, second, nano } = Time::of(nanos)?;
    Ok(join([hour, minute, second], nano.to_be_bytes()))
}

/// `java.time.LocalDateTime` from nanoseconds since 1970 in its own zone.
pub(super) fn local_date_time(nanos: i64) -> Result<[u8; 13]> {
    let (date, time) = (local_date(nanos.div_euclid(NANOS_PER_DAY))?, local_time(nanos.rem_euclid(NANOS_PER_DAY))?);
    Ok(join(date, time))
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i32,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

impl Date {
    /// The day so many days after 1970-01-01.
    pub(super) fn of(days: i64) -> Result<Self> {
        // Years count from March, so that the leap day is a year's last; 400 years have 146,097 days.
        let shifted = days.saturating_add(719_468);
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let parts = (i32::try_from(year + era * 400 + next_year), u8::try_from(month), u8::try_from(day));
        match parts {
            (Ok(year), Ok(month), Ok(day)) => Ok(Self { year, month, day }),
            _ => Err(Error::data(format!("{days} days are no date of Java"))),
        }
    }
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) nano: i32,
}

impl Time {
    /// The time so many nanoseconds after midnight.
    pub(super) fn of(nanos: i64) -> Result<Self> {
        if !(0..NANOS_PER_DAY).contains(&nanos) {
            return Err(Error::data(format!("{nanos} ns is no time of day")));
        }
        let (seconds, nano) = seconds_and_nanos(nanos);
        let small = |n: i64| u8::try_from(n).unwrap_or_default();
        Ok(Self { hour: small(seconds / 3600), minute: small(seconds / 60 % 60), second: small(seconds % 60), nano })
    }

    /// Nanoseconds after midnight.
    pub(crate) fn nanos(self) -> i64 {
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        seconds * NANOS_PER_SECOND + i64::from(self.nano)
    }
}
