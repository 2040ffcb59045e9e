//! The physical plan of a table scan: one partition for each scan task.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{SplitPoint, Statistics, internal_datafusion_err, internal_err};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr, RangePartitioning,
};
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use datafusion::scalar::ScalarValue;
use flink_state_reader::{ScanStream, ScanTask, Snapshot};
use futures::{Stream, TryFutureExt, TryStreamExt};

use crate::error::external;
use crate::gaps::{Gap, GapLog};
use crate::pushdown::KEY_GROUP;
use crate::table::TableName;

/// Reads one state of one snapshot.
#[derive(Debug)]
pub(crate) struct StateScan {
    name: TableName,
    snapshot: Snapshot,
    tasks: Vec<ScanTask>,
    /// Rows of all tasks, where that is known for certain.
    rows: Option<u64>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl StateScan {
    pub(crate) fn try_new(
        name: TableName,
        snapshot: Snapshot,
        schema: SchemaRef,
        tasks: Vec<ScanTask>,
        rows: Option<u64>,
    ) -> Result<Self> {
        let order = key_group_order(&schema, &tasks);
        let partitioning = match &order {
            Some(order) => Partitioning::Range(RangePartitioning::try_new(order.clone(), split_points(&tasks))?),
            None => Partitioning::UnknownPartitioning(tasks.len()),
        };
        let equivalence = EquivalenceProperties::new_with_orderings(schema, order);
        let properties =
            PlanProperties::new(equivalence, partitioning, EmissionType::Incremental, Boundedness::Bounded)
                .with_scheduling_type(SchedulingType::Cooperative);
        let metrics = ExecutionPlanMetricsSet::new();
        Ok(Self { name, snapshot, tasks, rows, properties: Arc::new(properties), metrics })
    }

    fn columns(&self) -> String {
        let schema = self.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        names.join(", ")
    }
}

/// Tasks are runs of key groups, one behind the other, and each gives its key groups in order. `None` when the column
/// is not read or the tasks are not such runs.
fn key_group_order(schema: &SchemaRef, tasks: &[ScanTask]) -> Option<LexOrdering> {
    let (index, _) = schema.column_with_name(KEY_GROUP)?;
    let runs = tasks.iter().map(|task| task.key_groups).collect::<Option<Vec<_>>>()?;
    if !runs.iter().zip(runs.iter().skip(1)).all(|((_, last), (first, _))| last < first) {
        return None;
    }
    let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(KEY_GROUP, index));
    LexOrdering::new([PhysicalSortExpr::new_default(column)])
}

/// The first key group of each task but the first.
fn split_points(tasks: &[ScanTask]) -> Vec<SplitPoint> {
    let firsts = tasks.iter().skip(1).filter_map(|task| task.key_groups).map(|(first, _)| i32::from(first));
    firsts.map(|first| SplitPoint::new(vec![ScalarValue::Int32(Some(first))])).collect()
}

impl DisplayAs for StateScan {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TableName { catalog, operator, state } = &self.name;
        let partitions = self.tasks.len();
        if matches!(format, DisplayFormatType::TreeRender) {
            return write!(f, "operator={operator}\nstate={state}\npartitions={partitions}");
        }
        let columns = self.columns();
        write!(f, "StateScan: snapshot={catalog}, operator={operator}, state={state}, projection=[{columns}]")?;
        if let Some((first, last)) = self
            .tasks
            .first()
            .and_then(|t| t.key_groups)
            .zip(self.tasks.last().and_then(|t| t.key_groups))
            .map(|(a, b)| (a.0, b.1))
        {
            write!(f, ", key_groups={first}..={last}")?;
        }
        if let Some(limit) = self.tasks.first().and_then(|task| task.limit) {
            write!(f, ", limit={limit}")?;
        }
        write!(f, ", partitions={partitions}")
    }
}

impl ExecutionPlan for StateScan {
    fn name(&self) -> &str {
        "StateScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a StateScan has no children") }
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let task = self.tasks.get(partition).cloned();
        let task = task.ok_or_else(|| internal_datafusion_err!("a StateScan has no partition {partition}"))?;
        MetricBuilder::new(&self.metrics).counter("bytes_scanned", partition).add(to_usize(task.bytes));
        let log = GapLog::of(&context);
        if let Some(log) = &log {
            log.add_scan(task.bytes);
        }
        let report = Report { name: self.name.clone(), log, gaps: 0, bytes: 0 };
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let snapshot = self.snapshot.clone();
        let rows = async move { snapshot.execute(&task).await }
            .map_ok(move |rows| TaskStream { rows, report, metrics })
            .try_flatten_stream()
            .map_err(external);
        Ok(make_cooperative(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows))))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        let bytes = match args.partition() {
            Some(partition) => self.tasks.get(partition).map_or(0, |task| task.bytes),
            None => {
                statistics.num_rows = self.rows.map_or(Precision::Absent, |rows| Precision::Exact(to_usize(rows)));
                self.tasks.iter().map(|task| task.bytes).sum()
            }
        };
        statistics.total_byte_size = Precision::Inexact(to_usize(bytes));
        Ok(Arc::new(statistics))
    }
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The batches of a task. Tells the query's log what the task could not give.
struct TaskStream {
    rows: ScanStream,
    report: Report,
    metrics: BaselineMetrics,
}

impl Stream for TaskStream {
    type Item = flink_state_reader::Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let polled = {
            let _timer = this.metrics.elapsed_compute().timer();
            Pin::new(&mut this.rows).poll_next(cx)
        };
        this.report.update(&this.rows);
        if let Poll::Ready(Some(Ok(batch))) = &polled {
            this.metrics.record_output(batch.num_rows());
        }
        polled
    }
}

/// Hands new gaps of a task, and the bytes that it has read, on to the query's log.
struct Report {
    name: TableName,
    log: Option<Arc<GapLog>>,
    /// How many gaps were handed on.
    gaps: usize,
    /// How many bytes were.
    bytes: u64,
}

impl Report {
    fn update(&mut self, rows: &ScanStream) {
        let Some(log) = &self.log else { return };
        for gap in rows.gaps().iter().skip(self.gaps) {
            log.add(Gap {
                kind: gap.kind,
                catalog: self.name.catalog.to_string(),
                operator: self.name.operator.to_string(),
                state: Some(gap.state.clone()),
                key_group: gap.key_group,
                rows: gap.rows,
                reason: gap.reason.clone(),
            });
        }
        self.gaps = rows.gaps().len();
        log.add_read(rows.bytes_read() - self.bytes);
        self.bytes = rows.bytes_read();
    }
}
