//! State of the changelog backend: what was materialised last, and every change since.
//!
//! ```text
//! handle := materialised handles (heap, canonical, RocksDB)   deltas, in order     key groups
//! delta  := changes in the handle itself, or (offset, file)*
//! file   := bool compressed  body                             a framed snappy stream if compressed
//! body at offset (uncompressed bytes) := i32 n  group[n]      one change set
//! group  := i32 n  i32 keyGroup  (i32 length  change)[n]      key group -1: metadata, which comes first
//! change := u8 operation  …
//! ```
//!
//! The materialised part is a state like any other, which a raw scan gives in the form of the canonical layout. The
//! changes of a state are put over its entries key group by key group: in memory are only the changes.
//!
//! Sources: `ChangelogStateBackendHandle`, `StateChangeFormat`, `ChangelogBackendLogApplier`.

mod change;
mod log;
mod merge;
mod overlay;
mod set;
mod states;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{State, StateKind};

pub(crate) use log::ChangeLog;
pub(crate) use merge::ChangelogReader;
pub(super) use states::{Key, lacks_key, states};

/// A state in the changelog of one subtask.
#[derive(Debug)]
pub(crate) struct ChangelogState {
    pub(crate) name: String,
    kind: StateKind,
    /// Its materialised part, if there is one.
    base: Option<State>,
    log: Arc<ChangeLog>,
    pub(crate) max_parallelism: u32,
    /// The key groups of the handle, and about how many bytes each has.
    key_groups: Vec<(u16, u64)>,
}

impl ChangelogState {
    fn new(name: &str, kind: StateKind, base: Option<State>, log: &Arc<ChangeLog>, max_parallelism: u32) -> Self {
        let sizes = base.as_ref().map(State::key_group_sizes).unwrap_or_default();
        let size = |key_group| (key_group, 1 + sizes.get(&key_group).copied().unwrap_or(0));
        let key_groups = log.key_groups().map(size).collect();
        Self { name: name.to_owned(), kind, base, log: Arc::clone(log), max_parallelism, key_groups }
    }

    /// The key groups of the handle, ascending, and about how many bytes each has.
    pub(crate) fn key_groups(&self) -> &[(u16, u64)] {
        &self.key_groups
    }
}
