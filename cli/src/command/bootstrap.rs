//! `flink-state bootstrap`: a savepoint for a new job.

use flink_state_sql::rewrite::RewriteOptions;
use flink_state_sql::{Session, SessionOptions};

use super::interruptible;
use super::rewrite::kryo;
use super::savepoint::{Job, check_target};
use super::script::Script;
use super::snapshots::open_aliased;
use crate::args::Bootstrap;
use crate::error::{Error, Result};

/// Makes a savepoint from nothing.
pub(crate) async fn bootstrap(arguments: Bootstrap) -> Result<u8> {
    interruptible(run(arguments)).await
}

async fn run(arguments: Bootstrap) -> Result<u8> {
    let given = Script::of(arguments.script.command.as_deref(), arguments.script.file.as_deref())?;
    let Some(script) = given else {
        return Err(Error::usage("there are no statements").hint("give them with -c or -f"));
    };
    check_target(&arguments.target)?;
    let snapshots = open_aliased(&arguments.snapshots, &arguments.opening).await?;
    let options = SessionOptions { memory_limit: arguments.target.memory.bytes(), ..SessionOptions::default() };
    let session = Session::bootstrap(&snapshots, &options).map_err(|e| {
        Error::from(e)
            .at(arguments.snapshots.join(" "))
            .hint("write each snapshot as alias=PATH, with different aliases")
    })?;
    let flink_version = Some(arguments.flink_version);
    let statements = script.parse(kryo(flink_version, None))?;
    let options = RewriteOptions {
        flink_version,
        max_parallelism: Some(arguments.max_parallelism),
        script: statements.iter().map(|statement| statement.text.clone()).collect(),
        ..RewriteOptions::default()
    };
    Job { session: &session, source: None, script: &script, statements, options }.run(&arguments.target).await
}
