//! `flink-state rewrite`: a savepoint with what statements change.

use flink_state_reader::Snapshot;
use flink_state_reader::types::KryoVersion;
use flink_state_sql::rewrite::RewriteOptions;
use flink_state_sql::{Session, SessionOptions};
use flink_state_writer::savepoint::FlinkVersion;

use super::savepoint::{Job, check_target};
use super::script::Script;
use super::snapshots::open_aliased;
use super::{convert, interruptible};
use crate::args::{Convert, Rewrite};
use crate::error::{Error, Result};

/// Rewrites a snapshot.
pub(crate) async fn rewrite(arguments: Rewrite) -> Result<u8> {
    if arguments.no_change {
        return convert(unchanged(arguments)?).await;
    }
    interruptible(run(arguments)).await
}

async fn run(arguments: Rewrite) -> Result<u8> {
    let given = Script::of(arguments.script.command.as_deref(), arguments.script.file.as_deref())?;
    let script = match given {
        Some(script) => script,
        None if arguments.max_parallelism.is_some() => Script::none(),
        None => {
            let error = Error::usage("there are no statements");
            return Err(error.hint("give them with -c or -f, or --no-change to write the same state anew"));
        }
    };
    check_target(&arguments.target)?;
    let snapshots = open_aliased(&arguments.snapshots, &arguments.opening).await?;
    let Some(source) = snapshots.first().map(|argument| argument.snapshot.clone()) else {
        return Err(Error::bug("no snapshot was opened"));
    };
    let options = SessionOptions { memory_limit: arguments.target.memory.bytes(), ..SessionOptions::default() };
    let session = Session::open(&snapshots, &options).map_err(|e| {
        Error::from(e)
            .at(arguments.snapshots.join(" "))
            .hint("write each snapshot as alias=PATH, with different aliases")
    })?;
    let statements = script.parse(kryo(arguments.flink_version, Some(&source)))?;
    let options = RewriteOptions {
        flink_version: arguments.flink_version,
        max_parallelism: arguments.max_parallelism,
        reference: arguments.reference,
        drop_in_flight: arguments.drop_in_flight,
        script: statements.iter().map(|statement| statement.text.clone()).collect(),
    };
    let job = Job { session: &session, source: Some(&source), script: &script, statements, options };
    job.run(&arguments.target).await
}

/// The release of Kryo that a Flink release has; by default that of the source.
pub(super) fn kryo(flink: Option<FlinkVersion>, source: Option<&Snapshot>) -> KryoVersion {
    match (flink, source) {
        (Some(flink), _) if flink.major < 2 => KryoVersion::V2,
        (None, Some(source)) => source.kryo(),
        _ => KryoVersion::V5,
    }
}

fn unchanged(arguments: Rewrite) -> Result<Convert> {
    let mut snapshots = arguments.snapshots.into_iter();
    let (Some(snapshot), None) = (snapshots.next(), snapshots.next()) else {
        return Err(Error::usage("--no-change takes one snapshot"));
    };
    let Rewrite { target, flink_version, drop_in_flight, opening, .. } = arguments;
    Ok(Convert { snapshot, target, flink_version, drop_in_flight, opening })
}
