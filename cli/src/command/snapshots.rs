//! The snapshots of a session: `SNAPSHOT`, or several as `ALIAS=SNAPSHOT`.

use flink_state_reader::Snapshot;
use flink_state_reader::metadata::OperatorId;
use flink_state_sql::SnapshotArg;
use futures::future;

use super::open;
use crate::args::Uids;
use crate::error::{Error, Result};

/// Opens snapshots with their aliases.
pub(super) async fn open_aliased(arguments: &[String], uids: &Uids) -> Result<Vec<SnapshotArg>> {
    let (aliases, locations): (Vec<_>, Vec<_>) = arguments.iter().map(|argument| split_alias(argument)).unzip();
    let snapshots = open_all(&locations, uids).await?.into_iter().zip(aliases);
    Ok(snapshots.map(|(snapshot, alias)| SnapshotArg { alias: alias.map(str::to_owned), snapshot }).collect())
}

/// Opens snapshots. Each gets the uids that it knows.
pub(super) async fn open_all(locations: &[&str], uids: &Uids) -> Result<Vec<Snapshot>> {
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

/// `alias=PATH`; a path that starts with such a thing is written as `./alias=…`.
fn split_alias(argument: &str) -> (Option<&str>, &str) {
    let is_name = |alias: &str| alias.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match argument.split_once('=') {
        Some((alias, location)) if is_name(alias) => (Some(alias), location),
        _ => (None, argument),
    }
}
