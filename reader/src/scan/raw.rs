//! Entries as bytes: those of the canonical layout, whatever layout they are read from.
//!
//! ```text
//! key   := keyGroup (1 or 2 bytes)  key [length of key] namespace [length of namespace] [user key]
//!        | keyGroup  i64 timestamp with the sign flipped  key  namespace           a timer; its value is empty
//! value := bytes | element { 2C element } | bool isNull [bytes]                    value, list, map
//! ```

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use crate::decode::Span;
use crate::error::{Error, Result};
use crate::state::entry::{DELIMITER, push_length};
use crate::state::rows::{NULL, Rows};
use crate::state::table::RawPart;

use super::columns::Origin;

/// A column of bytes in the making.
#[derive(Debug)]
pub(super) struct RawBuilder {
    part: RawPart,
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl RawBuilder {
    pub(super) fn new(part: RawPart) -> Self {
        Self { part, bytes: Vec::new(), ends: Vec::new() }
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn append(&mut self, rows: &Rows, origin: Origin<'_>) -> Result<()> {
        let mut elements = 0;
        for row in 0..rows.count {
            match self.part {
                RawPart::CompositeKey { prefix, lengths } => self.push_key(rows, row, origin, prefix, lengths)?,
                RawPart::MapKey => self.push(origin, rows.map_key.get(row))?,
                // The canonical layout has one part, which is copied; the heap layout has them all.
                RawPart::MapValue if !rows.map_key.is_empty() => self.push_map_value(rows.value.get(row), origin)?,
                RawPart::Value | RawPart::MapValue => match rows.elements.get(row) {
                    Some(&count) => {
                        self.push_list(origin, rows.value.get(elements..elements + count).unwrap_or_default())?;
                        elements += count;
                    }
                    // A timer has none.
                    None if rows.value.is_empty() => {}
                    None => self.push(origin, rows.value.get(row))?,
                },
            }
            let end = i32::try_from(self.bytes.len())
                .map_err(|_| Error::unsupported("more than 2 GiB of entries in one batch"))?;
            self.ends.push(end);
        }
        Ok(())
    }

    fn push_key(&mut self, rows: &Rows, row: usize, origin: Origin<'_>, prefix: usize, lengths: bool) -> Result<()> {
        let key_group = origin.key_group.to_be_bytes();
        self.bytes.extend_from_slice(key_group.get(2 - prefix.min(2)..).unwrap_or_default());
        if let Some(timestamp) = rows.timestamp.get(row) {
            self.bytes.extend_from_slice(&(timestamp ^ i64::MIN).to_be_bytes());
        }
        self.push(origin, rows.key.get(row))?;
        // Of the canonical layout the key is all of this.
        if let Some(namespace) = rows.namespace.get(row) {
            if lengths {
                self.push_length(rows.key.get(row));
            }
            self.push(origin, Some(namespace))?;
            if lengths {
                self.push_length(Some(namespace));
            }
            if let Some(map_key) = rows.map_key.get(row) {
                self.push(origin, Some(map_key))?;
            }
        }
        Ok(())
    }

    fn push_list(&mut self, origin: Origin<'_>, elements: &[Span]) -> Result<()> {
        for (i, element) in elements.iter().enumerate() {
            if i > 0 {
                self.bytes.push(DELIMITER);
            }
            self.push(origin, Some(element))?;
        }
        Ok(())
    }

    fn push_map_value(&mut self, value: Option<&Span>, origin: Origin<'_>) -> Result<()> {
        let is_null = value == Some(&NULL);
        self.bytes.push(u8::from(is_null));
        if is_null { Ok(()) } else { self.push(origin, value) }
    }

    fn push_length(&mut self, span: Option<&Span>) {
        let length = span.and_then(|span| usize::try_from(span.end - span.start).ok());
        push_length(length.unwrap_or_default(), &mut self.bytes);
    }

    fn push(&mut self, origin: Origin<'_>, span: Option<&Span>) -> Result<()> {
        let bytes = span.and_then(|span| {
            let index = |at: u32| usize::try_from(at).ok();
            origin.data.get(index(span.start)?..index(span.end)?)
        });
        self.bytes.extend_from_slice(bytes.ok_or_else(|| Error::bug("a part of an entry is not in its window"))?);
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let mut offsets = std::mem::take(&mut self.ends);
        offsets.insert(0, 0);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let bytes = Buffer::from_vec(std::mem::take(&mut self.bytes));
        let array = BinaryArray::try_new(offsets, bytes, None);
        Ok(Arc::new(array.map_err(|e| Error::bug("offsets do not fit their bytes").with_source(e))?))
    }
}
