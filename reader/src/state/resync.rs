//! Finds the next block of a heap key group behind a value of unknown length.
//!
//! A key group has one block for each state and nothing behind the last one. The place where the remaining blocks really
//! start therefore always parses as exactly these blocks, up to the end of the key group. Where no other place does,
//! that place is certain; where another one does too, nothing is.

use crate::bytes::Cursor;
use crate::error::{Error, ErrorKind, Result};

use super::heap::HeapState;

/// Elements that all attempts together may move past.
const MAX_WORK: usize = 1 << 22;

/// The size of what lies before the remaining blocks, if it is certain.
///
/// `input` starts in the value of unknown length and ends with the key group. `seen` tells the states whose blocks lie
/// before it or are it.
pub(super) fn blocks_at(states: &[HeapState], seen: &[bool], input: Cursor<'_>) -> Option<usize> {
    let left = seen.iter().filter(|seen| !**seen).count();
    if left == 0 {
        return Some(input.remaining());
    }
    let mut search = Search { states, seen: seen.to_vec(), work: MAX_WORK };
    let mut found = None;
    let mut at = input;
    for size in 0..=input.remaining() {
        match search.parses(at, left) {
            Ok(()) if found.is_some() => return None,
            Ok(()) => found = Some(size),
            // The search can't tell whether blocks start here.
            Err(e) if e.kind() == ErrorKind::Unsupported => return None,
            Err(_) => {}
        }
        if !at.is_empty() {
            at.u8().ok()?;
        }
    }
    found
}

struct Search<'a> {
    states: &'a [HeapState],
    seen: Vec<bool>,
    work: usize,
}

impl Search<'_> {
    /// Moves past `left` blocks of states that were not seen yet, which must end with the input.
    fn parses(&mut self, mut input: Cursor<'_>, left: usize) -> Result<()> {
        let seen = self.seen.clone();
        let result = (0..left).try_for_each(|_| self.block(&mut input)).and_then(|()| input.expect_end());
        self.seen = seen;
        result
    }

    fn block(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let state = usize::from(input.u16()?);
        let (Some(seen), Some(HeapState { entry, .. })) = (self.seen.get_mut(state), self.states.get(state)) else {
            return Err(Error::data("no state has this id"));
        };
        if std::mem::replace(seen, true) {
            return Err(Error::data("a second block of the same state"));
        }
        for _ in 0..input.count(0)? {
            self.work = self.work.checked_sub(1).ok_or_else(|| Error::unsupported("too much to search"))?;
            match entry {
                Ok(entry) => entry.skip_element(input)?,
                Err(reason) => return Err(Error::unsupported(reason.as_str())),
            }
        }
        Ok(())
    }
}
