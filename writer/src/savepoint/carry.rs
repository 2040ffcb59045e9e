//! Operators that are not changed: their files are copied, their handles name the copies.

use std::collections::HashMap;

use flink_state_reader::metadata::{
    ChannelHandle, FlinkPath, KeyedHandle, Location, OperatorId, OperatorState, OperatorStateHandle, StreamHandle,
    SubtaskState,
};
use flink_state_reader::{Error, Result, Snapshot};

use super::Options;
use super::files::Names;
use super::jobs::Job;

/// Collects the files of a savepoint: what is to be copied, each once, and what is to be written.
pub(super) struct Stage<'a> {
    source: Option<&'a Snapshot>,
    options: &'a Options,
    pub(super) names: Names,
    pub(super) jobs: Vec<Job>,
    /// Whether records in flight are carried, see [`check_in_flight`](super::check::check_in_flight).
    keeps_in_flight: bool,
    /// The copies by the file or segment that they are copies of: path, start and size.
    copies: HashMap<(String, u64, Option<u64>), StreamHandle>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(source: Option<&'a Snapshot>, options: &'a Options, names: Names, keeps_in_flight: bool) -> Self {
        Self { source, options, names, jobs: Vec::new(), keeps_in_flight, copies: HashMap::new() }
    }

    /// The operator of the source with this ID: the last one, as Flink takes it.
    pub(super) fn source_operator(&self, id: OperatorId) -> Result<&'a OperatorState> {
        let operators = self.source.map_or(&[][..], |source| &source.metadata().operators);
        operators
            .iter()
            .rfind(|operator| operator.id == id)
            .ok_or_else(|| Error::not_found(format!("the source has no operator {id}")))
    }

    /// The operator with handles of the copies.
    pub(super) fn operator(&mut self, operator: &OperatorState) -> Result<OperatorState> {
        let mut carried = operator.clone();
        for subtask in &mut carried.subtasks {
            if let Some(state) = &mut subtask.state {
                **state = self.subtask(state).map_err(|e| e.in_operator(operator.id.to_string()))?;
            }
        }
        Ok(carried)
    }

    /// The state of a subtask with handles of the copies.
    pub(super) fn subtask(&mut self, state: &SubtaskState) -> Result<SubtaskState> {
        Ok(SubtaskState {
            managed_operator: self.operator_state(state.managed_operator.as_ref())?,
            raw_operator: self.operator_state(state.raw_operator.as_ref())?,
            managed_keyed: self.keyed(state.managed_keyed.as_ref())?,
            raw_keyed: self.keyed(state.raw_keyed.as_ref())?,
            input_channels: self.channels(&state.input_channels)?,
            output_channels: self.channels(&state.output_channels)?,
            reference_checkpoint: None,
        })
    }

    fn channels(&mut self, handles: &[ChannelHandle]) -> Result<Vec<ChannelHandle>> {
        let kept = handles.iter().filter(|_| self.keeps_in_flight).cloned().collect::<Vec<_>>();
        let carry = |mut handle: ChannelHandle| {
            handle.stream = self.stream(&handle.stream)?;
            Ok(handle)
        };
        kept.into_iter().map(carry).collect()
    }

    pub(super) fn operator_state(
        &mut self,
        handle: Option<&OperatorStateHandle>,
    ) -> Result<Option<OperatorStateHandle>> {
        let Some(handle) = handle else { return Ok(None) };
        // A handle of merged files without any state means that there is none.
        if handle.stream == StreamHandle::EmptySegment {
            return Ok(None);
        }
        let stream = self.stream(&handle.stream)?;
        let file_merging = handle.file_merging.clone().filter(|_| matches!(stream, StreamHandle::Segment { .. }));
        Ok(Some(OperatorStateHandle { states: handle.states.clone(), stream, file_merging }))
    }

    pub(super) fn keyed(&mut self, handle: Option<&KeyedHandle>) -> Result<Option<KeyedHandle>> {
        let Some(mut handle) = handle.cloned() else { return Ok(None) };
        for stream in handle.streams_mut() {
            *stream = self.stream(stream)?;
        }
        Ok(Some(handle))
    }

    fn stream(&mut self, handle: &StreamHandle) -> Result<StreamHandle> {
        let Some(source) = self.source else { return Err(Error::bug("a handle is carried without a source")) };
        if let StreamHandle::KeyGroups(nested) = handle {
            let mut nested = nested.clone();
            nested.stream = self.stream(&nested.stream)?;
            return Ok(StreamHandle::KeyGroups(nested));
        }
        let (path, start, wanted) = match handle.location() {
            Location::Inline(_) | Location::Empty => return Ok(handle.clone()),
            // see `reference`
            _ if self.options.reference => return Ok(handle.clone()),
            Location::Relative(path) => (path, 0, path.to_owned()),
            Location::Absolute(path) => (path, 0, path.parse::<FlinkPath>()?.file_name().to_owned()),
            Location::Segment(path, range) => {
                let name = path.parse::<FlinkPath>()?.file_name().to_owned();
                (path, range.start, format!("{name}-{}", range.start))
            }
        };
        // A file may be in several lists; a segment without bytes starts where the next one does.
        let key = (path.to_owned(), start, handle.size());
        if let Some(copy) = self.copies.get(&key) {
            return Ok(copy.clone());
        }
        let name = self.names.allocate(&wanted);
        let copy = StreamHandle::RelativeFile { path: name.clone(), size: handle.size() };
        self.copies.insert(key, copy.clone());
        self.jobs.push(Job::Copy { source: source.clone(), handle: handle.clone(), name });
        Ok(copy)
    }
}

/// Lets carried handles name the files of the source by absolute paths: those where the files really are.
pub(super) async fn reference(source: &Snapshot, operators: &mut [OperatorState]) -> Result<()> {
    let subtasks = operators.iter_mut().flat_map(|operator| &mut operator.subtasks);
    for stream in subtasks.filter_map(|subtask| subtask.state.as_mut()).flat_map(|state| state.streams_mut()) {
        let file = source.stream(stream).await?;
        let Some(location) = file.location() else { continue };
        match stream {
            StreamHandle::File { path, .. } | StreamHandle::Segment { path, .. } => *path = location,
            StreamHandle::RelativeFile { size, .. } => *stream = StreamHandle::File { size: *size, path: location },
            StreamHandle::KeyGroups(_) => {
                return Err(Error::unsupported("a handle inside a handle can't be referenced"));
            }
            StreamHandle::Inline { .. } | StreamHandle::EmptySegment => {}
        }
    }
    Ok(())
}
