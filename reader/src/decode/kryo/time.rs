//! Dates, times and durations, and their text as Java's `toString` has it.

use std::fmt::Write;

use crate::decode::temporal;
use crate::error::{Error, Result};

pub(super) const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    pub(super) fn new(year: i32, month: u8, day: u8) -> Result<Self> {
        let date = Self { year, month, day };
        if month > 12 {
            return Err(Error::data(format!("month {month}")));
        }
        date.days().map(|_| date)
    }

    /// As Flink writes a `LocalDate`.
    fn bytes(self) -> [u8; 6] {
        let [a, b, c, d] = self.year.to_be_bytes();
        [a, b, c, d, self.month, self.day]
    }

    /// Days since 1970.
    pub(super) fn days(self) -> Result<Option<i32>> {
        temporal::local_date(self.bytes())
    }

    pub(super) fn write(self, out: &mut String) {
        let Self { year, month, day } = self;
        let _ = match year {
            0..=9999 => write!(out, "{year:04}"),
            10_000.. => write!(out, "+{year}"),
            _ => write!(out, "{year:05}"),
        };
        let _ = write!(out, "-{month:02}-{day:02}");
    }
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    nano: i32,
}

impl Time {
    pub(super) fn new(hour: u8, minute: u8, second: u8, nano: i32) -> Result<Self> {
        let time = Self { hour, minute, second, nano };
        if hour > 23 {
            return Err(Error::data(format!("hour {hour}")));
        }
        time.nanos().map(|_| time)
    }

    /// As Flink writes a `LocalTime`.
    fn bytes(self) -> [u8; 7] {
        let [a, b, c, d] = self.nano.to_be_bytes();
        [self.hour, self.minute, self.second, a, b, c, d]
    }

    /// Nanoseconds of the day.
    pub(super) fn nanos(self) -> Result<Option<i64>> {
        temporal::local_time(self.bytes())
    }

    pub(super) fn write(self, out: &mut String) {
        let Self { hour, minute, second, nano } = self;
        let _ = write!(out, "{hour:02}:{minute:02}");
        if second > 0 || nano > 0 {
            let _ = write!(out, ":{second:02}");
            write_fraction(nano.unsigned_abs(), out);
        }
    }
}

/// Nanoseconds since 1970, without a zone.
pub(super) fn epoch_nanos(date: Date, time: Time) -> Result<Option<i64>> {
    let mut bytes = [0; 13];
    let parts = date.bytes().into_iter().chain(time.bytes());
    bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    temporal::local_date_time(bytes)
}

/// `.`, then 3, 6 or 9 digits; nothing for 0.
pub(super) fn write_fraction(nanos: u32, out: &mut String) {
    let _ = match nanos {
        0 => Ok(()),
        n if n % 1_000_000 == 0 => write!(out, ".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => write!(out, ".{:06}", n / 1_000),
        n => write!(out, ".{n:09}"),
    };
}

/// `Duration.toString`.
pub(super) fn write_duration(seconds: i64, nanos: u32, out: &mut String) {
    let below_zero = seconds < 0 && nanos > 0;
    let whole = if below_zero { seconds + 1 } else { seconds };
    let (hours, minutes, rest) = (whole / 3600, whole % 3600 / 60, whole % 60);
    out.push_str("PT");
    if hours != 0 {
        let _ = write!(out, "{hours}H");
    }
    if minutes != 0 {
        let _ = write!(out, "{minutes}M");
    }
    if rest == 0 && nanos == 0 && whole != 0 {
        return;
    }
    let sign = if below_zero && rest == 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{rest}");
    if nanos > 0 {
        let fraction = if seconds < 0 { NANOS_PER_SECOND - nanos } else { nanos };
        let digits = format!(".{fraction:09}");
        out.push_str(digits.trim_end_matches('0'));
    }
    out.push('S');
}

/// `Period.toString`.
pub(super) fn write_period(years: i32, months: i32, days: i32, out: &mut String) {
    out.push('P');
    let parts = [(years, 'Y'), (months, 'M'), (days, 'D')];
    for (n, unit) in parts.into_iter().filter(|(n, _)| *n != 0) {
        let _ = write!(out, "{n}{unit}");
    }
    if (years, months, days) == (0, 0, 0) {
        out.push_str("0D");
    }
}

/// `ZoneOffset.toString`.
pub(super) fn write_offset(seconds: i32, out: &mut String) {
    if seconds == 0 {
        out.push('Z');
        return;
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let total = seconds.unsigned_abs();
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60);
    let _ = write!(out, "{sign}{hours:02}:{minutes:02}");
    if rest != 0 {
        let _ = write!(out, ":{rest:02}");
    }
}
