//! `flink-state convert`: the same state as a canonical savepoint.

use flink_state_sql::rewrite::{self, RewriteOptions};

use super::savepoint::{check_target, write};
use super::{interruptible, open};
use crate::args::Convert;
use crate::error::{Error, Result};
use crate::progress::Steps;

/// Converts a snapshot.
pub(crate) async fn convert(arguments: Convert) -> Result<u8> {
    interruptible(run(arguments)).await
}

async fn run(arguments: Convert) -> Result<u8> {
    check_target(&arguments.target)?;
    let source = open(&arguments.snapshot, &arguments.opening).await?;
    let options = RewriteOptions {
        flink_version: arguments.flink_version,
        drop_in_flight: arguments.drop_in_flight,
        ..RewriteOptions::default()
    };
    let steps = Steps::new(1);
    let plan = rewrite::convert(&source, &options).await.map_err(|e| Error::from(e).within(&arguments.snapshot))?;
    write(plan, Some(&source), &options, &arguments.target, &steps).await
}
