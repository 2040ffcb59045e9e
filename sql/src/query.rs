//! A running query.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::error::{Error, ErrorKind, Result};
use crate::gaps::{Gap, GapKind, GapLog};

/// The record batches of a statement, as they come. Dropping it cancels the statement.
pub struct Query {
    batches: SendableRecordBatchStream,
    gaps: Arc<GapLog>,
}

impl Query {
    pub(crate) fn new(batches: SendableRecordBatchStream, gaps: Arc<GapLog>) -> Self {
        Self { batches, gaps }
    }

    /// The columns; none for statements without a result.
    pub fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }

    /// How far its scans are, to be asked while it runs.
    pub fn progress(&self) -> QueryProgress {
        QueryProgress(Arc::clone(&self.gaps))
    }

    /// The same rows in another form.
    pub(crate) fn map_batches(self, map: impl FnOnce(SendableRecordBatchStream) -> SendableRecordBatchStream) -> Self {
        Self { batches: map(self.batches), gaps: self.gaps }
    }

    /// Fails if rows could not be read. To be asked when the stream has ended.
    pub(crate) fn check(&self) -> Result<()> {
        match self.gaps().iter().find(|gap| gap.kind != GapKind::Undecoded) {
            Some(gap) => Err(Error::new(ErrorKind::Unsupported, format!("the statement can't be run: {gap}"))),
            None => Ok(()),
        }
    }

    /// What could not be given so far; complete when the stream has ended.
    pub fn gaps(&self) -> Vec<Gap> {
        self.gaps.gaps()
    }
}

/// How far the scans of a query are.
#[derive(Clone, Debug)]
pub struct QueryProgress(Arc<GapLog>);

impl QueryProgress {
    /// Bytes of state that were read, and those of all scans that have started.
    pub fn bytes(&self) -> (u64, u64) {
        self.0.progress()
    }
}

impl Stream for Query {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(cx).map_err(Into::into)
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("schema", &self.schema()).field("gaps", &self.gaps()).finish_non_exhaustive()
    }
}
