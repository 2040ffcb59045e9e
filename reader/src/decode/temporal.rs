//! Dates, times and instants of Java, as Arrow has them.
//!
//! | Java | bytes | Arrow |
//! |---|---|---|
//! | `Date`, `sql.Date`, `sql.Time` | `i64` milliseconds | `Timestamp(ms, UTC)` |
//! | `sql.Timestamp` | `i64` milliseconds, `i32` nanoseconds of the second | `Timestamp(ns, UTC)` |
//! | `Instant` | `i64` seconds, `i32` nanoseconds | `Timestamp(ns, UTC)` |
//! | `LocalDate` | `i32` year, `i8` month, `i8` day | `Date32` |
//! | `LocalTime` | `i8` hour, `i8` minute, `i8` second, `i32` nanoseconds | `Time64(ns)` |
//! | `LocalDateTime` | both of these | `Timestamp(ns)` |
//!
//! A value that Arrow's 64 bits of nanoseconds (or 32 bits of days) can't hold is an error that names it.

use arrow_schema::{DataType, TimeUnit};

use crate::error::{Error, Result};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// `Timestamp(unit, UTC)`.
pub(super) fn utc(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("UTC".into()))
}

/// `java.util.Date` and its kin; the smallest `i64` is null.
pub(super) fn millis(bytes: [u8; 8]) -> Result<Option<i64>> {
    let millis = i64::from_be_bytes(bytes);
    Ok((millis != i64::MIN).then_some(millis))
}

/// `java.sql.Timestamp`; null has the smallest `i64` and is 12 bytes long too.
pub(super) fn sql_timestamp(bytes: [u8; 12]) -> Result<Option<i64>> {
    let (millis, nanos) = long_and_int(bytes);
    if millis == i64::MIN {
        return Ok(None);
    }
    check_nanos(nanos)?;
    if i64::from(nanos) / 1_000_000 != millis.rem_euclid(1000) {
        return Err(Error::data(format!("timestamp of {millis} ms and {nanos} ns of the second contradicts itself")));
    }
    epoch_nanos(millis.div_euclid(1000), nanos).map(Some)
}

/// `java.time.Instant`.
pub(super) fn instant(bytes: [u8; 12]) -> Result<Option<i64>> {
    let (seconds, nanos) = long_and_int(bytes);
    if seconds == i64::MIN && nanos == i32::MIN {
        return Ok(None);
    }
    check_nanos(nanos)?;
    epoch_nanos(seconds, nanos).map(Some)
}

/// `java.time.LocalDate` as days since the epoch.
pub(super) fn local_date(bytes: [u8; 6]) -> Result<Option<i32>> {
    days(bytes)?
        .map(|days| i32::try_from(days).map_err(|_| too_far(days * SECONDS_PER_DAY, 0, "32-bit days")))
        .transpose()
}

/// `java.time.LocalTime` as nanoseconds of the day.
pub(super) fn local_time([hour, minute, second, nano @ ..]: [u8; 7]) -> Result<Option<i64>> {
    let nano = i32::from_be_bytes(nano);
    if [hour, minute, second] == [0x80, 0x80, 0] && nano == i32::MIN {
        return Ok(None);
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Error::data(format!("{hour}:{minute}:{second} is no time of day")));
    }
    check_nanos(nano)?;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok(Some(seconds * NANOS_PER_SECOND + i64::from(nano)))
}

/// `java.time.LocalDateTime` as nanoseconds since the epoch in its own zone.
pub(super) fn local_date_time(bytes: [u8; 13]) -> Result<Option<i64>> {
    let [y0, y1, y2, y3, month, day, time @ ..] = bytes;
    match (days([y0, y1, y2, y3, month, day])?, local_time(time)?) {
        (Some(days), Some(nanos)) => {
            let seconds = days * SECONDS_PER_DAY + nanos / NANOS_PER_SECOND;
            // The remainder is below 10^9.
            let nanos = i32::try_from(nanos % NANOS_PER_SECOND).unwrap_or_default();
            epoch_nanos(seconds, nanos).map(Some)
        }
        (None, None) => Ok(None),
        _ => Err(Error::data("date and time of one value, of which one only is null")),
    }
}

/// Days since the epoch of `i32` year, `i8` month, `i8` day; they fit by far.
fn days([y0, y1, y2, y3, month, day]: [u8; 6]) -> Result<Option<i64>> {
    let year = i32::from_be_bytes([y0, y1, y2, y3]);
    if year == i32::MIN && [month, day] == [0x80, 0] {
        return Ok(None);
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if day == 0 || day > length {
        return Err(Error::data(format!("year {year}, month {month}, day {day} is no date")));
    }
    // Count years from March, so that the leap day is a year's last; 400 years have 146,097 days.
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Ok(Some(era * 146_097 + day_of_era - 719_468))
}

/// The only place that decides what happens to instants outside of 1677-09-21 to 2262-04-11.
fn epoch_nanos(seconds: i64, nanos: i32) -> Result<i64> {
    let total = i128::from(seconds) * i128::from(NANOS_PER_SECOND) + i128::from(nanos);
    i64::try_from(total).map_err(|_| too_far(seconds, nanos, "64-bit nanoseconds"))
}

fn too_far(seconds: i64, nanos: i32, what: &str) -> Error {
    Error::unsupported(format!("{seconds} s and {nanos} ns since 1970 do not fit into {what}"))
        .with_hint("leave this column out of the query: all others can be read")
}

fn check_nanos(nanos: i32) -> Result<()> {
    if i64::from(nanos) < NANOS_PER_SECOND && nanos >= 0 {
        return Ok(());
    }
    Err(Error::data(format!("{nanos} is no number of nanoseconds of a second")))
}

fn long_and_int([a, b, c, d, e, f, g, h, int @ ..]: [u8; 12]) -> (i64, i32) {
    (i64::from_be_bytes([a, b, c, d, e, f, g, h]), i32::from_be_bytes(int))
}
