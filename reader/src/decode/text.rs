//! Columns of text: strings, enum constants, labels.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;

use crate::bytes::{Cursor, decode_flink_string, decode_string_value};
use crate::error::{Error, Result};

use super::Decoder;

/// A `Utf8` column that refuses to outgrow its 32-bit offsets.
#[derive(Debug)]
pub(super) struct Text(StringBuilder);

impl Text {
    pub(super) fn new() -> Self {
        Self(StringBuilder::with_capacity(0, 0))
    }

    pub(super) fn append(&mut self, value: &str) -> Result<()> {
        check_size(self.0.values_slice().len(), value.len())?;
        self.0.append_value(value);
        Ok(())
    }

    pub(super) fn append_null(&mut self) {
        self.0.append_null();
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Fails if `more` bytes do not fit into a column of `bytes` bytes.
pub(super) fn check_size(bytes: usize, more: usize) -> Result<()> {
    if i32::try_from(bytes.saturating_add(more)).is_ok() {
        return Ok(());
    }
    Err(Error::unsupported("more than 2 GiB of text or bytes in one batch").with_hint("use fewer rows a batch"))
}

/// A decoder of text that `read` appends to a string; `false` for null.
pub(super) fn decoder(
    read: impl Fn(&mut Cursor<'_>, &mut String) -> Result<bool> + Send + 'static,
) -> Box<dyn Decoder> {
    Box::new(TextDecoder { column: Text::new(), scratch: String::new(), read })
}

struct TextDecoder<F> {
    column: Text,
    scratch: String,
    read: F,
}

impl<F: Fn(&mut Cursor<'_>, &mut String) -> Result<bool> + Send> Decoder for TextDecoder<F> {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        self.scratch.clear();
        if (self.read)(input, &mut self.scratch)? {
            return self.column.append(&self.scratch);
        }
        self.column.append_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.column.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.column.finish()
    }
}

/// `String`.
pub(super) fn flink_string() -> Box<dyn Decoder> {
    decoder(decode_flink_string)
}

/// A string of `DataOutput.writeUTF`.
pub(super) fn utf() -> Box<dyn Decoder> {
    decoder(|input, out| {
        out.push_str(&input.utf()?);
        Ok(true)
    })
}

/// Flink's `StringValue`.
pub(super) fn string_value() -> Box<dyn Decoder> {
    decoder(|input, out| decode_string_value(input, out).map(|()| true))
}

/// A byte that always says the same.
pub(super) fn constant(value: &'static str) -> Box<dyn Decoder> {
    decoder(move |input, out| {
        input.u8()?;
        out.push_str(value);
        Ok(true)
    })
}

/// A Java enum: `i32` index into `constants`.
pub(super) fn java_enum(class: &str, constants: &[String]) -> Box<dyn Decoder> {
    enumeration(class, (0..).zip(constants.iter().cloned()).collect())
}

/// A Scala enumeration: `i32` id.
pub(super) fn scala_enum(class: &str, constants: &[(String, i32)]) -> Box<dyn Decoder> {
    let mut constants: Vec<_> = constants.iter().map(|(name, id)| (*id, name.clone())).collect();
    constants.sort();
    enumeration(class, constants)
}

/// `constants` are sorted by their encoded number.
fn enumeration(class: &str, constants: Vec<(i32, String)>) -> Box<dyn Decoder> {
    let class = class.to_owned();
    decoder(move |input, out| {
        let start = input.offset();
        let id = input.i32()?;
        let found = constants.binary_search_by_key(&id, |(id, _)| *id).ok().and_then(|i| constants.get(i));
        let Some((_, name)) = found else {
            return Err(Error::data(format!("enum {class} has no constant with number {id}")).at(start));
        };
        out.push_str(name);
        Ok(true)
    })
}
