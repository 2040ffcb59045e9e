//! The header of a state file: which states it holds and how their serializers write.
//!
//! ```text
//! keyed    := i32 version  bool compressed  snapshot keySerializer  i16 n  stateMeta[n]       version 6
//! operator := i32 version  [bool compressed]  i16 n  stateMeta[n]  i16 n  stateMeta[n]        version 5, 6: lists, maps
//! stateMeta := utf name  i32 type  i32 n (utf option, utf value)[n]  i32 n (utf role, snapshot)[n]
//! ```
//!
//! Sources: `KeyedBackendSerializationProxy`, `OperatorBackendSerializationProxy`, `StateMetaInfoSnapshotReadersWriters`.

use bytes::Bytes;

use crate::bytes::{Cursor, snappy::STREAM_IDENTIFIER};
use crate::error::{Context, Error, Result};
use crate::serializer::{self, SnapshotContext};
use crate::types::Type;

use super::meta::{BackendState, StateMeta};

/// The header of a keyed state file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyedHeader {
    pub(crate) compressed: bool,
    pub(crate) key: Type,
    pub(crate) key_snapshot: Bytes,
    /// The states in the order of their ids.
    pub(crate) states: Vec<TypedMeta>,
}

/// The header of an operator state file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OperatorHeader {
    pub(crate) compressed: bool,
    /// List states, then broadcast states.
    pub(crate) states: Vec<TypedMeta>,
}

/// A state of a header, with the types that its serializer snapshots describe.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypedMeta {
    pub(crate) meta: StateMeta,
    /// One for each serializer.
    types: Vec<Type>,
}

/// Most options or serializers of one state.
const MAX_PAIRS: usize = 1000;

impl TypedMeta {
    pub(crate) fn serializer(&self, role: &str) -> Option<&Type> {
        self.meta.serializers.iter().zip(&self.types).find(|((r, _), _)| r == role).map(|(_, ty)| ty)
    }
}

impl KeyedHeader {
    /// Parses the header at `input` and moves past it.
    ///
    /// # Errors
    /// A version or serializer snapshot that is not supported; corrupt or truncated bytes.
    pub(crate) fn parse(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<Self> {
        let start = input.offset();
        let version = input.i32()?;
        match version {
            6 => {}
            1..=5 => return Err(too_old(version).at(start)),
            _ => return Err(Error::data(format!("version {version} of the keyed state header")).at(start)),
        }
        let compressed = input.bool()?;
        let (key, key_snapshot) = parse_snapshot(input, context).in_field("key serializer")?;
        Ok(Self { compressed, key, key_snapshot, states: parse_states(input, context)? })
    }
}

impl OperatorHeader {
    /// As [`KeyedHeader::parse`]; in compressed state, the identifier of the snappy stream belongs to the header.
    ///
    /// # Errors
    /// A version or serializer snapshot that is not supported; corrupt or truncated bytes.
    pub(crate) fn parse(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<Self> {
        let start = input.offset();
        let version = input.i32()?;
        let compressed = match version {
            5 => false,
            6 => input.bool()?,
            1..=4 => return Err(too_old(version).at(start)),
            _ => return Err(Error::data(format!("version {version} of the operator state header")).at(start)),
        };
        let mut states = parse_states(input, context)?;
        states.extend(parse_states(input, context)?);
        if compressed && input.rest().starts_with(&STREAM_IDENTIFIER) {
            input.take(STREAM_IDENTIFIER.len())?;
        }
        Ok(Self { compressed, states })
    }
}

fn too_old(version: i32) -> Error {
    Error::unsupported(format!("state header of version {version}: written by Flink 1.6 or older"))
        .with_hint("restore the job with Flink 1.8 to 1.16 and take a new savepoint")
}

/// Parses a serializer snapshot, and keeps its bytes.
fn parse_snapshot(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<(Type, Bytes)> {
    let mut start = *input;
    let ty = serializer::parse_proxy(input, context)?;
    let bytes = start.take(start.remaining() - input.remaining())?;
    Ok((ty, Bytes::copy_from_slice(bytes)))
}

fn parse_states(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<Vec<TypedMeta>> {
    let start = input.offset();
    let count = input.i16()?;
    if count < 0 {
        return Err(Error::data(format!("negative number of states {count}")).at(start));
    }
    let mut states = Vec::new();
    for _ in 0..count {
        states.push(TypedMeta::parse(input, context)?);
    }
    Ok(states)
}

impl TypedMeta {
    pub(crate) fn parse(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<Self> {
        let name = input.utf().in_field("state name")?;
        let start = input.offset();
        let backend = match input.i32()? {
            0 => BackendState::KeyValue,
            1 => BackendState::Operator,
            2 => BackendState::Broadcast,
            3 => BackendState::PriorityQueue,
            4 => BackendState::KeyValueV2,
            other => return Err(Error::data(format!("backend state type {other}")).at(start).in_state(name)),
        };
        let mut options = Vec::new();
        for _ in 0..pair_count(input)? {
            options.push((input.utf().in_field("option")?, input.utf().in_field("option")?));
        }
        let (mut serializers, mut types) = (Vec::new(), Vec::new());
        for _ in 0..pair_count(input)? {
            let role = input.utf().in_field("serializer")?;
            let (ty, snapshot) = parse_snapshot(input, context).map_err(|e| e.in_field(&role).in_state(&name))?;
            serializers.push((role, snapshot));
            types.push(ty);
        }
        Ok(Self { meta: StateMeta { name, backend, options, serializers }, types })
    }
}

fn pair_count(input: &mut Cursor<'_>) -> Result<usize> {
    let start = input.offset();
    match input.count(4)? {
        count if count > MAX_PAIRS => Err(Error::data(format!("{count} options or serializers of a state")).at(start)),
        count => Ok(count),
    }
}
