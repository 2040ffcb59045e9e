//! `CREATE STATE … AS SELECT …` and `CREATE OPERATOR`.
//!
//! ```text
//! kind and types -> definition (header entry, key serializer, columns) ─┐
//! query -> rows with its columns -> rows with the state's columns ──────┴-> staged state
//! ```

mod columns;
mod conform;
mod definition;

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use flink_state_reader::metadata::OperatorId;
use flink_state_reader::types::Type;
use flink_state_reader::{Layout, State};
use futures::StreamExt;

use super::stage::Stage;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;
use crate::statement::Statement;
use columns::Columns;

/// Behind the name of operator state in SQL where a keyed state of the operator has the same name.
const BOTH_KINDS: &str = "$operator";

/// Stages the state that a `CREATE STATE` makes.
pub(super) async fn state(stage: &mut Stage<'_>, statement: &Statement) -> Result<()> {
    let Statement::CreateState { or_replace, operator, state, key, value, namespace, kind, ttl, query } = statement
    else {
        return Err(Error::new(ErrorKind::Bug, "no CREATE STATE"));
    };
    if state.ends_with(BOTH_KINDS) {
        let hint = format!("name it without {BOTH_KINDS}");
        return Err(Error::usage(format!(
            "'{state}' is no name that Flink knows: it tells operator state from keyed state"
        ))
        .with_hint(Some(hint)));
    }
    let types = definition::Types { kind: *kind, key, namespace, value, ttl: *ttl };
    let known = stage.definitions(operator).await?;
    let definition = definition::definition(stage, &known, state, &types)?;
    if definition.is_keyed() {
        check_raw(stage, operator, definition.key.as_ref()).await?;
    }
    let rows = rows(stage, query, definition.is_list()).await?;
    let parallelism = stage.parallelism(operator)?;
    let columns = Columns::new(&rows.schema(), &definition.schema, *kind, parallelism)?;
    stage.create_state(operator, definition, *or_replace, converted(rows, columns)).await
}

/// Fails if the operator has timers in raw keyed state whose keys are of another type: they are carried as they are.
async fn check_raw(stage: &mut Stage<'_>, operator: &str, key: Option<&Type>) -> Result<()> {
    let index = stage.index(operator)?;
    for state in stage.operator_mut(index)?.states().await? {
        let raw = state.origin.as_ref().filter(|origin| origin.layout() == Layout::RawTimers);
        let Some(stored) = raw.and_then(State::key_type) else { continue };
        if key.is_none_or(|key| key.to_string() != stored.to_string()) {
            let message = format!("the operator keeps its timers in raw state, with keys of type {stored}");
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_hint(Some("take a canonical savepoint, in which they can be changed too".to_owned())));
        }
    }
    Ok(())
}

/// Adds an operator without state.
pub(super) fn operator(stage: &mut Stage<'_>, uid: &str, parallelism: Option<u32>, max: Option<u32>) -> Result<()> {
    if uid.parse::<OperatorId>().is_ok() {
        let hint = "give the uid that the job sets for it: the ID follows from that";
        return Err(Error::usage(format!("'{uid}' is an operator ID")).with_hint(Some(hint.to_owned())));
    }
    stage.create_operator(uid, parallelism, max)
}

/// The rows of a query. Elements of a list come in the same order each time.
async fn rows(stage: &Stage<'_>, query: &str, is_list: bool) -> Result<Query> {
    let statement = stage.session.parse_one(query)?;
    let plan = stage.session.plan(statement).await?;
    if matches!(plan, LogicalPlan::Dml(_) | LogicalPlan::Ddl(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_)) {
        return Err(Error::usage("a query belongs behind AS"));
    }
    if is_list { stage.session.stream_in_order(plan, 0).await } else { stage.session.stream(plan).await }
}

/// The same rows with the columns of a state.
fn converted(rows: Query, mut columns: Columns) -> Query {
    let schema = Arc::clone(columns.schema());
    rows.map_batches(|batches| {
        let batches =
            batches.map(move |batch| columns.apply(&batch?).map_err(|e| DataFusionError::External(Box::new(e))));
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    })
}
