//! Maps: `i32` count, then for each entry a key, a null byte and a value.
//!
//! ```text
//! entry of a map             key  null byte  [value]
//! entry of a null-aware map  null byte  [key]  null byte  [value]
//! ```
//! Arrow's maps have no null keys. Where Flink writes them by design (null-aware maps), or where a null can't be told
//! from the bytes, the column is a list of structs with `key` and `value`.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, Field, Fields};

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Basic, MapKind, Type};

use super::assemble::{ListShape, total};
use super::list::{Bound, count};
use super::nullable::is_wrapped;
use super::{Decoder, Undecoded, decoder_at, flag, skip};

/// A map.
pub(super) fn decoder(kind: MapKind, key: &Type, value: &Type) -> Box<dyn Decoder> {
    Box::new(Map {
        kind,
        key: key.clone(),
        keys: decoder_at(key, false),
        values: decoder_at(value, false),
        shape: ListShape::new(),
        null_keys: kind == MapKind::NullAware || !tells_null(key),
    })
}

/// Moves past a map.
pub(super) fn skip_map(kind: MapKind, key: &Type, value: &Type, input: &mut Cursor<'_>) -> Result<()> {
    for _ in 0..count(input, Bound::Bytes)? {
        if kind != MapKind::NullAware || !flag(input)? {
            skip(key, input).in_field("key")?;
        }
        if !flag(input)? {
            skip(value, input).in_field("value")?;
        }
    }
    Ok(())
}

struct Map {
    kind: MapKind,
    key: Type,
    keys: Box<dyn Decoder>,
    values: Box<dyn Decoder>,
    shape: ListShape,
    /// Whether the column is a list of structs.
    null_keys: bool,
}

impl Map {
    fn append_key(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        if self.kind == MapKind::NullAware && flag(input)? {
            self.keys.append_null();
            return Ok(());
        }
        if !self.null_keys && is_null(&self.key, *input) {
            return Err(Error::unsupported("a null key in a map, which Arrow's maps can't hold").at(input.offset()));
        }
        self.keys.append(input)
    }

    fn append_value(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        if flag(input)? {
            self.values.append_null();
            return Ok(());
        }
        self.values.append(input)
    }
}

impl Decoder for Map {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let count = count(input, Bound::Bytes)?;
        for _ in 0..count {
            self.append_key(input).in_field("key")?;
            self.append_value(input).in_field("value")?;
        }
        self.shape.append(count).map_err(|e| e.at(start))
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let (keys, values) = (self.keys.finish(), self.values.finish());
        if !self.null_keys {
            return self.shape.finish_map(keys, values, true);
        }
        let field = |name, column: &ArrayRef| Field::new(name, column.data_type().clone(), true);
        let fields = Fields::from(vec![field("key", &keys), field("value", &values)]);
        self.shape.finish_list(Arc::new(StructArray::new(fields, vec![keys, values], None)))
    }

    fn undecoded(&self) -> Option<Undecoded> {
        total([self.keys.undecoded(), self.values.undecoded()])
    }
}

/// Whether [`is_null`] knows the nulls of this type.
fn tells_null(ty: &Type) -> bool {
    match ty {
        Type::Nullable { inner, .. } | Type::Option(inner) => tells_null(inner),
        Type::Basic(basic) => *basic != Basic::Nothing && decoder_at(ty, false).finish().data_type() != &DataType::Null,
        Type::Avro { .. } | Type::Kryo(_) | Type::RawValue(_) | Type::Value { .. } | Type::Opaque(_) => false,
        _ => true,
    }
}

/// Whether the value that starts here becomes a null, or is an error.
fn is_null(ty: &Type, mut input: Cursor<'_>) -> bool {
    match ty {
        Type::Nullable { inner, .. } => match input.u8() {
            Ok(0) => !is_wrapped(inner) && is_null(inner, input),
            _ => true,
        },
        Type::Option(inner) => match input.u8() {
            Ok(1) => !is_wrapped(inner) && is_null(inner, input),
            _ => true,
        },
        Type::Pojo(_) => input.u8().is_ok_and(|flags| flags == 1),
        Type::Basic(basic) => match basic {
            Basic::String => input.vlq().is_ok_and(|length| length == 0),
            Basic::BigInt | Basic::BigDecimal => input.i32().is_ok_and(|length| length == 0),
            Basic::Date | Basic::SqlDate | Basic::SqlTime | Basic::SqlTimestamp => {
                input.i64().is_ok_and(|millis| millis == i64::MIN)
            }
            Basic::Instant => input.i64().is_ok_and(|seconds| seconds == i64::MIN),
            Basic::LocalDate | Basic::LocalDateTime => input.i32().is_ok_and(|year| year == i32::MIN),
            Basic::LocalTime => input.i8().is_ok_and(|hour| hour == i8::MIN),
            _ => false,
        },
        _ => false,
    }
}
