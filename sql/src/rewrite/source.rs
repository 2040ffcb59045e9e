//! The rows of a state of the source with their entries.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use flink_state_reader::{GapKind, ScanStream, Snapshot, State, StateKind};
use futures::TryStreamExt;

use crate::error::{Error, ErrorKind, Result};

/// The column of composite keys behind the columns of a table; empty for list and union state.
pub(super) const KEY: &str = "$key";

/// The column of values as they are written.
pub(super) const VALUE: &str = "$value";

/// Rows of a batch.
const BATCH: usize = 2048;

/// Reads a state twice at the same time: decoded and as bytes.
pub(super) struct SourceRows {
    name: String,
    kind: StateKind,
    schema: SchemaRef,
    decoded: Option<ScanStream>,
    entries: Entries,
}

/// Batches of entries, taken apart.
struct Entries {
    stream: Option<ScanStream>,
    batch: Option<RecordBatch>,
}

/// The columns of a table, then its entries.
pub(super) fn with_entries(schema: &SchemaRef) -> SchemaRef {
    let mut fields = schema.fields().to_vec();
    fields.extend([KEY, VALUE].map(|name| Arc::new(Field::new(name, DataType::Binary, false))));
    Arc::new(Schema::new(fields))
}

impl SourceRows {
    pub(super) async fn open(snapshot: &Snapshot, state: &State) -> Result<Self> {
        // One task at most: rows in their stored order.
        let open = async |raw: bool| {
            let scan = state.scan().batch_size(BATCH);
            let scan = if raw { scan.raw() } else { scan };
            let mut tasks = scan.build()?.tasks(1).into_iter();
            match tasks.next() {
                Some(task) => snapshot.execute(&task).await.map(Some),
                None => Ok(None),
            }
        };
        Ok(Self {
            name: state.name().to_owned(),
            kind: state.kind(),
            schema: with_entries(&state.schema()),
            decoded: open(false).await?,
            entries: Entries { stream: open(true).await?, batch: None },
        })
    }

    /// The next rows: the table's columns, then [`KEY`] and [`VALUE`].
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let next = match &mut self.decoded {
            Some(decoded) => decoded.try_next().await?,
            None => None,
        };
        let Some(rows) = next else {
            return match self.entries.take(1).await? {
                Some(_) => Err(unequal()),
                None => self.check_gaps().map(|()| None),
            };
        };
        let rows = without_empty_lists(rows, self.kind)?;
        let entries = match rows.num_rows() {
            0 => return Ok(Some(RecordBatch::new_empty(Arc::clone(&self.schema)))),
            count => self.entries.take(count).await?.ok_or_else(unequal)?,
        };
        self.beside(&rows, &entries).map(Some)
    }

    /// Rows that can't be decoded can't be changed either. A value that is given as bytes goes back as its bytes.
    fn check_gaps(&self) -> Result<()> {
        let mut gaps = self.decoded.iter().flat_map(ScanStream::gaps);
        match gaps.find(|gap| gap.kind != GapKind::Undecoded) {
            Some(gap) => {
                let message = format!("'{}' can't be changed: {}", self.name, gap.reason);
                Err(Error::new(ErrorKind::Unsupported, message))
            }
            None => Ok(()),
        }
    }

    fn beside(&self, rows: &RecordBatch, entries: &RecordBatch) -> Result<RecordBatch> {
        let shared = match self.kind {
            StateKind::OperatorList | StateKind::OperatorUnion => 2,
            StateKind::Broadcast => 0,
            _ => 1,
        };
        if rows.columns().iter().zip(entries.columns()).take(shared).any(|(a, b)| a.as_ref() != b.as_ref()) {
            return Err(Error::new(ErrorKind::Bug, "the rows of a state and its entries differ in their order"));
        }
        let mut columns = rows.columns().to_vec();
        if entries.num_columns() == shared + 1 {
            columns.push(no_keys(rows.num_rows()));
        }
        columns.extend(entries.columns().iter().skip(shared).cloned());
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// What list and union state has in place of keys.
pub(super) fn no_keys(rows: usize) -> ArrayRef {
    Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(b"", rows)))
}

/// The heap layout may hold lists without elements, which have no entry in the canonical one.
fn without_empty_lists(rows: RecordBatch, kind: StateKind) -> Result<RecordBatch> {
    let lists = rows.column_by_name("value").and_then(|column| column.as_list_opt::<i32>());
    let Some(lists) = lists.filter(|_| kind == StateKind::List) else { return Ok(rows) };
    let is_empty = |row: usize| lists.is_valid(row) && lists.value_length(row) == 0;
    if !(0..lists.len()).any(is_empty) {
        return Ok(rows);
    }
    let kept: BooleanArray = (0..lists.len()).map(|row| Some(!is_empty(row))).collect();
    Ok(filter_record_batch(&rows, &kept)?)
}

impl Entries {
    /// The next `count` rows; nothing if there are fewer.
    async fn take(&mut self, mut count: usize) -> Result<Option<RecordBatch>> {
        let mut parts = Vec::new();
        while count > 0 {
            let batch = match (self.batch.take(), &mut self.stream) {
                (Some(batch), _) => batch,
                (None, Some(stream)) => match stream.try_next().await? {
                    Some(batch) => batch,
                    None => return Ok(None),
                },
                (None, None) => return Ok(None),
            };
            let length = count.min(batch.num_rows());
            if length < batch.num_rows() {
                self.batch = Some(batch.slice(length, batch.num_rows() - length));
            }
            parts.push(batch.slice(0, length));
            count -= length;
        }
        match parts.as_slice() {
            [one] => Ok(Some(one.clone())),
            [first, ..] => Ok(Some(concat_batches(&first.schema(), &parts)?)),
            [] => Ok(None),
        }
    }
}

fn unequal() -> Error {
    Error::new(ErrorKind::Bug, "the rows of a state and its entries differ in number")
}
