//! Columns of values whose class only their bytes tell.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::decode::assemble::StructShape;
use crate::decode::binary::Bytes;
use crate::decode::text::Text;
use crate::decode::{Decoder, Undecoded};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{Framing, Kryo};

use super::class::wrapper;
use super::message::Message;
use super::registry::Registry;
use super::{framing, json};

/// A struct of the value's class, its JSON text and its bytes.
pub(super) struct AnyValues {
    kryo: Kryo,
    /// Whether a value ends where its bytes end.
    tail: bool,
    message: Message,
    scratch: Vec<u8>,
    shape: StructShape,
    class: Text,
    json: Text,
    bytes: Bytes,
    /// Whether the type itself says that its values can't be decoded.
    is_opaque: bool,
    undecoded: Option<Undecoded>,
}

impl AnyValues {
    pub(super) fn new(kryo: Kryo, tail: bool) -> Self {
        Self {
            is_opaque: framing(&kryo) == Framing::Never,
            kryo,
            tail,
            message: Message::default(),
            scratch: Vec::new(),
            shape: StructShape::new(),
            class: Text::new(),
            json: Text::new(),
            bytes: Bytes::new(),
            undecoded: None,
        }
    }

    fn append_json(&mut self, size: usize) -> Result<()> {
        self.scratch.clear();
        if !json::write(&self.message, size, &mut self.scratch) {
            self.json.append_null();
            return Ok(());
        }
        let text = std::str::from_utf8(&self.scratch).map_err(|e| Error::bug("JSON is not UTF-8").with_source(e))?;
        self.json.append(text)
    }
}

impl Decoder for AnyValues {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let registry = Registry(&self.kryo);
        let mut end = *input;
        let parsed = self.message.parse(registry, &mut end);
        let size = match &parsed {
            Ok(()) => input.remaining() - end.remaining(),
            Err(error) if error.kind() == ErrorKind::Unsupported && self.tail => input.remaining(),
            Err(_) => return parsed,
        };
        let bytes = input.take(size)?;
        match parsed {
            Ok(()) => match self.message.class(registry) {
                Some(class) => {
                    self.class.append(wrapper(class))?;
                    self.append_json(size)?;
                }
                None => {
                    self.append_null();
                    return Ok(());
                }
            },
            Err(error) => {
                match self.message.class(registry) {
                    Some(class) => self.class.append(class)?,
                    None => self.class.append_null(),
                }
                self.json.append_null();
                if !self.is_opaque {
                    let reason = error.message().to_owned();
                    self.undecoded.get_or_insert(Undecoded { values: 0, reason }).values += 1;
                }
            }
        }
        self.bytes.append(bytes)?;
        self.shape.append();
        Ok(())
    }

    fn append_null(&mut self) {
        self.class.append_null();
        self.json.append_null();
        self.bytes.append_null();
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish([
            ("$class", self.class.finish()),
            ("$json", self.json.finish()),
            ("$bytes", self.bytes.finish()),
        ])
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.undecoded.clone()
    }
}
