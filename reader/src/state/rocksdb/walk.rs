//! Frames the rows of merged entries.

use crate::bytes::Cursor;
use crate::error::{Context, Result};
use crate::state::canonical::{Form, Prefix, length_prefixed};
use crate::state::rows::{Rows, Step, Unframed, Walk};

/// Frames the entries of one key group: `i32` length, key, `i32` length, value.
#[derive(Debug)]
pub(crate) struct EntryWalk {
    prefix: Prefix,
    form: Form,
}

impl EntryWalk {
    pub(crate) fn new(prefix: Prefix, form: Form) -> Self {
        Self { prefix, form }
    }
}

impl Walk for EntryWalk {
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<Step> {
        while rows.count < max {
            let mut ahead = *input;
            let Some(mut key) = length_prefixed(&mut ahead)? else { break };
            let Some(value) = length_prefixed(&mut ahead)? else { break };
            self.prefix.take(&mut key).in_field("key")?;
            self.form.push(key, value, rows, unframed)?;
            *input = ahead;
        }
        Ok(match last && input.is_empty() {
            true => Step::End,
            false if rows.count >= max => Step::Full,
            false => Step::NeedMore,
        })
    }
}
