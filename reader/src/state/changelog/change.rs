//! One change.
//!
//! ```text
//! change := u8 8  i32 version  stateMeta  [key-value state: bool [TTL settings]  bool [default]]  u16 stateId  u8 backend
//!         | u8 operation  u16 stateId  key namespace  data        key-value state
//!         | u8 operation  u16 stateId  data                       timers
//! ```
//!
//! Sources: `AbstractStateChangeLogger`, `StateChangeOperation`.

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::serializer::SnapshotContext;
use crate::state::header::TypedMeta;
use crate::state::meta::BackendState;

/// `StateChangeOperation`, without that of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Clear,
    Set,
    SetInternal,
    Add,
    MergeNamespaces,
    AddElement,
    AddOrUpdateElement,
    RemoveElement,
}

/// A change, taken apart as far as that is possible without types.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// From here on, this ID means the state of this metadata.
    Metadata {
        state: u16,
        backend: u8,
        meta: Cursor<'a>,
    },
    Data {
        state: u16,
        operation: Operation,
        data: Cursor<'a>,
    },
}

/// The operation that holds metadata.
const METADATA: u8 = 8;

/// State ID and backend at the end of metadata. In front of them are Java objects, which are of no use here.
const METADATA_END: usize = 3;

impl<'a> Change<'a> {
    pub(super) fn parse(mut input: Cursor<'a>) -> Result<Self> {
        let start = input.offset();
        let operation = match input.u8()? {
            0 => Operation::Clear,
            1 => Operation::Set,
            2 => Operation::SetInternal,
            3 => Operation::Add,
            4 => Operation::MergeNamespaces,
            5 => Operation::AddElement,
            6 => Operation::AddOrUpdateElement,
            7 => Operation::RemoveElement,
            METADATA => return Self::parse_metadata(input),
            other => return Err(Error::data(format!("unknown operation {other} of a state change")).at(start)),
        };
        Ok(Self::Data { state: input.u16()?, operation, data: input })
    }

    fn parse_metadata(mut input: Cursor<'a>) -> Result<Self> {
        let start = input.offset();
        match input.i32()? {
            6 | 7 => {}
            other => return Err(Error::unsupported(format!("version {other} of changed state metadata")).at(start)),
        }
        let size = input.remaining().checked_sub(METADATA_END);
        let size = size.ok_or_else(|| Error::truncated("state metadata ends too early").at(start))?;
        let meta = Cursor::with_offset(input.take(size)?, start + 4);
        Ok(Self::Metadata { state: input.u16()?, backend: input.u8()?, meta })
    }
}

/// The name of the state that metadata is about.
pub(super) fn name_of(mut meta: Cursor<'_>) -> Result<String> {
    meta.utf().in_field("state name")
}

/// The name of the state that metadata is about, and its entry unless its serializers are not known.
pub(super) fn parse_meta(
    mut meta: Cursor<'_>,
    backend: u8,
    context: &SnapshotContext,
) -> Result<(String, Result<TypedMeta, String>)> {
    let start = meta.offset();
    let name = name_of(meta)?;
    let typed = match TypedMeta::parse(&mut meta, context) {
        Ok(typed) => typed,
        Err(e) if e.kind() == ErrorKind::Unsupported => return Ok((name, Err(e.message().to_owned()))),
        Err(e) => return Err(e),
    };
    let code = match typed.meta.backend {
        BackendState::KeyValue => 0,
        BackendState::Operator => 1,
        BackendState::Broadcast => 2,
        BackendState::PriorityQueue => 3,
        BackendState::KeyValueV2 => 10,
    };
    if backend != code {
        let message = format!("metadata of {:?} state for the backend state {backend}", typed.meta.backend);
        return Err(Error::data(message).at(start).in_state(name));
    }
    Ok((name, Ok(typed)))
}
