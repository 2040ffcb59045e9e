//! Values behind a byte that tells whether, or which, one is there: `Nullable`, `Option`, `Either`, `Try`.

use arrow_array::{Array, StructArray};
use flink_state_reader::types::{EitherKind, Type};

use crate::{Error, Result};

use super::Encoder;
use super::column::{Part, child, not_null, structs};

/// Null: `01` and `padding` zero bytes; else `00` and the value.
pub(super) fn nullable<'a>(
    padding: usize,
    inner: &Type,
    column: &'a dyn Array,
    tail: bool,
) -> Result<Box<dyn Encoder + 'a>> {
    optional(inner, column, tail, 1, padding)
}

/// None: `00`; else `01` and the value.
pub(super) fn option<'a>(inner: &Type, column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    optional(inner, column, tail, 0, 0)
}

fn optional<'a>(
    inner: &Type,
    column: &'a dyn Array,
    tail: bool,
    null: u8,
    padding: usize,
) -> Result<Box<dyn Encoder + 'a>> {
    // A nullable in a nullable is a struct of one field, which tells the two nulls apart.
    let (wrapper, inner) = match inner {
        Type::Nullable { .. } | Type::Option(_) => {
            (Some(column), Part::new("value", inner, child(structs(column)?, "value")?, tail)?)
        }
        _ => (None, Part::marked("value", inner, column, tail)?),
    };
    Ok(Box::new(Optional { wrapper, inner, null, padding }))
}

struct Optional<'a> {
    wrapper: Option<&'a dyn Array>,
    inner: Part<'a>,
    /// The flag of a null.
    null: u8,
    padding: usize,
}

impl Encoder for Optional<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let null = match self.wrapper {
            Some(wrapper) => wrapper.is_null(row),
            None => self.inner.is_null(row),
        };
        if null {
            out.push(self.null);
            out.resize(out.len() + self.padding, 0);
            return Ok(());
        }
        out.push(self.null ^ 1);
        self.inner.encode(row, out)
    }
}

/// A struct of `left` and `right`, one of which is null.
pub(super) fn either<'a>(
    kind: EitherKind,
    left: &Type,
    right: &Type,
    column: &'a dyn Array,
    tail: bool,
) -> Result<Box<dyn Encoder + 'a>> {
    let column = structs(column)?;
    let left = Part::field("left", left, column, tail)?;
    let right = Part::field("right", right, column, tail)?;
    let tags = if kind == EitherKind::CoGroup { [1, 2] } else { [1, 0] };
    Ok(Box::new(Either { column, left, right, tags }))
}

struct Either<'a> {
    column: &'a StructArray,
    left: Part<'a>,
    right: Part<'a>,
    tags: [u8; 2],
}

impl Encoder for Either<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "an EITHER")?;
        let (left, right) = (&self.left, &self.right);
        let [left_tag, right_tag] = self.tags;
        // A side that says nothing is the one that is there when the other is not.
        let (tag, part) = match (left.is_null(row), right.is_null(row)) {
            (false, true) => (left_tag, left),
            (true, false) => (right_tag, right),
            (true, true) if left.says_nothing() != right.says_nothing() => {
                if left.says_nothing() {
                    (left_tag, left)
                } else {
                    (right_tag, right)
                }
            }
            (true, true) => return Err(Error::data("neither left nor right is there")),
            (false, false) => return Err(Error::data("both left and right are there")),
        };
        out.push(tag);
        part.encode(row, out)
    }
}
