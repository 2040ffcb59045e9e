//! Dates, times, timestamps, durations and intervals.

use arrow::array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowTimestampType, IntervalDayTimeType, IntervalMonthDayNanoType, IntervalYearMonthType, TimeUnit,
};
use chrono::{DateTime, Datelike, NaiveDateTime};

use super::{Values, push};

/// The years that RFC 3339 can write.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;
const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => NANOS_PER_SECOND,
    }
}

/// The point in time, if RFC 3339 can write it.
fn date_time(value: i64, unit: TimeUnit) -> Option<NaiveDateTime> {
    let per_second = per_second(unit);
    let nanos = u32::try_from(value.rem_euclid(per_second) * (NANOS_PER_SECOND / per_second)).ok()?;
    let time = DateTime::from_timestamp(value.div_euclid(per_second), nanos)?.naive_utc();
    YEARS.contains(&time.year()).then_some(time)
}

/// `2023-11-14`; the number of days (of milliseconds for `Date64`) outside of the years that can be written.
pub(super) struct Date<'a, T: ArrowPrimitiveType> {
    pub(super) array: &'a PrimitiveArray<T>,
    pub(super) per_day: i64,
}

impl<T: ArrowPrimitiveType<Native: Into<i64>>> Date<'_, T> {
    fn date(&self, row: usize) -> Option<NaiveDateTime> {
        let days = self.array.value(row).into().div_euclid(self.per_day);
        date_time(days.checked_mul(SECONDS_PER_DAY)?, TimeUnit::Second)
    }
}

impl<T: ArrowPrimitiveType<Native: Into<i64>>> Values for Date<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        match self.date(row) {
            Some(time) => push(out, format_args!("{:?}", time.date())),
            None => push(out, format_args!("{}", self.array.value(row).into())),
        }
    }

    fn is_json(&self, row: usize) -> bool {
        self.date(row).is_none()
    }
}

/// `22:13:20.123`; the number of its unit when it is no time of a day.
struct TimeOfDay<'a, T: ArrowPrimitiveType> {
    array: &'a PrimitiveArray<T>,
    unit: TimeUnit,
}

pub(super) fn time_of_day<'a, T>(array: &'a dyn Array, unit: TimeUnit) -> Box<dyn Values + 'a>
where
    T: ArrowPrimitiveType<Native: Into<i64>>,
{
    Box::new(TimeOfDay { array: array.as_primitive::<T>(), unit })
}

impl<T: ArrowPrimitiveType<Native: Into<i64>>> Values for TimeOfDay<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        let value = self.array.value(row).into();
        match date_time(value, self.unit) {
            Some(time) if !self.is_json(row) => push(out, format_args!("{:?}", time.time())),
            _ => push(out, format_args!("{value}")),
        }
    }

    fn is_json(&self, row: usize) -> bool {
        !(0..SECONDS_PER_DAY * per_second(self.unit)).contains(&self.array.value(row).into())
    }
}

/// RFC 3339 with a fraction of 0, 3, 6 or 9 digits, and `Z` where the column has a time zone (then the value counts from
/// the epoch in UTC, whatever the zone). Outside of the years that can be written: the number of its unit.
struct Timestamp<'a, T: ArrowTimestampType> {
    array: &'a PrimitiveArray<T>,
    utc: bool,
}

pub(super) fn timestamp<'a, T: ArrowTimestampType>(array: &'a dyn Array, utc: bool) -> Box<dyn Values + 'a> {
    Box::new(Timestamp { array: array.as_primitive::<T>(), utc })
}

impl<T: ArrowTimestampType> Values for Timestamp<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        let value = self.array.value(row);
        match date_time(value, T::UNIT) {
            Some(time) => push(out, format_args!("{time:?}{}", if self.utc { "Z" } else { "" })),
            None => push(out, format_args!("{value}")),
        }
    }

    fn is_json(&self, row: usize) -> bool {
        date_time(self.array.value(row), T::UNIT).is_none()
    }
}

/// ISO 8601, in seconds: `PT93.5S`.
struct Duration<'a, T: ArrowPrimitiveType> {
    array: &'a PrimitiveArray<T>,
    unit: TimeUnit,
}

pub(super) fn duration<'a, T>(array: &'a dyn Array, unit: TimeUnit) -> Box<dyn Values + 'a>
where
    T: ArrowPrimitiveType<Native = i64>,
{
    Box::new(Duration { array: array.as_primitive::<T>(), unit })
}

impl<T: ArrowPrimitiveType<Native = i64>> Values for Duration<'_, T> {
    fn text(&self, row: usize, out: &mut String) {
        out.push_str("PT");
        push_seconds(out, self.array.value(row), self.unit);
    }
}

/// ISO 8601: `P14M`. Parts of intervals have a sign each, as `java.time` writes them.
pub(super) struct Months<'a>(pub(super) &'a PrimitiveArray<IntervalYearMonthType>);

impl Values for Months<'_> {
    fn text(&self, row: usize, out: &mut String) {
        push(out, format_args!("P{}M", self.0.value(row)));
    }
}

/// ISO 8601: `P2DT0.5S`.
pub(super) struct DayTime<'a>(pub(super) &'a PrimitiveArray<IntervalDayTimeType>);

impl Values for DayTime<'_> {
    fn text(&self, row: usize, out: &mut String) {
        let value = self.0.value(row);
        push(out, format_args!("P{}DT", value.days));
        push_seconds(out, i64::from(value.milliseconds), TimeUnit::Millisecond);
    }
}

/// ISO 8601: `P1M2DT0.5S`.
pub(super) struct MonthDayNano<'a>(pub(super) &'a PrimitiveArray<IntervalMonthDayNanoType>);

impl Values for MonthDayNano<'_> {
    fn text(&self, row: usize, out: &mut String) {
        let value = self.0.value(row);
        push(out, format_args!("P{}M{}DT", value.months, value.days));
        push_seconds(out, value.nanoseconds, TimeUnit::Nanosecond);
    }
}

/// Seconds with as much fraction as there is, and an `S`.
fn push_seconds(out: &mut String, value: i64, unit: TimeUnit) {
    let per_second = per_second(unit).unsigned_abs();
    let (seconds, fraction) = (value.unsigned_abs() / per_second, value.unsigned_abs() % per_second);
    push(out, format_args!("{}{seconds}", if value < 0 { "-" } else { "" }));
    if fraction > 0 {
        // A leading one keeps the zeros behind the point.
        let digits = (per_second + fraction).to_string();
        push(out, format_args!(".{}", digits.strip_prefix("1").unwrap_or_default().trim_end_matches('0')));
    }
    out.push('S');
}
