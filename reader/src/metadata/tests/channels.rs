//! Handles of records in flight.

use crate::bytes::Writer;

use super::built::{file_with, inline, inline_handle, round_trip, state};
use super::*;

/// A handle of one channel, without its type.
fn channel(out: &mut Writer, subtask: Option<i32>, channel: i32) {
    if let Some(subtask) = subtask {
        out.i32(subtask);
    }
    out.i32(0);
    out.i32(channel);
    out.i32(1);
    out.i64(4);
    out.i64(5);
    inline(out, b"\0\0\0\0buffer");
}

fn expected_channel(channel: u32) -> Channel {
    Channel { gate_or_partition: 0, channel, offsets: vec![4], size: 5 }
}

#[test]
fn channel_state_before_version_6_has_one_handle_a_channel() {
    for version in [3, 4, 5] {
        let metadata = round_trip(&file_with(
            version,
            |out| out.u8(0),
            |out| {
                out.i32(2);
                channel(out, Some(3), 0);
                channel(out, Some(3), 1);
            },
            |out| out.i32(0),
        ));
        assert_eq!(metadata.dialect, Dialect::Standard);
        let stream = inline_handle(b"\0\0\0\0buffer");
        let handle = |channel| ChannelHandle {
            subtask_index: 3,
            channels: Channels::Single(expected_channel(channel)),
            stream: stream.clone(),
        };
        assert_eq!(state(&metadata).input_channels, [handle(0), handle(1)]);
    }
}

#[test]
fn channel_state_of_flink_1_11_is_a_dialect() {
    let metadata = round_trip(&file_with(
        3,
        |out| out.u8(0),
        |out| out.i32(0),
        |out| {
            out.i32(2);
            channel(out, None, 0);
            channel(out, None, 9);
        },
    ));
    assert_eq!(metadata.dialect, Dialect::V3Flink111);
    let handles = &state(&metadata).output_channels;
    assert_eq!(handles.iter().map(|handle| handle.subtask_index).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(handles[1].channels(), [expected_channel(9)]);
}

#[test]
fn channel_state_since_version_6_can_be_merged() {
    let merged = |out: &mut Writer, kind: u8| {
        out.u8(kind);
        out.i32(3);
        out.i64(10);
        inline(out, b"\0\0\0\0buffer");
        let blob_size = 4 + 2 * (4 + 4 + 8 + 4 + 8);
        out.i32(blob_size);
        out.i32(2);
        for channel in [0, 1] {
            out.i32(0);
            out.i32(channel);
            out.i64(5);
            out.i32(1);
            out.i64(4);
        }
    };
    let outputs = |out: &mut Writer| {
        out.i32(1);
        out.u8(2);
        channel(out, Some(3), 7);
    };
    for version in [6, 7] {
        let file = file_with(
            version,
            |out| out.u8(0),
            |out| {
                out.i32(2);
                out.u8(1);
                channel(out, Some(3), 8);
                merged(out, 3);
            },
            outputs,
        );
        let metadata = round_trip(&file);
        let inputs = &state(&metadata).input_channels;
        assert_eq!((inputs[0].channels(), inputs[0].size()), (&[expected_channel(8)][..], 5));
        assert_eq!((inputs[1].channels(), inputs[1].size()), (&[expected_channel(0), expected_channel(1)][..], 10));
        assert_eq!(state(&metadata).output_channels[0].channels(), [expected_channel(7)]);
    }

    let mut metadata = round_trip(&file_with(
        6,
        |out| out.u8(0),
        |out| out.i32(0),
        |out| {
            out.i32(1);
            merged(out, 4);
        },
    ));
    metadata.version = 5;
    let expanded = file_with(
        5,
        |out| out.u8(0),
        |out| out.i32(0),
        |out| {
            out.i32(2);
            channel(out, Some(3), 0);
            channel(out, Some(3), 1);
        },
    );
    assert_eq!(metadata.encode().unwrap(), expanded);
}
