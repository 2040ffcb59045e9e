//! The picture as JSON.

use flink_state_reader::Operator;
use serde_json::{Value, json};

use super::{GatePicture, OperatorPicture, Picture, StatePicture, key_groups};

/// One object, as `docs/json.md` describes it.
pub(super) fn render(picture: &Picture) -> String {
    let metadata = picture.snapshot.metadata();
    let (kind, format) = picture.kind();
    let picture = json!({
        "location": picture.snapshot.location(),
        "checkpoint_id": metadata.checkpoint_id,
        "metadata_version": metadata.version,
        "kind": kind,
        "format": format,
        "bytes": picture.bytes(),
        "operators": picture.operators().map(|(facts, picture)| operator(facts, picture)).collect::<Vec<_>>(),
    });
    format!("{picture:#}\n")
}

fn operator(operator: &Operator, picture: &OperatorPicture) -> Value {
    let mut json = json!({
        "operator": operator.label(),
        "operator_id": operator.id(),
        "uid": operator.uid(),
        "name": operator.name(),
        "parallelism": operator.parallelism(),
        "max_parallelism": operator.max_parallelism(),
        "finished": operator.is_finished(),
        "bytes": picture.bytes,
        "coordinator_bytes": operator.coordinator_bytes(),
        "caution": picture.caution,
        "states": picture.states.iter().map(state).collect::<Vec<_>>(),
        "key_group_bytes": key_groups(operator),
    });
    if let (Some(json), false) = (json.as_object_mut(), picture.in_flight.is_empty()) {
        json.insert("channel_state".to_owned(), picture.in_flight.iter().map(gate).collect());
    }
    json
}

fn gate(gate: &GatePicture) -> Value {
    json!({
        "direction": gate.end.to_string(),
        "gate_or_partition": gate.gate_or_partition,
        "subtasks": gate.subtasks,
        "channels": gate.channels,
        "buffers": gate.buffers,
        "bytes": gate.bytes,
    })
}

fn state(picture: &StatePicture) -> Value {
    let state = &picture.state;
    json!({
        "state": state.name(),
        "kind": state.kind().to_string(),
        "layout": state.layout().to_string(),
        "key_type": state.key_type().map(ToString::to_string),
        "namespace_type": state.namespace_type().map(ToString::to_string),
        "value_type": state.value_type().map(ToString::to_string),
        "entries": picture.entries,
        "bytes": state.bytes(),
        "problem": picture.problem,
    })
}
