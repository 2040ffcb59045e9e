//! Values behind a byte that tells whether, or which, one is there: `Nullable`, `Option`, `Either`, `Try`.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use crate::types::{EitherKind, Type};

use super::columns::{Column, Columns};
use super::{Decoder, Undecoded, decoder_at, flag, skip, struct_};

/// Null: `01` and `padding` zero bytes; else `00` and the value.
pub(super) fn nullable(padding: usize, inner: &Type, tail: bool) -> Box<dyn Decoder> {
    Box::new(Nullable { inner: inside(inner, tail), null: true, padding })
}

/// None: `00`; else `01` and the value.
pub(super) fn option(inner: &Type, tail: bool) -> Box<dyn Decoder> {
    Box::new(Nullable { inner: inside(inner, tail), null: false, padding: 0 })
}

/// Moves past what [`nullable`] decodes.
pub(super) fn skip_nullable(padding: usize, inner: &Type, input: &mut Cursor<'_>) -> Result<()> {
    if flag(input)? { input.take(padding).map(drop) } else { skip(inner, input) }
}

/// Moves past what [`option`] decodes.
pub(super) fn skip_option(inner: &Type, input: &mut Cursor<'_>) -> Result<()> {
    if flag(input)? { skip(inner, input) } else { Ok(()) }
}

/// Whether a value of this type is a struct with one field inside another nullable, which tells the two nulls apart.
pub(super) fn is_wrapped(inner: &Type) -> bool {
    matches!(inner, Type::Nullable { .. } | Type::Option(_))
}

fn inside(inner: &Type, tail: bool) -> Box<dyn Decoder> {
    if is_wrapped(inner) { struct_::wrapped(inner, tail) } else { decoder_at(inner, tail) }
}

struct Nullable {
    inner: Box<dyn Decoder>,
    /// The flag of a null.
    null: bool,
    padding: usize,
}

impl Decoder for Nullable {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        if flag(input)? != self.null {
            return self.inner.append(input);
        }
        input.take(self.padding)?;
        self.inner.append_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.inner.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.inner.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.inner.undecoded()
    }
}

/// A struct of `left` and `right`, one of which is null.
pub(super) fn either(kind: EitherKind, left: &Type, right: &Type, tail: bool) -> Box<dyn Decoder> {
    let columns = vec![Column::new("left", decoder_at(left, tail)), Column::new("right", decoder_at(right, tail))];
    Box::new(Either { kind, columns: Columns::new(columns, false, None) })
}

/// Moves past what [`either`] decodes.
pub(super) fn skip_either(kind: EitherKind, left: &Type, right: &Type, input: &mut Cursor<'_>) -> Result<()> {
    let ty = if is_left(kind, input)? { left } else { right };
    skip(ty, input)
}

fn is_left(kind: EitherKind, input: &mut Cursor<'_>) -> Result<bool> {
    if kind != EitherKind::CoGroup {
        return flag(input);
    }
    let start = input.offset();
    match input.u8()? {
        1 => Ok(true),
        2 => Ok(false),
        tag => Err(Error::data(format!("{tag} is no input of a co-group, which has 1 and 2")).at(start)),
    }
}

struct Either {
    kind: EitherKind,
    columns: Columns,
}

impl Decoder for Either {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let (there, absent) = if is_left(self.kind, input)? { (0, 1) } else { (1, 0) };
        self.columns.append(there, input)?;
        self.columns.append_null(absent);
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
