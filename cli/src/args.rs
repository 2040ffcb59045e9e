//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::output::Format;

/// Looks into, queries and exports Apache Flink savepoints and checkpoints, without a JVM
#[derive(Debug, Parser)]
#[command(name = "flink-state", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "\
SNAPSHOT is the directory of a savepoint or of a retained checkpoint, or its _metadata file: a path or a URL.

Exit codes: 0 ok; 1 verify failed, or diff found differences; 2 wrong usage, or a name that is not there; 3 data that is invalid or not supported, also when only \
some rows could not be given; 4 storage failed; 5 a defect of flink-state; 130 interrupted.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what is in a snapshot: operators, states, types, sizes
    Inspect(Inspect),
    /// Run SQL over the state of one or several snapshots
    Sql(Sql),
    /// Write each state as a Parquet data set
    Export(Export),
    /// Check that a snapshot is whole: files, key groups, and with --deep every value
    Verify(Verify),
    /// Compare two snapshots by operator, state and key
    Diff(Diff),
    /// Print the operator IDs that Flink derives from uids
    Uid(Uid),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A savepoint or checkpoint
    pub(crate) snapshot: String,
    #[command(flatten)]
    pub(crate) uids: Uids,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub(crate) format: ReportFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// JSON
    Json,
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Table => Self::Table,
            ReportFormat::Json => Self::Json,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Schemas are operators (by uid, else by ID), tables are their states; the schema metadata tells what is there:
  SELECT * FROM metadata.states
  SELECT key, value FROM \"my-uid\".\"my-state\" WHERE key_group < 8")]
pub(crate) struct Sql {
    /// Savepoints or checkpoints; with several, each as ALIAS=SNAPSHOT
    #[arg(required = true, value_name = "SNAPSHOT")]
    pub(crate) snapshots: Vec<String>,
    /// Statements to run, separated by `;`; without -c and -f they are asked for
    #[arg(short, long, value_name = "SQL", conflicts_with = "file")]
    pub(crate) command: Option<String>,
    /// A file with statements to run
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The format of results; by default what the name of --output asks for, else table
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write the result to this file, which is there when it is complete
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) uids: Uids,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A savepoint or checkpoint
    pub(crate) snapshot: String,
    /// The directory to write to: new or empty
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Only this operator (uid, ID or name)
    #[arg(long, value_name = "OPERATOR")]
    pub(crate) operator: Option<String>,
    /// Only states with this name
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    #[command(flatten)]
    pub(crate) uids: Uids,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Files: each file that _metadata names is there and as long as it says. Key groups: each subtask holds those that Flink \
gives it. With --deep, states: every value decodes to its end. Coordinator state, records in flight and state that an \
operator wrote in a layout of its own are not looked into.

Result: ok; note, for what is to know and no failure; failed. Exit code 1 when a check failed.")]
pub(crate) struct Verify {
    /// A savepoint or checkpoint
    pub(crate) snapshot: String,
    /// Read every state to its end, too
    #[arg(long)]
    pub(crate) deep: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) uids: Uids,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Rows are the same when their key, namespace and map key are (of timers also their time; of lists of operator state \
their subtask and position). What they hold is compared as decoded values, so snapshots of different layouts, backends \
and Flink releases compare; entries of a map in another order are a change. Operators are matched by their IDs. \
Coordinator state is compared byte by byte; records in flight are not compared.

Exit code 1 when there is a difference.")]
pub(crate) struct Diff {
    /// A savepoint or checkpoint
    pub(crate) a: String,
    /// The other one
    pub(crate) b: String,
    /// Only this operator (uid, ID or name)
    #[arg(long, value_name = "OPERATOR")]
    pub(crate) operator: Option<String>,
    /// Only states with this name
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Rows to show for each state and kind of difference
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) examples: usize,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) uids: Uids,
}

#[derive(Debug, Args)]
pub(crate) struct Uid {
    /// Uids
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Uids {
    /// A uid to name an operator by, where the snapshot holds only its hash (Flink 1.x); repeatable
    #[arg(long = "uid", value_name = "NAME")]
    pub(crate) uids: Vec<String>,
}
