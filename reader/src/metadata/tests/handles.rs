//! Every kind of state handle.

use crate::bytes::Writer;

use super::built::{file, file_with_keyed, inline, inline_handle, key_groups, round_trip, state};
use super::*;

fn keyed(version: u32, write: impl FnOnce(&mut Writer)) -> KeyedHandle {
    let metadata = round_trip(&file_with_keyed(version, write));
    assert_eq!(metadata.dialect, Dialect::Standard);
    state(&metadata).managed_keyed.clone().unwrap()
}

fn range() -> KeyGroupRange {
    KeyGroupRange::try_new(10..=11).unwrap()
}

#[test]
fn key_groups_handles_have_three_layouts() {
    for tag in [3, 7, 12] {
        let handle = keyed(4, |out| {
            out.u8(tag);
            key_groups(out);
            out.i64(3);
            out.i64(0);
            inline(out, b"abcde");
            if tag == 12 {
                out.utf("id").unwrap();
            }
        });
        assert_eq!((handle.key_groups(), handle.state_size()), (10..=11, 5));
        let kind = match tag {
            3 => KeyGroupsKind::V1,
            7 => KeyGroupsKind::Savepoint,
            _ => KeyGroupsKind::V2 { state_handle_id: "id".into() },
        };
        let expected =
            KeyGroupsHandle { kind, key_groups: range(), offsets: vec![3, 0], stream: inline_handle(b"abcde") };
        assert_eq!(expected.groups().collect::<Vec<_>>(), [(10, 3), (11, 0)]);
        assert_eq!(handle, KeyedHandle::KeyGroups(expected));
    }
}

#[test]
fn incremental_handles_have_two_layouts() {
    for tag in [5, 11] {
        let handle = keyed(3, |out| {
            out.u8(tag);
            out.i64(42);
            out.utf("backend").unwrap();
            key_groups(out);
            if tag == 11 {
                out.i64(1234);
            }
            inline(out, b"meta");
            out.i32(1);
            out.utf("000001.sst").unwrap();
            out.u8(2);
            out.i64(100);
            out.utf("file:/cp/shared/a").unwrap();
            out.i32(2);
            out.utf("CURRENT").unwrap();
            out.u8(6);
            out.utf("b").unwrap();
            out.i64(-1);
            out.utf("MANIFEST-000004").unwrap();
            inline(out, b"m");
            if tag == 11 {
                out.utf("id").unwrap();
            }
        });
        assert_eq!((handle.key_groups(), handle.state_size(), handle.streams().len()), (10..=11, 105, 4));
        let KeyedHandle::Incremental(handle) = handle else { panic!("{handle:?}") };
        let names: Vec<_> = handle.files().map(|file| (file.local_path.as_str(), file.stream.location())).collect();
        let expected = [
            ("000001.sst", Location::Absolute("file:/cp/shared/a")),
            ("CURRENT", Location::Relative("b")),
            ("MANIFEST-000004", Location::Inline(&Bytes::from_static(b"m"))),
        ];
        assert_eq!(names, expected);
        let v2 = IncrementalV2 { checkpointed_size: 1234, state_handle_id: "id".into() };
        assert_eq!(handle.v2, (tag == 11).then_some(v2));
    }
}

/// What a changelog handle of the given tag has, in the layout that Flink 1.14 wrote or that of all others.
fn changelog(out: &mut Writer, tag: u8, deltas: &[u8], flink_1_14: bool) {
    let id = |out: &mut Writer| {
        if !flink_1_14 {
            out.utf("id").unwrap();
        }
    };
    out.u8(tag);
    key_groups(out);
    if !flink_1_14 {
        out.i64(99);
    }
    out.i32(1);
    out.u8(3);
    key_groups(out);
    out.i64(0);
    out.i64(1);
    inline(out, b"xy");
    out.i32(i32::try_from(deltas.len()).unwrap());
    for &delta in deltas {
        out.u8(delta);
        key_groups(out);
        if delta == 9 {
            out.i64(1);
            out.i64(3);
            out.i32(2);
            out.i32(-1);
            out.length_prefixed(b"meta").unwrap();
            out.i32(11);
            out.length_prefixed(b"").unwrap();
            id(out);
            continue;
        }
        out.i32(1);
        out.i64(17);
        out.u8(2);
        out.i64(30);
        out.utf("file:/dstl/a").unwrap();
        out.i64(13);
        if !flink_1_14 {
            out.i64(12);
        }
        id(out);
        if delta == 13 {
            out.utf("filesystem").unwrap();
        }
    }
    if !flink_1_14 {
        out.i64(5);
    }
    if tag == 14 {
        out.i64(6);
    }
    id(out);
}

fn byte_increment(id: &str) -> ChangelogDelta {
    let changes = vec![
        StateChange { key_group: METADATA_KEY_GROUP, change: Bytes::from_static(b"meta") },
        StateChange { key_group: 11, change: Bytes::new() },
    ];
    let part = ChangelogPart::Bytes(ByteIncrement { from: 1, to: 3, changes });
    ChangelogDelta { key_groups: range(), part, state_handle_id: id.into() }
}

fn file_increment(id: &str, checkpointed_size: i64, storage_identifier: Option<String>) -> ChangelogDelta {
    let stream = StreamHandle::File { size: Some(30), path: "file:/dstl/a".into() };
    let part = FileIncrement { streams: vec![(17, stream)], size: 13, checkpointed_size, storage_identifier };
    ChangelogDelta { key_groups: range(), part: ChangelogPart::Files(part), state_handle_id: id.into() }
}

fn materialized() -> KeyedHandle {
    let stream = inline_handle(b"xy");
    let kind = KeyGroupsKind::V1;
    KeyedHandle::KeyGroups(KeyGroupsHandle { kind, key_groups: range(), offsets: vec![0, 1], stream })
}

#[test]
fn changelog_handles_have_two_layouts() {
    for tag in [8, 14] {
        let handle = keyed(4, |out| changelog(out, tag, &[9, 10, 13], false));
        assert_eq!((handle.key_groups(), handle.streams().len(), handle.state_size()), (10..=11, 3, 2 + 4 + 30 + 30));
        let expected = ChangelogHandle {
            key_groups: range(),
            checkpointed_size: 99,
            materialized: vec![materialized()],
            delta: vec![
                byte_increment("id"),
                file_increment("id", 12, None),
                file_increment("id", 12, Some("filesystem".into())),
            ],
            materialization_id: 5,
            checkpoint_id: (tag == 14).then_some(6),
            state_handle_id: "id".into(),
        };
        assert_eq!(handle, KeyedHandle::Changelog(expected));
    }
}

#[test]
fn the_changelog_of_flink_1_14_is_a_dialect() {
    let file = file_with_keyed(3, |out| changelog(out, 8, &[9, 10], true));
    let mut metadata = round_trip(&file);
    assert_eq!(metadata.dialect, Dialect::V3Flink114);
    let expected = ChangelogHandle {
        key_groups: range(),
        checkpointed_size: -1,
        materialized: vec![materialized()],
        delta: vec![byte_increment(""), file_increment("", -1, None)],
        materialization_id: 0,
        checkpoint_id: None,
        state_handle_id: String::new(),
    };
    assert_eq!(state(&metadata).managed_keyed, Some(KeyedHandle::Changelog(expected)));

    // In a later version the same handles have all their fields.
    metadata.version = 4;
    let upgraded = Metadata::parse(&metadata.encode().unwrap().into()).unwrap();
    assert_eq!(upgraded.operators, metadata.operators);
}

#[test]
fn file_merging_handles_hold_segments() {
    let segment = |out: &mut Writer| {
        out.u8(15);
        out.i64(100);
        out.i64(20);
        out.i32(1);
        out.utf("file:/cp/shared/job/a").unwrap();
        out.utf("logical").unwrap();
    };
    let metadata = round_trip(&file(4, |out| {
        out.i32(1);
        out.i32(0);
        out.i32(1);
        out.u8(17);
        out.i32(1);
        out.utf("list").unwrap();
        out.i8(2);
        out.i32(2);
        out.i64(20);
        out.i64(4);
        out.utf("file:/cp/taskowned").unwrap();
        out.utf("file:/cp/shared").unwrap();
        out.u8(0);
        segment(out);
        out.i32(1);
        out.u8(17);
        out.i32(0);
        out.utf("t").unwrap();
        out.utf("s").unwrap();
        out.u8(1);
        out.u8(16);
        out.u8(0);
        out.u8(0);
        out.i32(0);
        out.i32(0);
    }));
    let state = state(&metadata);
    let managed = state.managed_operator.as_ref().unwrap();
    let states = vec![StateOffsets { name: "list".into(), mode: DistributionMode::Broadcast, offsets: vec![20, 4] }];
    assert_eq!(managed.states, states);
    assert_eq!(managed.stream.location(), Location::Segment("file:/cp/shared/job/a", 100..120));
    assert_eq!(managed.stream.size(), Some(20));
    let merging = FileMerging { task_owned_dir: "file:/cp/taskowned".into(), shared_dir: "file:/cp/shared".into() };
    assert_eq!(managed.file_merging, Some(merging));
    let raw = state.raw_operator.as_ref().unwrap();
    assert_eq!((raw.stream.location(), raw.stream.size()), (Location::Empty, Some(0)));
}

#[test]
fn raw_keyed_state_may_lack_key_groups() {
    let file = |offset: i64| {
        file(4, |out| {
            out.i32(1);
            out.i32(0);
            out.i32(0);
            out.i32(0);
            out.u8(0);
            out.u8(3);
            key_groups(out);
            out.i64(offset);
            out.i64(2);
            inline(out, b"abc");
            out.i32(0);
            out.i32(0);
        })
    };
    let metadata = round_trip(&file(-1));
    let Some(KeyedHandle::KeyGroups(handle)) = &state(&metadata).raw_keyed else { panic!("{metadata:?}") };
    assert_eq!(handle.groups().collect::<Vec<_>>(), [(11, 2)]);
    assert!(Metadata::parse(&file(-2)).is_err());
}

#[test]
fn a_stream_may_have_key_groups_of_its_own() {
    let handle = keyed(4, |out| {
        out.u8(7);
        key_groups(out);
        out.i64(0);
        out.i64(0);
        out.u8(3);
        key_groups(out);
        out.i64(-1);
        out.i64(0);
        inline(out, b"abc");
    });
    assert_eq!(handle.state_size(), 3);
    assert_eq!(handle.streams()[0].location(), Location::Inline(&Bytes::from_static(b"abc")));
}
