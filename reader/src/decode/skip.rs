//! Moves past values without decoding them.

use crate::bytes::{Cursor, skip_flink_string, skip_string_value};
use crate::error::{Context, Result};
use crate::java::stream::skip_object;
use crate::types::{Basic, Type};

use super::list::{self, Absence};
use super::{avro, kryo, map, nullable, numbers, opaque, pojo, row, row_data, runtime};

/// Moves past one value of this type.
///
/// # Errors
/// Truncated or contradicting bytes; [`Unsupported`](crate::ErrorKind::Unsupported), naming the class, when the
/// value's length can't be known.
pub fn skip(ty: &Type, input: &mut Cursor<'_>) -> Result<()> {
    match ty {
        Type::Basic(basic) => skip_basic(*basic, input),
        Type::Array(element) => skip_array(*element, input),
        Type::ValueArray(element) => list::skip_value_array(*element, input),
        Type::ObjectArray { element, .. } => list::skip_list(element, Absence::PresenceByte, input),
        Type::Enum { .. } | Type::ScalaEnum { .. } => input.take(4).map(drop),
        Type::List { kind, element } => list::skip_list(element, kind.into(), input),
        Type::Map { kind, key, value } => map::skip_map(*kind, key, value, input),
        Type::Nullable { padding, inner } => nullable::skip_nullable(*padding, inner, input),
        Type::Option(inner) => nullable::skip_option(inner, input),
        Type::Either { kind, left, right } => nullable::skip_either(*kind, left, right, input),
        Type::Struct { fields, .. } => fields.iter().try_for_each(|f| skip(&f.ty, input).in_field(&f.name)),
        Type::Row { fields, row_kind } => row::skip_row(fields, *row_kind, input),
        Type::Pojo(pojo) => pojo::skip_pojo(pojo, input),
        Type::Timer { key, namespace } => {
            input.take(8)?;
            skip(key, input).in_field("key")?;
            skip(namespace, input).in_field("namespace")
        }
        Type::Ttl(value) => {
            input.take(8)?;
            skip(value, input).in_field("value")
        }
        Type::StreamElement(record) => runtime::skip_stream_element(record, input),
        Type::TwoPhaseCommit { nullable_pending, transaction, context } => {
            runtime::skip_two_phase_commit(*nullable_pending, transaction, context, input)
        }
        Type::Value { .. } => match ty.value_basic() {
            Some(basic) => skip_basic(basic, input),
            None => Err(opaque::unframed(ty, input)),
        },
        Type::Avro { schema, .. } => avro::skip(schema, input),
        Type::Kryo(kryo) => kryo::skip(kryo, input),
        Type::RowData(_) | Type::BinaryRowData { .. } | Type::TableCollection(_) | Type::RawValue(_) => {
            input.length_prefixed().map(drop)
        }
        Type::DecimalData { precision, .. } => row_data::skip_decimal_data(*precision, input),
        Type::TimestampData { precision } => row_data::skip_timestamp_data(*precision, input),
        _ => Err(opaque::unframed(ty, input)),
    }
}

/// Elements of one length are skipped at once.
fn skip_array(element: Basic, input: &mut Cursor<'_>) -> Result<()> {
    match usize::try_from(element.length()) {
        Ok(length) => {
            let count = input.count(length)?;
            input.take(count.saturating_mul(length)).map(drop)
        }
        Err(_) => list::skip_list(&Type::Basic(element), Absence::No, input),
    }
}

fn skip_basic(basic: Basic, input: &mut Cursor<'_>) -> Result<()> {
    match basic {
        Basic::String => skip_flink_string(input),
        Basic::StringValue => skip_string_value(input),
        Basic::BigInt => numbers::skip_big_int(input).map(drop),
        Basic::BigDecimal => {
            if numbers::skip_big_int(input)? {
                input.take(4)?;
            }
            Ok(())
        }
        Basic::JavaObject => skip_object(input),
        Basic::Utf => {
            let length = input.u16()?;
            input.take(length.into()).map(drop)
        }
        Basic::DeweyNumber => skip_array(Basic::Int, input),
        Basic::Variant => runtime::skip_variant(input),
        Basic::Bitmap | Basic::ByteArrayWrapper | Basic::StringData => input.length_prefixed().map(drop),
        Basic::VoidNamespace => input.take(1).map(drop),
        _ => match usize::try_from(basic.length()) {
            Ok(length) => input.take(length).map(drop),
            Err(_) => Err(opaque::unframed(&Type::Basic(basic), input)),
        },
    }
}
