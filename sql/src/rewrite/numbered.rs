//! Rows that a plan gives for numbered rows, handed out as those rows pass by.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::UInt64Type;
use futures::TryStreamExt;

use super::encode::row_name;
use super::spill::ROW;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;

/// Rows sorted by [`ROW`], which has each number once.
pub(super) struct Numbered {
    rows: Query,
    batch: Option<RecordBatch>,
    last: Option<u64>,
}

impl Numbered {
    pub(super) fn new(rows: Query) -> Self {
        Self { rows, batch: None, last: None }
    }

    /// The rows whose number is below `end`.
    pub(super) async fn until(&mut self, end: u64) -> Result<Option<RecordBatch>> {
        let mut parts = Vec::new();
        while let Some(batch) = self.peek().await? {
            let count = row_numbers(&batch)?.partition_point(|number| *number < end);
            self.batch = (count < batch.num_rows()).then(|| batch.slice(count, batch.num_rows() - count));
            if count > 0 {
                parts.push(batch.slice(0, count));
            }
            if self.batch.is_some() {
                break;
            }
        }
        match parts.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            [first, ..] => Ok(Some(concat_batches(&first.schema(), &parts)?)),
        }
    }

    /// The next batch, which stays.
    pub(super) async fn peek(&mut self) -> Result<Option<RecordBatch>> {
        while self.batch.is_none() {
            match self.rows.try_next().await? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    self.check(&batch)?;
                    self.batch = Some(batch);
                }
                None => {
                    self.rows.check()?;
                    break;
                }
            }
        }
        Ok(self.batch.clone())
    }

    fn check(&mut self, batch: &RecordBatch) -> Result<()> {
        for (row, number) in row_numbers(batch)?.iter().enumerate() {
            match self.last.replace(*number) {
                Some(last) if last == *number => {
                    let name = row_name(batch, row);
                    return Err(Error::usage(format!("the row with {name} is matched more than once"))
                        .with_hint(Some("a row of the FROM gives each row one value".to_owned())));
                }
                Some(last) if last > *number => {
                    return Err(Error::new(ErrorKind::Bug, "rows that are not in the order of their numbers"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The numbers of rows that a plan gives.
pub(super) fn row_numbers(batch: &RecordBatch) -> Result<&[u64]> {
    let numbers = batch.column_by_name(ROW).and_then(|column| column.as_primitive_opt::<UInt64Type>());
    Ok(numbers.ok_or_else(|| Error::new(ErrorKind::Bug, "rows without their numbers"))?.values())
}
