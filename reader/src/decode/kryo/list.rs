//! Columns of declared arrays and bit sets.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::{Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, UInt16Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType};

use crate::decode::assemble::ListShape;
use crate::decode::text::Text;
use crate::error::Result;

use super::class::{Codec, Number};
use super::column::Column;
use super::json::set_bits;
use super::message::{Data, Message};

/// The column of values of a declared array class or bit set.
pub(super) fn of(class: &str, codec: Codec) -> Option<Box<dyn Column>> {
    Some(match codec {
        Codec::Numbers(Number::Boolean) => {
            Box::new(BooleanLists { shape: ListShape::new(), values: BooleanBuilder::with_capacity(0) })
        }
        Codec::Numbers(Number::Char) => lists::<UInt16Type>(|bits| u16::try_from(bits).ok()),
        Codec::Numbers(Number::Short) => lists::<Int16Type>(|bits| i16::try_from(bits.cast_signed()).ok()),
        Codec::Numbers(Number::Int) => lists::<Int32Type>(|bits| i32::try_from(bits.cast_signed()).ok()),
        Codec::Numbers(Number::Long) => lists::<Int64Type>(|bits| Some(bits.cast_signed())),
        Codec::Numbers(Number::Float) => lists::<Float32Type>(|bits| u32::try_from(bits).ok().map(f32::from_bits)),
        Codec::Numbers(Number::Double) => lists::<Float64Type>(|bits| Some(f64::from_bits(bits))),
        Codec::BitSet => Box::new(BitSets { shape: ListShape::new(), indices: PrimitiveBuilder::with_capacity(0) }),
        Codec::ObjectArray if class == "[Ljava.lang.String;" => {
            Box::new(StringArrays { shape: ListShape::new(), strings: Text::new() })
        }
        _ => return None,
    })
}

fn lists<T: ArrowPrimitiveType>(get: fn(u64) -> Option<T::Native>) -> Box<dyn Column> {
    Box::new(NumberLists::<T> { shape: ListShape::new(), numbers: PrimitiveBuilder::with_capacity(0), get })
}

struct NumberLists<T: ArrowPrimitiveType> {
    shape: ListShape,
    numbers: PrimitiveBuilder<T>,
    get: fn(u64) -> Option<T::Native>,
}

impl<T: ArrowPrimitiveType> Column for NumberLists<T> {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()> {
        let Data::Numbers(_, range) = data else {
            self.shape.append_null();
            return Ok(());
        };
        let numbers = message.numbers.get(range.clone()).unwrap_or_default();
        self.shape.append(numbers.len())?;
        self.numbers.extend(numbers.iter().map(|bits| (self.get)(*bits)));
        Ok(())
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(Arc::new(self.numbers.finish()))
    }
}

struct BooleanLists {
    shape: ListShape,
    values: BooleanBuilder,
}

impl Column for BooleanLists {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()> {
        let Data::Numbers(_, range) = data else {
            self.shape.append_null();
            return Ok(());
        };
        let values = message.numbers.get(range.clone()).unwrap_or_default();
        self.shape.append(values.len())?;
        values.iter().for_each(|bits| self.values.append_value(*bits != 0));
        Ok(())
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(Arc::new(self.values.finish()))
    }
}

/// The indices of the bits that are set.
struct BitSets {
    shape: ListShape,
    indices: PrimitiveBuilder<Int64Type>,
}

impl Column for BitSets {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()> {
        let Data::Bits(range) = data else {
            self.shape.append_null();
            return Ok(());
        };
        let mut len = 0;
        for index in set_bits(message.bytes.get(range.clone()).unwrap_or_default()) {
            self.indices.append_option(i64::try_from(index).ok());
            len += 1;
        }
        self.shape.append(len)
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(Arc::new(self.indices.finish()))
    }
}

struct StringArrays {
    shape: ListShape,
    strings: Text,
}

impl Column for StringArrays {
    fn append(&mut self, message: &Message, data: &Data) -> Result<()> {
        let Data::List(first) = data else {
            self.shape.append_null();
            return Ok(());
        };
        let mut len = 0;
        for id in message.elements(*first) {
            let data = message.get(id);
            let data = if let Data::Same(same) = data { message.get(*same) } else { data };
            match data {
                Data::Text(range) => self.strings.append(message.text(range))?,
                _ => self.strings.append_null(),
            }
            len += 1;
        }
        self.shape.append(len)
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(self.strings.finish())
    }
}
