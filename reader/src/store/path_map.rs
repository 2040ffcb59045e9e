//! Path maps: what the user says about where moved files are.

use std::str::FromStr;

use object_store::path::{Path, PathPart};

use crate::error::{Error, Result};
use crate::metadata::FlinkPath;

use super::local_path;

/// Stands for one segment of any name in [`PathMapping::old`].
const ANY: &str = "*";

/// A directory of state files that lies somewhere else now: `OLD=NEW`.
///
/// An absolute path in `_metadata` that is below `old` is looked for below `new` first. `old` is what `_metadata` has
/// (`s3://bucket/checkpoints`, `hdfs://nn:8020/flink`; `file:/data` and `/data` are the same), without its end where that
/// is the same in both. A segment `*` of it stands for any one segment: for the random one that entropy injection
/// (`s3.entropy.key`) puts into the paths of data files (`org.apache.flink.core.fs.EntropyInjector`).
///
/// ```
/// use flink_state_reader::PathMapping;
///
/// let mapping: PathMapping = "s3://bucket/checkpoints=/mnt/copy".parse()?;
/// assert_eq!(mapping.old().to_string(), "s3://bucket/checkpoints");
/// assert_eq!(mapping.new_location(), "/mnt/copy");
/// assert!("/mnt/copy".parse::<PathMapping>().is_err());
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathMapping {
    old: FlinkPath,
    new: String,
}

/// A mapping whose new directory is there.
#[derive(Clone, Debug)]
pub(super) struct OpenMapping {
    old: FlinkPath,
    new: Path,
}

impl PathMapping {
    /// Maps a directory as `_metadata` has it to a local directory.
    ///
    /// # Errors
    /// An old path that is not absolute, an empty new one.
    pub fn new(old: &str, new: &str) -> Result<Self> {
        let path: FlinkPath = old.parse().map_err(|e: Error| Error::usage(e.message()))?;
        if path.scheme.is_none() && !path.path.starts_with('/') {
            return Err(Error::usage(format!("'{old}' is not absolute, as the paths in _metadata are")));
        }
        if new.is_empty() {
            return Err(Error::usage(format!("there is no new directory for '{old}'")));
        }
        let scheme = path.scheme.clone().filter(|scheme| scheme != "file");
        Ok(Self { old: FlinkPath { scheme, ..path }, new: new.to_owned() })
    }

    /// The directory as `_metadata` has it.
    pub fn old(&self) -> &FlinkPath {
        &self.old
    }

    /// The directory where its files are now.
    pub fn new_location(&self) -> &str {
        &self.new
    }
}

impl FromStr for PathMapping {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((old, new)) => Self::new(old, new),
            None => Err(Error::usage(format!("'{text}' is not of the form OLD=NEW"))),
        }
    }
}

impl OpenMapping {
    /// Finds the new directories. The first mapping that fits a path is the one to take: the longest.
    pub(super) fn all(mappings: &[PathMapping]) -> Result<Vec<Self>> {
        let mut open: Vec<Self> = Vec::with_capacity(mappings.len());
        for mapping in mappings {
            let mapping = Self::of(mapping)?;
            if open.iter().any(|other| other.has_same_old(&mapping)) {
                return Err(Error::usage(format!("'{}' is mapped to two directories", mapping.old)));
            }
            open.push(mapping);
        }
        open.sort_by_key(|mapping| {
            let names = mapping.segments().filter(|segment| *segment != ANY).count();
            std::cmp::Reverse((mapping.segments().count(), names))
        });
        Ok(open)
    }

    fn of(mapping: &PathMapping) -> Result<Self> {
        let directory = local_path(&mapping.new)?;
        let no_directory =
            || Error::usage(format!("'{}' is mapped to '{}': no such directory", mapping.old, mapping.new));
        if !directory.is_dir() {
            return Err(no_directory());
        }
        let new = Path::from_filesystem_path(directory).map_err(|e| no_directory().with_source(e))?;
        Ok(Self { old: mapping.old.clone(), new })
    }

    /// Where a file is now, if it was below the old directory. `segments` are those of its path.
    pub(super) fn apply(&self, path: &FlinkPath, segments: &[PathPart<'_>]) -> Option<Path> {
        let scheme = path.scheme.as_deref().filter(|scheme| *scheme != "file");
        if scheme != self.old.scheme.as_deref() || path.authority != self.old.authority {
            return None;
        }
        let (above, below) = segments.split_at_checked(self.segments().count())?;
        let fits = |(old, segment): (&str, &PathPart<'_>)| old == ANY || old == segment.as_ref();
        if below.is_empty() || !self.segments().zip(above).all(fits) {
            return None;
        }
        Some(below.iter().fold(self.new.clone(), |path, segment| path.join(segment.clone())))
    }

    fn has_same_old(&self, other: &Self) -> bool {
        let of = |mapping: &Self| (mapping.old.scheme.clone(), mapping.old.authority.clone());
        of(self) == of(other) && self.segments().eq(other.segments())
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.old.path.split('/').filter(|segment| !segment.is_empty())
    }
}
