//! The line editor: several lines a statement, history, completion.

use std::path::PathBuf;

use flink_state_sql::SnapshotArg;
use rustyline::completion::Completer;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Helper, Highlighter, Hinter};

use super::complete::Names;
use super::script;
use crate::error::{Error, Result};

const PROMPT: &str = "flink-state> ";

/// Reads statements and keeps their history.
pub(super) struct Editor {
    editor: rustyline::Editor<SqlHelper, DefaultHistory>,
    history: Option<PathBuf>,
}

impl Editor {
    pub(super) fn try_new(snapshots: &[SnapshotArg]) -> Result<Self> {
        let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
        let mut editor = rustyline::Editor::with_config(config).map_err(|e| {
            Error::usage(format!("there is no terminal to ask: {e}")).hint("give statements with -c or -f")
        })?;
        editor.set_helper(Some(SqlHelper(Names::new(snapshots))));
        let history = history_file();
        if let Some(file) = &history {
            // A first run has none, and one that can't be read is no reason to refuse work.
            let _ = editor.load_history(file);
        }
        Ok(Self { editor, history })
    }

    /// The next statement or command.
    pub(super) fn read(&mut self) -> rustyline::Result<String> {
        self.editor.readline(PROMPT)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if let Some(file) = &self.history
            && file.parent().is_some_and(|directory| std::fs::create_dir_all(directory).is_ok())
        {
            // There is nobody left to tell.
            let _ = self.editor.save_history(file);
        }
    }
}

/// `$XDG_DATA_HOME/flink-state/history`.
fn history_file() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(std::env::home_dir()?.join(".local/share")))?;
    Some(data.join("flink-state").join("history"))
}

#[derive(Helper, Highlighter, Hinter)]
struct SqlHelper(Names);

impl Validator for SqlHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let input = context.input();
        let complete = input.trim_start().starts_with('\\') || script::is_complete(input);
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for SqlHelper {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.0.complete(line.get(..position).unwrap_or(line)))
    }
}
