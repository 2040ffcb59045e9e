//! The `_metadata` file: which operators a snapshot has, and where their state is.
//!
//! ```text
//! MetadataFile
//! ├─ MasterState[]                      state of hooks in the job manager
//! ├─ OperatorState[]                    id, parallelism, coordinator state
//! │  └─ Subtask[] ─ SubtaskState
//! │     ├─ OperatorStateHandle          positions of elements in one stream
//! │     ├─ KeyedHandle                  key groups in one stream | files of a database | changelog
//! │     └─ ChannelHandle[]              records in flight
//! └─ Properties                         how the snapshot was made
//! ```
//!
//! All of them end in a [`StreamHandle`], which says where bytes are: in a file, or here. Parsing does no I/O.
//!
//! Each structure has its bytes, its parser and its encoder in one file. The bytes of [`Metadata::encode`] are those
//! that [`Metadata::parse`] read whenever Flink wrote them: a rewrite can prove that by comparing the two.

mod channel;
mod format;
mod handle;
mod operator;
mod operator_id;
mod path;
mod properties;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use bytes::Bytes;

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, ErrorKind, Result};

pub use channel::{Channel, ChannelEnd, ChannelHandle, Channels, InFlight};
pub use handle::*;
pub use operator::{OperatorState, Subtask, SubtaskState};
pub use operator_id::OperatorId;
pub use path::FlinkPath;
pub use properties::{CheckpointProperties, PostCheckpointAction, Properties, SavepointFormat, SnapshotType};

use format::{Format, Scope, list, unsigned_long};

/// `Checkpoints.HEADER_MAGIC_NUMBER`.
const MAGIC: u32 = 0x4960_672D;

/// The content of a `_metadata` file.
///
/// ```text
/// magic:i32 (4960672D)
/// version:i32
/// checkpointId:i64
/// count:i32  MasterState[count]
/// count:i32  OperatorState[count]
/// Properties                        version 4 and later
/// ```
///
/// Source: `Checkpoints.storeCheckpointMetadata`, `MetadataV2V3SerializerBase`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// 2 (Flink 1.3 to 1.10), 3 (to 1.15), 4 (to 1.20), 5 (2.0), 6 (2.1 and later), 7 (proposed).
    pub version: u32,
    /// Which layout of version 3.
    pub dialect: Dialect,
    /// The checkpoint's ID.
    pub checkpoint_id: u64,
    /// State of hooks in the job manager.
    pub master_states: Vec<MasterState>,
    /// The operators. Their order means nothing; if an ID occurs twice, Flink uses the last.
    pub operators: Vec<OperatorState>,
    /// How the snapshot was made; not encoded before version 4.
    pub properties: Properties,
}

/// Layouts of version 3 that the file does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// That of all other versions too.
    #[default]
    Standard,
    /// Unaligned checkpoints of Flink 1.11: channel handles have no subtask index.
    V3Flink111,
    /// The experimental changelog of Flink 1.14: its handles lack sizes and IDs.
    V3Flink114,
}

/// State of a hook in the job manager.
///
/// ```text
/// magic:i32 (C96B1696)
/// length:i32
/// version:i32  name:utf  length:i32  payload    (length bytes)
/// ```
///
/// Source: `MetadataV2V3SerializerBase.serializeMasterState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterState {
    /// The version of the payload, which is the hook's own.
    pub version: i32,
    /// The hook's name.
    pub name: String,
    /// What the hook wrote.
    pub payload: Bytes,
}

impl Metadata {
    /// The paths of the files that hold changes of the changelog backend.
    pub(crate) fn change_files(&self) -> HashSet<String> {
        let states = self.operators.iter().flat_map(|o| &o.subtasks).filter_map(|subtask| subtask.state.as_deref());
        let changelogs = states.filter_map(|state| match &state.managed_keyed {
            Some(KeyedHandle::Changelog(handle)) => Some(handle),
            _ => None,
        });
        let files = changelogs.flat_map(|handle| &handle.delta).filter_map(|delta| match &delta.part {
            ChangelogPart::Files(files) => Some(&files.streams),
            ChangelogPart::Bytes(_) => None,
        });
        let paths = files.flatten().filter_map(|(_, stream)| match stream.location() {
            Location::Absolute(path) | Location::Relative(path) => Some(path.to_owned()),
            _ => None,
        });
        paths.collect()
    }

    /// Reads a whole file. Inline state shares the file's memory.
    ///
    /// # Errors
    /// Bytes that are no `_metadata`, end too early or go on after the end; versions 0 and 1.
    pub fn parse(file: &Bytes) -> Result<Self> {
        let mut input = Cursor::new(file);
        let version = parse_version(&mut input)?;
        let parse = |dialect| Self::parse_body(input, Scope::new(file, Format { version, dialect }));
        let standard = parse(Dialect::Standard);
        if version != 3 || standard.is_ok() {
            return standard;
        }
        parse(Dialect::V3Flink111).or_else(|_| parse(Dialect::V3Flink114)).or(standard)
    }

    fn parse_body(mut input: Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let input = &mut input;
        let Format { version, dialect } = scope.format;
        let checkpoint_id = unsigned_long(input, "checkpointId")?;
        let master_states =
            list(input, MasterState::MIN_SIZE, "masterStates", |input| MasterState::parse(input, scope))?;
        let operators = list(input, OperatorState::min_size(scope.format), "operators", |input| {
            OperatorState::parse(input, scope)
        })?;
        let properties = if version >= 4 {
            let start = input.offset();
            Properties::parse(scope.take_rest(input), start).in_field("properties")?
        } else {
            input.expect_end()?;
            Properties::Null
        };
        Ok(Self { version, dialect, checkpoint_id, master_states, operators, properties })
    }

    /// Writes the file.
    ///
    /// A version that has no room for operator names, uids or properties leaves them out.
    ///
    /// # Errors
    /// State that the version has no room for; strings and counts that are too large for the format.
    pub fn encode(&self) -> Result<Vec<u8>> {
        if !(2..=7).contains(&self.version) {
            return Err(Error::usage(format!("version {} of _metadata can't be written", self.version)));
        }
        let format = Format { version: self.version, dialect: self.dialect };
        let mut out = Writer::new();
        out.u32(MAGIC);
        out.u32(self.version);
        out.size(self.checkpoint_id)?;
        out.count(self.master_states.len())?;
        self.master_states.iter().try_for_each(|state| state.encode(&mut out))?;
        out.count(self.operators.len())?;
        for operator in &self.operators {
            operator.encode(&mut out, format).map_err(|e| e.in_operator(operator.id.to_string()))?;
        }
        if self.version >= 4 {
            self.properties.encode(&mut out)?;
        }
        Ok(out.into_bytes())
    }
}

fn parse_version(input: &mut Cursor<'_>) -> Result<u32> {
    let start = input.offset();
    let magic = input.u32().in_field("magic")?;
    if magic != MAGIC {
        let message = format!("no _metadata file: it starts with {magic:08x}, not {MAGIC:08x}");
        return Err(Error::data(message).at(start));
    }
    let start = input.offset();
    match input.i32().in_field("version")? {
        version @ 2..=7 => Ok(version.unsigned_abs()),
        0 => Err(too_old(0, "1.1", "Flink 1.2").at(start)),
        1 => Err(too_old(1, "1.2", "Flink 1.3 to 1.10").at(start)),
        version => Err(Error::new(
            ErrorKind::Unsupported,
            format!("unknown version {version} of _metadata: 2 to 7 can be read"),
        )
        .at(start)),
    }
}

fn too_old(version: u8, writer: &str, reader: &str) -> Error {
    Error::unsupported(format!("version {version} of _metadata, written by Flink {writer}, is too old"))
        .with_hint(format!("load the savepoint with {reader} and take a new one there"))
}

impl MasterState {
    const MAGIC: u32 = 0xC96B_1696;
    const MIN_SIZE: usize = 18;

    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let start = input.offset();
        let magic = input.u32()?;
        if magic != Self::MAGIC {
            return Err(Error::data(format!("master state starts with {magic:08x}, not {:08x}", Self::MAGIC)).at(start));
        }
        let start = input.offset() + 4;
        let mut record = Cursor::with_offset(input.length_prefixed()?, start);
        let state = Self {
            version: record.i32().in_field("version")?,
            name: record.utf().in_field("name")?,
            payload: scope.length_prefixed(&mut record).in_field("payload")?,
        };
        record.expect_end()?;
        Ok(state)
    }

    fn encode(&self, out: &mut Writer) -> Result<()> {
        let mut record = Writer::new();
        record.i32(self.version);
        record.utf(&self.name)?;
        record.length_prefixed(&self.payload)?;
        out.u32(Self::MAGIC);
        out.length_prefixed(&record.into_bytes())
    }
}
