//! Encoded values to Arrow columns: one decoder per type family, one builder per column, nothing allocated per row.

mod assemble;
mod avro;
mod basic;
mod binary;
mod fixed;
mod json;
pub(crate) mod kryo;
mod numbers;
mod opaque;
mod read;
mod row_data;
mod skip;
mod temporal;
mod text;

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use crate::types::Type;

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
    match ty {
        Type::Basic(basic) => basic::decoder(*basic, tail),
        Type::Enum { class, constants } => text::java_enum(class, constants),
        Type::ScalaEnum { class, constants } => text::scala_enum(class, constants),
        Type::Avro { schema, .. } => avro::decoder(schema),
        Type::Kryo(kryo) => kryo::decoder(kryo, tail),
        Type::RowData(fields) => row_data::row_data(fields),
        Type::BinaryRowData { arity } => row_data::binary_row_data(*arity),
        Type::TableCollection(collection) => {
            row_data::collection(collection).unwrap_or_else(|| opaque::decoder(ty, tail))
        }
        Type::RawValue(inner) => row_data::raw_value(inner),
        Type::DecimalData { precision, scale } => row_data::decimal_data(*precision, *scale),
        Type::TimestampData { precision } => row_data::timestamp_data(*precision),
        _ => opaque::decoder(ty, tail),
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
