//! Spans of bytes to the columns of a record batch.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int32Array, Int64Array, ListArray, RecordBatch, RecordBatchOptions, TimestampMillisecondArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::SchemaRef;

use crate::decode::{Decoder, Span, Undecoded, decoder};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::state::rows::{NULL, Rows, Unframed, Wanted};
use crate::state::table::{Column, RawPart, item};
use crate::types::{Framing, Type};

use super::raw::RawBuilder;

/// A batch in the making.
pub(super) struct Batch {
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    /// The columns, if their values may turn out not to be decodable: each window is then tried on builders of its own
    /// first, because what a decoder holds is lost when it fails.
    tried: Option<Vec<Column>>,
}

/// Where the rows of a window come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    /// The window's bytes.
    pub(super) data: &'a [u8],
    /// The offset of its first byte in the file.
    pub(super) offset: u64,
    pub(super) key_group: u16,
    pub(super) subtask: u32,
}

enum Builder {
    KeyGroup(Vec<i32>),
    Subtask(Vec<i32>),
    Position(Vec<i64>),
    Timestamp(Vec<i64>),
    Key(Box<dyn Decoder>),
    Namespace(Box<dyn Decoder>),
    MapKey(Box<dyn Decoder>),
    Value(Box<dyn Decoder>),
    LastAccess(Vec<Option<i64>>),
    List(Box<dyn Decoder>, Offsets),
    ListLastAccess(Vec<Option<i64>>, Offsets),
    Raw(RawBuilder),
}

/// The offsets of a list column.
#[derive(Default)]
struct Offsets(Vec<i32>);

/// The parts of a row that these columns need.
pub(super) fn wanted<'a>(columns: impl Iterator<Item = &'a Column>) -> Wanted {
    let mut wanted = Wanted::default();
    for column in columns {
        match column {
            Column::KeyGroup | Column::Subtask => {}
            Column::Key(_) => wanted.key = true,
            Column::Namespace(_) => wanted.namespace = true,
            Column::MapKey(_) => wanted.map_key = true,
            Column::Value(_) | Column::List(_) => wanted.value = true,
            Column::LastAccess | Column::ListLastAccess => wanted.last_access = true,
            Column::Timestamp => wanted.timestamp = true,
            Column::Position => wanted.position = true,
            Column::Raw(RawPart::CompositeKey { .. }) => {
                wanted.key = true;
                wanted.namespace = true;
                wanted.map_key = true;
                wanted.timestamp = true;
            }
            Column::Raw(RawPart::MapKey) => wanted.map_key = true,
            Column::Raw(RawPart::Value) => wanted.value = true,
            Column::Raw(RawPart::MapValue) => {
                wanted.map_key = true;
                wanted.value = true;
            }
        }
    }
    wanted
}

/// Whether a column may hold values that turn out not to be decodable.
fn is_risky(column: &Column) -> bool {
    match column {
        Column::Key(ty) | Column::Namespace(ty) | Column::MapKey(ty) | Column::Value(ty) | Column::List(ty) => {
            ty.framing() == Framing::Sometimes
        }
        _ => false,
    }
}

impl Batch {
    pub(super) fn new(schema: SchemaRef, columns: Vec<Column>) -> Self {
        let builders = columns.iter().map(Builder::new).collect();
        let tried = columns.iter().any(is_risky).then_some(columns);
        Self { schema, builders, rows: 0, tried }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of raw entries.
    pub(super) fn raw_size(&self) -> usize {
        let size = |builder: &Builder| if let Builder::Raw(builder) = builder { builder.size() } else { 0 };
        self.builders.iter().map(size).sum()
    }

    /// Decodes the wanted parts of all rows. A row that turns out not to be decodable is left out and added to `missing`.
    ///
    /// # Errors
    /// Bytes that contradict their type. The batch is of no use then.
    pub(super) fn append(&mut self, rows: &Rows, origin: Origin<'_>, missing: &mut Vec<Unframed>) -> Result<()> {
        let Self { schema, builders, tried, .. } = self;
        let columns = match tried {
            Some(columns) if undecodable(columns, schema, rows, origin)?.is_some() => columns,
            _ => {
                self.rows += rows.count;
                return append_all(builders, schema, rows, origin);
            }
        };
        for row in rows.each() {
            match undecodable(columns, schema, &row, origin)? {
                Some(reason) => missing.push(Unframed { rows: Some(1), reason }),
                None => {
                    append_all(builders, schema, &row, origin)?;
                    self.rows += 1;
                }
            }
        }
        Ok(())
    }

    /// Takes the rows so far.
    pub(super) fn finish(&mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = self.builders.iter_mut().map(Builder::finish).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|e| Error::bug("columns do not fit their schema").with_source(e))
    }

    /// Values so far whose bytes are given as they are, by column.
    pub(super) fn undecoded(&self) -> impl Iterator<Item = (&str, Undecoded)> {
        let names = self.schema.fields().iter().map(|field| field.name().as_str());
        names.zip(&self.builders).filter_map(|(name, builder)| match builder {
            Builder::Key(d) | Builder::Namespace(d) | Builder::MapKey(d) | Builder::Value(d) | Builder::List(d, _) => {
                Some((name, d.undecoded()?))
            }
            _ => None,
        })
    }
}

/// Why a value is not decodable, if one is not.
fn undecodable(columns: &[Column], schema: &SchemaRef, rows: &Rows, origin: Origin<'_>) -> Result<Option<String>> {
    let mut builders: Vec<Builder> = columns.iter().map(Builder::new).collect();
    match append_all(&mut builders, schema, rows, origin) {
        Err(e) if e.kind() == ErrorKind::Unsupported => Ok(Some(e.message().to_owned())),
        other => other.map(|()| None),
    }
}

fn append_all(builders: &mut [Builder], schema: &SchemaRef, rows: &Rows, origin: Origin<'_>) -> Result<()> {
    for (builder, field) in builders.iter_mut().zip(schema.fields()) {
        builder.append(rows, origin).in_field(field.name())?;
    }
    Ok(())
}

impl Builder {
    fn new(column: &Column) -> Self {
        let decoder = |ty: &Type| decoder(ty);
        match column {
            Column::KeyGroup => Self::KeyGroup(Vec::new()),
            Column::Subtask => Self::Subtask(Vec::new()),
            Column::Position => Self::Position(Vec::new()),
            Column::Timestamp => Self::Timestamp(Vec::new()),
            Column::Key(ty) => Self::Key(decoder(ty)),
            Column::Namespace(ty) => Self::Namespace(decoder(ty)),
            Column::MapKey(ty) => Self::MapKey(decoder(ty)),
            Column::Value(ty) => Self::Value(decoder(ty)),
            Column::LastAccess => Self::LastAccess(Vec::new()),
            Column::List(ty) => Self::List(decoder(ty), Offsets::default()),
            Column::ListLastAccess => Self::ListLastAccess(Vec::new(), Offsets::default()),
            Column::Raw(part) => Self::Raw(RawBuilder::new(*part)),
        }
    }

    fn append(&mut self, rows: &Rows, origin: Origin<'_>) -> Result<()> {
        let Origin { data, offset, .. } = origin;
        match self {
            Self::KeyGroup(values) => values.extend(std::iter::repeat_n(i32::from(origin.key_group), rows.count)),
            Self::Subtask(values) => {
                let subtask = i32::try_from(origin.subtask).unwrap_or(i32::MAX);
                values.extend(std::iter::repeat_n(subtask, rows.count));
            }
            Self::Position(values) => values.extend_from_slice(&rows.position),
            Self::Timestamp(values) => values.extend_from_slice(&rows.timestamp),
            Self::Key(decoder) => decoder.append_all(data, offset, &rows.key)?,
            Self::Namespace(decoder) => decoder.append_all(data, offset, &rows.namespace)?,
            Self::MapKey(decoder) => decoder.append_all(data, offset, &rows.map_key)?,
            Self::Value(decoder) => append_nullable(decoder.as_mut(), data, offset, &rows.value)?,
            Self::LastAccess(times) => times.extend_from_slice(&rows.last_access),
            Self::List(elements, offsets) => {
                elements.append_all(data, offset, &rows.value)?;
                offsets.extend(&rows.elements)?;
            }
            Self::ListLastAccess(times, offsets) => {
                times.extend_from_slice(&rows.last_access);
                offsets.extend(&rows.elements)?;
            }
            Self::Raw(builder) => builder.append(rows, origin)?,
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Self::KeyGroup(values) | Self::Subtask(values) => Arc::new(Int32Array::from(std::mem::take(values))),
            Self::Position(values) => Arc::new(Int64Array::from(std::mem::take(values))),
            Self::Timestamp(values) => {
                Arc::new(TimestampMillisecondArray::from(std::mem::take(values)).with_timezone("UTC"))
            }
            Self::Key(decoder) | Self::Namespace(decoder) | Self::MapKey(decoder) | Self::Value(decoder) => {
                decoder.finish()
            }
            Self::LastAccess(times) => Arc::new(times_array(times)),
            Self::List(elements, offsets) => offsets.list(elements.finish())?,
            Self::ListLastAccess(times, offsets) => offsets.list(Arc::new(times_array(times)))?,
            Self::Raw(builder) => builder.finish()?,
        })
    }
}

fn append_nullable(decoder: &mut dyn Decoder, data: &[u8], offset: u64, spans: &[Span]) -> Result<()> {
    for run in spans.chunk_by(|a, b| (*a == NULL) == (*b == NULL)) {
        if run.first() == Some(&NULL) {
            run.iter().for_each(|_| decoder.append_null());
        } else {
            decoder.append_all(data, offset, run)?;
        }
    }
    Ok(())
}

fn times_array(times: &mut Vec<Option<i64>>) -> TimestampMillisecondArray {
    TimestampMillisecondArray::from(std::mem::take(times)).with_timezone("UTC")
}

impl Offsets {
    fn extend(&mut self, lengths: &[usize]) -> Result<()> {
        let mut end = self.0.last().copied().unwrap_or(0);
        for &length in lengths {
            end = i32::try_from(length)
                .ok()
                .and_then(|length| end.checked_add(length))
                .ok_or_else(|| Error::unsupported("more than 2^31 list elements in one batch"))?;
            self.0.push(end);
        }
        Ok(())
    }

    fn list(&mut self, values: ArrayRef) -> Result<ArrayRef> {
        let mut offsets = std::mem::take(&mut self.0);
        offsets.insert(0, 0);
        let field = item(values.data_type().clone());
        let list = ListArray::try_new(field, OffsetBuffer::new(ScalarBuffer::from(offsets)), values, None);
        Ok(Arc::new(list.map_err(|e| Error::bug("list offsets do not fit their elements").with_source(e))?))
    }
}
