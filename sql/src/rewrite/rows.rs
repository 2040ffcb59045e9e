//! The rows of one state on their way through the statements.
//!
//! Each row has its table's columns and the bytes it is written as: those of the source until a statement assigns one
//! of the columns that they come from.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int32Array, Int64Array, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, interleave_record_batch};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef};
use datafusion::datasource::MemTable;
use flink_state_reader::{GapKind, Snapshot, State, StateKind};
use flink_state_writer::key::Convention;
use flink_state_writer::state::{Batches, RowEncoder};
use futures::TryStreamExt;

use crate::error::{Error, ErrorKind, Result};

/// The number of a row, in plans of UPDATE and DELETE.
pub(super) const ROW: &str = "$row";

const KEY: &str = "$key";
const VALUE: &str = "$value";

/// Rows of a batch.
const BATCH: usize = 8192;

/// What became of the rows of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that the source has.
    pub source: u64,
    /// Rows that an UPDATE gave; one that several gave counts for each.
    pub changed: u64,
    /// Rows that were added.
    pub added: u64,
    /// Rows that were deleted.
    pub deleted: u64,
}

/// The rows of a state.
#[derive(Debug)]
pub(super) struct Rows {
    kind: StateKind,
    schema: SchemaRef,
    encoder: RowEncoder,
    max_parallelism: NonZeroU16,
    /// The table's columns, then its entries.
    batches: Vec<RecordBatch>,
    pub(super) counts: RowCounts,
}

/// A row: its batch and its place in it.
type Place = (usize, usize);

impl Rows {
    /// All rows of a state. They stay in memory, decoded and as bytes.
    pub(super) async fn load(snapshot: &Snapshot, state: &State, max_parallelism: u32) -> Result<Self> {
        let mut raw = Vec::new();
        for task in state.scan().raw().build()?.tasks(1) {
            raw.extend(snapshot.execute(&task).await?.try_collect::<Vec<_>>().await?);
        }
        let mut raw = Slices { batches: raw, batch: 0, row: 0 };
        let mut batches = Vec::new();
        for task in state.scan().batch_size(BATCH).build()?.tasks(1) {
            let mut stream = snapshot.execute(&task).await?;
            while let Some(rows) = stream.try_next().await? {
                let entries = raw.take(rows.num_rows()).ok_or_else(unequal)?;
                batches.push(beside(&rows, &entries, state.kind())?);
            }
            // A value that is given as bytes goes back as its bytes.
            if let Some(gap) = stream.gaps().iter().find(|gap| gap.kind != GapKind::Undecoded) {
                let message = format!("'{}' can't be changed: {}", state.name(), gap.reason);
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        }
        if !raw.is_empty() {
            return Err(unequal());
        }
        let source = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        Ok(Self {
            kind: state.kind(),
            schema: state.schema(),
            encoder: RowEncoder::of(state)?,
            max_parallelism: key_groups(max_parallelism)?,
            batches,
            counts: RowCounts { source, ..RowCounts::default() },
        })
    }

    /// Whether no statement has changed a row.
    pub(super) fn is_as_in_source(&self) -> bool {
        self.counts == RowCounts { source: self.counts.source, ..RowCounts::default() }
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// As a table, with the number of each row behind its columns if that is wanted.
    pub(super) fn table(&self, with_row: bool) -> Result<MemTable> {
        let mut first = 0u64;
        let mut batches = Vec::with_capacity(self.batches.len());
        let mut fields = self.schema.fields().to_vec();
        if with_row {
            fields.push(Arc::new(Field::new(ROW, DataType::UInt64, false)));
        }
        let schema = Arc::new(Schema::new(fields));
        for batch in &self.batches {
            let end = first + batch.num_rows() as u64;
            let mut columns: Vec<ArrayRef> = batch.columns().iter().take(self.schema.fields().len()).cloned().collect();
            if with_row {
                columns.push(Arc::new(UInt64Array::from_iter_values(first..end)));
            }
            batches.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
            first = end;
        }
        Ok(MemTable::try_new(schema, vec![batches])?)
    }

    /// Takes rows out.
    pub(super) fn delete(&mut self, numbers: &[u64]) -> Result<()> {
        let count = self.count();
        let mut kept = vec![true; count];
        for number in numbers {
            if !std::mem::replace(self.at(&mut kept, *number)?, false) {
                return Err(Error::new(ErrorKind::Bug, "a row is deleted twice"));
            }
        }
        self.counts.deleted += numbers.len() as u64;
        let places = self.places().zip(kept).filter_map(|(place, kept)| kept.then_some(place)).collect::<Vec<_>>();
        self.batches = gather(&self.batches, &places)?;
        Ok(())
    }

    /// Puts changed rows in place of old ones. `rows` have the table's columns and the number of the row they replace;
    /// only columns of `assigned` may differ.
    pub(super) fn update(
        &mut self,
        rows: &[RecordBatch],
        assigned: &[String],
        convention: Option<&Convention>,
    ) -> Result<()> {
        let places: Vec<Place> = self.places().collect();
        let mut next = places.clone();
        let mut is_changed = vec![false; places.len()];
        let new_key = assigned.iter().any(|column| self.encoder.is_key(column));
        let new_group = assigned.iter().any(|column| column == "key");
        let new_value = assigned.iter().any(|column| !self.encoder.is_key(column) && !is_position(column));
        let mut changed = Vec::new();
        for batch in rows {
            let numbers =
                batch.column_by_name(ROW).and_then(|column| column.as_primitive_opt::<arrow::datatypes::UInt64Type>());
            let numbers = numbers.ok_or_else(|| Error::new(ErrorKind::Bug, "an UPDATE without row numbers"))?;
            let mut old = Vec::with_capacity(batch.num_rows());
            for (row, number) in numbers.values().iter().enumerate() {
                if std::mem::replace(self.at(&mut is_changed, *number)?, true) {
                    return Err(Error::usage("the UPDATE gives several values for one row")
                        .with_hint(Some("its FROM matches the row more than once".to_owned())));
                }
                let slot = usize::try_from(*number).ok();
                let slot = slot.and_then(|at| Some((places.get(at)?, next.get_mut(at)?)));
                let (place, slot) = slot.ok_or_else(|| Error::new(ErrorKind::Bug, "a row that is not there"))?;
                old.push(*place);
                *slot = (self.batches.len() + changed.len(), row);
            }
            if old.is_empty() {
                continue;
            }
            let old = interleave_record_batch(&self.batches.iter().collect::<Vec<_>>(), &old)?;
            let parts = Parts { key: new_key, group: new_group, value: new_value };
            changed.push(self.encode(batch, Some(&old), parts, convention)?);
        }
        self.counts.changed += is_changed.iter().filter(|changed| **changed).count() as u64;
        self.batches.extend(changed);
        self.batches = gather(&self.batches, &next)?;
        Ok(())
    }

    /// Adds rows. Their key groups may be NULL, or those that their keys give.
    pub(super) fn insert(&mut self, rows: &[RecordBatch], convention: Option<&Convention>) -> Result<()> {
        let mut next = self.next_positions()?;
        for batch in rows.iter().filter(|batch| batch.num_rows() > 0) {
            let batch = &positioned(batch, &mut next)?;
            let encoded = self.encode(batch, None, Parts { key: true, group: true, value: true }, convention)?;
            self.counts.added += encoded.num_rows() as u64;
            self.batches.push(encoded);
        }
        Ok(())
    }

    /// The position behind the last element of each subtask.
    fn next_positions(&self) -> Result<BTreeMap<i32, i64>> {
        let mut next = BTreeMap::new();
        for batch in self.batches.iter().filter(|batch| batch.column_by_name("position").is_some()) {
            for (subtask, position) in ints(batch, "subtask")?.values().iter().zip(positions(batch)?.iter().flatten()) {
                let slot = next.entry(*subtask).or_insert(0);
                *slot = position.saturating_add(1).max(*slot);
            }
        }
        Ok(next)
    }

    /// Spreads all keys over another number of key groups.
    pub(super) fn set_max_parallelism(&mut self, max: u32, convention: Option<&Convention>) -> Result<()> {
        if !self.encoder.is_keyed() {
            return Ok(());
        }
        let old = std::mem::replace(&mut self.max_parallelism, key_groups(max)?);
        let (old, new) = (prefix(old), prefix(self.max_parallelism));
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let groups = self.encoder.key_groups(batch, convention, self.max_parallelism)?;
            let keys = binary(batch, KEY)?;
            let moved = keys.iter().zip(groups.values()).map(|(key, group)| {
                let rest = key.and_then(|key| key.get(old..))?;
                let [_, _, wide @ ..] = group.to_be_bytes();
                let mut key = wide.get(2 - new..)?.to_vec();
                key.extend_from_slice(rest);
                Some(key)
            });
            let keys: BinaryArray = moved.collect();
            if keys.null_count() > 0 {
                return Err(Error::new(ErrorKind::Bug, "a key that is shorter than its key group"));
            }
            batches.push(replaced(&replaced(batch, "key_group", Arc::new(groups))?, KEY, Arc::new(keys))?);
        }
        self.batches = batches;
        Ok(())
    }

    /// The table's columns of `rows` with their entries.
    fn encode(
        &self,
        rows: &RecordBatch,
        old: Option<&RecordBatch>,
        new: Parts,
        convention: Option<&Convention>,
    ) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = rows.columns().iter().take(self.schema.fields().len()).cloned().collect();
        let fields = self.schema.fields().iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true)));
        let mut rows = RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)?;
        let mut key: ArrayRef = match old {
            Some(old) if !new.key => Arc::new(binary(old, KEY)?.clone()),
            _ => Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(b"", rows.num_rows()))),
        };
        if new.key && self.encoder.is_keyed() {
            let groups = match new.group {
                true => self.encoder.key_groups(&rows, convention, self.max_parallelism)?,
                false => ints(&rows, "key_group")?,
            };
            if old.is_none() {
                check_given(&rows, &groups)?;
            }
            key = Arc::new(self.encoder.keys(&rows, groups.values(), u32::from(self.max_parallelism.get()))?);
            rows = replaced(&rows, "key_group", Arc::new(groups))?;
        } else if new.key && self.kind == StateKind::Broadcast {
            key = Arc::new(self.encoder.keys(&rows, &[], 0)?);
        }
        let value: ArrayRef = match old {
            Some(old) if !new.value => Arc::new(binary(old, VALUE)?.clone()),
            _ => Arc::new(self.encoder.values(&rows)?),
        };
        let mut columns = rows.columns().to_vec();
        columns.extend([key, value]);
        Ok(RecordBatch::try_new(with_entries(&self.schema), columns)?)
    }

    fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// All rows in their order.
    fn places(&self) -> impl Iterator<Item = Place> {
        self.batches.iter().enumerate().flat_map(|(batch, rows)| (0..rows.num_rows()).map(move |row| (batch, row)))
    }

    fn at<'m>(&self, marks: &'m mut [bool], number: u64) -> Result<&'m mut bool> {
        let mark = usize::try_from(number).ok().and_then(|number| marks.get_mut(number));
        mark.ok_or_else(|| Error::new(ErrorKind::Bug, "a row that is not there"))
    }

    /// The entries, as they are written.
    pub(super) fn entries(&self, parallelism: u32) -> Result<Batches> {
        let mut places: Vec<Place> = self.places().collect();
        let max_parallelism = u32::from(self.max_parallelism.get());
        match self.kind {
            StateKind::OperatorList | StateKind::OperatorUnion => {
                let subtasks = self.column(|batch| ints(batch, "subtask"))?;
                let positions = self.column(positions)?;
                let order = |&(batch, row): &Place| {
                    let subtask = subtasks.get(batch).map(|subtasks| subtasks.value(row));
                    (subtask, positions.get(batch).map(|positions| positions.value(row)))
                };
                places.sort_by_key(order);
                let batches = gather(&self.batches, &places)?;
                Ok(Batches::elements(elements(&batches)?, parallelism)?)
            }
            StateKind::Broadcast => {
                let keys = self.column(|batch| binary(batch, KEY).cloned())?;
                sort(&mut places, &keys, None)?;
                Ok(Batches::broadcast(entries(&gather(&self.batches, &places)?, &[KEY, VALUE])?))
            }
            _ => {
                let keys = self.column(|batch| binary(batch, KEY).cloned())?;
                let groups = self.column(|batch| ints(batch, "key_group"))?;
                sort(&mut places, &keys, Some(&groups))?;
                let batches = entries(&gather(&self.batches, &places)?, &["key_group", KEY, VALUE])?;
                Ok(Batches::keyed(batches, max_parallelism)?)
            }
        }
    }

    fn column<T>(&self, column: impl Fn(&RecordBatch) -> Result<T>) -> Result<Vec<T>> {
        self.batches.iter().map(column).collect()
    }
}

/// Which parts of a row are written anew.
#[derive(Clone, Copy)]
struct Parts {
    key: bool,
    /// The key group, which follows from the key itself.
    group: bool,
    value: bool,
}

/// Raw batches, taken apart.
struct Slices {
    batches: Vec<RecordBatch>,
    batch: usize,
    row: usize,
}

impl Slices {
    fn take(&mut self, mut rows: usize) -> Option<RecordBatch> {
        let schema = self.batches.first()?.schema();
        let mut parts = Vec::new();
        while rows > 0 {
            let batch = self.batches.get(self.batch)?;
            let count = rows.min(batch.num_rows() - self.row);
            parts.push(batch.slice(self.row, count));
            (rows, self.row) = (rows - count, self.row + count);
            if self.row == batch.num_rows() {
                (self.batch, self.row) = (self.batch + 1, 0);
            }
        }
        concat_batches(&schema, &parts).ok()
    }

    fn is_empty(&self) -> bool {
        self.batches.iter().skip(self.batch).all(|batch| batch.num_rows() == 0)
    }
}

fn unequal() -> Error {
    Error::new(ErrorKind::Bug, "the rows of a state and its entries differ in number")
}

/// The table's columns, then its entries.
fn beside(rows: &RecordBatch, entries: &RecordBatch, kind: StateKind) -> Result<RecordBatch> {
    let shared = match kind {
        StateKind::OperatorList | StateKind::OperatorUnion => 2,
        StateKind::Broadcast => 0,
        _ => 1,
    };
    if rows.columns().iter().zip(entries.columns()).take(shared).any(|(a, b)| a.as_ref() != b.as_ref()) {
        return Err(Error::new(ErrorKind::Bug, "the rows of a state and its entries differ in their order"));
    }
    let mut columns = rows.columns().to_vec();
    if entries.num_columns() == shared + 1 {
        columns.push(Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(b"", rows.num_rows()))));
    }
    columns.extend(entries.columns().iter().skip(shared).cloned());
    Ok(RecordBatch::try_new(with_entries(&rows.schema()), columns)?)
}

fn with_entries(schema: &SchemaRef) -> SchemaRef {
    let mut fields = schema.fields().to_vec();
    fields.extend([KEY, VALUE].map(|name| Arc::new(Field::new(name, DataType::Binary, false))));
    Arc::new(Schema::new(fields))
}

/// These rows in this order.
fn gather(batches: &[RecordBatch], places: &[Place]) -> Result<Vec<RecordBatch>> {
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    places.chunks(BATCH).map(|places| Ok(interleave_record_batch(&batches, places)?)).collect()
}

/// By key group and key; no key twice.
fn sort(places: &mut [Place], keys: &[BinaryArray], groups: Option<&[Int32Array]>) -> Result<()> {
    let order = |&(batch, row): &Place| {
        let group = groups.and_then(|groups| groups.get(batch)).map(|groups| groups.value(row));
        (group, keys.get(batch).map(|keys| keys.value(row)))
    };
    places.sort_by(|a, b| order(a).cmp(&order(b)));
    if let Some([twice, _]) = places.windows(2).find_map(|pair| {
        let pair: &[Place; 2] = pair.try_into().ok()?;
        let [a, b] = pair;
        (order(a) == order(b)).then_some(pair)
    }) {
        let (group, _) = order(twice);
        let group = group.map_or_else(String::new, |group| format!(" (key group {group})"));
        return Err(Error::usage(format!("two rows have the same key{group}"))
            .with_hint(Some("a state has one value for a key and namespace, a map one for a user key".to_owned())));
    }
    Ok(())
}

fn entries(batches: &[RecordBatch], names: &[&str]) -> Result<Vec<RecordBatch>> {
    let pick = |batch: &RecordBatch| {
        let columns = names.iter().map(|name| batch.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(batch.project(&columns)?)
    };
    batches.iter().map(pick).collect()
}

/// Elements with their positions counted anew.
fn elements(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let (mut last, mut next) = (None, 0i64);
    let mut renumbered = Vec::new();
    for batch in entries(batches, &["subtask", "position", VALUE])? {
        let subtasks = ints(&batch, "subtask")?;
        let positions = subtasks.values().iter().map(|subtask| {
            next = if last.replace(*subtask) == Some(*subtask) { next + 1 } else { 0 };
            next
        });
        let positions = Int64Array::from_iter_values(positions.collect::<Vec<_>>());
        renumbered.push(replaced(&batch, "position", Arc::new(positions))?);
    }
    Ok(renumbered)
}

/// Elements without a position go to the end of their subtask's list.
fn positioned(batch: &RecordBatch, next: &mut BTreeMap<i32, i64>) -> Result<RecordBatch> {
    if batch.column_by_name("position").is_none() {
        return Ok(batch.clone());
    }
    let given = positions(batch)?;
    let subtasks = ints(batch, "subtask")?;
    let filled = subtasks.values().iter().zip(&given).map(|(subtask, position)| {
        let slot = next.entry(*subtask).or_insert(0);
        let position = position.unwrap_or(*slot);
        *slot = position.saturating_add(1).max(*slot);
        position
    });
    let filled = Int64Array::from_iter_values(filled.collect::<Vec<_>>());
    replaced(batch, "position", Arc::new(filled))
}

fn positions(batch: &RecordBatch) -> Result<Int64Array> {
    let column = batch.column_by_name("position").and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.cloned().ok_or_else(|| Error::new(ErrorKind::Bug, "elements without positions"))
}

fn replaced(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let index = batch.schema().index_of(name)?;
    let mut columns = batch.columns().to_vec();
    if let Some(slot) = columns.get_mut(index) {
        *slot = column;
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

fn ints(batch: &RecordBatch, name: &str) -> Result<Int32Array> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>());
    let column = column.filter(|column| column.null_count() == 0);
    column.cloned().ok_or_else(|| Error::usage(format!("NULL in place of a {name}")))
}

fn binary<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a BinaryArray> {
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

/// Whether a column says where an element is, not what.
fn is_position(column: &str) -> bool {
    matches!(column, "subtask" | "position")
}

fn key_groups(max_parallelism: u32) -> Result<NonZeroU16> {
    let max = u16::try_from(max_parallelism).ok().and_then(NonZeroU16::new).filter(|max| max.get() <= 1 << 15);
    max.ok_or_else(|| Error::usage(format!("max_parallelism {max_parallelism}: 1 to 32768 are possible")))
}

/// Bytes of the key group in front of a key.
fn prefix(max_parallelism: NonZeroU16) -> usize {
    if max_parallelism.get() > 128 { 2 } else { 1 }
}
