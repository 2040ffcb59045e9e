//! Reads a savepoint back with the reader, before it gets its name.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use flink_state_reader::metadata::Metadata;
use flink_state_reader::{Error, OpenOptions, Operator, Result, ScanTask, Snapshot, State, StateKind};
use futures::TryStreamExt;

use super::{Action, Manifest, Plan, StateEntry};
use crate::state::Tally;

/// Compares what the files hold with what was written to them.
///
/// # Errors
/// Any difference.
pub(super) async fn verify(path: PathBuf, plan: &Plan, metadata: &Metadata, manifest: &Manifest) -> Result<()> {
    let kryo = plan.source.as_ref().map(Snapshot::kryo);
    let location = path.to_str().ok_or_else(|| Error::usage("the target's path is not Unicode"))?;
    let snapshot = Snapshot::open_with(location, &OpenOptions { kryo, ..OpenOptions::default() }).await?;
    if snapshot.metadata().encode()? != metadata.encode()? {
        return Err(Error::bug("_metadata does not read back as it was written"));
    }
    for entry in manifest.operators.iter().filter(|entry| entry.action == Action::Written) {
        let operator = snapshot.operator(&entry.id)?;
        for state in &entry.states {
            let tally = read(&snapshot, operator, state).await.map_err(|e| e.in_operator(&entry.id))?;
            if !state.has(tally) {
                let (rows, checksum) = (state.rows, &state.checksum);
                let message = format!("{rows} rows with checksum {checksum} were written, {tally} are read back");
                return Err(Error::bug(message).in_state(&state.name).in_operator(&entry.id));
            }
        }
    }
    Ok(())
}

async fn read(snapshot: &Snapshot, operator: &Operator, entry: &StateEntry) -> Result<Tally> {
    let states = operator.states().await?;
    let state = states.iter().find(|state| entry.is_of(state));
    let state = state.ok_or_else(|| Error::bug("state is missing").in_state(&entry.name))?;
    let mut tally = Tally::default();
    for task in state.scan().raw().build()?.tasks(1) {
        tally.merge(count(snapshot, state, &task).await?);
    }
    Ok(tally)
}

/// Counts the raw entries of one task of a state, as the manifest counts them.
///
/// # Errors
/// A task of another state, entries that can't be read.
pub async fn count(snapshot: &Snapshot, state: &State, task: &ScanTask) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut batches = snapshot.execute(task).await?;
    while let Some(batch) = batches.try_next().await? {
        add(&mut tally, state, &batch).ok_or_else(|| Error::bug("raw entries with unexpected columns"))?;
    }
    Ok(tally)
}

fn add(tally: &mut Tally, state: &State, batch: &RecordBatch) -> Option<()> {
    let bytes = |i: usize| batch.columns().get(i)?.as_binary_opt::<i32>();
    match state.kind() {
        StateKind::OperatorList | StateKind::OperatorUnion => {
            let subtasks = batch.columns().first()?.as_primitive_opt::<Int32Type>()?;
            let positions = batch.columns().get(1)?.as_primitive_opt::<Int64Type>()?;
            let values = bytes(2)?;
            for row in 0..batch.num_rows() {
                tally.add(&[
                    &subtasks.value(row).to_be_bytes(),
                    &positions.value(row).to_be_bytes(),
                    values.value(row),
                ]);
            }
        }
        kind => {
            let first = usize::from(kind != StateKind::Broadcast);
            let (keys, values) = (bytes(first)?, bytes(first + 1)?);
            for row in 0..keys.len() {
                tally.add(&[keys.value(row), values.value(row)]);
            }
        }
    }
    Some(())
}
