//! The part of a file that a task holds in memory.

use std::ops::Range;

use bytes::Bytes;

use crate::error::Result;
use crate::store::StateFile;

/// Bytes of one read, unless a single entry is larger.
pub(crate) const WINDOW: u64 = 1 << 20;

/// Reads a file from front to back in large pieces.
///
/// Sections that lie next to each other share a read. Nothing is copied: the bytes of an entry that a piece cuts are
/// read again with the next piece.
#[derive(Debug)]
pub(crate) struct Window {
    file: StateFile,
    /// Where the task's last section in this file ends.
    horizon: u64,
    start: u64,
    bytes: Bytes,
}

impl Window {
    pub(crate) fn new(file: StateFile, horizon: u64) -> Self {
        Self { file, horizon, start: 0, bytes: Bytes::new() }
    }

    pub(crate) fn file(&self) -> &StateFile {
        &self.file
    }

    /// The bytes in `range` as far as they are in memory: at least `min` of them, or all.
    pub(crate) async fn get(&mut self, range: Range<u64>, min: u64) -> Result<Bytes> {
        let needed = range.end.min(range.start.saturating_add(min.max(1)));
        let end = self.start + self.bytes.len() as u64;
        if range.start < self.start || needed > end {
            let horizon = self.horizon.max(range.end);
            let until = horizon.min(range.start.saturating_add(min.max(WINDOW)));
            self.bytes = self.file.read(range.start..until.max(needed)).await?;
            self.start = range.start;
        }
        let offset = |at: u64| usize::try_from(at - self.start).unwrap_or(usize::MAX).min(self.bytes.len());
        Ok(self.bytes.slice(offset(range.start)..offset(range.end)))
    }
}
