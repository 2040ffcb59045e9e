//! A stream of bytes that can be read.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::error::{Error, ErrorKind, Result};

use super::{location, storage};

/// A stream of bytes that a [`StreamHandle`](crate::metadata::StreamHandle) names: inline bytes, a file, or a part of one.
#[derive(Clone, Debug)]
pub struct StateFile {
    name: Arc<str>,
    size: u64,
    bytes: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Inline(Bytes),
    File { objects: Arc<dyn ObjectStore>, path: Path, start: u64 },
}

impl StateFile {
    /// Bytes that are in memory already.
    pub(crate) fn inline(name: &str, bytes: Bytes) -> Self {
        Self { name: Arc::from(name), size: bytes.len() as u64, bytes: Source::Inline(bytes) }
    }

    /// A part of a file.
    pub(super) fn part(name: &str, objects: Arc<dyn ObjectStore>, path: Path, start: u64, size: u64) -> Self {
        Self { name: Arc::from(name), size, bytes: Source::File { objects, path, start } }
    }

    /// A whole file of any store.
    #[cfg(test)]
    pub(crate) fn in_store(objects: Arc<dyn ObjectStore>, path: Path, size: u64) -> Self {
        Self::part(path.clone().as_ref(), objects, path, 0, size)
    }

    /// The path as the handle has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that really holds the bytes, as Flink writes paths: not where its handle says if the snapshot was moved.
    /// `None` for inline bytes.
    pub fn location(&self) -> Option<String> {
        match &self.bytes {
            Source::Inline(_) => None,
            Source::File { path, .. } => Some(location(path)),
        }
    }

    /// Number of bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads the bytes in this range of the stream.
    ///
    /// # Errors
    /// A range outside of the stream; a failure of the store.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        if range.start > range.end || range.end > self.size {
            return Err(Error::data(format!("bytes {} to {} of {}", range.start, range.end, self.size))
                .at(range.start)
                .in_file(self.name()));
        }
        match &self.bytes {
            Source::Inline(bytes) => {
                let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                Ok(bytes.slice(index(range.start)..index(range.end)))
            }
            Source::File { .. } if range.is_empty() => Ok(Bytes::new()),
            Source::File { objects, path, start } => {
                let expected = range.end - range.start;
                let bytes = objects
                    .get_range(path, start + range.start..start + range.end)
                    .await
                    .map_err(|e| storage(self.name(), e))?;
                if bytes.len() as u64 != expected {
                    return Err(Error::new(ErrorKind::Storage, "the store gave fewer bytes than asked for")
                        .at(range.start)
                        .in_file(self.name()));
                }
                Ok(bytes)
            }
        }
    }

    /// Reads all bytes.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) async fn read_all(&self) -> Result<Bytes> {
        self.read(0..self.size).await
    }
}
