//! What a query could not give.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::execution::TaskContext;
pub use flink_state_reader::GapKind;

/// What a query could not give as it is in the snapshot, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What it is.
    pub kind: GapKind,
    /// The catalog: the snapshot's alias.
    pub catalog: String,
    /// The operator's label: its uid, else its ID.
    pub operator: String,
    /// The state; `None` when the operator's states could not be listed.
    pub state: Option<String>,
    /// The key group that the rows are in.
    pub key_group: Option<u16>,
    /// How many rows, where it is known.
    pub rows: Option<u64>,
    /// Why, as a sentence.
    pub reason: String,
}

impl Gap {
    /// All states of an operator, which could not be listed.
    pub(crate) fn of_operator(catalog: &str, operator: &str, error: &flink_state_reader::Error) -> Self {
        Self {
            kind: GapKind::Missing,
            catalog: catalog.to_owned(),
            operator: operator.to_owned(),
            state: None,
            key_group: None,
            rows: None,
            reason: error.to_string(),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, catalog, operator, state, key_group, rows, reason } = self;
        let operator = format!("{catalog}.{operator}");
        match (state, rows) {
            (None, _) => write!(f, "the states of {operator}")?,
            (Some(state), None) => write!(f, "rows of {operator}.{state}")?,
            (Some(state), Some(1)) => write!(f, "1 row of {operator}.{state}")?,
            (Some(state), Some(rows)) => write!(f, "{rows} rows of {operator}.{state}")?,
        }
        if let Some(key_group) = key_group {
            write!(f, " in key group {key_group}")?;
        }
        match kind {
            GapKind::Missing => write!(f, " could not be given: {reason}"),
            _ => write!(f, ": {reason}"),
        }
    }
}

/// Collects what all partitions of one query tell of their scans: an extension of the query's session configuration.
#[derive(Debug, Default)]
pub(crate) struct GapLog {
    gaps: Mutex<Vec<Gap>>,
    bytes_read: AtomicU64,
    bytes: AtomicU64,
}

impl GapLog {
    /// The log of the query that a plan is executed for.
    pub(crate) fn of(context: &TaskContext) -> Option<Arc<Self>> {
        context.session_config().get_extension()
    }

    pub(crate) fn add(&self, gap: Gap) {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).push(gap);
    }

    /// Adds a scan that starts, with the bytes that it is going to read.
    pub(crate) fn add_scan(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds bytes that were read.
    pub(crate) fn add_read(&self, bytes: u64) {
        self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that were read, and those of all scans that have started.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.bytes_read.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// In order, each once: a query may read a table several times.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        gaps.sort_by(|a, b| {
            let place = |gap: &Gap| (gap.catalog.clone(), gap.operator.clone(), gap.state.clone(), gap.key_group);
            place(a).cmp(&place(b)).then_with(|| (&a.reason, a.rows).cmp(&(&b.reason, b.rows)))
        });
        gaps.dedup();
        gaps
    }
}
