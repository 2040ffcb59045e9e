//! Declared classes whose column is text: that of Java's `toString`, which is parsed here.

use arrow_array::Array;
use flink_state_reader::types::Kryo;

use crate::{Error, Result};

use super::super::Encoder;
use super::super::column::strings;
use super::super::numbers::{Decimal, parse_integer};
use super::super::temporal::NANOS_PER_SECOND;
use super::super::text::put_vlq;
use super::Object;
use super::head::{Head, is_v5};
use super::primitive::{put_count, put_counted_kstr, put_fixed, put_kint, put_klong, put_kstr};
use super::zoned::{offset_seconds, put_offset, put_region, put_zoned};

pub(super) fn encoder<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let texts = strings(column)?;
    let put = put(kryo)?;
    let class = match kryo.class.as_str() {
        "java.util.TimeZone" => "sun.util.calendar.ZoneInfo",
        "java.time.ZoneId" => return Ok(Box::new(zone_id(kryo, column)?)),
        class => class,
    };
    let (head, kryo) = (Head::new(kryo, class)?, kryo.clone());
    Ok(Box::new(Object { column, head, payload: move |row, out: &mut Vec<u8>| put(&kryo, texts.value(row), out) }))
}

type Put = fn(&Kryo, &str, &mut Vec<u8>) -> Result<()>;

fn put(kryo: &Kryo) -> Result<Put> {
    let v5 = is_v5(kryo);
    Ok(match kryo.class.as_str() {
        "java.lang.StringBuilder" | "java.lang.StringBuffer" if !v5 => |_, text, out| put_counted_kstr(text, out),
        "java.util.regex.Pattern" if v5 => return Err(unwritable(kryo, "its flags are not in its text")),
        "java.util.Locale" if !v5 => return Err(unwritable(kryo, "it is a Java object stream")),
        "java.lang.Class" => return Err(unwritable(kryo, "its text does not tell int from Integer")),
        "java.util.Locale" => put_locale,
        "java.util.UUID" => put_uuid,
        "java.math.BigInteger" => |_, text, out| put_big_integer(&parse_integer(text)?.to_signed_bytes_be(), out),
        "java.math.BigDecimal" => |_, text, out| {
            let Decimal { unscaled, scale } = Decimal::parse(text)?;
            put_big_integer(&unscaled.to_signed_bytes_be(), out)?;
            put_kint(scale, out);
            Ok(())
        },
        "java.time.Duration" => put_duration,
        "java.time.Period" => put_period,
        "java.time.ZoneOffset" => |kryo, text, out| {
            put_offset(offset_seconds(text)?, kryo.version, out);
            Ok(())
        },
        "java.time.ZoneRegion" => |kryo, text, out| put_region(text, kryo.version, out),
        "java.time.ZonedDateTime" | "java.time.OffsetDateTime" => put_zoned,
        "java.net.InetSocketAddress" => put_address,
        _ => |kryo, text, out| put_kstr(text, kryo.version, out),
    })
}

fn unwritable(kryo: &Kryo, reason: &str) -> Error {
    Error::unsupported(format!("values of {} by Kryo can't be made from their text: {reason}", kryo.class))
}

/// Text that a class can't be made from.
pub(super) fn no(what: &str, text: &str) -> Error {
    Error::data(format!("'{text}' is no {what}"))
}

/// A zone is an offset or a region, each with its own class.
fn zone_id<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<impl Encoder + 'a> {
    let texts = strings(column)?;
    let region = Head::new(kryo, "java.time.ZoneRegion")?;
    let offset = Head::new(kryo, "java.time.ZoneOffset")?;
    let kryo = kryo.clone();
    let payload = move |row, out: &mut Vec<u8>| {
        let text: &str = texts.value(row);
        if text == "Z" || text.starts_with(['+', '-']) {
            offset.put(out);
            put_offset(offset_seconds(text)?, kryo.version, out);
            return Ok(());
        }
        region.put(out);
        put_region(text, kryo.version, out)
    };
    Ok(Object { column, head: Head::none(), payload })
}

fn put_big_integer(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    put_count(bytes.len(), out)?;
    out.extend(bytes);
    Ok(())
}

fn put_uuid(kryo: &Kryo, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let (high, low) = parse_uuid(text)?;
    if is_v5(kryo) {
        put_fixed(high.to_be_bytes(), kryo.version, out);
        put_fixed(low.to_be_bytes(), kryo.version, out);
    } else {
        put_klong(high, out);
        put_klong(low, out);
    }
    Ok(())
}

/// The two halves of a UUID.
pub(crate) fn parse_uuid(text: &str) -> Result<(i64, i64)> {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    let is_uuid = lengths.eq([8, 4, 4, 4, 12]) && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()));
    let bits = Some(parts.concat()).filter(|_| is_uuid).and_then(|digits| u128::from_str_radix(&digits, 16).ok());
    let [a, b, c, d, e, f, g, h, low @ ..] = bits.ok_or_else(|| no("UUID", text))?.to_be_bytes();
    Ok((i64::from_be_bytes([a, b, c, d, e, f, g, h]), i64::from_be_bytes(low)))
}

/// Language, country and variant; there is no script in these bytes.
fn put_locale(kryo: &Kryo, text: &str, out: &mut Vec<u8>) -> Result<()> {
    if text.contains('#') {
        return Err(Error::unsupported(format!("locale '{text}': Kryo has no place for a script or extension")));
    }
    let mut parts = text.splitn(3, '_');
    for _ in 0..3 {
        put_kstr(parts.next().unwrap_or_default(), kryo.version, out)?;
    }
    Ok(())
}

fn put_duration(kryo: &Kryo, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let (seconds, nanos) = parse_duration(text)?;
    if is_v5(kryo) {
        put_fixed(seconds.to_be_bytes(), kryo.version, out);
        put_vlq(nanos.cast_unsigned(), out);
    } else {
        put_kint(nanos, out);
        put_klong(seconds, out);
    }
    Ok(())
}

/// Seconds and nanoseconds of `PT8H6M12.345S`, as `Duration.toString` has it.
pub(crate) fn parse_duration(text: &str) -> Result<(i64, i32)> {
    let wrong = || no("duration of the form PT8H6M12.345S", text);
    let mut rest = text.strip_prefix("PT").filter(|rest| !rest.is_empty()).ok_or_else(wrong)?;
    let mut total: i128 = 0;
    for (unit, seconds) in [('H', 3600), ('M', 60), ('S', 1)] {
        let Some((number, behind)) = rest.split_once(unit) else { continue };
        rest = behind;
        let Decimal { unscaled, scale } = Decimal::parse(number).map_err(|_| wrong())?;
        let digits = if unit == 'S' { 0..=9 } else { 0..=0 };
        let places = u32::try_from(scale).ok().filter(|_| digits.contains(&scale)).ok_or_else(wrong)?;
        let nanos_per_unit = i128::from(NANOS_PER_SECOND) / 10i128.pow(places) * seconds;
        let number = i128::try_from(unscaled).ok().and_then(|number| number.checked_mul(nanos_per_unit));
        total = number.and_then(|number| total.checked_add(number)).ok_or_else(wrong)?;
    }
    if !rest.is_empty() {
        return Err(wrong());
    }
    let second = i128::from(NANOS_PER_SECOND);
    match (i64::try_from(total.div_euclid(second)), i32::try_from(total.rem_euclid(second))) {
        (Ok(seconds), Ok(nanos)) => Ok((seconds, nanos)),
        _ => Err(wrong()),
    }
}

fn put_period(kryo: &Kryo, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let [years, months, days] = parse_period(text)?;
    if is_v5(kryo) {
        [years, months, days].into_iter().for_each(|n| put_vlq(n.cast_unsigned(), out));
    } else {
        [days, months, years].into_iter().for_each(|n| put_kint(n, out));
    }
    Ok(())
}

/// Years, months and days of `P1Y2M3D`.
pub(crate) fn parse_period(text: &str) -> Result<[i32; 3]> {
    let wrong = || no("period of the form P1Y2M3D", text);
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or_else(wrong)?;
    let mut parts = [0; 3];
    for (part, unit) in parts.iter_mut().zip(['Y', 'M', 'D']) {
        if let Some((number, behind)) = rest.split_once(unit) {
            *part = number.parse().map_err(|_| wrong())?;
            rest = behind;
        }
    }
    if rest.is_empty() { Ok(parts) } else { Err(wrong()) }
}

fn put_address(kryo: &Kryo, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let (host, port) = text.rsplit_once(':').ok_or_else(|| no("address of the form host:port", text))?;
    let port: u16 = port.parse().map_err(|_| no("address of the form host:port", text))?;
    put_kstr(host, kryo.version, out)?;
    put_vlq(port.into(), out);
    Ok(())
}
