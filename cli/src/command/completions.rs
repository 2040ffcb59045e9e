//! `flink-state completions`.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::error::Result;

/// Prints the completion script of a shell.
pub(crate) fn completions(shell: Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "flink-state", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(0)
}
