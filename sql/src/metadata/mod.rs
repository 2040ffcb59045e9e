//! The schema `metadata`: what a snapshot consists of, as tables.
//!
//! Each is built when a query reads it. `states`, `handles` and `key_groups` may look into the headers of data files,
//! `files` looks whether they are there, the others come from `_metadata` alone.

mod columns;
mod facts;
mod files;
mod streams;
mod tables;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use flink_state_reader::Snapshot;
use futures::stream;

use crate::gaps::GapLog;
use facts::Facts;
pub use files::{SnapshotFile, files};
use tables::Table;

/// The tables about a snapshot; as the default schema it also takes the views and tables that statements create.
#[derive(Debug)]
pub(crate) struct MetadataSchema {
    catalog: Arc<str>,
    /// None for a savepoint that is still to be made: there is nothing to show then.
    snapshot: Option<Snapshot>,
    created: MemorySchemaProvider,
}

impl MetadataSchema {
    pub(crate) fn new(catalog: Arc<str>, snapshot: Option<&Snapshot>) -> Self {
        Self { catalog, snapshot: snapshot.cloned(), created: MemorySchemaProvider::new() }
    }

    /// The table about the snapshot with this name.
    fn own(&self, name: &str) -> Option<(Table, &Snapshot)> {
        Table::named(name).zip(self.snapshot.as_ref())
    }
}

#[async_trait]
impl SchemaProvider for MetadataSchema {
    fn table_names(&self) -> Vec<String> {
        let own = self.snapshot.iter().flat_map(|_| Table::ALL.iter().map(|table| table.name().to_owned()));
        own.chain(self.created.table_names()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some((table, snapshot)) = self.own(name) else { return self.created.table(name).await };
        let schema = table.schema()?;
        let (catalog, snapshot) = (Arc::clone(&self.catalog), snapshot.clone());
        let rows = Rows { table, catalog, snapshot, schema: Arc::clone(&schema) };
        Ok(Some(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(rows)])?)))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.own(name).is_some() || self.created.table_exist(name)
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.own(&name) {
            Some(_) => exec_err!("the table '{name}' of metadata can't be replaced"),
            None => self.created.register_table(name, table),
        }
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.own(name) {
            Some(_) => exec_err!("the table '{name}' of metadata can't be dropped"),
            None => self.created.deregister_table(name),
        }
    }
}

/// The rows of a table, built when they are read.
#[derive(Debug)]
struct Rows {
    table: Table,
    catalog: Arc<str>,
    snapshot: Snapshot,
    schema: SchemaRef,
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (table, catalog, snapshot) = (self.table, Arc::clone(&self.catalog), self.snapshot.clone());
        let rows = async move {
            let log = GapLog::of(&context);
            table.rows(&Facts { catalog: &catalog, snapshot: &snapshot, log: log.as_deref() }).await
        };
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::once(rows)))
    }
}
