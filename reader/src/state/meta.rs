//! What the header of a state file says about one state, with its serializer snapshots as bytes.

use bytes::Bytes;

use crate::bytes::Writer;
use crate::error::Result;

/// A state's entry in the header of its file (`StateMetaInfoSnapshot`).
///
/// ```text
/// name:utf  type:i32
/// count:i32  { option:utf  value:utf }[count]
/// count:i32  { role:utf  snapshot }[count]
/// ```
///
/// Source: `StateMetaInfoSnapshotReadersWriters`, version 6 and 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMeta {
    /// The state's name.
    pub name: String,
    /// What holds the state.
    pub backend: BackendState,
    /// `KEYED_STATE_TYPE` or `OPERATOR_STATE_DISTRIBUTION_MODE`, with its value.
    pub options: Vec<(String, String)>,
    /// `NAMESPACE_SERIALIZER`, `VALUE_SERIALIZER`, …, each with a serializer snapshot in its proxy form.
    pub serializers: Vec<(String, Bytes)>,
}

/// `StateMetaInfoSnapshot.BackendStateType`; its ordinal is what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum BackendState {
    KeyValue,
    Operator,
    Broadcast,
    PriorityQueue,
    KeyValueV2,
}

impl StateMeta {
    /// The value of an option.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The serializer snapshot of a role.
    pub fn serializer(&self, role: &str) -> Option<&Bytes> {
        self.serializers.iter().find(|(r, _)| r == role).map(|(_, snapshot)| snapshot)
    }

    /// Writes the entry.
    ///
    /// # Errors
    /// Names of more than 65,535 bytes.
    pub fn encode(&self, out: &mut Writer) -> Result<()> {
        out.utf(&self.name)?;
        out.i32(self.backend as i32);
        out.count(self.options.len())?;
        for (option, value) in &self.options {
            out.utf(option)?;
            out.utf(value)?;
        }
        out.count(self.serializers.len())?;
        for (role, snapshot) in &self.serializers {
            out.utf(role)?;
            out.bytes(snapshot);
        }
        Ok(())
    }
}
