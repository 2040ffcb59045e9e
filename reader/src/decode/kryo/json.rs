//! A value as JSON text.
//!
//! | Java | JSON |
//! |---|---|
//! | numbers, booleans, strings, `null` | the same; a double that is no number is a string |
//! | `char`, UUID, big numbers, `java.time`, URI and the like | string, as `toString` has it |
//! | `Date` and its kin, `Instant` | string in UTC, `2023-11-14T22:13:20.123Z` |
//! | `byte[]` | string of hex digits |
//! | collections, arrays, `BitSet` (its indices) | array |
//! | maps | object if all keys are strings, else array of arrays of key and value |
//! | `Optional` | its value or `null` |
//! | Flink tuples | object `{"f0": .., ..}` |
//!
//! A value has no JSON text if a part of it has none (an enum set, a Java object stream), if it contains itself, or if
//! references would make the text out of proportion to the bytes.

use arrow_array::temporal_conversions::timestamp_s_to_datetime;

use crate::decode::json::{float, hex, scalar, single};

use super::class::Number;
use super::message::{Data, Id, Message};
use super::time::write_fraction;

const MAX_DEPTH: usize = 256;
/// Text of any value may have so many bytes, and this times the bytes of the value.
const MIN_LIMIT: usize = 1 << 14;
const MAX_GROWTH: usize = 64;

/// Appends the text of the message's value, which takes `size` bytes in the message; `false` if it has none.
pub(super) fn write(message: &Message, size: usize, out: &mut Vec<u8>) -> bool {
    let limit = MIN_LIMIT.max(size.saturating_mul(MAX_GROWTH)).saturating_add(out.len());
    Writer { message, limit }.data(message.root(), 0, out).is_some()
}

struct Writer<'a> {
    message: &'a Message,
    limit: usize,
}

impl Writer<'_> {
    fn data(&self, data: &Data, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        if depth > MAX_DEPTH || out.len() > self.limit {
            return None;
        }
        match data {
            Data::Null => out.extend(b"null"),
            Data::Boolean(value) => scalar(value, out),
            Data::Byte(value) => scalar(value, out),
            Data::Short(value) => scalar(value, out),
            Data::Int(value) => scalar(value, out),
            Data::Long(value) => scalar(value, out),
            Data::Float(value) => single(*value, out),
            Data::Double(value) => float(*value, out),
            Data::Char(unit) => character(*unit, out),
            Data::Text(range) => scalar(self.message.text(range), out),
            Data::Bytes(range) => hex(self.message.bytes.get(range.clone())?, out),
            Data::Numbers(number, range) => {
                let numbers = self.message.numbers.get(range.clone())?;
                self.array(numbers, out, |bits, out| write_number(*number, *bits, out))?;
            }
            Data::Bits(range) => {
                let bits = set_bits(self.message.bytes.get(range.clone())?);
                self.array(bits, out, |index, out| scalar(&index, out))?;
            }
            Data::Millis(millis) => {
                // The remainder is below 1000.
                let nanos = u32::try_from(millis.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
                instant(millis.div_euclid(1000), nanos, out);
            }
            Data::Instant(seconds, nanos) => instant(*seconds, *nanos, out),
            Data::Date(date) => quoted(out, |text| date.write(text)),
            Data::Time(time) => quoted(out, |text| time.write(text)),
            Data::DateTime(date, time) => quoted(out, |text| {
                date.write(text);
                text.push('T');
                time.write(text);
            }),
            Data::List(first) => {
                out.push(b'[');
                for (i, id) in self.message.elements(*first).enumerate() {
                    separate(i, out);
                    self.node(id, depth, out)?;
                }
                out.push(b']');
            }
            Data::Map(first) => self.map(*first, depth, out)?,
            Data::Tuple(arity, first) => {
                out.push(b'{');
                let names = tuple_fields(*arity);
                for (i, (id, name)) in self.message.elements(*first).zip(&names).enumerate() {
                    separate(i, out);
                    scalar(name, out);
                    out.push(b':');
                    self.node(id, depth, out)?;
                }
                out.push(b'}');
            }
            Data::Optional(id) | Data::Same(id) => self.node(*id, depth, out)?,
            Data::Framed => return None,
        }
        Some(())
    }

    fn node(&self, id: Id, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        self.data(self.message.get(id), depth + 1, out)
    }

    fn map(&self, first: Option<Id>, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        let is_text = |id: Id| match self.message.get(id) {
            Data::Same(same) => matches!(self.message.get(*same), Data::Text(_)),
            data => matches!(data, Data::Text(_)),
        };
        let is_object = self.message.elements(first).step_by(2).all(is_text);
        let [open, colon, close, end] = if is_object { ["{", ":", "", "}"] } else { ["[", ",", "]", "]"] };
        out.extend(open.bytes());
        let mut entries = self.message.elements(first);
        let mut i = 0;
        while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
            separate(i, out);
            i += 1;
            if !is_object {
                out.push(b'[');
            }
            self.node(key, depth, out)?;
            out.extend(colon.bytes());
            self.node(value, depth, out)?;
            out.extend(close.bytes());
        }
        out.extend(end.bytes());
        Some(())
    }

    fn array<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        out: &mut Vec<u8>,
        write: impl Fn(T, &mut Vec<u8>),
    ) -> Option<()> {
        out.push(b'[');
        for (i, item) in items.into_iter().enumerate() {
            if out.len() > self.limit {
                return None;
            }
            separate(i, out);
            write(item, out);
        }
        out.push(b']');
        Some(())
    }
}

/// The names of a tuple's fields in the order in which Kryo writes them: by name.
fn tuple_fields(arity: u8) -> Vec<String> {
    let mut names: Vec<_> = (0..arity).map(|i| format!("f{i}")).collect();
    names.sort();
    names
}

/// The indices of the bits that are set.
pub(super) fn set_bits(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let bits = bytes.iter().enumerate().flat_map(|(i, byte)| (0..8).map(move |bit| (i * 8 + bit, byte >> bit & 1)));
    bits.filter(|(_, bit)| *bit != 0).map(|(index, _)| index)
}

fn separate(i: usize, out: &mut Vec<u8>) {
    if i > 0 {
        out.push(b',');
    }
}

fn write_number(number: Number, bits: u64, out: &mut Vec<u8>) {
    match number {
        Number::Boolean => scalar(&(bits != 0), out),
        Number::Char => character(u16::try_from(bits).unwrap_or_default(), out),
        Number::Short | Number::Int | Number::Long => scalar(&bits.cast_signed(), out),
        Number::Float => single(f32::from_bits(u32::try_from(bits).unwrap_or_default()), out),
        Number::Double => float(f64::from_bits(bits), out),
    }
}

fn character(unit: u16, out: &mut Vec<u8>) {
    let character = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
    scalar(&character, out);
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut String)) {
    let mut text = String::new();
    write(&mut text);
    scalar(&text, out);
}

/// In UTC; seconds since 1970 and their fraction where no calendar has the date.
fn instant(seconds: i64, nanos: u32, out: &mut Vec<u8>) {
    match timestamp_s_to_datetime(seconds) {
        Some(time) => quoted(out, |text| {
            text.push_str(&format!("{time:?}"));
            write_fraction(nanos, text);
            text.push('Z');
        }),
        None => quoted(out, |text| {
            text.push_str(&seconds.to_string());
            write_fraction(nanos, text);
        }),
    }
}
