//! Parquet files.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{ResultWriter, empty_struct};
use crate::error::Result;

/// Writes one Parquet file with Snappy compression.
pub(crate) struct ParquetWriter<W: Write + Send> {
    schema: SchemaRef,
    writer: ArrowWriter<W>,
    /// Bytes that rows may take before they are written as a row group.
    limit: usize,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Starts a file. A row group that is larger than the limit in memory is written before it has all its rows.
    ///
    /// # Errors
    /// A column of a type that Parquet has not, and what `out` reports.
    pub(crate) fn try_new(schema: &Schema, out: W, limit: Option<usize>) -> Result<Self> {
        let fields = schema.fields().iter().map(empty_struct::filled_field);
        let fields = fields.collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
        Ok(Self { writer, schema, limit: limit.unwrap_or(usize::MAX) })
    }
}

impl<W: Write + Send> ResultWriter for ParquetWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(column, field)| empty_struct::filled(column, field.data_type()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        if self.writer.memory_size() > self.limit {
            self.writer.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish().map(drop).map_err(|error: ParquetError| error.into())
    }
}
