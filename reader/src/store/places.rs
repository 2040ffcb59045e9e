//! Where the files of a snapshot may lie: where it says, or where they are if it was moved.

use std::fmt;

use object_store::path::{Path, PathPart};

use crate::error::{Error, Result};
use crate::metadata::FlinkPath;

use super::path_map::{OpenMapping, PathMapping};

/// Where a file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Where `_metadata` says.
    Recorded,
    /// Where a [`PathMapping`] says.
    Mapped,
    /// In the directory of `_metadata`, although that has another path.
    Beside,
    /// Where it was below the directory of all checkpoints, which was moved with `_metadata`.
    Moved,
}

/// Tells places for files.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The directory of the metadata file: relative handles start here.
    directory: Path,
    mappings: Vec<OpenMapping>,
}

impl Places {
    pub(super) fn new(directory: Path, path_map: &[PathMapping]) -> Result<Self> {
        Ok(Self { directory, mappings: OpenMapping::all(path_map)? })
    }

    /// The place of a file with a path below the directory of `_metadata`.
    pub(super) fn relative(&self, path: &str) -> Result<Path> {
        let unsafe_part = |part: &str| matches!(part, "" | "." | "..");
        if path.contains(['\\', ':']) || path.split('/').any(unsafe_part) {
            return Err(Error::data(format!("unsafe relative path '{path}'")));
        }
        Ok(path.split('/').fold(self.directory.clone(), |directory, part| directory.join(part)))
    }

    /// The places of a file with an absolute path, the likeliest first.
    pub(super) fn absolute(&self, path: &str) -> Result<Vec<(Place, Path)>> {
        let flink_path: FlinkPath = path.parse()?;
        let recorded = Path::from_absolute_path(&flink_path.path)
            .map_err(|e| Error::data(format!("unusable path '{path}'")).with_source(e))?;
        let parts: Vec<_> = recorded.parts().collect();
        let mapped = self.mappings.iter().find_map(|mapping| mapping.apply(&flink_path, &parts));
        let is_local = flink_path.scheme.as_deref().is_none_or(|scheme| scheme == "file");
        let beside = parts.last().map(|name| self.directory.clone().join(name.clone()));
        let moved = self.moved(&parts);
        let all = mapped.map(|path| (Place::Mapped, path)).into_iter();
        let all = all.chain(is_local.then(|| (Place::Recorded, recorded.clone())));
        let all = all.chain(beside.map(|path| (Place::Beside, path)));
        let mut places: Vec<(Place, Path)> = Vec::new();
        for (place, path) in all.chain(moved.into_iter().map(|path| (Place::Moved, path))) {
            if !places.iter().any(|(_, other)| *other == path) {
                places.push((place, path));
            }
        }
        Ok(places)
    }

    /// Where a file lies if its snapshot was moved together with the directory of all checkpoints: below that as before
    /// (`shared/…`, `chk-<earlier>/…`, `taskowned/<job>/…`, `<job>/dstl/…`, ForSt's `shared/op_…/db/…`), or, with entropy injection, below a
    /// directory with a random name, which the path of `_metadata` does not have.
    fn moved(&self, parts: &[PathPart<'_>]) -> Vec<Path> {
        let directory: Vec<_> = self.directory.parts().collect();
        let Some((_, checkpoints)) = directory.split_last() else { return Vec::new() };
        let splits = || (2..=4).filter_map(|depth: usize| parts.split_at_checked(parts.len().checked_sub(depth)?));
        let below = splits().map(|(_, below)| checkpoints.iter().chain(below).cloned().collect());
        let random = splits().filter_map(|(above, below)| {
            let same = |(one, other): &(&PathPart<'_>, &PathPart<'_>)| one == other;
            let common = checkpoints.iter().rev().zip(above.iter().rev()).take_while(same).count();
            let (root, kept) = checkpoints.split_at_checked(checkpoints.len().checked_sub(common)?)?;
            let random = above.get(above.len().checked_sub(common + 1)?).filter(|_| common > 0)?;
            Some(root.iter().chain([random]).chain(kept).chain(below).cloned().collect())
        });
        below.chain(random).collect()
    }
}

impl Place {
    /// A few words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recorded => "as recorded",
            Self::Mapped => "path map",
            Self::Beside => "beside _metadata",
            Self::Moved => "moved with _metadata",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
