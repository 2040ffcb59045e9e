//! State + projection -> tasks -> record batches.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures::Stream;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::snapshot::Snapshot;

/// Collects what to scan.
#[derive(Clone, Debug, Default)]
pub struct ScanBuilder {
    _private: (),
}

impl ScanBuilder {
    /// Only these columns of the state's schema, in this order. Others are not decoded.
    #[must_use]
    pub fn projection(self, _columns: Vec<usize>) -> Self {
        self
    }

    /// Only these key groups.
    #[must_use]
    pub fn key_groups(self, _range: RangeInclusive<u16>) -> Self {
        self
    }

    /// Rows a batch; 8,192 by default.
    #[must_use]
    pub fn batch_size(self, _rows: usize) -> Self {
        self
    }

    /// At most this many rows a task.
    #[must_use]
    pub fn limit(self, _rows: usize) -> Self {
        self
    }

    /// Plans the scan.
    ///
    /// # Errors
    /// A state that can't be read, a column that is not there.
    pub fn build(self) -> Result<Scan> {
        Err(Error::bug("not built yet"))
    }
}

/// A planned scan.
#[derive(Clone, Debug)]
pub struct Scan {
    _private: (),
}

impl Scan {
    /// The columns of its batches.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::new(arrow_schema::Schema::empty())
    }

    /// Splits it into at most `n` tasks of about the same number of bytes, each a run of key groups.
    pub fn tasks(&self, _n: usize) -> Vec<ScanTask> {
        Vec::new()
    }
}

/// A serialisable unit of work: one run of key groups (or subtasks) of one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanTask {
    /// The operator's 32-hex ID.
    pub operator: String,
    /// The state's name.
    pub state: String,
    /// First and last key group; `None` for operator state.
    pub key_groups: Option<(u16, u16)>,
    /// Columns of the state's schema.
    pub projection: Vec<usize>,
    /// Rows a batch.
    pub batch_size: usize,
    /// At most this many rows.
    pub limit: Option<usize>,
    /// Bytes that it reads, about.
    pub bytes: u64,
}

/// Rows that could not be given, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The state's name.
    pub state: String,
    /// The key group they are in.
    pub key_group: Option<u16>,
    /// How many rows, where it is known.
    pub rows: Option<u64>,
    /// Why, as a sentence.
    pub reason: String,
}

/// The record batches of one task.
#[derive(Debug)]
pub struct ScanStream {
    _private: (),
}

impl ScanStream {
    /// The columns of its batches.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::new(arrow_schema::Schema::empty())
    }

    /// What could not be given so far; complete when the stream has ended.
    pub fn gaps(&self) -> &[Gap] {
        &[]
    }
}

impl Stream for ScanStream {
    type Item = Result<RecordBatch>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

impl Snapshot {
    /// Runs a task of this snapshot.
    ///
    /// # Errors
    /// A task of another snapshot.
    pub async fn execute(&self, _task: &ScanTask) -> Result<ScanStream> {
        Err(Error::bug("not built yet"))
    }
}
