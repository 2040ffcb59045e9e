//! What the commands that write a savepoint have in common.

mod report;

use std::path::Path;

use flink_state_reader::Snapshot;
use flink_state_sql::Session;
use flink_state_sql::rewrite::{OperatorAction, Rewrite, RewriteOptions, RewritePlan};
use flink_state_sql::statement::ScriptStatement;

use super::script::Script;
use super::sql::SQL_HINT;
use crate::args::Target;
use crate::error::{Error, Result};
use crate::progress::Steps;
use report::Report;

/// A script and what it runs on.
pub(super) struct Job<'a> {
    pub(super) session: &'a Session,
    pub(super) source: Option<&'a Snapshot>,
    pub(super) script: &'a Script,
    pub(super) statements: Vec<ScriptStatement>,
    pub(super) options: RewriteOptions,
}

impl Job<'_> {
    /// Runs the statements, writes the savepoint and tells what it did.
    pub(super) async fn run(self, target: &Target) -> Result<u8> {
        let steps = Steps::new(self.statements.len() + 1);
        let mut rewrite = Rewrite::start(self.session, self.source, &self.options).await.map_err(Error::from)?;
        for statement in &self.statements {
            steps.start(statement.number, &statement.text);
            rewrite.run(&statement.statement).await.map_err(|e| {
                let e = Error::from(e).within(&statement.to_string()).within(&self.script.origin);
                if e.is_usage() { e.hint(SQL_HINT) } else { e }
            })?;
        }
        steps.start(self.statements.len() + 1, "checking what was changed");
        let plan = rewrite.finish().await.map_err(Error::from)?;
        let is_carried = |action| action == OperatorAction::Carried;
        if plan.summary().iter().all(|operator| is_carried(operator.action)) {
            let (message, hint) = match self.source {
                Some(_) => ("nothing changes", "--no-change writes the same state as a new savepoint"),
                None => ("the script makes no operator", "CREATE OPERATOR makes one, then CREATE STATE its states"),
            };
            return Err(Error::usage(message).at(&self.script.origin).hint(hint));
        }
        write(plan, self.source, &self.options, target, &steps).await
    }
}

/// Writes a savepoint, or does all but that, and tells what it did.
pub(super) async fn write(
    plan: RewritePlan,
    source: Option<&Snapshot>,
    options: &RewriteOptions,
    target: &Target,
    steps: &Steps,
) -> Result<u8> {
    let operators = plan.summary().to_vec();
    let manifest = if target.dry_run {
        steps.last("checking what would be written");
        plan.dry_run(&target.to).await
    } else {
        steps.last("writing the savepoint");
        plan.write(&target.to).await
    };
    let manifest = manifest.map_err(|e| Error::from(e).at(target.to.display()))?;
    Report::new(target, &operators, &manifest, source, options)?.print(target.format)?;
    Ok(0)
}

/// Refuses a target before work is done for it.
pub(super) fn check_target(target: &Target) -> Result<()> {
    let to = target.to.as_path();
    if let Some((scheme, _)) = to.to_str().and_then(|to| to.split_once("://")) {
        let error = Error::unsupported(format!("a savepoint can't be written to {scheme}: yet")).at(to.display());
        return Err(error.hint("write it to a local directory and copy that as a whole"));
    }
    if to.symlink_metadata().is_ok() {
        let error = Error::usage("the directory to write to is there already").at(to.display());
        return Err(error.hint("give a new one with --to"));
    }
    if target.dry_run {
        return Ok(());
    }
    let ancestors = std::path::absolute(to).map_err(|e| Error::file("write to the directory", to, &e))?;
    let parent = ancestors.ancestors().skip(1).find(|parent| parent.exists()).unwrap_or(Path::new("/"));
    let failed = |e: std::io::Error| Error::file("write to the directory", parent, &e.kind().into());
    tempfile::tempfile_in(parent).map(drop).map_err(failed)
}
