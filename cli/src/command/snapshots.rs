//! The snapshots of a session: `SNAPSHOT`, or several as `ALIAS=SNAPSHOT`.

use flink_state_reader::Snapshot;
use flink_state_reader::metadata::OperatorId;
use flink_state_sql::SnapshotArg;
use futures::future;

use super::open;
use crate::args::Uids;
use crate::error::{Error, Result};

/// Opens all of them.
pub(super) async fn open_all(arguments: &[String], uids: &Uids) -> Result<Vec<SnapshotArg>> {
    let opening = arguments.iter().map(|argument| async {
        let (alias, location) = split_alias(argument);
        let snapshot = match arguments.len() {
            1 => open(location, uids).await?,
            // Each snapshot gets the uids that it knows.
            _ => open(location, &known(&open(location, &Uids::default()).await?, uids)).await?,
        };
        Ok::<_, Error>(SnapshotArg { alias: alias.map(str::to_owned), snapshot })
    });
    let snapshots: Vec<SnapshotArg> = future::try_join_all(opening).await?;
    let unknown = |uid: &&String| !snapshots.iter().any(|argument| is_known(&argument.snapshot, uid));
    match uids.uids.iter().find(unknown) {
        Some(uid) => {
            let error = Error::usage(format!("no snapshot has an operator with the uid '{uid}'"));
            Err(error.at(arguments.join(" ")).hint("flink-state inspect shows the operators of a snapshot"))
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
