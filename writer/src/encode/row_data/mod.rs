//! Values of the Table API: binary rows, arrays and maps, and its scalars on their own.
//!
//! The byte diagrams are in the reader's decoder. Strings longer than a type's length are written as they are, as
//! Flink does; decimals of too many digits are errors.

mod nested;
mod scalar;
mod slot;
mod structure;

use arrow_array::{Array, BinaryArray, StringArray};
use flink_state_reader::types::{LogicalField, LogicalRoot, LogicalType, Type};

use crate::{Error, Result};

use super::binary::{put_length_prefixed, put_sized};
use super::column::{binaries, child, no_null, not_null, strings, structs};
use super::row::row_kind;
use super::{Encoder, binary};

pub(super) use scalar::{decimal_data, timestamp_data};

/// How a null is written whose type has room in the variable part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NullForm {
    /// A slot of zeros, as the serializers write it.
    Plain,
    /// Empty room in the variable part, as generated code writes it.
    Generated,
}

/// `RowData`.
pub(super) fn row_data<'a>(
    fields: &[LogicalField],
    column: &'a dyn Array,
    nulls: NullForm,
) -> Result<Box<dyn Encoder + 'a>> {
    Ok(sized("ROWDATA", column, nested::row(fields, column, nulls)?))
}

/// `ArrayData`, `MapData` and other structures that have a serializer of their own.
pub(super) fn collection<'a>(ty: &LogicalType, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let structure = match &ty.root {
        LogicalRoot::Array(element) => nested::array(element, column)?,
        LogicalRoot::Map(key, value) => nested::map(key, value, column)?,
        LogicalRoot::Multiset(element) => nested::multiset(element, column)?,
        LogicalRoot::Row(fields) => nested::row(fields, column, NullForm::Plain)?,
        _ => return binary::length_prefixed(column, "a value of the Table API"),
    };
    Ok(sized("a value of the Table API", column, structure))
}

/// `RawValueData`.
pub(super) fn raw_value<'a>(inner: &Type, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    Ok(sized("a RAW value", column, super::encoder_at(inner, column, true)?))
}

fn sized<'a>(what: &'static str, column: &'a dyn Array, structure: Box<dyn Encoder + 'a>) -> Box<dyn Encoder + 'a> {
    Box::new(Sized { what, column, structure })
}

/// A structure behind its size.
struct Sized<'a> {
    what: &'static str,
    column: &'a dyn Array,
    structure: Box<dyn Encoder + 'a>,
}

impl Encoder for Sized<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, self.what)?;
        put_sized(out, |out| self.structure.encode(row, out))
    }
}

/// `BinaryRowData`: a struct of `$row`, all its bytes, and `$row_kind`, which is the first of them.
pub(super) fn binary_row_data<'a>(arity: usize, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let fields = structs(column)?;
    let (rows, kinds) = (binaries(child(fields, "$row")?)?, strings(child(fields, "$row_kind")?)?);
    Ok(Box::new(BinaryRow { column, rows, kinds, size: structure::row_size(arity) }))
}

struct BinaryRow<'a> {
    column: &'a dyn Array,
    rows: &'a BinaryArray,
    kinds: &'a StringArray,
    /// The bytes that every row of this arity has.
    size: usize,
}

impl Encoder for BinaryRow<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "BINARY_ROWDATA")?;
        if self.rows.is_null(row) {
            return Err(no_null("the bytes of a row").in_field("$row"));
        }
        let bytes = self.rows.value(row);
        if bytes.len() < self.size || !bytes.len().is_multiple_of(8) {
            let message = format!("{} bytes are no binary row, which has {} at least", bytes.len(), self.size);
            return Err(Error::data(message).in_field("$row"));
        }
        let start = out.len() + 4;
        put_length_prefixed(bytes, out)?;
        let kind = row_kind(self.kinds, row)?;
        if let Some(first) = out.get_mut(start) {
            *first = kind;
        }
        Ok(())
    }
}
