//! Handles of one subtask's keyed state.

use std::ops::RangeInclusive;

use crate::bytes::{Cursor, Writer};
use crate::error::{Error, Result};
use crate::metadata::format::{Format, Scope};

use super::{ChangelogHandle, ChangelogPart, IncrementalHandle, KeyGroupsHandle, KeyedRole, StreamHandle, tag};

/// The keyed state of one subtask.
///
/// Source: `MetadataV2V3SerializerBase.serializeKeyedStateHandle`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyedHandle {
    /// Tags 3, 7 and 12: one stream.
    KeyGroups(KeyGroupsHandle),
    /// Tags 5 and 11: the files of a database.
    Incremental(IncrementalHandle),
    /// Tags 8 and 14: materialised state and the changes since.
    Changelog(ChangelogHandle),
}

impl KeyedHandle {
    /// First to last key group.
    pub fn key_groups(&self) -> RangeInclusive<u16> {
        match self {
            Self::KeyGroups(handle) => handle.key_groups.range(),
            Self::Incremental(handle) => handle.key_groups.range(),
            Self::Changelog(handle) => handle.key_groups.range(),
        }
    }

    /// All streams, those of nested handles too.
    pub fn streams(&self) -> Vec<&StreamHandle> {
        let mut streams = Vec::new();
        self.collect_streams(&mut streams);
        streams
    }

    pub(super) fn collect_streams<'a>(&'a self, streams: &mut Vec<&'a StreamHandle>) {
        match self {
            Self::KeyGroups(handle) => streams.push(&handle.stream),
            Self::Incremental(handle) => {
                streams.push(&handle.meta);
                streams.extend(handle.files().map(|file| &file.stream));
            }
            Self::Changelog(handle) => handle.collect_streams(streams),
        }
    }

    /// All streams, as [`Self::streams`], to be replaced.
    pub fn streams_mut(&mut self) -> Vec<&mut StreamHandle> {
        match self {
            Self::KeyGroups(handle) => vec![&mut handle.stream],
            Self::Incremental(handle) => {
                let files = handle.shared.iter_mut().chain(&mut handle.private).map(|file| &mut file.stream);
                std::iter::once(&mut handle.meta).chain(files).collect()
            }
            Self::Changelog(handle) => {
                let base = handle.materialized.iter_mut().flat_map(Self::streams_mut);
                let files = handle.delta.iter_mut().filter_map(|delta| match &mut delta.part {
                    ChangelogPart::Bytes(_) => None,
                    ChangelogPart::Files(files) => Some(files.streams.iter_mut().map(|(_, stream)| stream)),
                });
                base.chain(files.flatten()).collect()
            }
        }
    }

    /// Bytes of the state: its streams, as far as their sizes are known, and inline changes.
    pub fn state_size(&self) -> u64 {
        let streams = self.streams().into_iter().filter_map(StreamHandle::size).fold(0, u64::saturating_add);
        let changes = match self {
            Self::Changelog(handle) => handle.inline_size(),
            Self::KeyGroups(_) | Self::Incremental(_) => 0,
        };
        streams.saturating_add(changes)
    }

    /// Whether it names no state at all: that of the changelog backend is there even so.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Changelog(handle) if handle.materialized.is_empty() && handle.delta.is_empty())
    }

    pub(in crate::metadata) fn parse_optional(
        input: &mut Cursor<'_>,
        scope: Scope<'_>,
        role: KeyedRole,
    ) -> Result<Option<Self>> {
        let start = input.offset();
        let tag = input.u8()?;
        Ok(Some(match tag {
            tag::NULL => return Ok(None),
            tag::KEY_GROUPS => Self::KeyGroups(KeyGroupsHandle::parse_v1(input, scope, role)?),
            tag::KEY_GROUPS_SAVEPOINT => Self::KeyGroups(KeyGroupsHandle::parse_savepoint(input, scope, role)?),
            tag::KEY_GROUPS_V2 => Self::KeyGroups(KeyGroupsHandle::parse_v2(input, scope, role)?),
            tag::INCREMENTAL => Self::Incremental(IncrementalHandle::parse_v1(input, scope)?),
            tag::INCREMENTAL_V2 => Self::Incremental(IncrementalHandle::parse_v2(input, scope)?),
            tag::CHANGELOG => Self::Changelog(ChangelogHandle::parse_v1(input, scope.nested(input)?)?),
            tag::CHANGELOG_V2 => Self::Changelog(ChangelogHandle::parse_v2(input, scope.nested(input)?)?),
            tag => return Err(Error::data(format!("tag {tag} is no keyed state handle")).at(start)),
        }))
    }

    pub(in crate::metadata) fn encode_optional(handle: Option<&Self>, out: &mut Writer, format: Format) -> Result<()> {
        match handle {
            Some(handle) => handle.encode(out, format),
            None => {
                out.u8(tag::NULL);
                Ok(())
            }
        }
    }

    pub(super) fn encode(&self, out: &mut Writer, format: Format) -> Result<()> {
        match self {
            Self::KeyGroups(handle) => handle.encode(out),
            Self::Incremental(handle) => handle.encode(out),
            Self::Changelog(handle) => handle.encode(out, format),
        }
    }
}
