//! Materialised state and the changes since.

use bytes::Bytes;

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};
use crate::metadata::Dialect;
use crate::metadata::format::{Format, Scope, list, unsigned_long};

use super::{KeyGroupRange, KeyedHandle, KeyedRole, StreamHandle, tag};

/// The key group of changes of the states' metadata (`StateChange.META_KEY_GROUP`).
pub const METADATA_KEY_GROUP: i32 = -1;

/// Flink's value for a size that is not known.
const UNKNOWN_SIZE: i64 = -1;

/// State of the changelog backend (`ChangelogStateBackendHandleImpl`).
///
/// ```text
/// 14  V2  keyGroups  checkpointedSize:i64
///         count:i32  KeyedHandle[count]         materialised
///         count:i32  ChangelogDelta[count]      changes since
///         materializationId:i64  checkpointId:i64  stateHandleId:utf
///  8  V1  as 14 without checkpointId; written by Flink 1.14 also without
///         checkpointedSize, materializationId and stateHandleId
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangelogHandle {
    /// The key groups.
    pub key_groups: KeyGroupRange,
    /// Bytes newly written by this checkpoint; -1 where Flink 1.14 left it out.
    pub checkpointed_size: i64,
    /// The state at the last materialisation. A null among them, which Flink skips, is left out.
    pub materialized: Vec<KeyedHandle>,
    /// The changes since, in order.
    pub delta: Vec<ChangelogDelta>,
    /// The ID of the last materialisation; 0 where Flink 1.14 left it out.
    pub materialization_id: i64,
    /// The checkpoint's ID; `None` in version 1.
    pub checkpoint_id: Option<i64>,
    /// Any string, in practice a UUID; empty where Flink 1.14 left it out.
    pub state_handle_id: String,
}

/// A part of the changes since the materialisation.
///
/// ```text
///  9  ByteIncrement     keyGroups  from:i64  to:i64
///                       count:i32  { keyGroup:i32  length:i32  change }[count]  stateHandleId:utf
/// 13  FileIncrement V2  keyGroups  count:i32  { offset:i64  StreamHandle }[count]
///                       size:i64  checkpointedSize:i64  stateHandleId:utf  storageIdentifier:utf
/// 10  FileIncrement V1  as 13 without storageIdentifier
///                       Flink 1.14 wrote 9 without stateHandleId, 10 without checkpointedSize and stateHandleId
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangelogDelta {
    /// The key groups.
    pub key_groups: KeyGroupRange,
    /// The changes or the files that hold them.
    pub part: ChangelogPart,
    /// Any string, in practice a UUID; empty where Flink 1.14 left it out.
    pub state_handle_id: String,
}

/// Where the changes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangelogPart {
    /// Tag 9: here.
    Bytes(ByteIncrement),
    /// Tags 10 and 13: in files.
    Files(FileIncrement),
}

/// `InMemoryChangelogStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteIncrement {
    /// First sequence number.
    pub from: i64,
    /// One past the last sequence number.
    pub to: i64,
    /// The changes in order.
    pub changes: Vec<StateChange>,
}

/// `StateChange`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The key group, or [`METADATA_KEY_GROUP`].
    pub key_group: i32,
    /// The encoded change.
    pub change: Bytes,
}

/// `ChangelogStateHandleStreamImpl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileIncrement {
    /// Files with the position of the first change in each: in decompressed bytes after the file's first byte.
    pub streams: Vec<(u64, StreamHandle)>,
    /// Bytes.
    pub size: i64,
    /// Bytes newly written by this checkpoint; -1 where Flink 1.14 left it out.
    pub checkpointed_size: i64,
    /// The changelog storage's name; `None` in version 1, where it is `filesystem`.
    pub storage_identifier: Option<String>,
}

impl ChangelogHandle {
    pub(super) fn collect_streams<'a>(&'a self, streams: &mut Vec<&'a StreamHandle>) {
        self.materialized.iter().for_each(|handle| handle.collect_streams(streams));
        for delta in &self.delta {
            if let ChangelogPart::Files(files) = &delta.part {
                streams.extend(files.streams.iter().map(|(_, stream)| stream));
            }
        }
    }

    /// Bytes of the changes that are kept inline.
    pub(super) fn inline_size(&self) -> u64 {
        let nested = self.materialized.iter().map(|handle| match handle {
            KeyedHandle::Changelog(handle) => handle.inline_size(),
            KeyedHandle::KeyGroups(_) | KeyedHandle::Incremental(_) => 0,
        });
        let own = self.delta.iter().map(|delta| match &delta.part {
            ChangelogPart::Bytes(bytes) => bytes.changes.iter().map(|change| change.change.len() as u64).sum(),
            ChangelogPart::Files(_) => 0,
        });
        nested.chain(own).fold(0, u64::saturating_add)
    }

    pub(super) fn parse_v1(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        Self::parse(input, scope, false)
    }

    pub(super) fn parse_v2(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        Self::parse(input, scope, true)
    }

    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, v2: bool) -> Result<Self> {
        let short = !v2 && scope.format.is(Dialect::V3Flink114);
        let key_groups = KeyGroupRange::parse(input, scope)?;
        let checkpointed_size = if short { UNKNOWN_SIZE } else { input.i64().in_field("checkpointedSize")? };
        let materialized =
            list(input, 1, "materialized", |input| KeyedHandle::parse_optional(input, scope, KeyedRole::Managed))?;
        let delta = list(input, 1, "delta", |input| ChangelogDelta::parse(input, scope))?;
        let materialization_id = if short { 0 } else { input.i64().in_field("materializationId")? };
        Ok(Self {
            key_groups,
            checkpointed_size,
            materialized: materialized.into_iter().flatten().collect(),
            delta,
            materialization_id,
            checkpoint_id: v2.then(|| input.i64().in_field("checkpointId")).transpose()?,
            state_handle_id: if short { String::new() } else { input.utf().in_field("stateHandleId")? },
        })
    }

    pub(super) fn encode(&self, out: &mut Writer, format: Format) -> Result<()> {
        let short = self.checkpoint_id.is_none() && format.is(Dialect::V3Flink114);
        out.u8(if self.checkpoint_id.is_some() { tag::CHANGELOG_V2 } else { tag::CHANGELOG });
        self.key_groups.encode(out)?;
        if !short {
            out.i64(self.checkpointed_size);
        }
        out.count(self.materialized.len())?;
        self.materialized.iter().try_for_each(|handle| handle.encode(out, format))?;
        out.count(self.delta.len())?;
        self.delta.iter().try_for_each(|delta| delta.encode(out, format))?;
        if short {
            return Ok(());
        }
        out.i64(self.materialization_id);
        if let Some(checkpoint_id) = self.checkpoint_id {
            out.i64(checkpoint_id);
        }
        out.utf(&self.state_handle_id)
    }
}

impl ChangelogDelta {
    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let start = input.offset();
        let tag = input.u8()?;
        let v2 = match tag {
            tag::CHANGELOG_BYTE_INCREMENT | tag::CHANGELOG_FILE_INCREMENT => false,
            tag::CHANGELOG_FILE_INCREMENT_V2 => true,
            tag => return Err(Error::data(format!("tag {tag} is no changelog state handle")).at(start)),
        };
        let short = !v2 && scope.format.is(Dialect::V3Flink114);
        let key_groups = KeyGroupRange::parse(input, scope)?;
        let mut part = if tag == tag::CHANGELOG_BYTE_INCREMENT {
            ChangelogPart::Bytes(ByteIncrement::parse(input, scope)?)
        } else {
            ChangelogPart::Files(FileIncrement::parse(input, scope, short)?)
        };
        let state_handle_id = if short { String::new() } else { input.utf().in_field("stateHandleId")? };
        if let ChangelogPart::Files(files) = &mut part
            && v2
        {
            files.storage_identifier = Some(input.utf().in_field("storageIdentifier")?);
        }
        Ok(Self { key_groups, part, state_handle_id })
    }

    fn encode(&self, out: &mut Writer, format: Format) -> Result<()> {
        let storage = match &self.part {
            ChangelogPart::Bytes(_) => None,
            ChangelogPart::Files(files) => files.storage_identifier.as_ref(),
        };
        let short = storage.is_none() && format.is(Dialect::V3Flink114);
        out.u8(match &self.part {
            ChangelogPart::Bytes(_) => tag::CHANGELOG_BYTE_INCREMENT,
            ChangelogPart::Files(_) if storage.is_some() => tag::CHANGELOG_FILE_INCREMENT_V2,
            ChangelogPart::Files(_) => tag::CHANGELOG_FILE_INCREMENT,
        });
        self.key_groups.encode(out)?;
        match &self.part {
            ChangelogPart::Bytes(bytes) => bytes.encode(out)?,
            ChangelogPart::Files(files) => files.encode(out, short)?,
        }
        if !short {
            out.utf(&self.state_handle_id)?;
        }
        storage.map_or(Ok(()), |storage| out.utf(storage))
    }
}

impl ByteIncrement {
    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let from = input.i64().in_field("from")?;
        let to = input.i64().in_field("to")?;
        let changes = list(input, 8, "changes", |input| StateChange::parse(input, scope))?;
        Ok(Self { from, to, changes })
    }

    fn encode(&self, out: &mut Writer) -> Result<()> {
        out.i64(self.from);
        out.i64(self.to);
        out.count(self.changes.len())?;
        self.changes.iter().try_for_each(|change| {
            out.i32(change.key_group);
            out.length_prefixed(&change.change)
        })
    }
}

impl StateChange {
    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        Ok(Self { key_group: input.i32()?, change: scope.length_prefixed(input)? })
    }
}

impl FileIncrement {
    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, short: bool) -> Result<Self> {
        let streams = list(input, 9, "streams", |input| {
            Ok((unsigned_long(input, "offset")?, StreamHandle::parse(input, scope)?))
        })?;
        let size = input.i64().in_field("size")?;
        let checkpointed_size = if short { UNKNOWN_SIZE } else { input.i64().in_field("checkpointedSize")? };
        Ok(Self { streams, size, checkpointed_size, storage_identifier: None })
    }

    fn encode(&self, out: &mut Writer, short: bool) -> Result<()> {
        out.count(self.streams.len())?;
        for (offset, stream) in &self.streams {
            out.size(*offset)?;
            stream.encode(out)?;
        }
        out.i64(self.size);
        if !short {
            out.i64(self.checkpointed_size);
        }
        Ok(())
    }
}
