//! A session: snapshots as the catalogs of a DataFusion context.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::TableReference;
use datafusion::config::ConfigNonZeroUsize;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use flink_state_reader::Snapshot;
use futures::TryStreamExt;

use crate::catalog::{INFORMATION_SCHEMA, METADATA, SnapshotCatalog};
use crate::error::{Error, ErrorKind, Result};
use crate::functions;
use crate::gaps::GapLog;
use crate::query::Query;
use crate::unknown;

/// The catalog of the only snapshot of a session, unless it was given an alias.
const SNAPSHOT: &str = "snapshot";

/// The part of its memory that a sort sets aside for merging.
const SORT_SHARE: usize = 4;

/// The part of the memory that one batch of a sort may have: it holds many of them.
const BATCH_SHARE: usize = 64;

/// Bytes that a batch of a sort should have at most.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// A snapshot of a session and the name of its catalog.
#[derive(Clone, Debug)]
pub struct SnapshotArg {
    /// The catalog's name; needed when there are several snapshots, else `snapshot`.
    pub alias: Option<String>,
    /// The open snapshot.
    pub snapshot: Snapshot,
}

/// How a session runs its queries.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// Into how many partitions a scan is split at most; by default one for each processor.
    pub partitions: Option<usize>,
    /// Bytes that sorts, joins and aggregations may hold before they spill to disk; unbounded by default.
    pub memory_limit: Option<usize>,
}

/// Runs SQL over snapshots.
///
/// Names are case-sensitive, as in Flink, and the default schema is `metadata`. Functions: `operator_id(uid)`,
/// `java_hash(value)`, `key_group(key, max_parallelism)`.
///
/// ```
/// use flink_state_reader::Snapshot;
/// use flink_state_sql::{Session, SessionOptions, SnapshotArg};
/// use futures::TryStreamExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let snapshot = Snapshot::open("../testdata/snapshots/2.2-keyed-hashmap-canonical").await?;
/// let session = Session::open(&[SnapshotArg { alias: None, snapshot }], &SessionOptions::default())?;
/// let mut query = session.sql(r#"SELECT key, value FROM "by-name".count"#).await?;
/// let mut rows = 0;
/// while let Some(batch) = query.try_next().await? {
///     rows += batch.num_rows();
/// }
/// assert_eq!(rows, 20);
/// assert!(query.gaps().is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Session {
    context: SessionContext,
    catalogs: Vec<Arc<SnapshotCatalog>>,
    memory_limit: Option<usize>,
}

impl Session {
    /// A session over these snapshots; the first one is the default catalog.
    ///
    /// # Errors
    /// No snapshot, several without an alias, or two with the same one ([`ErrorKind::Usage`]).
    pub fn open(snapshots: &[SnapshotArg], options: &SessionOptions) -> Result<Self> {
        let catalogs = catalogs(snapshots)?;
        if catalogs.is_empty() { Err(Error::usage("there is no snapshot")) } else { Self::new(catalogs, options) }
    }

    /// A session for a savepoint that is made from nothing: the default catalog `snapshot` is empty, and these
    /// snapshots, each with an alias, are there to be read.
    ///
    /// # Errors
    /// A snapshot without an alias, or two with the same one, or one that is `snapshot` ([`ErrorKind::Usage`]).
    pub fn bootstrap(snapshots: &[SnapshotArg], options: &SessionOptions) -> Result<Self> {
        let mut all = catalogs(snapshots)?;
        if all.iter().any(|catalog| catalog.name() == SNAPSHOT) {
            let hint = Some("write it as alias=PATH".to_owned());
            return Err(Error::usage(format!("'{SNAPSHOT}' is the catalog of the new savepoint")).with_hint(hint));
        }
        all.insert(0, Arc::new(SnapshotCatalog::empty(SNAPSHOT)));
        Self::new(all, options)
    }

    fn new(catalogs: Vec<Arc<SnapshotCatalog>>, options: &SessionOptions) -> Result<Self> {
        let default = catalogs.first().map_or(SNAPSHOT, |catalog| catalog.name());
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(default, METADATA);
        config.options_mut().sql_parser.enable_ident_normalization = false;
        if let Some(partitions) = options.partitions {
            config = config.with_target_partitions(partitions.max(1));
        }
        let mut runtime = RuntimeEnvBuilder::new().with_max_temp_directory_size(u64::MAX);
        if let Some(bytes) = options.memory_limit {
            // What sorts may spill is shared evenly: one partition can't starve the others.
            let pool = TrackConsumersPool::new(FairSpillPool::new(bytes), NonZeroUsize::MIN.saturating_add(2));
            runtime = runtime.with_memory_pool(Arc::new(pool));
            // Each sort sets this much aside for the merge of what it has spilled.
            let share = bytes / config.target_partitions().max(1) / SORT_SHARE;
            let execution = &mut config.options_mut().execution;
            execution.sort_spill_reservation_bytes = execution.sort_spill_reservation_bytes.min(share);
        }
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime.build_arc()?)
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        for catalog in &catalogs {
            context.register_catalog(catalog.name(), Arc::clone(catalog) as _);
        }
        functions::register(&context);
        Ok(Self { context, catalogs, memory_limit: options.memory_limit })
    }

    /// The statements of a script, which are separated by `;`.
    ///
    /// # Errors
    /// What is no SQL.
    pub fn parse(&self, script: &str) -> Result<VecDeque<Statement>> {
        let state = self.context.state();
        let dialect = state.config().options().sql_parser.dialect;
        let dialect = datafusion::sql::sqlparser::dialect::dialect_from_str(dialect)
            .ok_or_else(|| Error::usage(format!("no SQL dialect '{dialect}'")))?;
        let parsed =
            DFParserBuilder::new(script).with_dialect(dialect.as_ref()).build().and_then(|mut p| p.parse_statements());
        parsed.map_err(|error| Error::from(error).with_hint(unknown::unquoted(&self.catalogs, script)))
    }

    /// Plans a single statement and starts it.
    ///
    /// # Errors
    /// As [`Self::parse`] and [`Self::run`]; none or several statements.
    pub async fn sql(&self, sql: &str) -> Result<Query> {
        self.run(self.parse_one(sql)?).await
    }

    /// The only statement of a script.
    pub(crate) fn parse_one(&self, sql: &str) -> Result<Statement> {
        let mut statements = self.parse(sql)?;
        match (statements.pop_front(), statements.is_empty()) {
            (Some(statement), true) => Ok(statement),
            (None, _) => Err(Error::usage("there is no statement")),
            (Some(_), false) => Err(Error::usage("there is more than one statement")),
        }
    }

    /// Plans a statement and starts it.
    ///
    /// # Errors
    /// Names that nothing has, types that don't match, a statement that would write, a state that can't be read.
    pub async fn run(&self, statement: Statement) -> Result<Query> {
        let (plan, state, gaps) = self.planned(statement).await?;
        refuse_writes(&plan)?;
        self.start(plan, state, gaps).await
    }

    /// Plans a statement.
    pub(crate) async fn plan(&self, statement: Statement) -> Result<LogicalPlan> {
        Ok(self.planned(statement).await?.0)
    }

    /// Starts a plan. Its rows are all there if [`Query::check`] says so at the end.
    pub(crate) async fn stream(&self, plan: LogicalPlan) -> Result<Query> {
        let gaps = Arc::new(GapLog::default());
        let frame = self.frame(plan, &gaps).await?;
        Ok(Query::new(frame.execute_stream().await?, gaps))
    }

    /// As [`Self::stream`], in one partition: rows come in the same order each time, and a sort has all the memory.
    ///
    /// A row has about this many bytes: batches stay small beside the memory that there is.
    pub(crate) async fn stream_in_order(&self, plan: LogicalPlan, row_bytes: usize) -> Result<Query> {
        let gaps = Arc::new(GapLog::default());
        let (mut state, plan) = self.frame(plan, &gaps).await?.into_parts();
        let execution = &mut state.config_mut().options_mut().execution;
        execution.target_partitions = 1;
        let limit = self.memory_limit.map_or(MAX_BATCH_BYTES, |limit| (limit / BATCH_SHARE).min(MAX_BATCH_BYTES));
        let rows = (limit / row_bytes.max(1)).clamp(1, execution.batch_size.get());
        execution.batch_size = ConfigNonZeroUsize::try_new(rows)?;
        Ok(Query::new(DataFrame::new(state, plan).execute_stream().await?, gaps))
    }

    /// A table.
    pub(crate) async fn table(&self, name: &TableReference) -> Result<Arc<dyn TableProvider>> {
        Ok(self.context.table_provider(name.clone()).await?)
    }

    /// Runs a statement that gives no rows.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<()> {
        let mut query = self.run(statement).await?;
        while query.try_next().await?.is_some() {}
        Ok(())
    }

    /// Shows a table in place of a state of the first catalog, or hides the state.
    pub(crate) fn stage(&self, operator: &str, state: &str, table: Option<Arc<dyn TableProvider>>) {
        if let Some(operator) = self.first().and_then(|catalog| catalog.operator(operator)) {
            operator.stage(state, table);
        }
    }

    /// Shows a state of the first catalog under another name.
    pub(crate) async fn rename_state(&self, operator: &str, state: &str, to: &str) -> Result<()> {
        if let Some(operator) = self.first().and_then(|catalog| catalog.operator(operator)) {
            let table = operator.table(state).await?;
            operator.stage(state, None);
            operator.stage(to, table);
        }
        Ok(())
    }

    /// Adds an operator to the first catalog, under these names.
    pub(crate) fn create_operator(&self, names: &[String; 2]) {
        if let Some(catalog) = self.first() {
            catalog.create(names);
        }
    }

    /// Shows an operator of the first catalog under other names.
    pub(crate) fn rename_operator(&self, old: &[String; 2], new: &[String; 2]) {
        if let Some(catalog) = self.first() {
            let operator = old.first().and_then(|name| catalog.operator(name));
            catalog.stage(old, None);
            catalog.stage(new, operator);
        }
    }

    /// Hides an operator of the first catalog.
    pub(crate) fn drop_operator(&self, names: &[String; 2]) {
        if let Some(catalog) = self.first() {
            catalog.stage(names, None);
        }
    }

    fn first(&self) -> Option<&Arc<SnapshotCatalog>> {
        self.catalogs.first()
    }

    /// The default catalog and schema.
    pub(crate) fn defaults(&self) -> (String, String) {
        let defaults = self.context.state().config_options().catalog.clone();
        (defaults.default_catalog, defaults.default_schema)
    }

    async fn planned(&self, statement: Statement) -> Result<(LogicalPlan, SessionState, Arc<GapLog>)> {
        let gaps = Arc::new(GapLog::default());
        let mut state = self.context.state();
        state.config_mut().set_extension(Arc::clone(&gaps));
        let tables = state.resolve_table_references(&statement)?;
        if tables.iter().any(|table| table.schema() == Some(INFORMATION_SCHEMA)) {
            for catalog in &self.catalogs {
                catalog.load(&gaps).await;
            }
        }
        match state.statement_to_plan(statement).await {
            Ok(plan) => Ok((plan, state, gaps)),
            Err(error) if is_unknown_table(&error) => {
                let defaults = &state.config_options().catalog;
                let unknown = unknown::table(&self.catalogs, &tables, defaults).await;
                Err(unknown.unwrap_or_else(|| error.into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn start(&self, plan: LogicalPlan, state: SessionState, gaps: Arc<GapLog>) -> Result<Query> {
        let frame = match plan {
            // a table that is made from a query runs it at once: with this query's log
            LogicalPlan::Ddl(_) => SessionContext::new_with_state(state).execute_logical_plan(plan).await?,
            _ => self.frame(plan, &gaps).await?,
        };
        Ok(Query::new(frame.execute_stream().await?, gaps))
    }

    /// A plan that writes into this log what it can't give.
    async fn frame(&self, plan: LogicalPlan, gaps: &Arc<GapLog>) -> Result<DataFrame> {
        let (mut state, plan) = self.context.execute_logical_plan(plan).await?.into_parts();
        state.config_mut().set_extension(Arc::clone(gaps));
        Ok(DataFrame::new(state, plan))
    }
}

fn catalogs(snapshots: &[SnapshotArg]) -> Result<Vec<Arc<SnapshotCatalog>>> {
    let mut seen = HashMap::new();
    let mut catalogs = Vec::with_capacity(snapshots.len());
    for SnapshotArg { alias, snapshot } in snapshots {
        let name = match alias.as_deref() {
            Some("") => return Err(Error::usage("an alias is empty")),
            Some(alias) => alias,
            None if snapshots.len() == 1 => SNAPSHOT,
            None => {
                let hint = Some("write each as alias=PATH".to_owned());
                return Err(Error::usage("several snapshots need an alias each").with_hint(hint));
            }
        };
        if let Some(other) = seen.insert(name, snapshot.location()) {
            let both = format!("{other} and {}", snapshot.location());
            return Err(Error::usage(format!("two snapshots have the alias '{name}': {both}")));
        }
        catalogs.push(Arc::new(SnapshotCatalog::new(name, snapshot)));
    }
    Ok(catalogs)
}

/// Whether the planner says that it knows no such table.
fn is_unknown_table(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::Plan(m) if m.starts_with("table '") && m.ends_with("not found"))
}

fn refuse_writes(plan: &LogicalPlan) -> Result<()> {
    SQLOptions::new().with_allow_dml(false).verify_plan(plan).map_err(|_| {
        let message = "INSERT, UPDATE, DELETE and COPY don't run here: a snapshot is only read";
        let hint = "SELECT, DESCRIBE, SHOW and CREATE VIEW do";
        Error::new(ErrorKind::Unsupported, message).with_hint(Some(hint.to_owned()))
    })
}
