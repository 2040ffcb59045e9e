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
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Starts a file.
    ///
    /// # Errors
    /// A column of a type that Parquet has not, and what `out` reports.
    pub(crate) fn try_new(schema: &Schema, out: W) -> Result<Self> {
        let fields = schema.fields().iter().map(empty_struct::filled_field);
        let fields = fields.collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Self { writer: ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?, schema })
    }
}

impl<W: Write + Send> ResultWriter for ParquetWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(column, field)| empty_struct::filled(column, field.data_type()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?)
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish().map(drop).map_err(|error: ParquetError| error.into())
    }
}
