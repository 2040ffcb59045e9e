//! One stream with the position of each key group in it.

use std::ops::RangeInclusive;

use crate::bytes::{Cursor, Writer};
use crate::error::{Context, Error, Result};
use crate::metadata::format::{Scope, check_positions};

use super::{KeyedRole, StreamHandle, tag};

/// A run of key groups that is not empty (`KeyGroupRange`).
///
/// ```text
/// start:i32  count:i32
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyGroupRange {
    first: u16,
    last: u16,
}

impl KeyGroupRange {
    /// The key groups of a range.
    ///
    /// # Errors
    /// An empty range, or key groups above 32,767.
    pub fn try_new(range: RangeInclusive<u16>) -> Result<Self> {
        let (first, last) = range.into_inner();
        if first > last || last > i16::MAX as u16 {
            return Err(Error::usage(format!("{first}..={last} is no range of key groups")));
        }
        Ok(Self { first, last })
    }

    /// First to last key group.
    pub fn range(self) -> RangeInclusive<u16> {
        self.first..=self.last
    }

    /// How many they are.
    pub fn count(self) -> usize {
        usize::from(self.last - self.first) + 1
    }

    pub(super) fn parse(input: &mut Cursor<'_>, scope: Scope<'_>) -> Result<Self> {
        let at = input.offset();
        let start = input.i32()?;
        let count = input.i32()?;
        let end = i64::from(start) + i64::from(count);
        if count >= 1
            && end <= i64::from(scope.key_groups())
            && let (Ok(first), Ok(last)) = (u16::try_from(start), u16::try_from(end - 1))
        {
            return Ok(Self { first, last });
        }
        let message =
            format!("{count} key groups from {start} on are not within the operator's {}", scope.key_groups());
        Err(Error::data(message).at(at).in_field("keyGroups"))
    }

    pub(super) fn encode(self, out: &mut Writer) -> Result<()> {
        out.i32(i32::from(self.first));
        out.count(self.count())
    }
}

/// Keyed state in one stream (`KeyGroupsStateHandle`, `KeyGroupsSavepointStateHandle`).
///
/// ```text
///  3  KeyGroups V1        keyGroups  offset:i64[count]  stream:StreamHandle
///  7  KeyGroupsSavepoint  keyGroups  offset:i64[count]  stream:StreamHandle
/// 12  KeyGroups V2        keyGroups  offset:i64[count]  stream:StreamHandle  stateHandleId:utf
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroupsHandle {
    /// Which layout.
    pub kind: KeyGroupsKind,
    /// The key groups.
    pub key_groups: KeyGroupRange,
    /// The position of each key group in the stream, not ascending. In managed state 0 means "no data"; in raw state
    /// -1 means "never started".
    pub offsets: Vec<i64>,
    /// The stream.
    pub stream: StreamHandle,
}

/// The layout of a [`KeyGroupsHandle`], which says something about the content of managed state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyGroupsKind {
    /// Tag 3: heap format or RocksDB full format.
    V1,
    /// Tag 12: the same with an identity.
    V2 {
        /// Any string, in practice a UUID.
        state_handle_id: String,
    },
    /// Tag 7: canonical savepoint.
    Savepoint,
}

impl KeyGroupsHandle {
    /// Each key group with its position in the stream; those of raw state that were never started are left out.
    pub fn groups(&self) -> impl Iterator<Item = (u16, u64)> {
        let offsets = self.offsets.iter().map(|&offset| u64::try_from(offset).ok());
        self.key_groups.range().zip(offsets).filter_map(|(group, offset)| Some((group, offset?)))
    }

    /// Each key group that has data with its number of bytes: up to the next one, or the end of the stream if its size
    /// is known. `absent` is the offset of a key group without data: 0 in managed state, -1 in raw state.
    pub fn sizes(&self, absent: i64) -> Vec<(u16, Option<u64>)> {
        let mut end = self.stream.size();
        let mut sizes = Vec::new();
        for (key_group, &offset) in self.key_groups.range().zip(&self.offsets).rev() {
            if offset != absent
                && let Ok(start) = u64::try_from(offset)
            {
                sizes.push((key_group, end.map(|end| end.saturating_sub(start))));
                end = Some(start);
            }
        }
        sizes.reverse();
        sizes
    }

    pub(super) fn parse_v1(input: &mut Cursor<'_>, scope: Scope<'_>, role: KeyedRole) -> Result<Self> {
        Self::parse(input, scope, role, KeyGroupsKind::V1)
    }

    pub(super) fn parse_savepoint(input: &mut Cursor<'_>, scope: Scope<'_>, role: KeyedRole) -> Result<Self> {
        Self::parse(input, scope, role, KeyGroupsKind::Savepoint)
    }

    pub(super) fn parse_v2(input: &mut Cursor<'_>, scope: Scope<'_>, role: KeyedRole) -> Result<Self> {
        let handle = Self::parse(input, scope, role, KeyGroupsKind::V1)?;
        Ok(Self { kind: KeyGroupsKind::V2 { state_handle_id: input.utf().in_field("stateHandleId")? }, ..handle })
    }

    fn parse(input: &mut Cursor<'_>, scope: Scope<'_>, role: KeyedRole, kind: KeyGroupsKind) -> Result<Self> {
        let start = input.offset();
        let key_groups = KeyGroupRange::parse(input, scope)?;
        let lowest = if role == KeyedRole::Raw { -1 } else { 0 };
        let offsets = (0..key_groups.count())
            .map(|_| parse_offset(input, lowest))
            .collect::<Result<Vec<_>>>()
            .in_field("offsets")?;
        let stream = StreamHandle::parse(input, scope).in_field("stream")?;
        let handle = Self { kind, key_groups, offsets, stream };
        check_positions(handle.groups().map(|(_, offset)| offset), &handle.stream, start)?;
        Ok(handle)
    }

    pub(super) fn encode(&self, out: &mut Writer) -> Result<()> {
        match &self.kind {
            KeyGroupsKind::V1 => {
                out.u8(tag::KEY_GROUPS);
                self.encode_common(out)
            }
            KeyGroupsKind::Savepoint => {
                out.u8(tag::KEY_GROUPS_SAVEPOINT);
                self.encode_common(out)
            }
            KeyGroupsKind::V2 { state_handle_id } => {
                out.u8(tag::KEY_GROUPS_V2);
                self.encode_common(out)?;
                out.utf(state_handle_id)
            }
        }
    }

    fn encode_common(&self, out: &mut Writer) -> Result<()> {
        if self.offsets.len() != self.key_groups.count() {
            let message = format!("{} offsets for {} key groups", self.offsets.len(), self.key_groups.count());
            return Err(Error::usage(message));
        }
        self.key_groups.encode(out)?;
        self.offsets.iter().for_each(|&offset| out.i64(offset));
        self.stream.encode(out)
    }
}

fn parse_offset(input: &mut Cursor<'_>, lowest: i64) -> Result<i64> {
    let at = input.offset();
    match input.i64()? {
        offset if offset < lowest => Err(Error::data(format!("negative offset {offset}")).at(at)),
        offset => Ok(offset),
    }
}
