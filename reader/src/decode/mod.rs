//! Encoded values to Arrow columns: one decoder per type family, one builder per column, nothing allocated per row.

mod assemble;
mod avro;
mod basic;
mod binary;
mod columns;
mod fixed;
mod json;
pub(crate) mod kryo;
mod list;
mod map;
mod mask;
mod nullable;
mod numbers;
mod opaque;
mod pojo;
mod read;
mod row;
mod row_data;
mod runtime;
mod skip;
mod struct_;
mod temporal;
#[cfg(test)]
mod tests;
mod text;

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use crate::types::{Framing, Type};

use list::Absence;

pub use columns::may_break_off;
pub use pojo::{PojoClass, PojoColumn, PojoLayout};
pub use skip::skip;

/// A decoder for values of this type, each of which ends where its bytes end.
///
/// A part of unknown length at the end of the value takes the bytes that are left as `Binary`; where parts follow it,
/// they and it become one `Binary` field `$undecoded` of the struct that holds them.
pub fn decoder(ty: &Type) -> Box<dyn Decoder> {
    decoder_at(ty, true)
}

/// As [`decoder`]; `tail` says whether the value ends where the cursor ends.
pub(crate) fn decoder_at(ty: &Type, tail: bool) -> Box<dyn Decoder> {
    if is_raw(ty, tail) {
        return opaque::decoder(ty, tail);
    }
    match ty {
        Type::Basic(basic) => basic::decoder(*basic),
        Type::Array(element) => list::array(*element),
        Type::ValueArray(element) => list::value_array(*element),
        Type::ObjectArray { element, .. } => list::decoder(element, Absence::PresenceByte),
        Type::Enum { class, constants } => text::java_enum(class, constants),
        Type::ScalaEnum { class, constants } => text::scala_enum(class, constants),
        Type::List { kind, element } => list::decoder(element, kind.into()),
        Type::Map { kind, key, value } => map::decoder(*kind, key, value),
        Type::Nullable { padding, inner } => nullable::nullable(*padding, inner, tail),
        Type::Option(inner) => nullable::option(inner, tail),
        Type::Either { kind, left, right } => nullable::either(*kind, left, right, tail),
        Type::Struct { fields, .. } => struct_::decoder(fields, tail),
        Type::Row { fields, row_kind } => row::decoder(fields, *row_kind, tail),
        Type::Pojo(pojo) => pojo::decoder(pojo, tail),
        Type::Timer { key, namespace } => struct_::timer(key, namespace, tail),
        Type::Ttl(value) => struct_::ttl(value, tail),
        Type::StreamElement(record) => runtime::stream_element(record, tail),
        Type::TwoPhaseCommit { nullable_pending, transaction, context } => {
            runtime::two_phase_commit(*nullable_pending, transaction, context, tail)
        }
        Type::Value { .. } => ty.value_basic().map_or_else(|| opaque::decoder(ty, tail), basic::decoder),
        Type::Avro { schema, .. } => avro::decoder(schema),
        Type::Kryo(kryo) => kryo::decoder(kryo, tail),
        Type::RowData(fields) => row_data::row_data(fields),
        Type::BinaryRowData { arity } => row_data::binary_row_data(*arity),
        Type::TableCollection(collection) => row_data::collection(collection).unwrap_or_else(binary::length_prefixed),
        Type::RawValue(inner) => row_data::raw_value(inner),
        Type::DecimalData { precision, scale } => row_data::decimal_data(*precision, *scale),
        Type::TimestampData { precision } => row_data::timestamp_data(*precision),
        _ => opaque::decoder(ty, tail),
    }
}

/// Whether a column has the bytes of values of this type as they are; `tail` as for a value that ends where its bytes
/// end.
pub fn is_raw(ty: &Type, tail: bool) -> bool {
    ty.framing() == Framing::Never && !(tail && has_open_end(ty))
}

/// Whether a part of unknown length leaves the parts before it decodable, when the value's end is known.
fn has_open_end(ty: &Type) -> bool {
    match ty {
        Type::TwoPhaseCommit { transaction, .. } => transaction.framing() != Framing::Never,
        Type::Nullable { .. }
        | Type::Option(_)
        | Type::Either { .. }
        | Type::Struct { .. }
        | Type::Row { .. }
        | Type::Pojo(_)
        | Type::Timer { .. }
        | Type::Ttl(_)
        | Type::StreamElement(_)
        | Type::Kryo(_) => true,
        _ => false,
    }
}

/// Reads a flag of one byte as Flink writes it: anything but 0 and 1 means that the bytes are no flag.
pub(crate) fn flag(input: &mut Cursor<'_>) -> Result<bool> {
    let start = input.offset();
    match input.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(Error::data(format!("flag {other} is neither 0 nor 1")).at(start)),
    }
}

/// Appends encoded values of one type to an Arrow column.
pub trait Decoder: Send {
    /// Decodes the value at `input`, moves past it and appends it.
    ///
    /// After an error the column is in an unknown state: drop the decoder.
    ///
    /// # Errors
    /// Bytes that contradict the type.
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()>;

    /// Appends a null.
    fn append_null(&mut self);

    /// Takes the column and starts a new one.
    fn finish(&mut self) -> ArrayRef;

    /// How many of the values appended so far could not be decoded for a reason that their type did not show, and why.
    ///
    /// Their bytes are in a `$undecoded` or `$bytes` field.
    fn undecoded(&self) -> Option<Undecoded> {
        None
    }

    /// Decodes many values, each of which must fill its bytes exactly.
    ///
    /// `data` starts at byte `offset` of the file, `spans` are ranges in `data`. The default calls [`Self::append`];
    /// it is monomorphic per decoder, so the loop has no virtual call per row.
    ///
    /// # Errors
    /// As [`Self::append`], and bytes that are left over.
    fn append_all(&mut self, data: &[u8], offset: u64, spans: &[Span]) -> Result<()> {
        for span in spans {
            let mut input = span.cursor(data, offset)?;
            self.append(&mut input)?;
            input.expect_end()?;
        }
        Ok(())
    }
}

/// Values whose bytes are given as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecoded {
    /// How many.
    pub values: u64,
    /// Why, for the first of them.
    pub reason: String,
}

/// A range of bytes in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A cursor over this range of `data`, whose first byte is byte `offset` of the file.
    ///
    /// # Errors
    /// A range outside `data`: a defect of the caller.
    #[inline]
    pub fn cursor(self, data: &[u8], offset: u64) -> Result<Cursor<'_>> {
        data.get(self.start as usize..self.end as usize)
            .map(|bytes| Cursor::with_offset(bytes, offset + u64::from(self.start)))
            .ok_or_else(|| Error::bug("span outside of its buffer"))
    }
}
