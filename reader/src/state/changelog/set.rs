//! Change sets, without I/O.

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::metadata::METADATA_KEY_GROUP;
use crate::state::key_groups::MAX_KEY_GROUPS;

/// Takes each change: its key group, `None` for metadata.
pub(super) type Visit<'v> = dyn FnMut(Option<u16>, Cursor<'_>) -> Result<()> + Send + 'v;

/// Walks through one change set.
#[derive(Debug)]
pub(super) struct SetWalk {
    /// Whether to end behind the metadata.
    metadata_only: bool,
    position: Position,
}

#[derive(Clone, Copy, Debug)]
enum Position {
    Start,
    Group { groups: usize },
    Change { groups: usize, key_group: Option<u16>, changes: usize },
    End,
}

impl SetWalk {
    pub(super) fn new(metadata_only: bool) -> Self {
        Self { metadata_only, position: Position::Start }
    }

    /// Visits the changes that are complete in `input`, and moves past them. `last` says that nothing follows `input`.
    /// Gives whether the set has ended.
    pub(super) fn walk(&mut self, input: &mut Cursor<'_>, last: bool, visit: &mut Visit<'_>) -> Result<bool> {
        loop {
            let mut ahead = *input;
            match self.step(&mut ahead, visit) {
                Ok(()) => *input = ahead,
                // A change that is cut was not visited.
                Err(e) if e.kind() == ErrorKind::Truncated && !last => return Ok(false),
                Err(e) => return Err(e),
            }
            if matches!(self.position, Position::End) {
                return Ok(true);
            }
        }
    }

    fn step(&mut self, input: &mut Cursor<'_>, visit: &mut Visit<'_>) -> Result<()> {
        self.position = match self.position {
            Position::Start => Position::Group { groups: input.count(0).in_field("groups")? },
            Position::Group { groups: 0 } | Position::End => Position::End,
            Position::Group { groups } => {
                let changes = input.count(0).in_field("changes")?;
                let key_group = key_group(input.offset(), input.i32()?)?;
                match key_group {
                    Some(_) if self.metadata_only => Position::End,
                    _ => Position::Change { groups: groups - 1, key_group, changes },
                }
            }
            Position::Change { groups, changes: 0, .. } => Position::Group { groups },
            Position::Change { groups, key_group, changes } => {
                let change = input.length_prefixed().in_field("change")?;
                let offset = input.offset() - change.len() as u64;
                // Its own end is certain: bytes that it lacks do not come with the next window.
                visit(key_group, Cursor::with_offset(change, offset)).map_err(complete)?;
                Position::Change { groups, key_group, changes: changes - 1 }
            }
        };
        Ok(())
    }
}

/// The key group of changes; `None` for metadata.
pub(super) fn key_group(offset: u64, stored: i32) -> Result<Option<u16>> {
    match u16::try_from(stored) {
        Ok(key_group) if u32::from(key_group) < MAX_KEY_GROUPS => Ok(Some(key_group)),
        _ if stored == METADATA_KEY_GROUP => Ok(None),
        _ => Err(Error::data(format!("key group {stored} of state changes")).at(offset)),
    }
}

fn complete(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Truncated => {
            Error::data("a change ends too early").at(error.offset().unwrap_or_default()).with_source(error)
        }
        _ => error,
    }
}
