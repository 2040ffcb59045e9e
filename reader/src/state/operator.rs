//! The elements of operator state.
//!
//! ```text
//! list, union: element*                              each element from its offset to the next one
//! broadcast:   i32 count  (key value)[count]         compressed state: each element, each map in chunks of its own
//! ```
//!
//! Written by `PartitionableListState` and `HeapBroadcastState`. The offsets are in `_metadata`.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};

use super::entry::take;
use super::rows::{Framer, Rows, Step, Unframed, Walk};

/// Frames the elements of a list, which lie back to back.
#[derive(Debug)]
pub(crate) struct ListWalk {
    /// Where each element starts, and where the last one ends.
    bounds: Vec<u64>,
    next: usize,
}

impl ListWalk {
    /// A walk through elements with these bounds: not descending, the first is where the section starts.
    pub(crate) fn new(bounds: Vec<u64>) -> Self {
        Self { bounds, next: 0 }
    }
}

impl Walk for ListWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        _unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        while rows.count < max {
            let (Some(start), Some(end)) = (self.bounds.get(self.next), self.bounds.get(self.next + 1)) else {
                return Ok(Step::End);
            };
            let size = usize::try_from(end - start).unwrap_or(usize::MAX);
            let offset = input.offset();
            if size > input.remaining() && !last {
                return Ok(Step::NeedMore);
            }
            input.take(size)?;
            push_value(offset, input, i64::try_from(self.next).unwrap_or(i64::MAX), rows)?;
            self.next += 1;
        }
        Ok(Step::Full)
    }
}

/// Takes a whole section as one value.
#[derive(Debug)]
pub(crate) struct WholeWalk {
    position: i64,
    done: bool,
}

impl WholeWalk {
    /// A walk through the element at this position of its list.
    pub(crate) fn new(position: i64) -> Self {
        Self { position, done: false }
    }
}

impl Walk for WholeWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        _max: usize,
        rows: &mut Rows,
        _unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        if !last {
            return Ok(Step::NeedMore);
        }
        if !self.done {
            self.done = true;
            let offset = input.offset();
            input.take_rest();
            push_value(offset, input, self.position, rows)?;
        }
        Ok(Step::End)
    }
}

fn push_value(start: u64, input: &Cursor<'_>, position: i64, rows: &mut Rows) -> Result<()> {
    if rows.wanted().value {
        rows.value.push(rows.span(start, input.offset())?);
    }
    if rows.wanted().position {
        rows.position.push(position);
    }
    rows.count += 1;
    Ok(())
}

/// Frames the entries of a broadcast map.
#[derive(Debug)]
pub(crate) struct BroadcastWalk {
    /// Of keys and values.
    types: Arc<(Framer, Framer)>,
    left: Option<usize>,
}

impl BroadcastWalk {
    /// A walk through a map of these types.
    pub(crate) fn new(types: Arc<(Framer, Framer)>) -> Self {
        Self { types, left: None }
    }

    fn step(&mut self, input: &mut Cursor<'_>, rows: &mut Rows) -> Result<()> {
        let Some(left) = self.left else {
            self.left = Some(input.count(0)?);
            return Ok(());
        };
        let entry = *input;
        let key = take(&self.types.0, input).in_field("map_key")?;
        let value = take(&self.types.1, input).in_field("map_value")?;
        if rows.wanted().map_key {
            rows.map_key.push(rows.rest(key)?);
        }
        if rows.wanted().value {
            rows.value.push(rows.rest(value)?);
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(entry.rest().get(..entry.remaining() - input.remaining()).unwrap_or_default());
        rows.fingerprint = rows.fingerprint.wrapping_add(hasher.finish());
        rows.count += 1;
        self.left = Some(left - 1);
        Ok(())
    }
}

impl Walk for BroadcastWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        while rows.count < max {
            if self.left == Some(0) {
                return match (input.is_empty(), last) {
                    (true, true) => Ok(Step::End),
                    (true, false) => Ok(Step::NeedMore),
                    (false, _) => Err(Error::data("bytes behind the last entry of a broadcast map").at(input.offset())),
                };
            }
            let (mut ahead, mark) = (*input, rows.mark());
            match self.step(&mut ahead, rows) {
                Ok(()) => *input = ahead,
                Err(e) => {
                    rows.rollback(mark);
                    return match e.kind() {
                        ErrorKind::Truncated if !last => Ok(Step::NeedMore),
                        ErrorKind::Unsupported => {
                            let rows = self.left.map(|left| left as u64);
                            unframed.push(Unframed { rows, reason: e.message().to_owned() });
                            Ok(Step::End)
                        }
                        _ => Err(e),
                    };
                }
            }
        }
        Ok(Step::Full)
    }
}
