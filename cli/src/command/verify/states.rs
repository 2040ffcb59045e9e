//! Whether every state decodes to its end.

use flink_state_reader::{Gap, GapKind, Operator, ScanTask, Snapshot, State};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Check, Finding};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Bytes that are meant to be read at a time.
const BYTES_PER_TASK: u64 = 64 << 20;

/// Reads all columns of all states, several tasks at a time.
pub(super) async fn check(snapshot: &Snapshot) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut tasks = Vec::new();
    for operator in snapshot.operators() {
        let states = match operator.states().await {
            Ok(states) => states,
            Err(error) => {
                findings.push(Finding::ok(Check::State, operator.label()).failed(error.to_string()));
                continue;
            }
        };
        for state in states {
            let finding = Finding { bytes: Some(state.bytes()), ..Finding::ok(Check::State, name(operator, state)) };
            findings.push(match plan(state) {
                Ok(planned) => {
                    tasks.extend(planned.into_iter().map(|task| (findings.len(), task)));
                    Finding { rows: Some(0), ..finding }
                }
                Err(error) => finding.failed(error.message()),
            });
        }
    }
    run(snapshot, tasks, &mut findings).await?;
    Ok(findings)
}

fn name(operator: &Operator, state: &State) -> String {
    format!("{}.{}", operator.label(), state.name())
}

fn plan(state: &State) -> Result<Vec<ScanTask>, flink_state_reader::Error> {
    let tasks = state.bytes().div_ceil(BYTES_PER_TASK).max(1);
    Ok(state.scan().build()?.tasks(usize::try_from(tasks).unwrap_or(usize::MAX)))
}

/// Runs tasks, each for the finding with its number.
async fn run(snapshot: &Snapshot, tasks: Vec<(usize, ScanTask)>, findings: &mut [Finding]) -> Result<()> {
    let mut progress = Progress::new(tasks.iter().map(|(_, task)| task.bytes).sum());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let running = tasks.into_iter().map(|(index, task)| {
        let snapshot = snapshot.clone();
        async move {
            let bytes = task.bytes;
            let read = tokio::spawn(async move { read(&snapshot, &task).await }).await;
            let read = read.map_err(|e| Error::bug(format!("a task broke off: {e}")))?;
            Ok::<_, Error>((index, bytes, read))
        }
    });
    let mut done = stream::iter(running).buffered(processors);
    while let Some((index, bytes, read)) = done.try_next().await? {
        progress.add(bytes);
        if let Some(finding) = findings.get_mut(index) {
            finding.add(read);
        }
    }
    Ok(())
}

async fn read(snapshot: &Snapshot, task: &ScanTask) -> Result<(u64, Vec<Gap>), flink_state_reader::Error> {
    let mut batches = snapshot.execute(task).await?;
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows() as u64;
    }
    Ok((rows, batches.gaps().to_vec()))
}

impl Finding {
    /// Adds what a task read. Values that are given as bytes are there to their end: that is no failure.
    fn add(&mut self, read: Result<(u64, Vec<Gap>), flink_state_reader::Error>) {
        let mut add = |outcome: super::Outcome, detail: String| {
            if self.outcome != super::Outcome::Failed {
                self.outcome = outcome;
            }
            if !self.detail.contains(&detail) {
                let separator = if self.detail.is_empty() { "" } else { "; " };
                self.detail = format!("{}{separator}{detail}", self.detail);
            }
        };
        match read {
            Ok((rows, gaps)) => {
                for gap in gaps {
                    let outcome = match gap.kind {
                        GapKind::Undecoded => super::Outcome::Note,
                        _ => super::Outcome::Failed,
                    };
                    add(outcome, text(&gap));
                }
                self.rows = self.rows.map(|sum| sum + rows);
            }
            Err(error) => {
                add(super::Outcome::Failed, error.to_string());
                self.rows = None;
            }
        }
    }
}

fn text(gap: &Gap) -> String {
    let rows = match gap.rows {
        Some(1) => "1 row".to_owned(),
        Some(rows) => format!("{rows} rows"),
        None => "rows".to_owned(),
    };
    match gap.key_group {
        Some(key_group) => format!("{rows} in key group {key_group}: {}", gap.reason),
        None => format!("{rows}: {}", gap.reason),
    }
}
