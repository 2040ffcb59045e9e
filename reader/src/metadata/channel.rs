//! In-flight records of unaligned checkpoints.

use std::fmt;

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};

use super::format::{Format, Scope, check_positions, list, positions, unsigned, unsigned_long, write_positions};
use super::{Dialect, Location, StreamHandle};

/// Records that were on their way in one channel, or in several of one subtask.
///
/// ```text
/// versions 3 to 5   Single
/// version 6 and 7   type:u8  Single | Merged
///                   1 input, 2 output: Single; 3 input, 4 output: Merged
///
/// Single  subtaskIndex:i32  ChannelIndex  offsets  size:i64  stream:StreamHandle
///         (Flink 1.11: without subtaskIndex)
/// Merged  subtaskIndex:i32  size:i64  stream:StreamHandle  length:i32
///         { count:i32  { ChannelIndex  size:i64  offsets }[count] }  (length bytes)
///
/// ChannelIndex  gateIndex:i32       inputChannelIndex:i32   of an input
///               partitionIndex:i32  subpartitionIndex:i32   of an output
/// offsets       count:i32  offset:i64[count]
/// ```
///
/// Source: `ChannelStateHandleSerializerV1`, `ChannelStateHandleSerializerV2`, `AbstractMergedChannelStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelHandle {
    /// The subtask that wrote the state; the one that holds the handle where Flink 1.11 left it out.
    pub subtask_index: u32,
    /// The channels.
    pub channels: Channels,
    /// The stream with their buffers.
    pub stream: StreamHandle,
}

/// The channels of a [`ChannelHandle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One.
    Single(Channel),
    /// Any number of them (version 6 and later; encoded as single ones in versions before).
    Merged {
        /// Bytes of all of them.
        size: u64,
        /// The channels.
        channels: Vec<Channel>,
    },
}

/// The buffers of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Index of the input gate, or of the result partition.
    pub gate_or_partition: u32,
    /// Index of the input channel, or of the result subpartition.
    pub channel: u32,
    /// The position of each buffer in the stream.
    pub offsets: Vec<u64>,
    /// Bytes of all buffers.
    pub size: u64,
}

/// Which end of a task the records were at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelEnd {
    /// In an input gate of its first operator.
    Input,
    /// In a result partition of its last operator.
    Output,
}

/// The records in flight in one channel of one subtask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// The subtask.
    pub subtask: u32,
    /// Which end of it.
    pub end: ChannelEnd,
    /// Index of the input gate, or of the result partition.
    pub gate_or_partition: u32,
    /// Index of the input channel, or of the result subpartition.
    pub channel: u32,
    /// Network buffers that they fill; not known of inline state, which is one piece for all of them.
    pub buffers: Option<u64>,
    /// Bytes as the handle has them: with the length in front of each buffer.
    pub bytes: u64,
}

impl fmt::Display for ChannelEnd {
    /// The end as in SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

impl ChannelHandle {
    /// Each channel, of a subtask at one of its ends.
    pub(super) fn in_flight(&self, subtask: u32, end: ChannelEnd) -> impl Iterator<Item = InFlight> + '_ {
        let is_inline = matches!(self.stream.location(), Location::Inline(_));
        self.channels().iter().map(move |channel| InFlight {
            subtask,
            end,
            gate_or_partition: channel.gate_or_partition,
            channel: channel.channel,
            buffers: (!is_inline).then_some(channel.offsets.len() as u64),
            bytes: channel.size,
        })
    }

    /// The channels.
    pub fn channels(&self) -> &[Channel] {
        match &self.channels {
            Channels::Single(channel) => std::slice::from_ref(channel),
            Channels::Merged { channels, .. } => channels,
        }
    }

    /// Bytes of all channels.
    pub fn size(&self) -> u64 {
        match &self.channels {
            Channels::Single(channel) => channel.size,
            Channels::Merged { size, .. } => *size,
        }
    }

    pub(super) fn parse_list(
        input: &mut Cursor<'_>,
        scope: Scope<'_>,
        end: ChannelEnd,
        subtask: u32,
    ) -> Result<Vec<Self>> {
        let min_size = match scope.format {
            format if format.version >= 6 => 18,
            format if format.is(Dialect::V3Flink111) => 21,
            _ => 25,
        };
        list(input, min_size, end.field(), |input| Self::parse(input, scope, end, subtask))
    }

    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, end: ChannelEnd, subtask: u32) -> Result<Self> {
        let start = input.offset();
        let handle = if scope.format.version < 6 {
            Self::parse_single(input, scope, subtask)?
        } else {
            match input.u8()? {
                kind if kind == end.single() => Self::parse_single(input, scope, subtask)?,
                kind if kind == end.merged() => Self::parse_merged(input, scope)?,
                kind => {
                    return Err(Error::data(format!("type {kind} is no handle of {}", end.field())).at(start));
                }
            }
        };
        for channel in handle.channels() {
            check_positions(channel.offsets.iter().copied(), &handle.stream, start)?;
        }
        Ok(handle)
    }

    fn parse_single(input: &mut Cursor<'_>, scope: Scope<'_>, subtask: u32) -> Result<Self> {
        let subtask_index =
            if scope.format.is(Dialect::V3Flink111) { subtask } else { unsigned(input, "subtaskIndex")? };
        let (gate_or_partition, channel) = parse_index(input)?;
        let offsets = positions(input)?;
        let size = unsigned_long(input, "size")?;
        let channels = Channels::Single(Channel { gate_or_partition, channel, offsets, size });
        Ok(Self { subtask_index, channels, stream: StreamHandle::parse(input, scope).in_field("stream")? })
    }

    fn parse_merged(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let subtask_index = unsigned(input, "subtaskIndex")?;
        let size = unsigned_long(input, "size")?;
        let stream = StreamHandle::parse(input, scope).in_field("stream")?;
        let start = input.offset() + 4;
        let mut blob = Cursor::with_offset(input.length_prefixed().in_field("channels")?, start);
        let channels = list(&mut blob, 20, "channels", Channel::parse)?;
        blob.expect_end().in_field("channels")?;
        Ok(Self { subtask_index, channels: Channels::Merged { size, channels }, stream })
    }

    pub(super) fn encode_list(handles: &[Self], out: &mut Writer, format: Format, end: ChannelEnd) -> Result<()> {
        if format.version >= 6 {
            out.count(handles.len())?;
            return handles.iter().try_for_each(|handle| handle.encode_typed(out, format, end));
        }
        out.count(handles.iter().map(|handle| handle.channels().len()).sum::<usize>())?;
        handles.iter().try_for_each(|handle| handle.encode_singles(out, format))
    }

    fn encode_typed(&self, out: &mut Writer, format: Format, end: ChannelEnd) -> Result<()> {
        let Channels::Merged { size, channels } = &self.channels else {
            out.u8(end.single());
            return self.encode_singles(out, format);
        };
        out.u8(end.merged());
        out.count(self.subtask_index)?;
        out.size(*size)?;
        self.stream.encode(out)?;
        let mut blob = Writer::new();
        blob.count(channels.len())?;
        channels.iter().try_for_each(|channel| channel.encode(&mut blob))?;
        out.length_prefixed(&blob.into_bytes())
    }

    fn encode_singles(&self, out: &mut Writer, format: Format) -> Result<()> {
        for channel in self.channels() {
            if !format.is(Dialect::V3Flink111) {
                out.count(self.subtask_index)?;
            }
            channel.encode_index(out)?;
            write_positions(&channel.offsets, out)?;
            out.size(channel.size)?;
            self.stream.encode(out)?;
        }
        Ok(())
    }
}

impl Channel {
    fn parse(input: &mut Cursor<'_>) -> Result<Self> {
        let (gate_or_partition, channel) = parse_index(input)?;
        let size = unsigned_long(input, "size")?;
        Ok(Self { gate_or_partition, channel, offsets: positions(input)?, size })
    }

    fn encode(&self, out: &mut Writer) -> Result<()> {
        self.encode_index(out)?;
        out.size(self.size)?;
        write_positions(&self.offsets, out)
    }

    fn encode_index(&self, out: &mut Writer) -> Result<()> {
        out.count(self.gate_or_partition)?;
        out.count(self.channel)
    }
}

fn parse_index(input: &mut Cursor<'_>) -> Result<(u32, u32)> {
    Ok((unsigned(input, "gateOrPartition")?, unsigned(input, "channel")?))
}

impl ChannelEnd {
    fn single(self) -> u8 {
        match self {
            Self::Input => 1,
            Self::Output => 2,
        }
    }

    fn merged(self) -> u8 {
        self.single() + 2
    }

    fn field(self) -> &'static str {
        match self {
            Self::Input => "inputChannels",
            Self::Output => "outputChannels",
        }
    }
}
