//! The snapshots of a session: `SNAPSHOT`, or several as `ALIAS=SNAPSHOT`.

use flink_state_reader::Snapshot;
use flink_state_reader::metadata::OperatorId;
use flink_state_sql::SnapshotArg;
use futures::future;

use super::open;
use crate::args::Opening;
use crate::error::{Error, Result};

/// Opens snapshots with their aliases.
pub(super) async fn open_aliased(arguments: &[String], opening: &Opening) -> Result<Vec<SnapshotArg>> {
    let (aliases, locations): (Vec<_>, Vec<_>) = arguments.iter().map(|argument| split_alias(argument)).unzip();
    let snapshots = open_all(&locations, opening).await?.into_iter().zip(aliases);
    Ok(snapshots.map(|(snapshot, alias)| SnapshotArg { alias: alias.map(str::to_owned), snapshot }).collect())
}

/// Opens snapshots. Each gets the uids that it knows.
pub(super) async fn open_all(locations: &[&str], opening: &Opening) -> Result<Vec<Snapshot>> {
    let snapshots = locations.iter().map(|location| async move {
        match locations {
            [_] => open(location, opening).await,
            _ => {
                let any = Opening { uids: Vec::new(), ..opening.clone() };
                open(location, &known(&open(location, &any).await?, opening)).await
            }
        }
    });
    let snapshots: Vec<Snapshot> = future::try_join_all(snapshots).await?;
    let unknown = |uid: &&String| !snapshots.iter().any(|snapshot| is_known(snapshot, uid));
    match opening.uids.iter().find(unknown) {
        Some(uid) => {
            let error = Error::usage(format!("no snapshot has an operator with the uid '{uid}'"));
            Err(error.at(locations.join(" ")).hint("flink-state inspect shows the operators of a snapshot"))
        }
        None => Ok(snapshots),
    }
}

fn known(snapshot: &Snapshot, opening: &Opening) -> Opening {
    let uids = opening.uids.iter().filter(|uid| is_known(snapshot, uid)).cloned().collect();
    Opening { uids, ..opening.clone() }
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
