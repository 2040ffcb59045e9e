//! What can be known to fail before anything is written.

use std::collections::HashSet;

use flink_state_reader::metadata::{
    KeyGroupsHandle, KeyGroupsKind, KeyedHandle, OperatorId, OperatorState, StreamHandle,
};
use flink_state_reader::{Error, Result, Snapshot};

use super::{FlinkVersion, OperatorPlan, Options, Part, Plan, WriteOperator};
use crate::state::{KeyedStream, OperatorStream};

/// Most key groups of an operator (`KeyGroupRangeAssignment.UPPER_BOUND_MAX_PARALLELISM`).
const MAX_PARALLELISM: u32 = 1 << 15;

impl WriteOperator {
    /// How messages name it.
    pub(super) fn label(&self) -> String {
        if self.uid.is_empty() { self.id.to_string() } else { self.uid.clone() }
    }

    /// Checks what can be known before an entry is read.
    pub(super) fn check(&self) -> Result<()> {
        let (parallelism, max) = (self.parallelism, self.max_parallelism);
        if parallelism == 0 || parallelism > max || max > MAX_PARALLELISM {
            return Err(Error::usage(format!(
                "parallelism {parallelism} and maximum parallelism {max}: 1 <= parallelism <= maximum <= {MAX_PARALLELISM}"
            )));
        }
        // An operator keeps its ID, whatever uid the source gives it.
        if self.carried != Some(self.id) && !self.uid.is_empty() && OperatorId::from_uid(&self.uid) != self.id {
            return Err(Error::usage(format!("the ID {} is not that of the uid '{}'", self.id, self.uid)));
        }
        if let Part::Write(stream) = &self.keyed {
            stream.header().check()?;
            check_key_groups(stream, max)?;
        }
        if let Part::Write(states) = &self.operator {
            check_operator_states(states)?;
        }
        Ok(())
    }

    /// Checks that what it carries fits it.
    pub(super) fn check_carried(&self, source: Option<&OperatorState>) -> Result<()> {
        let carries = matches!(self.keyed, Part::Carry) || matches!(self.operator, Part::Carry);
        let Some(source) = source else {
            return if carries { Err(Error::usage("files are carried, of no operator")) } else { Ok(()) };
        };
        let states = || source.subtasks.iter().filter_map(|subtask| subtask.state.as_deref());
        let has_raw = states().any(|state| state.raw_keyed.is_some() || state.raw_operator.is_some());
        let has_ended = source.fully_finished || source.subtasks.iter().any(|subtask| subtask.state.is_none());
        let is_split_otherwise =
            source.parallelism != self.parallelism || source.max_parallelism != self.max_parallelism;
        if is_split_otherwise && (carries || has_raw || has_ended) {
            let what = match () {
                () if has_ended => "subtasks that have ended",
                () if has_raw => "raw state, which only its operator understands",
                () => "files that are carried as they are",
            };
            return Err(Error::unsupported(format!(
                "parallelism {} of {} can't become {} of {}: the operator has {what}",
                source.parallelism, source.max_parallelism, self.parallelism, self.max_parallelism
            )));
        }
        if source.fully_finished {
            return Err(Error::unsupported(
                "all subtasks of the operator had ended before the snapshot: it has no state",
            ));
        }
        if has_ended && matches!(self.operator, Part::Write(_)) {
            return Err(Error::unsupported("operator state of an operator with subtasks that have ended"));
        }
        Ok(())
    }
}

/// Checks that entries are sorted into the operator's key groups.
fn check_key_groups(stream: &KeyedStream, max_parallelism: u32) -> Result<()> {
    for state in &stream.states {
        if let Some(other) = state.entries.max_parallelism().filter(|&other| other != max_parallelism) {
            let message = format!("entries of {other} key groups in an operator of {max_parallelism}");
            return Err(Error::usage(message).in_state(&state.meta.name));
        }
    }
    Ok(())
}

fn check_operator_states(states: &[OperatorStream]) -> Result<()> {
    let mut names = HashSet::new();
    for state in states {
        state.mode()?;
        if !names.insert(&state.meta.name) {
            return Err(Error::usage(format!("two operator states have the name '{}'", state.meta.name)));
        }
    }
    Ok(())
}

pub(super) fn check_ids(operators: &[OperatorState]) -> Result<()> {
    let mut ids = HashSet::new();
    match operators.iter().find(|operator| !ids.insert(operator.id)) {
        Some(twice) => Err(Error::usage(format!("two operators have the ID {}", twice.id))),
        None => Ok(()),
    }
}

/// Whether the records in flight of an unaligned checkpoint are carried.
///
/// They are pieces of the job's own exchanges, for the same tasks at the same parallelism, and were made before the state
/// was: so they are kept where nothing else changes, and are lost in every other plan, which must be asked for.
pub(super) fn check_in_flight(plan: &Plan, options: &Options) -> Result<bool> {
    let Some(source) = &plan.source else { return Ok(false) };
    let operators = &source.metadata().operators;
    let lost: Vec<u64> = operators
        .iter()
        .map(|operator| operator.in_flight().iter().map(|channel| channel.bytes).fold(0, u64::saturating_add))
        .filter(|&bytes| bytes > 0)
        .collect();
    let is_carried = |id| plan.operators.iter().any(|plan| matches!(plan, OperatorPlan::Carry(other) if *other == id));
    let is_unchanged =
        plan.operators.len() == operators.len() && operators.iter().all(|operator| is_carried(operator.id));
    if options.drop_channel_state || lost.is_empty() || is_unchanged {
        return Ok(!options.drop_channel_state && is_unchanged);
    }
    Err(Error::unsupported(format!(
        "the unaligned checkpoint holds records in flight, which would be lost: {} bytes in {} operators",
        lost.iter().copied().fold(0, u64::saturating_add),
        lost.len()
    ))
    .with_hint("take a savepoint instead, which has none, or drop them with --drop-in-flight"))
}

/// Checks that a Flink release can read the handles of an operator.
pub(super) fn check_target(operator: &OperatorState, target: FlinkVersion) -> Result<()> {
    let since = |needed: FlinkVersion, what: &str| {
        if target >= needed {
            return Ok(());
        }
        Err(Error::unsupported(format!("{what} can be restored by Flink {needed} and later, not by {target}"))
            .in_operator(operator.id.to_string()))
    };
    for state in operator.subtasks.iter().filter_map(|subtask| subtask.state.as_deref()) {
        for handle in [&state.managed_keyed, &state.raw_keyed].into_iter().flatten() {
            match handle {
                KeyedHandle::KeyGroups(KeyGroupsHandle { kind: KeyGroupsKind::V2 { .. }, .. }) => {
                    since(FlinkVersion::new(1, 15), "a checkpoint or native savepoint of Flink 1.15 or later")?;
                }
                KeyedHandle::Incremental(handle) if handle.v2.is_some() => {
                    since(FlinkVersion::new(1, 15), "RocksDB state of Flink 1.15 or later")?;
                }
                KeyedHandle::Changelog(_) => since(FlinkVersion::new(1, 16), "state of the changelog backend")?,
                KeyedHandle::KeyGroups(_) | KeyedHandle::Incremental(_) => {}
            }
        }
        if !state.input_channels.is_empty() || !state.output_channels.is_empty() {
            since(FlinkVersion::new(1, 12), "records in flight")?;
        }
        for stream in state.streams() {
            if matches!(stream, StreamHandle::Segment { .. }) {
                since(FlinkVersion::new(1, 20), "a segment of a merged file")?;
            }
        }
    }
    Ok(())
}

/// Checks that a release before 1.18 can read the operator state that is carried.
pub(super) async fn check_streams(source: &Snapshot, operators: &[&OperatorState], target: FlinkVersion) -> Result<()> {
    const SINCE: FlinkVersion = FlinkVersion::new(1, 18);
    if target >= SINCE {
        return Ok(());
    }
    for operator in operators {
        for handle in operator.subtasks.iter().filter_map(|subtask| subtask.state.as_ref()?.managed_operator.as_ref()) {
            let file = source.stream(&handle.stream).await?;
            let version = file.read(0..file.size().min(4)).await?;
            if version != 5i32.to_be_bytes().as_slice() {
                return Err(Error::unsupported(format!(
                    "operator state of Flink {SINCE} or later can't be carried to {target}"
                ))
                .in_operator(operator.id.to_string())
                .with_hint("write it anew: a statement that touches the operator's state does"));
            }
        }
    }
    Ok(())
}
