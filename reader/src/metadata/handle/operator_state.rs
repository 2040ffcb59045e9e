//! Handles of one subtask's operator state.

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};
use crate::metadata::format::{Scope, check_positions, list, positions, write_positions};

use super::{StreamHandle, tag};

/// A name is at least two bytes, the mode one, the count of offsets four.
const MIN_STATE_OFFSETS: usize = 7;

/// The operator state of one subtask: one stream, and the positions of each state's elements in it
/// (`OperatorStreamStateHandle`, `FileMergingOperatorStreamStateHandle`).
///
/// ```text
///  4  OperatorStream  StateOffsets list  stream:StreamHandle
/// 17  FileMergingOp   StateOffsets list  taskOwnedDir:utf  sharedDir:utf  isEmpty:bool  stream:StreamHandle
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateHandle {
    /// The states.
    pub states: Vec<StateOffsets>,
    /// The stream.
    pub stream: StreamHandle,
    /// What tag 17 adds. Then the stream is a segment, or empty when there is no state.
    pub file_merging: Option<FileMerging>,
}

/// The positions of one state's elements (`OperatorStateHandle.StateMetaInfo`).
///
/// ```text
/// name:utf  mode:i8  offsets (count:i32  offset:i64[count])
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateOffsets {
    /// The state's name.
    pub name: String,
    /// How a restore with another parallelism distributes it.
    pub mode: DistributionMode,
    /// The position of each element in the stream; one of the whole map for broadcast state.
    pub offsets: Vec<u64>,
}

/// `OperatorStateHandle.Mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DistributionMode {
    /// Every element to one subtask.
    SplitDistribute,
    /// All elements to all subtasks.
    Union,
    /// Every subtask has the same.
    Broadcast,
}

/// Directories that only Flink's clean-up uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMerging {
    /// Of files that a task manager owns.
    pub task_owned_dir: String,
    /// Of files that checkpoints share.
    pub shared_dir: String,
}

impl OperatorStateHandle {
    pub(in crate::metadata) fn parse_optional(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Option<Self>> {
        let start = input.offset();
        let merging = match input.u8()? {
            tag::NULL => return Ok(None),
            tag::OPERATOR_STREAM => false,
            tag::FILE_MERGING_OPERATOR_STREAM => true,
            tag => return Err(Error::data(format!("tag {tag} is no operator state handle")).at(start)),
        };
        let states = list(input, MIN_STATE_OFFSETS, "states", StateOffsets::parse)?;
        let (file_merging, stream) = if merging {
            FileMerging::parse_with_stream(input, scope).map(|(merging, stream)| (Some(merging), stream))?
        } else {
            (None, StreamHandle::parse(input, scope).in_field("stream")?)
        };
        for state in &states {
            check_positions(state.offsets.iter().copied(), &stream, start).in_field(&state.name)?;
        }
        Ok(Some(Self { states, stream, file_merging }))
    }

    pub(in crate::metadata) fn encode(&self, out: &mut Writer) -> Result<()> {
        let merging = self.file_merging.as_ref();
        out.u8(if merging.is_some() { tag::FILE_MERGING_OPERATOR_STREAM } else { tag::OPERATOR_STREAM });
        out.count(self.states.len())?;
        self.states.iter().try_for_each(|state| state.encode(out))?;
        if let Some(merging) = merging {
            merging.check(&self.stream).map_err(Error::usage)?;
            out.utf(&merging.task_owned_dir)?;
            out.utf(&merging.shared_dir)?;
            out.bool(self.stream == StreamHandle::EmptySegment);
        }
        self.stream.encode(out)
    }
}

impl StateOffsets {
    fn parse(input: &mut Cursor<'_>) -> Result<Self> {
        let name = input.utf().in_field("name")?;
        let mode = DistributionMode::parse(input).in_field("mode")?;
        Ok(Self { name, mode, offsets: positions(input)? })
    }

    fn encode(&self, out: &mut Writer) -> Result<()> {
        out.utf(&self.name)?;
        out.i8(self.mode as i8);
        write_positions(&self.offsets, out)
    }
}

impl DistributionMode {
    fn parse(input: &mut Cursor<'_>) -> Result<Self> {
        let start = input.offset();
        match input.i8()? {
            0 => Ok(Self::SplitDistribute),
            1 => Ok(Self::Union),
            2 => Ok(Self::Broadcast),
            mode => Err(Error::data(format!("unknown distribution mode {mode}")).at(start)),
        }
    }
}

impl FileMerging {
    fn parse_with_stream(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<(Self, StreamHandle)> {
        let task_owned_dir = input.utf().in_field("taskOwnedDir")?;
        let shared_dir = input.utf().in_field("sharedDir")?;
        let merging = Self { task_owned_dir, shared_dir };
        let start = input.offset();
        let is_empty = input.bool().in_field("isEmpty")?;
        let stream = StreamHandle::parse(input, scope).in_field("stream")?;
        merging.check(&stream).map_err(|message| Error::data(message).at(start).in_field("stream"))?;
        if is_empty != (stream == StreamHandle::EmptySegment) {
            let message = format!("handle with isEmpty = {is_empty} contradicts its stream");
            return Err(Error::data(message).at(start).in_field("isEmpty"));
        }
        Ok((merging, stream))
    }

    fn check(&self, stream: &StreamHandle) -> Result<(), &'static str> {
        match stream {
            StreamHandle::Segment { .. } | StreamHandle::EmptySegment => Ok(()),
            _ => Err("stream of a file-merging handle is no file segment"),
        }
    }
}
