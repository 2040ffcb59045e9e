//! The state of a sink that commits in two phases.
//!
//! ```text
//! value       := [u8 whether there is a pending one]  transaction      pending transaction
//!                i32 count, transaction*                               to be committed
//!                u8 whether there is a context, [context]
//! transaction := handle, i64 start in milliseconds
//! ```

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Context, Result};
use crate::types::Type;

use super::super::columns::{Column, Columns};
use super::super::list::{self, Absence, Bound};
use super::super::{Decoder, Undecoded, decoder_at, flag, nullable, skip, struct_};

const PENDING: usize = 0;
const START: usize = 1;
const COMMITS: usize = 2;
const CONTEXT: usize = 3;

/// A struct of `pending`, `pending_start`, `pending_commits` (transaction and start) and `context`.
pub(crate) fn decoder(nullable_pending: bool, transaction: &Type, context: &Type, tail: bool) -> Box<dyn Decoder> {
    let commit = struct_::fixed(vec![
        Column::new("transaction", decoder_at(transaction, false)),
        Column::new("start", struct_::millis()),
    ]);
    let columns = vec![
        Column::new("pending", decoder_at(transaction, false)),
        Column::new("pending_start", struct_::millis()),
        Column::new("pending_commits", list::of(commit, Absence::No, true)),
        Column::new("context", nullable::option(context, tail)),
    ];
    Box::new(TwoPhaseCommit { nullable_pending, columns: Columns::new(columns, false, None) })
}

/// Moves past the state of a sink that commits in two phases.
pub(crate) fn skip_two_phase_commit(
    nullable_pending: bool,
    transaction: &Type,
    context: &Type,
    input: &mut Cursor<'_>,
) -> Result<()> {
    let skip_transaction = |input: &mut Cursor<'_>| {
        skip(transaction, input)?;
        input.take(8).map(drop)
    };
    if !nullable_pending || flag(input)? {
        skip_transaction(input).in_field("pending")?;
    }
    for _ in 0..list::count(input, Bound::Bytes)? {
        skip_transaction(input).in_field("pending_commits")?;
    }
    nullable::skip_option(context, input).in_field("context")
}

struct TwoPhaseCommit {
    nullable_pending: bool,
    columns: Columns,
}

impl Decoder for TwoPhaseCommit {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        if !self.nullable_pending || flag(input)? {
            self.columns.append(PENDING, input)?;
            self.columns.append(START, input)?;
        } else {
            self.columns.append_null(PENDING);
            self.columns.append_null(START);
        }
        self.columns.append(COMMITS, input)?;
        self.columns.append(CONTEXT, input)?;
        self.columns.end(None, "")
    }

    fn append_null(&mut self) {
        self.columns.append_null_struct();
    }

    fn finish(&mut self) -> ArrayRef {
        self.columns.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.columns.undecoded()
    }
}
