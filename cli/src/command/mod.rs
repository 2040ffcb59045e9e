//! The commands. Each returns its exit code.

mod bootstrap;
mod completions;
mod convert;
mod diff;
mod export;
mod inspect;
mod repl;
mod rewrite;
mod savepoint;
mod script;
mod snapshots;
mod sql;
mod uid;
mod verify;
mod warnings;

use flink_state_reader::{OpenOptions, Snapshot};

use crate::args::Opening;
use crate::error::{Error, Result};

pub(crate) use bootstrap::bootstrap;
pub(crate) use completions::completions;
pub(crate) use convert::convert;
pub(crate) use diff::diff;
pub(crate) use export::export;
pub(crate) use inspect::inspect;
pub(crate) use rewrite::rewrite;
pub(crate) use sql::sql;
pub(crate) use uid::uid;
pub(crate) use verify::verify;

/// Opens a snapshot.
async fn open(location: &str, opening: &Opening) -> Result<Snapshot> {
    let Opening { uids, path_map } = opening.clone();
    let options = OpenOptions { uids, path_map, ..OpenOptions::default() };
    Snapshot::open_with(location, &options).await.map_err(|e| Error::from(e).within(location))
}

/// Does the work unless Ctrl-C comes first. Work that is dropped removes its temporary files.
async fn interruptible<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = work => done,
        Ok(()) = tokio::signal::ctrl_c() => Err(Error::Interrupted),
    }
}
