//! `flink-state verify`: whether a snapshot is whole.

mod key_groups;
mod states;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::Int64Type;
use flink_state_reader::Snapshot;
use flink_state_sql::{Session, SessionOptions, SnapshotArg};
use futures::TryStreamExt;

use super::{interruptible, open};
use crate::args::Verify;
use crate::error::{EXIT_DIFFERENT, Error, Result};
use crate::output::{Format, Target};

/// Checks a snapshot.
pub(crate) async fn verify(arguments: Verify) -> Result<u8> {
    let findings = interruptible(async {
        let snapshot = open(&arguments.snapshot, &arguments.uids).await?;
        let mut findings = files(&snapshot).await?;
        let is_whole = findings.iter().all(|finding| finding.outcome != Outcome::Failed);
        findings.extend(snapshot.operators().iter().flat_map(key_groups::check));
        // States of files that are missing or cut off would fail for that reason once more.
        if arguments.deep && is_whole {
            findings.extend(states::check(&snapshot).await?);
        }
        Ok(findings)
    });
    let findings = findings.await?;
    write(&findings, arguments.format.into())?;
    let failed = findings.iter().any(|finding| finding.outcome == Outcome::Failed);
    Ok(if failed { EXIT_DIFFERENT } else { 0 })
}

/// What one check found.
#[derive(Debug)]
struct Finding {
    check: Check,
    /// The file, operator or state.
    subject: String,
    bytes: Option<u64>,
    rows: Option<u64>,
    outcome: Outcome,
    detail: String,
}

#[derive(Clone, Copy, Debug)]
enum Check {
    File,
    KeyGroups,
    State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ok,
    /// Something to know that is no failure.
    Note,
    Failed,
}

impl Finding {
    fn ok(check: Check, subject: impl Into<String>) -> Self {
        let (outcome, detail) = (Outcome::Ok, String::new());
        Self { check, subject: subject.into(), bytes: None, rows: None, outcome, detail }
    }

    fn note(self, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Note, detail: detail.into(), ..self }
    }

    fn failed(self, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, detail: detail.into(), ..self }
    }
}

/// Each file that handles name: whether it is there and as long as they say.
async fn files(snapshot: &Snapshot) -> Result<Vec<Finding>> {
    const FILES: &str = "SELECT path, bytes, problem FROM metadata.files WHERE NOT inline ORDER BY path";
    let argument = SnapshotArg { alias: None, snapshot: snapshot.clone() };
    let session = Session::open(&[argument], &SessionOptions::default())?;
    let batches: Vec<RecordBatch> = session.sql(FILES).await?.try_collect().await?;
    let mut findings = Vec::new();
    for batch in &batches {
        let [path, bytes, problem] = batch.columns() else { return Err(Error::bug("metadata.files has other columns")) };
        let (path, bytes) = (path.as_string::<i32>(), bytes.as_primitive::<Int64Type>());
        for (row, problem) in problem.as_string::<i32>().iter().enumerate() {
            let bytes = u64::try_from(bytes.value(row)).ok();
            let finding = Finding { bytes, ..Finding::ok(Check::File, path.value(row)) };
            findings.push(match problem {
                Some(problem) => finding.failed(problem),
                None => finding,
            });
        }
    }
    Ok(findings)
}

fn write(findings: &[Finding], format: Format) -> Result<()> {
    let text = |of: fn(&Finding) -> &str| Arc::new(findings.iter().map(|f| Some(of(f))).collect::<StringArray>());
    let number = |of: fn(&Finding) -> Option<u64>| Arc::new(findings.iter().map(of).collect::<UInt64Array>());
    let batch = RecordBatch::try_from_iter([
        ("check", text(|finding| finding.check.name()) as ArrayRef),
        ("subject", text(|finding| &finding.subject)),
        ("bytes", number(|finding| finding.bytes)),
        ("rows", number(|finding| finding.rows)),
        ("result", text(|finding| finding.outcome.name())),
        ("detail", text(|finding| &finding.detail)),
    ])?;
    let mut target = Target::open(None)?;
    let mut writer = format.writer(&batch.schema(), target.writer())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    target.finish()
}

impl Check {
    fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::KeyGroups => "key_groups",
            Self::State => "state",
        }
    }
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Failed => "failed",
        }
    }
}
