//! All streams of bytes that the handles of a snapshot name, flat.

use std::ops::RangeInclusive;

use flink_state_reader::metadata::{
    ChangelogHandle, ChangelogPart, KeyGroupsKind, KeyedHandle, Location, StreamHandle, Subtask, SubtaskState,
};

/// A stream, and what names it.
#[derive(Clone, Debug)]
pub(super) struct Stream<'a> {
    /// `None` for the operator's coordinator.
    pub(super) subtask: Option<u32>,
    /// What the stream is to the subtask.
    pub(super) role: &'static str,
    /// Flink's class of the handle.
    pub(super) class: &'static str,
    pub(super) key_groups: Option<RangeInclusive<u16>>,
    /// The name of a database's file there.
    pub(super) local_path: Option<&'a str>,
    /// Not there for changes that the handle itself holds.
    pub(super) handle: Option<&'a StreamHandle>,
    pub(super) bytes: Option<u64>,
}

impl<'a> Stream<'a> {
    /// The state of an operator's coordinator.
    pub(super) fn of_coordinator(handle: &'a StreamHandle) -> Self {
        Self::of(None, "coordinator", stream_class(handle), handle)
    }

    /// All streams of a subtask.
    pub(super) fn of_subtask(subtask: &'a Subtask) -> Vec<Self> {
        let mut streams = Vec::new();
        if let Some(state) = &subtask.state {
            Collector { subtask: subtask.index, streams: &mut streams }.subtask(state);
        }
        streams
    }

    fn of(subtask: Option<u32>, role: &'static str, class: &'static str, handle: &'a StreamHandle) -> Self {
        let bytes = handle.size();
        Self { subtask, role, class, key_groups: None, local_path: None, handle: Some(handle), bytes }
    }

    /// The path of the file that holds it; `None` for bytes in `_metadata`.
    pub(super) fn path(&self) -> Option<&'a str> {
        match self.handle?.location() {
            Location::Absolute(path) | Location::Relative(path) | Location::Segment(path, _) => Some(path),
            Location::Inline(_) | Location::Empty => None,
        }
    }

    /// Whether `_metadata` itself has the bytes.
    pub(super) fn is_inline(&self) -> bool {
        self.handle.is_none_or(|handle| matches!(handle.location(), Location::Inline(_)))
    }

    /// Where in that file it starts.
    pub(super) fn offset(&self) -> Option<u64> {
        match self.handle?.location() {
            Location::Segment(_, range) => Some(range.start),
            Location::Absolute(_) | Location::Relative(_) => Some(0),
            Location::Inline(_) | Location::Empty => None,
        }
    }
}

struct Collector<'a, 's> {
    subtask: u32,
    streams: &'s mut Vec<Stream<'a>>,
}

impl<'a> Collector<'a, '_> {
    fn subtask(&mut self, state: &'a SubtaskState) {
        for (role, handle) in [("managed_operator", &state.managed_operator), ("raw_operator", &state.raw_operator)] {
            if let Some(handle) = handle {
                let class = match handle.file_merging {
                    Some(_) => "FileMergingOperatorStreamStateHandle",
                    None => "OperatorStreamStateHandle",
                };
                self.streams.push(self.stream(role, class, &handle.stream));
            }
        }
        for (role, handle) in [("managed_keyed", &state.managed_keyed), ("raw_keyed", &state.raw_keyed)] {
            if let Some(handle) = handle {
                self.keyed(role, handle);
            }
        }
        for handle in &state.input_channels {
            let stream = self.stream("input_channel", "InputChannelStateHandle", &handle.stream);
            self.streams.push(Stream { bytes: Some(handle.size()), ..stream });
        }
        for handle in &state.output_channels {
            let stream = self.stream("output_channel", "ResultSubpartitionStateHandle", &handle.stream);
            self.streams.push(Stream { bytes: Some(handle.size()), ..stream });
        }
    }

    fn keyed(&mut self, role: &'static str, handle: &'a KeyedHandle) {
        let key_groups = Some(handle.key_groups());
        match handle {
            KeyedHandle::KeyGroups(handle) => {
                let class = match handle.kind {
                    KeyGroupsKind::Savepoint => "KeyGroupsSavepointStateHandle",
                    KeyGroupsKind::V1 | KeyGroupsKind::V2 { .. } => "KeyGroupsStateHandle",
                };
                self.streams.push(Stream { key_groups, ..self.stream(role, class, &handle.stream) });
            }
            KeyedHandle::Incremental(handle) => {
                let class = "IncrementalRemoteKeyedStateHandle";
                let meta = self.stream(role, class, &handle.meta);
                self.streams.push(Stream { key_groups: key_groups.clone(), ..meta });
                for file in handle.files() {
                    let stream = self.stream(role, class, &file.stream);
                    let local_path = Some(file.local_path.as_str());
                    self.streams.push(Stream { key_groups: key_groups.clone(), local_path, ..stream });
                }
            }
            KeyedHandle::Changelog(handle) => self.changelog(role, handle),
        }
    }

    /// The materialised state, then the changes.
    fn changelog(&mut self, role: &'static str, handle: &'a ChangelogHandle) {
        for handle in &handle.materialized {
            self.keyed(role, handle);
        }
        for delta in &handle.delta {
            let key_groups = Some(delta.key_groups.range());
            match &delta.part {
                ChangelogPart::Files(files) => {
                    for (_, stream) in &files.streams {
                        let stream = self.stream(role, "ChangelogStateHandleStreamImpl", stream);
                        self.streams.push(Stream { key_groups: key_groups.clone(), ..stream });
                    }
                }
                ChangelogPart::Bytes(inline) => self.streams.push(Stream {
                    subtask: Some(self.subtask),
                    role,
                    class: "InMemoryChangelogStateHandle",
                    key_groups,
                    local_path: None,
                    handle: None,
                    bytes: Some(inline.changes.iter().map(|change| change.change.len() as u64).sum()),
                }),
            }
        }
    }

    fn stream(&self, role: &'static str, class: &'static str, handle: &'a StreamHandle) -> Stream<'a> {
        Stream::of(Some(self.subtask), role, class, handle)
    }
}

fn stream_class(handle: &StreamHandle) -> &'static str {
    match handle {
        StreamHandle::Inline { .. } => "ByteStreamStateHandle",
        StreamHandle::File { .. } => "FileStateHandle",
        StreamHandle::RelativeFile { .. } => "RelativeFileStateHandle",
        StreamHandle::KeyGroups(_) => "KeyGroupsStateHandle",
        StreamHandle::Segment { .. } => "SegmentFileStateHandle",
        StreamHandle::EmptySegment => "EmptySegmentFileStateHandle",
    }
}
