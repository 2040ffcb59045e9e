//! Work on several processors.

use datafusion::common::runtime::SpawnedTask;
use futures::{Stream, StreamExt};

use crate::error::{Error, ErrorKind, Result};

/// Runs jobs on the threads of the runtime, at most `limit` at a time. Gives their results in the order of the jobs;
/// those that still run when the stream is dropped are cancelled.
pub(crate) fn run<J, T>(jobs: impl IntoIterator<Item = J>, limit: usize) -> impl Stream<Item = Result<T>>
where
    J: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let running = jobs.into_iter().map(|job| async move {
        let done = SpawnedTask::spawn(job).join_unwind().await;
        done.map_err(|e| Error::new(ErrorKind::Bug, format!("a task broke off: {e}")))
    });
    futures::stream::iter(running).buffered(limit.max(1))
}

/// The number of processors.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
