//! The tables of the schema `metadata`: each is a list of columns over a list of facts.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use flink_state_reader::metadata::{
    CheckpointProperties, InFlight, PostCheckpointAction, Properties, SavepointFormat, SnapshotType,
};
use flink_state_reader::{Operator, Snapshot, State};

use super::columns::Columns;
use super::facts::{Facts, KeyGroupFact, OperatorFact, SubtaskFact};
use super::files::{self, SnapshotFile};
use super::streams::Stream;

/// A table of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Snapshot,
    Operators,
    States,
    Subtasks,
    Handles,
    Files,
    KeyGroups,
    ChannelState,
}

impl Table {
    pub(super) const ALL: [Self; 8] = [
        Self::Snapshot,
        Self::Operators,
        Self::States,
        Self::Subtasks,
        Self::Handles,
        Self::Files,
        Self::KeyGroups,
        Self::ChannelState,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Operators => "operators",
            Self::States => "states",
            Self::Subtasks => "subtasks",
            Self::Handles => "handles",
            Self::Files => "files",
            Self::KeyGroups => "key_groups",
            Self::ChannelState => "channel_state",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The columns: those of a table without rows.
    pub(super) fn schema(self) -> Result<SchemaRef> {
        let none = match self {
            Self::Snapshot => snapshot(None),
            Self::Operators => operators(&[]),
            Self::States => states(&[]),
            Self::Subtasks => subtasks(&[]),
            Self::Handles => handles(&[]),
            Self::Files => files(&[]),
            Self::KeyGroups => key_groups(&[]),
            Self::ChannelState => channel_state(&[]),
        };
        Ok(none?.schema())
    }

    pub(super) async fn rows(self, facts: &Facts<'_>) -> Result<RecordBatch> {
        match self {
            Self::Snapshot => snapshot(Some(facts.snapshot)),
            Self::Operators => operators(&facts.operators().await),
            Self::States => states(&facts.states().await),
            Self::Subtasks => subtasks(&facts.subtasks()),
            Self::Handles => handles(&facts.streams()),
            Self::Files => files(&files::files(facts.snapshot).await),
            Self::KeyGroups => key_groups(&facts.key_groups()),
            Self::ChannelState => channel_state(&facts.channels()),
        }
    }
}

fn snapshot(snapshot: Option<&Snapshot>) -> Result<RecordBatch> {
    let rows = || snapshot.into_iter();
    let metadata = || rows().map(Snapshot::metadata);
    let properties = || metadata().map(|metadata| known(&metadata.properties));
    Columns::default()
        .text("location", rows().map(Snapshot::location))
        .int("version", metadata().map(|metadata| Some(metadata.version)))
        .long("checkpoint_id", metadata().map(|metadata| Some(metadata.checkpoint_id)))
        .text_or_null("kind", properties().map(|known| known.map(kind_of_snapshot)))
        .text_or_null("format", properties().map(|known| known.and_then(format_of_savepoint)))
        .text_or_null("post_checkpoint_action", properties().map(|known| known.and_then(action_of_savepoint)))
        .long("operators", rows().map(|snapshot| Some(snapshot.operators().len() as u64)))
        .long("master_states", metadata().map(|metadata| Some(metadata.master_states.len() as u64)))
        .finish()
}

fn operators(facts: &[OperatorFact<'_>]) -> Result<RecordBatch> {
    let rows = || facts.iter().map(|fact| fact.operator);
    of_operator(rows())
        .text_or_null("uid", rows().map(Operator::uid))
        .text_or_null("name", rows().map(Operator::name))
        .int("parallelism", rows().map(|operator| Some(operator.parallelism())))
        .int("max_parallelism", rows().map(|operator| Some(operator.max_parallelism())))
        .boolean("finished", rows().map(|operator| Some(operator.is_finished())))
        .long("subtasks", rows().map(|operator| Some(operator.subtasks().len() as u64)))
        .long("states", facts.iter().map(|fact| fact.states.map(|states| states as u64)))
        .long("bytes", facts.iter().map(|fact| Some(fact.bytes)))
        .long("coordinator_bytes", rows().map(Operator::coordinator_bytes))
        .finish()
}

fn states(facts: &[(&Operator, &State)]) -> Result<RecordBatch> {
    let rows = || facts.iter().map(|(_, state)| *state);
    of_operator(facts.iter().map(|(operator, _)| *operator))
        .text("state", rows().map(State::name))
        .text("kind", rows().map(|state| state.kind().to_string()))
        .text("layout", rows().map(|state| state.layout().to_string()))
        .text_or_null("key_type", rows().map(|state| state.key_type().map(ToString::to_string)))
        .text_or_null("namespace_type", rows().map(|state| state.namespace_type().map(ToString::to_string)))
        .text_or_null("value_type", rows().map(|state| state.value_type().map(ToString::to_string)))
        .long("entries", rows().map(State::rows))
        .long("bytes", rows().map(|state| Some(state.bytes())))
        .text_or_null("unsupported", rows().map(State::unsupported))
        .finish()
}

fn subtasks(facts: &[SubtaskFact<'_>]) -> Result<RecordBatch> {
    let rows = || facts.iter();
    let key_groups = || rows().map(SubtaskFact::key_groups);
    of_operator(rows().map(|fact| fact.operator))
        .int("subtask", rows().map(|fact| Some(fact.subtask)))
        .boolean("finished", rows().map(|fact| Some(fact.state.is_none())))
        .int("first_key_group", key_groups().map(|range| range.map(|(first, _)| first.into())))
        .int("last_key_group", key_groups().map(|range| range.map(|(_, last)| last.into())))
        .long("managed_keyed_bytes", rows().map(|fact| fact.bytes_of("managed_keyed")))
        .long("managed_operator_bytes", rows().map(|fact| fact.bytes_of("managed_operator")))
        .long("raw_keyed_bytes", rows().map(|fact| fact.bytes_of("raw_keyed")))
        .long("raw_operator_bytes", rows().map(|fact| fact.bytes_of("raw_operator")))
        .long("input_channel_bytes", rows().map(|fact| fact.bytes_of("input_channel")))
        .long("output_channel_bytes", rows().map(|fact| fact.bytes_of("output_channel")))
        .finish()
}

fn handles(facts: &[(&Operator, Stream<'_>)]) -> Result<RecordBatch> {
    let rows = || facts.iter().map(|(_, stream)| stream);
    let key_groups = || rows().map(|stream| stream.key_groups.as_ref());
    of_operator(facts.iter().map(|(operator, _)| *operator))
        .int("subtask", rows().map(|stream| stream.subtask))
        .text("role", rows().map(|stream| stream.role))
        .text("class", rows().map(|stream| stream.class))
        .int("first_key_group", key_groups().map(|range| range.map(|range| (*range.start()).into())))
        .int("last_key_group", key_groups().map(|range| range.map(|range| (*range.end()).into())))
        .text_or_null("path", rows().map(Stream::path))
        .long("offset", rows().map(Stream::offset))
        .long("bytes", rows().map(|stream| stream.bytes))
        .boolean("inline", rows().map(|stream| Some(stream.is_inline())))
        .text_or_null("local_path", rows().map(|stream| stream.local_path))
        .finish()
}

fn files(facts: &[SnapshotFile]) -> Result<RecordBatch> {
    let rows = || facts.iter();
    let found = || rows().map(|file| file.found.as_ref());
    Columns::default()
        .text_or_null("path", rows().map(|file| file.path.as_ref()))
        .boolean("inline", rows().map(|file| Some(file.path.is_none())))
        .long("handles", rows().map(|file| Some(file.handles)))
        .long("bytes", rows().map(|file| Some(file.bytes)))
        .texts("operators", rows().map(|file| &file.operators))
        .boolean("found", rows().map(|file| Some(file.problem.is_none())))
        .text_or_null("place", found().map(|found| found.map(|found| found.place.to_string())))
        .text_or_null("location", found().map(|found| found.map(|found| &found.location)))
        .long("file_bytes", found().map(|found| found.map(|found| found.size)))
        .text_or_null("problem", rows().map(|file| file.problem.as_ref().map(ToString::to_string)))
        .finish()
}

fn key_groups(facts: &[KeyGroupFact<'_>]) -> Result<RecordBatch> {
    let rows = || facts.iter();
    of_operator(rows().map(|fact| fact.operator))
        .int("key_group", rows().map(|fact| Some(fact.key_group.into())))
        .int("subtask", rows().map(|fact| Some(fact.subtask)))
        .long("bytes", rows().map(|fact| fact.bytes))
        .finish()
}

fn channel_state(facts: &[(&Operator, InFlight)]) -> Result<RecordBatch> {
    let rows = || facts.iter().map(|(_, channel)| channel);
    of_operator(facts.iter().map(|(operator, _)| *operator))
        .int("subtask", rows().map(|channel| Some(channel.subtask)))
        .text("direction", rows().map(|channel| channel.end.to_string()))
        .int("gate_or_partition", rows().map(|channel| Some(channel.gate_or_partition)))
        .int("channel", rows().map(|channel| Some(channel.channel)))
        .long("buffers", rows().map(|channel| channel.buffers))
        .long("bytes", rows().map(|channel| Some(channel.bytes)))
        .finish()
}

/// The columns that say which operator a row is about.
fn of_operator<'a>(operators: impl Iterator<Item = &'a Operator> + Clone) -> Columns {
    Columns::default()
        .text("operator", operators.clone().map(Operator::label))
        .text("operator_id", operators.map(Operator::id))
}

fn known(properties: &Properties) -> Option<CheckpointProperties> {
    match properties {
        Properties::Known(known) => Some(*known),
        Properties::Null | Properties::Unknown(_) => None,
    }
}

fn kind_of_snapshot(properties: CheckpointProperties) -> &'static str {
    match properties.snapshot_type {
        SnapshotType::Checkpoint => "checkpoint",
        SnapshotType::FullCheckpoint => "full checkpoint",
        SnapshotType::Savepoint { .. } => "savepoint",
    }
}

fn format_of_savepoint(properties: CheckpointProperties) -> Option<&'static str> {
    match properties.snapshot_type {
        SnapshotType::Savepoint { format: SavepointFormat::Canonical, .. } => Some("canonical"),
        SnapshotType::Savepoint { format: SavepointFormat::Native, .. } => Some("native"),
        SnapshotType::Checkpoint | SnapshotType::FullCheckpoint => None,
    }
}

/// What happened to the job after its savepoint.
fn action_of_savepoint(properties: CheckpointProperties) -> Option<&'static str> {
    match properties.snapshot_type {
        SnapshotType::Savepoint { action: PostCheckpointAction::None, .. } => Some("none"),
        SnapshotType::Savepoint { action: PostCheckpointAction::Suspend, .. } => Some("suspend"),
        SnapshotType::Savepoint { action: PostCheckpointAction::Terminate, .. } => Some("terminate"),
        SnapshotType::Checkpoint | SnapshotType::FullCheckpoint => None,
    }
}
