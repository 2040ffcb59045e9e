//! Fields one after the other: tuples, case classes, Flink's own records, timers, values with a time to live.

use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, StructArray};
use flink_state_reader::types::{Basic, Field, Type};

use crate::Result;

use super::Encoder;
use super::basic::sorted_long;
use super::column::{Part, child, not_null, structs};
use super::fields::{Fields, Known, Markers};
use super::fixed::primitive;

/// The fields of a tuple, case class or record.
pub(super) fn encoder<'a>(fields: &[Field], column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    let last = |index| index + 1 == fields.len();
    let each = fields.iter().enumerate().map(|(i, f)| (f.name.as_str(), &f.ty, last(i)));
    let known = Fields::new(structs(column)?, each, tail, Markers::No)?;
    let rest = known.len() < fields.len();
    Ok(Box::new(Struct { order: (0..known.len()).collect(), fields: known, rest }))
}

struct Struct<'a> {
    fields: Fields<'a>,
    order: Vec<usize>,
    /// Fields of unknown length follow in every value.
    rest: bool,
}

impl Encoder for Struct<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.fields.column, row, "a struct of fields")?;
        let Known { fields, rest } = self.fields.known(&self.order, self.rest, row, |_, _| true)?;
        for index in self.order.iter().take(fields) {
            self.fields.part(*index)?.encode(row, out)?;
        }
        out.extend(rest);
        Ok(())
    }
}

/// Start and end of a window: `i64` milliseconds each.
pub(super) fn window<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let fields = structs(column)?;
    Ok(of(column, vec![time("start", fields)?, time("end", fields)?]))
}

/// CEP's event id: `i32` id, `i64` timestamp.
pub(super) fn event_id<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let fields = structs(column)?;
    let id = Part::field("id", &Type::Basic(Basic::Int), fields, false)?;
    let timestamp = Part::field("timestamp", &Type::Basic(Basic::Long), fields, false)?;
    Ok(of(column, vec![id, timestamp]))
}

/// A timer: timestamp with its sign bit flipped, then key and namespace as the fields of a struct.
pub(super) fn timer<'a>(
    key: &Type,
    namespace: &Type,
    column: &'a dyn Array,
    tail: bool,
) -> Result<Box<dyn Encoder + 'a>> {
    let fields = structs(column)?;
    let timestamp = child(fields, "timestamp")?;
    let bytes = primitive::<TimestampMillisecondType, 8>(timestamp, "a timer", None, |v| Ok(sorted_long(v)))?;
    let behind = Fields::behind(1, fields, [("key", key, false), ("namespace", namespace, true)], tail, Markers::No)?;
    let rest = behind.len() < 2;
    let order = (0..behind.len()).collect();
    Ok(Box::new(Timer {
        timestamp: Part::of("timestamp", timestamp, bytes),
        key_and_namespace: Struct { fields: behind, order, rest },
    }))
}

struct Timer<'a> {
    timestamp: Part<'a>,
    key_and_namespace: Struct<'a>,
}

impl Encoder for Timer<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.key_and_namespace.fields.column, row, "a timer")?;
        self.timestamp.encode(row, out)?;
        self.key_and_namespace.encode(row, out)
    }
}

/// A value behind the `i64` millisecond timestamp of its last access.
pub(super) fn ttl<'a>(value: &Type, column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    let fields = structs(column)?;
    Ok(of(column, vec![time("last_access", fields)?, Part::field("value", value, fields, tail)?]))
}

/// A field of `i64` milliseconds, all of which are times.
pub(super) fn time<'a>(name: &str, fields: &'a StructArray) -> Result<Part<'a>> {
    let column = child(fields, name)?;
    let bytes = primitive::<TimestampMillisecondType, 8>(column, "a time", None, |v| Ok(v.to_be_bytes()))?;
    Ok(Part::of(name, column, bytes))
}

/// Parts of a struct in the order of their encoding.
pub(super) fn of<'a>(column: &'a dyn Array, parts: Vec<Part<'a>>) -> Box<dyn Encoder + 'a> {
    Box::new(InTurn { column, parts })
}

struct InTurn<'a> {
    column: &'a dyn Array,
    parts: Vec<Part<'a>>,
}

impl Encoder for InTurn<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "a struct of fields")?;
        self.parts.iter().try_for_each(|part| part.encode(row, out))
    }
}
