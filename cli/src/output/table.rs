//! Tables for people: text in columns between lines.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use unicode_width::UnicodeWidthStr;

use super::ResultWriter;
use crate::encode::Encoder;
use crate::error::Result;

/// Rows that the widths of the columns are taken from. Later rows are written as they come, and a cell that is wider
/// than its column moves what stands right of it.
const SAMPLE: usize = 1_000;

/// A whole table of text.
pub(crate) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

struct Column {
    name: String,
    align_right: bool,
    width: usize,
}

impl Grid {
    /// An empty table; numbers are aligned to the right.
    pub(crate) fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, bool)>) -> Self {
        let columns = columns.into_iter().map(|(name, align_right)| {
            let name = printable(name.into());
            Column { width: name.width(), name, align_right }
        });
        Self { columns: columns.collect(), rows: Vec::new() }
    }

    /// Adds a row and widens the columns for it.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = String>) {
        let row: Vec<String> = row.into_iter().map(printable).collect();
        for (column, cell) in self.columns.iter_mut().zip(&row) {
            column.width = column.width.max(cell.width());
        }
        self.rows.push(row);
    }

    /// Writes the whole table.
    pub(crate) fn write(&mut self, out: &mut (dyn Write + Send)) -> Result<()> {
        self.write_head(out)?;
        self.write_rows(out)?;
        self.write_line(out, ["└", "┴", "┘"])
    }

    fn write_head(&self, out: &mut (dyn Write + Send)) -> Result<()> {
        self.write_line(out, ["┌", "┬", "┐"])?;
        self.write_row(out, self.columns.iter().map(|column| column.name.as_str()))?;
        self.write_line(out, ["├", "┼", "┤"])
    }

    fn write_rows(&mut self, out: &mut (dyn Write + Send)) -> Result<()> {
        for row in std::mem::take(&mut self.rows) {
            self.write_row(out, row.iter().map(String::as_str))?;
        }
        Ok(())
    }

    fn write_row<'a>(&self, out: &mut (dyn Write + Send), cells: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut line = String::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            let padding = " ".repeat(column.width.saturating_sub(cell.width()));
            let (before, behind) = if column.align_right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.extend(["│ ", before, cell, behind, " "]);
        }
        line.push_str("│\n");
        Ok(out.write_all(line.as_bytes())?)
    }

    fn write_line(&self, out: &mut (dyn Write + Send), [left, middle, right]: [&str; 3]) -> Result<()> {
        let dashes: Vec<String> = self.columns.iter().map(|column| "─".repeat(column.width + 2)).collect();
        Ok(writeln!(out, "{left}{}{right}", dashes.join(middle))?)
    }
}

/// Control characters as their escapes: a cell is one line and moves no cursor.
pub(crate) fn printable(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { printable.extend(c.escape_default()) } else { printable.push(c) }
    }
    printable
}

pub(super) struct TableWriter<'a> {
    grid: Grid,
    out: &'a mut (dyn Write + Send),
    /// Whether the head, and with it the widths, is written.
    started: bool,
}

impl<'a> TableWriter<'a> {
    pub(super) fn new(schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Self {
        let columns = schema.fields().iter().map(|field| (field.name(), field.data_type().is_numeric()));
        Self { grid: Grid::new(columns), out, started: false }
    }
}

impl ResultWriter for TableWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = Encoder::of_columns(batch.columns())?;
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|column| {
                let mut cell = String::new();
                if column.text(row, &mut cell) { cell } else { "NULL".to_owned() }
            });
            if self.started {
                let cells: Vec<String> = cells.map(printable).collect();
                self.grid.write_row(self.out, cells.iter().map(String::as_str))?;
            } else {
                self.grid.push(cells);
                if self.grid.rows.len() == SAMPLE {
                    self.start()?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if !self.started {
            self.start()?;
        }
        self.grid.write_line(self.out, ["└", "┴", "┘"])
    }
}

impl TableWriter<'_> {
    fn start(&mut self) -> Result<()> {
        self.started = true;
        self.grid.write_head(self.out)?;
        self.grid.write_rows(self.out)
    }
}
