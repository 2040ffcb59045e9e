//! Sequences: `i32` count, then the elements, each behind a marker or not.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Basic, ListKind, Type};

use super::assemble::ListShape;
use super::{Decoder, Undecoded, binary, decoder_at, flag, mask, skip};

/// The largest count of elements that take no bytes.
const MAX_EMPTY_ELEMENTS: usize = 1 << 12;

/// How an absent element is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// There is none.
    No,
    /// A byte before each element: 1 is null.
    NullByte,
    /// A byte before each element: 0 is null.
    PresenceByte,
    /// A mask behind the count: 1 is null.
    Mask,
}

impl From<&ListKind> for Absence {
    fn from(kind: &ListKind) -> Self {
        match kind {
            ListKind::List | ListKind::ArrayList | ListKind::LinkedList { null_mask: false } => Self::No,
            ListKind::LinkedList { null_mask: true } => Self::Mask,
            ListKind::Set => Self::NullByte,
            ListKind::Traversable { .. } => Self::PresenceByte,
        }
    }
}

/// An array of primitives or strings; bytes become `Binary`.
pub(super) fn array(element: Basic) -> Box<dyn Decoder> {
    match element {
        Basic::Byte => binary::length_prefixed(),
        _ => decoder(&Type::Basic(element), Absence::No),
    }
}

/// Gelly's array of values; the bytes of strings are counted behind the elements.
pub(super) fn value_array(element: Basic) -> Box<dyn Decoder> {
    let ty = Type::Basic(element);
    let prefix = if element == Basic::StringValue { 4 } else { 0 };
    build(decoder_at(&ty, false), Absence::No, ty.takes_bytes(), prefix)
}

/// Moves past what [`value_array`] decodes.
pub(super) fn skip_value_array(element: Basic, input: &mut Cursor<'_>) -> Result<()> {
    if element == Basic::StringValue {
        input.count(1)?;
        return input.length_prefixed().map(drop);
    }
    skip_list(&Type::Basic(element), Absence::No, input)
}

/// A list of elements.
pub(super) fn decoder(element: &Type, absence: Absence) -> Box<dyn Decoder> {
    of(decoder_at(element, false), absence, element.takes_bytes())
}

/// A list of what `elements` decodes; `takes_bytes` if every element takes some.
pub(super) fn of(elements: Box<dyn Decoder>, absence: Absence, takes_bytes: bool) -> Box<dyn Decoder> {
    build(elements, absence, takes_bytes, 0)
}

fn build(elements: Box<dyn Decoder>, absence: Absence, takes_bytes: bool, prefix: usize) -> Box<dyn Decoder> {
    Box::new(List { elements, shape: ListShape::new(), absence, takes_bytes, prefix })
}

/// Moves past a list.
pub(super) fn skip_list(element: &Type, absence: Absence, input: &mut Cursor<'_>) -> Result<()> {
    let count = count(input, absence.bound(element.takes_bytes()))?;
    for_each(count, absence, input, |present, input| if present { skip(element, input) } else { Ok(()) })
}

struct List {
    elements: Box<dyn Decoder>,
    shape: ListShape,
    absence: Absence,
    takes_bytes: bool,
    /// Bytes between the count and the elements.
    prefix: usize,
}

impl Decoder for List {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let count = count(input, self.absence.bound(self.takes_bytes))?;
        input.take(self.prefix)?;
        for_each(count, self.absence, input, |present, input| {
            if present {
                return self.elements.append(input).in_field("item");
            }
            self.elements.append_null();
            Ok(())
        })?;
        self.shape.append(count).map_err(|e| e.at(start))
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(self.elements.finish())
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.elements.undecoded()
    }
}

/// What bounds a count of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// Every element takes at least a byte.
    Bytes,
    /// Every element takes at least a bit of the mask, which is read next.
    Mask,
    /// Elements take no bytes.
    Limit,
}

impl Absence {
    fn bound(self, element_takes_bytes: bool) -> Bound {
        match self {
            Self::Mask => Bound::Mask,
            Self::No if !element_takes_bytes => Bound::Limit,
            _ => Bound::Bytes,
        }
    }
}

/// Reads a count of elements.
pub(super) fn count(input: &mut Cursor<'_>, bound: Bound) -> Result<usize> {
    let start = input.offset();
    let count = input.count(usize::from(bound == Bound::Bytes))?;
    if bound == Bound::Limit && count > MAX_EMPTY_ELEMENTS {
        return Err(Error::unsupported(format!("{count} elements without bytes")).at(start));
    }
    Ok(count)
}

fn for_each(
    count: usize,
    absence: Absence,
    input: &mut Cursor<'_>,
    mut element: impl FnMut(bool, &mut Cursor<'_>) -> Result<()>,
) -> Result<()> {
    let nulls = if absence == Absence::Mask { input.take(mask::length(count))? } else { &[] };
    for index in 0..count {
        let present = match absence {
            Absence::No => true,
            Absence::NullByte => !flag(input)?,
            Absence::PresenceByte => flag(input)?,
            Absence::Mask => !mask::bit(nulls, index),
        };
        element(present, input)?;
    }
    Ok(())
}
