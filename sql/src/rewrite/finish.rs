//! What a script has staged as the plan of a savepoint.

use std::sync::Arc;

use flink_state_reader::{Operator, StateMeta};
use flink_state_writer::savepoint::{OperatorPlan, Part, Plan, WriteOperator};
use flink_state_writer::state::{EntrySource, KeyedState, KeyedStream, OperatorStream, Order};

use super::definition::Definition;
use super::entries::entries;
use super::restore::summarize;
use super::stage::{Stage, StagedOperator, StagedState};
use super::summary::OperatorSummary;
use crate::error::{Error, ErrorKind, Result};

impl Stage<'_> {
    /// The plan of the savepoint, and what changes.
    pub(super) async fn finish(mut self) -> Result<(Plan, Vec<OperatorSummary>)> {
        let mut plan = Plan { source: self.source.cloned(), operators: Vec::new() };
        let mut summary = Vec::new();
        for index in 0..self.operators.len() {
            // The summary names all states, as far as they can be read.
            let operator = self.operator_mut(index)?;
            if operator.states().await.is_err() {
                operator.states = None;
            }
            let operator = self.operator(index)?;
            let label = &operator.label;
            let next = match operator.origin {
                Some(origin) if operator.is_dropped => Some(OperatorPlan::Drop(origin.id().parse()?)),
                None if operator.is_dropped => None,
                Some(origin) if !is_changed(operator, origin) => Some(OperatorPlan::Carry(operator.id)),
                _ => {
                    let write =
                        self.write_operator(operator).await.map_err(|e| e.with_place(&format!("operator {label}")))?;
                    Some(OperatorPlan::Write(Box::new(write)))
                }
            };
            if let Some(next) = next {
                summary.push(summarize(operator, &next));
                plan.operators.push(next);
            }
        }
        Ok((plan, summary))
    }

    async fn write_operator(&self, operator: &StagedOperator<'_>) -> Result<WriteOperator> {
        let mut write = match (operator.origin, self.source) {
            (Some(origin), Some(source)) => WriteOperator::from_source(source, &origin.id()).await?,
            _ => WriteOperator {
                id: operator.id,
                uid: operator.label.clone(),
                name: operator.label.clone(),
                parallelism: operator.parallelism,
                max_parallelism: operator.max_parallelism,
                coordinator: None,
                carried: None,
                keyed: Part::Empty,
                operator: Part::Empty,
            },
        };
        write.id = operator.id;
        if let Some(uid) = &operator.uid {
            write.uid.clone_from(uid);
        }
        let is_split_anew = write.max_parallelism != operator.max_parallelism;
        write.max_parallelism = operator.max_parallelism;
        let states = operator.states.as_deref().unwrap_or_default();
        let changes = |keyed: bool| states.iter().any(|state| state.is_changed() && is_keyed(state) == keyed);
        write.keyed = match std::mem::take(&mut write.keyed) {
            Part::Write(_) if !is_split_anew && !changes(true) => Part::Carry,
            Part::Write(stream) => self.keyed(Some(stream), states).await?,
            Part::Empty => self.keyed(None, states).await?,
            Part::Carry => Part::Carry,
        };
        let has_operator_state = !matches!(write.operator, Part::Empty);
        if changes(false) || is_split_anew && has_operator_state {
            let streams = match (operator.origin, self.source) {
                (Some(origin), Some(source)) => WriteOperator::operator_states(source, &origin.id()).await?,
                _ => Vec::new(),
            };
            write.operator = self.operator_states(streams, states).await?;
        }
        Ok(write)
    }

    /// Keyed states: those of the source unless they were changed, then those that were created.
    async fn keyed(&self, stream: Option<KeyedStream>, states: &[StagedState]) -> Result<Part<KeyedStream>> {
        let key = key_snapshot(stream.as_ref(), states)?;
        let mut keyed = Vec::new();
        for mut state in stream.into_iter().flat_map(|stream| stream.states) {
            if let Some(staged) = staged(states, &state.meta, true) {
                if staged.is_dropped {
                    continue;
                }
                staged.name.clone_into(&mut state.meta.name);
                if let Some((entries, order)) = self.entries(staged).await? {
                    (state.entries, state.order) = (entries, order);
                }
            }
            keyed.push(state);
        }
        for state in created(states, true) {
            let mut meta = state.definition()?.meta;
            state.name.clone_into(&mut meta.name);
            if let Some((entries, order)) = self.entries(state).await? {
                keyed.push(KeyedState { meta, entries, order });
            }
        }
        Ok(match key {
            Some(key) if !keyed.is_empty() => Part::Write(KeyedStream { key, states: keyed }),
            _ => Part::Empty,
        })
    }

    /// Operator states: those of the source unless they were changed, then those that were created.
    async fn operator_states(
        &self,
        streams: Vec<OperatorStream>,
        states: &[StagedState],
    ) -> Result<Part<Vec<OperatorStream>>> {
        let mut written = Vec::new();
        for mut stream in streams {
            if let Some(staged) = staged(states, &stream.meta, false) {
                if staged.is_dropped {
                    continue;
                }
                // Beside keyed state of the same name it has another name in SQL.
                if staged.origin.as_ref().is_some_and(|origin| origin.name() != staged.name) {
                    staged.name.clone_into(&mut stream.meta.name);
                }
                if let Some((entries, _)) = self.entries(staged).await? {
                    stream.entries = entries;
                }
            }
            written.push(stream);
        }
        for state in created(states, false) {
            let mut meta = state.definition()?.meta;
            state.name.clone_into(&mut meta.name);
            if let Some((entries, _)) = self.entries(state).await? {
                written.push(OperatorStream { meta, entries });
            }
        }
        Ok(if written.is_empty() { Part::Empty } else { Part::Write(written) })
    }

    /// The entries of staged rows; none if those of the source are carried.
    async fn entries(&self, state: &StagedState) -> Result<Option<(Arc<dyn EntrySource>, Order)>> {
        match &state.rows {
            Some(rows) if state.origin.is_none() || !rows.is_as_in_source() => {
                let entries = entries(self.session, rows, &self.spills).await;
                Ok(Some(entries.map_err(|e| e.with_place(&format!("state {}", state.name)))?))
            }
            _ => Ok(None),
        }
    }
}

fn is_changed(operator: &StagedOperator<'_>, origin: &Operator) -> bool {
    operator.uid.is_some()
        || operator.max_parallelism != origin.max_parallelism()
        || operator.states.iter().flatten().any(StagedState::is_changed)
}

fn is_keyed(state: &StagedState) -> bool {
    state.definition().is_ok_and(|definition| definition.is_keyed())
}

/// What became of a state of the source.
fn staged<'s>(states: &'s [StagedState], meta: &StateMeta, keyed: bool) -> Option<&'s StagedState> {
    let is_it = |state: &&StagedState| {
        let stored = state.origin.as_ref().and_then(|origin| origin.meta());
        stored.is_some_and(|stored| stored.name == meta.name) && is_keyed(state) == keyed
    };
    states.iter().find(is_it)
}

fn created(states: &[StagedState], keyed: bool) -> impl Iterator<Item = &StagedState> {
    states.iter().filter(move |state| state.origin.is_none() && !state.is_dropped && is_keyed(state) == keyed)
}

/// The one key serializer of the states: that of the source as long as a state of it is left.
fn key_snapshot(stream: Option<&KeyedStream>, states: &[StagedState]) -> Result<Option<bytes::Bytes>> {
    let mut first: Option<(&str, Definition)> = None;
    let keyed = states.iter().filter(|state| !state.is_dropped && is_keyed(state));
    let (old, new): (Vec<_>, Vec<_>) = keyed.partition(|state| state.origin.is_some());
    let is_left = !old.is_empty();
    for state in old.into_iter().chain(new) {
        let definition = state.definition()?;
        match &first {
            Some((name, one)) if one.key != definition.key => {
                let shown = |key: &Option<_>| key.as_ref().map_or_else(String::new, ToString::to_string);
                return Err(Error::usage(format!(
                    "all keyed states of an operator have the same key: '{name}' has {}, '{}' has {}",
                    shown(&one.key),
                    state.name,
                    shown(&definition.key)
                ))
                .with_hint(Some("replace or drop all of them in the same script".to_owned())));
            }
            Some(_) => {}
            None => first = Some((&state.name, definition)),
        }
    }
    match (stream, first) {
        (Some(stream), _) if is_left || states.is_empty() => Ok(Some(stream.key.clone())),
        (_, Some((_, definition))) => {
            let key = definition.key_snapshot.ok_or_else(|| Error::new(ErrorKind::Bug, "keyed state without a key"));
            key.map(Some)
        }
        (_, None) => Ok(None),
    }
}
