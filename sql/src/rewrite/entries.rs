//! Staged rows as the entries that are written.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Column;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use flink_state_writer::state::{EntrySource, EntryStream, Order, Slice};
use futures::{StreamExt, TryStreamExt, stream};

use super::encode::{binary, ints};
use super::numbered::row_numbers;
use super::rows::Rows;
use super::source::{KEY, VALUE};
use super::spill::{ROW, Source, SpillFile, Spills, projected};
use super::table::SpillTable;
use crate::error::{Error, Result};
use crate::session::Session;

/// Entries on disk, in the order in which they are written.
#[derive(Clone, Debug)]
struct SpilledEntries {
    files: Vec<Arc<SpillFile>>,
    /// Key group, key and value; subtask, position and value; key and value.
    columns: Vec<Source>,
    max_parallelism: Option<u32>,
}

impl EntrySource for SpilledEntries {
    fn open(&self, slice: &Slice) -> EntryStream {
        let (range, columns, slice) = (slice.range(), self.columns.clone(), slice.clone());
        let batches = self.files.clone().into_iter().flat_map(move |file| {
            let batches = range.as_ref().map_or_else(|| file.batches(), |range| file.batches_of(range));
            file.read(batches, &columns, 0)
        });
        stream::iter(batches.map(move |batch| slice.cut(&batch?))).boxed()
    }

    fn max_parallelism(&self) -> Option<u32> {
        self.max_parallelism
    }

    fn rows(&self) -> Option<u64> {
        Some(self.files.iter().map(|file| file.rows()).sum())
    }
}

/// The entries of a state, and their order in a key group: sorted by key unless they stand as in the source.
pub(super) async fn entries(session: &Session, rows: &Rows, spills: &Spills) -> Result<(Arc<dyn EntrySource>, Order)> {
    let definition = rows.definition();
    let max_parallelism = definition.is_keyed().then(|| rows.max_parallelism());
    let (names, by): (&[&str], &[&str]) = match definition {
        keyed if keyed.is_keyed() => (&["key_group", KEY, VALUE], &["key_group", KEY]),
        list if list.is_list() => (&["subtask", "position", VALUE], &["subtask", "position", ROW]),
        _ => (&[KEY, VALUE], &[KEY]),
    };
    let schema = rows.file_schema();
    let index = |name: &&str| Ok(Source::Column(schema.index_of(name)?));
    let columns = names.iter().map(index).collect::<Result<Vec<_>>>()?;
    if rows.is_in_order() {
        let entries = SpilledEntries { files: rows.files().to_vec(), columns, max_parallelism };
        return Ok((Arc::new(entries), Order::Stored));
    }
    let file = sorted(session, rows, &columns, by, spills).await?;
    let columns = (0..names.len()).map(Source::Column).collect();
    Ok((Arc::new(SpilledEntries { files: vec![Arc::new(file)], columns, max_parallelism }), Order::Sorted))
}

/// These columns of the rows in another order. No two rows may be equal in what they are sorted by.
async fn sorted(session: &Session, rows: &Rows, columns: &[Source], by: &[&str], spills: &Spills) -> Result<SpillFile> {
    let wanted = columns.iter().copied().chain([Source::Row]).collect();
    let table = SpillTable::try_new(rows.files(), rows.file_schema(), wanted, None)?;
    let by: Vec<_> = by.iter().map(|name| Expr::Column(Column::from_name(*name)).sort(true, false)).collect();
    let plan = LogicalPlanBuilder::scan("entries", provider_as_source(Arc::new(table)), None)?.sort(by)?.build()?;
    let mut batches = session.stream_in_order(plan, rows.row_bytes()).await?;
    let mut out = spills.create(projected(rows.file_schema(), columns)?)?;
    let mut last: Option<RecordBatch> = None;
    while let Some(batch) = batches.try_next().await? {
        if batch.num_rows() == 0 {
            continue;
        }
        if !rows.definition().is_list() {
            check_unique(rows, last.as_ref(), &batch)?;
        }
        out.write(&batch.project(&(0..columns.len()).collect::<Vec<_>>())?)?;
        last = Some(batch.slice(batch.num_rows() - 1, 1));
    }
    batches.check()?;
    Ok(out.finish()?)
}

/// Fails if a row has the key of the one before it. The first row of `batch` comes behind `last`.
fn check_unique(rows: &Rows, last: Option<&RecordBatch>, batch: &RecordBatch) -> Result<()> {
    // The key group stands in front of the key.
    let keys = binary(batch, KEY)?;
    let last = last.map(|last| binary(last, KEY)).transpose()?;
    let mut previous = last.and_then(|last| last.iter().next()).flatten();
    for (row, key) in keys.iter().enumerate() {
        if key == previous {
            let number = row_numbers(batch)?.get(row).copied().unwrap_or_default();
            let mut name = rows.name_of(number)?;
            if let Ok(groups) = ints(batch, "key_group") {
                name = format!("{name} (key group {})", groups.value(row));
            }
            return Err(Error::usage(format!("two rows have the same key: {name}")).with_hint(Some(
                "a state has one value for a key and namespace, a map one for a user key".to_owned(),
            )));
        }
        previous = key;
    }
    Ok(())
}
