//! A snapshot as a catalog, an operator as a schema.
//!
//! Opening a session reads `_metadata` only. The data files of an operator are looked into (their headers) when one of
//! its tables is asked for. DataFusion asks for the *names* of tables without waiting, and only for the
//! `information_schema`: a session loads all operators before it plans a statement that needs that schema.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::Result;
use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{Operator, Snapshot, State};

use crate::error::external;
use crate::gaps::{Gap, GapLog};
use crate::metadata::MetadataSchema;
use crate::table::StateTable;

/// The schema of the tables about the snapshot itself, in every catalog.
pub(crate) const METADATA: &str = "metadata";

/// DataFusion's own schema.
pub(crate) const INFORMATION_SCHEMA: &str = "information_schema";

/// A snapshot as a catalog: a schema for each operator and `metadata`.
#[derive(Debug)]
pub(crate) struct SnapshotCatalog {
    name: Arc<str>,
    metadata: Arc<MetadataSchema>,
    operators: Vec<Arc<OperatorSchema>>,
    /// Position in `operators` by label and by operator ID.
    by_name: HashMap<String, usize>,
    /// What a script has made of operators, by all their names; none where it has taken one away.
    staged: RwLock<BTreeMap<String, Option<Arc<OperatorSchema>>>>,
}

impl SnapshotCatalog {
    pub(crate) fn new(name: &str, snapshot: &Snapshot) -> Self {
        let name: Arc<str> = Arc::from(name);
        let operators: Vec<_> = (0..snapshot.operators().len())
            .map(|index| Arc::new(OperatorSchema::of(Arc::clone(&name), snapshot.clone(), index)))
            .collect();
        let mut by_name = HashMap::new();
        for (index, operator) in operators.iter().enumerate() {
            by_name.insert(operator.id().to_owned(), index);
        }
        for (index, operator) in operators.iter().enumerate() {
            by_name.entry(operator.name().to_owned()).or_insert(index);
        }
        let metadata = Arc::new(MetadataSchema::new(Arc::clone(&name), Some(snapshot)));
        Self { name, metadata, operators, by_name, staged: RwLock::default() }
    }

    /// The catalog of a savepoint that is still to be made.
    pub(crate) fn empty(name: &str) -> Self {
        let name: Arc<str> = Arc::from(name);
        let metadata = Arc::new(MetadataSchema::new(Arc::clone(&name), None));
        Self { name, metadata, operators: Vec::new(), by_name: HashMap::new(), staged: RwLock::default() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn operators(&self) -> &[Arc<OperatorSchema>] {
        &self.operators
    }

    pub(crate) fn operator(&self, name: &str) -> Option<Arc<OperatorSchema>> {
        if let Some(staged) = self.staged.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return staged.clone();
        }
        self.by_name.get(name).and_then(|index| self.operators.get(*index)).cloned()
    }

    /// Shows an operator under these names, or hides what has them.
    pub(crate) fn stage(&self, names: &[String], operator: Option<Arc<OperatorSchema>>) {
        let mut staged = self.staged.write().unwrap_or_else(PoisonError::into_inner);
        staged.extend(names.iter().map(|name| (name.clone(), operator.clone())));
    }

    /// Adds an operator without state, whose first name is that of its schema.
    pub(crate) fn create(&self, names: &[String]) {
        let Some(name) = names.first() else { return };
        let operator = OperatorSchema::new(Arc::clone(&self.name), None, name, name);
        self.stage(names, Some(Arc::new(operator)));
    }

    /// Reads the states of all operators. An operator that can't be read becomes a gap: the others can be listed.
    pub(crate) async fn load(&self, gaps: &GapLog) {
        for operator in &self.operators {
            if let Err(error) = operator.tables().await {
                gaps.add(Gap::of_operator(&self.name, operator.name(), &error));
            }
        }
    }
}

impl CatalogProvider for SnapshotCatalog {
    /// Each operator once, under its schema name; it answers to its ID as well.
    fn schema_names(&self) -> Vec<String> {
        let staged = self.staged.read().unwrap_or_else(PoisonError::into_inner);
        let own = self.operators.iter().map(|operator| operator.name().to_owned());
        let mut names: Vec<String> = own.filter(|name| !staged.contains_key(name)).collect();
        let shown = staged.iter().filter_map(|(name, operator)| Some((name, operator.as_ref()?)));
        // A name that is no ID.
        names.extend(shown.filter(|(name, _)| name.parse::<OperatorId>().is_err()).map(|(name, _)| name.clone()));
        names.push(METADATA.to_owned());
        names
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        match name {
            METADATA => Some(Arc::clone(&self.metadata) as _),
            _ => self.operator(name).map(|operator| operator as _),
        }
    }
}

/// An operator as a schema: a table for each state.
#[derive(Debug)]
pub(crate) struct OperatorSchema {
    catalog: Arc<str>,
    /// The snapshot and the operator's place in it; none if a script has created it.
    source: Option<(Snapshot, usize)>,
    id: String,
    name: Arc<str>,
    tables: OnceLock<Vec<(String, Arc<StateTable>)>>,
    /// What a script has made of states; none where it has taken one away.
    staged: RwLock<BTreeMap<String, Option<Arc<dyn TableProvider>>>>,
}

impl OperatorSchema {
    fn of(catalog: Arc<str>, snapshot: Snapshot, index: usize) -> Self {
        let operator = snapshot.operators().get(index);
        let id = operator.map(Operator::id).unwrap_or_default();
        let label = operator.map(Operator::label).unwrap_or_default();
        // a uid may be any text: one that hides a schema of ours is known by its ID only
        let name = if [METADATA, INFORMATION_SCHEMA].contains(&label.as_str()) { &id } else { &label };
        Self::new(catalog, Some((snapshot, index)), &id, name)
    }

    fn new(catalog: Arc<str>, source: Option<(Snapshot, usize)>, id: &str, name: &str) -> Self {
        let (id, name) = (id.to_owned(), Arc::from(name));
        Self { catalog, source, id, name, tables: OnceLock::new(), staged: RwLock::default() }
    }

    /// The schema's name: the uid, else the operator ID.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    pub(crate) async fn states(&self) -> flink_state_reader::Result<&[State]> {
        match self.source.as_ref().and_then(|(snapshot, index)| snapshot.operators().get(*index)) {
            Some(operator) => operator.states().await,
            None => Ok(&[]),
        }
    }

    /// Shows a table in place of a state, or hides the state.
    pub(crate) fn stage(&self, state: &str, table: Option<Arc<dyn TableProvider>>) {
        self.staged.write().unwrap_or_else(PoisonError::into_inner).insert(state.to_owned(), table);
    }

    fn staged(&self, state: &str) -> Option<Option<Arc<dyn TableProvider>>> {
        self.staged.read().unwrap_or_else(PoisonError::into_inner).get(state).cloned()
    }

    /// All tables, read on first use.
    async fn tables(&self) -> flink_state_reader::Result<&[(String, Arc<StateTable>)]> {
        if let Some(tables) = self.tables.get() {
            return Ok(tables);
        }
        let states = self.states().await?;
        let table = |(snapshot, state): (&Snapshot, &State)| {
            let table = StateTable::new(&self.catalog, &self.name, snapshot.clone(), state.clone());
            (state.name().to_owned(), Arc::new(table))
        };
        let snapshot = self.source.iter().map(|(snapshot, _)| snapshot).cycle();
        Ok(self.tables.get_or_init(|| snapshot.zip(states).map(table).collect()))
    }
}

#[async_trait]
impl SchemaProvider for OperatorSchema {
    /// The states, once they have been read.
    fn table_names(&self) -> Vec<String> {
        let known = self.tables.get().into_iter().flatten().map(|(name, _)| name.clone());
        let mut names: Vec<String> = known.filter(|name| self.staged(name).is_none()).collect();
        let staged = self.staged.read().unwrap_or_else(PoisonError::into_inner);
        names.extend(staged.iter().filter(|(_, table)| table.is_some()).map(|(name, _)| name.clone()));
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(staged) = self.staged(name) {
            return Ok(staged);
        }
        let tables = self.tables().await.map_err(external)?;
        Ok(tables.iter().find(|(table, _)| table == name).map(|(_, table)| Arc::clone(table) as _))
    }

    fn table_exist(&self, name: &str) -> bool {
        match self.staged(name) {
            Some(staged) => staged.is_some(),
            None => self.tables.get().into_iter().flatten().any(|(table, _)| table == name),
        }
    }
}
