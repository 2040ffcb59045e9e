//! The tables of the schema `metadata`.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use flink_state_reader::{Operator, Snapshot, State};

use super::columns::Columns;
use crate::gaps::{Gap, GapLog};

/// Where the rows come from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) catalog: Arc<str>,
    pub(super) snapshot: Snapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Operators,
    States,
}

impl Table {
    pub(super) const ALL: [Self; 2] = [Self::Operators, Self::States];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Operators => "operators",
            Self::States => "states",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The schema of a table is that of no rows.
    pub(super) fn schema(self) -> Result<SchemaRef> {
        let none = match self {
            Self::Operators => operators(&[]),
            Self::States => states(&[]),
        };
        Ok(none?.schema())
    }

    pub(super) async fn rows(self, source: &Source, context: &TaskContext) -> Result<RecordBatch> {
        match self {
            Self::Operators => operators(source.snapshot.operators()),
            Self::States => states(&source.states(context).await),
        }
    }
}

impl Source {
    /// The states of all operators. An operator whose files can't be read is a gap in the query's answer.
    async fn states(&self, context: &TaskContext) -> Vec<(&Operator, &State)> {
        let mut all = Vec::new();
        for operator in self.snapshot.operators() {
            match operator.states().await {
                Ok(states) => all.extend(states.iter().map(|state| (operator, state))),
                Err(error) => {
                    if let Some(log) = GapLog::of(context) {
                        log.add(Gap::of_operator(&self.catalog, &operator.label(), &error));
                    }
                }
            }
        }
        all
    }
}

fn operators(operators: &[Operator]) -> Result<RecordBatch> {
    let rows = || operators.iter();
    Columns::default()
        .text("operator", rows().map(Operator::label))
        .text("operator_id", rows().map(Operator::id))
        .text_or_null("uid", rows().map(Operator::uid))
        .text_or_null("name", rows().map(Operator::name))
        .int("parallelism", rows().map(Operator::parallelism))
        .int("max_parallelism", rows().map(Operator::max_parallelism))
        .finish()
}

fn states(states: &[(&Operator, &State)]) -> Result<RecordBatch> {
    let rows = || states.iter().map(|(_, state)| *state);
    let operators = || states.iter().map(|(operator, _)| *operator);
    Columns::default()
        .text("operator", operators().map(Operator::label))
        .text("operator_id", operators().map(Operator::id))
        .text("state", rows().map(State::name))
        .text("kind", rows().map(|state| format!("{:?}", state.kind())))
        .text("layout", rows().map(|state| format!("{:?}", state.layout())))
        .long("entries", rows().map(State::rows))
        .long("bytes", rows().map(State::bytes))
        .text_or_null("unsupported", rows().map(State::unsupported))
        .finish()
}
