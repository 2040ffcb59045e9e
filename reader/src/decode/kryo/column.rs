//! Columns of declared classes that are one value, a list of numbers or a list of strings.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt16Type,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

use crate::bytes::Cursor;
use crate::decode::binary::Bytes;
use crate::decode::text::Text;
use crate::decode::{Decoder, temporal};
use crate::error::{Error, Result};
use crate::types::Kryo;

use super::class::{Codec, wrapper};
use super::list;
use super::message::{Data, Message};
use super::registry::Registry;
use super::time::epoch_nanos;

/// The column of values of a declared class; `None` if they can be of any shape.
pub(super) fn of(class: &str, codec: Codec) -> Option<Box<dyn Column>> {
    Some(match codec {
        Codec::Boolean => Box::new(Booleans(BooleanBuilder::with_capacity(0))),
        Codec::Byte => plain::<Int8Type>(|data| if let Data::Byte(value) = data { Some(*value) } else { None }),
        Codec::Short => plain::<Int16Type>(|data| if let Data::Short(value) = data { Some(*value) } else { None }),
        Codec::Char => plain::<UInt16Type>(|data| if let Data::Char(value) = data { Some(*value) } else { None }),
        Codec::Int | Codec::AtomicInteger | Codec::Year => {
            plain::<Int32Type>(|data| if let Data::Int(value) = data { Some(*value) } else { None })
        }
        Codec::Long | Codec::AtomicLong => {
            plain::<Int64Type>(|data| if let Data::Long(value) = data { Some(*value) } else { None })
        }
        Codec::Float => plain::<Float32Type>(|data| if let Data::Float(value) = data { Some(*value) } else { None }),
        Codec::Double => plain::<Float64Type>(|data| if let Data::Double(value) = data { Some(*value) } else { None }),
        Codec::Millis => primitive::<TimestampMillisecondType>(temporal::utc(TimeUnit::Millisecond), |data| {
            Ok(if let Data::Millis(value) = data { Some(*value) } else { None })
        }),
        Codec::SqlTimestamp | Codec::Instant => {
            primitive::<TimestampNanosecondType>(temporal::utc(TimeUnit::Nanosecond), |data| match data {
                Data::Instant(seconds, nanos) => instant(*seconds, *nanos),
                _ => Ok(None),
            })
        }
        Codec::LocalDate => primitive::<Date32Type>(DataType::Date32, |data| match data {
            Data::Date(date) => date.days(),
            _ => Ok(None),
        }),
        Codec::LocalTime => {
            primitive::<Time64NanosecondType>(DataType::Time64(TimeUnit::Nanosecond), |data| match data {
                Data::Time(time) => time.nanos(),
                _ => Ok(None),
            })
        }
        Codec::LocalDateTime => {
            let data_type = DataType::Timestamp(TimeUnit::Nanosecond, None);
            primitive::<TimestampNanosecondType>(data_type, |data| match data {
                Data::DateTime(date, time) => epoch_nanos(*date, *time),
                _ => Ok(None),
            })
        }
        Codec::Text
        | Codec::Pattern
        | Codec::Locale
        | Codec::Uuid
        | Codec::BigInteger
        | Codec::BigDecimal
        | Codec::ZonedDateTime
        | Codec::OffsetDateTime
        | Codec::ZoneRegion
        | Codec::ZoneOffset
        | Codec::Duration
        | Codec::Period
        | Codec::InetSocketAddress
        | Codec::Class => Box::new(Texts(Text::new())),
        Codec::Abstract if has_text(class) => Box::new(Texts(Text::new())),
        Codec::Bytes => Box::new(ByteArrays(Bytes::new())),
        _ => return list::of(class, codec),
    })
}

/// Abstract classes all of whose subclasses in the JDK are their text.
fn has_text(class: &str) -> bool {
    matches!(class, "java.time.ZoneId" | "java.util.TimeZone")
}

/// Appends parsed values of one shape.
pub(super) trait Column: Send {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()>;
    fn append_null(&mut self);
    fn finish(&mut self) -> ArrayRef;
}

/// Decodes values of a declared class to a column.
pub(super) struct Values {
    pub(super) kryo: Kryo,
    pub(super) message: Message,
    pub(super) column: Box<dyn Column>,
}

impl Values {
    /// Whether values of the class that was met are of the shape of the declared class.
    fn fits(&self, class: &str) -> bool {
        match self.kryo.class.as_str() {
            "java.time.ZoneId" => matches!(class, "java.time.ZoneRegion" | "java.time.ZoneOffset"),
            "java.util.TimeZone" => class == "sun.util.calendar.ZoneInfo",
            declared => wrapper(declared) == wrapper(class),
        }
    }
}

impl Decoder for Values {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let registry = Registry(&self.kryo);
        self.message.parse(registry, input)?;
        let Some(class) = self.message.class(registry) else {
            self.column.append_null();
            return Ok(());
        };
        if !self.fits(class) {
            let error = Error::data(format!("Kryo value of the class {class} in place of a {}", self.kryo.class));
            return Err(error.at(start));
        }
        self.column.append(&self.message, self.message.root()).map_err(|e| e.at(start))
    }

    fn append_null(&mut self) {
        self.column.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.column.finish()
    }
}

fn instant(seconds: i64, nanos: u32) -> Result<Option<i64>> {
    let mut bytes = [0; 12];
    let parts = seconds.to_be_bytes().into_iter().chain(nanos.to_be_bytes());
    bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    temporal::instant(bytes)
}

fn plain<T: ArrowPrimitiveType>(get: fn(&Data) -> Option<T::Native>) -> Box<dyn Column> {
    primitive::<T>(T::DATA_TYPE, move |data| Ok(get(data)))
}

fn primitive<T: ArrowPrimitiveType>(
    data_type: DataType,
    get: impl Fn(&Data) -> Result<Option<T::Native>> + Send + 'static,
) -> Box<dyn Column> {
    Box::new(Primitive::<T, _> { builder: PrimitiveBuilder::with_capacity(0).with_data_type(data_type), get })
}

struct Primitive<T: ArrowPrimitiveType, F> {
    builder: PrimitiveBuilder<T>,
    get: F,
}

impl<T: ArrowPrimitiveType, F: Fn(&Data) -> Result<Option<T::Native>> + Send> Column for Primitive<T, F> {
    fn append(&mut self, _: &Message, data: &Data) -> Result<()> {
        self.builder.append_option((self.get)(data)?);
        Ok(())
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.builder.finish())
    }
}

struct Booleans(BooleanBuilder);

impl Column for Booleans {
    fn append(&mut self, _: &Message, data: &Data) -> Result<()> {
        self.0.append_option(if let Data::Boolean(value) = data { Some(*value) } else { None });
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

struct Texts(Text);

impl Column for Texts {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()> {
        if let Data::Text(range) = data {
            return self.0.append(message.text(range));
        }
        self.0.append_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}

struct ByteArrays(Bytes);

impl Column for ByteArrays {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()> {
        if let Data::Bytes(range) = data {
            return self.0.append(message.bytes.get(range.clone()).unwrap_or_default());
        }
        self.0.append_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}
