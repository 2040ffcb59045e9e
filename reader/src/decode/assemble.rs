//! Nested Arrow columns from the columns of their parts: their types follow from the parts.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{Field, Fields};

use crate::error::{Error, Result};

use super::Undecoded;

/// What was counted in the parts of a column.
pub(super) fn total(parts: impl IntoIterator<Item = Option<Undecoded>>) -> Option<Undecoded> {
    parts.into_iter().flatten().reduce(|mut sum, next| {
        sum.values += next.values;
        sum
    })
}

/// Whether each row of a struct column is there.
#[derive(Debug)]
pub(super) struct StructShape {
    nulls: NullBufferBuilder,
}

impl StructShape {
    pub(super) fn new() -> Self {
        Self { nulls: NullBufferBuilder::new(0) }
    }

    pub(super) fn append(&mut self) {
        self.nulls.append_non_null();
    }

    pub(super) fn append_null(&mut self) {
        self.nulls.append_null();
    }

    /// The column of these fields, all of which can be null.
    pub(super) fn finish<'a>(&mut self, parts: impl IntoIterator<Item = (&'a str, ArrayRef)>) -> ArrayRef {
        let rows = self.nulls.len();
        let nulls = self.nulls.finish();
        let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = parts
            .into_iter()
            .map(|(name, column)| (Field::new(name, column.data_type().clone(), true), column))
            .unzip();
        if columns.is_empty() {
            return Arc::new(StructArray::new_empty_fields(rows, nulls));
        }
        Arc::new(StructArray::new(Fields::from(fields), columns, nulls))
    }
}

/// Where each row of a list or map column starts and ends among the elements.
#[derive(Debug)]
pub(super) struct ListShape {
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl ListShape {
    pub(super) fn new() -> Self {
        Self { offsets: vec![0], nulls: NullBufferBuilder::new(0) }
    }

    /// Appends a row of `len` elements.
    pub(super) fn append(&mut self, len: usize) -> Result<()> {
        let end = i32::try_from(len).ok().and_then(|len| self.end().checked_add(len)).ok_or_else(|| {
            Error::unsupported("more than 2^31 elements in one batch").with_hint("use fewer rows a batch")
        })?;
        self.offsets.push(end);
        self.nulls.append_non_null();
        Ok(())
    }

    pub(super) fn append_null(&mut self) {
        self.offsets.push(self.end());
        self.nulls.append_null();
    }

    fn end(&self) -> i32 {
        self.offsets.last().copied().unwrap_or_default()
    }

    fn take(&mut self) -> (OffsetBuffer<i32>, Option<arrow_buffer::NullBuffer>) {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        (OffsetBuffer::new(ScalarBuffer::from(offsets)), self.nulls.finish())
    }

    /// The column of lists; elements can be null.
    pub(super) fn finish_list(&mut self, elements: ArrayRef) -> ArrayRef {
        let (offsets, nulls) = self.take();
        let field = Field::new_list_field(elements.data_type().clone(), true);
        Arc::new(ListArray::new(Arc::new(field), offsets, elements, nulls))
    }

    /// The column of maps; keys are never null.
    pub(super) fn finish_map(&mut self, keys: ArrayRef, values: ArrayRef, nullable_values: bool) -> ArrayRef {
        let (offsets, nulls) = self.take();
        let fields = Fields::from(vec![
            Field::new("key", keys.data_type().clone(), false),
            Field::new("value", values.data_type().clone(), nullable_values),
        ]);
        let entries = StructArray::new(fields, vec![keys, values], None);
        let field = Field::new("entries", entries.data_type().clone(), false);
        Arc::new(MapArray::new(Arc::new(field), offsets, entries, nulls, false))
    }
}
