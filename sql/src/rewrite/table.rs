//! Staged rows as a table.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, internal_datafusion_err, internal_err};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::stream;

use super::spill::{ROW, Source, SpillFile, projected};
use crate::error::external;

/// Columns of spilled rows as a table.
#[derive(Debug)]
pub(super) struct SpillTable {
    files: Vec<Arc<SpillFile>>,
    columns: Vec<Source>,
    schema: SchemaRef,
    /// The column that the rows are sorted by, as they stand in the files.
    order: Option<&'static str>,
}

impl SpillTable {
    /// The files have the same columns, `schema`.
    pub(super) fn try_new(
        files: &[Arc<SpillFile>],
        schema: &SchemaRef,
        columns: Vec<Source>,
        order: Option<&'static str>,
    ) -> Result<Self> {
        let schema = projected(schema, &columns)?;
        // The number of a row says where it stands.
        let order = if columns.contains(&Source::Row) { Some(ROW) } else { order };
        Ok(Self { files: files.to_vec(), columns, schema, order })
    }
}

// Not here: `delete_from` and `update`, as for `StateTable`.
#[async_trait]
impl TableProvider for SpillTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = match projection {
            Some(places) => places.iter().filter_map(|place| self.columns.get(*place).copied()).collect(),
            None => self.columns.clone(),
        };
        let schema = match projection {
            Some(places) => Arc::new(self.schema.project(places)?),
            None => Arc::clone(&self.schema),
        };
        let partitions = split(&self.files, session.config().target_partitions());
        if partitions.is_empty() {
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        Ok(Arc::new(SpillScan::new(partitions, columns, schema, self.order)))
    }
}

/// Batches of a file, and the number of the file's first row.
#[derive(Clone, Debug)]
struct Part {
    file: Arc<SpillFile>,
    batches: Range<usize>,
    first: u64,
}

/// Runs of batches, about `count` of them with the same number of batches.
fn split(files: &[Arc<SpillFile>], count: usize) -> Vec<Vec<Part>> {
    let total: usize = files.iter().map(|file| file.batches().len()).sum();
    let size = total.div_ceil(count.max(1)).max(1);
    let mut partitions: Vec<Vec<Part>> = Vec::new();
    let (mut room, mut first) = (0, 0);
    for file in files {
        let mut batches = file.batches();
        while !batches.is_empty() {
            if room == 0 {
                partitions.push(Vec::new());
                room = size;
            }
            let end = batches.end.min(batches.start + room);
            room -= end - batches.start;
            if let Some(last) = partitions.last_mut() {
                last.push(Part { file: Arc::clone(file), batches: batches.start..end, first });
            }
            batches.start = end;
        }
        first += file.rows();
    }
    partitions
}

/// Reads spilled rows, each partition a run of batches.
#[derive(Debug)]
struct SpillScan {
    partitions: Vec<Vec<Part>>,
    columns: Vec<Source>,
    properties: Arc<PlanProperties>,
}

impl SpillScan {
    fn new(partitions: Vec<Vec<Part>>, columns: Vec<Source>, schema: SchemaRef, order: Option<&str>) -> Self {
        let order = order.and_then(|name| {
            let (index, _) = schema.column_with_name(name)?;
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(name, index));
            LexOrdering::new([PhysicalSortExpr::new_default(column)])
        });
        let equivalence = EquivalenceProperties::new_with_orderings(schema, order);
        let partitioning = Partitioning::UnknownPartitioning(partitions.len());
        let properties =
            PlanProperties::new(equivalence, partitioning, EmissionType::Incremental, Boundedness::Bounded)
                .with_scheduling_type(SchedulingType::Cooperative);
        Self { partitions, columns, properties: Arc::new(properties) }
    }
}

impl DisplayAs for SpillScan {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "SpillScan: projection=[{}], partitions={}", names.join(", "), self.partitions.len())
    }
}

impl ExecutionPlan for SpillScan {
    fn name(&self) -> &str {
        "SpillScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a SpillScan has no children") }
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, _context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let parts = self.partitions.get(partition).cloned();
        let parts = parts.ok_or_else(|| internal_datafusion_err!("a SpillScan has no partition {partition}"))?;
        let columns = self.columns.clone();
        let batches = parts.into_iter().flat_map(move |part| part.file.read(part.batches, &columns, part.first));
        let batches = stream::iter(batches.map(|batch| batch.map_err(external)));
        Ok(make_cooperative(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches))))
    }

    // A join holds its smaller side in memory: it must know which one that is.
    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        let wanted = args.partition().map_or(0..self.partitions.len(), |partition| partition..partition + 1);
        let parts = || self.partitions.get(wanted.clone()).into_iter().flatten().flatten();
        let rows = parts().map(|part| part.file.rows_of(part.batches.clone())).sum();
        let bytes = parts().map(|part| part.file.bytes_of(part.batches.clone())).sum();
        statistics.num_rows = Precision::Exact(rows);
        statistics.total_byte_size = Precision::Inexact(bytes);
        Ok(Arc::new(statistics))
    }
}
