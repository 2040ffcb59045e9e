//! Text: strings, enum constants, labels.

use std::collections::HashMap;

use arrow_array::{Array, StringArray};
use flink_state_reader::bytes::Writer;

use crate::{Error, Result};

use super::Encoder;
use super::binary::put_length;
use super::column::{self, no_null};

/// An encoder of text that `write` writes; `null` is Java's null, if there is one.
pub(super) fn encoder<'a>(
    column: &'a dyn Array,
    what: impl Into<String>,
    null: Option<&'static [u8]>,
    write: impl Fn(&str, &mut Vec<u8>) -> Result<()> + Send + 'a,
) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(Text { column: column::strings(column)?, what: what.into(), null, write }))
}

struct Text<'a, F> {
    column: &'a StringArray,
    what: String,
    null: Option<&'static [u8]>,
    write: F,
}

impl<F: Fn(&str, &mut Vec<u8>) -> Result<()> + Send> Encoder for Text<'_, F> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.column.is_null(row) {
            out.extend(self.null.ok_or_else(|| no_null(&self.what))?);
            return Ok(());
        }
        (self.write)(self.column.value(row), out)
    }
}

/// `String` (`StringValue.writeString`): the count of UTF-16 units plus one, then each unit, all in base 128.
pub(super) fn flink_string<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, "STRING", Some(&[0]), |text, out| put_units(text, 1, out))
}

/// Flink's `StringValue`: as `String` without the one.
pub(super) fn string_value<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, "STRING_VALUE", None, |text, out| put_units(text, 0, out))
}

/// `i32` size, UTF-8.
pub(super) fn utf8<'a>(column: &'a dyn Array, what: &str) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, what, None, put_utf8)
}

/// A string of `DataOutput.writeUTF`.
pub(super) fn utf<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, "UTF", None, put_utf)
}

/// A byte 0 that stands for the one value of its type.
pub(super) fn constant<'a>(value: &'static str, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, value, None, move |text, out| {
        if text != value {
            return Err(Error::data(format!("'{text}' is not {value}, the only value of its type")));
        }
        out.push(0);
        Ok(())
    })
}

/// A Java enum: `i32` index into the constants.
pub(super) fn java_enum<'a>(class: &str, constants: &[String], column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    enumeration(class, constants.iter().cloned().zip(0..).collect(), column)
}

/// A Scala enumeration: `i32` id.
pub(super) fn scala_enum<'a>(
    class: &str,
    constants: &[(String, i32)],
    column: &'a dyn Array,
) -> Result<Box<dyn Encoder + 'a>> {
    enumeration(class, constants.iter().cloned().collect(), column)
}

fn enumeration<'a>(
    class: &str,
    constants: HashMap<String, i32>,
    column: &'a dyn Array,
) -> Result<Box<dyn Encoder + 'a>> {
    let name = class.to_owned();
    encoder(column, format!("enum {class}"), None, move |text, out| {
        let Some(number) = constants.get(text) else {
            return Err(Error::data(format!("enum {name} has no constant '{text}'")));
        };
        out.extend(number.to_be_bytes());
        Ok(())
    })
}

pub(super) fn put_utf8(text: &str, out: &mut Vec<u8>) -> Result<()> {
    put_length(text.len(), out)?;
    out.extend(text.as_bytes());
    Ok(())
}

pub(super) fn put_utf(text: &str, out: &mut Vec<u8>) -> Result<()> {
    let mut utf = Writer::new();
    utf.utf(text).map_err(|e| Error::data(e.message()))?;
    out.extend(utf.into_bytes());
    Ok(())
}

fn put_units(text: &str, more: i32, out: &mut Vec<u8>) -> Result<()> {
    let is_ascii = text.is_ascii();
    let units = if is_ascii { text.len() } else { text.encode_utf16().count() };
    let count = i32::try_from(units).ok().and_then(|units| units.checked_add(more));
    let count = count.ok_or_else(|| Error::data(format!("string of {units} UTF-16 units is longer than Java's")))?;
    put_vlq(count.cast_unsigned(), out);
    if is_ascii {
        out.extend(text.as_bytes());
    } else {
        text.encode_utf16().for_each(|unit| put_vlq(unit.into(), out));
    }
    Ok(())
}

/// Base 128, lowest bits first.
pub(super) fn put_vlq(value: u32, out: &mut Vec<u8>) {
    let mut rest = value;
    while rest >= 0x80 {
        out.push(low_byte(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_byte(rest));
}

fn low_byte(value: u32) -> u8 {
    let [byte, ..] = value.to_le_bytes();
    byte
}
