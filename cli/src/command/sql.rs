//! `flink-state sql`.

use std::io::{IsTerminal, Read};
use std::path::Path;

use flink_state_sql::{Query, Session, SessionOptions, SnapshotArg};
use futures::{StreamExt, TryStreamExt, future};

use super::{interruptible, open, repl, warnings};
use crate::args::{Sql, Uids};
use crate::error::{EXIT_DATA, Error, Result};
use crate::output::{Format, Target};

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
    let snapshots = interruptible(open_all(&arguments.snapshots, &arguments.uids)).await?;
    let session = Session::open(&snapshots, &SessionOptions::default())?;
    match script {
        Some(script) => interruptible(run(&session, &script, format, output)).await,
        None => repl::run(&session, &snapshots, format).await,
    }
}

/// The statements to run; `None` when a person is to be asked for them.
fn script(arguments: &Sql) -> Result<Option<String>> {
    if let Some(command) = &arguments.command {
        return Ok(Some(command.clone()));
    }
    if let Some(file) = &arguments.file {
        let script = std::fs::read_to_string(file).map_err(|e| Error::file("read the statements", file, &e))?;
        return Ok(Some(script));
    }
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut script = String::new();
    let read = std::io::stdin().read_to_string(&mut script);
    read.map_err(|e| Error::file("read the statements", Path::new("stdin"), &e))?;
    Ok(Some(script))
}

async fn open_all(arguments: &[String], uids: &Uids) -> Result<Vec<SnapshotArg>> {
    let opening = arguments.iter().map(|argument| async {
        let (alias, location) = split_alias(argument);
        Ok(SnapshotArg { alias: alias.map(str::to_owned), snapshot: open(location, uids).await? })
    });
    future::try_join_all(opening).await
}

/// `alias=PATH`; a path that starts with such a thing is written as `./alias=…`.
fn split_alias(argument: &str) -> (Option<&str>, &str) {
    let is_name = |alias: &str| alias.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match argument.split_once('=') {
        Some((alias, location)) if is_name(alias) => (Some(alias), location),
        _ => (None, argument),
    }
}

/// Runs a script and writes its results one behind the other.
async fn run(session: &Session, script: &str, format: Format, output: Option<&Path>) -> Result<u8> {
    let statements = session.parse(script)?;
    if statements.is_empty() {
        return Err(Error::usage("there is no statement"));
    }
    let mut target = Target::open(output)?;
    let mut results = 0;
    let mut complete = true;
    for statement in statements {
        let mut query = session.run(statement).await?;
        if !has_rows(&mut query).await? {
            continue;
        }
        results += 1;
        if results > 1 && format.is_binary() {
            return Err(
                Error::usage("this format holds the result of one statement").hint("run the others on their own")
            );
        }
        complete &= write(query, format, &mut target).await?.complete;
        target.writer().flush()?;
    }
    target.finish()?;
    Ok(if complete { 0 } else { EXIT_DATA })
}

/// Whether a statement has a result; one that has none is run to its end.
pub(super) async fn has_rows(query: &mut Query) -> Result<bool> {
    let has_rows = !query.schema().fields().is_empty();
    while !has_rows && query.try_next().await?.is_some() {}
    Ok(has_rows)
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
    // Nothing is written before the first batch is there: until then the statement may still fail.
    let mut next = query.next().await.transpose()?;
    let mut writer = format.writer(&schema, target.writer())?;
    let mut rows = 0;
    while let Some(batch) = next {
        rows += batch.num_rows();
        writer.write(&batch)?;
        next = query.next().await.transpose()?;
    }
    writer.finish()?;
    drop(writer);
    let gaps = query.gaps();
    target.writer().flush()?;
    warnings::print(&gaps);
    Ok(Written { rows, complete: gaps.is_empty() })
}
