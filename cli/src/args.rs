//! The command line.

mod write;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use flink_state_reader::PathMapping;

use crate::memory::Memory;
use crate::output::Format;
pub(crate) use write::{Bootstrap, Convert, Rewrite, Target};

/// Looks into, queries, exports and rewrites Apache Flink savepoints and checkpoints, without a JVM
#[derive(Debug, Parser)]
#[command(name = "flink-state", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "\
SNAPSHOT is the directory of a savepoint or of a retained checkpoint, or its _metadata file: a path or a URL.

Exit codes: 0 ok; 1 verify failed, or diff found differences; 2 wrong usage, or a name that is not there; 3 data that \
is invalid or not supported, also when only some rows could not be given; 4 storage failed; 5 a defect of flink-state; 130 interrupted.")]
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
    /// Run statements that change state, and write the result as a new savepoint
    Rewrite(Rewrite),
    /// Write a savepoint for a new job, with state that statements make
    Bootstrap(Bootstrap),
    /// Write a snapshot of any kind as a canonical savepoint
    Convert(Convert),
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
    /// List every file that it needs instead: where it was found, its size, which operators use it
    #[arg(long)]
    pub(crate) files: bool,
    #[command(flatten)]
    pub(crate) opening: Opening,
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
    pub(crate) memory: Memory,
    #[command(flatten)]
    pub(crate) opening: Opening,
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
    pub(crate) memory: Memory,
    #[command(flatten)]
    pub(crate) opening: Opening,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Files: each one that _metadata names is there, with all the bytes that it says. Key groups: none is missing, none is \
there twice. Manifest: a savepoint that flink-state wrote has the files that it wrote. With --deep, every state: each \
entry decodes to its end, keys are in the key group that their hash gives, rows and checksums are those of the \
manifest. Coordinator state, records in flight and state in a layout of its operator's own are not looked into.

Result: ok; note, to know and no failure; not_verified, what can't be read or decoded; failed.

Exit code 1 when a check failed, 0 when none did: what was not verified is told, and is no failure.

  flink-state verify savepoint-ab12cd-0123456789ab --deep")]
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
    pub(crate) opening: Opening,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Operators are matched by their IDs, states by their names, rows by key, namespace and map key. Timers and the elements \
of lists of operator state have nothing else: they are on one side or on both, wherever they are. Rows are the same \
when their bytes are, where both sides have types that encode alike (layouts and backends don't matter then), else \
when they decode to the same values. Types, max parallelism, coordinator state and finished subtasks are compared too; \
records in flight are not. Up to three rows of each kind of difference are shown.

Exit code 1 when something differs; 3 when nothing does, but not all could be compared.

  flink-state diff savepoint-before savepoint-after --operator my-uid")]
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
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) opening: Opening,
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

/// How snapshots are opened.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Opening {
    /// A uid to name an operator by, where the snapshot holds only its hash (Flink 1.x); repeatable
    #[arg(long = "uid", value_name = "NAME")]
    pub(crate) uids: Vec<String>,
    /// Where moved files are: those below OLD in _metadata (s3://bucket/dir, file:/dir; `*` is any one directory) are below
    /// the local directory NEW; repeatable, the longest OLD counts
    #[arg(long = "path-map", value_name = "OLD=NEW")]
    pub(crate) path_map: Vec<PathMapping>,
}
