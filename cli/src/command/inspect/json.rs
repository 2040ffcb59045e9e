//! The picture as JSON.

use flink_state_reader::Operator;
use serde_json::{Value, json};

use super::{OperatorPicture, Picture, StatePicture, key_groups};

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
    json!({
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
