//! From a plan to the jobs that write its files, and from what came of them to `_metadata` and the manifest.

use std::sync::Arc;

use flink_state_reader::metadata::{
    Dialect, DistributionMode, KeyGroupRange, KeyGroupsHandle, KeyGroupsKind, KeyedHandle, Metadata, OperatorState,
    OperatorStateHandle, Properties, StreamHandle, Subtask, SubtaskState,
};
use flink_state_reader::{Error, Result, Snapshot};

use super::carry::{Stage, reference};
use super::check::{check_ids, check_in_flight, check_streams, check_target};
use super::files::Names;
use super::jobs::{Content, Done, Job, Place};
use super::manifest::{Action, MANIFEST, Manifest, OperatorEntry, Source, StateEntry};
use super::version::metadata_version;
use super::{METADATA, OperatorPlan, Options, Part, Plan, UNCHECKED_METADATA, WriteOperator};
use crate::state::{Tally, key_group_range};

/// A plan that was checked.
pub(super) struct Staged {
    /// Without the handles of files that are still to be written.
    metadata: Metadata,
}

impl Staged {
    /// Checks a plan, as far as that is possible before the entries are read. Gives the jobs that write its files.
    pub(super) async fn new(plan: &Plan, options: &Options) -> Result<(Self, Vec<Job>)> {
        let source = plan.source.as_ref();
        let stored = source.map(Snapshot::metadata);
        let version = metadata_version(stored.map(|metadata| metadata.version), options.flink_version)?;
        let mut names = Names::default();
        for reserved in [METADATA, UNCHECKED_METADATA, MANIFEST] {
            names.allocate(reserved);
        }
        let mut stage = Stage::new(source, options, names, check_in_flight(plan, options)?);
        let mut operators: Vec<OperatorState> = Vec::new();
        let mut carried = Vec::new();
        for plan in &plan.operators {
            let operator = match plan {
                OperatorPlan::Drop(id) => {
                    stage.source_operator(*id)?;
                    continue;
                }
                OperatorPlan::Carry(id) => {
                    let stored = stage.source_operator(*id)?;
                    carried.push(stored);
                    stage.operator(stored)?
                }
                OperatorPlan::Write(operator) => {
                    if let (Part::Carry, Some(id)) = (&operator.operator, operator.carried) {
                        carried.push(stage.source_operator(id)?);
                    }
                    let locate = |e: Error| e.in_operator(operator.label());
                    stage.write_operator(operator, operators.len()).map_err(locate)?
                }
            };
            if let Some(target) = options.flink_version {
                check_target(&operator, target)?;
            }
            operators.push(operator);
        }
        check_ids(&operators)?;
        if let Some(source) = source.filter(|_| options.reference) {
            reference(source, &mut operators).await?;
        }
        if let (Some(source), Some(target)) = (source, options.flink_version) {
            check_streams(source, &carried, target).await?;
        }
        let metadata = Metadata {
            version,
            dialect: Dialect::Standard,
            checkpoint_id: stored.map_or(0, |metadata| metadata.checkpoint_id),
            master_states: stored.map_or_else(Vec::new, |metadata| metadata.master_states.clone()),
            operators,
            properties: stored.map_or(Properties::Null, |metadata| metadata.properties.clone()),
        };
        // What can't be encoded is known before anything is written.
        metadata.encode()?;
        Ok((Self { metadata }, stage.jobs))
    }

    /// Puts the handles of the files into `_metadata`, and counts what was written.
    pub(super) async fn finish(self, plan: &Plan, options: &Options, done: &[Done]) -> Result<(Metadata, Manifest)> {
        let mut metadata = self.metadata;
        done.iter().try_for_each(|done| add_handle(&mut metadata.operators, done))?;
        let mut entries = Vec::new();
        let kept = plan.operators.iter().filter(|plan| !matches!(plan, OperatorPlan::Drop(_)));
        for ((place, operator), stored) in kept.enumerate().zip(&metadata.operators) {
            let mut entry = operator_entry(stored, Action::Carried);
            if let OperatorPlan::Write(written) = operator {
                entry.action = Action::Written;
                entry.uid.clone_from(&written.uid);
                entry.name.clone_from(&written.name);
                entry.states = state_entries(written, place, done).map_err(|e| e.in_operator(written.label()))?;
            }
            entries.push(entry);
        }
        for operator in &plan.operators {
            if let (OperatorPlan::Drop(id), Some(source)) = (operator, &plan.source) {
                let dropped = source.metadata().operators.iter().rfind(|operator| operator.id == *id);
                entries.extend(dropped.map(|operator| operator_entry(operator, Action::Dropped)));
            }
        }
        let mut files: Vec<_> = done.iter().filter_map(|done| done.file.clone()).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let manifest = Manifest {
            tool: concat!("flink-state ", env!("CARGO_PKG_VERSION")).to_owned(),
            source: match &plan.source {
                Some(source) => Some(Source::of(source).await?),
                None => None,
            },
            statements: options.statements.clone(),
            flink_version: options.flink_version.map(|version| version.to_string()),
            metadata_version: metadata.version,
            checkpoint_id: metadata.checkpoint_id,
            operators: entries,
            files,
        };
        Ok((metadata, manifest))
    }
}

impl Stage<'_> {
    /// The entry of an operator that is written; the handles of its files come later.
    fn write_operator(&mut self, plan: &WriteOperator, place: usize) -> Result<OperatorState> {
        plan.check()?;
        let source = plan.carried.map(|id| self.source_operator(id)).transpose()?;
        plan.check_carried(source)?;
        let mut subtasks = Vec::new();
        for index in 0..plan.parallelism {
            let stored = source.and_then(|source| source.subtasks.iter().find(|subtask| subtask.index == index));
            let has_ended = stored.is_some_and(|stored| stored.state.is_none());
            let state = match stored.and_then(|stored| stored.state.as_deref()) {
                Some(stored) => self.carried_parts(plan, stored)?,
                None => SubtaskState::default(),
            };
            let place = Place { operator: place, subtask: index };
            self.add_jobs(plan, place, has_ended)?;
            subtasks.push(Subtask { index, duration: -1, state: (!has_ended).then(|| Box::new(state)) });
        }
        let coordinator = plan.coordinator.clone().map(|data| StreamHandle::Inline { name: plan.id.to_string(), data });
        Ok(OperatorState {
            name: plan.name.clone(),
            uid: plan.uid.clone(),
            id: plan.id,
            parallelism: plan.parallelism,
            max_parallelism: plan.max_parallelism,
            chain_length: 1,
            coordinator,
            fully_finished: false,
            subtasks,
        })
    }

    /// What a subtask keeps of its state in the source.
    fn carried_parts(&mut self, plan: &WriteOperator, stored: &SubtaskState) -> Result<SubtaskState> {
        let mut wanted = stored.clone();
        if !matches!(plan.keyed, Part::Carry) {
            wanted.managed_keyed = None;
        }
        if !matches!(plan.operator, Part::Carry) {
            wanted.managed_operator = None;
        }
        self.subtask(&wanted)
    }

    fn add_jobs(&mut self, plan: &WriteOperator, place: Place, has_ended: bool) -> Result<()> {
        let (id, subtask, max_parallelism) = (plan.id, place.subtask, plan.max_parallelism);
        if let Part::Write(stream) = &plan.keyed {
            let key_groups = key_group_range(subtask, plan.parallelism, max_parallelism)?;
            let stream = Arc::new(stream.clone());
            self.jobs.push(if has_ended {
                Job::NoKeyed { stream, key_groups, max_parallelism, subtask }
            } else {
                let name = self.names.allocate(&format!("{id}-{subtask}-keyed"));
                Job::Keyed { place, stream, key_groups, max_parallelism, name }
            });
        }
        if let Part::Write(states) = &plan.operator {
            let name = self.names.allocate(&format!("{id}-{subtask}-operator"));
            let states = Arc::new(states.clone());
            self.jobs.push(Job::Operator { place, states, parallelism: plan.parallelism, name });
        }
        Ok(())
    }
}

/// Puts the handle of a file where it belongs.
fn add_handle(operators: &mut [OperatorState], done: &Done) -> Result<()> {
    let Some(place) = done.content.place() else { return Ok(()) };
    let state = operators
        .get_mut(place.operator)
        .and_then(|operator| operator.subtasks.iter_mut().find(|subtask| subtask.index == place.subtask))
        .and_then(|subtask| subtask.state.as_mut());
    let (Some(state), Some(file)) = (state, &done.file) else {
        return Err(Error::bug("a file that belongs to no subtask"));
    };
    let stream = StreamHandle::RelativeFile { path: file.name.clone(), size: Some(file.bytes) };
    match &done.content {
        Content::Copied => {}
        Content::Keyed { key_groups, offsets, .. } => {
            state.managed_keyed = Some(KeyedHandle::KeyGroups(KeyGroupsHandle {
                kind: KeyGroupsKind::Savepoint,
                key_groups: KeyGroupRange::try_new(key_groups.clone())?,
                offsets: offsets.clone(),
                stream,
            }));
        }
        Content::Operator { states, .. } => {
            let states = states.clone();
            state.managed_operator = Some(OperatorStateHandle { states, stream, file_merging: None });
        }
    }
    Ok(())
}

fn operator_entry(operator: &OperatorState, action: Action) -> OperatorEntry {
    OperatorEntry {
        id: operator.id.to_string(),
        uid: operator.uid.clone(),
        name: operator.name.clone(),
        action,
        parallelism: operator.parallelism,
        max_parallelism: operator.max_parallelism,
        states: Vec::new(),
    }
}

/// What was written of each state, all subtasks together.
fn state_entries(plan: &WriteOperator, place: usize, done: &[Done]) -> Result<Vec<StateEntry>> {
    let mut entries = Vec::new();
    let files =
        || done.iter().map(|done| &done.content).filter(|content| content.place().is_some_and(|p| p.operator == place));
    if let Part::Write(stream) = &plan.keyed {
        for (i, state) in stream.states.iter().enumerate() {
            let tallies = files().filter_map(|content| match content {
                Content::Keyed { tallies, .. } => tallies.get(i),
                _ => None,
            });
            let tally = sum(tallies);
            check_rows(state.entries.rows(), tally).map_err(|e| e.in_state(&state.meta.name))?;
            entries.push(StateEntry::new(&state.meta.name, true, tally));
        }
    }
    if let Part::Write(states) = &plan.operator {
        for (i, state) in states.iter().enumerate() {
            let tallies = files().filter_map(|content| match content {
                Content::Operator { tallies, .. } => tallies.get(i),
                _ => None,
            });
            // Each subtask has a copy of broadcast state.
            let copies = if state.mode()? == DistributionMode::Broadcast { 1 } else { usize::MAX };
            let tally = sum(tallies.take(copies));
            check_rows(state.entries.rows(), tally).map_err(|e| e.in_state(&state.meta.name))?;
            entries.push(StateEntry::new(&state.meta.name, false, tally));
        }
    }
    Ok(entries)
}

fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Tally {
    let mut sum = Tally::default();
    tallies.for_each(|tally| sum.merge(*tally));
    sum
}

fn check_rows(expected: Option<u64>, tally: Tally) -> Result<()> {
    match expected {
        Some(expected) if expected != tally.rows => {
            Err(Error::bug(format!("{} of {expected} entries belong to a subtask", tally.rows)))
        }
        _ => Ok(()),
    }
}
