//! What stands behind the class and the reference of a value.

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use crate::java;
use crate::types::KryoVersion;

use super::class::{self, Codec, Number};
use super::message::{Class, Data, Id, Parser};
use super::primitive::{Fixed, check_count, count, count_or_null, flagged, kint, klong};

impl Parser<'_> {
    pub(super) fn payload(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Data> {
        match class.codec {
            Codec::Bytes => {
                let Some(n) = count_or_null(input, 1)? else { return Ok(Data::Null) };
                let bytes = input.take(n)?;
                self.message.bytes.extend(bytes);
                Ok(Data::Bytes(self.message.bytes.len() - n..self.message.bytes.len()))
            }
            Codec::Numbers(number) => self.numbers(number, input),
            Codec::BitSet => self.bits(input),
            Codec::ObjectArray => self.object_array(class, input),
            Codec::Optional => self.value(input).map(Data::Optional),
            Codec::Collection => self.collection(input, false, true),
            Codec::SortedCollection => self.collection(input, true, true),
            Codec::ImmutableCollection => self.collection(input, false, false),
            Codec::ArraysAsList if self.registry.version() == KryoVersion::V2 => {
                let n = count(input, 1)?;
                self.class(input)?;
                self.sequence(n, input, Self::value).map(Data::List)
            }
            Codec::ArraysAsList => self.collection(input, false, true),
            Codec::Singleton => self.sequence(1, input, Self::value).map(Data::List),
            Codec::Empty => Ok(Data::List(None)),
            Codec::Map => self.map(input, false),
            Codec::SortedMap => self.map(input, true),
            Codec::SingletonMap => self.sequence(2, input, Self::value).map(Data::Map),
            Codec::EmptyMap => Ok(Data::Map(None)),
            Codec::EnumSet => {
                self.class(input)?;
                for _ in 0..count(input, 1)? {
                    input.vlq()?;
                }
                Ok(Data::Framed)
            }
            Codec::Tuple(arity) => {
                self.sequence(usize::from(arity), input, Self::value).map(|first| Data::Tuple(arity, first))
            }
            Codec::JavaObject => {
                java::skip_object(input)?;
                Ok(Data::Framed)
            }
            Codec::Class => self.class_object(input),
            _ => self.scalar(class.codec, input),
        }
    }

    /// `kuint` count plus one, elements.
    fn numbers(&mut self, number: Number, input: &mut Cursor<'_>) -> Result<Data> {
        let fixed = Fixed(self.registry.version());
        let min_size = match number {
            Number::Boolean | Number::Int | Number::Long => 1,
            Number::Char | Number::Short => 2,
            Number::Float => 4,
            Number::Double => 8,
        };
        let Some(n) = count_or_null(input, min_size)? else { return Ok(Data::Null) };
        let start = self.message.numbers.len();
        for _ in 0..n {
            let bits = match number {
                Number::Boolean => u64::from(input.u8()?),
                Number::Char => u64::from(fixed.u16(input)?),
                Number::Short => i64::from(fixed.i16(input)?).cast_unsigned(),
                Number::Int => i64::from(kint(input)?).cast_unsigned(),
                Number::Long => klong(input)?.cast_unsigned(),
                Number::Float => u64::from(fixed.f32(input)?.to_bits()),
                Number::Double => fixed.f64(input)?.to_bits(),
            };
            self.message.numbers.push(bits);
        }
        Ok(Data::Numbers(number, start..self.message.numbers.len()))
    }

    /// `kuint` count, words of 64 bits.
    fn bits(&mut self, input: &mut Cursor<'_>) -> Result<Data> {
        let start = self.message.bytes.len();
        for _ in 0..count(input, 8)? {
            let word = Fixed(self.registry.version()).u64(input)?;
            self.message.bytes.extend(word.to_le_bytes());
        }
        Ok(Data::Bits(start..self.message.bytes.len()))
    }

    /// `kuint` count plus one, elements: without class if the array's class says it.
    fn object_array(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Data> {
        let start = input.offset();
        let Some(n) = count_or_null(input, 1)? else { return Ok(Data::Null) };
        if n == 0 {
            return Ok(Data::List(None));
        }
        let array = self.message.name(class, self.registry).unwrap_or_default();
        let is_final = class::has_final_elements(array).ok_or_else(|| {
            Error::unsupported(format!("Kryo value of the class {array}: its elements are of an unknown class"))
                .at(start)
        })?;
        if !is_final {
            return self.sequence(n, input, Self::value).map(Data::List);
        }
        let component = class::component(array).to_owned();
        let component = self.class_named(&component);
        self.sequence(n, input, |parser, input| parser.nullable(&component, input)).map(Data::List)
    }

    /// The elements of a collection, whose header is its comparator if it is sorted.
    ///
    /// ```text
    /// Kryo 2   [comparator] kuint n  value*n
    /// Kryo 5   flag, n + 1  [comparator]  value*n                          flag off: elements of several classes
    ///                                   | class [has nulls u8] element*n   flag on: elements of one class
    ///                                   | 0                                flag on: nothing but nulls
    /// ```
    fn collection(&mut self, input: &mut Cursor<'_>, sorted: bool, can_have_nulls: bool) -> Result<Data> {
        if self.registry.version() == KryoVersion::V2 {
            self.comparator(input, sorted)?;
            let n = count(input, 1)?;
            return self.sequence(n, input, Self::value).map(Data::List);
        }
        let start = input.offset();
        let (same_class, n) = flagged(input)?;
        let Some(n) = n.checked_sub(1) else { return Ok(Data::Null) };
        self.comparator(input, sorted)?;
        if !same_class {
            let n = check_count(n, 1, input).map_err(|e| e.at(start))?;
            return self.sequence(n, input, Self::value).map(Data::List);
        }
        let Some(class) = self.class(input)? else {
            return self.sequence(n as usize, input, |parser, input| parser.free_null(input)).map(Data::List);
        };
        let has_nulls = can_have_nulls && input.bool()?;
        let n = check_count(n, 1, input).map_err(|e| e.at(start))?;
        let element = if has_nulls { Self::nullable } else { Self::not_null };
        self.sequence(n, input, |parser, input| element(parser, &class, input)).map(Data::List)
    }

    /// Keys and values in turn behind their count, in Kryo 5 plus one; the comparator stands first in Kryo 2.
    fn map(&mut self, input: &mut Cursor<'_>, sorted: bool) -> Result<Data> {
        let n = if self.registry.version() == KryoVersion::V2 {
            self.comparator(input, sorted)?;
            count(input, 2)?
        } else {
            let Some(n) = count_or_null(input, 2)? else { return Ok(Data::Null) };
            self.comparator(input, sorted)?;
            n
        };
        self.sequence(n.saturating_mul(2), input, Self::value).map(Data::Map)
    }

    fn comparator(&mut self, input: &mut Cursor<'_>, sorted: bool) -> Result<Option<Id>> {
        if sorted { self.value(input).map(Some) } else { Ok(None) }
    }

    /// A class, then whether it is a primitive: in Kryo 5 only where that is in doubt.
    fn class_object(&mut self, input: &mut Cursor<'_>) -> Result<Data> {
        let class = self.class(input)?;
        let in_doubt = class.as_ref().is_some_and(|class| class.codec.is_primitive());
        let primitive = (self.registry.version() == KryoVersion::V2 || in_doubt) && input.bool()?;
        let Some(class) = class else { return Ok(Data::Null) };
        let name = self.message.name(&class, self.registry).unwrap_or_default();
        let name = if primitive || !in_doubt { name } else { class::wrapper(name) }.to_owned();
        let start = self.message.text.len();
        self.message.text.push_str(&name);
        Ok(Data::Text(start..self.message.text.len()))
    }
}
