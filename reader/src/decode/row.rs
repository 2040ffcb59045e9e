//! `Row`: a mask, then the fields that are not null.
//!
//! ```text
//! mask := [2 bits row kind, low one first] 1 bit for each field, 1 = null; padded with zeros to whole bytes
//! ```

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Context, Result};
use crate::types::Field;

use super::columns::{Columns, plan};
use super::{Decoder, Undecoded, mask, skip};

const ROW_KINDS: [&str; 4] = ["+I", "-U", "+U", "-D"];

/// A struct of the fields, with `$row_kind` if the mask has one.
///
/// `$undecoded` starts with the mask here: it says which of its fields are there.
pub(super) fn decoder(fields: &[Field], row_kind: bool, tail: bool) -> Box<dyn Decoder> {
    let (columns, rest) = plan(fields.iter().map(|f| (f.name.as_str(), &f.ty)), tail);
    let columns = Columns::new(columns, rest, row_kind.then_some("$row_kind"));
    let order = (0..columns.len()).collect();
    Box::new(Row { columns, order, layout: Layout { fields: fields.len(), row_kind }, rest })
}

/// Moves past a row.
pub(super) fn skip_row(fields: &[Field], row_kind: bool, input: &mut Cursor<'_>) -> Result<()> {
    let layout = Layout { fields: fields.len(), row_kind };
    let mask = input.take(layout.mask_length())?;
    for (index, field) in fields.iter().enumerate() {
        if !layout.is_null(mask, index) {
            skip(&field.ty, input).in_field(&field.name)?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Layout {
    fields: usize,
    row_kind: bool,
}

impl Layout {
    fn kind_bits(self) -> usize {
        if self.row_kind { 2 } else { 0 }
    }

    fn mask_length(self) -> usize {
        mask::length(self.kind_bits() + self.fields)
    }

    fn is_null(self, mask: &[u8], field: usize) -> bool {
        mask::bit(mask, self.kind_bits() + field)
    }

    fn kind(self, mask: &[u8]) -> &'static str {
        let index = usize::from(mask::bit(mask, 0)) + 2 * usize::from(mask::bit(mask, 1));
        ROW_KINDS.get(index).copied().unwrap_or_default()
    }
}

struct Row {
    columns: Columns,
    order: Vec<usize>,
    layout: Layout,
    /// Fields of unknown length follow in every row.
    rest: bool,
}

impl Decoder for Row {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let layout = self.layout;
        let mask = input.take(layout.mask_length())?;
        let complete = self.columns.append_each(&self.order, input, |field, _| Ok(layout.is_null(mask, field)))?;
        let undecoded = (self.rest || !complete).then(|| (mask, input.take_rest()));
        self.columns.end(undecoded, layout.kind(mask))
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
