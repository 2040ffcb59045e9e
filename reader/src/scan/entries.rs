//! Raw entries to rows: the second half of a scan, for entries that were picked from one.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, BinaryArray, Int32Array, RecordBatch};

use crate::decode::Span;
use crate::error::{Context, Error, Result};
use crate::state::canonical::Prefix;
use crate::state::rows::Rows;
use crate::state::table::{Column, RawPart};
use crate::state::{State, StateKind};

use super::columns::{Batch, Origin, wanted};

impl State {
    /// Decodes raw entries of this state (see [`ScanBuilder::raw`](crate::ScanBuilder::raw), all columns): a row of its
    /// table for each of them, in their order.
    ///
    /// # Errors
    /// A batch with other columns, bytes that contradict their type, an entry whose value can't be decoded.
    pub fn decode(&self, raw: &RecordBatch) -> Result<RecordBatch> {
        self.decode_entries(raw).map_err(|e| self.locate(e))
    }

    fn decode_entries(&self, raw: &RecordBatch) -> Result<RecordBatch> {
        let table = &self.inner().table;
        let mut batch = Batch::new(self.schema(), table.columns.clone());
        let mut rows = Rows::new(wanted(table.columns.iter()));
        // Rows of one batch are of one key group, or of one subtask.
        let groups = match self.kind() {
            StateKind::Broadcast => None,
            _ => Some(column(raw, 0, |array| array.as_primitive_opt::<Int32Type>())?),
        };
        for run in runs(groups, raw.num_rows()) {
            let group = groups.and_then(|groups| groups.values().get(run.start).copied()).unwrap_or(0);
            let group = u32::try_from(group).map_err(|_| Error::usage("a negative key group or subtask"))?;
            let key_group = u16::try_from(group).unwrap_or(u16::MAX);
            rows.restart(0);
            let data = self.frame(raw, run, key_group, &mut rows)?;
            let mut missing = Vec::new();
            batch.append(&rows, Origin { data: &data, offset: 0, key_group, subtask: group }, &mut missing)?;
            if let Some(missing) = missing.into_iter().next() {
                return Err(Error::unsupported(missing.reason));
            }
        }
        batch.finish()
    }

    /// The bytes of some entries, one behind the other, and where the parts of their rows are in them.
    fn frame(&self, raw: &RecordBatch, run: Range<usize>, key_group: u16, rows: &mut Rows) -> Result<Vec<u8>> {
        let bytes = |index| column(raw, index, |array| array.as_binary_opt::<i32>());
        let mut data = Vec::new();
        match (self.kind(), &self.inner().entry) {
            (StateKind::OperatorList | StateKind::OperatorUnion | StateKind::Raw, _) => {
                let positions = column(raw, 1, |array| array.as_primitive_opt::<Int64Type>())?;
                let values = bytes(2)?;
                for row in run {
                    rows.position.push(positions.value(row));
                    rows.value.push(copy(values, row, &mut data)?);
                    rows.count += 1;
                }
            }
            (StateKind::Broadcast, _) => {
                let (keys, values) = (bytes(0)?, bytes(1)?);
                for row in run {
                    rows.map_key.push(copy(keys, row, &mut data)?);
                    rows.value.push(copy(values, row, &mut data)?);
                    rows.count += 1;
                }
            }
            (_, Some(entry)) => {
                let raw_table = self.raw_table()?;
                let prefix = raw_table.columns.iter().find_map(|column| match column {
                    Column::Raw(RawPart::CompositeKey { prefix, .. }) => Some(*prefix),
                    _ => None,
                });
                let prefix = Prefix { key_group, size: prefix.unwrap_or(1) };
                let (keys, values) = (bytes(1)?, bytes(2)?);
                let spans = run.map(|row| Ok((copy(keys, row, &mut data)?, copy(values, row, &mut data)?)));
                for (key, value) in spans.collect::<Result<Vec<_>>>()? {
                    let mut key = key.cursor(&data, 0)?;
                    prefix.take(&mut key).in_field("key")?;
                    entry.push_composite(key, value.cursor(&data, 0)?, rows)?;
                }
            }
            (_, None) => return Err(Error::unsupported("the parts of an entry are not known")),
        }
        Ok(data)
    }
}

/// A column of a batch of raw entries.
fn column<'a, T>(raw: &'a RecordBatch, index: usize, of: impl Fn(&'a dyn Array) -> Option<&'a T>) -> Result<&'a T> {
    let array = raw.columns().get(index).and_then(|array| of(array.as_ref()));
    array.ok_or_else(|| Error::usage("the batch does not have the columns of raw entries"))
}

/// Runs of rows of one group.
fn runs(groups: Option<&Int32Array>, rows: usize) -> Vec<Range<usize>> {
    let Some(groups) = groups else { return std::iter::once(0..rows).collect() };
    let mut start = 0;
    let runs = groups.values().chunk_by(|a, b| a == b).map(|run| {
        let range = start..start + run.len();
        start = range.end;
        range
    });
    runs.collect()
}

fn copy(array: &BinaryArray, row: usize, data: &mut Vec<u8>) -> Result<Span> {
    let start = data.len();
    data.extend_from_slice(array.value(row));
    match (u32::try_from(start), u32::try_from(data.len())) {
        (Ok(start), Ok(end)) if end < u32::MAX => Ok(Span { start, end }),
        _ => Err(Error::unsupported("more than 4 GiB of entries in one batch")),
    }
}
