//! `hashCode` of the Java classes that keys are made of, and the key group that follows from it.
//!
//! All arithmetic is Java's: 32 bits, wrapping. An absent value hashes to 0 inside of every composite.

use std::num::NonZeroU16;

/// The key group of a key with this hash code
/// (`org.apache.flink.runtime.state.KeyGroupRangeAssignment.computeKeyGroupForKeyHash`).
///
/// ```
/// use std::num::NonZeroU16;
/// use flink_state_reader::java::hash;
///
/// let max_parallelism = NonZeroU16::new(128).unwrap();
/// assert_eq!(hash::key_group(hash::string("hello"), max_parallelism), 35);
/// ```
pub fn key_group(hash_code: i32, max_parallelism: NonZeroU16) -> u16 {
    let mixed = murmur(hash_code).checked_abs().unwrap_or(0).unsigned_abs();
    let group = mixed % u32::from(max_parallelism.get());
    u16::try_from(group).unwrap_or(u16::MAX) // a remainder of a u16 fits
}

/// One murmur3 block of four bytes (`org.apache.flink.util.MathUtils.murmurHash`, before its sign is dropped).
fn murmur(code: i32) -> i32 {
    let mut c = code.cast_unsigned();
    c = c.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593);
    c = c.rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64);
    c ^= 4;
    c = (c ^ (c >> 16)).wrapping_mul(0x85EB_CA6B);
    c = (c ^ (c >> 13)).wrapping_mul(0xC2B2_AE35);
    (c ^ (c >> 16)).cast_signed()
}

/// `31 * r + h` over all hashes, from `seed`: `java.util.List` starts with 1, strings and records with 0.
pub fn polynomial(seed: i32, hashes: impl IntoIterator<Item = i32>) -> i32 {
    hashes.into_iter().fold(seed, |r, h| r.wrapping_mul(31).wrapping_add(h))
}

/// Flink's `Tuple1` to `Tuple25`: the first field is the seed. `Tuple0` hashes to 0.
pub fn tuple(fields: impl IntoIterator<Item = i32>) -> i32 {
    polynomial(0, fields)
}

/// `java.util.List`.
pub fn list(elements: impl IntoIterator<Item = i32>) -> i32 {
    polynomial(1, elements)
}

/// `java.lang.String`: over its UTF-16 units.
pub fn string(value: &str) -> i32 {
    polynomial(0, value.encode_utf16().map(i32::from))
}

/// `java.lang.Boolean`.
pub fn boolean(value: bool) -> i32 {
    if value { 1231 } else { 1237 }
}

/// `java.lang.Long`; also `java.util.Date`, `java.sql.Date`, `Time` and `Timestamp` over their epoch milliseconds.
pub fn long(value: i64) -> i32 {
    let bits = value.cast_unsigned();
    let folded = (bits ^ (bits >> 32)) & u64::from(u32::MAX);
    u32::try_from(folded).unwrap_or(u32::MAX).cast_signed() // masked to 32 bits
}

/// `java.lang.Float`. The zeros differ, all NaNs are one.
pub fn float(value: f32) -> i32 {
    if value.is_nan() { 0x7FC0_0000 } else { value.to_bits().cast_signed() }
}

/// `java.lang.Double`. The zeros differ, all NaNs are one.
pub fn double(value: f64) -> i32 {
    let bits = if value.is_nan() { 0x7FF8_0000_0000_0000 } else { value.to_bits() };
    long(bits.cast_signed())
}

/// `java.time.Instant` and `java.time.Duration`: seconds and nanoseconds of the second.
pub fn instant(seconds: i64, nanos: i32) -> i32 {
    long(seconds).wrapping_add(nanos.wrapping_mul(51))
}

/// `java.time.LocalDate`: days since 1970-01-01.
pub fn local_date(epoch_day: i64) -> i32 {
    let (year, month, day) = civil(epoch_day);
    (year & !0x7FF) ^ (year << 11).wrapping_add(month << 6).wrapping_add(day)
}

/// `java.time.LocalTime`: nanoseconds of the day.
pub fn local_time(nano_of_day: i64) -> i32 {
    long(nano_of_day)
}

/// `java.time.LocalDateTime`.
pub fn local_date_time(epoch_day: i64, nano_of_day: i64) -> i32 {
    local_date(epoch_day) ^ local_time(nano_of_day)
}

/// Year, month and day of the proleptic Gregorian calendar. Years start in March here, so the leap day is the last.
fn civil(epoch_day: i64) -> (i32, i32, i32) {
    const DAYS_OF_ERA: i64 = 146_097; // 400 years
    let day = epoch_day.saturating_add(719_468); // since 0000-03-01
    let (era, day) = (day.div_euclid(DAYS_OF_ERA), day.rem_euclid(DAYS_OF_ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // 0 is March
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    // a year beyond an int is none of Java's
    let int = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    (int(year + era * 400 + next_year), int(month), int(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of Java 17 and Flink 1.20: hash code, key group of 128.
    #[test]
    fn as_in_java() {
        let cases = [
            (boolean(true), 1231, 77),
            (-1, -1, 80),
            (300, 300, 48),
            (i32::MIN, i32::MIN, 108),
            (long(1_234_567_890_123), 1_912_276_436, 92),
            (long(-1), 0, 94),
            (float(1.5), 1_069_547_520, 70),
            (float(-0.0), i32::MIN, 108),
            (double(0.1), -1_507_852_285, 97),
            (double(-0.0), i32::MIN, 108),
            (string("hello"), 99_162_322, 35),
            (string("😀"), 1_772_899, 54),
            (local_date(19_675), 4_143_822, 14),
            (local_time(80_000_123_456_789), 2_062_583_255, 15),
            (local_date_time(19_675, 80_000_123_456_789), 2_060_435_225, 37),
            (instant(1_700_000_000, 123_456_789), -593_638_353, 3),
            (list([string("a"), 0]), 3968, 101),
            (tuple([string("user-42"), long(-7)]), -267_695_034, 4),
        ];
        let max_parallelism = NonZeroU16::new(128).unwrap();
        for (index, (hash, expected, group)) in cases.into_iter().enumerate() {
            assert_eq!(hash, expected, "hash of case {index}");
            assert_eq!(key_group(hash, max_parallelism), group, "key group of case {index}");
        }
    }

    #[test]
    fn every_nan_is_one() {
        assert_eq!(float(f32::from_bits(0xFFC0_0001)), 0x7FC0_0000);
        assert_eq!(double(f64::from_bits(0xFFF8_0000_0000_0001)), double(f64::NAN));
        assert_eq!(double(f64::NAN), 0x7FF8_0000);
    }

    #[test]
    fn days_are_dates() {
        let dates = [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (-719_468, (0, 3, 1)),
            (-719_469, (0, 2, 29)),
            (2_932_896, (9999, 12, 31)),
        ];
        for (day, date) in dates {
            assert_eq!(civil(day), date, "day {day}");
        }
    }

    #[test]
    fn key_groups_stay_below_the_maximum() {
        for hash in [0, 1, -1, i32::MAX, i32::MIN] {
            assert_eq!(key_group(hash, NonZeroU16::MIN), 0);
            assert!(key_group(hash, NonZeroU16::MAX) < u16::MAX);
        }
    }
}
