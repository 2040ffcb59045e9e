//! Handles of one stream of bytes.

use std::ops::Range;

use bytes::Bytes;

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};
use crate::metadata::format::{Scope, unsigned_long};

use super::{KeyGroupsHandle, KeyGroupsKind, KeyedRole, tag};

/// One stream of bytes: a file, a part of a file, or the bytes themselves.
///
/// ```text
///  1  ByteStream    name:utf  length:i32  data
///  2  File          size:i64 (-1 = unknown)  path:utf
///  3  KeyGroups     see KeyGroupsHandle; legal here and never seen
///  6  RelativeFile  path:utf  size:i64 (-1 = unknown)
/// 15  SegmentFile   start:i64  size:i64  scope:i32  path:utf  logicalId:utf
/// 16  EmptySegment  (nothing)
/// ```
///
/// Source: `MetadataV2V3SerializerBase.serializeStreamStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamHandle {
    /// State kept in `_metadata` itself (`ByteStreamStateHandle`).
    Inline {
        /// Identifies the handle; Flink takes two handles with one name for the same.
        name: String,
        /// The stream.
        data: Bytes,
    },
    /// A file with an absolute path (`FileStateHandle`).
    File {
        /// Bytes, unless unknown. Flink does not check it.
        size: Option<u64>,
        /// Flink's path string, not percent-encoded.
        path: String,
    },
    /// A file in the directory of `_metadata` (`RelativeFileStateHandle`).
    RelativeFile {
        /// The path below that directory; untrusted, see [`FlinkPath::join`](crate::metadata::FlinkPath::join).
        path: String,
        /// Bytes, unless unknown. Flink does not check it.
        size: Option<u64>,
    },
    /// A stream with key-group offsets of its own (`KeyGroupsStateHandle`).
    KeyGroups(Box<KeyGroupsHandle>),
    /// A part of a file that several subtasks share (`SegmentFileStateHandle`). All offsets count from `start`.
    Segment {
        /// First byte in the file.
        start: u64,
        /// Bytes.
        size: u64,
        /// Who else may use the file.
        scope: SegmentScope,
        /// Flink's path string, absolute.
        path: String,
        /// A UUID.
        logical_id: String,
    },
    /// No data (`EmptySegmentFileStateHandle`).
    EmptySegment,
}

/// `CheckpointedStateScope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentScope {
    /// Used by one checkpoint.
    Exclusive,
    /// Used by several checkpoints.
    Shared,
}

/// Where the bytes of a [`StreamHandle`] are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location<'a> {
    /// Here.
    Inline(&'a Bytes),
    /// In the file with this absolute path.
    Absolute(&'a str),
    /// In the file with this path below the directory of `_metadata`.
    Relative(&'a str),
    /// In this part of the file with this absolute path.
    Segment(&'a str, Range<u64>),
    /// Nowhere: there are none.
    Empty,
}

impl StreamHandle {
    /// Where the bytes are.
    pub fn location(&self) -> Location<'_> {
        match self {
            Self::Inline { data, .. } => Location::Inline(data),
            Self::File { path, .. } => Location::Absolute(path),
            Self::RelativeFile { path, .. } => Location::Relative(path),
            Self::KeyGroups(handle) => handle.stream.location(),
            Self::Segment { start, size, path, .. } => Location::Segment(path, *start..start.saturating_add(*size)),
            Self::EmptySegment => Location::Empty,
        }
    }

    /// Length of the stream in bytes, where it is known.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Inline { data, .. } => Some(data.len() as u64),
            Self::File { size, .. } | Self::RelativeFile { size, .. } => *size,
            Self::KeyGroups(handle) => handle.stream.size(),
            Self::Segment { size, .. } => Some(*size),
            Self::EmptySegment => Some(0),
        }
    }

    /// Reads a handle that must be there.
    pub(in crate::metadata) fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let start = input.offset();
        Self::parse_optional(input, scope)?.ok_or_else(|| Error::data("stream state handle is missing").at(start))
    }

    pub(in crate::metadata) fn parse_optional(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Option<Self>> {
        let start = input.offset();
        Ok(Some(match input.u8()? {
            tag::NULL => return Ok(None),
            tag::BYTE_STREAM => Self::Inline {
                name: input.utf().in_field("name")?,
                data: scope.length_prefixed(input).in_field("data")?,
            },
            tag::FILE => Self::File { size: parse_size(input)?, path: input.utf().in_field("path")? },
            tag::RELATIVE_FILE => Self::RelativeFile { path: input.utf().in_field("path")?, size: parse_size(input)? },
            tag::KEY_GROUPS => {
                Self::KeyGroups(Box::new(KeyGroupsHandle::parse_v1(input, scope.nested(input)?, KeyedRole::Raw)?))
            }
            tag::SEGMENT_FILE => Self::parse_segment(input)?,
            tag::EMPTY_SEGMENT => Self::EmptySegment,
            tag => return Err(Error::data(format!("tag {tag} is no stream state handle")).at(start)),
        }))
    }

    fn parse_segment(input: &mut Cursor<'_>) -> Result<Self> {
        let at = input.offset();
        let start = unsigned_long(input, "start")?;
        let size = unsigned_long(input, "size")?;
        if start.checked_add(size).is_none_or(|end| end > i64::MAX as u64) {
            return Err(Error::data(format!("segment of {size} bytes at {start} overflows")).at(at));
        }
        Ok(Self::Segment {
            start,
            size,
            scope: SegmentScope::parse(input).in_field("scope")?,
            path: input.utf().in_field("path")?,
            logical_id: input.utf().in_field("logicalId")?,
        })
    }

    pub(in crate::metadata) fn encode_optional(handle: Option<&Self>, out: &mut Writer) -> Result<()> {
        match handle {
            Some(handle) => handle.encode(out),
            None => {
                out.u8(tag::NULL);
                Ok(())
            }
        }
    }

    pub(in crate::metadata) fn encode(&self, out: &mut Writer) -> Result<()> {
        match self {
            Self::Inline { name, data } => {
                out.u8(tag::BYTE_STREAM);
                out.utf(name)?;
                out.length_prefixed(data)
            }
            Self::File { size, path } => {
                out.u8(tag::FILE);
                encode_size(*size, out)?;
                out.utf(path)
            }
            Self::RelativeFile { path, size } => {
                out.u8(tag::RELATIVE_FILE);
                out.utf(path)?;
                encode_size(*size, out)
            }
            Self::KeyGroups(handle) if handle.kind == KeyGroupsKind::V1 => handle.encode(out),
            Self::KeyGroups(_) => Err(Error::usage("only the first layout of key groups can be a stream")),
            Self::Segment { start, size, scope, path, logical_id } => {
                out.u8(tag::SEGMENT_FILE);
                out.size(*start)?;
                out.size(*size)?;
                out.i32(*scope as i32);
                out.utf(path)?;
                out.utf(logical_id)
            }
            Self::EmptySegment => {
                out.u8(tag::EMPTY_SEGMENT);
                Ok(())
            }
        }
    }
}

impl SegmentScope {
    fn parse(input: &mut Cursor<'_>) -> Result<Self> {
        let start = input.offset();
        match input.i32()? {
            0 => Ok(Self::Exclusive),
            1 => Ok(Self::Shared),
            scope => Err(Error::data(format!("unknown scope {scope} of a file segment")).at(start)),
        }
    }
}

fn parse_size(input: &mut Cursor<'_>) -> Result<Option<u64>> {
    let start = input.offset();
    match input.i64().in_field("size")? {
        -1 => Ok(None),
        size => match u64::try_from(size) {
            Ok(size) => Ok(Some(size)),
            Err(_) => Err(Error::data(format!("negative size {size}")).at(start).in_field("size")),
        },
    }
}

fn encode_size(size: Option<u64>, out: &mut Writer) -> Result<()> {
    match size {
        Some(size) => out.size(size),
        None => {
            out.i64(-1);
            Ok(())
        }
    }
}
