//! Types without parameters.

use arrow_array::Array;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use flink_state_reader::types::Basic;

use crate::{Error, Result};

use super::fixed::{boolean, never, nothing, primitive};
use super::{Encoder, binary, list, numbers, runtime, struct_, temporal, text};

/// An encoder of a type without parameters.
pub(super) fn encoder<'a>(basic: Basic, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let what = basic.name();
    match basic {
        Basic::Boolean | Basic::BooleanValue => boolean(column, what),
        Basic::Byte | Basic::ByteValue => primitive::<Int8Type, 1>(column, what, None, |v| Ok(v.to_be_bytes())),
        Basic::Short | Basic::ShortValue => primitive::<Int16Type, 2>(column, what, None, |v| Ok(v.to_be_bytes())),
        Basic::Int | Basic::IntValue => primitive::<Int32Type, 4>(column, what, None, |v| Ok(v.to_be_bytes())),
        Basic::Long | Basic::LongValue | Basic::CountWindow => {
            primitive::<Int64Type, 8>(column, what, None, |v| Ok(v.to_be_bytes()))
        }
        Basic::SortedLong => primitive::<Int64Type, 8>(column, what, None, |v| Ok(sorted_long(v))),
        Basic::Float | Basic::FloatValue => primitive::<Float32Type, 4>(column, what, None, |v| Ok(v.to_be_bytes())),
        Basic::Double | Basic::DoubleValue => primitive::<Float64Type, 8>(column, what, None, |v| Ok(v.to_be_bytes())),
        Basic::Char | Basic::CharValue => primitive::<UInt16Type, 2>(column, what, None, |v| Ok(v.to_be_bytes())),
        Basic::String => text::flink_string(column),
        Basic::StringValue => text::string_value(column),
        Basic::NullValue => Ok(nothing(&[])),
        Basic::Void | Basic::Null | Basic::Unit | Basic::VoidNamespace => Ok(nothing(&[0])),
        Basic::Tuple0 => Ok(nothing(&[42])),
        Basic::Nothing => Ok(never()),
        Basic::BigInt => numbers::big_int(column),
        Basic::BigDecimal => numbers::big_decimal(column),
        Basic::Date | Basic::SqlDate | Basic::SqlTime => primitive::<TimestampMillisecondType, 8>(
            column,
            what,
            Some(i64::MIN.to_be_bytes()),
            |v| Ok(v.to_be_bytes()),
        ),
        Basic::SqlTimestamp => {
            let null = Some(temporal::SQL_TIMESTAMP_NULL);
            primitive::<TimestampNanosecondType, 12>(column, what, null, |v| Ok(temporal::sql_timestamp(v)))
        }
        Basic::Instant => {
            let null = Some(temporal::INSTANT_NULL);
            primitive::<TimestampNanosecondType, 12>(column, what, null, |v| Ok(temporal::instant(v)))
        }
        Basic::LocalDate => {
            let null = Some(temporal::LOCAL_DATE_NULL);
            primitive::<Date32Type, 6>(column, what, null, |v| temporal::local_date(v.into()))
        }
        Basic::LocalTime => {
            primitive::<Time64NanosecondType, 7>(column, what, Some(temporal::LOCAL_TIME_NULL), temporal::local_time)
        }
        Basic::LocalDateTime => {
            let null = Some(temporal::LOCAL_DATE_TIME_NULL);
            primitive::<TimestampNanosecondType, 13>(column, what, null, temporal::local_date_time)
        }
        Basic::GlobalWindow | Basic::SqlGlobalWindow => text::constant("GlobalWindow", column),
        Basic::TimeWindow | Basic::SqlTimeWindow => struct_::window(column),
        Basic::Variant => runtime::variant(column),
        Basic::DeweyNumber => list::array(Basic::Int, column),
        Basic::EventId => struct_::event_id(column),
        Basic::StringData => text::utf8(column, what),
        Basic::Bitmap | Basic::ByteArrayWrapper => binary::length_prefixed(column, what),
        Basic::JavaObject => binary::java_object(column),
        Basic::Utf => text::utf(column),
        _ => Err(Error::unsupported(format!("values of {what} can't be written yet"))),
    }
}

/// A `long` whose sign bit is flipped, so that its bytes sort as it does.
pub(super) fn sorted_long(value: i64) -> [u8; 8] {
    (value ^ i64::MIN).to_be_bytes()
}
