//! State + projection -> tasks -> record batches.

mod columns;
mod entries;
pub(crate) mod framed;
mod input;
mod plan;
mod raw;
mod reader;
mod stream;
pub(crate) mod window;

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::snapshot::Snapshot;
use crate::state::State;

pub use stream::ScanStream;

const DEFAULT_BATCH_SIZE: usize = 8192;

/// Collects what to scan.
///
/// ```no_run
/// # async fn example() -> flink_state_reader::Result<()> {
/// use flink_state_reader::Snapshot;
/// use futures::TryStreamExt;
///
/// let snapshot = Snapshot::open("savepoint-ab12cd-0123456789ab").await?;
/// let state = snapshot.operator("orders")?.state("totals").await?;
/// let scan = state.scan().projection(vec![1, 2]).build()?;
/// for task in scan.tasks(4) {
///     let batches: Vec<_> = snapshot.execute(&task).await?.try_collect().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ScanBuilder {
    state: State,
    projection: Option<Vec<usize>>,
    key_groups: RangeInclusive<u16>,
    batch_size: usize,
    limit: Option<usize>,
    raw: bool,
}

impl ScanBuilder {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state,
            projection: None,
            key_groups: 0..=u16::MAX,
            batch_size: DEFAULT_BATCH_SIZE,
            limit: None,
            raw: false,
        }
    }

    /// Only these columns of the state's schema, in this order. Others are not decoded.
    #[must_use]
    pub fn projection(mut self, columns: Vec<usize>) -> Self {
        self.projection = Some(columns);
        self
    }

    /// Only these key groups.
    #[must_use]
    pub fn key_groups(mut self, range: RangeInclusive<u16>) -> Self {
        self.key_groups = range;
        self
    }

    /// Rows a batch; 8,192 by default.
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows;
        self
    }

    /// At most this many rows a task.
    #[must_use]
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = Some(rows);
        self
    }

    /// The entries as bytes, for a copy of them: what the canonical layout has, whatever layout they are read from.
    ///
    /// | state | columns |
    /// | --- | --- |
    /// | keyed, timers | `key_group: Int32`, `key: Binary` (key group, key, namespace, user key), `value: Binary` |
    /// | operator list and union | `subtask: Int32`, `position: Int64`, `value: Binary` |
    /// | broadcast | `map_key: Binary`, `map_value: Binary` |
    ///
    /// Nothing is decoded, so types don't matter; rows of keyed state come in the order of their key groups. What can't
    /// be given is an error and not a [`Gap`].
    #[must_use]
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Plans the scan.
    ///
    /// # Errors
    /// A state that can't be read, a column that is not there.
    pub fn build(self) -> Result<Scan> {
        self.state.check_supported()?;
        let schema = match self.raw {
            true => self.state.raw_table().map_err(|e| self.state.locate(e))?.schema,
            false => self.state.schema(),
        };
        let projection = self.projection.unwrap_or_else(|| (0..schema.fields().len()).collect());
        let schema = schema
            .project(&projection)
            .map_err(|e| self.state.locate(Error::usage("a column of the projection is not there").with_source(e)))?;
        Ok(Scan {
            state: self.state,
            schema: Arc::new(schema),
            projection,
            key_groups: self.key_groups,
            batch_size: self.batch_size.max(1),
            limit: self.limit,
            raw: self.raw,
        })
    }
}

/// A planned scan.
#[derive(Clone, Debug)]
pub struct Scan {
    state: State,
    schema: SchemaRef,
    projection: Vec<usize>,
    key_groups: RangeInclusive<u16>,
    batch_size: usize,
    limit: Option<usize>,
    raw: bool,
}

impl Scan {
    /// The columns of its batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Splits it into at most `n` tasks of about the same number of bytes, each a run of key groups or subtasks.
    pub fn tasks(&self, n: usize) -> Vec<ScanTask> {
        let inner = self.state.inner();
        let slices = plan::slices(inner, &self.key_groups);
        let is_keyed = plan::is_keyed(inner);
        let key_group = |slice: u32| u16::try_from(slice).unwrap_or(u16::MAX);
        let tasks = plan::split(&slices, n).into_iter().map(|(first, last, bytes)| ScanTask {
            operator: inner.operator.id.clone(),
            state: inner.name.clone(),
            key_groups: is_keyed.then(|| (key_group(first), key_group(last))),
            subtasks: (!is_keyed).then_some((first, last)),
            projection: self.projection.clone(),
            batch_size: self.batch_size,
            limit: self.limit,
            raw: self.raw,
            bytes,
        });
        tasks.collect()
    }
}

/// A serialisable unit of work: one run of key groups (or subtasks) of one state. Its rows are in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanTask {
    /// The operator's 32-hex ID.
    pub operator: String,
    /// The state's name.
    pub state: String,
    /// First and last key group; `None` for operator state.
    pub key_groups: Option<(u16, u16)>,
    /// First and last subtask; `None` for keyed state.
    pub subtasks: Option<(u32, u32)>,
    /// Columns of the state's schema, or of its raw entries.
    pub projection: Vec<usize>,
    /// Rows a batch.
    pub batch_size: usize,
    /// At most this many rows.
    pub limit: Option<usize>,
    /// Whether it gives entries as bytes: see [`ScanBuilder::raw`].
    #[serde(default)]
    pub raw: bool,
    /// Bytes that it reads, about.
    pub bytes: u64,
}

/// What the rows of a scan do not show, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What it is.
    pub kind: GapKind,
    /// The state's name.
    pub state: String,
    /// The key group they are in.
    pub key_group: Option<u16>,
    /// How many rows, where it is known.
    pub rows: Option<u64>,
    /// Why, as a sentence.
    pub reason: String,
}

/// What kind of gap it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapKind {
    /// Rows that are not among the scan's rows.
    Missing,
    /// Rows that are there, with values that are given as bytes for a reason that their type does not show.
    Undecoded,
    /// Copies of broadcast state that differ from the one that is shown.
    Differs,
}

impl Snapshot {
    /// Runs a task of this snapshot.
    ///
    /// # Errors
    /// A task of another snapshot.
    pub async fn execute(&self, task: &ScanTask) -> Result<ScanStream> {
        let state = self.operator(&task.operator)?.state(&task.state).await?;
        ScanStream::new(state.clone(), task)
    }
}
