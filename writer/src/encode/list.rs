//! Sequences: `i32` count, then the elements, each behind a marker or not.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ListArray};
use flink_state_reader::types::{Basic, ListKind, Type};

use crate::Result;

use super::binary::{put_length, put_sized};
use super::column::{Part, not_null, unexpected};
use super::{Encoder, binary};

/// How an absent element is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// There is none, but what the element's own type has.
    No,
    /// A byte before each element: 1 is null.
    NullByte,
    /// A byte before each element: 0 is null.
    PresenceByte,
    /// A mask behind the count: 1 is null, bits from the most significant one.
    Mask,
}

impl From<&ListKind> for Absence {
    fn from(kind: &ListKind) -> Self {
        match kind {
            ListKind::LinkedList { null_mask: true } => Self::Mask,
            ListKind::Set => Self::NullByte,
            ListKind::Traversable { .. } => Self::PresenceByte,
            _ => Self::No,
        }
    }
}

/// An array of primitives or strings; `Binary` are bytes.
pub(super) fn array<'a>(element: Basic, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    match element {
        Basic::Byte => binary::length_prefixed(column, "ARRAY<BYTE>"),
        _ => encoder(&Type::Basic(element), column, Absence::No),
    }
}

/// Gelly's array of values; the bytes of strings are counted in front of the elements.
pub(super) fn value_array<'a>(element: Basic, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let list = List::new(&Type::Basic(element), column, Absence::No)?;
    Ok(Box::new(List { sized: element == Basic::StringValue, ..list }))
}

/// A list of elements.
pub(super) fn encoder<'a>(element: &Type, column: &'a dyn Array, absence: Absence) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(List::new(element, column, absence)?))
}

/// A list of what `items` encodes.
pub(super) fn of<'a>(column: &'a ListArray, items: Part<'a>) -> Box<dyn Encoder + 'a> {
    Box::new(List { column, items, absence: Absence::No, sized: false })
}

struct List<'a> {
    column: &'a ListArray,
    items: Part<'a>,
    absence: Absence,
    /// Whether the `i32` number of the elements' bytes stands behind the count.
    sized: bool,
}

impl<'a> List<'a> {
    fn new(element: &Type, column: &'a dyn Array, absence: Absence) -> Result<Self> {
        let column: &ListArray = column.as_list_opt().ok_or_else(|| unexpected(column))?;
        let items = column.values().as_ref();
        let items = match absence {
            Absence::No => Part::new("item", element, items, false)?,
            _ => Part::marked("item", element, items, false)?,
        };
        Ok(Self { column, items, absence, sized: false })
    }

    fn put_items(&self, range: Range<usize>, out: &mut Vec<u8>) -> Result<()> {
        if self.absence == Absence::Mask {
            put_mask(range.clone().map(|row| self.items.is_null(row)), out);
        }
        for row in range {
            let null = self.absence != Absence::No && self.items.is_null(row);
            match self.absence {
                Absence::NullByte => out.push(u8::from(null)),
                Absence::PresenceByte => out.push(u8::from(!null)),
                Absence::No | Absence::Mask => {}
            }
            if !null {
                self.items.encode(row, out)?;
            }
        }
        Ok(())
    }
}

impl Encoder for List<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "a list")?;
        let range = range(self.column.value_offsets(), row);
        put_length(range.len(), out)?;
        if self.sized {
            return put_sized(out, |out| self.put_items(range, out));
        }
        self.put_items(range, out)
    }
}

/// The elements of a row.
pub(crate) fn range(offsets: &[i32], row: usize) -> Range<usize> {
    let at = |index: usize| offsets.get(index).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or_default();
    at(row)..at(row + 1)
}

/// Bits fill each byte from its most significant one.
pub(super) fn put_mask(bits: impl IntoIterator<Item = bool>, out: &mut Vec<u8>) {
    let mut free = 0;
    for bit in bits {
        if free == 0 {
            out.push(0);
            free = 8;
        }
        free -= 1;
        if let Some(last) = out.last_mut() {
            *last |= u8::from(bit) << free;
        }
    }
}
