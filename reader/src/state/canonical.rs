//! The canonical layout: one key group as runs of length-prefixed entries.
//!
//! ```text
//! keyGroup  := u16 stateId  run+
//! run       := entry*  lastEntry  u16 next          next = id of the next run's state, or FFFF: end of key group
//! entry     := i32 length, key   i32 length, value  key[0] & 80 == 0
//! lastEntry := the same with key[0] & 80 != 0
//! ```
//!
//! Written by `FullSnapshotAsyncWriter`, read by `FullSnapshotRestoreOperation`.

use std::sync::Arc;

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};

use super::entry::Entry;
use super::rows::{Rows, Step, Unframed, Walk};

/// Ends a key group.
const END_OF_KEY_GROUP: u16 = 0xFFFF;

/// In the first byte of a key: a state id or the end follows this entry.
const LAST_ENTRY: u8 = 0x80;

/// Frames the entries of one state in one key group.
#[derive(Debug)]
pub(crate) struct CanonicalWalk {
    prefix: Prefix,
    states: u16,
    /// The state whose entries are asked for.
    wanted: Option<(u16, Form)>,
    position: Position,
}

/// The form in which entries are asked for.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// In their parts.
    Parts(Arc<Entry>),
    /// The key behind its prefix, and the value.
    Bytes,
}

impl Form {
    /// Adds the row of an entry; `key` is what follows the prefix.
    #[inline]
    pub(crate) fn push(
        &self,
        key: Cursor<'_>,
        value: Cursor<'_>,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<()> {
        let Self::Parts(entry) = self else { return rows.push_bytes(key, value) };
        let mark = rows.mark();
        if let Err(e) = entry.push_composite(key, value, rows) {
            if e.kind() != ErrorKind::Unsupported {
                return Err(e);
            }
            rows.rollback(mark);
            unframed.push(Unframed { rows: Some(1), reason: e.message().to_owned() });
        }
        Ok(())
    }
}

/// The key group in front of each key: one byte, or two if there are more than 128 key groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix {
    pub(crate) key_group: u16,
    pub(crate) size: usize,
}

#[derive(Clone, Copy, Debug)]
enum Position {
    /// At the id of the first state.
    Start,
    /// In the run of this state.
    Run(u16),
    /// Behind the end mark.
    End,
}

impl Prefix {
    pub(crate) fn new(key_group: u16, max_parallelism: u32) -> Self {
        Self { key_group, size: if max_parallelism > 128 { 2 } else { 1 } }
    }

    /// Its bytes.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let bytes = self.key_group.to_be_bytes();
        bytes.get(2 - self.size.min(2)..).unwrap_or_default().to_vec()
    }

    /// The key group that a key begins with.
    pub(crate) fn key_group_of(key: &[u8], max_parallelism: u32) -> u16 {
        match (Self::new(0, max_parallelism).size, key) {
            (1, [key_group, ..]) => u16::from(*key_group),
            (_, [high, low, ..]) => u16::from_be_bytes([*high, *low]),
            (_, [high]) => u16::from(*high) << 8,
            (_, []) => 0,
        }
    }

    /// Takes the prefix, and says whether the flag in its first bit is set.
    #[inline]
    pub(crate) fn take(self, key: &mut Cursor<'_>) -> Result<bool> {
        let offset = key.offset();
        let stored = if self.size == 2 { key.u16()? } else { u16::from(key.u8()?) << 8 };
        let flag = stored & (u16::from(LAST_ENTRY) << 8) != 0;
        let stored = (stored & 0x7FFF) >> if self.size == 2 { 0 } else { 8 };
        if stored != self.key_group {
            return Err(
                Error::data(format!("key of key group {stored} inside key group {}", self.key_group)).at(offset)
            );
        }
        Ok(flag)
    }
}

impl CanonicalWalk {
    /// A walk through a key group of a stream with `states` states, for the entries of one of them.
    pub(crate) fn new(prefix: Prefix, states: u16, wanted: Option<(u16, Form)>) -> Self {
        Self { prefix, states, wanted, position: Position::Start }
    }

    /// Frames the next complete item: a state id or an entry.
    #[inline]
    fn step(&mut self, input: &mut Cursor<'_>, rows: &mut Rows, unframed: &mut Vec<Unframed>) -> Result<Item> {
        let mut ahead = *input;
        let state = match self.position {
            Position::Start => {
                let Some(id) = complete(ahead.u16())? else { return Ok(Item::Incomplete) };
                self.position = Position::Run(self.checked(id, input.offset())?);
                *input = ahead;
                return Ok(Item::Complete);
            }
            Position::Run(state) => state,
            Position::End => return Ok(Item::End),
        };
        let Some(mut key) = length_prefixed(&mut ahead).in_field("key")? else { return Ok(Item::Incomplete) };
        let Some(value) = length_prefixed(&mut ahead).in_field("value")? else { return Ok(Item::Incomplete) };
        if self.prefix.take(&mut key).in_field("key")? {
            let offset = ahead.offset();
            let Some(id) = complete(ahead.u16())? else { return Ok(Item::Incomplete) };
            self.position =
                if id == END_OF_KEY_GROUP { Position::End } else { Position::Run(self.checked(id, offset)?) };
        }
        if let Some((wanted, form)) = &self.wanted
            && *wanted == state
        {
            form.push(key, value, rows, unframed)?;
        }
        *input = ahead;
        Ok(Item::Complete)
    }

    fn checked(&self, id: u16, offset: u64) -> Result<u16> {
        if id < self.states {
            return Ok(id);
        }
        Err(Error::data(format!("state id {id}, but the header lists {} states", self.states)).at(offset))
    }
}

enum Item {
    Complete,
    Incomplete,
    End,
}

impl Walk for CanonicalWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        while rows.count < max {
            match self.step(input, rows, unframed)? {
                Item::Complete => {}
                Item::Incomplete if last => {
                    return Err(Error::truncated(format!(
                        "key group {} ends inside an entry, or without its end mark",
                        self.prefix.key_group
                    ))
                    .at(input.offset()));
                }
                Item::Incomplete => return Ok(Step::NeedMore),
                Item::End if !input.is_empty() => {
                    return Err(Error::data(format!(
                        "bytes behind the end mark of key group {}",
                        self.prefix.key_group
                    ))
                    .at(input.offset()));
                }
                Item::End if last => return Ok(Step::End),
                Item::End => return Ok(Step::NeedMore),
            }
        }
        Ok(Step::Full)
    }
}

/// Nothing when the window is too short for it.
#[inline]
fn complete<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(e) if e.kind() == ErrorKind::Truncated => Ok(None),
        other => other.map(Some),
    }
}

/// Takes the bytes behind an `i32` length; nothing when the window is too short.
#[inline]
pub(crate) fn length_prefixed<'a>(input: &mut Cursor<'a>) -> Result<Option<Cursor<'a>>> {
    let Some(bytes) = complete(input.length_prefixed())? else { return Ok(None) };
    Ok(Some(Cursor::with_offset(bytes, input.offset() - bytes.len() as u64)))
}
