//! Compressed sections: framed snappy streams, decompressed chunk by chunk.

use std::ops::Range;

use crate::bytes::Cursor;
use crate::bytes::snappy::{Chunk, read_chunk};
use crate::error::{Context, Error, Result};

use super::window::Window;

/// Bytes of a chunk's type and length.
const CHUNK_HEADER: u64 = 4;

/// Decompresses one stream, or several in a row.
#[derive(Debug)]
pub(crate) struct Framed {
    /// The compressed bytes that are left.
    range: Range<u64>,
    /// Whether the next stream identifier ends this stream.
    is_single: bool,
    started: bool,
    ended: bool,
    /// Uncompressed bytes that are not consumed yet; the first is byte `base` of the uncompressed stream.
    data: Vec<u8>,
    base: u64,
}

impl Framed {
    /// All streams in `range` as one.
    pub(crate) fn all(range: Range<u64>) -> Self {
        Self { range, is_single: false, started: false, ended: false, data: Vec::new(), base: 0 }
    }

    /// The first stream in `range`.
    pub(crate) fn first(range: Range<u64>) -> Self {
        Self { is_single: true, ..Self::all(range) }
    }

    /// The stream behind this one, which has ended; nothing if there is none.
    pub(crate) fn next_stream(&self) -> Option<Self> {
        (!self.range.is_empty()).then(|| Self::first(self.range.clone()))
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Whether all bytes of the stream are decompressed.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Drops uncompressed bytes up to this offset of the uncompressed stream.
    pub(crate) fn consume(&mut self, offset: u64) {
        let n = usize::try_from(offset - self.base).unwrap_or(usize::MAX).min(self.data.len());
        self.data.drain(..n);
        self.base = offset;
    }

    /// Decompresses until at least `min` bytes are there, or the stream has ended.
    pub(crate) async fn fill(&mut self, window: &mut Window, min: usize) -> Result<()> {
        while self.data.len() < min && !self.ended {
            self.next_chunk(window, true).await?;
        }
        Ok(())
    }

    /// Moves to the end of the stream without decompressing it.
    pub(crate) async fn skip(&mut self, window: &mut Window) -> Result<()> {
        while !self.ended {
            self.next_chunk(window, false).await?;
        }
        Ok(())
    }

    async fn next_chunk(&mut self, window: &mut Window, decompress: bool) -> Result<()> {
        if self.range.is_empty() {
            self.ended = true;
            return Ok(());
        }
        let start = self.range.start;
        let bytes = window.get(self.range.clone(), CHUNK_HEADER).await?;
        let length = match bytes.get(..4) {
            Some(&[_, l0, l1, l2]) => u64::from(u32::from_le_bytes([l0, l1, l2, 0])),
            _ => return Err(Error::truncated("snappy stream ends inside a chunk").at(start)),
        };
        let bytes = window.get(self.range.clone(), CHUNK_HEADER + length).await?;
        let mut input = Cursor::with_offset(&bytes, start);
        match read_chunk(&mut input).in_field("snappy chunk")? {
            Chunk::Start if self.started && self.is_single => {
                self.ended = true;
                return Ok(());
            }
            Chunk::Data(_) if !self.started && self.is_single => {
                return Err(Error::data("snappy stream without its identifier").at(start));
            }
            Chunk::Data(block) if decompress => block.decompress(&mut self.data)?,
            Chunk::Start | Chunk::Data(_) | Chunk::Padding => {}
        }
        self.started = true;
        self.range.start = input.offset();
        self.ended = self.range.is_empty();
        Ok(())
    }
}
