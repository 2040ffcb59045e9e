//! State handles: where the bytes of a state are.
//!
//! Every handle starts with one tag byte from a space that all kinds share; 0 is "no handle".

mod changelog;
mod incremental;
mod key_groups;
mod keyed;
mod operator_state;
mod stream;

pub use changelog::{
    ByteIncrement, ChangelogDelta, ChangelogHandle, ChangelogPart, FileIncrement, METADATA_KEY_GROUP, StateChange,
};
pub use incremental::{IncrementalHandle, IncrementalV2, LocalFile};
pub use key_groups::{KeyGroupRange, KeyGroupsHandle, KeyGroupsKind};
pub use keyed::KeyedHandle;
pub use operator_state::{DistributionMode, FileMerging, OperatorStateHandle, StateOffsets};
pub use stream::{Location, SegmentScope, StreamHandle};

/// The constants of `MetadataV2V3SerializerBase`.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const BYTE_STREAM: u8 = 1;
    pub(super) const FILE: u8 = 2;
    pub(super) const KEY_GROUPS: u8 = 3;
    pub(super) const OPERATOR_STREAM: u8 = 4;
    pub(super) const INCREMENTAL: u8 = 5;
    pub(super) const RELATIVE_FILE: u8 = 6;
    pub(super) const KEY_GROUPS_SAVEPOINT: u8 = 7;
    pub(super) const CHANGELOG: u8 = 8;
    pub(super) const CHANGELOG_BYTE_INCREMENT: u8 = 9;
    pub(super) const CHANGELOG_FILE_INCREMENT: u8 = 10;
    pub(super) const INCREMENTAL_V2: u8 = 11;
    pub(super) const KEY_GROUPS_V2: u8 = 12;
    pub(super) const CHANGELOG_FILE_INCREMENT_V2: u8 = 13;
    pub(super) const CHANGELOG_V2: u8 = 14;
    pub(super) const SEGMENT_FILE: u8 = 15;
    pub(super) const EMPTY_SEGMENT: u8 = 16;
    pub(super) const FILE_MERGING_OPERATOR_STREAM: u8 = 17;
}

/// Where a keyed handle stands: raw keyed state may lack key groups, managed state never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::metadata) enum KeyedRole {
    Managed,
    Raw,
}
