//! How two snapshots differ: by operator, state and key.
//!
//! ```text
//! operators and states by ID and name -> facts that differ (types, max parallelism, coordinator state, …)
//! states on both sides -> raw entries -> key and digest of the value -> sorted -> merged -> counts, keys of examples
//! ```
//!
//! Rows are the same when their bytes are, where both sides have types that encode alike: layouts, backends and values
//! that can't be decoded don't matter then. Else they are the same when they decode to the same values.
//!
//! Memory is bounded: what is sorted are keys and digests (XXH3, 128 bits), and sorts spill to disk.

mod entries;
mod examples;
mod facts;
mod merge;
mod sort;
mod states;
mod values;

use arrow::array::RecordBatch;
use flink_state_reader::Snapshot;

use crate::error::Result;

/// What to compare.
#[derive(Clone, Debug, Default)]
pub struct DiffOptions {
    /// Only this operator (uid, ID or name, of either snapshot).
    pub operator: Option<String>,
    /// Only states with this name.
    pub state: Option<String>,
    /// Bytes that sorts may hold before they spill to disk; 512 MiB by default.
    pub memory_limit: Option<usize>,
}

/// How two snapshots differ.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// What differs apart from rows.
    pub facts: Vec<FactDiff>,
    /// The states that both have, those that don't differ too.
    pub states: Vec<StateDiff>,
}

/// Something other than rows that one snapshot has otherwise than the other, or that only one has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactDiff {
    /// The operator's label; `None` for the snapshot itself.
    pub operator: Option<String>,
    /// The state.
    pub state: Option<String>,
    /// What it is: `operator`, `state`, `kind`, `key_type`, `max_parallelism`, `coordinator`, …
    pub what: &'static str,
    /// As the first snapshot has it; `None` if it has not.
    pub a: Option<String>,
    /// As the second one has it.
    pub b: Option<String>,
}

/// How the rows of a state differ.
#[derive(Clone, Debug, Default)]
pub struct StateDiff {
    /// The operator's label.
    pub operator: String,
    /// The state.
    pub state: String,
    /// Rows of all kinds.
    pub counts: Counts,
    /// A few rows of each kind of difference, in the order of key groups and keys.
    pub examples: Vec<Example>,
    /// Why its rows, or the rest of them, could not be compared.
    pub not_compared: Option<String>,
}

/// Numbers of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// On both sides, and the same.
    pub same: u64,
    /// On both sides, with other values.
    pub changed: u64,
    /// In the first snapshot only.
    pub only_a: u64,
    /// In the second snapshot only.
    pub only_b: u64,
}

/// A row that differs: of one side, or as both have it.
#[derive(Clone, Debug)]
pub struct Example {
    /// A batch of one row of the first snapshot's table.
    pub a: Option<RecordBatch>,
    /// A batch of one row of the second snapshot's table.
    pub b: Option<RecordBatch>,
}

/// Compares two snapshots.
///
/// `progress` gets the bytes of both that have been read and those that there are.
///
/// # Errors
/// An operator or state to compare that neither has, a snapshot whose states can't be listed, no room for a sort. A state
/// that can't be read is one that was not compared.
pub async fn diff(
    a: &Snapshot,
    b: &Snapshot,
    options: &DiffOptions,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Diff> {
    let facts::Compared { facts, pairs } = facts::compare(a, b, options).await?;
    let states = states::compare(pairs, options.memory_limit, progress).await?;
    Ok(Diff { facts, states })
}

impl Diff {
    /// Whether they differ in anything that was compared.
    pub fn is_different(&self) -> bool {
        !self.facts.is_empty() || self.states.iter().any(|state| state.counts.is_different())
    }

    /// Whether all could be compared.
    pub fn is_complete(&self) -> bool {
        self.states.iter().all(|state| state.not_compared.is_none())
    }
}

impl Counts {
    /// Rows of the first snapshot.
    pub fn a(&self) -> u64 {
        self.same + self.changed + self.only_a
    }

    /// Rows of the second snapshot.
    pub fn b(&self) -> u64 {
        self.same + self.changed + self.only_b
    }

    /// Whether any row differs.
    pub fn is_different(&self) -> bool {
        self.changed + self.only_a + self.only_b > 0
    }

    fn add(&mut self, other: Self) {
        self.same += other.same;
        self.changed += other.changed;
        self.only_a += other.only_a;
        self.only_b += other.only_b;
    }
}
