//! Whether a snapshot is whole.
//!
//! ```text
//! files        each file that _metadata names: there, and as long as its handles say
//! key groups   of each operator: none is missing, none is there twice
//! manifest     of a savepoint that was written by this project: its files, and how many rows its states have
//! states       deep: every value decodes to its end, and every key is in the key group that its hash gives
//! ```
//!
//! What can't be looked into is told as such and is no failure.

mod files;
mod key_groups;
mod keys;
mod manifest;
mod states;

use std::fmt;

use flink_state_reader::Snapshot;

use crate::error::Result;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// One for each check of each subject. Files that are as they should be share one.
    pub findings: Vec<Finding>,
    /// Number of operators.
    pub operators: u64,
    /// Number of states that were read to their end.
    pub states: u64,
    /// Their rows.
    pub rows: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// The operator's label: its uid, else its ID.
    pub operator: Option<String>,
    /// The file, or the state.
    pub subject: String,
    /// Rows that were read.
    pub rows: Option<u64>,
    /// Its bytes.
    pub bytes: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, as a sentence; empty if all is well.
    pub detail: String,
}

/// A kind of check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// A file that handles name.
    File,
    /// The ranges of key groups of an operator.
    KeyGroups,
    /// What the manifest says.
    Manifest,
    /// The content of a state.
    State,
}

/// What came of a check, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// As it may be, with something to know about it.
    Note,
    /// It, or a part of it, can't be looked into.
    NotVerified,
    /// Not as it should be.
    Failed,
}

impl Verification {
    /// Whether a check failed.
    pub fn has_failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.outcome == Outcome::Failed)
    }
}

/// Checks a snapshot. With `deep`, every state is read to its end; memory is bounded by a few batches a processor.
///
/// `progress` gets the bytes that have been read and those that there are.
///
/// # Errors
/// None of what is wrong with the snapshot: that is in the findings.
pub async fn verify(
    snapshot: &Snapshot,
    deep: bool,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Verification> {
    let mut verification = Verification { operators: snapshot.operators().len() as u64, ..Verification::default() };
    files::check(snapshot, &mut verification).await;
    for operator in snapshot.operators() {
        verification.findings.extend(key_groups::check(operator));
        // States that can't be listed are told by the deep check.
        if let Ok(Some(caution)) = operator.caution().await {
            let finding = Finding::new(Check::State, Some(operator.label()), "timers");
            verification.findings.push(finding.with(Outcome::Note, caution));
        }
    }
    let manifest = manifest::read(snapshot, &mut verification).await;
    if let Some(manifest) = &manifest {
        manifest::check(snapshot, manifest, deep, &mut verification).await;
    }
    if deep {
        states::check(snapshot, manifest.as_ref(), &mut verification, progress).await?;
    }
    Ok(verification)
}

impl Finding {
    fn new(check: Check, operator: Option<String>, subject: impl Into<String>) -> Self {
        let (outcome, detail) = (Outcome::Ok, String::new());
        Self { check, operator, subject: subject.into(), rows: None, bytes: None, outcome, detail }
    }

    fn with(mut self, outcome: Outcome, detail: impl AsRef<str>) -> Self {
        self.add(outcome, detail.as_ref());
        self
    }

    /// Adds a detail: the worst outcome is that of the whole.
    fn add(&mut self, outcome: Outcome, detail: &str) {
        self.outcome = self.outcome.max(outcome);
        if !self.detail.split("; ").any(|other| other == detail) {
            let separator = if self.detail.is_empty() { "" } else { "; " };
            self.detail.extend([separator, detail]);
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::KeyGroups => "key_groups",
            Self::Manifest => "manifest",
            Self::State => "state",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::NotVerified => "not_verified",
            Self::Failed => "failed",
        })
    }
}
