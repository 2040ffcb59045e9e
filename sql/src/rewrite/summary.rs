//! What a script does, as data.

use serde::Serialize;

/// What becomes of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorSummary {
    /// Its uid, else its ID; as it was in the source.
    pub operator: String,
    /// Its 32-hex ID in the target; in the source if it is dropped.
    pub id: String,
    /// Its new uid.
    pub renamed: Option<String>,
    /// What happens to it.
    pub action: OperatorAction,
    /// Number of key groups in the target.
    pub max_parallelism: u32,
    /// What it was in the source, if that is another number.
    pub old_max_parallelism: Option<u32>,
    /// Its states, those that no statement has named as well.
    pub states: Vec<StateSummary>,
    /// What Flink will check when a job restores it, as sentences.
    pub restore_checks: Vec<String>,
}

/// What happens to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OperatorAction {
    /// Its files are copied, byte for byte.
    Carried,
    /// It is written.
    Written,
    /// It is written, and the source has none.
    Created,
    /// It is left out.
    Dropped,
}

/// What becomes of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateSummary {
    /// Its name in the source.
    pub state: String,
    /// Its new name.
    pub renamed: Option<String>,
    /// What kind of state it is.
    pub kind: String,
    /// What happens to it.
    pub action: StateAction,
    /// What becomes of its rows; none of them are counted where no statement looks at them.
    pub rows: Option<RowCounts>,
}

/// What happens to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StateAction {
    /// Its entries stay, byte for byte.
    Carried,
    /// Rows of it are changed, added or deleted, or move to other key groups.
    Written,
    /// It has a new definition and new rows, and the source has one of this name.
    Replaced,
    /// The source has none of this name.
    Created,
    /// It is left out.
    Dropped,
}

/// What became of the rows of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

impl RowCounts {
    /// Rows that are written.
    pub fn target(&self) -> u64 {
        (self.source + self.added).saturating_sub(self.deleted)
    }
}
