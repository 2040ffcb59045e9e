//! Rows on disk: Arrow IPC files that are gone with the last who reads them.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, MutableArrayData, RecordBatch, RecordBatchOptions, UInt64Array, make_array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use flink_state_reader::{Error, ErrorKind, Result};
use tempfile::{NamedTempFile, TempDir, TempPath};

/// The number of a row.
pub(super) const ROW: &str = "$row";

/// Most rows of a batch.
const BATCH_ROWS: usize = 8192;

/// Bytes that a batch should have at most.
const BATCH_BYTES: usize = 256 << 10;

/// Where spill files are made: a temporary directory that is removed when nothing needs it any more.
#[derive(Clone, Debug)]
pub(super) struct Spills(Arc<TempDir>);

impl Spills {
    pub(super) fn new() -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("flink-state-").tempdir();
        Ok(Self(Arc::new(directory.map_err(|e| failed("a temporary directory can't be made", e))?)))
    }

    /// Starts a file with these columns.
    pub(super) fn create(&self, schema: SchemaRef) -> Result<SpillWriter> {
        let file = NamedTempFile::new_in(self.0.path()).map_err(|e| failed("a temporary file can't be made", e))?;
        let (file, path) = file.into_parts();
        let writer = FileWriter::try_new(BufWriter::new(file), &schema).map_err(storage)?;
        Ok(SpillWriter { writer, schema, path, spills: self.clone(), batches: Vec::new(), rows: 0 })
    }
}

/// A file in the making.
pub(super) struct SpillWriter {
    writer: FileWriter<BufWriter<File>>,
    schema: SchemaRef,
    path: TempPath,
    spills: Spills,
    batches: Vec<Block>,
    rows: u64,
}

impl SpillWriter {
    /// Appends rows, in batches of a bounded size.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let length = rows.div_ceil(size(batch)?.div_ceil(BATCH_BYTES).max(1)).clamp(1, BATCH_ROWS);
        for start in (0..rows).step_by(length) {
            let slice = batch.slice(start, length.min(rows - start));
            // Columns that may not be null here are not in the file either.
            let slice = RecordBatch::try_new(Arc::clone(&self.schema), slice.columns().to_vec()).map_err(storage)?;
            self.writer.write(&slice).map_err(storage)?;
            let (rows, bytes) = (slice.num_rows(), size(&slice)?);
            self.batches.push(Block { first_row: self.rows, rows, bytes, runs: runs(&slice) });
            self.rows += slice.num_rows() as u64;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<SpillFile> {
        self.writer.finish().map_err(storage)?;
        Ok(SpillFile {
            path: self.path,
            schema: self.schema,
            batches: self.batches,
            rows: self.rows,
            _directory: self.spills,
        })
    }
}

/// Bytes of the rows alone, without what else their buffers hold.
fn size(batch: &RecordBatch) -> Result<usize> {
    let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    sizes.sum::<std::result::Result<usize, _>>().map_err(storage)
}

/// The first and last value of the first column, if it is one of key groups or subtasks: it is sorted wherever that
/// matters.
fn runs(batch: &RecordBatch) -> Option<(i32, i32)> {
    let column = batch.columns().first()?.as_primitive_opt::<Int32Type>()?.values();
    column.first().copied().zip(column.last().copied())
}

/// What is known of a batch without reading it.
#[derive(Clone, Copy, Debug)]
struct Block {
    first_row: u64,
    rows: usize,
    bytes: usize,
    runs: Option<(i32, i32)>,
}

/// A file of rows. It is removed with its last reference.
pub(super) struct SpillFile {
    path: TempPath,
    schema: SchemaRef,
    batches: Vec<Block>,
    rows: u64,
    _directory: Spills,
}

impl fmt::Debug for SpillFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows in {} batches", self.rows, self.batches.len())
    }
}

/// Where the values of a column come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The column of the file with this index.
    Column(usize),
    /// The number of the row.
    Row,
}

impl SpillFile {
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn batches(&self) -> Range<usize> {
        0..self.batches.len()
    }

    pub(super) fn rows_of(&self, batches: Range<usize>) -> usize {
        self.batches.get(batches).into_iter().flatten().map(|batch| batch.rows).sum()
    }

    pub(super) fn bytes_of(&self, batches: Range<usize>) -> usize {
        self.batches.get(batches).into_iter().flatten().map(|batch| batch.bytes).sum()
    }

    /// The batches in which the first column, which is sorted, has values of this range.
    pub(super) fn batches_of(&self, range: &RangeInclusive<i32>) -> Range<usize> {
        let start = self.batches.partition_point(|batch| batch.runs.is_some_and(|(_, last)| last < *range.start()));
        let end = self.batches.partition_point(|batch| batch.runs.is_some_and(|(first, _)| first <= *range.end()));
        start..end.max(start)
    }

    /// Reads batches with these columns; `first` is the number of the file's first row.
    pub(super) fn read(
        self: &Arc<Self>,
        batches: Range<usize>,
        columns: &[Source],
        first: u64,
    ) -> impl Iterator<Item = Result<RecordBatch>> + Send + use<> {
        let (file, columns) = (Arc::clone(self), columns.to_vec());
        let mut reader = None;
        batches.map(move |index| {
            let open = match &mut reader {
                Some(open) => open,
                None => reader.insert(Reader::open(&file, &columns)?),
            };
            open.read(&file, index, first)
        })
    }
}

/// An open file.
struct Reader {
    /// None if no column of the file is wanted.
    file: Option<FileReader<BufReader<File>>>,
    /// For each column its place among those of the file that are read.
    places: Vec<Option<usize>>,
    schema: SchemaRef,
    /// Whether the file has columns that are not read.
    is_part: bool,
}

impl Reader {
    fn open(spill: &SpillFile, columns: &[Source]) -> Result<Self> {
        let mut projection = Vec::new();
        let places = columns.iter().map(|column| match column {
            Source::Column(index) => {
                projection.push(*index);
                Some(projection.len() - 1)
            }
            Source::Row => None,
        });
        let places = places.collect();
        let schema = projected(&spill.schema, columns).map_err(storage)?;
        let is_part = projection.len() < spill.schema.fields().len();
        let file = match projection.is_empty() {
            true => None,
            false => {
                let file = File::open(&spill.path).map_err(|e| failed("a temporary file can't be read", e))?;
                Some(FileReader::try_new(BufReader::new(file), Some(projection)).map_err(storage)?)
            }
        };
        Ok(Self { file, places, schema, is_part })
    }

    fn read(&mut self, spill: &SpillFile, index: usize, first: u64) -> Result<RecordBatch> {
        let gone = || Error::bug("a batch of a temporary file is not there");
        let block = spill.batches.get(index).ok_or_else(gone)?;
        let batch = match &mut self.file {
            Some(file) => {
                file.set_index(index).map_err(storage)?;
                Some(file.next().ok_or_else(gone)?.map_err(storage)?)
            }
            None => None,
        };
        let start = first + block.first_row;
        let column = |place: &Option<usize>| match place {
            Some(place) => {
                let column = batch.as_ref().and_then(|batch| batch.columns().get(*place)).ok_or_else(gone)?;
                if self.is_part { copied(column) } else { Ok(Arc::clone(column)) }
            }
            None => Ok(Arc::new(UInt64Array::from_iter_values(start..start + block.rows as u64)) as ArrayRef),
        };
        let columns = self.places.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(block.rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(storage)
    }
}

/// The schema of these columns of a file.
pub(super) fn projected(schema: &Schema, columns: &[Source]) -> std::result::Result<SchemaRef, ArrowError> {
    let field = |column: &Source| match column {
        Source::Column(index) => schema.fields().get(*index).cloned(),
        Source::Row => Some(Arc::new(Field::new(ROW, DataType::UInt64, false))),
    };
    let fields: Option<Vec<_>> = columns.iter().map(field).collect();
    let fields = fields.ok_or_else(|| ArrowError::SchemaError("a column that is not there".to_owned()))?;
    Ok(Arc::new(Schema::new(fields)))
}

/// The values alone: those that are read share the buffer of their whole batch, which would stay in memory with them.
fn copied(column: &ArrayRef) -> Result<ArrayRef> {
    let data = column.to_data();
    let mut copy = MutableArrayData::new(vec![&data], false, column.len());
    copy.try_extend(0, 0, column.len()).map_err(storage)?;
    Ok(make_array(copy.freeze()))
}

fn storage(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, source) => failed("a temporary file can't be written or read", source),
        other => Error::bug("rows that a temporary file can't hold").with_source(other),
    }
}

fn failed(what: &str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("{what}: {error}"))
        .with_source(error)
        .with_hint("it is made where TMPDIR says, or in the system's directory for temporary files")
}
