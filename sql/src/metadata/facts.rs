//! What the tables of `metadata` tell, gathered from the reader.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use flink_state_reader::metadata::{InFlight, KeyedHandle, SubtaskState};
use flink_state_reader::{Operator, Snapshot, State};

use super::streams::Stream;
use crate::gaps::{Gap, GapLog};

/// A snapshot that a query asks about.
pub(super) struct Facts<'a> {
    pub(super) catalog: &'a str,
    pub(super) snapshot: &'a Snapshot,
    pub(super) log: Option<&'a GapLog>,
}

/// An operator with what its handles and headers say.
pub(super) struct OperatorFact<'a> {
    pub(super) operator: &'a Operator,
    /// `None` when the headers can't be read.
    pub(super) states: Option<usize>,
    /// Bytes of the subtasks' state.
    pub(super) bytes: u64,
}

/// A subtask that has an entry.
pub(super) struct SubtaskFact<'a> {
    pub(super) operator: &'a Operator,
    pub(super) subtask: u32,
    /// `None` when it had ended before the snapshot.
    pub(super) state: Option<&'a SubtaskState>,
    pub(super) streams: Vec<Stream<'a>>,
}

/// The data of one key group in one subtask's streams.
pub(super) struct KeyGroupFact<'a> {
    pub(super) operator: &'a Operator,
    pub(super) subtask: u32,
    pub(super) key_group: u16,
    /// `None` where key groups share files.
    pub(super) bytes: Option<u64>,
}

impl SubtaskFact<'_> {
    /// First and last key group.
    pub(super) fn key_groups(&self) -> Option<(u16, u16)> {
        let ranges = || self.streams.iter().filter_map(|stream| stream.key_groups.as_ref());
        Some((*ranges().map(RangeInclusive::start).min()?, *ranges().map(RangeInclusive::end).max()?))
    }

    /// Bytes of the streams in a role; `None` without any.
    pub(super) fn bytes_of(&self, role: &str) -> Option<u64> {
        let sizes = self.streams.iter().filter(|stream| stream.role == role).filter_map(|stream| stream.bytes);
        sizes.reduce(u64::saturating_add)
    }
}

impl<'a> Facts<'a> {
    pub(super) async fn operators(&self) -> Vec<OperatorFact<'a>> {
        let mut facts = Vec::new();
        for operator in self.snapshot.operators() {
            let states = self.states_of(operator).await.map(<[State]>::len);
            let bytes = subtask_streams(operator).filter_map(|stream| stream.bytes).fold(0, u64::saturating_add);
            facts.push(OperatorFact { operator, states, bytes });
        }
        facts
    }

    pub(super) async fn states(&self) -> Vec<(&'a Operator, &'a State)> {
        let mut facts = Vec::new();
        for operator in self.snapshot.operators() {
            let states = self.states_of(operator).await.unwrap_or_default();
            facts.extend(states.iter().map(|state| (operator, state)));
        }
        facts
    }

    /// An operator whose headers can't be read is a gap of the query: the others can be told of.
    async fn states_of(&self, operator: &'a Operator) -> Option<&'a [State]> {
        match operator.states().await {
            Ok(states) => Some(states),
            Err(error) => {
                if let Some(log) = self.log {
                    log.add(Gap::of_operator(self.catalog, &operator.label(), &error));
                }
                None
            }
        }
    }

    pub(super) fn subtasks(&self) -> Vec<SubtaskFact<'a>> {
        let of_operator = |operator: &'a Operator| {
            operator.subtasks().iter().map(move |subtask| SubtaskFact {
                operator,
                subtask: subtask.index,
                state: subtask.state.as_deref(),
                streams: Stream::of_subtask(subtask),
            })
        };
        self.snapshot.operators().iter().flat_map(of_operator).collect()
    }

    pub(super) fn streams(&self) -> Vec<(&'a Operator, Stream<'a>)> {
        let of_operator = |operator: &'a Operator| {
            let coordinator = operator.coordinator().map(Stream::of_coordinator);
            coordinator.into_iter().chain(subtask_streams(operator)).map(move |stream| (operator, stream))
        };
        self.snapshot.operators().iter().flat_map(of_operator).collect()
    }

    /// Records in flight.
    pub(super) fn channels(&self) -> Vec<(&'a Operator, InFlight)> {
        let of_operator = |operator: &'a Operator| operator.in_flight().into_iter().map(move |found| (operator, found));
        self.snapshot.operators().iter().flat_map(of_operator).collect()
    }

    pub(super) fn key_groups(&self) -> Vec<KeyGroupFact<'a>> {
        let mut facts = Vec::new();
        for fact in self.subtasks() {
            let mut sizes: BTreeMap<u16, Option<u64>> = BTreeMap::new();
            let handles = fact.state.into_iter().flat_map(|state| [(&state.managed_keyed, 0), (&state.raw_keyed, -1)]);
            for (handle, absent) in handles.filter_map(|(handle, absent)| handle.as_ref().zip(Some(absent))) {
                add_sizes(handle, absent, &mut sizes);
            }
            let operator = fact.operator;
            let subtask = fact.subtask;
            facts.extend(sizes.into_iter().map(|(key_group, bytes)| KeyGroupFact {
                operator,
                subtask,
                key_group,
                bytes,
            }));
        }
        facts
    }
}

fn subtask_streams(operator: &Operator) -> impl Iterator<Item = Stream<'_>> {
    operator.subtasks().iter().flat_map(Stream::of_subtask)
}

/// `absent` is the offset of a key group without data.
fn add_sizes(handle: &KeyedHandle, absent: i64, sizes: &mut BTreeMap<u16, Option<u64>>) {
    match handle {
        KeyedHandle::KeyGroups(handle) => {
            for (key_group, bytes) in handle.sizes(absent) {
                let sum = sizes.entry(key_group).or_insert(Some(0));
                *sum = sum.zip(bytes).map(|(a, b)| a.saturating_add(b));
            }
        }
        KeyedHandle::Incremental(handle) => sizes.extend(handle.key_groups.range().map(|key_group| (key_group, None))),
        KeyedHandle::Changelog(handle) => {
            handle.materialized.iter().for_each(|handle| add_sizes(handle, absent, sizes));
            sizes.extend(handle.key_groups.range().map(|key_group| (key_group, None)));
        }
    }
}
