//! The heap layout: one key group as blocks of elements without lengths, one block for each state.
//!
//! ```text
//! keyGroup   := i32 keyGroupId  stateBlock[numStates]        in any order of the states
//! stateBlock := u16 stateId  i32 n  element[n]               compressed: each block is a framed stream of its own
//! element    := namespace key value                          a timer: i64 timestamp, key, namespace
//! ```
//!
//! Written by `HeapSnapshotStrategy`, read by `HeapRestoreOperation`.

use std::sync::Arc;

use crate::bytes::Cursor;
use crate::error::{Error, ErrorKind, Result};

use super::entry::{Content, Entry};
use super::resync;
use super::rows::{Rows, Step, Unframed, Walk};

/// A key group of at most this size is searched for the block behind a value without a known end.
const MAX_RESYNC: usize = 16 << 20;

/// A state as the blocks of other states need it to be known: to move past it.
#[derive(Clone, Debug)]
pub(crate) struct HeapState {
    pub(crate) name: String,
    /// The parts of its elements, or why they are not known.
    pub(crate) entry: Result<Arc<Entry>, String>,
}

/// Frames the elements of one state in one key group.
#[derive(Debug)]
pub(crate) struct HeapWalk {
    /// All states in the order of their ids.
    states: Arc<[HeapState]>,
    wanted: u16,
    /// Blocks that are still to come, this one not counted.
    blocks: usize,
    /// The states whose blocks have come.
    seen: Vec<bool>,
    /// Whether something else may follow the last block.
    is_open: bool,
    position: Position,
}

#[derive(Clone, Copy, Debug)]
enum Position {
    KeyGroup(u16),
    Block,
    Element {
        state: u16,
        left: usize,
    },
    /// Behind the last block.
    End,
    /// Behind the wanted block, before others.
    Enough,
}

impl HeapWalk {
    /// A walk through an uncompressed key group.
    pub(crate) fn key_group(key_group: u16, states: Arc<[HeapState]>, wanted: u16) -> Self {
        let seen = vec![false; states.len()];
        Self { blocks: states.len(), seen, states, wanted, is_open: false, position: Position::KeyGroup(key_group) }
    }

    /// A walk through a single block.
    pub(crate) fn block(states: Arc<[HeapState]>, wanted: u16) -> Self {
        let seen = (0..states.len()).map(|state| state != usize::from(wanted)).collect();
        Self { blocks: 1, seen, states, wanted, is_open: false, position: Position::Block }
    }

    /// Whether something else may follow the key group or block.
    pub(crate) fn open(self, is_open: bool) -> Self {
        Self { is_open, ..self }
    }

    /// Frames the next item and moves past it.
    fn step(&mut self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        match self.position {
            Position::KeyGroup(key_group) => {
                let offset = input.offset();
                let stored = input.i32()?;
                if stored != i32::from(key_group) {
                    return Err(Error::data(format!("key group {stored} where {key_group} belongs")).at(offset));
                }
                self.position = Position::Block;
            }
            Position::Block if self.blocks == 0 => self.position = Position::End,
            Position::Block => {
                let offset = input.offset();
                let state = input.u16()?;
                let count = self.states.len();
                let left = match self.seen.get_mut(usize::from(state)) {
                    Some(seen) if !*seen => {
                        let left = input.count(0)?;
                        *seen = true;
                        left
                    }
                    Some(_) => return Err(Error::data(format!("state id {state} a second time")).at(offset)),
                    None => {
                        let message = format!("state id {state}, but the header lists {count} states");
                        return Err(Error::data(message).at(offset));
                    }
                };
                self.blocks -= 1;
                self.position = Position::Element { state, left };
            }
            // A state has one block in a key group. The blocks behind it may not even have a known end.
            Position::Element { state, left: 0 } if state == self.wanted && self.blocks > 0 => {
                self.position = Position::Enough;
            }
            Position::Element { left: 0, .. } => self.position = Position::Block,
            Position::Element { state, left } => {
                let entry = match self.states.get(usize::from(state)).map(|s| &s.entry) {
                    Some(Ok(entry)) => entry,
                    Some(Err(reason)) => return Err(Error::unsupported(reason.as_str())),
                    None => return Err(Error::bug("state id that was not checked")),
                };
                if state == self.wanted {
                    entry.push_element(input, rows)?;
                } else {
                    entry.skip_element(input)?;
                }
                self.position = Position::Element { state, left: left - 1 };
            }
            Position::End | Position::Enough => {}
        }
        Ok(())
    }

    /// Moves past an element without a known end to the next block, if it is certain where that starts.
    ///
    /// Gives whether wanted rows are lost: one element that fills the space up to there is known all the same.
    fn resync(&self, input: &mut Cursor<'_>, last: bool, rows: &mut Rows) -> Option<bool> {
        let Position::Element { state, left } = self.position else { return None };
        if !last || self.is_open {
            return None;
        }
        let size = resync::blocks_at(&self.states, &self.seen, *input)?;
        let element = Cursor::with_offset(input.rest().get(..size)?, input.offset());
        input.take(size).ok()?;
        if state != self.wanted {
            return Some(false);
        }
        let entry = self.states.get(usize::from(state))?.entry.as_ref().ok()?;
        let mark = rows.mark();
        let framed = left == 1 && entry.push_only_element(element, rows).is_ok_and(|framed| framed);
        if !framed {
            rows.rollback(mark);
        }
        Some(!framed)
    }

    /// What is lost when the next element has no known end.
    fn unframed(&self, error: &Error) -> Unframed {
        let Position::Element { state, left } = self.position else {
            return Unframed { rows: None, reason: error.message().to_owned() };
        };
        let state_name = self.states.get(usize::from(state));
        match state_name {
            Some(HeapState { entry: Ok(entry), .. }) if state == self.wanted => Unframed {
                rows: (!matches!(entry.content, Content::Map { .. })).then_some(left as u64),
                reason: error.message().to_owned(),
            },
            Some(HeapState { name, .. }) if state != self.wanted => {
                Unframed { rows: None, reason: format!("state {name} before it has no known end: {}", error.message()) }
            }
            _ => Unframed { rows: Some(left as u64), reason: error.message().to_owned() },
        }
    }
}

impl Walk for HeapWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        while rows.count < max {
            match self.position {
                Position::Enough => return Ok(Step::End),
                Position::End if self.is_open => return Ok(Step::End),
                Position::End if !input.is_empty() => {
                    return Err(Error::data("bytes behind the last state of a key group").at(input.offset()));
                }
                Position::End if last => return Ok(Step::End),
                Position::End => return Ok(Step::NeedMore),
                _ => {}
            }
            let (mut ahead, mark) = (*input, rows.mark());
            match self.step(&mut ahead, rows) {
                Ok(()) => *input = ahead,
                Err(e) => {
                    rows.rollback(mark);
                    return match e.kind() {
                        ErrorKind::Truncated if !last => Ok(Step::NeedMore),
                        ErrorKind::Unsupported if !last && !self.is_open && input.remaining() < MAX_RESYNC => {
                            Ok(Step::NeedMore)
                        }
                        ErrorKind::Unsupported => match self.resync(input, last, rows) {
                            Some(lost) => {
                                unframed.extend(lost.then(|| self.unframed(&e)));
                                self.position = Position::Block;
                                continue;
                            }
                            None => {
                                unframed.push(self.unframed(&e));
                                Ok(Step::End)
                            }
                        },
                        _ => Err(e),
                    };
                }
            }
        }
        Ok(Step::Full)
    }
}
