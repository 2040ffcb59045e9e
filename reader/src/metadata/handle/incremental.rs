//! The files of a RocksDB or ForSt database.

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Result};
use crate::metadata::format::{Scope, list};

use super::{KeyGroupRange, StreamHandle, tag};

/// A file's local path is at least two bytes, its handle one.
const MIN_LOCAL_FILE: usize = 3;

/// A snapshot of a RocksDB or ForSt database: its files, and its states in `meta`
/// (`IncrementalRemoteKeyedStateHandle`).
///
/// ```text
///  5  V1  checkpointId:i64  backendId:utf  keyGroups
///         meta:StreamHandle  shared:LocalFiles  private:LocalFiles
/// 11  V2  checkpointId:i64  backendId:utf  keyGroups  checkpointedSize:i64
///         meta:StreamHandle  shared:LocalFiles  private:LocalFiles  stateHandleId:utf
///
/// LocalFiles  count:i32  { localPath:utf  StreamHandle }[count]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncrementalHandle {
    /// The checkpoint that made the handle, not always the one of the file.
    pub checkpoint_id: i64,
    /// A UUID; before Flink 1.4 any string.
    pub backend_id: String,
    /// The key groups that the database holds.
    pub key_groups: KeyGroupRange,
    /// The stream with the database's states.
    pub meta: StreamHandle,
    /// Files that other checkpoints may use too. The database is the union of both lists.
    pub shared: Vec<LocalFile>,
    /// Files of this checkpoint alone; in full snapshots all.
    pub private: Vec<LocalFile>,
    /// What version 2 adds.
    pub v2: Option<IncrementalV2>,
}

/// What tag 11 has and tag 5 lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncrementalV2 {
    /// Bytes newly written by this checkpoint.
    pub checkpointed_size: i64,
    /// Any string, in practice a UUID.
    pub state_handle_id: String,
}

/// A file of a database (`HandleAndLocalPath`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// The file's name in the database: `000012.sst`, `CURRENT`, `MANIFEST-000004`, …
    pub local_path: String,
    /// Its bytes.
    pub stream: StreamHandle,
}

impl IncrementalHandle {
    /// Whether the other handle names the same key groups of the same files.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.key_groups == other.key_groups
            && self.meta == other.meta
            && self.shared == other.shared
            && self.private == other.private
    }

    /// All files of the database.
    pub fn files(&self) -> impl Iterator<Item = &LocalFile> {
        self.shared.iter().chain(&self.private)
    }

    pub(super) fn parse_v1(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        Self::parse(input, scope, false)
    }

    pub(super) fn parse_v2(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        Self::parse(input, scope, true)
    }

    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, v2: bool) -> Result<Self> {
        let checkpoint_id = input.i64().in_field("checkpointId")?;
        let backend_id = input.utf().in_field("backendId")?;
        let key_groups = KeyGroupRange::parse(input, scope)?;
        let checkpointed_size = v2.then(|| input.i64().in_field("checkpointedSize")).transpose()?;
        let meta = StreamHandle::parse(input, scope).in_field("meta")?;
        let shared = list(input, MIN_LOCAL_FILE, "shared", |input| LocalFile::parse(input, scope))?;
        let private = list(input, MIN_LOCAL_FILE, "private", |input| LocalFile::parse(input, scope))?;
        let v2 = match checkpointed_size {
            Some(checkpointed_size) => {
                Some(IncrementalV2 { checkpointed_size, state_handle_id: input.utf().in_field("stateHandleId")? })
            }
            None => None,
        };
        Ok(Self { checkpoint_id, backend_id, key_groups, meta, shared, private, v2 })
    }

    pub(super) fn encode(&self, out: &mut Writer) -> Result<()> {
        out.u8(if self.v2.is_some() { tag::INCREMENTAL_V2 } else { tag::INCREMENTAL });
        out.i64(self.checkpoint_id);
        out.utf(&self.backend_id)?;
        self.key_groups.encode(out)?;
        if let Some(v2) = &self.v2 {
            out.i64(v2.checkpointed_size);
        }
        self.meta.encode(out)?;
        for files in [&self.shared, &self.private] {
            out.count(files.len())?;
            files.iter().try_for_each(|file| file.encode(out))?;
        }
        self.v2.as_ref().map_or(Ok(()), |v2| out.utf(&v2.state_handle_id))
    }
}

impl LocalFile {
    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let local_path = input.utf().in_field("localPath")?;
        Ok(Self { local_path, stream: StreamHandle::parse(input, scope)? })
    }

    fn encode(&self, out: &mut Writer) -> Result<()> {
        out.utf(&self.local_path)?;
        self.stream.encode(out)
    }
}
