//! Arguments of the commands that write savepoints.

use std::path::PathBuf;

use clap::Args;
use flink_state_writer::savepoint::FlinkVersion;

use super::{Opening, ReportFormat};
use crate::memory::Memory;

#[derive(Debug, Args)]
#[command(after_help = "\
Statements run in order, each on what those before it have left, and then one savepoint is written: UPDATE, DELETE and \
INSERT of any state; CREATE STATE, DROP STATE, ALTER STATE … RENAME TO; the same of OPERATOR; SET max_parallelism. \
What they don't change stays as it is, byte for byte. docs/statements.md has them all.

  flink-state rewrite savepoint-1 --to savepoint-2 -c 'UPDATE \"my-uid\".total SET value = 0 WHERE value < 0'
  flink-state rewrite savepoint-1 --to savepoint-2 -f migrate.sql --dry-run")]
pub(crate) struct Rewrite {
    /// The savepoint or checkpoint to rewrite, then others to read from; with several, each as ALIAS=SNAPSHOT
    #[arg(required = true, value_name = "SNAPSHOT")]
    pub(crate) snapshots: Vec<String>,
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) script: Script,
    /// The new number of key groups, before the first statement
    #[arg(long, value_name = "N", value_parser = max_parallelism())]
    pub(crate) max_parallelism: Option<u32>,
    /// The Flink release that is to restore it, like 1.20; by default the one that wrote the snapshot
    #[arg(long, value_name = "V")]
    pub(crate) flink_version: Option<FlinkVersion>,
    /// Refer to the files of operators that don't change instead of copying them
    #[arg(long)]
    pub(crate) reference: bool,
    /// Leave out the records in flight that an unaligned checkpoint holds: they are lost
    #[arg(long)]
    pub(crate) drop_in_flight: bool,
    /// Write the same state as a canonical savepoint, as `convert` does
    #[arg(long, conflicts_with_all = ["command", "file", "max_parallelism", "reference"])]
    pub(crate) no_change: bool,
    #[command(flatten)]
    pub(crate) opening: Opening,
}

#[derive(Debug, Args)]
#[command(after_help = "\
  flink-state bootstrap --to savepoint-1 --flink-version 2.2 --max-parallelism 128 -f state.sql

with, for example:

  CREATE EXTERNAL TABLE totals STORED AS PARQUET LOCATION 'totals.parquet';
  CREATE OPERATOR \"my-uid\" PARALLELISM 4;
  CREATE STATE \"my-uid\".total (KEY STRING, VALUE LONG) AS SELECT name AS key, total AS value FROM totals

docs/statements.md has all statements.")]
pub(crate) struct Bootstrap {
    /// Savepoints or checkpoints to read from, each as ALIAS=SNAPSHOT
    #[arg(value_name = "SNAPSHOT")]
    pub(crate) snapshots: Vec<String>,
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) script: Script,
    /// The Flink release that is to restore it, like 2.2
    #[arg(long, value_name = "V")]
    pub(crate) flink_version: FlinkVersion,
    /// The number of key groups
    #[arg(long, value_name = "N", value_parser = max_parallelism())]
    pub(crate) max_parallelism: u32,
    #[command(flatten)]
    pub(crate) opening: Opening,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The savepoint holds all that it needs, can be moved, and every state backend restores it:

  flink-state convert checkpoints/8f2a/chk-42 --to savepoint-1")]
pub(crate) struct Convert {
    /// A savepoint or checkpoint
    pub(crate) snapshot: String,
    #[command(flatten)]
    pub(crate) target: Target,
    /// The Flink release that is to restore it, like 1.20; by default the one that wrote the snapshot
    #[arg(long, value_name = "V")]
    pub(crate) flink_version: Option<FlinkVersion>,
    /// Leave out the records in flight that an unaligned checkpoint holds: they are lost
    #[arg(long)]
    pub(crate) drop_in_flight: bool,
    #[command(flatten)]
    pub(crate) opening: Opening,
}

/// Where a savepoint is written, and how that is told.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The directory to write to, which must be new
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Do all but write: show what would be written, and what Flink checks when it restores it
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) memory: Memory,
}

/// Statements that change state.
#[derive(Debug, Args)]
pub(crate) struct Script {
    /// Statements to run, separated by `;`
    #[arg(short, long, value_name = "SQL", conflicts_with = "file")]
    pub(crate) command: Option<String>,
    /// A file with statements to run
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

fn max_parallelism() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(flink_state_sql::statement::MAX_PARALLELISM))
}
