//! The columns of a query as those of a state's table: matched by name, in any order.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use flink_state_reader::StateKind;

use super::conform::Conversion;
use crate::error::{Error, ErrorKind, Result};
use crate::suggest;

/// Where the columns of a state's table come from.
#[derive(Debug)]
pub(super) struct Columns {
    /// The table's columns; any value may be NULL until it is encoded.
    schema: SchemaRef,
    sources: Vec<Source>,
    /// Rows so far.
    rows: u64,
}

#[derive(Debug)]
enum Source {
    /// A column of the query.
    Given(usize, Conversion),
    /// It follows from the others: NULL here.
    Computed(DataType),
    /// The elements go to so many subtasks in turn.
    Subtasks(u32),
}

impl Columns {
    /// Matches the columns of a query with those of a table.
    ///
    /// The key group may be left out: it follows from the key. So may be subtask and position: the elements of a list
    /// state then go to the subtasks in turn, all of a union state to the first, in the order of the query.
    ///
    /// # Errors
    /// Columns that are missing or unknown, types between which values could change.
    pub(super) fn new(given: &SchemaRef, table: &SchemaRef, kind: StateKind, parallelism: u32) -> Result<Self> {
        let (mut sources, mut fields) = (Vec::new(), Vec::new());
        let names: Vec<&str> = table.fields().iter().map(|field| field.name().as_str()).collect();
        let unknown = given.fields().iter().map(|field| field.name().as_str()).find(|name| !names.contains(name));
        for to in table.fields() {
            let name = to.name().as_str();
            let found: Vec<usize> =
                (0..).zip(given.fields()).filter(|(_, field)| field.name() == name).map(|(index, _)| index).collect();
            let source = match (found.as_slice(), name) {
                ([index], _) => {
                    let from = given.fields().get(*index).unwrap_or(to);
                    let conversion = Conversion::new(from, to).map_err(|e| e.with_place(name))?;
                    Source::Given(*index, conversion)
                }
                ([], "subtask") if given.column_with_name("position").is_some() => {
                    return Err(Error::usage("position without subtask: a position is one in the list of a subtask"));
                }
                ([], "subtask") if kind == StateKind::OperatorUnion => Source::Subtasks(1),
                ([], "subtask") => Source::Subtasks(parallelism.max(1)),
                ([], "key_group" | "position") => Source::Computed(to.data_type().clone()),
                ([], _) => return Err(missing(name, unknown, kind, table)),
                _ => return Err(Error::usage(format!("the query gives the column '{name}' more than once"))),
            };
            sources.push(source);
            fields.push(Arc::new(to.as_ref().clone().with_nullable(true)));
        }
        if let Some(unknown) = unknown {
            let hint = suggest::nearest(unknown, &names).map(|name| format!("did you mean {name}? "));
            let hint = format!("{}{}", hint.unwrap_or_default(), needed(kind, table));
            return Err(Error::usage(format!("{kind} state has no column '{unknown}'")).with_hint(Some(hint)));
        }
        Ok(Self { schema: Arc::new(Schema::new(fields)), sources, rows: 0 })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next rows of the query as rows of the table.
    ///
    /// # Errors
    /// A value that its column can't hold.
    pub(super) fn apply(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let first = self.rows;
        self.rows += batch.num_rows() as u64;
        let column = |(field, source): (&Arc<Field>, &Source)| match source {
            Source::Given(index, conversion) => {
                let column = batch.columns().get(*index);
                let column = column.ok_or_else(|| Error::new(ErrorKind::Bug, "a column that was announced"))?;
                conversion.apply(column).map_err(|e| e.with_place(field.name()))
            }
            Source::Computed(ty) => Ok(new_null_array(ty, batch.num_rows())),
            Source::Subtasks(parallelism) => {
                let subtasks = (first..self.rows).map(|row| i32::try_from(row % u64::from(*parallelism)).ok());
                Ok(Arc::new(subtasks.collect::<Int32Array>()) as ArrayRef)
            }
        };
        let columns = self.schema.fields().iter().zip(&self.sources).map(column).collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

fn missing(name: &str, unknown: Option<&str>, kind: StateKind, table: &SchemaRef) -> Error {
    let unknown = unknown.map(|unknown| format!(" ('{unknown}' is none)")).unwrap_or_default();
    Error::usage(format!("the query gives no column '{name}'{unknown}")).with_hint(Some(needed(kind, table)))
}

/// The columns of a state as a sentence.
fn needed(kind: StateKind, table: &SchemaRef) -> String {
    let is_optional = |name: &str| ["key_group", "subtask", "position"].contains(&name);
    let names = |optional: bool| {
        let names = table.fields().iter().map(|field| field.name().as_str());
        names.filter(|name| is_optional(name) == optional).collect::<Vec<_>>()
    };
    let mut text = format!("{kind} state needs {}", names(false).join(", "));
    if !names(true).is_empty() {
        text.push_str(&format!("; {} may be left out", names(true).join(" and ")));
    }
    text
}
