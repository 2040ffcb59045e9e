//! The entries of keyed state: which parts they have, and where each part lies.

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Length, Type};

use super::rows::{Framer, Rows};

/// The parts of an entry of one keyed state.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Framer,
    pub(crate) namespace: Framer,
    pub(crate) content: Content,
}

/// What an entry holds beside its key and namespace.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// One value.
    Value(Timed),
    /// A list, with all its elements in one row.
    List(Timed),
    /// A map, with a row for each of its entries.
    Map {
        /// The user's key.
        key: Framer,
        /// The user's value.
        value: Timed,
    },
    /// A timer.
    Timer,
}

/// A value, behind the time of its last access if the state has a time to live.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) ttl: bool,
    pub(crate) value: Framer,
}

/// The byte between the elements of a list.
pub(crate) const DELIMITER: u8 = b',';

/// Most elements without any byte that a list may have.
const MAX_EMPTY_ELEMENTS: usize = 1 << 16;

impl Entry {
    /// The same entry with the time of a value's last access as a part of the value.
    pub(crate) fn untimed(&self) -> Self {
        let content = match &self.content {
            Content::Value(value) => Content::Value(value.untimed()),
            Content::List(element) => Content::List(element.untimed()),
            Content::Map { key, value } => Content::Map { key: key.clone(), value: value.untimed() },
            Content::Timer => Content::Timer,
        };
        Self { key: self.key.clone(), namespace: self.namespace.clone(), content }
    }

    /// Whether the composite key has the lengths of key and namespace.
    ///
    /// # Errors
    /// Serializers that are not known.
    pub(crate) fn has_lengths(&self) -> Result<bool> {
        match (self.key.length(), self.namespace.length()) {
            _ if matches!(self.content, Content::Timer) => Ok(false),
            (Length::Variable, Length::Variable) => Ok(true),
            (Length::Fixed(_), _) | (_, Length::Fixed(_)) => Ok(false),
            (Length::Unknown, _) | (_, Length::Unknown) => {
                Err(Error::unsupported("whether the key holds lengths depends on a serializer that is not known"))
            }
        }
    }

    /// Adds the row of an entry of the canonical layout or of RocksDB.
    ///
    /// `key` is the composite key without its key-group prefix:
    /// ```text
    /// key [length of key] namespace [length of namespace] [user key]     timer: i64 timestamp, key, namespace
    /// ```
    /// The lengths are there if both serializers are variable-sized (`SerializedCompositeKeyBuilder`).
    pub(crate) fn push_composite(&self, key: Cursor<'_>, mut value: Cursor<'_>, rows: &mut Rows) -> Result<()> {
        match &self.content {
            Content::Value(part) => {
                self.push_key(key, rows)?;
                part.push_rest(value, rows)?;
            }
            Content::List(element) => {
                self.push_key(key, rows)?;
                element.push_delimited(value, rows)?;
            }
            Content::Map { value: part, .. } => {
                self.push_key(key, rows)?;
                // Whatever follows a set null flag depends on the release that wrote it.
                if value.bool()? { rows.push_null() } else { part.push_rest(value, rows)? }
            }
            Content::Timer => {
                value.expect_end().in_field("value of a timer")?;
                self.push_timer(key, rows)?;
            }
        }
        rows.count += 1;
        Ok(())
    }

    fn push_key(&self, input: Cursor<'_>, rows: &mut Rows) -> Result<()> {
        let wanted = rows.wanted();
        if !(wanted.key || wanted.namespace || wanted.map_key) {
            return Ok(());
        }
        let (key, namespace, map_key) = self.split_key(input)?;
        if wanted.key {
            rows.key.push(rows.rest(key)?);
        }
        if wanted.namespace {
            rows.namespace.push(rows.rest(namespace)?);
        }
        if wanted.map_key {
            rows.map_key.push(rows.rest(map_key)?);
        }
        Ok(())
    }

    /// Splits a composite key into key, namespace and user key.
    pub(super) fn split_key<'a>(&self, mut input: Cursor<'a>) -> Result<(Cursor<'a>, Cursor<'a>, Cursor<'a>)> {
        let is_map = matches!(self.content, Content::Map { .. });
        match (self.key.length(), self.namespace.length()) {
            (Length::Variable, Length::Variable) => {
                let key = take_with_length(&self.key, &mut input).in_field("key")?;
                let namespace = take_with_length(&self.namespace, &mut input).in_field("namespace")?;
                if !is_map {
                    input.expect_end().in_field("key")?;
                }
                Ok((key, namespace, input))
            }
            (_, Length::Fixed(size)) if !is_map => {
                let Some(key) = input.remaining().checked_sub(size) else {
                    return Err(Error::data("key is too short for its namespace").at(input.offset()));
                };
                Ok((split(&mut input, key)?, input, at_end(input)))
            }
            (Length::Fixed(size), _) if !is_map => Ok((split(&mut input, size).in_field("key")?, input, at_end(input))),
            (Length::Fixed(_), _) | (_, Length::Fixed(_)) => {
                let key = take(&self.key, &mut input).in_field("key")?;
                let namespace = take(&self.namespace, &mut input).in_field("namespace")?;
                Ok((key, namespace, input))
            }
            (Length::Unknown, _) | (_, Length::Unknown) => {
                Err(Error::unsupported("whether the key holds lengths depends on a serializer that is not known")
                    .at(input.offset()))
            }
        }
    }

    fn push_timer(&self, mut input: Cursor<'_>, rows: &mut Rows) -> Result<()> {
        let wanted = rows.wanted();
        let timestamp = input.i64()? ^ i64::MIN;
        if wanted.timestamp {
            rows.timestamp.push(timestamp);
        }
        if wanted.key || wanted.namespace {
            let size = match (self.key.length(), self.namespace.length()) {
                (Length::Fixed(key), _) => key,
                (_, Length::Fixed(namespace)) => input.remaining().saturating_sub(namespace),
                _ => take(&self.key, &mut { input })?.remaining(),
            };
            let key = split(&mut input, size).in_field("key")?;
            if wanted.key {
                rows.key.push(rows.rest(key)?);
            }
            if wanted.namespace {
                rows.namespace.push(rows.rest(input)?);
            }
        }
        Ok(())
    }

    /// Adds the rows of the heap layout's element at `input`, and moves past it.
    ///
    /// ```text
    /// namespace key value     list: i32 count, elements     map: i32 count, (key, bool null, [value])
    /// timer: i64 timestamp with the sign flipped, key, namespace
    /// ```
    pub(crate) fn push_element(&self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        let wanted = rows.wanted();
        let (key, namespace);
        if matches!(self.content, Content::Timer) {
            let timestamp = input.i64()? ^ i64::MIN;
            if wanted.timestamp {
                rows.timestamp.push(timestamp);
            }
            key = take(&self.key, input).in_field("key")?;
            namespace = take(&self.namespace, input).in_field("namespace")?;
        } else {
            namespace = take(&self.namespace, input).in_field("namespace")?;
            key = take(&self.key, input).in_field("key")?;
        }
        let count = match &self.content {
            Content::Value(value) => {
                value.push(input, rows).in_field("value")?;
                1
            }
            Content::List(element) => {
                let count = element_count(input)?;
                for _ in 0..count {
                    element.push(input, rows).in_field("value")?;
                }
                if wanted.value || wanted.last_access {
                    rows.elements.push(count);
                }
                1
            }
            Content::Map { key, value } => {
                let count = input.count(1)?;
                for _ in 0..count {
                    let map_key = take(key, input).in_field("map_key")?;
                    if wanted.map_key {
                        rows.map_key.push(rows.rest(map_key)?);
                    }
                    if input.bool()? { rows.push_null() } else { value.push(input, rows).in_field("map_value")? }
                }
                count
            }
            Content::Timer => 1,
        };
        if wanted.key {
            let key = rows.rest(key)?;
            rows.key.extend(std::iter::repeat_n(key, count));
        }
        if wanted.namespace {
            let namespace = rows.rest(namespace)?;
            rows.namespace.extend(std::iter::repeat_n(namespace, count));
        }
        rows.count += count;
        Ok(())
    }

    /// Adds a timer of the raw keyed state: key, namespace, `i64` timestamp.
    pub(crate) fn push_raw_timer(&self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        let wanted = rows.wanted();
        let key = take(&self.key, input).in_field("key")?;
        let namespace = take(&self.namespace, input).in_field("namespace")?;
        let timestamp = input.i64().in_field("timestamp")?;
        if wanted.key {
            rows.key.push(rows.rest(key)?);
        }
        if wanted.namespace {
            rows.namespace.push(rows.rest(namespace)?);
        }
        if wanted.timestamp {
            rows.timestamp.push(timestamp);
        }
        rows.count += 1;
        Ok(())
    }

    /// Adds the row of a heap layout's element that fills all of `input`, if its value is one whose end that tells.
    pub(crate) fn push_only_element(&self, mut input: Cursor<'_>, rows: &mut Rows) -> Result<bool> {
        let Content::Value(value) = &self.content else { return Ok(false) };
        let namespace = take(&self.namespace, &mut input).in_field("namespace")?;
        let key = take(&self.key, &mut input).in_field("key")?;
        value.push_rest(input, rows)?;
        if rows.wanted().namespace {
            rows.namespace.push(rows.rest(namespace)?);
        }
        if rows.wanted().key {
            rows.key.push(rows.rest(key)?);
        }
        rows.count += 1;
        Ok(true)
    }

    /// Moves past the heap layout's element at `input`.
    pub(crate) fn skip_element(&self, input: &mut Cursor<'_>) -> Result<()> {
        if matches!(self.content, Content::Timer) {
            input.i64()?;
        }
        // The order of key and namespace differs, their sum does not.
        let (first, second) = if matches!(self.content, Content::Timer) {
            (&self.key, &self.namespace)
        } else {
            (&self.namespace, &self.key)
        };
        first.skip(input)?;
        second.skip(input)?;
        match &self.content {
            Content::Value(value) => value.skip(input)?,
            Content::List(element) => {
                for _ in 0..element_count(input)? {
                    element.skip(input)?;
                }
            }
            Content::Map { key, value } => {
                for _ in 0..input.count(1)? {
                    key.skip(input)?;
                    if !input.bool()? {
                        value.skip(input)?;
                    }
                }
            }
            Content::Timer => {}
        }
        Ok(())
    }
}

impl Timed {
    fn untimed(&self) -> Self {
        if !self.ttl {
            return self.clone();
        }
        Self { ttl: false, value: Framer::new(Type::Ttl(Box::new(self.value.ty().clone()))) }
    }

    /// Adds the value that fills all of `input`.
    #[inline]
    fn push_rest(&self, mut input: Cursor<'_>, rows: &mut Rows) -> Result<()> {
        self.push_last_access(&mut input, rows)?;
        if rows.wanted().value {
            rows.value.push(rows.rest(input)?);
        }
        Ok(())
    }

    /// Adds the value at `input` and moves past it.
    #[inline]
    fn push(&self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        self.push_last_access(input, rows)?;
        let start = input.offset();
        self.value.skip(input)?;
        if rows.wanted().value {
            rows.value.push(rows.span(start, input.offset())?);
        }
        Ok(())
    }

    /// Adds the elements that fill all of `input`, with a delimiter between two of them (`ListDelimitedSerializer`).
    fn push_delimited(&self, mut input: Cursor<'_>, rows: &mut Rows) -> Result<()> {
        let wanted = rows.wanted();
        if !(wanted.value || wanted.last_access) {
            return Ok(());
        }
        let mut count = 0;
        while !input.is_empty() {
            if count > 0 {
                let offset = input.offset();
                match input.u8()? {
                    DELIMITER => {}
                    other => {
                        return Err(Error::data(format!(
                            "byte {other:#04x} where list elements are delimited by 0x2c"
                        ))
                        .at(offset)
                        .in_field("value"));
                    }
                }
            }
            self.push(&mut input, rows).in_field("value")?;
            count += 1;
        }
        rows.elements.push(count);
        Ok(())
    }

    fn skip(&self, input: &mut Cursor<'_>) -> Result<()> {
        if self.ttl {
            input.i64()?;
        }
        self.value.skip(input)
    }

    #[inline]
    fn push_last_access(&self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        if self.ttl {
            let time = input.i64().in_field("last_access")?;
            if rows.wanted().last_access {
                rows.last_access.push(Some(time));
            }
        }
        Ok(())
    }
}

/// Reads the count of a list, whose elements may be empty only as long as there are few of them.
pub(super) fn element_count(input: &mut Cursor<'_>) -> Result<usize> {
    let start = input.offset();
    let count = input.count(0)?;
    if count > input.remaining().max(MAX_EMPTY_ELEMENTS) {
        return Err(Error::truncated(format!("{count} elements in {} bytes", input.remaining())).at(start));
    }
    Ok(count)
}

/// Behind the last byte.
fn at_end(mut input: Cursor<'_>) -> Cursor<'_> {
    input.take_rest();
    input
}

/// Takes the next `n` bytes as a cursor of their own.
#[inline]
fn split<'a>(input: &mut Cursor<'a>, n: usize) -> Result<Cursor<'a>> {
    let offset = input.offset();
    Ok(Cursor::with_offset(input.take(n)?, offset))
}

/// Takes the value at `input`.
#[inline]
pub(super) fn take<'a>(framer: &Framer, input: &mut Cursor<'a>) -> Result<Cursor<'a>> {
    let mut value = *input;
    framer.skip(input)?;
    let size = value.remaining() - input.remaining();
    split(&mut value, size)
}

/// Adds the length of a key or namespace: little-endian base 256, at least one byte.
pub(crate) fn push_length(mut length: usize, out: &mut Vec<u8>) {
    loop {
        let [byte, ..] = length.to_le_bytes();
        out.push(byte);
        length >>= 8;
        if length == 0 {
            break;
        }
    }
}

/// Takes the value at `input`, then its length: little-endian base 256, at least one byte.
fn take_with_length<'a>(framer: &Framer, input: &mut Cursor<'a>) -> Result<Cursor<'a>> {
    let value = take(framer, input)?;
    let offset = input.offset();
    let mut left = value.remaining();
    loop {
        let byte = input.u8()?;
        if usize::from(byte) != left & 0xFF {
            return Err(Error::data(format!("stored length does not match the {} bytes", value.remaining())).at(offset));
        }
        left >>= 8;
        if left == 0 {
            return Ok(value);
        }
    }
}
