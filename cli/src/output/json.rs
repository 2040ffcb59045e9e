//! JSON: the forms of values are those of `docs/json.md`.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::ResultWriter;
use crate::encode::{Encoder, push_json_string};
use crate::error::{Error, Result};

/// An array of objects, one a line, or the lines alone.
pub(super) struct JsonWriter<'a> {
    out: &'a mut (dyn Write + Send),
    /// The column names as JSON.
    names: Vec<String>,
    array: bool,
    rows: u64,
}

impl<'a> JsonWriter<'a> {
    pub(super) fn array(schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Self {
        Self { array: true, ..Self::lines(schema, out) }
    }

    pub(super) fn lines(schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Self {
        let names = schema.fields().iter().map(|field| {
            let mut name = String::new();
            push_json_string(&mut name, field.name());
            name
        });
        Self { names: names.collect(), out, array: false, rows: 0 }
    }

    fn push_start(&self, line: &mut String) {
        match (self.array, self.rows) {
            (false, 0) => {}
            (true, 0) => line.push_str("[\n"),
            (true, _) => line.push_str(",\n"),
            (false, _) => line.push('\n'),
        }
    }
}

/// The only row of a batch as an object.
pub(crate) fn object(batch: &RecordBatch) -> Result<String> {
    let mut bytes = Vec::new();
    let mut writer = JsonWriter::lines(&batch.schema(), &mut bytes);
    writer.write(batch)?;
    String::from_utf8(bytes).map_err(|_| Error::bug("JSON is not UTF-8"))
}

impl ResultWriter for JsonWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = Encoder::of_columns(batch.columns())?;
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            self.push_start(&mut line);
            line.push('{');
            for (index, (name, column)) in self.names.iter().zip(&columns).enumerate() {
                if index > 0 {
                    line.push(',');
                }
                line.push_str(name);
                line.push(':');
                column.json(row, &mut line);
            }
            line.push('}');
            self.out.write_all(line.as_bytes())?;
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let end = match (self.array, self.rows) {
            (true, 0) => "[]\n",
            (true, _) => "\n]\n",
            (false, 0) => "",
            (false, _) => "\n",
        };
        Ok(self.out.write_all(end.as_bytes())?)
    }
}
