//! What is to be written, as data.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use flink_state_reader::metadata::{OperatorId, StreamHandle};
use flink_state_reader::{Error, Layout, Operator, Result, Snapshot, State, StateMeta};

use crate::state::{Carried, KeyedState, KeyedStream, OperatorStream, Order};

/// A savepoint to be written.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The snapshot that it is made from; none for a new one.
    pub source: Option<Snapshot>,
    /// Its operators, in the order of the file.
    pub operators: Vec<OperatorPlan>,
}

/// What becomes of an operator.
#[derive(Clone, Debug)]
pub enum OperatorPlan {
    /// It is copied, byte for byte.
    Carry(OperatorId),
    /// It is left out.
    Drop(OperatorId),
    /// It is written.
    Write(Box<WriteOperator>),
}

/// An operator to be written.
#[derive(Clone, Debug)]
pub struct WriteOperator {
    /// What ties it to the job.
    pub id: OperatorId,
    /// The uid; empty if not known. Versions of `_metadata` before 5 have no room for it.
    pub uid: String,
    /// The display name; empty if not known.
    pub name: String,
    /// Number of subtasks that its state is split into; the job may have another.
    pub parallelism: u32,
    /// Number of key groups. The job must have the same, or not set any.
    pub max_parallelism: u32,
    /// The state of its coordinator.
    pub coordinator: Option<Bytes>,
    /// The operator of the source whose parts it carries: raw state always, the others as they say.
    pub carried: Option<OperatorId>,
    /// Its keyed state and timers.
    pub keyed: Part<KeyedStream>,
    /// Its list, union and broadcast state.
    pub operator: Part<Vec<OperatorStream>>,
}

/// A part of an operator's state.
#[derive(Clone, Debug, Default)]
pub enum Part<T> {
    /// There is none.
    #[default]
    Empty,
    /// The files of the carried operator are copied, byte for byte.
    Carry,
    /// It is written.
    Write(T),
}

impl Plan {
    /// The same savepoint: every operator is carried.
    pub fn carry(source: &Snapshot) -> Self {
        let operators = source.metadata().operators.iter().map(|operator| OperatorPlan::Carry(operator.id)).collect();
        Self { source: Some(source.clone()), operators }
    }

    /// The plan of an operator.
    pub fn operator_mut(&mut self, id: OperatorId) -> Option<&mut OperatorPlan> {
        self.operators.iter_mut().find(|plan| plan.id() == id)
    }
}

impl OperatorPlan {
    /// The operator's ID, in the source if it is not written.
    pub fn id(&self) -> OperatorId {
        match self {
            Self::Carry(id) | Self::Drop(id) => *id,
            Self::Write(operator) => operator.id,
        }
    }
}

impl WriteOperator {
    /// The same operator with its state taken apart: a statement can then replace what it changes.
    ///
    /// Every keyed state is written anew from its entries, so a heap snapshot becomes canonical; operator state is
    /// carried as it is, see [`Self::operator_states`].
    ///
    /// # Errors
    /// No such operator; a keyed state that can't be read.
    pub async fn from_source(source: &Snapshot, operator: &str) -> Result<Self> {
        let operator = source.operator(operator)?;
        let id: OperatorId = operator.id().parse()?;
        let stored = source.metadata().operators.iter().rfind(|stored| stored.id == id);
        let coordinator = match stored.and_then(|stored| stored.coordinator.as_ref()) {
            Some(StreamHandle::Inline { data, .. }) => Some(data.clone()),
            _ => None,
        };
        let mut states = operator.subtasks().iter().filter_map(|subtask| subtask.state.as_ref());
        let operator_state =
            if states.any(|state| state.managed_operator.is_some()) { Part::Carry } else { Part::Empty };
        Ok(Self {
            id,
            uid: operator.uid().unwrap_or_default().to_owned(),
            name: operator.name().unwrap_or_default().to_owned(),
            parallelism: operator.parallelism(),
            max_parallelism: operator.max_parallelism(),
            coordinator,
            carried: Some(id),
            keyed: keyed_states(source, operator).await.map_err(|e| e.in_operator(operator.label()))?,
            operator: operator_state,
        })
    }

    /// The operator states of an operator, taken apart: each can be written anew from its elements.
    ///
    /// # Errors
    /// No such operator; a state that can't be read.
    pub async fn operator_states(source: &Snapshot, operator: &str) -> Result<Vec<OperatorStream>> {
        let operator = source.operator(operator)?;
        let mut streams = Vec::new();
        for state in operator.states().await?.iter().filter(|state| state.layout() == Layout::Operator) {
            let meta = meta(state)?.clone();
            let entries = Arc::new(Carried::new(source, &operator.id(), state)?);
            streams.push(OperatorStream { meta, entries });
        }
        Ok(streams)
    }
}

async fn keyed_states(source: &Snapshot, operator: &Operator) -> Result<Part<KeyedStream>> {
    let mut key = None;
    let mut keyed = Vec::new();
    // Subtasks whose managed state has no state that is known yet.
    let mut left: BTreeSet<u32> = operator
        .subtasks()
        .iter()
        .filter(|subtask| {
            let handle = subtask.state.as_ref().and_then(|state| state.managed_keyed.as_ref());
            handle.is_some_and(|handle| !handle.is_empty())
        })
        .map(|subtask| subtask.index)
        .collect();
    for state in operator.states().await? {
        // Raw state, and timers in it, are carried as they are.
        if matches!(state.layout(), Layout::Operator | Layout::RawTimers) {
            continue;
        }
        let Some(snapshot) = state.key_snapshot() else { continue };
        key.get_or_insert_with(|| snapshot.clone());
        let entries = Arc::new(Carried::new(source, &operator.id(), state)?);
        keyed.push(KeyedState { meta: meta(state)?.clone(), entries, order: Order::Stored });
        state.subtasks().iter().for_each(|subtask| {
            left.remove(subtask);
        });
    }
    if let Some(subtask) = left.first() {
        let states = operator.states().await?;
        let reason = states.iter().find_map(State::unsupported).unwrap_or("its header is not known");
        return Err(Error::unsupported(format!("the keyed state of subtask {subtask} can't be read: {reason}")));
    }
    Ok(key.map_or(Part::Empty, |key| Part::Write(KeyedStream { key, states: keyed })))
}

fn meta(state: &State) -> Result<&StateMeta> {
    state.meta().ok_or_else(|| {
        let reason = state.unsupported().unwrap_or("its header is not known");
        Error::unsupported(format!("the state can't be read: {reason}")).in_state(state.name())
    })
}
