//! A state as a table.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::project_schema;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use flink_state_reader::{Snapshot, State};

use crate::error::external;
use crate::pushdown::{KeyGroups, Pushed};
use crate::scan::StateScan;

/// Where a table is: what an `EXPLAIN` and a gap call it.
#[derive(Clone, Debug)]
pub(crate) struct TableName {
    pub(crate) catalog: Arc<str>,
    pub(crate) operator: Arc<str>,
    pub(crate) state: Arc<str>,
}

/// A state as a table. Projection, limit and conditions on `key_group` go into the scan.
#[derive(Debug)]
pub(crate) struct StateTable {
    name: TableName,
    snapshot: Snapshot,
    state: State,
    schema: SchemaRef,
}

impl StateTable {
    pub(crate) fn new(catalog: &Arc<str>, operator: &Arc<str>, snapshot: Snapshot, state: State) -> Self {
        let name =
            TableName { catalog: Arc::clone(catalog), operator: Arc::clone(operator), state: Arc::from(state.name()) };
        let schema = state.schema();
        Self { name, snapshot, state, schema }
    }
}

// Not here: `delete_from` and `update`. DataFusion calls them with an empty filter list for conditions that it can't
// push down, and an empty list means all rows.
#[async_trait]
impl TableProvider for StateTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match Pushed::of(filter) {
            Some(pushed) if pushed.exact => TableProviderFilterPushDown::Exact,
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut builder = self.state.scan().batch_size(session.config().batch_size());
        if let Some(columns) = projection {
            builder = builder.projection(columns.clone());
        }
        if let Some(rows) = limit {
            builder = builder.limit(rows);
        }
        let key_groups = filters.iter().filter_map(Pushed::of).fold(KeyGroups::All, |all, one| all.and(one.key_groups));
        match &key_groups {
            KeyGroups::All => {}
            KeyGroups::Range(range) => builder = builder.key_groups(range.clone()),
            KeyGroups::None => return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema, projection)?))),
        }
        let scan = builder.build().map_err(external)?;
        let tasks = scan.tasks(session.config().target_partitions());
        if tasks.is_empty() {
            return Ok(Arc::new(EmptyExec::new(scan.schema())));
        }
        let rows = self.state.rows().filter(|_| matches!(key_groups, KeyGroups::All) && limit.is_none());
        Ok(Arc::new(StateScan::try_new(self.name.clone(), self.snapshot.clone(), scan.schema(), tasks, rows)?))
    }
}
