//! The REPL: statements from a person, one after the other.

mod complete;
mod editor;
mod script;

use std::time::Instant;

use flink_state_sql::{Session, SnapshotArg};
use rustyline::error::ReadlineError;

use super::{interruptible, sql};
use crate::error::{Error, Result};
use crate::output::{Format, Target};
use script::quoted;

const HELP: &str = r#"Statements end with ; and may have several lines. Tab completes names.
  \d                    the states of all operators
  \d "operator"         the states of an operator
  \d "operator"."state" the columns of a state
  \h or \?              this help
  \q or Ctrl-D          quit
"#;

/// A line from a person.
enum Input {
    Help,
    Quit,
    Sql(String),
}

/// Asks for statements and runs them, until the person quits.
pub(super) async fn run(session: &Session, snapshots: &[SnapshotArg], format: Format) -> Result<u8> {
    let mut editor = editor::Editor::try_new(snapshots)?;
    eprintln!("{} {}, \\? for help", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    loop {
        // Reading blocks this thread; the runtime has others.
        let line = match tokio::task::block_in_place(|| editor.read()) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(0),
            Err(error) => return Err(Error::bug(format!("the terminal can't be read: {error}"))),
        };
        let outcome = match parse(&line) {
            Ok(Input::Quit) => return Ok(0),
            Ok(Input::Help) => {
                eprint!("{HELP}");
                Ok(())
            }
            Ok(Input::Sql(statements)) => interruptible(run_line(session, &statements, format)).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => {}
            Err(Error::Interrupted) => eprintln!("interrupted"),
            Err(Error::ClosedPipe) => return Ok(0),
            Err(error) if error.is_usage() => error.hint(sql::SQL_HINT).report(),
            Err(error) => error.report(),
        }
    }
}

/// What a line asks for.
fn parse(line: &str) -> Result<Input> {
    let line = line.trim();
    let Some(command) = line.strip_prefix('\\') else { return Ok(Input::Sql(line.to_owned())) };
    let (command, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let argument = argument.trim().trim_end_matches(';');
    match command.trim_end_matches(';') {
        "q" => Ok(Input::Quit),
        "h" | "?" => Ok(Input::Help),
        "d" => Ok(Input::Sql(describe(&script::path(argument)))),
        other => Err(Error::usage(format!("no command \\{other}")).hint("\\? lists the commands")),
    }
}

/// The statement that answers `\d`: the argument is nothing, an operator, or names that lead to a state.
fn describe(path: &[String]) -> String {
    const STATES: &str = "SELECT operator, state, kind, entries, bytes FROM metadata.states";
    match path {
        [] => STATES.to_owned(),
        [operator] => {
            let operator = operator.replace('\'', "''");
            format!("{STATES} WHERE operator = '{operator}' OR operator_id = '{operator}'")
        }
        path => {
            let path: Vec<String> = path.iter().map(|name| quoted(name)).collect();
            format!("DESCRIBE {}", path.join("."))
        }
    }
}

/// Runs the statements of a line.
async fn run_line(session: &Session, statements: &str, format: Format) -> Result<()> {
    for statement in session.parse(statements)? {
        let start = Instant::now();
        let Some(query) = sql::start(session, statement).await? else {
            eprintln!("done in {:.3} s", start.elapsed().as_secs_f64());
            continue;
        };
        let mut target = Target::open(None)?;
        let written = sql::write(query, format, &mut target).await?;
        target.finish()?;
        let rows = if written.rows == 1 { "row" } else { "rows" };
        eprintln!("{} {rows} in {:.3} s", written.rows, start.elapsed().as_secs_f64());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(line: &str) -> String {
        match parse(line) {
            Ok(Input::Sql(statements)) => statements,
            _ => String::new(),
        }
    }

    #[test]
    fn commands_become_statements() {
        assert_eq!(sql(" SELECT 1; "), "SELECT 1;");
        assert!(sql("\\d").ends_with("FROM metadata.states"));
        assert!(sql("\\d \"it's\"").ends_with("WHERE operator = 'it''s' OR operator_id = 'it''s'"));
        assert_eq!(sql("\\d my.\"a.\"\"b\";"), "DESCRIBE \"my\".\"a.\"\"b\"");
        assert!(matches!(parse("\\q"), Ok(Input::Quit)));
        assert!(matches!(parse("\\?"), Ok(Input::Help)));
        assert!(parse("\\x").is_err());
    }
}
