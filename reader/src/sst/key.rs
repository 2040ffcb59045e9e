//! Internal keys: a user key with the sequence number and type of its entry.
//!
//! ```text
//! user key  u64 (sequence << 8 | type)
//! ```
//!
//! Sorted by user key, bytewise, then by sequence number, the newest first (`db/dbformat.h`).

use crate::error::{Error, Result};

/// Bytes of sequence number and type.
const TRAILER: usize = 8;

/// The sequence number of file boundaries that a range deletion has made.
pub(crate) const MAX_SEQUENCE: u64 = (1 << 56) - 1;

/// What an entry does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Put,
    Delete,
    Merge,
}

/// Sequence number and type of an entry. The newer of two is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trailer(u64);

/// Splits an internal key.
#[inline]
pub(crate) fn split(key: &[u8]) -> Result<(&[u8], Trailer)> {
    match key.split_last_chunk::<TRAILER>() {
        Some((user_key, trailer)) => Ok((user_key, Trailer(u64::from_le_bytes(*trailer)))),
        None => Err(Error::data(format!("internal key of {} bytes", key.len()))),
    }
}

impl Trailer {
    #[inline]
    pub(crate) fn sequence(self) -> u64 {
        self.0 >> 8
    }

    /// The same type with another sequence number.
    #[inline]
    pub(crate) fn with_sequence(self, sequence: u64) -> Self {
        Self(sequence << 8 | self.0 & 0xFF)
    }

    /// What a point entry does.
    ///
    /// # Errors
    /// Types that Flink does not use.
    #[inline]
    pub(crate) fn operation(self) -> Result<Operation> {
        Ok(match self.value_type() {
            0x00 | 0x07 => Operation::Delete,
            0x01 => Operation::Put,
            0x02 => Operation::Merge,
            other => return Err(unsupported(other)),
        })
    }

    pub(crate) fn is_range_deletion(self) -> bool {
        self.value_type() == 0x0F
    }

    #[inline]
    fn value_type(self) -> u8 {
        let [value_type, ..] = self.0.to_le_bytes();
        value_type
    }
}

#[cold]
fn unsupported(value_type: u8) -> Error {
    let what = match value_type {
        0x11 => "a value in a blob file (blob index)",
        0x14 => "a deletion with a user-defined timestamp",
        0x16 => "a wide-column entity",
        0x18 => "a value with a preferred sequence number",
        other => return Error::data(format!("entry of type {other:#04x}")),
    };
    Error::unsupported(format!("{what}: Flink's own options don't lead there"))
}
