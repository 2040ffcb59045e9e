//! What the sections of a task are read from.

use bytes::Bytes;

use crate::error::{Context, Error, Result};
use crate::state::changelog::ChangelogReader;
use crate::state::rocksdb::EntriesReader;
use crate::state::rows::Unframed;

use super::framed::Framed;
use super::plan::Section;
use super::window::Window;

/// What the sections of one part are read from.
pub(super) enum Input {
    Stream(Window),
    Database(Box<EntriesReader>),
    Changelog(Box<ChangelogReader>),
}

/// How one section is read from it.
pub(super) enum Source {
    /// The next byte of an uncompressed section.
    Plain(u64),
    Framed(Framed),
    /// Entries that are merged from the tables of a database, or from materialised state and changes.
    Merged,
}

/// Bytes of a section that are in memory.
pub(super) struct Chunk<'a> {
    data: Memory<'a>,
    /// The offset of the first byte.
    pub(super) offset: u64,
    /// Whether the section ends with them.
    pub(super) last: bool,
    file: &'a str,
}

enum Memory<'a> {
    Window(Bytes),
    Uncompressed(&'a [u8]),
    Merged(&'a [u8]),
    Changed(&'a [u8]),
}

impl Input {
    pub(super) fn window(&mut self) -> Result<&mut Window> {
        match self {
            Self::Stream(window) => Ok(window),
            Self::Database(_) | Self::Changelog(_) => Err(Error::bug("merged entries instead of a stream")),
        }
    }

    /// Begins with a section.
    pub(super) fn start(&mut self, section: &Section) {
        match self {
            Self::Stream(_) => {}
            Self::Database(database) => database.start(),
            Self::Changelog(changelog) => changelog.start(section.key_group.unwrap_or_default()),
        }
    }

    /// Takes what could not be given since the last time.
    pub(super) fn take_missing(&mut self) -> Vec<Unframed> {
        match self {
            Self::Stream(_) | Self::Database(_) => Vec::new(),
            Self::Changelog(changelog) => changelog.take_missing(),
        }
    }
}

impl Source {
    /// The next bytes of the section: at least `min`, or all that it has.
    pub(super) async fn read<'a>(&'a mut self, input: &'a mut Input, section: &Section, min: u64) -> Result<Chunk<'a>> {
        match (self, input) {
            (Self::Plain(position), Input::Stream(window)) => {
                let offset = *position;
                let data = window.get(offset..section.range.end, min).await?;
                let last = offset + data.len() as u64 == section.range.end;
                Ok(Chunk { data: Memory::Window(data), offset, last, file: window.file().name() })
            }
            (Self::Framed(framed), Input::Stream(window)) => {
                let min = usize::try_from(min).unwrap_or(usize::MAX).max(1);
                framed.fill(window, min).await.in_file(window.file().name())?;
                let (offset, last) = (framed.base(), framed.has_ended());
                Ok(Chunk { data: Memory::Uncompressed(framed.data()), offset, last, file: window.file().name() })
            }
            (Self::Merged, Input::Database(database)) => {
                database.fill(section.key_group.unwrap_or_default()).await?;
                let (data, offset) = database.entries();
                let last = database.has_ended();
                Ok(Chunk { data: Memory::Merged(data), offset, last, file: database.name() })
            }
            (Self::Merged, Input::Changelog(changelog)) => {
                changelog.fill(section.key_group.unwrap_or_default()).await?;
                let (data, offset) = changelog.entries();
                Ok(Chunk { data: Memory::Changed(data), offset, last: changelog.has_ended(), file: "" })
            }
            _ => Err(Error::bug("a section and its part are not read in the same way")),
        }
    }

    /// Moves on to this offset.
    pub(super) fn consume(&mut self, input: &mut Input, offset: u64) {
        match (self, input) {
            (Self::Plain(position), _) => *position = offset,
            (Self::Framed(framed), _) => framed.consume(offset),
            (Self::Merged, Input::Database(database)) => database.consume(offset),
            (Self::Merged, Input::Changelog(changelog)) => changelog.consume(offset),
            (Self::Merged, Input::Stream(_)) => {}
        }
    }
}

impl Chunk<'_> {
    pub(super) fn data(&self) -> &[u8] {
        match &self.data {
            Memory::Window(bytes) => bytes,
            Memory::Uncompressed(bytes) | Memory::Merged(bytes) | Memory::Changed(bytes) => bytes,
        }
    }

    /// Adds the file, and what the offsets count if those are not its bytes.
    pub(super) fn locate(&self, error: Error, section: &Section) -> Error {
        let file = self.file;
        match self.data {
            Memory::Window(_) => error.in_file(file),
            Memory::Uncompressed(_) => {
                error.in_file(format!("{file}, uncompressed bytes of the part at {}", section.range.start))
            }
            Memory::Merged(_) => error.in_file(format!("merged entries of the column family {file}")),
            Memory::Changed(_) => error.in_file("materialised entries with their changes"),
        }
    }
}
