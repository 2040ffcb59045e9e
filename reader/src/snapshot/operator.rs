//! An operator of a snapshot and its states.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::error::{Error, Result};
use crate::metadata::{
    InFlight, KeyedHandle, OperatorState, Properties, SavepointFormat, SnapshotType, StreamHandle, Subtask,
};
use crate::state::{self, Layout, OperatorName, State, StateKind};

use super::{Shared, nearest};

/// An operator of a snapshot.
#[derive(Debug)]
pub struct Operator {
    shared: Arc<Shared>,
    /// Its place among the operators of `_metadata`.
    index: usize,
    uid: Option<String>,
    name: Arc<OperatorName>,
    states: OnceCell<Vec<State>>,
}

impl Operator {
    pub(super) fn new(shared: Arc<Shared>, index: usize, given_uid: Option<&str>) -> Self {
        let state = shared.metadata.operators.get(index);
        let stored = state.map(|state| state.uid.as_str()).filter(|uid| !uid.is_empty());
        let uid = stored.or(given_uid).map(str::to_owned);
        let id = state.map(|state| state.id.to_string()).unwrap_or_default();
        let label = uid.clone().unwrap_or_else(|| id.clone());
        Self { uid, name: Arc::new(OperatorName { id, label }), shared, index, states: OnceCell::new() }
    }

    /// The uid, else the 32-hex operator ID: the name of its SQL schema.
    pub fn label(&self) -> String {
        self.name.label.clone()
    }

    /// The 32-hex operator ID.
    pub fn id(&self) -> String {
        self.name.id.clone()
    }

    /// The uid, where `_metadata` carries it or the caller gave it.
    pub fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }

    /// The display name, where `_metadata` carries it.
    pub fn name(&self) -> Option<&str> {
        self.metadata().map(|state| state.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Number of subtasks that the state is split into.
    pub fn parallelism(&self) -> u32 {
        self.metadata().map_or(0, |state| state.parallelism)
    }

    /// Number of key groups.
    pub fn max_parallelism(&self) -> u32 {
        self.metadata().map_or(0, |state| state.max_parallelism)
    }

    /// Whether all its subtasks had ended before the snapshot.
    pub fn is_finished(&self) -> bool {
        self.metadata().is_some_and(|state| state.fully_finished)
    }

    /// Its subtasks with their state handles, as `_metadata` has them. Those without any state may be missing.
    pub fn subtasks(&self) -> &[Subtask] {
        self.metadata().map_or(&[], |state| &state.subtasks)
    }

    /// The records in flight of an unaligned checkpoint: each channel of each subtask that holds some.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.metadata().map(OperatorState::in_flight).unwrap_or_default()
    }

    /// The state of its coordinator.
    pub fn coordinator(&self) -> Option<&StreamHandle> {
        self.metadata()?.coordinator.as_ref()
    }

    /// Bytes of the state of its coordinator; `None` without one.
    pub fn coordinator_bytes(&self) -> Option<u64> {
        self.coordinator().and_then(StreamHandle::size)
    }

    /// Bytes of each key group over all its keyed states, as far as `_metadata` has their offsets (not for RocksDB).
    pub fn key_group_sizes(&self) -> BTreeMap<u16, u64> {
        let mut sizes = BTreeMap::new();
        for state in self.subtasks().iter().filter_map(|subtask| subtask.state.as_deref()) {
            for (handle, absent) in [(&state.managed_keyed, 0), (&state.raw_keyed, -1)] {
                let Some(KeyedHandle::KeyGroups(handle)) = handle else { continue };
                for (key_group, bytes) in handle.sizes(absent) {
                    *sizes.entry(key_group).or_default() += bytes.unwrap_or_default();
                }
            }
        }
        sizes
    }

    /// All states: keyed, operator, timers. Reads the headers of the data files, once.
    ///
    /// # Errors
    /// A missing, short or corrupt data file.
    pub async fn states(&self) -> Result<&[State]> {
        let load = async || match self.metadata() {
            Some(operator) => state::load(&self.shared.store, &self.shared.context, operator, &self.name).await,
            None => Ok(Vec::new()),
        };
        self.states.get_or_try_init(load).await.map(Vec::as_slice)
    }

    /// What Flink may have left out of the snapshot, as a sentence.
    ///
    /// A native savepoint of RocksDB lacks timers that its job keeps on the heap, and nothing in it says whether there
    /// were any (`RocksDBKeyedStateBackend.requiresLegacySynchronousTimerSnapshots` is false for savepoints).
    ///
    /// # Errors
    /// As [`Self::states`].
    pub async fn caution(&self) -> Result<Option<&'static str>> {
        let Properties::Known(properties) = self.shared.metadata.properties else { return Ok(None) };
        let SnapshotType::Savepoint { format: SavepointFormat::Native, .. } = properties.snapshot_type else {
            return Ok(None);
        };
        let states = self.states().await?;
        let is_rocksdb = states.iter().any(|state| state.layout() == Layout::RocksDb);
        let has_timers = states.iter().any(|state| state.kind() == StateKind::Timer);
        Ok((is_rocksdb && !has_timers).then_some(
            "no timers: a native savepoint lacks those that a RocksDB job keeps on the heap (timer-service.factory: heap)",
        ))
    }

    /// The state with this name.
    ///
    /// # Errors
    /// As [`Self::states`]; no such state (the hint names the nearest).
    pub async fn state(&self, name: &str) -> Result<&State> {
        let states = self.states().await?;
        if let Some(state) = states.iter().find(|state| state.name() == name) {
            return Ok(state);
        }
        let error = Error::not_found(format!("no state '{name}'")).in_operator(self.label());
        let known = || states.iter().map(State::name);
        Err(match nearest(name, known()) {
            Some(nearest) => error.with_hint(format!("did you mean '{nearest}'?")),
            None => error.with_hint(format!("the operator has: {}", known().collect::<Vec<_>>().join(", "))),
        })
    }

    fn metadata(&self) -> Option<&OperatorState> {
        self.shared.metadata.operators.get(self.index)
    }
}
