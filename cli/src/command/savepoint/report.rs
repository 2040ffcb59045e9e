//! What was done, or would be: for people and as JSON.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use flink_state_reader::Snapshot;
use flink_state_sql::rewrite::{OperatorAction, OperatorSummary, RewriteOptions, StateAction, StateSummary};
use flink_state_writer::savepoint::Manifest;
use serde_json::{Value, json};

use crate::args::{ReportFormat, Target};
use crate::error::{Error, Result, one_line};
use crate::output::Grid;
use crate::size::human;

/// A savepoint that was written, or that could be.
pub(super) struct Report<'a> {
    directory: PathBuf,
    is_written: bool,
    operators: &'a [OperatorSummary],
    manifest: &'a Manifest,
    /// Rows that were written, by operator ID and state.
    rows: HashMap<(&'a str, &'a str), u64>,
    warnings: Vec<String>,
}

/// Rows of a state before and after, as far as they were counted.
struct Rows {
    before: Option<u64>,
    changed: Option<u64>,
    added: Option<u64>,
    deleted: Option<u64>,
    after: Option<u64>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        target: &Target,
        operators: &'a [OperatorSummary],
        manifest: &'a Manifest,
        source: Option<&Snapshot>,
        options: &RewriteOptions,
    ) -> Result<Self> {
        let directory =
            std::path::absolute(&target.to).map_err(|e| Error::file("name the directory", &target.to, &e))?;
        let states = manifest.operators.iter().flat_map(|operator| {
            operator.states.iter().map(|state| ((operator.id.as_str(), state.name.as_str()), state.rows))
        });
        Ok(Self {
            directory,
            is_written: !target.dry_run,
            operators,
            manifest,
            rows: states.collect(),
            warnings: warnings(source, options),
        })
    }

    /// Prints it; warnings go to stderr unless they are a part of the JSON.
    pub(super) fn print(&self, format: ReportFormat) -> Result<()> {
        let mut out = std::io::stdout();
        match format {
            ReportFormat::Json => Ok(writeln!(out, "{:#}", self.json())?),
            ReportFormat::Table => {
                self.table().write(&mut out)?;
                self.conclusion(&mut out)?;
                self.warnings.iter().for_each(|warning| eprintln!("warning: {}", one_line(warning)));
                Ok(())
            }
        }
    }

    fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    fn rows(&self, operator: &OperatorSummary, state: &StateSummary) -> Rows {
        if let Some(rows) = state.rows {
            let after = (state.action != StateAction::Dropped).then(|| rows.target());
            let (before, changed) = (Some(rows.source), Some(rows.changed));
            return Rows { before, changed, added: Some(rows.added), deleted: Some(rows.deleted), after };
        }
        // What is carried has as many rows as before.
        let name = state.renamed.as_deref().unwrap_or(&state.state);
        let after = self.rows.get(&(operator.id.as_str(), name)).copied();
        let unchanged = after.map(|_| 0);
        Rows { before: after, changed: unchanged, added: unchanged, deleted: unchanged, after }
    }

    fn table(&self) -> Grid {
        let numbers = ["rows before", "changed", "added", "deleted", "rows after"];
        let columns = ["operator", "state", "action"].map(|name| (name, false));
        let mut grid = Grid::new(columns.into_iter().chain(numbers.map(|name| (name, true))));
        for operator in self.operators {
            let name = renamed(&operator.operator, operator.renamed.as_deref());
            if operator.states.is_empty()
                || matches!(operator.action, OperatorAction::Carried | OperatorAction::Dropped)
            {
                let cells = [name, String::new(), text(operator.action)];
                grid.push(cells.into_iter().chain(numbers.map(|_| String::new())));
                continue;
            }
            for state in &operator.states {
                let rows = self.rows(operator, state);
                let numbers = [rows.before, rows.changed, rows.added, rows.deleted, rows.after];
                let cells = [name.clone(), renamed(&state.state, state.renamed.as_deref()), text(state.action)];
                let numbers = numbers.map(|number| number.map_or_else(String::new, |number| number.to_string()));
                grid.push(cells.into_iter().chain(numbers));
            }
        }
        grid
    }

    /// Where it is, how large it is, and how a job is started from it.
    fn conclusion(&self, out: &mut dyn Write) -> Result<()> {
        let files = match self.manifest.files.len() {
            1 => "1 data file".to_owned(),
            count => format!("{count} data files"),
        };
        let size = format!("{files}, {}, _metadata version {}", human(self.bytes()), self.manifest.metadata_version);
        let directory = one_line(&self.directory.to_string_lossy());
        if self.is_written {
            writeln!(out, "wrote {directory}: {size}")?;
            writeln!(out, "restore it with: {}", one_line(&self.restore_command()))?;
        } else {
            writeln!(out, "nothing was written: {directory} would have {size}")?;
        }
        // Of what is carried, Flink checks the same as before.
        let shown = |operator: &&OperatorSummary| !self.is_written || operator.action != OperatorAction::Carried;
        let checks = self.operators.iter().filter(shown).flat_map(|operator| &operator.restore_checks);
        for (index, check) in checks.enumerate() {
            if index == 0 {
                writeln!(out, "what Flink checks then:")?;
            }
            writeln!(out, "  {}", one_line(check))?;
        }
        Ok(())
    }

    fn restore_command(&self) -> String {
        format!("flink run -s {} JOB.jar", shell_word(&self.directory.to_string_lossy()))
    }

    /// One object, as `docs/json.md` describes it.
    fn json(&self) -> Value {
        let operators = self.operators.iter().map(|operator| {
            let states = operator.states.iter().map(|state| {
                let rows = self.rows(operator, state);
                json!({
                    "state": state.state,
                    "renamed_to": state.renamed,
                    "kind": state.kind,
                    "action": state.action,
                    "rows_before": rows.before,
                    "changed": rows.changed,
                    "added": rows.added,
                    "deleted": rows.deleted,
                    "rows_after": rows.after,
                })
            });
            json!({
                "operator": operator.operator,
                "operator_id": operator.id,
                "renamed_to": operator.renamed,
                "action": operator.action,
                "max_parallelism": operator.max_parallelism,
                "old_max_parallelism": operator.old_max_parallelism,
                "states": states.collect::<Vec<_>>(),
                "restore_checks": operator.restore_checks,
            })
        });
        json!({
            "target": self.directory.to_string_lossy(),
            "written": self.is_written,
            "source": self.manifest.source.as_ref().map(|source| &source.location),
            "statements": self.manifest.statements,
            "flink_version": self.manifest.flink_version,
            "metadata_version": self.manifest.metadata_version,
            "checkpoint_id": self.manifest.checkpoint_id,
            "files": self.manifest.files.len(),
            "bytes": self.bytes(),
            "operators": operators.collect::<Vec<_>>(),
            "warnings": self.warnings,
            "restore_command": self.is_written.then(|| self.restore_command()),
        })
    }
}

/// What the target lacks, and what it needs.
fn warnings(source: Option<&Snapshot>, options: &RewriteOptions) -> Vec<String> {
    let mut warnings = Vec::new();
    let in_flight = source.map_or(0, bytes_in_flight);
    if options.drop_in_flight && in_flight > 0 {
        warnings.push(format!("{in_flight} bytes of records in flight are left out: no job will process them"));
    }
    if let (true, Some(source)) = (options.reference, source) {
        warnings.push(format!("the savepoint needs the files of {}: keep them where they are", source.location()));
    }
    warnings
}

/// Bytes of records that were between operators when the checkpoint was taken.
fn bytes_in_flight(source: &Snapshot) -> u64 {
    let subtasks = source.metadata().operators.iter().flat_map(|operator| &operator.subtasks);
    let states = subtasks.filter_map(|subtask| subtask.state.as_ref());
    let channels = states.flat_map(|state| state.input_channels.iter().chain(&state.output_channels));
    channels.map(|handle| handle.size()).sum()
}

fn renamed(name: &str, to: Option<&str>) -> String {
    to.map_or_else(|| name.to_owned(), |to| format!("{name} → {to}"))
}

/// An action as its JSON says it.
fn text(action: impl serde::Serialize) -> String {
    match json!(action) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A path as a shell takes it for one word.
fn shell_word(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=~".contains(c);
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(shell_word("/data/savepoint-1_a.b"), "/data/savepoint-1_a.b");
        assert_eq!(shell_word("/my data/it's"), r"'/my data/it'\''s'");
        assert_eq!(shell_word("/a$b"), "'/a$b'");
    }
}
