//! Reads a savepoint back with the reader, before it gets its name.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use flink_state_reader::metadata::Metadata;
use flink_state_reader::{Error, Layout, OpenOptions, Operator, Result, Snapshot, State, StateKind};
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
            if StateEntry::new(&state.name, state.keyed, tally) != *state {
                let (rows, checksum) = (state.rows, &state.checksum);
                let message = format!("{rows} rows with checksum {checksum} were written, {tally} are read back");
                return Err(Error::bug(message).in_state(&state.name).in_operator(&entry.id));
            }
        }
    }
    Ok(())
}

async fn read(snapshot: &Snapshot, operator: &Operator, entry: &StateEntry) -> Result<Tally> {
    let is_it = |state: &&State| {
        let is_keyed = state.layout() == Layout::Canonical;
        is_keyed == entry.keyed && state.meta().is_some_and(|meta| meta.name == entry.name)
    };
    let states = operator.states().await?;
    let state = states.iter().find(is_it).ok_or_else(|| Error::bug("state is missing").in_state(&entry.name))?;
    let mut tally = Tally::default();
    for task in state.scan().raw().build()?.tasks(1) {
        let mut batches = snapshot.execute(&task).await?;
        while let Some(batch) = batches.try_next().await? {
            add(&mut tally, state, &batch).ok_or_else(|| Error::bug("raw entries with unexpected columns"))?;
        }
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
