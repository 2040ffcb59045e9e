//! The record batches of a task as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};

use crate::error::Result;
use crate::state::State;

use super::reader::{Output, TaskReader};
use super::{Gap, ScanTask};

/// The record batches of one task.
pub struct ScanStream {
    schema: SchemaRef,
    outputs: BoxStream<'static, Result<Output>>,
    gaps: Vec<Gap>,
    bytes_read: Arc<AtomicU64>,
}

impl ScanStream {
    pub(crate) fn new(state: State, task: &ScanTask) -> Result<Self> {
        Ok(Self::of(TaskReader::new(state, task)?))
    }

    /// As [`Self::new`], but what raw entries can't be given of is a gap too.
    pub(crate) fn with_gaps(state: State, task: &ScanTask) -> Result<Self> {
        Ok(Self::of(TaskReader::new(state, task)?.with_gaps()))
    }

    fn of(reader: TaskReader) -> Self {
        let schema = reader.schema();
        let bytes_read = reader.bytes_read();
        let outputs =
            stream::try_unfold(reader, async |mut reader| Ok(reader.next().await?.map(|next| (next, reader))));
        Self { schema, outputs: outputs.boxed(), gaps: Vec::new(), bytes_read }
    }

    /// The columns of its batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Adds a gap, to the one before if it only goes on.
    fn add_gap(&mut self, gap: Gap) {
        match self.gaps.last_mut() {
            Some(last) if (last.kind, last.key_group, &last.reason) == (gap.kind, gap.key_group, &gap.reason) => {
                last.rows = last.rows.zip(gap.rows).map(|(a, b)| a + b);
            }
            _ => self.gaps.push(gap),
        }
    }

    /// Bytes of the key groups, or parts of operator state, that it has read to their end: of [`ScanTask::bytes`].
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// What could not be given so far; complete when the stream has ended.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }
}

impl Stream for ScanStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.outputs.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(Output::Gap(gap)))) => self.add_gap(gap),
                Poll::Ready(Some(Ok(Output::Batch(batch)))) => return Poll::Ready(Some(Ok(batch))),
                Poll::Ready(Some(Err(e))) => return Poll::Ready(Some(Err(e))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for ScanStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanStream").field("schema", &self.schema).field("gaps", &self.gaps).finish_non_exhaustive()
    }
}
