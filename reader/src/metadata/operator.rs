//! Operators and the state of their subtasks.

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};

use super::channel::ChannelEnd;
use super::format::{Format, Scope, list, unsigned};
use super::handle::KeyedRole;
use super::{ChannelHandle, InFlight, KeyedHandle, OperatorId, OperatorStateHandle, StreamHandle};

/// The count of subtasks of a fully finished operator.
const FULLY_FINISHED: i32 = -1;

/// An operator.
///
/// ```text
/// name:utf  uid:utf               version 5 and later, "" = none
/// operatorId (16 bytes)
/// parallelism:i32
/// maxParallelism:i32
/// chainLength:i32                 version 2 only, dead
/// coordinator:StreamHandle        version 3 and later, null or ByteStream
/// count:i32  Subtask[count]       -1 = fully finished, nothing follows
/// ```
///
/// Source: `MetadataV2Serializer`, `MetadataV3Serializer`, `MetadataV5Serializer`: `serializeOperatorState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorState {
    /// The display name; empty when not set and before version 5.
    pub name: String,
    /// The uid that the job gave; empty when not set and before version 5.
    pub uid: String,
    /// What ties the operator to its state.
    pub id: OperatorId,
    /// Number of subtasks that the state is split into.
    pub parallelism: u32,
    /// Number of key groups.
    pub max_parallelism: u32,
    /// A dead field of version 2: 1.
    pub chain_length: i32,
    /// The state of the operator's coordinator.
    pub coordinator: Option<StreamHandle>,
    /// Whether all subtasks had ended before the snapshot; then there are no entries and no coordinator state.
    pub fully_finished: bool,
    /// The subtasks that have an entry: one that has none has no state.
    pub subtasks: Vec<Subtask>,
}

/// The entry of one subtask.
///
/// ```text
/// version 2            index:i32  duration:i64  legacyCount:i32 (0)  SubtaskState
/// version 3 and later  index:i32  SubtaskState      or  -(index + 1):i32 = finished
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtask {
    /// Its number, less than the parallelism.
    pub index: u32,
    /// A dead field of version 2: -1.
    pub duration: i64,
    /// The state; `None` when the subtask had ended before the snapshot.
    pub state: Option<Box<SubtaskState>>,
}

/// The state of one subtask (`OperatorSubtaskState`).
///
/// ```text
/// present:i32  managedOperator:OperatorStateHandle
/// present:i32  rawOperator:OperatorStateHandle
/// managedKeyed:KeyedHandle
/// rawKeyed:KeyedHandle
/// count:i32  inputChannels:ChannelHandle[count]     version 3 and later
/// count:i32  outputChannels:ChannelHandle[count]    version 3 and later
/// marker:u8  referenceCheckpoint:i64 if marker = 1  version 7 only
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubtaskState {
    /// List, union and broadcast state.
    pub managed_operator: Option<OperatorStateHandle>,
    /// Operator state that the operator wrote itself.
    pub raw_operator: Option<OperatorStateHandle>,
    /// Keyed state of the state backend.
    pub managed_keyed: Option<KeyedHandle>,
    /// Keyed state that the operator wrote itself.
    pub raw_keyed: Option<KeyedHandle>,
    /// Records in flight at the inputs.
    pub input_channels: Vec<ChannelHandle>,
    /// Records in flight at the outputs.
    pub output_channels: Vec<ChannelHandle>,
    /// Only in the proposed version 7.
    pub reference_checkpoint: Option<i64>,
}

impl OperatorState {
    /// Whether all subtasks had ended before the snapshot.
    pub fn is_finished(&self) -> bool {
        self.fully_finished || (!self.subtasks.is_empty() && self.finished_subtasks() == self.parallelism as usize)
    }

    /// The records in flight of an unaligned checkpoint: each channel of each subtask that holds some.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let states = self.subtasks.iter().filter_map(|subtask| Some((subtask.index, subtask.state.as_deref()?)));
        let ends = states.flat_map(|(subtask, state)| {
            [(subtask, ChannelEnd::Input, &state.input_channels), (subtask, ChannelEnd::Output, &state.output_channels)]
        });
        ends.flat_map(|(subtask, end, handles)| handles.iter().flat_map(move |handle| handle.in_flight(subtask, end)))
            .collect()
    }

    fn finished_subtasks(&self) -> usize {
        self.subtasks.iter().filter(|subtask| subtask.state.is_none()).count()
    }

    /// Bytes that an operator takes at least.
    pub(super) fn min_size(format: Format) -> usize {
        match format.version {
            2 => 32,
            3 | 4 => 29,
            _ => 33,
        }
    }

    pub(super) fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let version = scope.format.version;
        let (name, uid) = if version >= 5 {
            (input.utf().in_field("name")?, input.utf().in_field("uid")?)
        } else {
            (String::new(), String::new())
        };
        let id = OperatorId(input.array().in_field("operatorId")?);
        Self::parse_after_id(input, scope, id)
            .map(|operator| Self { name, uid, ..operator })
            .map_err(|e| e.in_operator(id.to_string()))
    }

    fn parse_after_id(input: &mut Cursor<'_>, scope: Scope<'_>, id: OperatorId) -> Result<Self> {
        let version = scope.format.version;
        let start = input.offset();
        let parallelism = unsigned(input, "parallelism")?;
        let max_parallelism = unsigned(input, "maxParallelism")?;
        if parallelism > max_parallelism {
            let message = format!("parallelism {parallelism} is larger than the maximum parallelism {max_parallelism}");
            return Err(Error::data(message).at(start));
        }
        let chain_length = if version == 2 { input.i32().in_field("chainLength")? } else { 1 };
        let coordinator = if version >= 3 { parse_coordinator(input, scope).in_field("coordinator")? } else { None };
        let mut operator = Self {
            name: String::new(),
            uid: String::new(),
            id,
            parallelism,
            max_parallelism,
            chain_length,
            coordinator,
            fully_finished: false,
            subtasks: Vec::new(),
        };
        operator.parse_subtasks(input, scope.with_max_parallelism(max_parallelism))?;
        Ok(operator)
    }

    fn parse_subtasks(&mut self, input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<()> {
        let start = input.offset();
        let mut ahead = *input;
        let count = ahead.i32().in_field("subtasks")?;
        if count < 0 && scope.format.version >= 3 {
            if self.coordinator.is_some() {
                return Err(Error::data("fully finished operator has coordinator state").at(start));
            }
            *input = ahead;
            self.fully_finished = true;
            return Ok(());
        }
        if u32::try_from(count).is_ok_and(|count| count > self.parallelism) {
            let message = format!("{count} subtasks are more than the parallelism {}", self.parallelism);
            return Err(Error::data(message).at(start).in_field("subtasks"));
        }
        let min_size = if scope.format.version == 2 { 26 } else { 4 };
        self.subtasks = list(input, min_size, "subtasks", |input| Subtask::parse(input, scope, self.parallelism))?;
        Ok(())
    }

    pub(super) fn encode(&self, out: &mut Writer, format: Format) -> Result<()> {
        if format.version >= 5 {
            out.utf(&self.name)?;
            out.utf(&self.uid)?;
        }
        out.bytes(&self.id.0);
        out.count(self.parallelism)?;
        out.count(self.max_parallelism)?;
        if format.version == 2 {
            out.i32(self.chain_length);
            if self.coordinator.is_some() || self.fully_finished {
                return Err(Error::usage("version 2 has no coordinator state and no finished operators"));
            }
        } else {
            StreamHandle::encode_optional(self.coordinator.as_ref(), out)?;
        }
        if self.fully_finished {
            if self.coordinator.is_some() || !self.subtasks.is_empty() {
                return Err(Error::usage("a fully finished operator has no state"));
            }
            out.i32(FULLY_FINISHED);
            return Ok(());
        }
        out.count(self.subtasks.len())?;
        self.subtasks.iter().try_for_each(|subtask| subtask.encode(out, format))
    }
}

fn parse_coordinator(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Option<StreamHandle>> {
    let start = input.offset();
    let handle = StreamHandle::parse_optional(input, scope)?;
    match handle {
        None | Some(StreamHandle::Inline { .. }) => Ok(handle),
        Some(_) => Err(Error::data("coordinator state is not kept inline").at(start)),
    }
}

impl Subtask {
    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, parallelism: u32) -> Result<Self> {
        let start = input.offset();
        let stored = input.i32().in_field("index")?;
        let finished = stored < 0 && scope.format.version >= 3;
        // -1 is subtask 0, -2 subtask 1, …: the complement.
        let index = u32::try_from(if finished { !stored } else { stored })
            .ok()
            .filter(|&index| index < parallelism)
            .ok_or_else(|| Error::data(format!("subtask {stored} of {parallelism}")).at(start).in_field("index"))?;
        let mut duration = -1;
        if scope.format.version == 2 {
            duration = input.i64().in_field("duration")?;
            let start = input.offset();
            let legacy = input.i32().in_field("legacyCount")?;
            if legacy > 0 {
                let message = format!("subtask has {legacy} states of Flink 1.1, which can't be read");
                return Err(Error::unsupported(message).at(start).in_field("legacyCount"));
            }
        }
        let state = if finished { None } else { Some(Box::new(SubtaskState::parse(input, scope, index)?)) };
        Ok(Self { index, duration, state })
    }

    fn encode(&self, out: &mut Writer, format: Format) -> Result<()> {
        let index = i32::try_from(self.index).map_err(|_| Error::usage("subtask index is larger than Java's int"))?;
        match &self.state {
            None if format.version == 2 => Err(Error::usage("version 2 has no finished subtasks")),
            None => {
                out.i32(!index);
                Ok(())
            }
            Some(state) => {
                out.i32(index);
                if format.version == 2 {
                    out.i64(self.duration);
                    out.i32(0);
                }
                state.encode(out, format)
            }
        }
    }
}

impl SubtaskState {
    /// All streams, those of nested handles too.
    pub fn streams(&self) -> Vec<&StreamHandle> {
        let operator = [&self.managed_operator, &self.raw_operator].into_iter().flatten().map(|handle| &handle.stream);
        let keyed = [&self.managed_keyed, &self.raw_keyed].into_iter().flatten().flat_map(KeyedHandle::streams);
        let channels = self.input_channels.iter().chain(&self.output_channels).map(|channel| &channel.stream);
        operator.chain(keyed).chain(channels).collect()
    }

    /// All streams, as [`Self::streams`], to be replaced.
    pub fn streams_mut(&mut self) -> Vec<&mut StreamHandle> {
        let operator = [&mut self.managed_operator, &mut self.raw_operator].into_iter().flatten();
        let keyed = [&mut self.managed_keyed, &mut self.raw_keyed].into_iter().flatten();
        let channels = self.input_channels.iter_mut().chain(&mut self.output_channels);
        let operator = operator.map(|handle| &mut handle.stream);
        operator.chain(keyed.flat_map(KeyedHandle::streams_mut)).chain(channels.map(|c| &mut c.stream)).collect()
    }

    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, subtask: u32) -> Result<Self> {
        let mut state = Self {
            managed_operator: parse_operator_state(input, scope).in_field("managedOperator")?,
            raw_operator: parse_operator_state(input, scope).in_field("rawOperator")?,
            managed_keyed: KeyedHandle::parse_optional(input, scope, KeyedRole::Managed).in_field("managedKeyed")?,
            raw_keyed: KeyedHandle::parse_optional(input, scope, KeyedRole::Raw).in_field("rawKeyed")?,
            ..Self::default()
        };
        if scope.format.version >= 3 {
            state.input_channels = ChannelHandle::parse_list(input, scope, ChannelEnd::Input, subtask)?;
            state.output_channels = ChannelHandle::parse_list(input, scope, ChannelEnd::Output, subtask)?;
        }
        if scope.format.version >= 7 {
            state.reference_checkpoint = parse_reference(input).in_field("referenceCheckpoint")?;
        }
        Ok(state)
    }

    fn encode(&self, out: &mut Writer, format: Format) -> Result<()> {
        for handle in [&self.managed_operator, &self.raw_operator] {
            out.i32(i32::from(handle.is_some()));
            if let Some(handle) = handle {
                handle.encode(out)?;
            }
        }
        for handle in [&self.managed_keyed, &self.raw_keyed] {
            KeyedHandle::encode_optional(handle.as_ref(), out, format)?;
        }
        if format.version >= 3 {
            ChannelHandle::encode_list(&self.input_channels, out, format, ChannelEnd::Input)?;
            ChannelHandle::encode_list(&self.output_channels, out, format, ChannelEnd::Output)?;
        } else if !self.input_channels.is_empty() || !self.output_channels.is_empty() {
            return Err(Error::usage("version 2 has no channel state"));
        }
        if format.version >= 7 {
            out.bool(self.reference_checkpoint.is_some());
            if let Some(id) = self.reference_checkpoint {
                out.i64(id);
            }
        }
        Ok(())
    }
}

fn parse_operator_state(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Option<OperatorStateHandle>> {
    if input.i32()? == 0 { Ok(None) } else { OperatorStateHandle::parse_optional(input, scope) }
}

fn parse_reference(input: &mut Cursor<'_>) -> Result<Option<i64>> {
    let start = input.offset();
    match input.u8()? {
        0 => Ok(None),
        1 => input.i64().map(Some),
        marker => Err(Error::data(format!("unknown marker {marker}")).at(start)),
    }
}
