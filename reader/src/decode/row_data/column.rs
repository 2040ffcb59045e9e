//! Columns of the scalar fields of binary rows.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_schema::DataType;

use crate::decode::binary::Bytes;
use crate::decode::read::check_utf8;
use crate::decode::text::Text;
use crate::decode::{self, Decoder, Undecoded};
use crate::error::Result;
use crate::types::{LogicalRoot, LogicalType};

use super::binary::Slot;
use super::nested;
use super::value::{self, Precision};

/// Appends fields of rows, or elements of arrays, to an Arrow column.
pub(super) trait SlotDecoder: Send {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()>;
    fn append_null(&mut self);
    fn finish(&mut self) -> ArrayRef;

    fn undecoded(&self) -> Option<Undecoded> {
        None
    }

    fn append_option(&mut self, slot: Option<Slot<'_, '_>>) -> Result<()> {
        match slot {
            Some(slot) => self.append(slot),
            None => {
                self.append_null();
                Ok(())
            }
        }
    }
}

/// The decoder of fields of a logical type.
pub(super) fn decoder(ty: &LogicalType) -> Box<dyn SlotDecoder> {
    match &ty.root {
        LogicalRoot::Char { .. } | LogicalRoot::Varchar { .. } => Box::new(Strings(Text::new())),
        LogicalRoot::Binary { .. } | LogicalRoot::Varbinary { .. } => Box::new(Binaries(Bytes::new())),
        LogicalRoot::Boolean => Box::new(Booleans(BooleanBuilder::with_capacity(0))),
        LogicalRoot::TinyInt => plain::<Int8Type>(|slot| slot.array().map(i8::from_le_bytes)),
        LogicalRoot::SmallInt => plain::<Int16Type>(|slot| slot.array().map(i16::from_le_bytes)),
        LogicalRoot::Integer => plain::<Int32Type>(|slot| slot.i32()),
        LogicalRoot::BigInt => plain::<Int64Type>(|slot| slot.i64()),
        LogicalRoot::Float => plain::<Float32Type>(|slot| slot.array().map(f32::from_le_bytes)),
        LogicalRoot::Double => plain::<Float64Type>(|slot| slot.array().map(f64::from_le_bytes)),
        LogicalRoot::Date => plain::<Date32Type>(|slot| slot.i32()),
        LogicalRoot::Time { .. } => plain::<Time32MillisecondType>(|slot| value::millis_of_day(slot.i32()?)),
        LogicalRoot::YearMonthInterval => plain::<IntervalYearMonthType>(|slot| slot.i32()),
        LogicalRoot::DayTimeInterval => plain::<DurationMillisecondType>(|slot| slot.i64()),
        LogicalRoot::Decimal { precision, scale } => decimal(*precision, *scale),
        LogicalRoot::Timestamp { precision } => timestamp(*precision, false),
        LogicalRoot::TimestampLtz { precision } => timestamp(*precision, true),
        LogicalRoot::Array(element) => piece(nested::array(element)),
        LogicalRoot::Multiset(element) => piece(nested::multiset(element)),
        LogicalRoot::Map(key, value) => piece(nested::map(key, value)),
        LogicalRoot::Row(fields) => piece(nested::nested_row(fields)),
        LogicalRoot::Variant => piece(nested::variant()),
        LogicalRoot::Unknown { .. } => Box::new(Slots(Bytes::new())),
        LogicalRoot::Raw { ty, .. } => piece(decode::decoder(ty)),
    }
}

/// Bytes of an element of an array; fields of rows always take 8.
pub(super) fn element_size(ty: &LogicalType) -> usize {
    match &ty.root {
        LogicalRoot::Boolean | LogicalRoot::TinyInt => 1,
        LogicalRoot::SmallInt => 2,
        LogicalRoot::Integer
        | LogicalRoot::Float
        | LogicalRoot::Date
        | LogicalRoot::Time { .. }
        | LogicalRoot::YearMonthInterval => 4,
        _ => 8,
    }
}

fn piece(decoder: Box<dyn Decoder>) -> Box<dyn SlotDecoder> {
    Box::new(nested::Piece(decoder))
}

fn plain<T: ArrowPrimitiveType>(
    read: impl Fn(Slot<'_, '_>) -> Result<T::Native> + Send + 'static,
) -> Box<dyn SlotDecoder> {
    primitive::<T>(T::DATA_TYPE, read)
}

fn primitive<T: ArrowPrimitiveType>(
    data_type: DataType,
    read: impl Fn(Slot<'_, '_>) -> Result<T::Native> + Send + 'static,
) -> Box<dyn SlotDecoder> {
    Box::new(Primitive::<T, _> { builder: PrimitiveBuilder::with_capacity(0).with_data_type(data_type), read })
}

struct Primitive<T: ArrowPrimitiveType, F> {
    builder: PrimitiveBuilder<T>,
    read: F,
}

impl<T: ArrowPrimitiveType, F: Fn(Slot<'_, '_>) -> Result<T::Native> + Send> SlotDecoder for Primitive<T, F> {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()> {
        self.builder.append_value((self.read)(slot).map_err(|e| e.at(slot.offset()))?);
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

fn decimal(precision: u8, scale: i8) -> Box<dyn SlotDecoder> {
    primitive::<Decimal128Type>(DataType::Decimal128(precision, scale), move |slot| {
        let unscaled =
            if value::is_compact(precision) { i128::from(slot.i64()?) } else { value::unscaled(slot.piece()?.rest())? };
        value::check_digits(unscaled, precision)
    })
}

fn timestamp(precision: u8, utc: bool) -> Box<dyn SlotDecoder> {
    let precision = Precision(precision);
    let data_type = precision.data_type(utc);
    let read = move |slot: Slot<'_, '_>| {
        let (millis, nanos) = if precision.is_compact() { (slot.i64()?, 0) } else { slot.wide_timestamp()? };
        precision.value(millis, nanos)
    };
    match precision.0 {
        0..=3 => primitive::<TimestampMillisecondType>(data_type, read),
        4..=6 => primitive::<TimestampMicrosecondType>(data_type, read),
        _ => primitive::<TimestampNanosecondType>(data_type, read),
    }
}

struct Booleans(BooleanBuilder);

impl SlotDecoder for Booleans {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()> {
        let [byte] = slot.array()?;
        self.0.append_value(byte != 0);
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

struct Strings(Text);

impl SlotDecoder for Strings {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()> {
        self.0.append(check_utf8(slot.bytes()?)?)
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}

struct Binaries(Bytes);

impl SlotDecoder for Binaries {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()> {
        self.0.append(slot.bytes()?.rest())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}

/// The slots of a type that can't be decoded, as they are.
struct Slots(Bytes);

impl SlotDecoder for Slots {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()> {
        self.0.append(&slot.array::<8>()?)
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}
