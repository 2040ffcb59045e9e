//! Index blocks: which block ends with which key.
//!
//! ```text
//! plain:  entry with a value := handle [varint length, first key]
//! delta:  varint shared  varint non-shared  key suffix  value without a length
//!         value := handle [first key]                    of a key that shares nothing with the one before
//!                | zig-zag varint size difference        its block follows the one before
//! ```
//!
//! A key is not less than the keys of its block and less than those of the next one. It is an internal key, or a user
//! key if the properties say so. The blocks of a two-level index's top are index blocks.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};

use super::block::{Entries, Handle, TRAILER};
use super::key;

/// How the index of a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexFormat {
    pub(crate) two_levels: bool,
    pub(crate) user_keys: bool,
    pub(crate) delta: bool,
    pub(crate) first_keys: bool,
}

/// User keys from `first` to before `end`; to the last one without an end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) first: Vec<u8>,
    pub(crate) end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Whether all keys of the range are less than this one.
    pub(crate) fn is_before(&self, key: &[u8]) -> bool {
        self.end.as_ref().is_some_and(|end| end.as_slice() <= key)
    }
}

/// The blocks that may hold keys of the range, in their order.
///
/// # Errors
/// A corrupt index.
pub(crate) fn blocks(index: Bytes, format: IndexFormat, range: &KeyRange) -> Result<VecDeque<Handle>> {
    let mut entries = Entries::new(index)?;
    let mut blocks = VecDeque::new();
    let mut last: Option<Handle> = None;
    while let Some(handle) = next(&mut entries, format, last)? {
        last = Some(handle);
        let separator = if format.user_keys { entries.key() } else { key::split(entries.key())?.0 };
        if separator >= range.first.as_slice() {
            blocks.push_back(handle);
            if range.is_before(separator) {
                break;
            }
        }
    }
    Ok(blocks)
}

fn next(entries: &mut Entries, format: IndexFormat, last: Option<Handle>) -> Result<Option<Handle>> {
    if !format.delta {
        if !entries.advance()? {
            return Ok(None);
        }
        return Handle::parse(&mut Cursor::new(entries.value())).in_field("index").map(Some);
    }
    let Some((is_full, rest)) = entries.advance_key()? else { return Ok(None) };
    let mut value = Cursor::new(rest);
    let handle = match last {
        Some(last) if !is_full => follower(last, value.vlq64()?)?,
        _ => Handle::parse(&mut value)?,
    };
    if format.first_keys {
        value.vlq_prefixed().in_field("first key")?;
    }
    let read = rest.len() - value.remaining();
    entries.skip(read);
    Ok(Some(handle))
}

/// The block behind `last`; its size by its difference.
fn follower(last: Handle, zig_zag: u64) -> Result<Handle> {
    let corrupt = || Error::data("index with a block of an impossible size");
    let difference = i64::try_from(zig_zag >> 1).map_err(|_| corrupt())? ^ if zig_zag & 1 == 0 { 0 } else { -1 };
    let offset = last.offset.checked_add(last.size).and_then(|end| end.checked_add(TRAILER));
    match (offset, last.size.checked_add_signed(difference)) {
        (Some(offset), Some(size)) => Ok(Handle { offset, size }),
        _ => Err(corrupt()),
    }
}
