//! Tells the canonical from the heap layout: a `KeyGroupsStateHandle` holds either, and nothing says which.

use std::ops::Range;

use crate::bytes::{Cursor, snappy::STREAM_IDENTIFIER};
use crate::error::ErrorKind;

use super::Layout;
use super::canonical::CanonicalWalk;
use super::key_groups::KeyGroups;
use super::rows::{Rows, Step, Walk, Wanted};

/// Bytes that are enough to tell whether a stream of so many entries is canonical.
const ENOUGH: usize = 64 << 20;

/// What has to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Nothing: the offsets say it.
    Known(Layout),
    /// The bytes of this key group.
    KeyGroup(u16, Range<u64>),
}

/// The layout by its offsets, or the key group that tells: a small one, not key group 0, which starts with zeros in
/// both layouts.
pub(crate) fn probe(offsets: &[i64], key_groups: &KeyGroups) -> Probe {
    // The heap layout writes every key group, and none of them can be where the header is.
    if offsets.contains(&0) {
        return Probe::Known(Layout::Canonical);
    }
    let smallest = key_groups.iter().min_by_key(|(key_group, range)| (*key_group == 0, range.end - range.start));
    match smallest {
        Some((key_group, range)) => Probe::KeyGroup(key_group, range),
        None => Probe::Known(Layout::Canonical),
    }
}

/// The layout of a key group by its first bytes; nothing when more of them are needed. `last` says that these are all.
///
/// `walk` is one through that key group for no state.
pub(crate) fn detect(mut walk: CanonicalWalk, compressed: bool, bytes: &[u8], last: bool) -> Option<Layout> {
    if compressed {
        let is_canonical = bytes.starts_with(&STREAM_IDENTIFIER);
        return Some(if is_canonical { Layout::Canonical } else { Layout::Heap });
    }
    let mut input = Cursor::new(bytes);
    let step = walk.walk(&mut input, last, usize::MAX, &mut Rows::new(Wanted::default()), &mut Vec::new());
    match step {
        Ok(Step::End) => Some(Layout::Canonical),
        Ok(_) if bytes.len() >= ENOUGH && input.offset() > 2 => Some(Layout::Canonical),
        Ok(_) => None,
        Err(e) if e.kind() == ErrorKind::Bug => None,
        Err(_) => Some(Layout::Heap),
    }
}
