//! Arrow columns to encoded values: the inverse of [`flink_state_reader::decode`], one encoder per type family.
//!
//! ```text
//! Type + column of arrow_type(Type) -> Encoder -> the bytes that Flink's serializer writes for a row
//! ```
//! A value is written as Flink writes it or not at all: what a serializer has no form for (a NULL, a number out of its
//! range, an enum constant that it does not know) is an error with the value and the path of its field. Nothing is
//! rounded, cut or padded.
//!
//! What the decoder gave as bytes goes back as it is: `$undecoded`, `$bytes` of Kryo values, opaque values. Where the
//! columns leave open which bytes are meant, the value is refused; the caller still has its bytes.

mod avro;
mod basic;
mod binary;
pub(crate) mod column;
mod fields;
mod fixed;
mod kryo;
mod list;
mod map;
mod nullable;
mod numbers;
mod pojo;
mod row;
mod row_data;
mod runtime;
mod struct_;
pub(crate) mod temporal;
mod text;

use arrow_array::Array;
use flink_state_reader::decode::is_raw;
use flink_state_reader::types::Type;

use crate::{Error, Result};

use list::Absence;
use row_data::NullForm;

pub(crate) use column::check_type;
pub(crate) use kryo::{Zoned, offset_seconds, parse_duration, parse_period, parse_uuid};
pub(crate) use list::range;
pub(crate) use map::entries;
pub(crate) use numbers::{Decimal, parse_integer};
pub(crate) use row::row_kind;

/// Encodes the values of a column.
pub trait Encoder: Send {
    /// Appends the value at `row`.
    ///
    /// A NULL becomes what the serializer writes for Java's null. After an error `out` may hold a part of the value.
    ///
    /// # Errors
    /// A value, or a NULL, that the serializer can't write; a row that the column does not have.
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()>;
}

/// An encoder of the values of a column.
///
/// The column's type must be [`arrow_type(ty)`](flink_state_reader::types::arrow_type); whether fields can be null,
/// their metadata and the names of list items do not matter. Query engines yield other types for the same values
/// (`LargeUtf8`, `Utf8View`, `BinaryView`, dictionaries, run ends): cast them first, `arrow_cast` does.
///
/// ```
/// use arrow_array::StringArray;
/// use flink_state_writer::encode::encoder;
///
/// let column = StringArray::from(vec![Some("hello"), None]);
/// let encoder = encoder(&"STRING".parse()?, &column)?;
/// let mut out = Vec::new();
/// encoder.encode(0, &mut out)?;
/// encoder.encode(1, &mut out)?;
/// assert_eq!(out, b"\x06hello\x00");
/// # Ok::<(), flink_state_writer::Error>(())
/// ```
///
/// # Errors
/// A column of another type, naming both; a type that can't be written.
pub fn encoder<'a>(ty: &Type, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    check_type(ty, column)?;
    Ok(Box::new(Root { encoder: encoder_at(ty, column, true)?, rows: column.len() }))
}

/// As [`encoder`], for keys of the Table API's generated code.
///
/// Generated code writes a null `DECIMAL` of more than 18 digits, and a null `TIMESTAMP` of more than 3, with empty
/// room in the variable part. Keys are compared by their bytes, so a new key must be written in this form.
///
/// # Errors
/// As [`encoder`].
pub fn key_encoder<'a>(ty: &Type, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let Type::RowData(fields) = ty else { return encoder(ty, column) };
    check_type(ty, column)?;
    Ok(Box::new(Root { encoder: row_data::row_data(fields, column, NullForm::Generated)?, rows: column.len() }))
}

struct Root<'a> {
    encoder: Box<dyn Encoder + 'a>,
    rows: usize,
}

impl Encoder for Root<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if row >= self.rows {
            return Err(Error::bug(format!("row {row} of a column of {}", self.rows)));
        }
        self.encoder.encode(row, out)
    }
}

/// As [`encoder`], for a column of the right type; `tail` says whether the value ends where its bytes end.
fn encoder_at<'a>(ty: &Type, column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    if is_raw(ty, tail) {
        return binary::raw(ty, column, tail);
    }
    match ty {
        Type::Basic(basic) => basic::encoder(*basic, column),
        Type::Array(element) => list::array(*element, column),
        Type::ValueArray(element) => list::value_array(*element, column),
        Type::ObjectArray { element, .. } => list::encoder(element, column, Absence::PresenceByte),
        Type::Enum { class, constants } => text::java_enum(class, constants, column),
        Type::ScalaEnum { class, constants } => text::scala_enum(class, constants, column),
        Type::List { kind, element } => list::encoder(element, column, kind.into()),
        Type::Map { kind, key, value } => map::encoder(*kind, key, value, column),
        Type::Nullable { padding, inner } => nullable::nullable(*padding, inner, column, tail),
        Type::Option(inner) => nullable::option(inner, column, tail),
        Type::Either { kind, left, right } => nullable::either(*kind, left, right, column, tail),
        Type::Struct { fields, .. } => struct_::encoder(fields, column, tail),
        Type::Row { fields, row_kind } => row::encoder(fields, *row_kind, column, tail),
        Type::Pojo(pojo) => pojo::encoder(pojo, column, tail),
        Type::Timer { key, namespace } => struct_::timer(key, namespace, column, tail),
        Type::Ttl(value) => struct_::ttl(value, column, tail),
        Type::StreamElement(record) => runtime::stream_element(record, column, tail),
        Type::TwoPhaseCommit { nullable_pending, transaction, context } => {
            runtime::two_phase_commit(*nullable_pending, transaction, context, column, tail)
        }
        Type::Value { .. } => match ty.value_basic() {
            Some(basic) => basic::encoder(basic, column),
            None => binary::raw(ty, column, tail),
        },
        Type::Avro { schema, .. } => avro::encoder(schema, column),
        Type::Kryo(kryo) => kryo::encoder(kryo, column),
        Type::RowData(fields) => row_data::row_data(fields, column, NullForm::Plain),
        Type::BinaryRowData { arity } => row_data::binary_row_data(*arity, column),
        Type::TableCollection(collection) => row_data::collection(collection, column),
        Type::RawValue(inner) => row_data::raw_value(inner, column),
        Type::DecimalData { precision, .. } => row_data::decimal_data(*precision, column),
        Type::TimestampData { precision } => row_data::timestamp_data(*precision, column),
        _ => binary::raw(ty, column, tail),
    }
}
