//! Results as tables, CSV, JSON, Parquet and Arrow, to stdout or to a file.

mod csv;
mod empty_struct;
mod json;
mod parquet;
mod table;
mod target;

use std::io::{IsTerminal, Write};
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::StreamWriter;
use clap::ValueEnum;

pub(crate) use self::json::object;
pub(crate) use self::parquet::ParquetWriter;
pub(crate) use self::table::{Grid, printable};
pub(crate) use self::target::{FileTarget, Target};
use crate::error::{Error, Result};

/// A format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people
    Table,
    /// Comma-separated values with a header (RFC 4180); a null is empty, an empty string is ""
    Csv,
    /// One JSON array of objects
    Json,
    /// One JSON object a line
    Ndjson,
    /// A Parquet file
    Parquet,
    /// An Arrow IPC stream
    Arrow,
}

impl Format {
    /// The format that a file's name asks for.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "csv" => Self::Csv,
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::Ndjson,
            "parquet" => Self::Parquet,
            "arrow" | "arrows" => Self::Arrow,
            _ => return None,
        })
    }

    /// Whether its output is bytes, which hold one result only.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }

    /// Refuses to write bytes to a terminal.
    pub(crate) fn check_target(self, output: Option<&Path>) -> Result<()> {
        if self.is_binary() && output.is_none() && std::io::stdout().is_terminal() {
            return Err(
                Error::usage("this format is binary: it can't go to a terminal").hint("redirect stdout to a file")
            );
        }
        Ok(())
    }

    /// Starts to write one result. Call it when the first batch is there: before, the statement may still fail.
    pub(crate) fn writer<'a>(
        self,
        schema: &SchemaRef,
        out: &'a mut (dyn Write + Send),
    ) -> Result<Box<dyn ResultWriter + 'a>> {
        Ok(match self {
            Self::Table => Box::new(table::TableWriter::new(schema, out)),
            Self::Csv => Box::new(csv::CsvWriter::try_new(schema, out)?),
            Self::Json => Box::new(json::JsonWriter::array(schema, out)),
            Self::Ndjson => Box::new(json::JsonWriter::lines(schema, out)),
            Self::Parquet => Box::new(parquet::ParquetWriter::try_new(schema, out, None)?),
            Self::Arrow => Box::new(StreamWriter::try_new(out, schema)?),
        })
    }
}

impl ResultWriter for StreamWriter<&mut (dyn Write + Send)> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Ok(Self::write(self, batch)?)
    }

    fn finish(&mut self) -> Result<()> {
        Ok(Self::finish(self)?)
    }
}

/// Writes the record batches of one result.
pub(crate) trait ResultWriter: Send {
    /// Writes a batch.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Writes what stands behind the last row.
    fn finish(&mut self) -> Result<()>;
}

#[cfg(test)]
mod tests;
