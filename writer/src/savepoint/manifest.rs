//! What a savepoint was made from and what is in it, in a file beside it that Flink ignores.

use flink_state_reader::{Error, Layout, Result, Snapshot, State};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::WrittenFile;
use crate::state::Tally;

/// The name of the manifest.
pub const MANIFEST: &str = "_flink_state_manifest.json";

/// The content of the manifest. It holds no time: the same input gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name and version of the tool.
    pub tool: String,
    /// What it was made from.
    pub source: Option<Source>,
    /// The statements that made it.
    pub statements: Vec<String>,
    /// The Flink version it was written for, if one was given.
    pub flink_version: Option<String>,
    /// The version of `_metadata`.
    pub metadata_version: u32,
    /// The checkpoint ID.
    pub checkpoint_id: u64,
    /// Its operators, then those that were dropped.
    pub operators: Vec<OperatorEntry>,
    /// Its data files, sorted by name.
    pub files: Vec<WrittenFile>,
}

/// The snapshot that a savepoint was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it was.
    pub location: String,
    /// Its checkpoint ID.
    pub checkpoint_id: u64,
    /// The XXH3 hash (128 bits) of its `_metadata`, 32 hex digits.
    pub metadata_checksum: String,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorEntry {
    /// 32 hex digits.
    pub id: String,
    /// The uid, if it is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The display name, if it is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What became of it.
    pub action: Action,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Number of key groups.
    pub max_parallelism: u32,
    /// The states that were written; those of carried files are not opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<StateEntry>,
}

/// What became of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Its files were copied.
    Carried,
    /// It was written.
    Written,
    /// It was left out.
    Dropped,
}

/// A state that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEntry {
    /// Its name.
    pub name: String,
    /// Whether it is keyed state.
    pub keyed: bool,
    /// Rows of its table; of map state one for each user key.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// The sum of the hashes of its entries: the same for the same entries in any order.
    pub checksum: String,
}

impl StateEntry {
    pub(super) fn new(name: &str, keyed: bool, tally: Tally) -> Self {
        Self { name: name.to_owned(), keyed, rows: tally.rows, bytes: tally.bytes, checksum: tally.checksum() }
    }

    /// Whether it stands for this state.
    pub fn is_of(&self, state: &State) -> bool {
        let is_keyed = state.layout() == Layout::Canonical;
        is_keyed == self.keyed && state.meta().is_some_and(|meta| meta.name == self.name)
    }

    /// Whether these are its entries.
    pub fn has(&self, tally: Tally) -> bool {
        *self == Self::new(&self.name, self.keyed, tally)
    }
}

impl Source {
    pub(super) async fn of(snapshot: &Snapshot) -> Result<Self> {
        let file = snapshot.metadata_file();
        let bytes = file.read(0..file.size()).await?;
        Ok(Self {
            location: snapshot.location().to_owned(),
            checkpoint_id: snapshot.metadata().checkpoint_id,
            metadata_checksum: format!("{:032x}", XxHash3_128::oneshot(&bytes)),
        })
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is no manifest.
    pub fn parse(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|e| Error::data(format!("no manifest: {e}")).with_source(e))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::bug("the manifest can't be written as JSON").with_source(e))?;
        json.push(b'\n');
        Ok(json)
    }
}
