//! Values of Flink's runtime that are no plain sequence of fields: stream elements, two-phase commits, variants.
//!
//! Their byte diagrams are in the reader's decoders of the same names.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, ListArray, StringArray};
use flink_state_reader::types::{Basic, Type};

use crate::{Context, Error, Result};

use super::binary::put_length;
use super::column::{Part, binaries, child, not_null, strings, structs, unexpected};
use super::{Encoder, binary, list, nullable, struct_};

const TIMESTAMP: usize = 0;
const VALUE: usize = 1;
const OPERATOR: usize = 2;
const SUBTASK: usize = 3;
const STATUS: usize = 4;
const BACKLOG: usize = 5;
const SUBPARTITION: usize = 6;

/// The kinds of elements, whose tags are their places, and their fields in the order of their encoding.
const KINDS: [(&str, &[usize]); 7] = [
    ("record", &[TIMESTAMP, VALUE]),
    ("record", &[VALUE]),
    ("watermark", &[TIMESTAMP]),
    ("latency marker", &[TIMESTAMP, OPERATOR, SUBTASK]),
    ("watermark status", &[STATUS]),
    ("record attributes", &[BACKLOG]),
    ("internal watermark", &[SUBPARTITION, TIMESTAMP]),
];

/// A struct with the fields of all kinds of elements; `$kind` tells which one it is.
pub(super) fn stream_element<'a>(record: &Type, column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    let column = structs(column)?;
    let operator = child(column, "operator_id")?;
    let basic = |name, basic| Part::field(name, &Type::Basic(basic), column, false);
    let parts = vec![
        basic("timestamp", Basic::Long)?,
        Part::field("value", record, column, tail)?,
        Part::of("operator_id", operator, binary::of_size(16, operator, "an operator ID")?),
        basic("subtask", Basic::Int)?,
        basic("status", Basic::Int)?,
        basic("backlog", Basic::Boolean)?,
        basic("subpartition", Basic::Int)?,
    ];
    Ok(Box::new(StreamElement { column, parts, kinds: strings(child(column, "$kind")?)? }))
}

struct StreamElement<'a> {
    column: &'a dyn Array,
    parts: Vec<Part<'a>>,
    kinds: &'a StringArray,
}

impl Encoder for StreamElement<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "a stream element")?;
        not_null(self.kinds, row, "the kind of a stream element").in_field("$kind")?;
        let name = self.kinds.value(row);
        let timestamp = self.parts.first().is_some_and(|part| !part.is_null(row));
        let kinds = || (0u8..).zip(KINDS).filter(|(_, (kind, _))| *kind == name);
        // A record has a timestamp or not.
        let with_timestamp = kinds().find(|(_, (_, fields))| fields.contains(&TIMESTAMP) == timestamp);
        let Some((tag, (_, fields))) = with_timestamp.or_else(|| kinds().next()) else {
            return Err(Error::data(format!("'{name}' is no kind of stream element")).in_field("$kind"));
        };
        out.push(tag);
        let part = |index: &usize| self.parts.get(*index).ok_or_else(|| Error::bug(format!("no field {index}")));
        for index in fields {
            part(index)?.encode(row, out)?;
        }
        for (_, absent) in self.parts.iter().enumerate().filter(|(index, _)| !fields.contains(index)) {
            absent.expect_null(row, || format!("a value, which no {name} has"))?;
        }
        Ok(())
    }
}

/// A struct of `pending`, `pending_start`, `pending_commits` (transaction and start) and `context`.
pub(super) fn two_phase_commit<'a>(
    nullable_pending: bool,
    transaction: &Type,
    context: &Type,
    column: &'a dyn Array,
    tail: bool,
) -> Result<Box<dyn Encoder + 'a>> {
    let column = structs(column)?;
    let pending = Part::field("pending", transaction, column, false)?;
    let start = struct_::time("pending_start", column)?;
    let commits = child(column, "pending_commits")?;
    let lists: &ListArray = commits.as_list_opt().ok_or_else(|| unexpected(commits))?;
    let commit = structs(lists.values().as_ref())?;
    let parts = vec![Part::field("transaction", transaction, commit, false)?, struct_::time("start", commit)?];
    let items = Part::of("item", commit, struct_::of(commit, parts));
    let commits = Part::of("pending_commits", commits, list::of(lists, items));
    let contexts = child(column, "context")?;
    let context = Part::of("context", contexts, nullable::option(context, contexts, tail)?);
    Ok(Box::new(TwoPhaseCommit { column, nullable_pending, pending, start, commits, context }))
}

struct TwoPhaseCommit<'a> {
    column: &'a dyn Array,
    nullable_pending: bool,
    pending: Part<'a>,
    start: Part<'a>,
    commits: Part<'a>,
    context: Part<'a>,
}

impl Encoder for TwoPhaseCommit<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "the state of a two-phase commit")?;
        let pending = !self.start.is_null(row);
        if self.nullable_pending {
            out.push(u8::from(pending));
        }
        if pending || !self.nullable_pending {
            self.pending.encode(row, out)?;
            self.start.encode(row, out)?;
        } else {
            self.pending.expect_null(row, || "a transaction without its start".to_owned())?;
        }
        self.commits.encode(row, out)?;
        self.context.encode(row, out)
    }
}

/// A struct of the binaries `value` and `metadata`.
pub(super) fn variant<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let fields = structs(column)?;
    let part = |name| binaries(child(fields, name)?);
    Ok(Box::new(Variant { column, value: part("value")?, metadata: part("metadata")? }))
}

struct Variant<'a> {
    column: &'a dyn Array,
    value: &'a BinaryArray,
    metadata: &'a BinaryArray,
}

impl Encoder for Variant<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "a VARIANT")?;
        not_null(self.value, row, "the value of a VARIANT").in_field("value")?;
        not_null(self.metadata, row, "the metadata of a VARIANT").in_field("metadata")?;
        let (value, metadata) = (self.value.value(row), self.metadata.value(row));
        put_length(value.len(), out)?;
        put_length(metadata.len(), out)?;
        out.extend(value);
        out.extend(metadata);
        Ok(())
    }
}
