//! The text of statements, and where it comes from.

use std::fs;
use std::io::Read;
use std::path::Path;

use flink_state_reader::types::KryoVersion;
use flink_state_sql::statement::{ScriptStatement, parse};

use crate::error::{Error, Result};

/// Statements to run.
pub(super) struct Script {
    pub(super) text: String,
    /// As errors name it.
    pub(super) origin: String,
}

impl Script {
    /// What `-c` or `-f` gives.
    pub(super) fn of(command: Option<&str>, file: Option<&Path>) -> Result<Option<Self>> {
        if let Some(command) = command {
            return Ok(Some(Self { text: command.to_owned(), origin: "the statements of -c".to_owned() }));
        }
        let Some(file) = file else { return Ok(None) };
        let text = fs::read_to_string(file).map_err(|e| Error::file("read the statements", file, &e))?;
        Ok(Some(Self { text, origin: format!("file {}", file.display()) }))
    }

    /// No statements.
    pub(super) fn none() -> Self {
        Self { text: String::new(), origin: String::new() }
    }

    /// What comes from stdin.
    pub(super) fn of_stdin() -> Result<Self> {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|e| Error::file("read the statements", Path::new("stdin"), &e))?;
        Ok(Self { text, origin: "the statements of stdin".to_owned() })
    }

    /// The statements that change state.
    pub(super) fn parse(&self, kryo: KryoVersion) -> Result<Vec<ScriptStatement>> {
        parse(&self.text, kryo).map_err(|e| Error::from(e).within(&self.origin))
    }
}
