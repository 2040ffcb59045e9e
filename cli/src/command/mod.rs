//! The commands. Each returns its exit code.

mod completions;
mod diff;
mod export;
mod inspect;
mod repl;
mod sql;
mod uid;
mod verify;
mod warnings;

use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{OpenOptions, Snapshot};
use futures::future;

use crate::args::Uids;
use crate::error::{Error, Result};

pub(crate) use completions::completions;
pub(crate) use diff::diff;
pub(crate) use export::export;
pub(crate) use inspect::inspect;
pub(crate) use sql::sql;
pub(crate) use uid::uid;
pub(crate) use verify::verify;

/// Opens snapshots. Each gets the uids that it knows.
async fn open_all(locations: &[&str], uids: &Uids) -> Result<Vec<Snapshot>> {
    let opening = locations.iter().map(|location| async move {
        match locations {
            [_] => open(location, uids).await,
            _ => open(location, &known(&open(location, &Uids::default()).await?, uids)).await,
        }
    });
    let snapshots: Vec<Snapshot> = future::try_join_all(opening).await?;
    let unknown = |uid: &&String| !snapshots.iter().any(|snapshot| is_known(snapshot, uid));
    match uids.uids.iter().find(unknown) {
        Some(uid) => {
            let error = Error::usage(format!("no snapshot has an operator with the uid '{uid}'"));
            Err(error.at(locations.join(" ")).hint("flink-state inspect shows the operators of a snapshot"))
        }
        None => Ok(snapshots),
    }
}

fn known(snapshot: &Snapshot, uids: &Uids) -> Uids {
    Uids { uids: uids.uids.iter().filter(|uid| is_known(snapshot, uid)).cloned().collect() }
}

fn is_known(snapshot: &Snapshot, uid: &str) -> bool {
    let id = OperatorId::from_uid(uid).to_string();
    snapshot.operators().iter().any(|operator| operator.id() == id)
}

/// Opens a snapshot.
async fn open(location: &str, uids: &Uids) -> Result<Snapshot> {
    let options = OpenOptions { uids: uids.uids.clone(), ..OpenOptions::default() };
    Snapshot::open_with(location, &options).await.map_err(|e| Error::from(e).within(location))
}

/// Does the work unless Ctrl-C comes first. Work that is dropped removes its temporary files.
async fn interruptible<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = work => done,
        Ok(()) = tokio::signal::ctrl_c() => Err(Error::Interrupted),
    }
}
