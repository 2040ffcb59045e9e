//! Columns of Avro values.

use arrow_array::ArrayRef;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int32Type, Int64Type, Time32MillisecondType,
    Time64MicrosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};

use crate::bytes::Cursor;
use crate::decode::assemble::{ListShape, StructShape};
use crate::decode::fixed::{boolean, nothing, primitive};
use crate::decode::read;
use crate::decode::temporal::utc;
use crate::decode::{Decoder, binary, text as text_column};
use crate::error::{Context, Error, Result};
use crate::types::AvroSchema;
use crate::types::avro::{Fixed, Node, NodeId, TimestampUnit};

use super::text;
use super::walk::{branch, items};

/// Columns of one value; a part of more becomes JSON text.
const MAX_COLUMNS: usize = 4096;
const MILLIS_PER_DAY: i32 = 86_400_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The decoder of values of a schema.
pub(in crate::decode) fn decoder(schema: &AvroSchema) -> Box<dyn Decoder> {
    Builder { schema, open: Vec::new() }.node(schema.root())
}

struct Builder<'a> {
    schema: &'a AvroSchema,
    /// Records that the node is in.
    open: Vec<NodeId>,
}

impl Builder<'_> {
    fn node(&mut self, id: NodeId) -> Box<dyn Decoder> {
        if self.open.contains(&id) || self.schema.bounds(id).columns > MAX_COLUMNS {
            return text::decoder(self.schema, id);
        }
        match self.schema.node(id) {
            Node::Null => nothing(0),
            Node::Boolean => boolean(),
            Node::Int => primitive::<Int32Type, 4>(DataType::Int32, |b| Ok(Some(i32::from_be_bytes(b)))),
            Node::Long => primitive::<Int64Type, 8>(DataType::Int64, |b| Ok(Some(i64::from_be_bytes(b)))),
            Node::Float => primitive::<Float32Type, 4>(DataType::Float32, |b| Ok(Some(f32::from_be_bytes(b)))),
            Node::Double => primitive::<Float64Type, 8>(DataType::Float64, |b| Ok(Some(f64::from_be_bytes(b)))),
            Node::Date => primitive::<Date32Type, 4>(DataType::Date32, |b| Ok(Some(i32::from_be_bytes(b)))),
            Node::TimeMillis => primitive::<Time32MillisecondType, 4>(DataType::Time32(TimeUnit::Millisecond), |b| {
                of_day(i32::from_be_bytes(b), MILLIS_PER_DAY)
            }),
            Node::TimeMicros => primitive::<Time64MicrosecondType, 8>(DataType::Time64(TimeUnit::Microsecond), |b| {
                of_day(i64::from_be_bytes(b), MICROS_PER_DAY)
            }),
            Node::Timestamp { unit, utc } => timestamp(*unit, *utc),
            Node::Bytes => binary::length_prefixed(),
            Node::String => read::utf8_string(),
            Node::Decimal { precision, scale, fixed } => decimal(*precision, *scale, fixed.as_ref()),
            Node::Fixed(Fixed { size, .. }) => {
                let size = *size;
                binary::decoder(move |input| input.take(size))
            }
            Node::Enum { name, symbols } => text_column::java_enum(name, symbols),
            Node::Array(item) => {
                let min_size = self.schema.bounds(*item).min_size;
                Box::new(Arrays { shape: ListShape::new(), min_size, items: self.node(*item) })
            }
            Node::Map(value) => {
                let (keys, values) = (read::utf8_string(), self.node(*value));
                Box::new(Maps { shape: ListShape::new(), keys, values })
            }
            Node::Union(branches) => self.union(branches),
            Node::Record { fields, .. } => {
                self.open.push(id);
                let fields = fields.iter().map(|(name, id)| (name.clone(), self.node(*id))).collect();
                self.open.pop();
                Box::new(Records { shape: StructShape::new(), fields })
            }
        }
    }

    fn union(&mut self, branches: &[NodeId]) -> Box<dyn Decoder> {
        let is_null = |id: &NodeId| matches!(self.schema.node(*id), Node::Null);
        let others: Vec<_> = branches.iter().filter(|id| !is_null(id)).copied().collect();
        let ids = branches.to_vec();
        match others.as_slice() {
            [] => Box::new(Optional { branches: ids, value: None, inner: nothing(0) }),
            [one] => Box::new(Optional { branches: ids, value: Some(*one), inner: self.node(*one) }),
            _ => {
                let name = |id| self.schema.node(id).branch_name().to_owned();
                let columns: Vec<_> = others.iter().map(|id| (*id, name(*id))).collect();
                let columns = columns.into_iter().map(|(id, name)| (id, name, self.node(id))).collect();
                Box::new(Union { shape: StructShape::new(), branches: ids, columns })
            }
        }
    }
}

fn of_day<T: PartialOrd + Default + std::fmt::Display>(value: T, limit: T) -> Result<Option<T>> {
    if (T::default()..limit).contains(&value) {
        return Ok(Some(value));
    }
    Err(Error::data(format!("{value} is no time of day")))
}

fn timestamp(unit: TimestampUnit, in_utc: bool) -> Box<dyn Decoder> {
    let data_type = |unit| if in_utc { utc(unit) } else { DataType::Timestamp(unit, None) };
    let parse = |b| Ok(Some(i64::from_be_bytes(b)));
    match unit {
        TimestampUnit::Millis => primitive::<TimestampMillisecondType, 8>(data_type(TimeUnit::Millisecond), parse),
        TimestampUnit::Micros => primitive::<TimestampMicrosecondType, 8>(data_type(TimeUnit::Microsecond), parse),
        TimestampUnit::Nanos => primitive::<TimestampNanosecondType, 8>(data_type(TimeUnit::Nanosecond), parse),
    }
}

/// Big-endian two's complement, as `bytes` or `fixed`.
fn decimal(precision: u8, scale: i8, fixed: Option<&Fixed>) -> Box<dyn Decoder> {
    let size = fixed.map(|fixed| fixed.size);
    let read = move |input: &mut Cursor<'_>| {
        let bytes = match size {
            Some(size) => input.take(size)?,
            None => input.length_prefixed()?,
        };
        let value = read::signed(bytes).filter(|value| has_digits(*value, precision));
        value.ok_or_else(|| Error::data(format!("{} bytes are no decimal of {precision} digits", bytes.len())))
    };
    if precision <= 38 {
        return read::primitive::<Decimal128Type>(DataType::Decimal128(precision, scale), move |input| {
            read(input)?.to_i128().ok_or_else(|| Error::bug("a decimal of 38 digits has more than 128 bits"))
        });
    }
    read::primitive::<Decimal256Type>(DataType::Decimal256(precision, scale), read)
}

fn has_digits(value: i256, precision: u8) -> bool {
    let limit = i256::from_i128(10).checked_pow(u32::from(precision));
    limit.is_none_or(|limit| value < limit && value > -limit)
}

struct Records {
    shape: StructShape,
    fields: Vec<(String, Box<dyn Decoder>)>,
}

impl Decoder for Records {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        for (name, column) in &mut self.fields {
            column.append(input).in_field(name)?;
        }
        self.shape.append();
        Ok(())
    }

    fn append_null(&mut self) {
        self.fields.iter_mut().for_each(|(_, column)| column.append_null());
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish(self.fields.iter_mut().map(|(name, column)| (name.as_str(), column.finish())))
    }
}

struct Arrays {
    shape: ListShape,
    min_size: usize,
    items: Box<dyn Decoder>,
}

impl Decoder for Arrays {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let len = items(input, self.min_size, |input| self.items.append(input))?;
        self.shape.append(len)
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(self.items.finish())
    }
}

struct Maps {
    shape: ListShape,
    keys: Box<dyn Decoder>,
    values: Box<dyn Decoder>,
}

impl Decoder for Maps {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let len = items(input, 4, |input| {
            self.keys.append(input)?;
            self.values.append(input)
        })?;
        self.shape.append(len)
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_map(self.keys.finish(), self.values.finish(), true)
    }
}

/// A union of null and at most one other type.
struct Optional {
    branches: Vec<NodeId>,
    value: Option<NodeId>,
    inner: Box<dyn Decoder>,
}

impl Decoder for Optional {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let id = branch(&self.branches, input)?;
        if Some(id) == self.value {
            return self.inner.append(input);
        }
        self.inner.append_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.inner.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.inner.finish()
    }
}

/// A union of several types, perhaps of null too.
struct Union {
    shape: StructShape,
    branches: Vec<NodeId>,
    columns: Vec<(NodeId, String, Box<dyn Decoder>)>,
}

impl Decoder for Union {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let id = branch(&self.branches, input)?;
        let mut found = false;
        for (branch, name, column) in &mut self.columns {
            if *branch == id {
                found = true;
                column.append(input).in_field(name)?;
            } else {
                column.append_null();
            }
        }
        if found {
            self.shape.append()
        } else {
            self.shape.append_null()
        }
        Ok(())
    }

    fn append_null(&mut self) {
        self.columns.iter_mut().for_each(|(.., column)| column.append_null());
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish(self.columns.iter_mut().map(|(_, name, column)| (name.as_str(), column.finish())))
    }
}
