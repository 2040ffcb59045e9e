//! The object at the end of a file.

use super::built::{MINIMAL, round_trip};
use super::*;

fn with_properties(properties: Properties) -> Metadata {
    let mut metadata = Metadata::parse(&hex(MINIMAL)).unwrap();
    metadata.version = 4;
    metadata.properties = properties;
    metadata
}

fn known(snapshot_type: SnapshotType) -> Properties {
    Properties::Known(CheckpointProperties {
        discard_cancelled: true,
        discard_failed: false,
        discard_finished: true,
        discard_subsumed: true,
        discard_suspended: false,
        forced: true,
        unclaimed: false,
        snapshot_type,
    })
}

#[test]
fn what_flink_writes_is_known() {
    use PostCheckpointAction::{None, Suspend, Terminate};
    use SavepointFormat::{Canonical, Native};
    for (snapshot_type, size) in [
        (SnapshotType::Checkpoint, 604),
        (SnapshotType::FullCheckpoint, 600),
        (SnapshotType::Savepoint { format: Canonical, action: None }, 745),
        (SnapshotType::Savepoint { format: Native, action: None }, 742),
        (SnapshotType::Savepoint { format: Canonical, action: Suspend }, 756),
        (SnapshotType::Savepoint { format: Native, action: Suspend }, 753),
        (SnapshotType::Savepoint { format: Canonical, action: Terminate }, 760),
        (SnapshotType::Savepoint { format: Native, action: Terminate }, 757),
    ] {
        let metadata = with_properties(known(snapshot_type));
        let file = Bytes::from(metadata.encode().unwrap());
        assert_eq!(file.len() - 75, size, "{snapshot_type:?}");
        assert_eq!(round_trip(&file), metadata);
    }
}

#[test]
fn another_object_is_kept_as_it_is() {
    let mut tail = b"\xAC\xED\0\x05sr\0\x01X".to_vec();
    let metadata = with_properties(Properties::Unknown(tail.clone().into()));
    assert_eq!(round_trip(&metadata.encode().unwrap().into()), metadata);

    // A flag that is neither 0 nor 1 would not be written as it was read.
    let mut file = with_properties(known(SnapshotType::Checkpoint)).encode().unwrap();
    let flag = file.windows(2).position(|bytes| bytes == [0x78, 0x70]).unwrap() + 2;
    file[flag] = 2;
    tail = file[75..].to_vec();
    assert_eq!(round_trip(&file.into()).properties, Properties::Unknown(tail.into()));
}

#[test]
fn nothing_may_follow_or_be_cut_off() {
    let good = with_properties(known(SnapshotType::Checkpoint)).encode().unwrap();
    let error = |file: &[u8]| Metadata::parse(&Bytes::copy_from_slice(file)).unwrap_err().to_string();
    let long = [&good[..], &[0]].concat();
    assert_eq!(error(&long), "1 bytes are left over (offset 679, field properties)");
    assert_eq!(error(&good[..678]), "the object ends too early (offset 678, field properties)");
    assert_eq!(error(&good[..75]), "the object ends too early (offset 75, field properties)");
    let other = [&good[..75], &[1, 2, 3, 4, 5]].concat();
    let message = "a Java object stream (AC ED 00 05) is expected (offset 75, field properties)";
    assert_eq!(error(&other), message);
}
