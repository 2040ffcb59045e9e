//! Moves past values without decoding them.

use crate::bytes::{Cursor, skip_flink_string, skip_string_value};
use crate::error::Result;
use crate::types::{Basic, Type};

use super::{avro, kryo, numbers, opaque, row_data};

/// Moves past one value of this type.
///
/// # Errors
/// Truncated or contradicting bytes; [`Unsupported`](crate::ErrorKind::Unsupported), naming the class, when the
/// value's length can't be known.
pub fn skip(ty: &Type, input: &mut Cursor<'_>) -> Result<()> {
    match ty {
        Type::Basic(basic) => skip_basic(*basic, input),
        Type::Enum { .. } | Type::ScalaEnum { .. } => input.take(4).map(drop),
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
        Basic::Bitmap | Basic::ByteArrayWrapper | Basic::StringData => input.length_prefixed().map(drop),
        Basic::VoidNamespace => input.take(1).map(drop),
        _ => match usize::try_from(basic.length()) {
            Ok(length) => input.take(length).map(drop),
            Err(_) => Err(opaque::unframed(&Type::Basic(basic), input)),
        },
    }
}
