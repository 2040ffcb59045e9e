//! The rows of one state on their way through the statements.
//!
//! They lie in files: the columns of the table and the bytes that each row is written as, which are those of the source
//! until a statement assigns one of the columns that they come from. A statement streams them into the next file.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, Int64Array, RecordBatch, UInt64Array};
use arrow::compute::{filter_record_batch, interleave_record_batch, take_record_batch};
use arrow::datatypes::{Int64Type, SchemaRef};
use flink_state_reader::{Snapshot, State};
use flink_state_writer::key::Convention;
use futures::TryStreamExt;

use super::definition::Definition;
use super::encode::{RowBuilder, ints, key_groups, replaced, row_name};
use super::numbered::{Numbered, row_numbers};
use super::source::SourceRows;
use super::spill::{Source, SpillFile, Spills};
use super::summary::RowCounts;
use super::table::SpillTable;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;

/// The rows of a state.
#[derive(Debug)]
pub(super) struct Rows {
    definition: Definition,
    builder: RowBuilder,
    spills: Spills,
    /// One behind the other.
    files: Vec<Arc<SpillFile>>,
    /// Whether they stand as in the source: by key group, or by subtask and position.
    is_in_order: bool,
    /// The position behind the last element of each subtask.
    next_positions: BTreeMap<i32, i64>,
    counts: RowCounts,
}

impl Rows {
    /// No rows yet.
    pub(super) fn empty(definition: Definition, max_parallelism: u32, spills: &Spills) -> Result<Self> {
        Ok(Self {
            builder: RowBuilder::new(&definition, max_parallelism)?,
            definition,
            spills: spills.clone(),
            files: Vec::new(),
            is_in_order: true,
            next_positions: BTreeMap::new(),
            counts: RowCounts::default(),
        })
    }

    /// All rows of a state of the source.
    pub(super) async fn load(source: &Snapshot, state: &State, max_parallelism: u32, spills: &Spills) -> Result<Self> {
        let mut rows = Self::empty(Definition::of(state)?, max_parallelism, spills)?;
        let mut out = spills.create(Arc::clone(rows.builder.schema()))?;
        let mut batches = SourceRows::open(source, state).await?;
        while let Some(batch) = batches.next().await? {
            rows.positioned(&batch)?;
            out.write(&batch)?;
        }
        rows.files = vec![Arc::new(out.finish()?)];
        rows.counts.source = rows.count();
        Ok(rows)
    }

    pub(super) fn definition(&self) -> &Definition {
        &self.definition
    }

    pub(super) fn files(&self) -> &[Arc<SpillFile>] {
        &self.files
    }

    /// The columns of its files.
    pub(super) fn file_schema(&self) -> &SchemaRef {
        self.builder.schema()
    }

    pub(super) fn counts(&self) -> RowCounts {
        self.counts
    }

    pub(super) fn max_parallelism(&self) -> u32 {
        u32::from(self.builder.max_parallelism().get())
    }

    pub(super) fn is_in_order(&self) -> bool {
        self.is_in_order
    }

    /// Whether they are those of the source, byte for byte and in their order.
    pub(super) fn is_as_in_source(&self) -> bool {
        self.is_in_order && self.counts == RowCounts { source: self.counts.source, ..RowCounts::default() }
    }

    /// Bytes of a row, on the average.
    pub(super) fn row_bytes(&self) -> usize {
        let rows: usize = self.files.iter().map(|file| file.rows_of(file.batches())).sum();
        let bytes: usize = self.files.iter().map(|file| file.bytes_of(file.batches())).sum();
        bytes / rows.max(1)
    }

    fn count(&self) -> u64 {
        self.files.iter().map(|file| file.rows()).sum()
    }

    /// The columns of the table.
    pub(super) fn table(&self) -> Result<SpillTable> {
        let columns = (0..self.definition.schema.fields().len()).map(Source::Column);
        let order = (self.is_in_order && self.definition.is_keyed()).then_some("key_group");
        Ok(SpillTable::try_new(&self.files, self.file_schema(), columns.collect(), order)?)
    }

    /// The columns of the table and the number of each row.
    pub(super) fn numbered_table(&self) -> Result<SpillTable> {
        let columns = (0..self.definition.schema.fields().len()).map(Source::Column).chain([Source::Row]);
        Ok(SpillTable::try_new(&self.files, self.file_schema(), columns.collect(), None)?)
    }

    /// What names a row in messages.
    pub(super) fn name_of(&self, number: u64) -> Result<String> {
        for batch in self.batches() {
            let (first, batch) = batch?;
            let index = number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
            if let Some(index) = index.filter(|index| *index < batch.num_rows()) {
                return Ok(row_name(&batch, index));
            }
        }
        Err(no_row())
    }

    /// All columns of all rows, with the number of the first row of each batch.
    fn batches(&self) -> impl Iterator<Item = Result<(u64, RecordBatch)>> + Send + use<> {
        let columns: Vec<Source> = (0..self.file_schema().fields().len()).map(Source::Column).collect();
        let mut next = 0;
        let files = self.files.clone();
        files.into_iter().flat_map(move |file| file.read(file.batches(), &columns, 0)).map(move |batch| {
            let batch = batch?;
            let first = next;
            next += batch.num_rows() as u64;
            Ok((first, batch))
        })
    }

    /// Takes rows out: those with the numbers that `rows` has.
    pub(super) async fn delete(&mut self, rows: Query) -> Result<()> {
        let mut deleted = Numbered::new(rows);
        if deleted.peek().await?.is_none() {
            return Ok(());
        }
        let mut out = self.spills.create(Arc::clone(self.file_schema()))?;
        let mut count = 0;
        for batch in self.batches() {
            let (first, batch) = batch?;
            let Some(gone) = deleted.until(first + batch.num_rows() as u64).await? else {
                out.write(&batch)?;
                continue;
            };
            let mut kept = vec![true; batch.num_rows()];
            for index in indices(&gone, first)? {
                *kept.get_mut(index).ok_or_else(no_row)? = false;
            }
            count += gone.num_rows() as u64;
            out.write(&filter_record_batch(&batch, &BooleanArray::from(kept))?)?;
        }
        self.end(deleted).await?;
        self.files = vec![Arc::new(out.finish()?)];
        self.counts.deleted += count;
        Ok(())
    }

    /// Puts changed rows in place of old ones. `rows` have the table's columns and the number of the row they replace;
    /// only columns of `assigned` may differ.
    pub(super) async fn update(
        &mut self,
        rows: Query,
        assigned: &[String],
        convention: Option<&Convention>,
    ) -> Result<()> {
        let mut changed = Numbered::new(rows);
        if changed.peek().await?.is_none() {
            return Ok(());
        }
        let parts = self.builder.parts(assigned);
        let mut out = self.spills.create(Arc::clone(self.file_schema()))?;
        let mut count = 0;
        for batch in self.batches() {
            let (first, batch) = batch?;
            let Some(new) = changed.until(first + batch.num_rows() as u64).await? else {
                out.write(&batch)?;
                continue;
            };
            let numbers = indices(&new, first)?;
            let places = UInt64Array::from_iter_values(numbers.iter().map(|index| *index as u64));
            let old = take_record_batch(&batch, &places)?;
            let new = self.builder.build(&new, Some(&old), parts, convention)?;
            let mut merged: Vec<(usize, usize)> = (0..batch.num_rows()).map(|row| (0, row)).collect();
            for (row, index) in numbers.into_iter().enumerate() {
                *merged.get_mut(index).ok_or_else(no_row)? = (1, row);
            }
            count += new.num_rows() as u64;
            out.write(&interleave_record_batch(&[&batch, &new], &merged)?)?;
        }
        self.end(changed).await?;
        self.files = vec![Arc::new(out.finish()?)];
        self.is_in_order &= !parts.key;
        self.counts.changed += count;
        Ok(())
    }

    async fn end(&self, mut rows: Numbered) -> Result<()> {
        if rows.peek().await?.is_some() { Err(no_row()) } else { Ok(()) }
    }

    /// Adds rows. Their key groups may be NULL, or those that their keys give; `parallelism` is the number of subtasks.
    pub(super) async fn insert(
        &mut self,
        mut rows: Query,
        parallelism: u32,
        convention: Option<&Convention>,
    ) -> Result<()> {
        let mut out = self.spills.create(Arc::clone(self.file_schema()))?;
        let mut count = 0;
        while let Some(batch) = rows.try_next().await? {
            if batch.num_rows() == 0 {
                continue;
            }
            if self.definition.is_list() {
                check_subtasks(&batch, parallelism)?;
            }
            let batch = self.positioned(&batch)?;
            out.write(&self.builder.build_new(&batch, convention)?)?;
            count += batch.num_rows() as u64;
        }
        rows.check()?;
        if count > 0 {
            self.files.push(Arc::new(out.finish()?));
            self.is_in_order = false;
            self.counts.added += count;
        }
        Ok(())
    }

    /// Spreads all keys over another number of key groups.
    pub(super) fn set_max_parallelism(&mut self, max: u32, convention: Option<&Convention>) -> Result<()> {
        let next = RowBuilder::new(&self.definition, max)?;
        let mut out = self.spills.create(Arc::clone(self.file_schema()))?;
        for batch in self.batches() {
            out.write(&self.builder.moved(&batch?.1, key_groups(max)?, convention)?)?;
        }
        self.files = vec![Arc::new(out.finish()?)];
        self.builder = next;
        self.is_in_order = false;
        Ok(())
    }

    /// Elements without a position go to the end of their subtask's list.
    fn positioned(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        if !self.definition.is_list() {
            return Ok(batch.clone());
        }
        let given = batch.column_by_name("position").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let given = given.ok_or_else(|| Error::new(ErrorKind::Bug, "elements without positions"))?;
        let subtasks = ints(batch, "subtask")?;
        let filled = subtasks.values().iter().zip(given).map(|(subtask, position)| {
            let next = self.next_positions.entry(*subtask).or_insert(0);
            let position = position.unwrap_or(*next);
            *next = position.saturating_add(1).max(*next);
            position
        });
        let filled = Int64Array::from_iter_values(filled.collect::<Vec<_>>());
        replaced(batch, "position", Arc::new(filled))
    }
}

fn check_subtasks(batch: &RecordBatch, parallelism: u32) -> Result<()> {
    let subtasks = ints(batch, "subtask")?;
    let is_wrong = |subtask: &&i32| !u32::try_from(**subtask).is_ok_and(|subtask| subtask < parallelism);
    match subtasks.values().iter().find(is_wrong) {
        Some(subtask) => {
            let last = parallelism.saturating_sub(1);
            Err(Error::usage(format!("subtask {subtask}: the operator has the subtasks 0 to {last}")))
        }
        None => Ok(()),
    }
}

/// Places of rows in the batch whose first row has the number `first`.
fn indices(rows: &RecordBatch, first: u64) -> Result<Vec<usize>> {
    let index = |number: &u64| number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
    row_numbers(rows)?.iter().map(|number| index(number).ok_or_else(no_row)).collect()
}

fn no_row() -> Error {
    Error::new(ErrorKind::Bug, "a row that is not there")
}
