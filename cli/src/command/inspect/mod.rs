//! `flink-state inspect`: the picture of a snapshot that a person wants first.

mod chart;
mod files;
mod json;
mod table;
mod wrap;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use flink_state_reader::metadata::{
    ChannelEnd, CheckpointProperties, InFlight, Properties, SavepointFormat, SnapshotType, SubtaskState,
};
use flink_state_reader::{GapKind, Operator, Snapshot, State, StateKind};

use super::{interruptible, open};
use crate::args::{Inspect, ReportFormat};
use crate::error::Result;

/// Entries are counted where reading the whole snapshot is a matter of a moment.
const COUNTED: u64 = 64 << 20;

/// Prints what is in a snapshot.
pub(crate) async fn inspect(arguments: Inspect) -> Result<u8> {
    if arguments.files {
        return files::list(arguments).await;
    }
    let picture = interruptible(async {
        let snapshot = open(&arguments.snapshot, &arguments.opening).await?;
        Picture::of(snapshot).await
    });
    let text = match arguments.format {
        ReportFormat::Table => table::render(&picture.await?),
        ReportFormat::Json => json::render(&picture.await?),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

/// A snapshot.
struct Picture {
    snapshot: Snapshot,
    operators: Vec<OperatorPicture>,
}

/// An operator, by its number in the snapshot.
struct OperatorPicture {
    index: usize,
    bytes: u64,
    states: Vec<StatePicture>,
    /// What Flink may have left out.
    caution: Option<&'static str>,
    in_flight: Vec<GatePicture>,
}

/// The records in flight at an input gate or result partition of an operator, all subtasks together.
struct GatePicture {
    end: ChannelEnd,
    gate_or_partition: u32,
    subtasks: BTreeSet<u32>,
    channels: usize,
    /// `None`: not known.
    buffers: Option<u64>,
    bytes: u64,
}

/// A state.
struct StatePicture {
    state: State,
    /// `None`: not counted.
    entries: Option<u64>,
    /// Why it, or a part of it, can't be read.
    problem: Option<String>,
}

impl Picture {
    async fn of(snapshot: Snapshot) -> Result<Self> {
        let total: u64 = snapshot.operators().iter().map(bytes).sum();
        let mut operators = Vec::new();
        for (index, operator) in snapshot.operators().iter().enumerate() {
            let mut states = Vec::new();
            for state in operator.states().await? {
                states.push(StatePicture::of(state, total <= COUNTED).await?);
            }
            let caution = operator.caution().await?;
            let in_flight = GatePicture::all(operator);
            operators.push(OperatorPicture { index, bytes: bytes(operator), states, caution, in_flight });
        }
        Ok(Self { snapshot, operators })
    }

    fn operators(&self) -> impl Iterator<Item = (&Operator, &OperatorPicture)> {
        self.operators.iter().filter_map(|picture| Some((self.snapshot.operators().get(picture.index)?, picture)))
    }

    fn bytes(&self) -> u64 {
        self.operators.iter().map(|operator| operator.bytes).sum()
    }

    /// `savepoint` or `checkpoint`, and `canonical` or `native`, where `_metadata` says it.
    fn kind(&self) -> (Option<&'static str>, Option<&'static str>) {
        let Properties::Known(CheckpointProperties { snapshot_type, .. }) = self.snapshot.metadata().properties else {
            return (None, None);
        };
        match snapshot_type {
            SnapshotType::Checkpoint => (Some("checkpoint"), None),
            SnapshotType::FullCheckpoint => (Some("full checkpoint"), None),
            SnapshotType::Savepoint { format: SavepointFormat::Canonical, .. } => {
                (Some("savepoint"), Some("canonical"))
            }
            SnapshotType::Savepoint { format: SavepointFormat::Native, .. } => (Some("savepoint"), Some("native")),
        }
    }
}

impl StatePicture {
    async fn of(state: &State, count: bool) -> Result<Self> {
        let mut picture = Self { state: state.clone(), entries: state.rows(), problem: None };
        picture.problem = state.unsupported().map(str::to_owned);
        if picture.entries.is_none() && picture.problem.is_none() && count {
            let (entries, gaps) = state.count_rows().await?;
            picture.problem = gaps.first().map(|gap| gap.reason.clone());
            let is_missing = gaps.iter().any(|gap| gap.kind == GapKind::Missing);
            picture.entries = (!is_missing).then_some(entries);
        }
        Ok(picture)
    }

    /// Its type in the notation of types: of the value, and with what else its rows are found by.
    fn type_notation(&self) -> Option<String> {
        let state = &self.state;
        let (key, namespace, value) = (state.key_type(), state.namespace_type(), state.value_type());
        match (state.kind(), key, namespace, value) {
            (StateKind::Timer, Some(key), None, _) => Some(format!("TIMER<{key}, VOID_NAMESPACE>")),
            (StateKind::Timer, Some(key), Some(namespace), _) => Some(format!("TIMER<{key}, {namespace}>")),
            (StateKind::Broadcast, Some(key), _, Some(value)) => Some(format!("MAP<{key}, {value}>")),
            (_, _, Some(namespace), Some(value)) => Some(format!("{value} per {namespace}")),
            (_, _, None, Some(value)) => Some(value.to_string()),
            _ => None,
        }
    }
}

impl GatePicture {
    /// Each gate and partition of an operator that holds records.
    fn all(operator: &Operator) -> Vec<Self> {
        let mut gates = BTreeMap::new();
        for channel in operator.in_flight() {
            let InFlight { subtask, end, gate_or_partition, buffers, bytes, .. } = channel;
            let none =
                || Self { end, gate_or_partition, subtasks: BTreeSet::new(), channels: 0, buffers: Some(0), bytes: 0 };
            let gate = gates.entry((end, gate_or_partition)).or_insert_with(none);
            gate.subtasks.insert(subtask);
            gate.channels += 1;
            gate.buffers = gate.buffers.zip(buffers).map(|(sum, buffers)| sum.saturating_add(buffers));
            gate.bytes = gate.bytes.saturating_add(bytes);
        }
        gates.into_values().collect()
    }
}

/// Bytes of the state of an operator's subtasks, with records in flight.
fn bytes(operator: &Operator) -> u64 {
    operator.subtasks().iter().filter_map(|subtask| subtask.state.as_deref()).map(subtask_bytes).sum()
}

fn subtask_bytes(state: &SubtaskState) -> u64 {
    let keyed = [&state.managed_keyed, &state.raw_keyed].into_iter().flatten().map(|handle| handle.state_size());
    let operator = [&state.managed_operator, &state.raw_operator].into_iter().flatten();
    let operator = operator.filter_map(|handle| handle.stream.size());
    let channels = state.input_channels.iter().chain(&state.output_channels).map(|handle| handle.size());
    keyed.chain(operator).chain(channels).sum()
}

/// Bytes of every key group of an operator, those without any too; `None` where `_metadata` has no offsets.
fn key_groups(operator: &Operator) -> Option<Vec<u64>> {
    let sizes: BTreeMap<u16, u64> = operator.key_group_sizes();
    let all = 0..u16::try_from(operator.max_parallelism()).ok()?;
    (!sizes.is_empty()).then(|| all.map(|key_group| sizes.get(&key_group).copied().unwrap_or(0)).collect())
}
