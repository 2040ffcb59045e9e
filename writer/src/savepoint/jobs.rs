//! The files of a savepoint, each written by a job of its own.

use std::io::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flink_state_reader::metadata::{StateOffsets, StreamHandle};
use flink_state_reader::{Error, Result, Snapshot};
use tokio::task::JoinSet;

use super::files::{DataFile, WrittenFile};
use crate::state::{KeyedStream, OperatorStream, Tally, write_keyed, write_operator};

/// Bytes that are copied at once.
const COPY: u64 = 4 << 20;

/// A file to be written.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// A copy of a stream of the source.
    Copy { source: Snapshot, handle: StreamHandle, name: String },
    /// The keyed state of a subtask.
    Keyed {
        place: Place,
        stream: Arc<KeyedStream>,
        key_groups: RangeInclusive<u16>,
        max_parallelism: u32,
        name: String,
    },
    /// The operator state of a subtask.
    Operator { place: Place, states: Arc<Vec<OperatorStream>>, parallelism: u32, name: String },
    /// Checks that a subtask that has ended gets no entry.
    NoKeyed { stream: Arc<KeyedStream>, key_groups: RangeInclusive<u16>, max_parallelism: u32, subtask: u32 },
}

/// Where the handle of a file belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The operator's place in the file.
    pub(super) operator: usize,
    pub(super) subtask: u32,
}

/// What came of a job.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// The file; nothing for a check.
    pub(super) file: Option<WrittenFile>,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Copied,
    Keyed { place: Place, key_groups: RangeInclusive<u16>, offsets: Vec<i64>, tallies: Vec<Tally> },
    Operator { place: Place, states: Vec<StateOffsets>, tallies: Vec<Tally> },
}

impl Content {
    /// The subtask that the file is for; nothing if handles name it already.
    pub(super) fn place(&self) -> Option<Place> {
        match self {
            Self::Copied => None,
            Self::Keyed { place, .. } | Self::Operator { place, .. } => Some(*place),
        }
    }
}

/// Runs all jobs, several at the same time, and gives what came of them in their order. Without a directory nothing is
/// written.
///
/// # Errors
/// That of the first job that fails. No job runs any more then.
pub(super) async fn run(jobs: Vec<Job>, directory: Option<&Path>, concurrency: usize) -> Result<Vec<Done>> {
    let mut done: Vec<Option<Done>> = vec![None; jobs.len()];
    let mut waiting = jobs.into_iter().enumerate();
    let mut running = JoinSet::new();
    let failure = loop {
        while running.len() < concurrency.max(1)
            && let Some((index, job)) = waiting.next()
        {
            let directory = directory.map(Path::to_owned);
            running.spawn(async move { (index, job.run(directory).await) });
        }
        match running.join_next().await {
            None => break None,
            Some(Ok((index, Ok(result)))) => {
                if let Some(slot) = done.get_mut(index) {
                    *slot = Some(result);
                }
            }
            Some(Ok((_, Err(e)))) => break Some(e),
            Some(Err(e)) => break Some(Error::bug("a job of the writer did not end").with_source(e)),
        }
    };
    if let Some(error) = failure {
        running.shutdown().await;
        return Err(error);
    }
    Ok(done.into_iter().flatten().collect())
}

impl Job {
    async fn run(self, directory: Option<PathBuf>) -> Result<Done> {
        let directory = directory.as_deref();
        match self {
            Self::Copy { source, handle, name } => {
                let locate = |e: Error| e.in_file(name.clone());
                let file = copy(&source, &handle, directory, &name).await.map_err(locate)?;
                Ok(Done { file: Some(file), content: Content::Copied })
            }
            Self::Keyed { place, stream, key_groups, max_parallelism, name } => {
                let out = DataFile::create(directory, &name)?;
                let locate = |e: Error| e.in_file(name.clone());
                let (out, offsets, tallies) =
                    write_keyed(out, &stream, key_groups.clone(), max_parallelism).await.map_err(locate)?;
                let content = Content::Keyed { place, key_groups, offsets, tallies };
                Ok(Done { file: Some(out.finish()?), content })
            }
            Self::Operator { place, states, parallelism, name } => {
                let mut out = DataFile::create(directory, &name)?;
                let locate = |e: Error| e.in_file(name.clone());
                let (states, tallies) =
                    write_operator(&mut out, &states, place.subtask, parallelism).await.map_err(locate)?;
                Ok(Done { file: Some(out.finish()?), content: Content::Operator { place, states, tallies } })
            }
            Self::NoKeyed { stream, key_groups, max_parallelism, subtask } => {
                let (_, _, tallies) = write_keyed(std::io::sink(), &stream, key_groups, max_parallelism).await?;
                match tallies.iter().zip(&stream.states).find(|(tally, _)| tally.rows > 0) {
                    Some((_, state)) => {
                        let message = format!("subtask {subtask} had ended before the snapshot: it can't get state");
                        Err(Error::unsupported(message).in_state(&state.meta.name))
                    }
                    None => Ok(Done { file: None, content: Content::Copied }),
                }
            }
        }
    }
}

async fn copy(source: &Snapshot, handle: &StreamHandle, directory: Option<&Path>, name: &str) -> Result<WrittenFile> {
    let stream = source.stream(handle).await?;
    let mut out = DataFile::create(directory, name)?;
    let mut position = 0;
    while position < stream.size() {
        let end = stream.size().min(position + COPY);
        out.write_all(&stream.read(position..end).await?).map_err(crate::state::storage)?;
        position = end;
    }
    out.finish()
}
