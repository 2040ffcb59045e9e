//! Elements of a stream, as async operators keep them.
//!
//! ```text
//! 0 i64 timestamp, record          3 i64 marked time, 16 bytes operator ID, i32 subtask      latency marker
//! 1 record                         4 i32 status                                              watermark status
//! 2 i64 watermark                  5 u8 0 or 1: whether a backlog is processed               record attributes
//!                                  6 i32 subpartition, i64 watermark                         internal watermark
//! ```

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Basic, Type};

use super::super::columns::{Column, Columns};
use super::super::{Decoder, Undecoded, binary, decoder_at, skip};

const TIMESTAMP: usize = 0;
const VALUE: usize = 1;
const OPERATOR: usize = 2;
const SUBTASK: usize = 3;
const STATUS: usize = 4;
const BACKLOG: usize = 5;
const SUBPARTITION: usize = 6;
const COLUMNS: usize = 7;

/// What each tag stands for, and its fields in the order of their encoding.
const KINDS: [(&str, &[usize]); 7] = [
    ("record", &[TIMESTAMP, VALUE]),
    ("record", &[VALUE]),
    ("watermark", &[TIMESTAMP]),
    ("latency marker", &[TIMESTAMP, OPERATOR, SUBTASK]),
    ("watermark status", &[STATUS]),
    ("record attributes", &[BACKLOG]),
    ("internal watermark", &[SUBPARTITION, TIMESTAMP]),
];

/// A struct with the fields of all kinds of elements; `$kind` tells which one it is.
pub(crate) fn decoder(record: &Type, tail: bool) -> Box<dyn Decoder> {
    let basic = |name, basic| Column::new(name, decoder_at(&Type::Basic(basic), false));
    let columns = vec![
        basic("timestamp", Basic::Long),
        Column::new("value", decoder_at(record, tail)),
        Column::new("operator_id", binary::decoder(|input| input.take(16))),
        basic("subtask", Basic::Int),
        basic("status", Basic::Int),
        basic("backlog", Basic::Boolean),
        basic("subpartition", Basic::Int),
    ];
    Box::new(StreamElement(Columns::new(columns, false, Some("$kind"))))
}

/// Moves past a stream element.
pub(crate) fn skip_stream_element(record: &Type, input: &mut Cursor<'_>) -> Result<()> {
    for &field in kind(input)?.1 {
        match field {
            VALUE => skip(record, input).in_field("value")?,
            TIMESTAMP => input.take(8).map(drop)?,
            OPERATOR => input.take(16).map(drop)?,
            BACKLOG => input.take(1).map(drop)?,
            _ => input.take(4).map(drop)?,
        }
    }
    Ok(())
}

fn kind(input: &mut Cursor<'_>) -> Result<(&'static str, &'static [usize])> {
    let start = input.offset();
    let tag = input.u8()?;
    KINDS
        .get(usize::from(tag))
        .copied()
        .ok_or_else(|| Error::data(format!("{tag} is no tag of a stream element")).at(start))
}

struct StreamElement(Columns);

impl Decoder for StreamElement {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let (kind, fields) = kind(input)?;
        for &index in fields {
            self.0.append(index, input)?;
        }
        (0..COLUMNS).filter(|index| !fields.contains(index)).for_each(|index| self.0.append_null(index));
        self.0.end(None, kind)
    }

    fn append_null(&mut self) {
        self.0.append_null_struct();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.0.undecoded()
    }
}
