//! Types without parameters.

use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_schema::{DataType, TimeUnit};

use crate::types::Basic;

use super::fixed::{boolean, never, nothing, primitive};
use super::{Decoder, binary, list, numbers, read, runtime, struct_, temporal, text};

/// A decoder of a type without parameters.
pub(super) fn decoder(basic: Basic) -> Box<dyn Decoder> {
    match basic {
        Basic::Boolean | Basic::BooleanValue => boolean(),
        Basic::Byte | Basic::ByteValue => primitive::<Int8Type, 1>(DataType::Int8, |b| Ok(Some(i8::from_be_bytes(b)))),
        Basic::Short | Basic::ShortValue => {
            primitive::<Int16Type, 2>(DataType::Int16, |b| Ok(Some(i16::from_be_bytes(b))))
        }
        Basic::Int | Basic::IntValue => primitive::<Int32Type, 4>(DataType::Int32, |b| Ok(Some(i32::from_be_bytes(b)))),
        Basic::Long | Basic::LongValue | Basic::CountWindow => {
            primitive::<Int64Type, 8>(DataType::Int64, |b| Ok(Some(i64::from_be_bytes(b))))
        }
        Basic::SortedLong => primitive::<Int64Type, 8>(DataType::Int64, |b| Ok(Some(sorted_long(b)))),
        Basic::Float | Basic::FloatValue => {
            primitive::<Float32Type, 4>(DataType::Float32, |b| Ok(Some(f32::from_be_bytes(b))))
        }
        Basic::Double | Basic::DoubleValue => {
            primitive::<Float64Type, 8>(DataType::Float64, |b| Ok(Some(f64::from_be_bytes(b))))
        }
        Basic::Char | Basic::CharValue => {
            primitive::<UInt16Type, 2>(DataType::UInt16, |b| Ok(Some(u16::from_be_bytes(b))))
        }
        Basic::String => text::flink_string(),
        Basic::StringValue => text::string_value(),
        Basic::NullValue => nothing(0),
        Basic::Void | Basic::Null | Basic::Unit | Basic::Tuple0 | Basic::VoidNamespace => nothing(1),
        Basic::Nothing => never(),
        Basic::BigInt => numbers::big_int(),
        Basic::BigDecimal => numbers::big_decimal(),
        Basic::Date | Basic::SqlDate | Basic::SqlTime => {
            primitive::<TimestampMillisecondType, 8>(temporal::utc(TimeUnit::Millisecond), temporal::millis)
        }
        Basic::SqlTimestamp => {
            primitive::<TimestampNanosecondType, 12>(temporal::utc(TimeUnit::Nanosecond), temporal::sql_timestamp)
        }
        Basic::Instant => {
            primitive::<TimestampNanosecondType, 12>(temporal::utc(TimeUnit::Nanosecond), temporal::instant)
        }
        Basic::LocalDate => primitive::<Date32Type, 6>(DataType::Date32, temporal::local_date),
        Basic::LocalTime => {
            primitive::<Time64NanosecondType, 7>(DataType::Time64(TimeUnit::Nanosecond), temporal::local_time)
        }
        Basic::LocalDateTime => primitive::<TimestampNanosecondType, 13>(
            DataType::Timestamp(TimeUnit::Nanosecond, None),
            temporal::local_date_time,
        ),
        Basic::GlobalWindow | Basic::SqlGlobalWindow => text::constant("GlobalWindow"),
        Basic::TimeWindow | Basic::SqlTimeWindow => struct_::window(),
        Basic::Variant => runtime::variant(),
        Basic::DeweyNumber => list::array(Basic::Int),
        Basic::EventId => struct_::event_id(),
        Basic::StringData => read::utf8_string(),
        Basic::Bitmap | Basic::ByteArrayWrapper => binary::length_prefixed(),
        Basic::JavaObject => binary::java_object(),
        Basic::Utf => text::utf(),
    }
}

/// A `long` whose sign bit is flipped, so that its bytes sort as it does.
pub(super) fn sorted_long(bytes: [u8; 8]) -> i64 {
    i64::from_be_bytes(bytes) ^ i64::MIN
}
