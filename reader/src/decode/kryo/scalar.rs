//! Objects of the JDK that are one value, and the text of those that Arrow has no type for.
//!
//! The text is that of Java's `toString`. A `ZonedDateTime` of Kryo 5 has no offset, since none is stored.

use std::fmt::Write;

use crate::bytes::Cursor;
use crate::decode::numbers;
use crate::error::{Error, Result};
use crate::java::stream::ObjectStream;
use crate::types::KryoVersion;

use super::class::Codec;
use super::message::{Data, Parser};
use super::primitive::{Fixed, count_or_null, kint, klong, kstr, kulong};
use super::time::{Date, NANOS_PER_SECOND, Time, write_duration, write_offset, write_period};

const SECONDS_PER_QUARTER: i32 = 900;
/// A zone offset of Kryo 5 that is no number of quarter hours.
const ODD_OFFSET: i8 = 127;

impl Parser<'_> {
    pub(super) fn scalar(&mut self, codec: Codec, input: &mut Cursor<'_>) -> Result<Data> {
        let fixed = Fixed(self.registry.version());
        let v2 = self.registry.version() == KryoVersion::V2;
        let start = input.offset();
        let data = match codec {
            Codec::Int | Codec::AtomicInteger => Data::Int(kint(input)?),
            Codec::Long | Codec::AtomicLong => Data::Long(klong(input)?),
            Codec::Boolean => Data::Boolean(input.bool()?),
            Codec::Byte => Data::Byte(input.i8()?),
            Codec::Char => Data::Char(fixed.u16(input)?),
            Codec::Short => Data::Short(fixed.i16(input)?),
            Codec::Float => Data::Float(fixed.f32(input)?),
            Codec::Double => Data::Double(fixed.f64(input)?),
            Codec::Year if v2 => Data::Int(kint(input)?),
            Codec::Year => Data::Int(input.vlq()?.cast_signed()),
            Codec::Millis => Data::Millis(kulong(input)?.cast_signed()),
            Codec::SqlTimestamp => {
                let millis = kulong(input)?.cast_signed();
                Data::Instant(millis.div_euclid(1000), nanos(input.vlq()?)?)
            }
            Codec::Instant => {
                let (seconds, nanos) = if v2 { nanos_and_seconds(input)? } else { (kulong(input)?, input.vlq()?) };
                Data::Instant(seconds.cast_signed(), self::nanos(nanos)?)
            }
            Codec::LocalDate => Data::Date(self.date(input)?),
            Codec::LocalTime => Data::Time(self.time(input)?),
            Codec::LocalDateTime => {
                let (date, time) = self.date_time(input)?;
                Data::DateTime(date, time)
            }
            _ => return self.text(codec, input).map_err(|e| e.at(start)),
        };
        Ok(data)
    }

    /// An object as text.
    fn text(&mut self, codec: Codec, input: &mut Cursor<'_>) -> Result<Data> {
        let v2 = self.registry.version() == KryoVersion::V2;
        let start = self.message.text.len();
        let there = match codec {
            Codec::Text => kstr(input, &mut self.message.text)?,
            Codec::Pattern => {
                let there = kstr(input, &mut self.message.text)?;
                if !v2 {
                    input.vlq()?;
                }
                there
            }
            Codec::Uuid => {
                let (high, low) = if v2 {
                    (klong(input)?.cast_unsigned(), klong(input)?.cast_unsigned())
                } else {
                    let fixed = Fixed(KryoVersion::V5);
                    (fixed.u64(input)?, fixed.u64(input)?)
                };
                let (a, b, c) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF);
                let (d, e) = (low >> 48, low & 0xFFFF_FFFF_FFFF);
                write!(self.message.text, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}").is_ok()
            }
            Codec::BigInteger => match big_integer(input)? {
                Some(bytes) => write_number(bytes, 0, &mut self.message.text)?,
                None => false,
            },
            Codec::BigDecimal => match big_integer(input)? {
                Some(bytes) => write_number(bytes, kint(input)?, &mut self.message.text)?,
                None => false,
            },
            Codec::Locale => self.locale(input)?,
            Codec::Duration => {
                let (seconds, nanos) =
                    if v2 { nanos_and_seconds(input)? } else { (Fixed(KryoVersion::V5).u64(input)?, input.vlq()?) };
                write_duration(seconds.cast_signed(), self::nanos(nanos)?, &mut self.message.text);
                true
            }
            Codec::Period => {
                let (years, months, days) = if v2 {
                    let (days, months) = (kint(input)?, kint(input)?);
                    (kint(input)?, months, days)
                } else {
                    (input.vlq()?.cast_signed(), input.vlq()?.cast_signed(), input.vlq()?.cast_signed())
                };
                write_period(years, months, days, &mut self.message.text);
                true
            }
            Codec::ZoneOffset => {
                let seconds = self.zone_offset(input)?;
                write_offset(seconds, &mut self.message.text);
                true
            }
            // Kryo 2 writes the fields of the object: the ID, which is a string with a reference.
            Codec::ZoneRegion if v2 => return self.part(Codec::Text, input),
            Codec::ZoneRegion => kstr(input, &mut self.message.text)?,
            Codec::ZonedDateTime | Codec::OffsetDateTime => return self.zoned(codec, input),
            Codec::InetSocketAddress => {
                let there = kstr(input, &mut self.message.text)?;
                let port = input.vlq()?;
                there && write!(self.message.text, ":{port}").is_ok()
            }
            _ => return Err(Error::bug(format!("{codec:?} is no scalar"))),
        };
        Ok(if there { Data::Text(start..self.message.text.len()) } else { Data::Null })
    }

    fn date(&mut self, input: &mut Cursor<'_>) -> Result<Date> {
        let start = input.offset();
        let date = if self.registry.version() == KryoVersion::V2 {
            let (day, month, year) = (input.u16()?, input.u16()?, kint(input)?);
            let small = |n: u16| u8::try_from(n).map_err(|_| Error::data(format!("{n} is no month or day")));
            small(month).and_then(|month| Date::new(year, month, small(day)?))
        } else {
            Date::new(input.vlq()?.cast_signed(), input.u8()?, input.u8()?)
        };
        date.map_err(|e| e.at(start))
    }

    fn time(&mut self, input: &mut Cursor<'_>) -> Result<Time> {
        let start = input.offset();
        let time = if self.registry.version() == KryoVersion::V2 {
            let (hour, minute, nano) = (input.u8()?, input.u8()?, kint(input)?);
            Time::new(hour, minute, input.u8()?, nano)
        } else {
            // Zeros at the end are cut off: then the last part that is there has all its bits flipped.
            let mut parts = [0; 3];
            let mut complete = true;
            for part in &mut parts {
                let byte = input.u8()?;
                *part = if byte < 0x80 { byte } else { !byte };
                complete = byte < 0x80;
                if !complete {
                    break;
                }
            }
            let nano = if complete { input.vlq()?.cast_signed() } else { 0 };
            let [hour, minute, second] = parts;
            Time::new(hour, minute, second, nano)
        };
        time.map_err(|e| e.at(start))
    }

    fn date_time(&mut self, input: &mut Cursor<'_>) -> Result<(Date, Time)> {
        if self.registry.version() == KryoVersion::V5 {
            return Ok((self.date(input)?, self.time(input)?));
        }
        let start = input.offset();
        match (self.part(Codec::LocalDate, input)?, self.part(Codec::LocalTime, input)?) {
            (Data::Date(date), Data::Time(time)) => Ok((date, time)),
            _ => Err(Error::data("date and time without date or time").at(start)),
        }
    }

    /// Seconds east of UTC.
    fn zone_offset(&mut self, input: &mut Cursor<'_>) -> Result<i32> {
        if self.registry.version() == KryoVersion::V2 {
            return kint(input);
        }
        match input.i8()? {
            ODD_OFFSET => Fixed(KryoVersion::V5).i32(input),
            quarters => Ok(i32::from(quarters) * SECONDS_PER_QUARTER),
        }
    }

    /// Time and offset, then for a `ZonedDateTime` the zone, of which Kryo 5 writes the ID only.
    fn zoned(&mut self, codec: Codec, input: &mut Cursor<'_>) -> Result<Data> {
        let at = input.offset();
        let has_zone = codec == Codec::ZonedDateTime;
        let (date, time, offset, zone);
        if self.registry.version() == KryoVersion::V2 {
            let Data::DateTime(d, t) = self.part(Codec::LocalDateTime, input)? else {
                return Err(Error::data("zoned time without time").at(at));
            };
            (date, time) = (d, t);
            offset = self.part(Codec::ZoneOffset, input)?;
            zone = if has_zone { self.value(input).map(|id| self.message.get(id).clone())? } else { Data::Null };
        } else {
            (date, time) = self.date_time(input)?;
            let text = self.text(if has_zone { Codec::ZoneRegion } else { Codec::ZoneOffset }, input)?;
            (offset, zone) = if has_zone { (Data::Null, text) } else { (text, Data::Null) };
        }
        let start = self.message.text.len();
        date.write(&mut self.message.text);
        self.message.text.push('T');
        time.write(&mut self.message.text);
        self.copy_text(&offset);
        // A zone that is the offset has nothing to add.
        if let (true, false) = (has_zone, self.text_of(&offset) == self.text_of(&zone)) {
            self.message.text.push('[');
            self.copy_text(&zone);
            self.message.text.push(']');
        }
        Ok(Data::Text(start..self.message.text.len()))
    }

    fn text_of(&self, data: &Data) -> &str {
        let data = if let Data::Same(id) = data { self.message.get(*id) } else { data };
        if let Data::Text(range) = data { self.message.text(range) } else { "" }
    }

    fn copy_text(&mut self, data: &Data) {
        let text = self.text_of(data).to_owned();
        self.message.text.push_str(&text);
    }

    fn locale(&mut self, input: &mut Cursor<'_>) -> Result<bool> {
        let [mut language, mut country, mut variant, mut script] = [const { String::new() }; 4];
        if self.registry.version() == KryoVersion::V2 {
            let stream = ObjectStream::parse(input)?;
            let field = |name| stream.field(stream.root(), name).and_then(|value| stream.string(value));
            let field = |name| field(name).unwrap_or_default();
            (language, country, variant, script) =
                (field("language"), field("country"), field("variant"), field("script"));
        } else {
            kstr(input, &mut language)?;
            kstr(input, &mut country)?;
            kstr(input, &mut variant)?;
        }
        let out = &mut self.message.text;
        out.push_str(&language);
        if !country.is_empty() || !variant.is_empty() {
            let _ = write!(out, "_{country}");
        }
        if !variant.is_empty() {
            let _ = write!(out, "_{variant}");
        }
        if !script.is_empty() {
            let _ = write!(out, "_#{script}");
        }
        Ok(true)
    }
}

/// The bytes of a `BigInteger`: `kuint` count plus one, big-endian two's complement.
fn big_integer<'a>(input: &mut Cursor<'a>) -> Result<Option<&'a [u8]>> {
    let start = input.offset();
    match count_or_null(input, 1)? {
        None => Ok(None),
        Some(0) => Err(Error::data("number without bytes").at(start)),
        Some(n) => input.take(n).map(Some),
    }
}

fn write_number(bytes: &[u8], scale: i32, out: &mut String) -> Result<bool> {
    if bytes.len() > numbers::MAX_BYTES {
        return Err(Error::unsupported(format!("number of {} bytes", bytes.len())));
    }
    numbers::write_number(bytes, scale, out);
    Ok(true)
}

/// Kryo 2 writes the fields by name: `nanos`, `seconds`.
fn nanos_and_seconds(input: &mut Cursor<'_>) -> Result<(u64, u32)> {
    let nanos = kint(input)?.cast_unsigned();
    Ok((klong(input)?.cast_unsigned(), nanos))
}

fn nanos(nanos: u32) -> Result<u32> {
    if nanos < NANOS_PER_SECOND {
        return Ok(nanos);
    }
    Err(Error::data(format!("{nanos} is no number of nanoseconds of a second")))
}
