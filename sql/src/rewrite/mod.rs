//! Scripts that change state: statements to the plan of a savepoint.
//!
//! ```text
//! statement -> DataFusion's plan -> new rows, or rows to delete -> staged rows with their entries -> writer's Plan
//! ```
//! Each statement sees what those before it have done: the session shows staged rows in place of the state's. Rows that
//! no statement assigns a value to keep the bytes that the source has for them, states that no statement changes keep
//! their entries, and operators that no statement touches keep their files.
//!
//! The rows of a state that is changed lie in temporary files, decoded and as bytes; statements stream through them, and
//! what has to be sorted is sorted by DataFusion within the memory limit of the session.

mod cast;
mod convert;
mod create;
mod definition;
mod dml;
mod encode;
mod entries;
mod finish;
mod hashes;
mod numbered;
mod paths;
mod restore;
mod rows;
mod source;
mod spill;
mod stage;
mod summary;
mod table;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod views;

use std::path::Path;

use datafusion::logical_expr::{DdlStatement, LogicalPlan};
use flink_state_reader::Snapshot;
use flink_state_writer::savepoint::{self, FlinkVersion, Manifest, Plan};

pub use convert::convert;
pub use summary::{OperatorAction, OperatorSummary, RowCounts, StateAction, StateSummary};

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::statement::Statement;
use stage::Stage;
use views::Views;

/// How a script is run and what its savepoint is for.
#[derive(Clone, Debug, Default)]
pub struct RewriteOptions {
    /// The release that is to restore it; by default the one that wrote the source, and all later ones.
    pub flink_version: Option<FlinkVersion>,
    /// Number of key groups, as `SET max_parallelism` before the first statement.
    pub max_parallelism: Option<u32>,
    /// Carried operators refer to the files of the source.
    pub reference: bool,
    /// Records in flight are left out. They are lost then.
    pub drop_in_flight: bool,
    /// The statements as the manifest shows them.
    pub script: Vec<String>,
}

/// A savepoint to be written. It holds temporary files until it is dropped.
#[derive(Debug)]
pub struct RewritePlan {
    plan: Plan,
    options: savepoint::Options,
    operators: Vec<OperatorSummary>,
}

/// A script while it runs. Nothing is written; the session shows what its statements have done.
pub struct Rewrite<'a> {
    stage: Stage<'a>,
    views: Views,
    options: &'a RewriteOptions,
}

impl<'a> Rewrite<'a> {
    /// Starts a script.
    ///
    /// `source` is the first snapshot of the session; without one the savepoint is made from nothing, in a session of
    /// [`Session::bootstrap`].
    ///
    /// # Errors
    /// A number of key groups that the source can't have.
    pub async fn start(
        session: &'a Session,
        source: Option<&'a Snapshot>,
        options: &'a RewriteOptions,
    ) -> Result<Self> {
        let mut stage = Stage::new(session, source, options)?;
        if let Some(max) = options.max_parallelism {
            stage.set_max_parallelism(max).await?;
        }
        Ok(Self { stage, views: Views::default(), options })
    }

    /// Runs the next statement.
    ///
    /// # Errors
    /// What it has wrong; rows that can't be written; a state that can't be read as a whole; a duplicate key.
    pub async fn run(&mut self, statement: &Statement) -> Result<()> {
        run(&mut self.stage, &mut self.views, statement).await
    }

    /// What is to be written.
    ///
    /// # Errors
    /// States of an operator that don't go together.
    pub async fn finish(self) -> Result<RewritePlan> {
        let (plan, operators) = self.stage.finish().await?;
        Ok(RewritePlan { plan, options: self.options.for_writer(), operators })
    }
}

impl RewriteOptions {
    fn for_writer(&self) -> savepoint::Options {
        savepoint::Options {
            flink_version: self.flink_version,
            reference: self.reference,
            drop_channel_state: self.drop_in_flight,
            statements: self.script.clone(),
            ..savepoint::Options::default()
        }
    }
}

/// Runs a script as a whole, see [`Rewrite`].
///
/// # Errors
/// As [`Rewrite`] has them, with the number of the statement.
pub async fn plan(
    session: &Session,
    source: Option<&Snapshot>,
    statements: &[Statement],
    options: RewriteOptions,
) -> Result<RewritePlan> {
    let mut rewrite = Rewrite::start(session, source, &options).await?;
    for (number, statement) in (1..).zip(statements) {
        rewrite.run(statement).await.map_err(|e| e.with_place(&format!("statement {number}")))?;
    }
    rewrite.finish().await
}

async fn run(stage: &mut Stage<'_>, views: &mut Views, statement: &Statement) -> Result<()> {
    match statement {
        Statement::Sql(sql) => return run_sql(stage.session, views, sql).await,
        Statement::Update(sql) | Statement::Delete(sql) | Statement::Insert(sql) => dml::execute(stage, sql).await?,
        Statement::DropState { operator, state } => stage.drop_state(operator, state).await?,
        Statement::RenameState { operator, state, to } => stage.rename_state(operator, state, to).await?,
        Statement::DropOperator { operator } => stage.drop_operator(operator)?,
        Statement::RenameOperator { operator, to } => stage.rename_operator(operator, to)?,
        Statement::SetMaxParallelism(max) => stage.set_max_parallelism(*max).await?,
        Statement::SetKeyHash { operator, convention } => return stage.set_key_hash(operator, convention).await,
        Statement::CreateOperator { uid, parallelism, max_parallelism } => {
            create::operator(stage, uid, *parallelism, *max_parallelism)?;
        }
        Statement::CreateState { .. } => create::state(stage, statement).await?,
    }
    views.refresh(stage.session).await
}

/// Runs a statement that changes no state: tables and views to read from.
async fn run_sql(session: &Session, views: &mut Views, sql: &str) -> Result<()> {
    use DdlStatement::{CreateExternalTable, CreateView, DropTable, DropView};
    let statement = session.parse_one(sql)?;
    match session.plan(statement.clone()).await? {
        LogicalPlan::Ddl(CreateView(view)) => {
            views.add(view.name, statement.clone());
            session.execute(statement).await
        }
        LogicalPlan::Ddl(DropView(view)) => {
            views.remove(&view.name);
            session.execute(statement).await
        }
        LogicalPlan::Ddl(CreateExternalTable(_) | DropTable(_)) | LogicalPlan::Statement(_) => {
            session.execute(statement).await
        }
        LogicalPlan::Ddl(_) => Err(Error::new(ErrorKind::Unsupported, "the statement has no place in a script")
            .with_hint(Some("CREATE VIEW and CREATE EXTERNAL TABLE give queries more to read from".to_owned()))),
        _ => Err(Error::usage("a script changes state: a statement that gives rows has no place in it")
            .with_hint(Some("run queries with flink-state sql".to_owned()))),
    }
}

impl RewritePlan {
    /// What becomes of each operator, in the order of the source.
    pub fn summary(&self) -> &[OperatorSummary] {
        &self.operators
    }

    /// Checks everything that can be checked without writing, and gives what the manifest would say.
    ///
    /// # Errors
    /// As [`Self::write`], as far as that can be known.
    pub async fn dry_run(&self, directory: &Path) -> Result<Manifest> {
        Ok(savepoint::dry_run(&self.plan, directory, &self.options).await?)
    }

    /// Writes the savepoint to a new directory.
    ///
    /// # Errors
    /// A directory that is there; what the target release can't read; a failed write. Nothing is left then.
    pub async fn write(self, directory: &Path) -> Result<Manifest> {
        Ok(savepoint::write(&self.plan, directory, &self.options).await?)
    }
}
