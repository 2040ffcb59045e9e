//! What the parsers and encoders of all structures share: the format they are in, and common fields.

use bytes::Bytes;

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};

use super::{Dialect, StreamHandle};

/// State handles may hold state handles; real files stop at two.
const MAX_DEPTH: u8 = 8;

/// Key groups are numbered with 15 bits (`KeyGroupRangeAssignment.UPPER_BOUND_MAX_PARALLELISM`).
const MAX_KEY_GROUPS: u32 = 1 << 15;

/// The layout of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) version: u32,
    pub(super) dialect: Dialect,
}

impl Format {
    /// Whether this is version 3 in that dialect.
    pub(super) fn is(self, dialect: Dialect) -> bool {
        self.version == 3 && self.dialect == dialect
    }
}

/// What a parser knows about its surroundings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) format: Format,
    file: &'a Bytes,
    key_groups: u32,
    depth: u8,
}

impl<'a> Scope<'a> {
    pub(super) fn new(file: &'a Bytes, format: Format) -> Self {
        Self { format, file, key_groups: 0, depth: 0 }
    }

    /// The scope of an operator's state.
    pub(super) fn with_max_parallelism(self, max_parallelism: u32) -> Self {
        Self { key_groups: max_parallelism.min(MAX_KEY_GROUPS), ..self }
    }

    /// The number of key groups that the operator can have.
    pub(super) fn key_groups(&self) -> u32 {
        self.key_groups
    }

    /// The scope of a handle inside a handle.
    pub(super) fn nested(self, input: &Cursor<'_>) -> Result<Self> {
        if self.depth == MAX_DEPTH {
            let message = format!("state handles are nested more than {MAX_DEPTH} deep");
            return Err(Error::data(message).at(input.offset()));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// Takes an `i32` length and as many bytes, sharing the file's memory.
    pub(super) fn length_prefixed(&self, input: &mut Cursor<'_>) -> Result<Bytes> {
        input.length_prefixed().map(|bytes| self.file.slice_ref(bytes))
    }

    /// Takes what is left, sharing the file's memory.
    pub(super) fn take_rest(&self, input: &mut Cursor<'_>) -> Bytes {
        self.file.slice_ref(input.take_rest())
    }
}

/// Reads an `i32` that must not be negative.
pub(super) fn unsigned(input: &mut Cursor<'_>, field: &str) -> Result<u32> {
    let start = input.offset();
    let value = input.i32().in_field(field)?;
    u32::try_from(value).map_err(|_| Error::data(format!("negative number {value}")).at(start).in_field(field))
}

/// Reads an `i64` that must not be negative.
pub(super) fn unsigned_long(input: &mut Cursor<'_>, field: &str) -> Result<u64> {
    let start = input.offset();
    let value = input.i64().in_field(field)?;
    u64::try_from(value).map_err(|_| Error::data(format!("negative number {value}")).at(start).in_field(field))
}

/// Reads an `i32` count, then as many items of at least `min_size` bytes.
pub(super) fn list<T>(
    input: &mut Cursor<'_>,
    min_size: usize,
    field: &str,
    mut item: impl FnMut(&mut Cursor<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = input.count(min_size).in_field(field)?;
    // Collecting results reserves nothing ahead: memory grows with what was really read.
    (0..count).map(|i| item(input).map_err(|e| e.in_field(format!("{field}[{i}]")))).collect()
}

/// Reads an `i32` count, then as many positions in a stream.
pub(super) fn positions(input: &mut Cursor<'_>) -> Result<Vec<u64>> {
    list(input, 8, "offsets", |input| unsigned_long(input, "offset"))
}

/// Writes an `i32` count, then as many positions.
pub(super) fn write_positions(positions: &[u64], out: &mut Writer) -> Result<()> {
    out.count(positions.len())?;
    positions.iter().try_for_each(|&position| out.size(position))
}

/// Fails when a position lies behind the end of its stream. `start` is the place of the structure that holds both.
pub(super) fn check_positions(
    positions: impl IntoIterator<Item = u64>,
    stream: &StreamHandle,
    start: u64,
) -> Result<()> {
    let Some(size) = stream.size() else {
        return Ok(());
    };
    match positions.into_iter().find(|&position| position > size) {
        Some(position) => {
            let message = format!("offset {position} lies behind the end of its stream of {size} bytes");
            Err(Error::data(message).at(start).in_field("offsets"))
        }
        None => Ok(()),
    }
}
