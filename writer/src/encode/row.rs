//! `Row`: a mask, then the fields that are not null.
//!
//! ```text
//! mask := [2 bits row kind, low one first] 1 bit for each field, 1 = null; padded with zeros to whole bytes
//! ```

use arrow_array::{Array, StringArray};
use flink_state_reader::types::Field;

use crate::{Error, Result};

use super::Encoder;
use super::column::{child, not_null, strings, structs};
use super::fields::{Fields, Known, Markers};
use super::list::put_mask;

const ROW_KIND: &str = "$row_kind";
const ROW_KINDS: [&str; 4] = ["+I", "-U", "+U", "-D"];

/// A struct of the fields, with `$row_kind` if the mask has one.
pub(super) fn encoder<'a>(
    fields: &[Field],
    row_kind: bool,
    column: &'a dyn Array,
    tail: bool,
) -> Result<Box<dyn Encoder + 'a>> {
    let column = structs(column)?;
    let kinds = if row_kind { Some(strings(child(column, ROW_KIND)?)?) } else { None };
    let last = |index| index + 1 == fields.len();
    let each = fields.iter().enumerate().map(|(i, f)| (f.name.as_str(), &f.ty, last(i)));
    let known = Fields::new(column, each, tail, Markers::Yes)?;
    Ok(Box::new(Row { order: (0..known.len()).collect(), fields: known, kinds, arity: fields.len() }))
}

struct Row<'a> {
    fields: Fields<'a>,
    order: Vec<usize>,
    kinds: Option<&'a StringArray>,
    arity: usize,
}

impl Encoder for Row<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.fields.column, row, "a ROW")?;
        let kind = self.kinds.map(|kinds| row_kind(kinds, row)).transpose()?;
        let before = if kind.is_some() { 2 } else { 0 };
        let rest = self.order.len() < self.arity;
        let Known { fields, rest } =
            self.fields.known(&self.order, rest, row, |n, undecoded| !bit(undecoded, before + n))?;
        // Behind the fields that have columns, the mask is that of the bytes that follow.
        let (mask, rest) = match rest {
            [] => (rest, rest),
            _ => rest.split_at_checked((before + self.arity).div_ceil(8)).ok_or_else(|| {
                Error::data(format!("{} bytes without the mask of their row", rest.len())).in_field("$undecoded")
            })?,
        };
        let parts = self.order.iter().take(fields).map(|index| self.fields.part(*index));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let kind_bits = kind.into_iter().flat_map(|kind| [kind & 1 != 0, kind & 2 != 0]);
        let nulls = parts.iter().map(|part| part.is_null(row));
        put_mask(kind_bits.chain(nulls).chain((fields..self.arity).map(|n| bit(mask, before + n))), out);
        for part in parts.into_iter().filter(|part| !part.is_null(row)) {
            part.encode(row, out)?;
        }
        out.extend(rest);
        Ok(())
    }
}

/// The number of a row kind.
pub(crate) fn row_kind(kinds: &StringArray, row: usize) -> Result<u8> {
    let error = |message: String| Error::data(message).in_field(ROW_KIND);
    if kinds.is_null(row) {
        return Err(error("NULL in place of a row kind".to_owned()));
    }
    let text = kinds.value(row);
    let number = (0..).zip(ROW_KINDS).find(|(_, kind)| *kind == text).map(|(number, _)| number);
    number.ok_or_else(|| error(format!("'{text}' is no row kind: there are +I, -U, +U and -D")))
}

fn bit(mask: &[u8], index: usize) -> bool {
    mask.get(index / 8).is_some_and(|byte| byte & (0x80 >> (index % 8)) != 0)
}
