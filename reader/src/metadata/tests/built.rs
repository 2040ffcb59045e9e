//! Files that the corpus lacks, written field by field as the format says.

use crate::bytes::Writer;

use super::*;

/// The smallest useful file: one operator without state. Flink 2.3 restores from it.
pub(super) const MINIMAL: &str = "4960672d 00000003 0000000000000000 00000000 00000001
    ba84ff2bcd12bf763f4542f308bb6398 00000001 00000080 00
    00000001 00000000 00000000 00000000 00 00 00000000 00000000";

/// A file with one operator of parallelism 4 and 128 key groups; `write` writes what follows the coordinator state.
pub(super) fn file(version: u32, write: impl FnOnce(&mut Writer)) -> Bytes {
    let mut out = Writer::new();
    out.u32(0x4960_672D);
    out.u32(version);
    out.i64(7);
    out.i32(0);
    out.i32(1);
    if version >= 5 {
        out.utf("Source: näme").unwrap();
        out.utf("uid-😀").unwrap();
    }
    out.bytes(&[0xAB; 16]);
    out.i32(4);
    out.i32(128);
    if version == 2 {
        out.i32(3);
    } else {
        out.u8(0);
    }
    write(&mut out);
    if version >= 4 {
        out.bytes(&[0xAC, 0xED, 0, 5, 0x70]);
    }
    out.into_bytes().into()
}

/// A file whose only subtask, number 1, has this managed keyed state and input and output channels.
pub(super) fn file_with(
    version: u32,
    keyed: impl FnOnce(&mut Writer),
    inputs: impl FnOnce(&mut Writer),
    outputs: impl FnOnce(&mut Writer),
) -> Bytes {
    file(version, |out| {
        out.i32(1);
        out.i32(1);
        if version == 2 {
            out.i64(55);
            out.i32(0);
        }
        out.i32(0);
        out.i32(0);
        keyed(out);
        out.u8(0);
        if version >= 3 {
            inputs(out);
            outputs(out);
        }
        if version == 7 {
            out.u8(1);
            out.i64(6);
        }
    })
}

pub(super) fn file_with_keyed(version: u32, keyed: impl FnOnce(&mut Writer)) -> Bytes {
    file_with(version, keyed, |out| out.i32(0), |out| out.i32(0))
}

/// Parses a file, and checks that it is encoded to the same bytes.
pub(super) fn round_trip(file: &Bytes) -> Metadata {
    let metadata = Metadata::parse(file).unwrap();
    assert_eq!(metadata.encode().unwrap(), *file);
    metadata
}

pub(super) fn state(metadata: &Metadata) -> &SubtaskState {
    metadata.operators[0].subtasks[0].state.as_ref().unwrap()
}

pub(super) fn key_groups(out: &mut Writer) {
    out.i32(10);
    out.i32(2);
}

pub(super) fn inline(out: &mut Writer, data: &[u8]) {
    out.u8(1);
    out.utf("n").unwrap();
    out.length_prefixed(data).unwrap();
}

pub(super) fn inline_handle(data: &'static [u8]) -> StreamHandle {
    StreamHandle::Inline { name: "n".into(), data: Bytes::from_static(data) }
}

#[test]
fn the_minimal_file_is_read_and_written() {
    let file = hex(MINIMAL);
    assert_eq!(file.len(), 75);
    let subtask = Subtask { index: 0, duration: -1, state: Some(Box::default()) };
    let operator = OperatorState {
        name: String::new(),
        uid: String::new(),
        id: OperatorId::from_uid("bootstrap-uid"),
        parallelism: 1,
        max_parallelism: 128,
        chain_length: 1,
        coordinator: None,
        fully_finished: false,
        subtasks: vec![subtask],
    };
    let expected = Metadata {
        version: 3,
        dialect: Dialect::Standard,
        checkpoint_id: 0,
        master_states: Vec::new(),
        operators: vec![operator],
        properties: Properties::Null,
    };
    assert_eq!(round_trip(&file), expected);
}

#[test]
fn dead_fields_of_version_2_are_kept() {
    let metadata = round_trip(&file_with_keyed(2, |out| out.u8(0)));
    assert_eq!(metadata.operators[0].chain_length, 3);
    assert_eq!(metadata.operators[0].subtasks[0].duration, 55);
}

#[test]
fn names_and_uids_come_with_version_5() {
    for version in [5, 6, 7] {
        let mut metadata = round_trip(&file_with_keyed(version, |out| out.u8(0)));
        let operator = &metadata.operators[0];
        assert_eq!((operator.name.as_str(), operator.uid.as_str()), ("Source: näme", "uid-😀"));
        assert_eq!(state(&metadata).reference_checkpoint, (version == 7).then_some(6));
        metadata.version = 4;
        assert_eq!(metadata.encode().unwrap(), file_with_keyed(4, |out| out.u8(0)));
    }
}

#[test]
fn finished_operators_and_subtasks_have_no_state() {
    let metadata = round_trip(&file(3, |out| out.i32(-1)));
    assert!(metadata.operators[0].is_finished());

    let metadata = round_trip(&file(4, |out| {
        out.i32(2);
        out.i32(-1);
        out.i32(-4);
    }));
    let operator = &metadata.operators[0];
    assert_eq!(operator.subtasks.iter().map(|subtask| subtask.index).collect::<Vec<_>>(), [0, 3]);
    assert!(operator.subtasks.iter().all(|subtask| subtask.state.is_none()));
    assert!(!operator.is_finished());
}

#[test]
fn master_states_are_kept() {
    let mut metadata = Metadata::parse(&hex(MINIMAL)).unwrap();
    let payload = Bytes::from_static(b"payload");
    metadata.master_states.push(MasterState { version: 9, name: "hook".into(), payload });
    let record = "c96b1696 00000015 00000009 0004686f6f6b 00000007 7061796c6f6164";
    let expected = MINIMAL.replacen("00000000 00000001", &format!("00000001 {record} 00000001"), 1);
    assert_eq!(metadata.encode().unwrap(), hex(&expected));
    assert_eq!(round_trip(&hex(&expected)), metadata);
}

#[test]
fn old_versions_have_no_room_for_new_state() {
    let mut metadata = Metadata::parse(&file(4, |out| out.i32(-1))).unwrap();
    metadata.version = 2;
    let message = "version 2 has no coordinator state and no finished operators \
                   (operator abababababababababababababababab)";
    assert_eq!(metadata.encode().unwrap_err().to_string(), message);
    metadata.version = 8;
    assert_eq!(metadata.encode().unwrap_err().to_string(), "version 8 of _metadata can't be written");
}
