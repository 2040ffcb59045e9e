//! Blocks: checksum and compression around them, and the entries inside.
//!
//! ```text
//! block   := payload  u8 compression  u32 checksum of both
//! payload := entry…  u32 restart offset[n]  [u8 bucket[b]  u16 b]  u32 n, bit 31: there is a hash index
//! entry   := varint shared  varint non-shared  varint value length  key suffix[non-shared]  value
//! ```
//!
//! A key is the first `shared` bytes of the key before and the suffix. Restart points and hash index are for lookups.

use std::ops::Range;

use bytes::Bytes;

use crate::bytes::Cursor;
use crate::error::{Error, Result};

use super::compression;
use super::footer::Footer;

/// Bytes behind the payload: compression and checksum.
pub(crate) const TRAILER: u64 = 5;

/// In the last word of a block: a hash index lies in front of it.
const HAS_HASH_INDEX: u32 = 1 << 31;

/// Where a payload lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Handle {
    pub(super) fn parse(input: &mut Cursor<'_>) -> Result<Self> {
        Ok(Self { offset: input.vlq64()?, size: input.vlq64()? })
    }

    /// The bytes of the block with its trailer, in a file whose blocks end at `end`.
    ///
    /// # Errors
    /// A block that lies outside.
    pub(crate) fn range(self, end: u64) -> Result<Range<u64>> {
        let stored = self.size.checked_add(TRAILER).and_then(|size| self.offset.checked_add(size));
        match stored {
            Some(stored) if stored <= end => Ok(self.offset..stored),
            _ => Err(Error::data(format!("block of {} bytes at {} is not in its file", self.size, self.offset))),
        }
    }
}

/// Checks and uncompresses a block; `stored` are the bytes of its [`Handle::range`].
///
/// # Errors
/// A wrong checksum, a compression that is not supported, corrupt bytes.
pub(crate) fn unpack(stored: &Bytes, footer: &Footer) -> Result<Bytes> {
    let Some((block, stored_checksum)) = stored.split_last_chunk::<4>() else {
        return Err(Error::truncated("block without trailer"));
    };
    let Some((&compression, payload)) = block.split_last() else {
        return Err(Error::truncated("block without trailer"));
    };
    let checksum = u32::from_le_bytes(*stored_checksum);
    if footer.checksum.of(block).is_some_and(|computed| computed != checksum) {
        return Err(Error::data("checksum of a block does not match its bytes"));
    }
    Ok(match compression::uncompress(compression, footer.version, payload)? {
        Some(block) => Bytes::from(block),
        None => stored.slice(..payload.len()),
    })
}

/// A position in the entries of a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    block: Bytes,
    /// Where the entries end.
    end: usize,
    /// Behind the current entry.
    position: usize,
    key: Vec<u8>,
    value: Range<usize>,
}

impl Entries {
    /// Before the first entry of an uncompressed block.
    pub(crate) fn new(block: Bytes) -> Result<Self> {
        let end = entries_end(&block)?;
        Ok(Self { block, end, ..Self::default() })
    }

    /// Before the first entry of another block.
    pub(crate) fn restart(&mut self, block: Bytes) -> Result<()> {
        self.end = entries_end(&block)?;
        self.block = block;
        self.position = 0;
        self.key.clear();
        Ok(())
    }

    /// Moves to the next entry; `false` behind the last one.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.position >= self.end {
            return Ok(false);
        }
        let rest = self.block.get(self.position..self.end).unwrap_or_default();
        let (shared, non_shared, value, header) = match *rest {
            [shared, non_shared, value, ..] if (shared | non_shared | value) < 0x80 => {
                (usize::from(shared), usize::from(non_shared), usize::from(value), 3)
            }
            _ => {
                let mut input = Cursor::new(rest);
                let mut length = || input.vlq().map(|n| usize::try_from(n).unwrap_or(usize::MAX));
                let (shared, non_shared, value) = (length()?, length()?, length()?);
                (shared, non_shared, value, rest.len() - input.remaining())
            }
        };
        self.push_key(shared, self.position + header, non_shared)?;
        let start = self.position + header + non_shared;
        let end = start.saturating_add(value);
        if end > self.end {
            return Err(self.corrupt());
        }
        self.value = start..end;
        self.position = end;
        Ok(true)
    }

    /// Moves to the next entry of an index whose values have no length, and gives it: `None` behind the last one.
    ///
    /// Whether the key shares nothing with the one before, and what follows the key: the caller says with
    /// [`Self::skip`] how much of it is the value.
    pub(super) fn advance_key(&mut self) -> Result<Option<(bool, &[u8])>> {
        if self.position >= self.end {
            return Ok(None);
        }
        let mut input = Cursor::new(self.block.get(self.position..self.end).unwrap_or_default());
        let mut length = || input.vlq().map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let (shared, non_shared) = (length()?, length()?);
        let header = self.end - self.position - input.remaining();
        self.push_key(shared, self.position + header, non_shared)?;
        self.position += header + non_shared;
        Ok(Some((shared == 0, self.block.get(self.position..self.end).unwrap_or_default())))
    }

    /// Moves past `n` bytes of a value.
    pub(super) fn skip(&mut self, n: usize) {
        self.position += n;
    }

    fn push_key(&mut self, shared: usize, start: usize, non_shared: usize) -> Result<()> {
        let suffix = start.checked_add(non_shared).filter(|&end| end <= self.end);
        match suffix.and_then(|end| self.block.get(start..end)) {
            Some(suffix) if shared <= self.key.len() => {
                self.key.truncate(shared);
                self.key.extend_from_slice(suffix);
                Ok(())
            }
            _ => Err(self.corrupt()),
        }
    }

    #[cold]
    fn corrupt(&self) -> Error {
        Error::data(format!("entry at byte {} of an uncompressed block is corrupt", self.position))
    }

    /// The current entry's key.
    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The current entry's value.
    #[inline]
    pub(crate) fn value(&self) -> &[u8] {
        self.block.get(self.value.clone()).unwrap_or_default()
    }
}

/// Where the entries of a block end and its restart points begin.
fn entries_end(block: &[u8]) -> Result<usize> {
    let corrupt = || Error::data("restart points of a block are corrupt");
    let (rest, restarts) = block.split_last_chunk::<4>().ok_or_else(corrupt)?;
    let restarts = u32::from_le_bytes(*restarts);
    let (rest, restarts) = match restarts & HAS_HASH_INDEX {
        0 => (rest, restarts),
        _ => {
            let (rest, buckets) = rest.split_last_chunk::<2>().ok_or_else(corrupt)?;
            let end = rest.len().checked_sub(usize::from(u16::from_le_bytes(*buckets))).ok_or_else(corrupt)?;
            (rest.get(..end).unwrap_or_default(), restarts & !HAS_HASH_INDEX)
        }
    };
    let size = usize::try_from(restarts).ok().and_then(|restarts| restarts.checked_mul(4));
    size.and_then(|size| rest.len().checked_sub(size)).ok_or_else(corrupt)
}
