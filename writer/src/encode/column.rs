//! Columns as encoders see them: checked types, parts of structs, errors about NULLs.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrowPrimitiveType, BinaryArray, PrimitiveArray, StringArray, StructArray};
use arrow_schema::{DataType, Field};
use flink_state_reader::types::{Basic, Type, arrow_type};
use flink_state_reader::{Context, Error, Result};

use super::{Encoder, encoder_at};

/// Fails unless the column is of the type that values of `ty` are decoded to.
pub(crate) fn check_type(ty: &Type, column: &dyn Array) -> Result<()> {
    let expected = arrow_type(ty);
    if same(&expected, column.data_type()) {
        return Ok(());
    }
    Err(Error::usage(format!("column of {}, but {ty} needs {expected}", column.data_type()))
        .with_hint("cast the column to this type in the query"))
}

/// Equality but for whether fields can be null, their metadata, and the names of list items and map entries.
fn same(a: &DataType, b: &DataType) -> bool {
    match (a, b) {
        (DataType::List(a), DataType::List(b)) => same(a.data_type(), b.data_type()),
        (DataType::Map(a, _), DataType::Map(b, _)) => match (a.data_type(), b.data_type()) {
            (DataType::Struct(a), DataType::Struct(b)) => all(a, b, |a, b| same(a.data_type(), b.data_type())),
            _ => false,
        },
        (DataType::Struct(a), DataType::Struct(b)) => {
            all(a, b, |a, b| a.name() == b.name() && same(a.data_type(), b.data_type()))
        }
        _ => a == b,
    }
}

fn all(a: &[impl AsRef<Field>], b: &[impl AsRef<Field>], test: impl Fn(&Field, &Field) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| test(a.as_ref(), b.as_ref()))
}

pub(crate) fn primitive<T: ArrowPrimitiveType>(column: &dyn Array) -> Result<&PrimitiveArray<T>> {
    column.as_primitive_opt().ok_or_else(|| unexpected(column))
}

pub(crate) fn strings(column: &dyn Array) -> Result<&StringArray> {
    column.as_string_opt().ok_or_else(|| unexpected(column))
}

pub(crate) fn binaries(column: &dyn Array) -> Result<&BinaryArray> {
    column.as_binary_opt().ok_or_else(|| unexpected(column))
}

pub(crate) fn structs(column: &dyn Array) -> Result<&StructArray> {
    column.as_struct_opt().ok_or_else(|| unexpected(column))
}

/// The column of a field.
pub(crate) fn child<'a>(column: &'a StructArray, name: &str) -> Result<&'a dyn Array> {
    match column.column_by_name(name) {
        Some(child) => Ok(child.as_ref()),
        None => Err(Error::bug(format!("no field {name} in {}", column.data_type()))),
    }
}

/// Types are checked at the root, so this is a defect.
pub(crate) fn unexpected(column: &dyn Array) -> Error {
    Error::bug(format!("encoder for another type than {}", column.data_type()))
}

/// The error for a NULL that a serializer has no form for.
pub(super) fn no_null(what: impl std::fmt::Display) -> Error {
    Error::data(format!("NULL where {what} has no null"))
}

/// Fails for a NULL.
pub(super) fn not_null(column: &dyn Array, row: usize, what: impl std::fmt::Display) -> Result<()> {
    if column.is_null(row) { Err(no_null(what)) } else { Ok(()) }
}

/// A part of a value: an element, or a field with its name.
pub(super) struct Part<'a> {
    pub(super) name: String,
    column: &'a dyn Array,
    encoder: Box<dyn Encoder + 'a>,
}

impl<'a> Part<'a> {
    pub(super) fn new(name: impl Into<String>, ty: &Type, column: &'a dyn Array, tail: bool) -> Result<Self> {
        let name = name.into();
        let encoder = encoder_at(ty, column, tail).in_field(&name)?;
        Ok(Self { name, column, encoder })
    }

    /// A part behind a marker of whether it is there. A column of Arrow's `Null` does not tell that.
    pub(super) fn marked(name: impl Into<String>, ty: &Type, column: &'a dyn Array, tail: bool) -> Result<Self> {
        let part = Self::new(name, ty, column, tail)?;
        if part.says_nothing() && !matches!(ty, Type::Basic(Basic::Void | Basic::Null)) {
            let message = format!("{ty} behind a null marker: its column does not say which values are there");
            return Err(Error::unsupported(message).in_field(part.name));
        }
        Ok(part)
    }

    /// A field of a struct.
    pub(super) fn field(name: &str, ty: &Type, column: &'a StructArray, tail: bool) -> Result<Self> {
        Self::new(name, ty, child(column, name)?, tail)
    }

    /// A field with an encoder of its own.
    pub(super) fn of(name: &str, column: &'a dyn Array, encoder: Box<dyn Encoder + 'a>) -> Self {
        Self { name: name.to_owned(), column, encoder }
    }

    /// Whether the values say nothing, not even whether they are there.
    pub(super) fn says_nothing(&self) -> bool {
        *self.column.data_type() == DataType::Null
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.says_nothing() || self.column.is_null(row)
    }

    pub(super) fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        self.encoder.encode(row, out).in_field(&self.name)
    }

    /// Fails for a value, which would be lost.
    pub(super) fn expect_null(&self, row: usize, reason: impl FnOnce() -> String) -> Result<()> {
        if self.is_null(row) {
            return Ok(());
        }
        Err(Error::data(reason()).in_field(self.name.as_str()))
    }
}
