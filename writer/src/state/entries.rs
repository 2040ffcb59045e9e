//! Where the entries of a state come from.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, BinaryArray, Int32Array, RecordBatch};
use arrow_schema::DataType;
use flink_state_reader::{Error, Layout, Result, Snapshot, State, StateKind};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

/// Batches of entries.
pub type EntryStream = BoxStream<'static, Result<RecordBatch>>;

/// The part of a state that one subtask gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// Keyed state: the entries of these key groups.
    KeyGroups(RangeInclusive<u16>),
    /// List and union state: the elements of this subtask.
    Subtask {
        /// Its number.
        index: u32,
        /// How many there are.
        parallelism: u32,
    },
    /// Broadcast state: all entries.
    All,
}

impl Slice {
    /// The key groups or subtasks that it has; all if there are none.
    pub fn range(&self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::All => None,
            Self::KeyGroups(range) => Some(i32::from(*range.start())..=i32::from(*range.end())),
            Self::Subtask { index, .. } => {
                let index = i32::try_from(*index).unwrap_or(i32::MAX);
                Some(index..=index)
            }
        }
    }

    /// The rows of a batch that belong to it. They are next to each other: the batch is sorted by its first column.
    ///
    /// # Errors
    /// A batch without a column of key groups or subtasks.
    pub fn cut(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let Some(range) = self.range() else { return Ok(batch.clone()) };
        let column = int_column(batch, 0)?;
        let start = column.values().partition_point(|value| value < range.start());
        let end = column.values().partition_point(|value| value <= range.end());
        Ok(batch.slice(start, end.saturating_sub(start)))
    }
}

/// The entries of one state, as [`ScanBuilder::raw`](flink_state_reader::ScanBuilder::raw) gives them: the first
/// columns of a batch are
///
/// | state | columns |
/// | --- | --- |
/// | keyed, timers | `key_group: Int32`, `key: Binary`, `value: Binary`; by key group |
/// | list, union | `subtask: Int32`, `position: Int64`, `value: Binary`; in the order of the list |
/// | broadcast | `map_key: Binary`, `map_value: Binary` |
///
/// A source is opened once for each subtask, several at the same time.
pub trait EntrySource: fmt::Debug + Send + Sync {
    /// The entries of one slice.
    fn open(&self, slice: &Slice) -> EntryStream;

    /// The number of key groups that the entries are sorted into, if the source knows it.
    fn max_parallelism(&self) -> Option<u32> {
        None
    }

    /// The number of entries, if the source knows it: all of them must be written.
    fn rows(&self) -> Option<u64> {
        None
    }
}

/// The entries of a state of another snapshot, byte for byte.
#[derive(Clone, Debug)]
pub struct Carried {
    snapshot: Snapshot,
    state: State,
    parallelism: u32,
    max_parallelism: u32,
}

impl Carried {
    /// The entries of a state of this snapshot.
    ///
    /// # Errors
    /// No such operator; a state that can't be read.
    pub fn new(snapshot: &Snapshot, operator: &str, state: &State) -> Result<Self> {
        let operator = snapshot.operator(operator)?;
        state.scan().raw().build()?;
        Ok(Self {
            snapshot: snapshot.clone(),
            state: state.clone(),
            parallelism: operator.parallelism(),
            max_parallelism: operator.max_parallelism(),
        })
    }
}

impl EntrySource for Carried {
    fn open(&self, slice: &Slice) -> EntryStream {
        let scan = self.state.scan().raw();
        let scan = match slice {
            Slice::KeyGroups(range) => scan.key_groups(range.clone()),
            _ => scan,
        };
        let mut tasks = match scan.build() {
            Ok(scan) => scan.tasks(1),
            Err(e) => return stream::once(async { Err(e) }).boxed(),
        };
        if let Slice::Subtask { index, parallelism } = *slice {
            // A run of old subtasks to each new one.
            let of = |old: u32| u64::from(old) * u64::from(parallelism) / u64::from(self.parallelism.max(1));
            let old: Vec<u32> = (0..self.parallelism).filter(|&old| of(old) == u64::from(index)).collect();
            let subtasks = old.first().copied().zip(old.last().copied());
            tasks.truncate(usize::from(subtasks.is_some()));
            tasks.iter_mut().for_each(|task| task.subtasks = subtasks);
        }
        let snapshot = self.snapshot.clone();
        stream::iter(tasks)
            .then(move |task| {
                let snapshot = snapshot.clone();
                async move { snapshot.execute(&task).await }
            })
            .try_flatten()
            .boxed()
    }

    fn max_parallelism(&self) -> Option<u32> {
        let is_keyed = !matches!(self.state.layout(), Layout::Operator | Layout::Raw);
        (is_keyed && self.state.kind() != StateKind::Broadcast).then_some(self.max_parallelism)
    }
}

/// Entries in memory.
#[derive(Clone, Debug)]
pub struct Batches {
    batches: Arc<[RecordBatch]>,
    max_parallelism: Option<u32>,
}

impl Batches {
    /// Entries of keyed state, sorted by key group.
    ///
    /// # Errors
    /// Other columns, another order, key groups that are not below `max_parallelism`.
    pub fn keyed(batches: impl Into<Arc<[RecordBatch]>>, max_parallelism: u32) -> Result<Self> {
        let batches = batches.into();
        check_sorted(&batches, max_parallelism, "key group")?;
        Ok(Self { batches, max_parallelism: Some(max_parallelism) })
    }

    /// Elements of list or union state, sorted by subtask, those of a subtask in the order of its list.
    ///
    /// # Errors
    /// Other columns, another order, subtasks that are not below `parallelism`.
    pub fn elements(batches: impl Into<Arc<[RecordBatch]>>, parallelism: u32) -> Result<Self> {
        let batches = batches.into();
        check_sorted(&batches, parallelism, "subtask")?;
        Ok(Self { batches, max_parallelism: None })
    }

    /// Entries of broadcast state.
    pub fn broadcast(batches: impl Into<Arc<[RecordBatch]>>) -> Self {
        Self { batches: batches.into(), max_parallelism: None }
    }
}

fn check_sorted(batches: &[RecordBatch], limit: u32, what: &str) -> Result<()> {
    let mut last = 0;
    for batch in batches {
        byte_column(batch, 2)?;
        for &value in int_column(batch, 0)?.values() {
            if value < last || u32::try_from(value).is_ok_and(|value| value >= limit) {
                return Err(Error::usage(format!("{what} {value} behind {last}, with {limit} of them")));
            }
            last = value;
        }
    }
    Ok(())
}

impl EntrySource for Batches {
    fn open(&self, slice: &Slice) -> EntryStream {
        let slice = slice.clone();
        let batches: Vec<RecordBatch> = self.batches.to_vec();
        stream::iter(batches.into_iter().map(move |batch| slice.cut(&batch))).boxed()
    }

    fn max_parallelism(&self) -> Option<u32> {
        self.max_parallelism
    }

    fn rows(&self) -> Option<u64> {
        Some(self.batches.iter().map(|batch| batch.num_rows() as u64).sum())
    }
}

/// A column of key groups or subtasks.
pub(super) fn int_column(batch: &RecordBatch, index: usize) -> Result<&Int32Array> {
    let column = batch.columns().get(index).filter(|column| column.null_count() == 0);
    column.and_then(|column| column.as_primitive_opt::<Int32Type>()).ok_or_else(|| unexpected(batch, index, "Int32"))
}

/// A column of bytes without nulls.
pub(super) fn byte_column(batch: &RecordBatch, index: usize) -> Result<&BinaryArray> {
    let column = batch.columns().get(index).filter(|column| column.null_count() == 0);
    column.and_then(|column| column.as_binary_opt::<i32>()).ok_or_else(|| unexpected(batch, index, "Binary"))
}

fn unexpected(batch: &RecordBatch, index: usize, expected: &str) -> Error {
    let found = batch.columns().get(index).map_or(&DataType::Null, |column| column.data_type());
    Error::usage(format!("column {index} of the entries is {found}, or has nulls, where {expected} belongs"))
}
