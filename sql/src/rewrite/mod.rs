//! Scripts that change state: statements to the plan of a savepoint.
//!
//! ```text
//! statement -> DataFusion's plan -> new rows, or rows to delete -> staged rows with their entries -> writer's Plan
//! ```
//! Each statement sees what those before it have done: the session shows staged rows in place of the state's. Rows that
//! no statement assigns a value to keep the bytes that the source has for them, and operators that no statement changes
//! keep their files.
//!
//! The rows of a state that is changed are held in memory, decoded and as bytes.

mod cast;
mod create;
mod dml;
mod paths;
mod rows;
mod stage;

use std::path::Path;

use flink_state_reader::Snapshot;
use flink_state_writer::savepoint::{self, FlinkVersion, Manifest, Plan};
use futures::TryStreamExt;

pub use rows::RowCounts;

use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::statement::Statement;
use stage::Stage;

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

/// A savepoint to be written.
#[derive(Debug)]
pub struct RewritePlan {
    plan: Plan,
    options: savepoint::Options,
    operators: Vec<OperatorSummary>,
}

/// What becomes of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSummary {
    /// Its uid, else its ID.
    pub operator: String,
    /// `carried`, `written` or `dropped`.
    pub action: &'static str,
    /// The states that statements have named.
    pub states: Vec<StateSummary>,
}

/// What becomes of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSummary {
    /// Its name in the source.
    pub state: String,
    /// Its new name.
    pub renamed: Option<String>,
    /// Whether it is left out.
    pub is_dropped: bool,
    /// What becomes of its rows.
    pub rows: RowCounts,
}

/// Runs a script. Nothing is written; the session shows what the script has done.
///
/// `source` is the first snapshot of the session.
///
/// # Errors
/// What a statement has wrong; rows that can't be written; a state that can't be read as a whole; a duplicate key.
pub async fn plan(
    session: &Session,
    source: Option<&Snapshot>,
    statements: &[Statement],
    options: RewriteOptions,
) -> Result<RewritePlan> {
    let Some(source) = source else {
        return Err(Error::new(ErrorKind::Unsupported, "a savepoint without a source can't be made yet"));
    };
    let mut stage = Stage::new(session, source, &options);
    if let Some(max) = options.max_parallelism {
        stage.set_max_parallelism(max).await?;
    }
    for (number, statement) in (1..).zip(statements) {
        let locate = |e: Error| e.with_place(&format!("statement {number}"));
        run(&mut stage, statement).await.map_err(locate)?;
    }
    let (plan, operators) = stage.finish().await?;
    let writer = savepoint::Options {
        flink_version: options.flink_version,
        reference: options.reference,
        drop_channel_state: options.drop_in_flight,
        statements: options.script.clone(),
        ..savepoint::Options::default()
    };
    Ok(RewritePlan { plan, options: writer, operators })
}

async fn run(stage: &mut Stage<'_>, statement: &Statement) -> Result<()> {
    match statement {
        Statement::Sql(sql) => {
            let mut query = stage.session().sql(sql).await?;
            while query.try_next().await?.is_some() {}
            Ok(())
        }
        Statement::Update(sql) | Statement::Delete(sql) | Statement::Insert(sql) => dml::execute(stage, sql).await,
        Statement::DropState { operator, state } => stage.drop_state(operator, state).await,
        Statement::RenameState { operator, state, to } => stage.rename_state(operator, state, to).await,
        Statement::DropOperator { operator } => stage.drop_operator(operator).await,
        Statement::RenameOperator { operator, to } => stage.rename_operator(operator, to).await,
        Statement::SetMaxParallelism(max) => stage.set_max_parallelism(*max).await,
        Statement::SetKeyHash { operator, convention } => stage.set_key_hash(operator, convention).await,
        Statement::CreateState { .. } => Err(Error::new(ErrorKind::Unsupported, "CREATE STATE can't be run yet")),
        Statement::CreateOperator { .. } => Err(Error::new(ErrorKind::Unsupported, "CREATE OPERATOR can't be run yet")),
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
