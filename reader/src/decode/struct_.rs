//! Fields one after the other: tuples, case classes, Flink's own records, timers, values with a time to live.

use arrow_array::ArrayRef;
use arrow_array::types::TimestampMillisecondType;
use arrow_schema::TimeUnit;

use crate::bytes::Cursor;
use crate::error::Result;
use crate::types::{Field, Type};

use super::basic::sorted_long;
use super::columns::{Column, Columns, plan};
use super::fixed::primitive;
use super::{Decoder, Undecoded, decoder_at, temporal};

/// The fields of a tuple, case class or record.
pub(super) fn decoder(fields: &[Field], tail: bool) -> Box<dyn Decoder> {
    let (columns, rest) = plan(fields.iter().map(|f| (f.name.as_str(), &f.ty)), tail);
    in_order(Columns::new(columns, rest, None), rest)
}

/// Start and end of a window: `i64` milliseconds each.
pub(super) fn window() -> Box<dyn Decoder> {
    fixed(vec![Column::new("start", millis()), Column::new("end", millis())])
}

/// CEP's event id: `i32` id, `i64` timestamp.
pub(super) fn event_id() -> Box<dyn Decoder> {
    use crate::types::Basic;
    let column = |name: &str, basic| Column::new(name, decoder_at(&Type::Basic(basic), false));
    fixed(vec![column("id", Basic::Int), column("timestamp", Basic::Long)])
}

/// A timer: timestamp with its sign bit flipped, key, namespace.
pub(super) fn timer(key: &Type, namespace: &Type, tail: bool) -> Box<dyn Decoder> {
    let timestamp = primitive::<TimestampMillisecondType, 8>(temporal::utc(TimeUnit::Millisecond), |bytes| {
        Ok(Some(sorted_long(bytes)))
    });
    let (mut columns, rest) = plan([("key", key), ("namespace", namespace)], tail);
    columns.insert(0, Column::new("timestamp", timestamp));
    in_order(Columns::new(columns, rest, None), rest)
}

/// One field `value`: tells a null from a value that is null.
pub(super) fn wrapped(ty: &Type, tail: bool) -> Box<dyn Decoder> {
    fixed(vec![Column::new("value", decoder_at(ty, tail))])
}

/// A struct of columns that are always decoded, in this order.
pub(super) fn fixed(columns: Vec<Column>) -> Box<dyn Decoder> {
    in_order(Columns::new(columns, false, None), false)
}

/// Every 64-bit number is a time here: windows have no null.
pub(super) fn millis() -> Box<dyn Decoder> {
    primitive::<TimestampMillisecondType, 8>(temporal::utc(TimeUnit::Millisecond), |bytes| {
        Ok(Some(i64::from_be_bytes(bytes)))
    })
}

fn in_order(columns: Columns, rest: bool) -> Box<dyn Decoder> {
    let order = (0..columns.len()).collect();
    Box::new(Struct { columns, order, rest })
}

struct Struct {
    columns: Columns,
    order: Vec<usize>,
    /// Fields of unknown length follow in every value.
    rest: bool,
}

impl Decoder for Struct {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let complete = self.columns.append_each(&self.order, input, |_, _| Ok(false))?;
        let undecoded = (self.rest || !complete).then(|| input.take_rest());
        self.columns.end(undecoded.map(|rest| (rest, [].as_slice())), "")
    }

    fn append_null(&mut self) {
        self.columns.append_null_struct();
    }

    fn finish(&mut self) -> ArrayRef {
        self.columns.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.columns.undecoded()
    }
}

/// A value behind the `i64` millisecond timestamp of its last access.
pub(super) fn ttl(value: &Type, tail: bool) -> Box<dyn Decoder> {
    let columns = vec![Column::new("value", decoder_at(value, tail)), Column::new("last_access", millis())];
    Box::new(Struct { columns: Columns::new(columns, false, None), order: vec![1, 0], rest: false })
}
