//! Sorts rows by their keys, on disk if there are many.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::Result;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionConfig, SessionContext, col};
use futures::TryStreamExt;

use super::entries::{Entries, SCHEMA};
use crate::parallel::processors;

/// Bytes that all sorts hold together.
const MEMORY: usize = 512 << 20;
/// Bytes for each of the jobs that run at a time: two sorts.
const MEMORY_PER_JOB: usize = 64 << 20;

/// Sorts within a limit of memory.
#[derive(Clone)]
pub(super) struct Sorter {
    context: SessionContext,
    jobs: usize,
}

impl Sorter {
    pub(super) fn new(memory_limit: Option<usize>) -> Result<Self> {
        let memory = memory_limit.unwrap_or(MEMORY);
        let mut config = SessionConfig::new().with_target_partitions(1);
        let execution = &mut config.options_mut().execution;
        execution.sort_spill_reservation_bytes = execution.sort_spill_reservation_bytes.min(memory / 8);
        let pool = Arc::new(FairSpillPool::new(memory));
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()?;
        let jobs = (memory / MEMORY_PER_JOB).clamp(1, processors());
        Ok(Self { context: SessionContext::new_with_config_rt(config, runtime), jobs })
    }

    /// Pairs of sorts that fit into the memory at a time.
    pub(super) fn jobs(&self) -> usize {
        self.jobs
    }

    /// Keys and digests in the order of both.
    pub(super) async fn sorted(&self, entries: Entries) -> Result<SendableRecordBatchStream> {
        let table = StreamingTable::try_new(Arc::clone(&SCHEMA), vec![Arc::new(Source(entries))])?;
        let rows = self.context.read_table(Arc::new(table))?;
        let order = vec![col("key").sort(true, false), col("digest").sort(true, false)];
        rows.sort(order)?.execute_stream().await
    }
}

/// Entries as the only partition of a table.
#[derive(Debug)]
struct Source(Entries);

impl PartitionStream for Source {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let pairs = self.0.clone().read().map_ok(|(_, pairs)| pairs);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), pairs))
    }
}
