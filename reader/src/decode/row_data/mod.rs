//! Values of the Table API: binary rows, arrays and maps, and its scalars on their own.
//!
//! ```text
//! RowData, ArrayData, MapData   i32 size, structure of that size (see `binary`)
//! RawValueData                  i32 size, what its inner serializer wrote
//! StringData                    i32 size, UTF-8
//! DecimalData                   up to 18 digits: i64 unscaled; else i32 size, big-endian two's complement
//! TimestampData                 i64 ms; above precision 3 also i32 nanoseconds of the millisecond
//! ```
//!
//! | logical type | Arrow |
//! |---|---|
//! | `CHAR`, `VARCHAR` | `Utf8` |
//! | `BINARY`, `VARBINARY` | `Binary` |
//! | `DECIMAL(p, s)` | `Decimal128(p, s)` |
//! | `DATE`, `TIME` | `Date32`, `Time32(ms)` |
//! | `TIMESTAMP(p)` | `Timestamp`, by p: up to 3 ms, up to 6 us, else ns |
//! | `TIMESTAMP_LTZ(p)` | the same in UTC |
//! | `INTERVAL YEAR TO MONTH`, `INTERVAL DAY TO SECOND` | `Interval(YearMonth)`, `Duration(ms)` |
//! | `ARRAY`, `MAP`, `MULTISET` | `List`, `Map`, `Map` to `Int32` |
//! | row | `Struct` that ends with `$row_kind` |
//! | `ROW`, structured in another value | `Struct`; its row kind is always `+I` |
//! | `VARIANT` | `Struct` of two `Binary`: `value`, `metadata` |
//! | `RAW` | what its serializer's type becomes |
//! | a type that can't be decoded | `Binary`: the 8 bytes of its slot; in an array or map, all of that |
//! | row without types (`BinaryRowData`) | `Struct` of `$row`, all its bytes, and `$row_kind` |
//!
//! `NOT NULL` is a promise of the planner that nothing enforces: every field can be null. Timestamps that do not fit
//! are errors that name them; so are null keys of maps, for which Arrow has no form.

mod binary;
mod column;
mod nested;
mod scalar;
#[cfg(test)]
mod tests;
mod value;

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::Result;
use crate::types::{LogicalField, LogicalRoot, LogicalType, Type};

use super::{Decoder, Undecoded};

pub(super) use scalar::{decimal_data, skip_decimal_data, skip_timestamp_data, timestamp_data};

/// `RowData`.
pub(super) fn row_data(fields: &[LogicalField]) -> Box<dyn Decoder> {
    sized(nested::row(fields))
}

/// `BinaryRowData`.
pub(super) fn binary_row_data(arity: usize) -> Box<dyn Decoder> {
    sized(nested::untyped_row(arity))
}

/// `ArrayData`, `MapData` and other structures that have a serializer of their own; `None` for a scalar.
pub(super) fn collection(ty: &LogicalType) -> Option<Box<dyn Decoder>> {
    let structure = match &ty.root {
        LogicalRoot::Array(element) => nested::array(element),
        LogicalRoot::Map(key, value) => nested::map(key, value),
        LogicalRoot::Multiset(element) => nested::multiset(element),
        LogicalRoot::Row(fields) => nested::row(fields),
        _ => return None,
    };
    Some(sized(structure))
}

/// `RawValueData`.
pub(super) fn raw_value(inner: &Type) -> Box<dyn Decoder> {
    sized(super::decoder(inner))
}

fn sized(structure: Box<dyn Decoder>) -> Box<dyn Decoder> {
    Box::new(Sized(structure))
}

/// A structure behind its size.
struct Sized(Box<dyn Decoder>);

impl Decoder for Sized {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let size = input.count(1)?;
        let start = input.offset();
        let mut structure = Cursor::with_offset(input.take(size)?, start);
        self.0.append(&mut structure)?;
        structure.expect_end()
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.0.undecoded()
    }
}
