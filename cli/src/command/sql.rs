//! `flink-state sql`.

use std::io::IsTerminal;
use std::path::Path;

use flink_state_sql::{Query, Session, SessionOptions, Statement};
use futures::{StreamExt, TryStreamExt};

use super::script::Script;
use super::snapshots::open_aliased;
use super::warnings::Warnings;
use super::{interruptible, repl};
use crate::args::Sql;
use crate::error::{EXIT_DATA, Error, Result, one_line};
use crate::output::{Format, Target};
use crate::progress::Progress;

/// Characters of a statement that an error shows.
const EXCERPT: usize = 100;
/// What helps with most statements that don't run.
pub(super) const SQL_HINT: &str =
    "the SQL is that of Apache DataFusion; DESCRIBE tells the columns of a table and their types";

/// Runs statements, or asks for them.
pub(crate) async fn sql(arguments: Sql) -> Result<u8> {
    let output = arguments.output.as_deref();
    let format = arguments.format.or_else(|| output.and_then(Format::of_file)).unwrap_or(Format::Table);
    let script = script(&arguments)?;
    if script.is_some() {
        format.check_target(output)?;
    } else if output.is_some() || format.is_binary() {
        return Err(Error::usage("--output and binary formats need statements").hint("give them with -c or -f"));
    }
    let snapshots = interruptible(open_aliased(&arguments.snapshots, &arguments.opening)).await?;
    let options = SessionOptions { memory_limit: arguments.memory.bytes(), ..SessionOptions::default() };
    let session = Session::open(&snapshots, &options).map_err(|e| {
        Error::from(e)
            .at(arguments.snapshots.join(" "))
            .hint("write each snapshot as alias=PATH, with different aliases")
    })?;
    match script {
        Some(script) => interruptible(run(&session, &script, format, output)).await,
        None => repl::run(&session, &snapshots, format).await,
    }
}

/// The statements to run; `None` when a person is to be asked for them.
fn script(arguments: &Sql) -> Result<Option<Script>> {
    match Script::of(arguments.command.as_deref(), arguments.file.as_deref())? {
        None if std::io::stdin().is_terminal() => Ok(None),
        None => Script::of_stdin().map(Some),
        given => Ok(given),
    }
}

/// Runs a script and writes its results one behind the other.
async fn run(session: &Session, script: &Script, format: Format, output: Option<&Path>) -> Result<u8> {
    let statements = session.parse(&script.text).map_err(|e| {
        let hint = "names that are not plain words stand in double quotes: \"my-uid\".\"my-state\"";
        Error::from(e).at(&script.origin).hint(hint)
    })?;
    if statements.is_empty() {
        let error = Error::usage("there is no statement").at(&script.origin);
        return Err(error.hint("'SELECT * FROM metadata.states' lists the states"));
    }
    let mut target = Target::open(output)?;
    let mut results = 0;
    let mut complete = true;
    for statement in statements {
        let place = place(&statement);
        let locate = |e: Error| {
            let e = e.at(&place);
            if e.is_usage() { e.hint(SQL_HINT) } else { e }
        };
        let Some(query) = start(session, statement).await.map_err(locate)? else { continue };
        if format.is_binary() && results > 0 {
            let error = Error::usage("this format holds the result of one statement").at(&place);
            return Err(error.hint("run the statements one by one"));
        }
        results += 1;
        complete &= write(query, format, &mut target).await.map_err(locate)?.complete;
    }
    target.finish()?;
    Ok(if complete { 0 } else { EXIT_DATA })
}

/// A statement as the place of an error.
fn place(statement: &Statement) -> String {
    let text = one_line(&statement.to_string());
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("statement {}…", text.get(..end).unwrap_or_default()),
        None => format!("statement {text}"),
    }
}

/// Starts a statement. One that has no result is run to its end, and gives `None`.
pub(super) async fn start(session: &Session, statement: Statement) -> Result<Option<Query>> {
    let mut query = session.run(statement).await?;
    if !query.schema().fields().is_empty() {
        return Ok(Some(query));
    }
    while query.try_next().await?.is_some() {}
    Ok(None)
}

/// What was written.
pub(super) struct Written {
    pub(super) rows: usize,
    /// Whether the result has all that the snapshot has.
    pub(super) complete: bool,
}

/// Writes the result of a query, then tells on stderr what it lacks.
pub(super) async fn write(mut query: Query, format: Format, target: &mut Target) -> Result<Written> {
    let schema = query.schema();
    let scans = query.progress();
    let mut progress = Progress::new(0);
    // Nothing is written before the first batch is there: until then the statement may still fail.
    let mut next = progress.during(query.next(), || scans.bytes()).await.transpose()?;
    let mut writer = format.writer(&schema, target.writer())?;
    let mut rows = 0;
    while let Some(batch) = next {
        rows += batch.num_rows();
        progress.suspend(|| writer.write(&batch))?;
        next = progress.during(query.next(), || scans.bytes()).await.transpose()?;
    }
    drop(progress);
    writer.finish()?;
    drop(writer);
    target.writer().flush()?;
    let warnings = Warnings::of_query(query.gaps());
    warnings.print();
    Ok(Written { rows, complete: warnings.is_complete() })
}
