//! The versions of one user key, newest first, become one entry or none.

use crate::error::{Error, Result};

use super::key::Operation;

/// Between operands: Flink's lists are merged by `StringAppendTESTOperator`.
const DELIMITER: u8 = b',';

/// A user key on the way.
#[derive(Debug, Default)]
pub(super) struct Versions {
    pub(super) key: Vec<u8>,
    /// Entries that are older are hidden by a range deletion.
    cover: u64,
    /// Whether older entries don't matter any more.
    done: bool,
    /// Operands of merges, the newest first, one behind the other.
    operands: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Versions {
    /// Starts with another key.
    pub(super) fn start(&mut self, key: &[u8], cover: u64) {
        self.key.clear();
        self.key.extend_from_slice(key);
        self.cover = cover;
        self.done = false;
        self.operands.clear();
        self.ends.clear();
    }

    /// Adds the next older version; writes the entry to `out` as soon as it is complete.
    #[inline]
    pub(super) fn add(&mut self, sequence: u64, operation: Operation, value: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if self.done {
            return Ok(());
        }
        match operation {
            _ if sequence < self.cover => self.finish(out)?,
            Operation::Put if self.ends.is_empty() => {
                self.done = true;
                put(&self.key, [value].into_iter(), value.len(), out)?;
            }
            Operation::Delete => self.finish(out)?,
            Operation::Put => {
                self.push(value);
                self.finish(out)?;
            }
            Operation::Merge => self.push(value),
        }
        Ok(())
    }

    fn push(&mut self, operand: &[u8]) {
        self.operands.extend_from_slice(operand);
        self.ends.push(self.operands.len());
    }

    /// Writes what the operands make, as no older version follows.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.done || self.ends.is_empty() {
            self.done = true;
            return Ok(());
        }
        self.done = true;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let operands: Vec<&[u8]> =
            starts.zip(&self.ends).map(|(start, &end)| self.operands.get(start..end).unwrap_or_default()).collect();
        let size = self.operands.len() + operands.len() - 1;
        put(&self.key, operands.into_iter().rev(), size, out)
    }
}

/// Writes an entry: `u32` length, key, `u32` length, value; the value is joined from its parts.
fn put<'a>(key: &[u8], parts: impl Iterator<Item = &'a [u8]>, size: usize, out: &mut Vec<u8>) -> Result<()> {
    let length = |n: usize| {
        i32::try_from(n).map_err(|_| Error::unsupported(format!("an entry with {n} bytes, more than Java can hold")))
    };
    out.extend_from_slice(&length(key.len())?.to_be_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(&length(size)?.to_be_bytes());
    for (i, part) in parts.enumerate() {
        if i > 0 {
            out.push(DELIMITER);
        }
        out.extend_from_slice(part);
    }
    Ok(())
}
