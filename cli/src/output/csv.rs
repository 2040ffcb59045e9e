//! Comma-separated values.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::ResultWriter;
use crate::encode::Encoder;
use crate::error::Result;

/// RFC 4180 with line feeds. A null is empty, an empty string is `""`; nested values are their JSON.
pub(super) struct CsvWriter<'a>(&'a mut (dyn Write + Send));

impl<'a> CsvWriter<'a> {
    pub(super) fn try_new(schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Self> {
        let mut header = String::new();
        for (index, field) in schema.fields().iter().enumerate() {
            push_separator(&mut header, index);
            push_cell(&mut header, field.name());
        }
        header.push('\n');
        out.write_all(header.as_bytes())?;
        Ok(Self(out))
    }
}

impl ResultWriter for CsvWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = Encoder::of_columns(batch.columns())?;
        let (mut line, mut cell) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            line.clear();
            for (index, column) in columns.iter().enumerate() {
                push_separator(&mut line, index);
                cell.clear();
                if column.text(row, &mut cell) {
                    push_cell(&mut line, &cell);
                }
            }
            line.push('\n');
            self.0.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

fn push_separator(line: &mut String, index: usize) {
    if index > 0 {
        line.push(',');
    }
}

fn push_cell(line: &mut String, cell: &str) {
    if cell.is_empty() || cell.contains([',', '"', '\n', '\r']) {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}
