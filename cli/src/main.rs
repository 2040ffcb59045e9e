//! `flink-state`: looks into, queries, exports and rewrites Apache Flink savepoints and checkpoints, without a JVM.
//!
//! ```text
//! main -> args -> command/{inspect, sql, rewrite, …} -> output/ -> encode/
//! ```
//!
//! Results go to stdout; progress, warnings and errors to stderr.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod args;
mod command;
mod encode;
mod error;
mod memory;
mod output;
mod progress;
mod size;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::error::{Error, Result};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = run(arguments.command);
    ExitCode::from(outcome.unwrap_or_else(|error| {
        error.report();
        error.exit_code()
    }))
}

/// Runs a command; returns its exit code.
fn run(command: Command) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::bug(format!("can't start the runtime: {e}")))?;
    let outcome = runtime.block_on(async {
        match command {
            Command::Inspect(arguments) => command::inspect(arguments).await,
            Command::Sql(arguments) => command::sql(arguments).await,
            Command::Export(arguments) => command::export(arguments).await,
            Command::Verify(arguments) => command::verify(arguments).await,
            Command::Diff(arguments) => command::diff(arguments).await,
            Command::Rewrite(arguments) => command::rewrite(arguments).await,
            Command::Bootstrap(arguments) => command::bootstrap(arguments).await,
            Command::Convert(arguments) => command::convert(arguments).await,
            Command::Uid(arguments) => command::uid(arguments),
            Command::Completions { shell } => command::completions(shell),
        }
    });
    // Work that was interrupted gets the time to remove its temporary files.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}
