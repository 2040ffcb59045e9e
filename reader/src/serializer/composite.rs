//! Tuples, case classes, rows, and what holds one value or another.

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{EitherKind, Field, StructKind, Type};

use super::Parser;
use super::registry::{Layout, Row, composite};

pub(super) const SNAPSHOTS: &[Row] = &[
    ("org.apache.flink.api.java.typeutils.runtime.TupleSerializerSnapshot", composite(2), |p, _, input| {
        tuple(p, input, StructKind::Tuple)
    }),
    ("S.ScalaCaseClassSerializerSnapshot", composite(2), |p, _, input| tuple(p, input, StructKind::CaseClass)),
    ("S.Tuple2CaseClassSerializerSnapshot", composite(2), |p, _, input| tuple(p, input, StructKind::CaseClass)),
    (
        "org.apache.flink.api.java.typeutils.runtime.RowSerializer$RowSerializerSnapshot",
        Layout::Composite { oldest: 1, newest: 4 },
        row,
    ),
    ("org.apache.flink.api.java.typeutils.runtime.JavaEitherSerializerSnapshot", composite(1), |p, _, input| {
        either(p, input, EitherKind::Java)
    }),
    // Flink 1.7's; version 1 of it is a legacy form.
    ("org.apache.flink.api.java.typeutils.runtime.EitherSerializerSnapshot", composite(2), |p, _, input| {
        either(p, input, EitherKind::Java)
    }),
    ("S.ScalaEitherSerializerSnapshot", composite(1), |p, _, input| either(p, input, EitherKind::Scala)),
    ("S.ScalaTrySerializerSnapshot", composite(2), |p, _, input| either(p, input, EitherKind::Try)),
    (
        "org.apache.flink.streaming.api.datastream.CoGroupedStreams$UnionSerializerSnapshot",
        composite(2),
        |p, _, input| either(p, input, EitherKind::CoGroup),
    ),
    (
        "org.apache.flink.api.java.typeutils.runtime.NullableSerializer$NullableSerializerSnapshot",
        composite(2),
        nullable,
    ),
    ("S.ScalaOptionSerializerSnapshot", composite(2), |p, _, input| Ok(Type::Option(p.nested_one(input)?))),
];

/// `utf` class, then the fields.
fn tuple(parser: &mut Parser<'_>, input: &mut Cursor<'_>, kind: fn(String) -> StructKind) -> Result<Type> {
    let kind = kind(input.utf().in_field("class")?);
    Ok(Type::Struct { kind, fields: unnamed(parser.nested(input)?) })
}

/// Row kinds came with outer version 3, the flag that says so with 4.
fn row(parser: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let row_kind = match version {
        1 | 2 => false,
        3 => true,
        _ => input.bool()?,
    };
    Ok(Type::Row { row_kind, fields: unnamed(parser.nested(input)?) })
}

fn unnamed(types: Vec<Type>) -> Vec<Field> {
    types.into_iter().enumerate().map(|(i, ty)| Field { name: format!("f{i}"), ty }).collect()
}

fn either(parser: &mut Parser<'_>, input: &mut Cursor<'_>, kind: EitherKind) -> Result<Type> {
    let [left, right] = parser.nested_exactly(input)?;
    Ok(Type::Either { kind, left: Box::new(left), right: Box::new(right) })
}

/// `i32` number of zero bytes behind a null.
fn nullable(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let start = input.offset();
    let padding = input.i32()?;
    let padding = usize::try_from(padding).map_err(|_| Error::data(format!("negative padding {padding}")).at(start))?;
    Ok(Type::Nullable { padding, inner: parser.nested_one(input)? })
}
