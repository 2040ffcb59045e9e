//! Serializers of flink-python that carry rows between the JVM and Python: they can be read past, not decoded.

use crate::bytes::Cursor;
use crate::error::Result;
use crate::java;
use crate::types::Type;

use super::registry::{Layout, Row, plain};
use super::{opaque, table};

macro_rules! python {
    ($serializer:literal, $snapshot:literal) => {
        concat!("org.apache.flink.table.runtime.typeutils.serializers.python.", $serializer, "$", $snapshot)
    };
}

const STRING: &str = python!("StringSerializer", "StringSerializerSnapshot");
const BIG_DEC: &str = python!("BigDecSerializer", "BigDecSerializerSnapshot");
const DATE: &str = python!("DateSerializer", "DateSerializerSnapshot");
const TIME: &str = python!("TimeSerializer", "TimeSerializerSnapshot");
const DECIMAL: &str = python!("DecimalDataSerializer", "DecimalSerializerSnapshot");
const TIMESTAMP: &str = python!("TimestampSerializer", "TimestampSerializerSnapshot");
const ARRAY: &str = python!("ArrayDataSerializer", "ArrayDataSerializerSnapshot");
const MAP: &str = python!("MapDataSerializer", "BaseMapSerializerSnapshot");
const ROW: &str = python!("RowDataSerializer", "RowDataSerializerSnapshot");

pub(super) const SNAPSHOTS: &[Row] = &[
    (STRING, Layout::Simple, |_, version, _| undecoded(STRING, version)),
    (BIG_DEC, Layout::Simple, |_, version, _| undecoded(BIG_DEC, version)),
    (DATE, Layout::Simple, |_, version, _| undecoded(DATE, version)),
    (TIME, Layout::Simple, |_, version, _| undecoded(TIME, version)),
    (DECIMAL, plain(1), |_, version, input| {
        input.i64()?;
        undecoded(DECIMAL, version)
    }),
    (TIMESTAMP, plain(1), |_, version, input| {
        input.i32()?;
        undecoded(TIMESTAMP, version)
    }),
    (ARRAY, plain(1), |_, version, input| objects(ARRAY, version, input, 2)),
    (MAP, plain(1), |_, version, input| objects(MAP, version, input, 4)),
    (ROW, plain(3), |parser, version, input| {
        table::row_data(parser, version, input)?;
        undecoded(ROW, version)
    }),
];

/// Logical types and serializers as Java objects.
fn objects(class: &str, version: i32, input: &mut Cursor<'_>, count: usize) -> Result<Type> {
    for _ in 0..count {
        java::skip_object(input)?;
    }
    undecoded(class, version)
}

fn undecoded(class: &str, version: i32) -> Result<Type> {
    Ok(opaque(class.to_owned(), version, "its serializer is PyFlink's, which carries rows to Python and is not read"))
}
