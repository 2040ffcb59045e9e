//! The only place that reads files: a snapshot's directory and the state files that its handles name.

mod file;
mod path_map;
mod places;

use std::collections::HashSet;
use std::path::Path as LocalPath;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::metadata::{Location, StreamHandle};

pub use file::StateFile;
pub use path_map::PathMapping;
pub use places::Place;
use places::Places;

/// The name of the metadata file in the directory of a snapshot.
pub(crate) const METADATA: &str = "_metadata";

/// The file system or object store that holds a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    places: Arc<Places>,
    /// The paths of files whose handles say another length than they have, see [`Self::with_unsized`].
    without_size: Arc<HashSet<String>>,
}

/// The file of a handle, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Which way it was found.
    pub place: Place,
    /// Where it is, as Flink writes paths.
    pub location: String,
    /// Bytes of the whole file.
    pub size: u64,
    path: Path,
}

impl Store {
    /// Finds the snapshot at a local path or URL: its directory, or its metadata file.
    ///
    /// Gives the store and the metadata file.
    ///
    /// # Errors
    /// A scheme that is not supported, nothing there, a path map to no directory.
    pub(crate) async fn open(location: &str, path_map: &[PathMapping]) -> Result<(Self, StateFile)> {
        let local = local_path(location)?;
        let path = Path::from_filesystem_path(&local).map_err(|e| {
            Error::not_found(format!("no snapshot at {location}"))
                .with_source(e)
                .with_hint("give the directory of a savepoint or checkpoint, or its _metadata file")
        })?;
        let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new());
        let inside = path.clone().join(METADATA);
        let (directory, metadata) =
            if local.is_file() { (path.parent().unwrap_or_default(), path) } else { (path, inside) };
        let Some(size) = size_of(objects.as_ref(), &metadata).await? else {
            return Err(Error::not_found(format!("{location} has no _metadata file: it is no snapshot"))
                .with_hint("a checkpoint is the directory chk-<n>; an incomplete savepoint has no _metadata"));
        };
        let file = StateFile::part(METADATA, Arc::clone(&objects), metadata, 0, size);
        let places = Arc::new(Places::new(directory, path_map)?);
        Ok((Self { objects, places, without_size: Arc::default() }, file))
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
        let found = self.find(handle).await?;
        let (path, start, size) = match handle.location() {
            Location::Inline(data) => return Ok(StateFile::inline("inline in _metadata", data.clone())),
            Location::Empty => return Ok(StateFile::inline("empty segment", Bytes::new())),
            Location::Relative(path) | Location::Absolute(path) if self.without_size.contains(path) => (path, 0, None),
            Location::Relative(path) | Location::Absolute(path) => (path, 0, handle.size()),
            Location::Segment(path, range) => (path, range.start, handle.size()),
        };
        match found {
            Some(found) => self.file(path, found, start, size),
            None => Err(missing().in_file(path)),
        }
    }

    /// The file of a handle, of whatever length; nothing if `_metadata` itself has the bytes.
    ///
    /// # Errors
    /// A missing file, an unsafe relative path.
    pub(crate) async fn find(&self, handle: &StreamHandle) -> Result<Option<FoundFile>> {
        match handle.location() {
            Location::Inline(_) | Location::Empty => Ok(None),
            Location::Relative(path) => {
                let resolved = self.places.relative(path)?;
                match size_of(self.objects.as_ref(), &resolved).await? {
                    Some(size) => Ok(Some(FoundFile::new(Place::Recorded, resolved, size))),
                    None => Err(missing()
                        .in_file(path)
                        .with_hint("it belongs into the snapshot's own directory: was that copied as a whole?")),
                }
            }
            Location::Absolute(path) if self.without_size.contains(path) => self.search(path, |_| true).await.map(Some),
            Location::Absolute(path) => self.search(path, |size| Some(size) == handle.size()).await.map(Some),
            Location::Segment(path, range) => self.search(path, |size| size >= range.end).await.map(Some),
        }
    }

    /// A file in the directory of the metadata file; nothing if it is not there.
    pub(crate) async fn beside(&self, name: &str) -> Result<Option<StateFile>> {
        let path = self.places.relative(name)?;
        let size = size_of(self.objects.as_ref(), &path).await?;
        Ok(size.map(|size| StateFile::part(name, Arc::clone(&self.objects), path, 0, size)))
    }

    /// Looks for a file with an absolute path. Where nothing but its name tells that it is the one, its length must fit:
    /// the names of state files are random.
    async fn search(&self, path: &str, fits: impl Fn(u64) -> bool) -> Result<FoundFile> {
        let places = self.places.absolute(path)?;
        let is_told = places.iter().any(|(place, _)| matches!(place, Place::Recorded | Place::Mapped));
        let mut tried = Vec::with_capacity(places.len());
        let mut failure = None;
        for (place, path) in places {
            match size_of(self.objects.as_ref(), &path).await {
                Ok(Some(size)) if matches!(place, Place::Recorded | Place::Mapped) || fits(size) => {
                    return Ok(FoundFile::new(place, path, size));
                }
                Ok(Some(size)) => tried.push(format!("/{path} (another file, of {size} bytes)")),
                Ok(None) => tried.push(format!("/{path}")),
                // A place that may not be looked at is no reason not to look at the others.
                Err(error) => {
                    tried.push(format!("/{path} (it can't be looked at)"));
                    failure.get_or_insert(error);
                }
            }
        }
        let in_other_store = "the file is in another store, and no copy of it lies where the snapshot is";
        let error = failure.unwrap_or_else(|| if is_told { missing() } else { Error::unsupported(in_other_store) });
        Err(error.in_file(path).with_hint(format!(
            "it was looked for at {}; if its directory was moved, say where to with --path-map OLD=NEW",
            tried.join(", ")
        )))
    }

    fn file(&self, name: &str, found: FoundFile, start: u64, size: Option<u64>) -> Result<StateFile> {
        let size = size.unwrap_or_else(|| found.size.saturating_sub(start));
        let end = start.saturating_add(size);
        if end > found.size {
            return Err(Error::data(format!("file has {} bytes, its handle says {end}", found.size))
                .in_file(name)
                .with_hint("the file was truncated, or another file took its place"));
        }
        Ok(StateFile::part(name, Arc::clone(&self.objects), found.path, start, size))
    }
}

impl FoundFile {
    fn new(place: Place, path: Path, size: u64) -> Self {
        Self { place, location: location(&path), size, path }
    }
}

/// A path as Flink writes it.
fn location(path: &Path) -> String {
    format!("file:/{path}")
}

/// The size of a file; nothing when it is not there.
async fn size_of(objects: &dyn ObjectStore, path: &Path) -> Result<Option<u64>> {
    match objects.head(path).await {
        Ok(meta) => Ok(Some(meta.size)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(e) => Err(storage(path.as_ref(), e)),
    }
}

fn missing() -> Error {
    Error::new(ErrorKind::Storage, "state file is missing")
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

#[cfg(test)]
mod tests;
