//! `flink-state verify`: whether a snapshot is whole.

use std::io::Write;

use flink_state_sql::verify::{Finding, Outcome, Verification};
use serde_json::{Value, json};

use super::{interruptible, open};
use crate::args::{ReportFormat, Verify};
use crate::error::{EXIT_DIFFERENT, Result};
use crate::output::Grid;
use crate::progress::Progress;
use crate::size::{count, human};

/// Checks a snapshot.
pub(crate) async fn verify(arguments: Verify) -> Result<u8> {
    let verification = interruptible(async {
        let snapshot = open(&arguments.snapshot, &arguments.opening).await?;
        let mut progress = Progress::new(0);
        let mut set = |done, total| progress.set(done, total);
        Ok(flink_state_sql::verify::verify(&snapshot, arguments.deep, &mut set).await?)
    });
    let verification = verification.await?;
    let mut out = std::io::stdout();
    match arguments.format {
        ReportFormat::Table => table(&verification, arguments.deep, &mut out)?,
        ReportFormat::Json => writeln!(out, "{:#}", report(&arguments.snapshot, &verification))?,
    }
    Ok(if verification.has_failed() { EXIT_DIFFERENT } else { 0 })
}

fn table(verification: &Verification, deep: bool, out: &mut (dyn Write + Send)) -> Result<()> {
    let columns = [("check", false), ("operator", false), ("subject", false), ("rows", true), ("bytes", true)];
    let mut grid = Grid::new(columns.into_iter().chain([("result", false), ("detail", false)]));
    for Finding { check, operator, subject, rows, bytes, outcome, detail } in &verification.findings {
        grid.push([
            check.to_string(),
            operator.clone().unwrap_or_default(),
            subject.clone(),
            rows.map(|rows| rows.to_string()).unwrap_or_default(),
            bytes.map(human).unwrap_or_default(),
            outcome.to_string(),
            detail.clone(),
        ]);
    }
    if !verification.findings.is_empty() {
        grid.write(out)?;
    }
    Ok(writeln!(out, "{}", summary(verification, deep))?)
}

/// One line of what came of it, and of how much was looked at.
fn summary(verification: &Verification, deep: bool) -> String {
    let Verification { operators, states, rows, bytes, .. } = verification;
    let with = |wanted| verification.findings.iter().filter(|finding| finding.outcome == wanted).count();
    let result = match (with(Outcome::Failed), with(Outcome::NotVerified)) {
        (0, 0) => "ok".to_owned(),
        (0, not_verified) => format!("ok, {not_verified} not verified"),
        (failed, 0) => format!("{failed} failed"),
        (failed, not_verified) => format!("{failed} failed, {not_verified} not verified"),
    };
    let read = if deep { format!(", {}, {}", count(*states, "state"), count(*rows, "row")) } else { String::new() };
    format!("{result}: {}{read}, {} in files", count(*operators, "operator"), human(*bytes))
}

/// One object, as `docs/json.md` describes it.
fn report(location: &str, verification: &Verification) -> Value {
    let findings = verification.findings.iter().map(|finding| {
        json!({
            "check": finding.check.to_string(),
            "operator": finding.operator,
            "subject": finding.subject,
            "rows": finding.rows,
            "bytes": finding.bytes,
            "result": finding.outcome.to_string(),
            "detail": finding.detail,
        })
    });
    json!({
        "location": location,
        "failed": verification.has_failed(),
        "operators": verification.operators,
        "states": verification.states,
        "rows": verification.rows,
        "bytes": verification.bytes,
        "findings": findings.collect::<Vec<_>>(),
    })
}
