//! Avro values in Flink's own encoding (`DataOutputEncoder`): fixed-width big-endian numbers, no zig-zag.
//!
//! The byte diagram is in the reader's decoder. Arrays and maps are one block. A record inside of itself is JSON text
//! in its column, from which its bytes can't be told with certainty: it is refused.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int32Type, Int64Type, Time32MillisecondType,
    Time64MicrosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, StructArray};
use arrow_buffer::i256;
use arrow_schema::DataType;
use flink_state_reader::types::AvroSchema;
use flink_state_reader::types::avro::{Fixed, Node, NodeId, TimestampUnit};

use crate::{Error, Result};

use super::binary::java_int;
use super::column::{self, Part, child, not_null, structs, unexpected};
use super::fixed::{boolean, nothing, primitive};
use super::list::range;
use super::map::entries;
use super::text::put_vlq;
use super::{Encoder, binary, struct_, text};

const MILLIS_PER_DAY: i32 = 86_400_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The encoder of values of a schema.
pub(super) fn encoder<'a>(schema: &AvroSchema, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    node(schema, schema.root(), column)
}

fn node<'a>(schema: &AvroSchema, id: NodeId, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    if is_json(schema.node(id), column) {
        let name = schema.node(id).branch_name().to_owned();
        return text::encoder(column, name.clone(), None, move |_, _| {
            Err(Error::unsupported(format!("{name} inside of itself, of which the column has JSON text only")))
        });
    }
    match schema.node(id) {
        Node::Null => Ok(nothing(&[])),
        Node::Boolean => boolean(column, "boolean"),
        Node::Int => primitive::<Int32Type, 4>(column, "int", None, |v| Ok(v.to_be_bytes())),
        Node::Long => primitive::<Int64Type, 8>(column, "long", None, |v| Ok(v.to_be_bytes())),
        Node::Float => primitive::<Float32Type, 4>(column, "float", None, |v| Ok(v.to_be_bytes())),
        Node::Double => primitive::<Float64Type, 8>(column, "double", None, |v| Ok(v.to_be_bytes())),
        Node::Date => primitive::<Date32Type, 4>(column, "date", None, |v| Ok(v.to_be_bytes())),
        Node::TimeMillis => primitive::<Time32MillisecondType, 4>(column, "time-millis", None, |v| {
            of_day(v, MILLIS_PER_DAY).map(i32::to_be_bytes)
        }),
        Node::TimeMicros => primitive::<Time64MicrosecondType, 8>(column, "time-micros", None, |v| {
            of_day(v, MICROS_PER_DAY).map(i64::to_be_bytes)
        }),
        Node::Timestamp { unit, .. } => timestamp(*unit, column),
        Node::Bytes => binary::length_prefixed(column, "bytes"),
        Node::String => text::utf8(column, "string"),
        Node::Decimal { precision, fixed, .. } => decimal(*precision, fixed.as_ref(), column),
        Node::Fixed(Fixed { name, size }) => binary::of_size(*size, column, name),
        Node::Enum { name, symbols } => text::java_enum(name, symbols, column),
        Node::Array(item) => {
            let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
            let items = part(schema, *item, "item", lists.values().as_ref())?;
            Ok(Box::new(Blocks { column, offsets: lists.value_offsets(), parts: vec![items] }))
        }
        Node::Map(value) => {
            let (offsets, entries) = entries(column)?;
            let [keys, values] = entries.columns() else { return Err(unexpected(column)) };
            let keys = Part::of("key", keys.as_ref(), text::utf8(keys.as_ref(), "a map's key")?);
            Ok(Box::new(Blocks { column, offsets, parts: vec![keys, part(schema, *value, "value", values.as_ref())?] }))
        }
        Node::Union(branches) => union(schema, branches, column),
        Node::Record { fields, .. } => {
            let parent = structs(column)?;
            let parts = fields.iter().map(|(name, id)| part(schema, *id, name, child(parent, name)?));
            Ok(struct_::of(column, parts.collect::<Result<_>>()?))
        }
        _ => Err(Error::unsupported(format!("Avro values of {} can't be written yet", schema.node(id).branch_name()))),
    }
}

fn part<'a>(schema: &AvroSchema, id: NodeId, name: &str, column: &'a dyn Array) -> Result<Part<'a>> {
    Ok(Part::of(name, column, node(schema, id, column)?))
}

/// Whether values of a type that is no text are given as JSON text.
fn is_json(node: &Node, column: &dyn Array) -> bool {
    let is_nested = matches!(node, Node::Array(_) | Node::Map(_) | Node::Record { .. });
    let is_union = matches!(node, Node::Union(branches) if branches.len() > 2);
    *column.data_type() == DataType::Utf8 && (is_nested || is_union)
}

fn of_day<T: PartialOrd + Default + std::fmt::Display>(value: T, limit: T) -> Result<T> {
    if (T::default()..limit).contains(&value) {
        return Ok(value);
    }
    Err(Error::data(format!("{value} is no time of day")))
}

fn timestamp<'a>(unit: TimestampUnit, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let write = |v: i64| Ok(v.to_be_bytes());
    match unit {
        TimestampUnit::Millis => primitive::<TimestampMillisecondType, 8>(column, "timestamp-millis", None, write),
        TimestampUnit::Micros => primitive::<TimestampMicrosecondType, 8>(column, "timestamp-micros", None, write),
        TimestampUnit::Nanos => primitive::<TimestampNanosecondType, 8>(column, "timestamp-nanos", None, write),
    }
}

/// Big-endian two's complement, as `bytes` or `fixed`.
fn decimal<'a>(precision: u8, fixed: Option<&Fixed>, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let size = fixed.map(|fixed| fixed.size);
    if precision <= 38 {
        let column = column::primitive::<Decimal128Type>(column)?;
        return Ok(Box::new(Decimal { column, wide: i256::from_i128, precision, size }));
    }
    let column = column::primitive::<Decimal256Type>(column)?;
    Ok(Box::new(Decimal { column, wide: |value| value, precision, size }))
}

struct Decimal<'a, T: ArrowPrimitiveType> {
    column: &'a PrimitiveArray<T>,
    wide: fn(T::Native) -> i256,
    precision: u8,
    /// The number of bytes, if it is fixed.
    size: Option<usize>,
}

impl<T: ArrowPrimitiveType> Encoder for Decimal<'_, T> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "a decimal")?;
        let value = (self.wide)(self.column.value(row));
        let limit = i256::from_i128(10).checked_pow(self.precision.into());
        if limit.is_some_and(|limit| value >= limit || value <= -limit) {
            let precision = self.precision;
            return Err(Error::data(format!("unscaled value {value} has more than {precision} digits")));
        }
        let wide = value.to_be_bytes();
        let fill = if value < i256::ZERO { 0xFF } else { 0 };
        // All leading bytes that say no more than the sign can go, but not the one that has it.
        let unused = wide.iter().zip(wide.iter().skip(1)).take_while(|(a, b)| **a == fill && (**b ^ fill) < 0x80);
        let minimal = wide.get(unused.count()..).unwrap_or_default();
        match self.size {
            None => out.extend(java_int(minimal.len())?.to_be_bytes()),
            Some(size) => {
                let padding = size
                    .checked_sub(minimal.len())
                    .ok_or_else(|| Error::data(format!("unscaled value {value} does not fit into {size} bytes")))?;
                out.resize(out.len() + padding, fill);
            }
        }
        out.extend(minimal);
        Ok(())
    }
}

/// An array or map: (base-128 count > 0, items)?, 0.
struct Blocks<'a> {
    column: &'a dyn Array,
    offsets: &'a [i32],
    /// What an item is made of: the element, or key and value.
    parts: Vec<Part<'a>>,
}

impl Encoder for Blocks<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "an array or map")?;
        let range = range(self.offsets, row);
        if !range.is_empty() {
            put_vlq(java_int(range.len())?.cast_unsigned(), out);
        }
        for item in range {
            self.parts.iter().try_for_each(|part| part.encode(item, out))?;
        }
        out.push(0);
        Ok(())
    }
}

fn union<'a>(schema: &AvroSchema, branches: &[NodeId], column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let numbered = || branches.iter().copied().zip(0i32..);
    let is_null = |id: NodeId| matches!(schema.node(id), Node::Null);
    let null = numbered().find(|(id, _)| is_null(*id)).map(|(_, index)| index);
    let others: Vec<_> = numbered().filter(|(id, _)| !is_null(*id)).collect();
    match others.as_slice() {
        [] => Ok(Box::new(Optional { null, value: None })),
        [(id, index)] => Ok(Box::new(Optional { null, value: Some((*index, part(schema, *id, "value", column)?)) })),
        _ => {
            let parent = structs(column)?;
            let branches = others.iter().zip(parent.columns()).zip(parent.fields());
            let parts = branches
                .map(|(((id, index), column), field)| Ok((*index, part(schema, *id, field.name(), column.as_ref())?)));
            Ok(Box::new(Union { column: parent, null, parts: parts.collect::<Result<_>>()? }))
        }
    }
}

/// A union of null and at most one other type.
struct Optional<'a> {
    null: Option<i32>,
    value: Option<(i32, Part<'a>)>,
}

impl Encoder for Optional<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        match &self.value {
            Some((index, part)) if !part.is_null(row) => {
                out.extend(index.to_be_bytes());
                part.encode(row, out)
            }
            _ => put_null(self.null, out),
        }
    }
}

/// A union of several types, perhaps of null too.
struct Union<'a> {
    column: &'a StructArray,
    null: Option<i32>,
    parts: Vec<(i32, Part<'a>)>,
}

impl Encoder for Union<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.column.is_null(row) {
            return put_null(self.null, out);
        }
        let mut there = self.parts.iter().filter(|(_, part)| !part.is_null(row));
        match (there.next(), there.next()) {
            (Some((index, part)), None) => {
                out.extend(index.to_be_bytes());
                part.encode(row, out)
            }
            (None, _) => Err(Error::data("no branch of the union is there")),
            (Some(_), Some(_)) => Err(Error::data("more than one branch of the union is there")),
        }
    }
}

fn put_null(null: Option<i32>, out: &mut Vec<u8>) -> Result<()> {
    out.extend(null.ok_or_else(|| column::no_null("a union"))?.to_be_bytes());
    Ok(())
}
