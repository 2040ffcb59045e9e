//! Rows that statements give, with their entries.

use std::num::NonZeroU16;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use flink_state_reader::StateKind;
use flink_state_writer::key::Convention;
use flink_state_writer::state::RowEncoder;

use super::definition::Definition;
use super::source::{KEY, VALUE, no_keys, with_entries};
use crate::error::{Error, ErrorKind, Result};

/// Encodes rows of one state.
#[derive(Debug)]
pub(super) struct RowBuilder {
    kind: StateKind,
    columns: usize,
    /// The columns of the table, all nullable: what must not be NULL is known when it is encoded.
    nullable: SchemaRef,
    schema: SchemaRef,
    encoder: RowEncoder,
    max_parallelism: NonZeroU16,
}

/// Which parts of a row are written anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) key: bool,
    /// The key group, which follows from the key itself.
    pub(super) group: bool,
    pub(super) value: bool,
}

impl Parts {
    pub(super) const ALL: Self = Self { key: true, group: true, value: true };
}

impl RowBuilder {
    pub(super) fn new(definition: &Definition, max_parallelism: u32) -> Result<Self> {
        let fields = definition.schema.fields().iter();
        let nullable = fields.map(|field| Arc::new(field.as_ref().clone().with_nullable(true))).collect::<Vec<_>>();
        Ok(Self {
            kind: definition.kind,
            columns: nullable.len(),
            nullable: Arc::new(Schema::new(nullable)),
            schema: with_entries(&definition.schema),
            encoder: definition.encoder()?,
            max_parallelism: key_groups(max_parallelism)?,
        })
    }

    /// The columns of the table, then [`KEY`] and [`VALUE`].
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn max_parallelism(&self) -> NonZeroU16 {
        self.max_parallelism
    }

    /// The parts that an assignment of these columns changes.
    pub(super) fn parts(&self, assigned: &[String]) -> Parts {
        let is_key = |column: &String| self.encoder.is_key(column);
        Parts {
            key: assigned.iter().any(is_key),
            group: assigned.iter().any(|column| column == "key"),
            value: !assigned.iter().all(is_key),
        }
    }

    /// The entries of new rows; an error names the row.
    pub(super) fn build_new(&self, rows: &RecordBatch, convention: Option<&Convention>) -> Result<RecordBatch> {
        let build = |rows: &RecordBatch| self.build(rows, None, Parts::ALL, convention);
        build(rows).map_err(|error| {
            let row =
                (0..rows.num_rows()).map(|row| rows.slice(row, 1)).find_map(|row| Some((build(&row).err()?, row)));
            row.map_or(error, |(error, row)| error.with_place(&row_name(&row, 0)))
        })
    }

    /// The rows with their entries, whose parts come from `old` unless they are new. `rows` begin with the columns of
    /// the table.
    pub(super) fn build(
        &self,
        rows: &RecordBatch,
        old: Option<&RecordBatch>,
        new: Parts,
        convention: Option<&Convention>,
    ) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = rows.columns().iter().take(self.columns).cloned().collect();
        let mut rows = RecordBatch::try_new(Arc::clone(&self.nullable), columns)?;
        let key: ArrayRef = match old {
            Some(old) if !new.key => Arc::new(binary(old, KEY)?.clone()),
            _ if self.encoder.is_keyed() => {
                let groups = match new.group {
                    true => self.encoder.key_groups(&rows, convention, self.max_parallelism)?,
                    false => ints(&rows, "key_group")?,
                };
                if old.is_none() {
                    check_given(&rows, &groups)?;
                }
                let keys = self.encoder.keys(&rows, groups.values(), u32::from(self.max_parallelism.get()))?;
                rows = replaced(&rows, "key_group", Arc::new(groups))?;
                Arc::new(keys)
            }
            _ if self.kind == StateKind::Broadcast => Arc::new(self.encoder.keys(&rows, &[], 0)?),
            _ => no_keys(rows.num_rows()),
        };
        let value: ArrayRef = match old {
            Some(old) if !new.value => Arc::new(binary(old, VALUE)?.clone()),
            _ => Arc::new(self.encoder.values(&rows)?),
        };
        let mut columns = rows.columns().to_vec();
        columns.extend([key, value]);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    /// Rows with their entries in the key groups that there are when there are `max_parallelism` of them.
    ///
    /// `self` has their old number.
    pub(super) fn moved(
        &self,
        rows: &RecordBatch,
        max_parallelism: NonZeroU16,
        convention: Option<&Convention>,
    ) -> Result<RecordBatch> {
        let (old, new) = (prefix(self.max_parallelism), prefix(max_parallelism));
        let groups = self.encoder.key_groups(rows, convention, max_parallelism)?;
        let keys = binary(rows, KEY)?.iter().zip(groups.values()).map(|(key, group)| {
            let rest = key.and_then(|key| key.get(old..))?;
            let [_, _, wide @ ..] = group.to_be_bytes();
            let mut key = wide.get(2 - new..)?.to_vec();
            key.extend_from_slice(rest);
            Some(key)
        });
        let keys: BinaryArray = keys.collect();
        if keys.null_count() > 0 {
            return Err(Error::new(ErrorKind::Bug, "a key that is shorter than its key group"));
        }
        replaced(&replaced(rows, "key_group", Arc::new(groups))?, KEY, Arc::new(keys))
    }
}

pub(super) fn replaced(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let index = batch.schema().index_of(name)?;
    let mut columns = batch.columns().to_vec();
    if let Some(slot) = columns.get_mut(index) {
        *slot = column;
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// A column of key groups or subtasks.
pub(super) fn ints(batch: &RecordBatch, name: &str) -> Result<Int32Array> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>());
    let column = column.filter(|column| column.null_count() == 0);
    column.cloned().ok_or_else(|| Error::usage(format!("NULL in place of a {name}")))
}

pub(super) fn binary<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a BinaryArray> {
    let column = batch.column_by_name(name).and_then(|column| column.as_binary_opt::<i32>());
    column.ok_or_else(|| Error::new(ErrorKind::Bug, format!("rows without {name}")))
}

/// A key group that an INSERT gives must be the one that the key has.
fn check_given(rows: &RecordBatch, groups: &Int32Array) -> Result<()> {
    let given = rows.column_by_name("key_group").and_then(|column| column.as_primitive_opt::<Int32Type>());
    for (given, group) in given.into_iter().flatten().zip(groups.values()) {
        if let Some(given) = given.filter(|given| given != group) {
            return Err(Error::usage(format!("key_group {given} for a key that belongs to key group {group}"))
                .with_hint(Some("leave key_group out: it follows from the key".to_owned())));
        }
    }
    Ok(())
}

pub(super) fn key_groups(max_parallelism: u32) -> Result<NonZeroU16> {
    let max = u16::try_from(max_parallelism).ok().and_then(NonZeroU16::new).filter(|max| max.get() <= 1 << 15);
    max.ok_or_else(|| Error::usage(format!("max_parallelism {max_parallelism}: 1 to 32768 are possible")))
}

/// Bytes of the key group in front of a key.
fn prefix(max_parallelism: NonZeroU16) -> usize {
    if max_parallelism.get() > 128 { 2 } else { 1 }
}

/// What names a row in messages: its key columns as SQL shows them.
pub(super) fn row_name(batch: &RecordBatch, row: usize) -> String {
    const NAMES: [&str; 6] = ["subtask", "position", "key", "namespace", "map_key", "timestamp"];
    let options = FormatOptions::new().with_null("NULL");
    let schema = batch.schema();
    let columns =
        schema.fields().iter().zip(batch.columns()).filter(|(field, _)| NAMES.contains(&field.name().as_str()));
    let shown = columns.filter_map(|(field, column)| {
        let value = ArrayFormatter::try_new(column.as_ref(), &options).ok()?.value(row).try_to_string().ok()?;
        let is_text = matches!(column.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let value = if is_text && column.is_valid(row) { format!("'{}'", value.replace('\'', "''")) } else { value };
        Some(format!("{} {value}", field.name()))
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "these columns".to_owned() } else { shown.join(", ") }
}
