//! Reads the changes of a handle in their order.

use std::ops::RangeInclusive;

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::metadata::{ChangelogHandle, ChangelogPart, StateChange};
use crate::scan::framed::Framed;
use crate::scan::window::Window;
use crate::store::{StateFile, Store};

use super::set::{SetWalk, Visit, key_group};

/// All changes of one subtask.
#[derive(Debug)]
pub(crate) struct ChangeLog {
    key_groups: RangeInclusive<u16>,
    parts: Vec<LogPart>,
}

#[derive(Debug)]
enum LogPart {
    /// `_metadata` itself has them.
    Inline(Vec<StateChange>),
    /// A change set in a file: where it starts, in uncompressed bytes behind the file's first one.
    File { file: StateFile, offset: u64 },
}

/// A file of changes at its next byte.
struct Body {
    window: Window,
    size: u64,
    source: Source,
}

enum Source {
    Plain(u64),
    Framed(Framed),
}

impl ChangeLog {
    /// Finds the files of a handle.
    ///
    /// # Errors
    /// A file that is missing or short.
    pub(crate) async fn open(store: &Store, handle: &ChangelogHandle) -> Result<Self> {
        let mut parts = Vec::new();
        for delta in &handle.delta {
            match &delta.part {
                ChangelogPart::Bytes(inline) => parts.push(LogPart::Inline(inline.changes.clone())),
                ChangelogPart::Files(files) => {
                    for (offset, stream) in &files.streams {
                        let file = store.resolve(stream).await?;
                        parts.push(LogPart::File { file, offset: *offset });
                    }
                }
            }
        }
        Ok(Self { key_groups: handle.key_groups.range(), parts })
    }

    /// The key groups whose changes count.
    pub(super) fn key_groups(&self) -> RangeInclusive<u16> {
        self.key_groups.clone()
    }

    /// Whether there are no changes.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Visits all changes in their order, or only those of metadata, which each change set begins with.
    ///
    /// # Errors
    /// Those of `visit`; corrupt files.
    pub(super) async fn read(&self, metadata_only: bool, visit: &mut Visit<'_>) -> Result<()> {
        for part in &self.parts {
            match part {
                LogPart::Inline(changes) => {
                    for change in changes {
                        let key_group = key_group(0, change.key_group)?;
                        if key_group.is_none() || !metadata_only {
                            visit(key_group, Cursor::new(&change.change)).in_file("change inline in _metadata")?;
                        }
                    }
                }
                LogPart::File { file, offset } => {
                    read_set(file, *offset, SetWalk::new(metadata_only), visit)
                        .await
                        .map_err(|e| e.in_file(format!("{}, change set at {offset}", file.name())))?;
                }
            }
        }
        Ok(())
    }
}

async fn read_set(file: &StateFile, offset: u64, mut walk: SetWalk, visit: &mut Visit<'_>) -> Result<()> {
    let mut body = Body::open(file, offset).await?;
    let mut min = 1;
    loop {
        let (rest, ended) = match &mut body.source {
            Source::Plain(position) => {
                let bytes = body.window.get(*position..body.size, min).await?;
                let start = *position;
                let last = start + bytes.len() as u64 == body.size;
                let mut input = Cursor::with_offset(&bytes, start);
                let ended = walk.walk(&mut input, last, visit)?;
                *position = input.offset();
                (input.remaining(), ended)
            }
            Source::Framed(framed) => {
                framed.fill(&mut body.window, usize::try_from(min).unwrap_or(usize::MAX)).await?;
                let mut input = Cursor::with_offset(framed.data(), framed.base());
                let ended = walk.walk(&mut input, framed.has_ended(), visit)?;
                let (consumed, rest) = (input.offset(), input.remaining());
                framed.consume(consumed);
                (rest, ended)
            }
        };
        if ended {
            return Ok(());
        }
        min = (rest as u64).saturating_mul(2).max(rest as u64 + 1);
    }
}

impl Body {
    async fn open(file: &StateFile, offset: u64) -> Result<Self> {
        let size = file.size();
        if size == 0 {
            return Err(Error::truncated("file of state changes without a byte").at(0));
        }
        let mut window = Window::new(file.clone(), size);
        let source = match window.get(0..size, 1).await?.first() {
            Some(0) => {
                let start = offset.saturating_add(1);
                if start > size {
                    return Err(outside(offset));
                }
                Source::Plain(start)
            }
            Some(1) => {
                let mut framed = Framed::all(1..size);
                while framed.base() < offset {
                    framed.fill(&mut window, 1).await?;
                    let step = (framed.data().len() as u64).min(offset - framed.base());
                    if step == 0 {
                        return Err(outside(offset));
                    }
                    framed.consume(framed.base() + step);
                }
                Source::Framed(framed)
            }
            _ => return Err(Error::data("file of state changes that starts with neither 0 nor 1").at(0)),
        };
        Ok(Self { window, size, source })
    }
}

fn outside(offset: u64) -> Error {
    Error::new(ErrorKind::Truncated, format!("the file ends before the change set at {offset}"))
}
