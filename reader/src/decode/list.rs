//! Sequences: `i32` count, then the elements, each behind a marker or not.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{Field, FieldRef};

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Basic, ListKind, Type};

use super::{Decoder, Undecoded, binary, decoder_at, flag, mask, skip};

/// The largest count of elements that take no bytes.
const MAX_EMPTY_ELEMENTS: usize = 1 << 16;

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

impl From<ListKind> for Absence {
    fn from(kind: ListKind) -> Self {
        match kind {
            ListKind::List | ListKind::ArrayList | ListKind::LinkedList { null_mask: false } => Self::No,
            ListKind::LinkedList { null_mask: true } => Self::Mask,
            ListKind::Set => Self::NullByte,
            ListKind::Traversable => Self::PresenceByte,
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

/// A list of elements.
pub(super) fn decoder(element: &Type, absence: Absence) -> Box<dyn Decoder> {
    of(decoder_at(element, false), absence, element.takes_bytes())
}

/// A list of what `elements` decodes; `takes_bytes` if every element takes some.
pub(super) fn of(mut elements: Box<dyn Decoder>, absence: Absence, takes_bytes: bool) -> Box<dyn Decoder> {
    let field = Arc::new(Field::new_list_field(elements.finish().data_type().clone(), true));
    Box::new(List { elements, offsets: Offsets::default(), field, absence, takes_bytes })
}

/// Moves past a list.
pub(super) fn skip_list(element: &Type, absence: Absence, input: &mut Cursor<'_>) -> Result<()> {
    let count = count(input, element.takes_bytes() || absence != Absence::No)?;
    for_each(count, absence, input, |present, input| if present { skip(element, input) } else { Ok(()) })
}

struct List {
    elements: Box<dyn Decoder>,
    offsets: Offsets,
    field: FieldRef,
    absence: Absence,
    takes_bytes: bool,
}

impl Decoder for List {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let count = count(input, self.takes_bytes || self.absence != Absence::No)?;
        for_each(count, self.absence, input, |present, input| {
            if present {
                return self.elements.append(input).in_field("item");
            }
            self.elements.append_null();
            Ok(())
        })?;
        self.offsets.append(count).map_err(|e| e.at(start))
    }

    fn append_null(&mut self) {
        self.offsets.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let (offsets, nulls) = self.offsets.finish();
        Arc::new(ListArray::new(Arc::clone(&self.field), offsets, self.elements.finish(), nulls))
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.elements.undecoded()
    }
}

/// Reads the count of elements, which the bytes that are left bound if every element takes some.
pub(super) fn count(input: &mut Cursor<'_>, takes_bytes: bool) -> Result<usize> {
    let start = input.offset();
    let count = input.count(usize::from(takes_bytes))?;
    if !takes_bytes && count > input.remaining().max(MAX_EMPTY_ELEMENTS) {
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

/// The offsets and nulls of a list or map column.
pub(super) struct Offsets {
    ends: Vec<i32>,
    validity: NullBufferBuilder,
}

impl Default for Offsets {
    fn default() -> Self {
        Self { ends: vec![0], validity: NullBufferBuilder::new(0) }
    }
}

impl Offsets {
    pub(super) fn append(&mut self, count: usize) -> Result<()> {
        let end = i32::try_from(count).ok().and_then(|count| self.end().checked_add(count));
        let Some(end) = end else {
            return Err(Error::unsupported("more than 2^31 elements in one batch").with_hint("use fewer rows a batch"));
        };
        self.ends.push(end);
        self.validity.append_non_null();
        Ok(())
    }

    pub(super) fn append_null(&mut self) {
        self.ends.push(self.end());
        self.validity.append_null();
    }

    pub(super) fn finish(&mut self) -> (OffsetBuffer<i32>, Option<arrow_buffer::NullBuffer>) {
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        (OffsetBuffer::new(ScalarBuffer::from(ends)), self.validity.finish())
    }

    fn end(&self) -> i32 {
        self.ends.last().copied().unwrap_or_default()
    }
}
