//! The only place that reads files: a snapshot's directory and the state files that its handles name.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path as LocalPath;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::metadata::{FlinkPath, Location, StreamHandle};

/// The name of the metadata file in the directory of a snapshot.
pub(crate) const METADATA: &str = "_metadata";

/// The file system or object store that holds a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    /// The directory of the metadata file: relative handles start here.
    directory: Path,
    /// The paths of files whose handles say another length than they have, see [`Self::with_unsized`].
    without_size: Arc<HashSet<String>>,
}

/// A stream of bytes that a [`StreamHandle`] names: inline bytes, a file, or a part of one.
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

impl Store {
    /// Finds the snapshot at a local path or URL: its directory, or its metadata file.
    ///
    /// Gives the store and the metadata file.
    ///
    /// # Errors
    /// A scheme that is not supported, nothing there.
    pub(crate) async fn open(location: &str) -> Result<(Self, StateFile)> {
        let local = local_path(location)?;
        let path = Path::from_filesystem_path(&local).map_err(|e| {
            Error::not_found(format!("no snapshot at {location}"))
                .with_source(e)
                .with_hint("give the directory of a savepoint or checkpoint, or its _metadata file")
        })?;
        let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
        let inside = path.clone().join(METADATA);
        let (directory, metadata) = if local.is_file() {
            let parts: Vec<_> = path.parts().collect();
            let parent = parts.split_last().map(|(_, parent)| parent).unwrap_or_default();
            (parent.iter().cloned().collect(), path)
        } else {
            (path, inside)
        };
        let Some(size) = size_of(objects.as_ref(), &metadata).await? else {
            return Err(Error::not_found(format!("{location} has no _metadata file: it is no snapshot"))
                .with_hint("a checkpoint is the directory chk-<n>; an incomplete savepoint has no _metadata"));
        };
        let bytes = Source::File { objects: Arc::clone(&objects), path: metadata, start: 0 };
        Ok((
            Self { objects, directory, without_size: Arc::default() },
            StateFile { name: Arc::from(METADATA), size, bytes },
        ))
    }

    /// The same store, in which the handles of these files say nothing about their lengths: those of a changelog have the
    /// length of the uncompressed changes, without the first byte of the file.
    pub(crate) fn with_unsized(self, paths: HashSet<String>) -> Self {
        Self { without_size: Arc::new(paths), ..self }
    }

    /// Resolves a handle, and checks that its file is there and as long as the handle says.
    ///
    /// # Errors
    /// A missing or short file, an unsafe relative path, a scheme that is not supported.
    pub(crate) async fn resolve(&self, handle: &StreamHandle) -> Result<StateFile> {
        let size = handle.size().filter(|_| !self.has_no_size(handle));
        match handle.location() {
            Location::Inline(data) => Ok(StateFile::inline("inline in _metadata", data.clone())),
            Location::Empty => Ok(StateFile::inline("empty segment", Bytes::new())),
            Location::Relative(path) => {
                let resolved = self.relative(path)?;
                let Some(found) = size_of(self.objects.as_ref(), &resolved).await? else {
                    return Err(missing(
                        path,
                        "it belongs into the snapshot's own directory: was that copied as a whole?",
                    ));
                };
                self.file(path, resolved, 0, size, found)
            }
            Location::Absolute(path) => self.absolute(path, 0, size, size).await,
            Location::Segment(path, range) => self.absolute(path, range.start, handle.size(), None).await,
        }
    }

    /// A file in the directory of the metadata file; nothing if it is not there.
    pub(crate) async fn beside(&self, name: &str) -> Result<Option<StateFile>> {
        let path = self.relative(name)?;
        match size_of(self.objects.as_ref(), &path).await? {
            Some(size) => self.file(name, path, 0, Some(size), size).map(Some),
            None => Ok(None),
        }
    }

    fn has_no_size(&self, handle: &StreamHandle) -> bool {
        match handle.location() {
            Location::Absolute(path) | Location::Relative(path) => self.without_size.contains(path),
            Location::Inline(_) | Location::Segment(..) | Location::Empty => false,
        }
    }

    /// An absolute file; if it is not there, the one that lies where it would if the snapshot was moved.
    ///
    /// State files have random names, so the name and the length tell that it is the same.
    async fn absolute(&self, path: &str, start: u64, size: Option<u64>, whole: Option<u64>) -> Result<StateFile> {
        let flink_path: FlinkPath = path.parse()?;
        let is_local = flink_path.scheme.as_deref().is_none_or(|scheme| scheme == "file");
        let resolved = Path::from_absolute_path(&flink_path.path)
            .map_err(|e| Error::data(format!("unusable path '{path}'")).with_source(e))?;
        if is_local && let Some(found) = size_of(self.objects.as_ref(), &resolved).await? {
            return self.file(path, resolved, start, size, found);
        }
        for moved in self.moved(&resolved) {
            let Some(found) = size_of(self.objects.as_ref(), &moved).await? else { continue };
            let is_same = match (whole, size) {
                (Some(whole), _) => found == whole,
                (None, Some(size)) => found >= start.saturating_add(size),
                (None, None) => self.without_size.contains(path),
            };
            if is_same {
                return self.file(path, moved, start, size, found);
            }
        }
        if is_local {
            return Err(missing(path, "the snapshot holds its absolute path: was it moved, or cleaned up by its job?"));
        }
        Err(Error::unsupported("the file is in another store, and no copy of it lies where the snapshot is")
            .in_file(path)
            .with_hint("copy the checkpoint's directory with chk-<n>, shared, taskowned and dstl"))
    }

    /// Where an absolute file lies if its snapshot was moved: beside `_metadata`, or where it was below the directory
    /// of all checkpoints (`shared/…`, `taskowned/<job>/…`, `chk-<earlier>/…`, `<job>/dstl/…`).
    fn moved(&self, path: &Path) -> Vec<Path> {
        let parts: Vec<_> = path.parts().collect();
        let beside = parts.last().map(|name| self.directory.clone().join(name.clone()));
        let directory: Vec<_> = self.directory.parts().collect();
        let parent = directory.split_last().map(|(_, parent)| parent);
        let below = [2, 3].into_iter().filter_map(|depth| {
            let kept = parts.get(parts.len().checked_sub(depth)?..)?;
            Some(parent?.iter().chain(kept).cloned().collect())
        });
        beside.into_iter().chain(below).collect()
    }

    fn relative(&self, path: &str) -> Result<Path> {
        let unsafe_part = |part: &str| matches!(part, "" | "." | "..");
        if path.contains(['\\', ':']) || path.split('/').any(unsafe_part) {
            return Err(Error::data(format!("unsafe relative path '{path}'")));
        }
        let mut resolved = self.directory.clone();
        for part in path.split('/') {
            resolved = resolved.join(part);
        }
        Ok(resolved)
    }

    fn file(&self, name: &str, path: Path, start: u64, size: Option<u64>, found: u64) -> Result<StateFile> {
        let size = size.unwrap_or_else(|| found.saturating_sub(start));
        if start.saturating_add(size) > found {
            return Err(Error::data(format!("file has {found} bytes, its handle says {}", start.saturating_add(size)))
                .in_file(name)
                .with_hint("the file was truncated, or another file took its place"));
        }
        let bytes = Source::File { objects: Arc::clone(&self.objects), path, start };
        Ok(StateFile { name: Arc::from(name), size, bytes })
    }
}

impl StateFile {
    /// Bytes that are in memory already.
    pub(crate) fn inline(name: &str, bytes: Bytes) -> Self {
        Self { name: Arc::from(name), size: bytes.len() as u64, bytes: Source::Inline(bytes) }
    }

    /// A whole file of any store.
    #[cfg(test)]
    pub(crate) fn in_store(objects: Arc<dyn ObjectStore>, path: Path, size: u64) -> Self {
        Self { name: Arc::from(path.as_ref()), size, bytes: Source::File { objects, path, start: 0 } }
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
            Source::File { path, .. } => Some(format!("file:/{path}")),
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

/// The size of a file; nothing when it is not there.
async fn size_of(objects: &dyn ObjectStore, path: &Path) -> Result<Option<u64>> {
    match objects.head(path).await {
        Ok(meta) => Ok(Some(meta.size)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(e) => Err(storage(path.as_ref(), e)),
    }
}

fn missing(path: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Storage, "state file is missing").in_file(path).with_hint(hint)
}

fn storage(path: &str, error: object_store::Error) -> Error {
    Error::new(ErrorKind::Storage, error.to_string()).in_file(path).with_source(error)
}

/// The local path of a location: a path, or a URL as users write it or Flink prints it (`file:/a`, `file:///a`).
fn local_path(location: &str) -> Result<std::path::PathBuf> {
    match location.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => {
            // Flink's paths are not percent-encoded; URLs that tools print are.
            let plain = LocalPath::new(rest.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(rest));
            if plain.exists() {
                return Ok(plain.to_owned());
            }
            let decoded = Url::parse(location).ok().and_then(|url| url.to_file_path().ok());
            Ok(decoded.filter(|path| path.exists()).unwrap_or_else(|| plain.to_owned()))
        }
        Some((scheme, _)) if is_scheme(scheme) => {
            Err(Error::unsupported(format!("reading from {scheme}: is not supported yet"))
                .with_hint("copy the snapshot, with all its files, to a local directory"))
        }
        _ => Ok(LocalPath::new(location).to_owned()),
    }
}

fn is_scheme(text: &str) -> bool {
    // A single letter is a Windows drive.
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
