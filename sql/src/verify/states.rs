//! Whether every state decodes to its end.

use flink_state_reader::types::Framing;
use flink_state_reader::{Error, ErrorKind, Gap, GapKind, Operator, ScanTask, Snapshot, State};
use flink_state_writer::savepoint::{Manifest, StateEntry, count};
use flink_state_writer::state::Tally;
use futures::TryStreamExt;

use super::keys::{KeyCheck, Keys};
use super::{Check, Finding, Outcome, Verification, manifest};
use crate::error::Result;
use crate::parallel;

/// Bytes that are meant to be read at a time.
const BYTES_PER_TASK: u64 = 16 << 20;

/// A state that is read.
struct Subject {
    finding: Finding,
    /// What the manifest says about it.
    expected: Option<StateEntry>,
    tally: Tally,
    /// What could not be given, one for each reason.
    gaps: Vec<Gap>,
}

/// A part of a state on its way.
struct Job {
    subject: usize,
    state: State,
    task: ScanTask,
    keys: Option<KeyCheck>,
    /// Whether the raw entries are counted and nothing is decoded.
    is_count: bool,
}

/// What one job read.
enum Read {
    Rows { rows: u64, gaps: Vec<Gap>, keys: Keys },
    Counted(Tally),
}

/// Reads all columns of all states, several tasks at a time.
pub(super) async fn check(
    snapshot: &Snapshot,
    manifest: Option<&Manifest>,
    verification: &mut Verification,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<()> {
    let (mut subjects, mut jobs) = (Vec::new(), Vec::new());
    for operator in snapshot.operators() {
        let states = match operator.states().await {
            Ok(states) => states,
            Err(error) => {
                let finding = Finding::new(Check::State, Some(operator.label()), "");
                let finding = finding.with(outcome(&error), error.to_string());
                subjects.push(Subject { finding, expected: None, tally: Tally::default(), gaps: Vec::new() });
                continue;
            }
        };
        let expected = manifest::states(manifest, operator);
        for state in states {
            let entry = expected.iter().find(|entry| entry.is_of(state));
            subjects.push(plan(operator, state, entry, subjects.len(), &mut jobs));
        }
        for entry in expected.iter().filter(|entry| !states.iter().any(|state| entry.is_of(state))) {
            let finding = Finding::new(Check::Manifest, Some(operator.label()), &entry.name);
            verification.findings.push(finding.with(Outcome::Failed, "the state is missing"));
        }
    }
    run(snapshot, jobs, &mut subjects, progress).await?;
    for subject in subjects {
        let finding = subject.finish();
        verification.states += u64::from(finding.rows.is_some());
        verification.rows += finding.rows.unwrap_or_default();
        verification.findings.push(finding);
    }
    Ok(())
}

/// Adds the jobs that read a state.
fn plan(
    operator: &Operator,
    state: &State,
    expected: Option<&StateEntry>,
    subject: usize,
    jobs: &mut Vec<Job>,
) -> Subject {
    let mut finding = Finding::new(Check::State, Some(operator.label()), state.name());
    finding.bytes = Some(state.bytes());
    let scans = [Some((state.scan(), false)), expected.map(|_| (state.scan().raw(), true))];
    for (scan, is_count) in scans.into_iter().flatten() {
        match scan.build() {
            Ok(scan) => {
                let n = usize::try_from(state.bytes().div_ceil(BYTES_PER_TASK)).unwrap_or(usize::MAX);
                let keys = KeyCheck::of(operator, state).filter(|_| !is_count);
                let job = |task| Job { subject, state: state.clone(), task, keys: keys.clone(), is_count };
                jobs.extend(scan.tasks(n.max(1)).into_iter().map(job));
                finding.rows = Some(0);
            }
            Err(error) => finding.add(outcome(&error), error.message()),
        }
    }
    if finding.rows.is_some() {
        let types = [state.key_type(), state.namespace_type(), state.value_type()];
        for ty in types.into_iter().flatten().filter(|ty| ty.framing() == Framing::Never) {
            finding.add(Outcome::NotVerified, &format!("values of {ty} can't be decoded: their bytes are there"));
        }
    }
    Subject { finding, expected: expected.cloned(), tally: Tally::default(), gaps: Vec::new() }
}

async fn run(
    snapshot: &Snapshot,
    jobs: Vec<Job>,
    subjects: &mut [Subject],
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<()> {
    let total = jobs.iter().map(|job| job.task.bytes).sum();
    let running = jobs.into_iter().map(|job| {
        let snapshot = snapshot.clone();
        async move { (job.subject, job.task.bytes, job.read(&snapshot).await) }
    });
    let mut done = std::pin::pin!(parallel::run(running, parallel::processors()));
    let mut bytes_read = 0;
    while let Some((index, bytes, read)) = done.try_next().await? {
        bytes_read += bytes;
        progress(bytes_read, total);
        if let Some(subject) = subjects.get_mut(index) {
            subject.add(read);
        }
    }
    Ok(())
}

impl Job {
    async fn read(&self, snapshot: &Snapshot) -> flink_state_reader::Result<Read> {
        if self.is_count {
            return count(snapshot, &self.state, &self.task).await.map(Read::Counted);
        }
        let mut batches = snapshot.execute(&self.task).await?;
        let (mut rows, mut keys) = (0, Keys::Right);
        while let Some(batch) = batches.try_next().await? {
            rows += batch.num_rows() as u64;
            if let (Keys::Right, Some(check)) = (&keys, &self.keys) {
                keys = check.check(&batch);
            }
        }
        Ok(Read::Rows { rows, gaps: batches.gaps().to_vec(), keys })
    }
}

impl Subject {
    fn add(&mut self, read: flink_state_reader::Result<Read>) {
        let finding = &mut self.finding;
        match read {
            Ok(Read::Counted(tally)) => self.tally.merge(tally),
            Ok(Read::Rows { rows, gaps, keys }) => {
                finding.rows = finding.rows.map(|sum| sum + rows);
                for gap in gaps {
                    let is_same = |other: &&mut Gap| other.kind == gap.kind && other.reason == gap.reason;
                    match self.gaps.iter_mut().find(is_same) {
                        Some(other) => other.rows = other.rows.zip(gap.rows).map(|(one, other)| one + other),
                        None => self.gaps.push(gap),
                    }
                }
                match keys {
                    Keys::Right => {}
                    Keys::Unknown(reason) => finding.add(Outcome::Note, &format!("key groups not compared: {reason}")),
                    Keys::Wrong(reason) => finding.add(Outcome::Failed, &reason),
                }
            }
            Err(error) => {
                finding.add(outcome(&error), &error.to_string());
                finding.rows = None;
                self.expected = None;
            }
        }
    }

    fn finish(self) -> Finding {
        let Self { mut finding, expected, tally, gaps } = self;
        for gap in &gaps {
            finding.add_gap(gap);
        }
        if let Some(expected) = expected.filter(|expected| !expected.has(tally)) {
            let (rows, checksum) = (expected.rows, expected.checksum);
            let reason = format!("{tally} are there, but {rows} rows with checksum {checksum} were written");
            finding.add(Outcome::Failed, &reason);
        }
        finding
    }
}

impl Finding {
    /// Rows that can't be given, or decoded, are of a class that nobody knows: damaged data is an error and no gap.
    fn add_gap(&mut self, gap: &Gap) {
        let outcome = match gap.kind {
            GapKind::Undecoded | GapKind::Missing => Outcome::NotVerified,
            _ => Outcome::Failed,
        };
        let rows = match gap.rows {
            Some(1) => "1 row".to_owned(),
            Some(rows) => format!("{rows} rows"),
            None => "rows".to_owned(),
        };
        self.add(outcome, &format!("{rows}: {}", gap.reason));
    }
}

fn outcome(error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::Unsupported => Outcome::NotVerified,
        _ => Outcome::Failed,
    }
}
