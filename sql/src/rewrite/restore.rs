//! What a script does to an operator, and what Flink will check when a job restores it.

use flink_state_reader::StateKind;
use flink_state_writer::savepoint::OperatorPlan;

use super::stage::{StagedOperator, StagedState};
use super::summary::{OperatorAction, OperatorSummary, StateAction, StateSummary};

pub(super) fn summarize(operator: &StagedOperator<'_>, plan: &OperatorPlan) -> OperatorSummary {
    let action = match (plan, operator.origin) {
        (OperatorPlan::Carry(_), _) => OperatorAction::Carried,
        (OperatorPlan::Drop(_), _) => OperatorAction::Dropped,
        (OperatorPlan::Write(_), Some(_)) => OperatorAction::Written,
        (OperatorPlan::Write(_), None) => OperatorAction::Created,
    };
    let states = operator.states.iter().flatten();
    let old_max = operator.origin.map(|origin| origin.max_parallelism());
    OperatorSummary {
        operator: operator.origin.map_or_else(|| operator.label.clone(), |origin| origin.label()),
        id: operator.id.to_string(),
        renamed: operator.uid.clone().filter(|_| operator.origin.is_some()),
        action,
        max_parallelism: operator.max_parallelism,
        old_max_parallelism: old_max.filter(|old| *old != operator.max_parallelism),
        states: states.clone().filter(|state| is_shown(state, operator)).map(state_summary).collect(),
        restore_checks: checks(operator, action),
    }
}

/// Whether it is worth a line: not one that another stands for, nor one that was never there.
fn is_shown(state: &StagedState, operator: &StagedOperator<'_>) -> bool {
    let mut others = operator.states.iter().flatten();
    let is_replaced = others.any(|other| other.is_replacement && !other.is_dropped && other.name == state.name);
    !state.is_dropped || state.origin.is_some() && !is_replaced
}

fn state_summary(state: &StagedState) -> StateSummary {
    let kind = match (&state.rows, &state.origin) {
        (Some(rows), _) => rows.definition().kind,
        (None, Some(origin)) => origin.kind(),
        (None, None) => StateKind::Raw,
    };
    let old_name = state.origin.as_ref().map_or(state.name.as_str(), |origin| origin.name());
    let is_written = state.rows.as_ref().is_some_and(|rows| !rows.is_as_in_source());
    StateSummary {
        state: old_name.to_owned(),
        renamed: (old_name != state.name).then(|| state.name.clone()),
        kind: kind.to_string(),
        action: match state.origin {
            _ if state.is_dropped => StateAction::Dropped,
            None if state.is_replacement => StateAction::Replaced,
            None => StateAction::Created,
            Some(_) if is_written => StateAction::Written,
            Some(_) => StateAction::Carried,
        },
        rows: state.rows.as_ref().map(|rows| rows.counts()),
    }
}

fn checks(operator: &StagedOperator<'_>, action: OperatorAction) -> Vec<String> {
    let (label, max) = (&operator.label, operator.max_parallelism);
    let is_uid = *label != operator.id.to_string();
    let name = if is_uid { format!("uid '{label}'") } else { format!("ID {label}") };
    if action == OperatorAction::Dropped {
        return vec![format!("an operator of the job with the {name} starts without state")];
    }
    let mut checks =
        vec![format!("the job has an operator with the {name}, or is restored with --allowNonRestoredState")];
    if action == OperatorAction::Carried {
        return checks;
    }
    if operator.origin.is_none_or(|origin| origin.max_parallelism() != max) {
        checks.push(format!(
            "the operator's maximum parallelism is {max} or not set, and its parallelism is at most {max}"
        ));
    }
    for state in operator.states.iter().flatten() {
        let is_new = state.origin.is_none();
        let name = &state.name;
        if state.is_dropped {
            let is_replaced = !is_shown(state, operator);
            if state.origin.is_some() && !is_replaced {
                checks.push(format!("state '{name}', if the job has it, starts empty"));
            }
        } else if let (true, Some(rows)) = (is_new, &state.rows) {
            let definition = rows.definition();
            let types = [("key", &definition.key), ("namespace", &definition.namespace), ("value", &definition.value)];
            let types = types.iter().filter_map(|(role, ty)| Some(format!("{role} {}", ty.as_ref()?)));
            let types = types.collect::<Vec<_>>().join(", ");
            checks.push(format!(
                "the job's {} state '{name}' has serializers that are compatible with {types}",
                definition.kind
            ));
        } else if state.origin.as_ref().is_some_and(|origin| origin.name() != name) {
            checks.push(format!("the job has the state under the name '{name}'"));
        }
    }
    checks
}
