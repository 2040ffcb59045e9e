//! A snapshot of any kind as a canonical savepoint.

use flink_state_reader::{Layout, Operator, Snapshot, State};
use flink_state_writer::savepoint::{OperatorPlan, Plan, WriteOperator};

use super::summary::{OperatorAction, OperatorSummary, StateAction, StateSummary};
use super::{RewriteOptions, RewritePlan};
use crate::error::Result;

/// The savepoint with the same state. Operators with keyed state in another layout than the canonical one are written
/// anew from its entries; the files of all others are copied.
///
/// # Errors
/// State that can't be read; a value whose end is not known, in a layout that does not say it.
pub async fn convert(source: &Snapshot, options: &RewriteOptions) -> Result<RewritePlan> {
    let mut plan = Plan::carry(source);
    let mut operators = Vec::new();
    for operator in source.operators() {
        let states = operator.states().await?;
        let is_written = states.iter().any(needs_writing);
        if is_written {
            let write = WriteOperator::from_source(source, &operator.id()).await?;
            if let Some(slot) = plan.operator_mut(write.id) {
                *slot = OperatorPlan::Write(Box::new(write));
            }
        }
        operators.push(summary(operator, states, is_written));
    }
    Ok(RewritePlan { plan, options: options.for_writer(), operators })
}

fn needs_writing(state: &State) -> bool {
    !matches!(state.layout(), Layout::Canonical | Layout::Operator | Layout::RawTimers | Layout::Raw)
}

fn summary(operator: &Operator, states: &[State], is_written: bool) -> OperatorSummary {
    let states = states.iter().map(|state| StateSummary {
        state: state.name().to_owned(),
        renamed: None,
        kind: state.kind().to_string(),
        action: if needs_writing(state) { StateAction::Written } else { StateAction::Carried },
        rows: None,
    });
    OperatorSummary {
        operator: operator.label(),
        id: operator.id(),
        renamed: None,
        action: if is_written { OperatorAction::Written } else { OperatorAction::Carried },
        max_parallelism: operator.max_parallelism(),
        old_max_parallelism: None,
        states: states.collect(),
        restore_checks: Vec::new(),
    }
}
