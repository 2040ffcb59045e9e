//! A snapshot: opened once, immutable, cheap to clone.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::state::State;
use crate::types::KryoVersion;

/// How to open a snapshot.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Uids to try against the operator IDs of snapshots that hold none (Flink 1.x).
    pub uids: Vec<String>,
    /// The Kryo release that wrote the values; by default it follows from the version of `_metadata`.
    pub kryo: Option<KryoVersion>,
}

/// An open savepoint or checkpoint.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    location: String,
    operators: Vec<Operator>,
}

impl Snapshot {
    /// Opens the snapshot at a local path or URL: a directory, or the `_metadata` file itself. Reads `_metadata` only.
    ///
    /// # Errors
    /// No snapshot there, or one that can't be parsed.
    pub async fn open(location: &str) -> Result<Self> {
        Self::open_with(location, &OpenOptions::default()).await
    }

    /// Opens a snapshot with options.
    ///
    /// # Errors
    /// As [`Self::open`], and a uid that matches no operator.
    pub async fn open_with(_location: &str, _options: &OpenOptions) -> Result<Self> {
        Err(Error::bug("not built yet"))
    }

    /// Where it was opened.
    pub fn location(&self) -> &str {
        &self.0.location
    }

    /// All operators in the order of the file.
    pub fn operators(&self) -> &[Operator] {
        &self.0.operators
    }

    /// The operator with this uid, 32-hex ID or name (if only one has it).
    ///
    /// # Errors
    /// None or several; the hint names the nearest.
    pub fn operator(&self, _name: &str) -> Result<&Operator> {
        Err(Error::bug("not built yet"))
    }
}

/// An operator of a snapshot.
#[derive(Debug)]
pub struct Operator {
    _private: (),
}

impl Operator {
    /// The uid, else the 32-hex operator ID: the name of its SQL schema.
    pub fn label(&self) -> String {
        String::new()
    }

    /// The 32-hex operator ID.
    pub fn id(&self) -> String {
        String::new()
    }

    /// The uid, where `_metadata` carries it or the caller gave it.
    pub fn uid(&self) -> Option<&str> {
        None
    }

    /// The display name, where `_metadata` carries it.
    pub fn name(&self) -> Option<&str> {
        None
    }

    /// Number of subtasks that the state is split into.
    pub fn parallelism(&self) -> u32 {
        0
    }

    /// Number of key groups.
    pub fn max_parallelism(&self) -> u32 {
        0
    }

    /// All states: keyed, operator, timers. Reads the headers of the data files, once.
    ///
    /// # Errors
    /// A missing, short or corrupt data file.
    pub async fn states(&self) -> Result<&[State]> {
        Ok(&[])
    }

    /// The state with this name.
    ///
    /// # Errors
    /// As [`Self::states`]; no such state (the hint names the nearest).
    pub async fn state(&self, _name: &str) -> Result<&State> {
        Err(Error::bug("not built yet"))
    }
}
