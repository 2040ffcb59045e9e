//! Internal data of the Table API and the records of its operators.

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::java;
use crate::types::{Basic, LogicalField, LogicalRoot, LogicalType, Type};

use super::registry::{Row, composite, plain};
use super::{Parser, logical};

macro_rules! linked {
    ($name:literal) => {
        concat!(
            "org.apache.flink.table.runtime.sequencedmultisetstate.linked.",
            $name,
            "Serializer$",
            $name,
            "SerializerSnapshot"
        )
    };
}

pub(super) const SNAPSHOTS: &[Row] = &[
    ("org.apache.flink.table.runtime.typeutils.RowDataSerializer$RowDataSerializerSnapshot", plain(3), row_data),
    (
        "org.apache.flink.table.runtime.typeutils.BinaryRowDataSerializer$BinaryRowDataSerializerSnapshot",
        plain(3),
        binary_row_data,
    ),
    ("org.apache.flink.table.runtime.typeutils.ArrayDataSerializer$ArrayDataSerializerSnapshot", plain(3), array_data),
    ("org.apache.flink.table.runtime.typeutils.MapDataSerializer$MapDataSerializerSnapshot", plain(3), map_data),
    (
        "org.apache.flink.table.runtime.typeutils.DecimalDataSerializer$DecimalSerializerSnapshot",
        plain(3),
        decimal_data,
    ),
    (
        "org.apache.flink.table.runtime.typeutils.TimestampDataSerializer$TimestampDataSerializerSnapshot",
        plain(1),
        timestamp_data,
    ),
    (
        "org.apache.flink.table.runtime.typeutils.RawValueDataSerializer$RawValueDataSerializerSnapshot",
        composite(0),
        |p, _, input| Ok(Type::RawValue(p.nested_one(input)?)),
    ),
    (
        "org.apache.flink.table.runtime.typeutils.WindowKeySerializer$WindowKeySerializerSnapshot",
        composite(1),
        |p, _, input| p.record_of(input, "WINDOW_KEY"),
    ),
    ("org.apache.flink.table.runtime.typeutils.ExternalSerializer$ExternalSerializerSnapshot", composite(1), external),
    (linked!("RowSqnInfo"), composite(0), |p, _, input| {
        p.nested_as(input, &[Basic::Long.into(), Basic::Long.into()])?;
        p.record("ROW_SQN_INFO", None)
    }),
    (linked!("MetaSqnInfo"), composite(0), |p, _, input| {
        p.nested_as(input, &[Basic::Long.into(), Basic::Long.into()])?;
        p.record("META_SQN_INFO", None)
    }),
    (linked!("Node"), composite(0), sqn_node),
    (
        "org.apache.flink.table.runtime.sequencedmultisetstate.linked.RowDataKeySerializerSnapshot",
        plain(0),
        row_data_key,
    ),
];

/// `i32` n, n logical types, n nested snapshots.
pub(super) fn row_data(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    // The header of a Java object.
    let count = input.count(4).in_field("number of fields")?;
    let mut fields = Vec::new();
    for i in 0..count {
        let ty = logical::parse(parser, input).map_err(|e| e.in_field(format!("f{i}")))?;
        fields.push(LogicalField { name: format!("f{i}"), ty });
    }
    let start = input.offset();
    let nested = parser.nested(input)?;
    if nested.len() != count {
        return Err(Error::data(format!("{} nested snapshots, {count} expected", nested.len())).at(start));
    }
    for (field, nested) in fields.iter_mut().zip(nested) {
        logical::refine(&mut field.ty, nested);
    }
    Ok(Type::RowData(fields))
}

fn binary_row_data(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    Ok(Type::BinaryRowData { arity: input.count(0).in_field("number of fields")? })
}

/// The element's logical type and its serializer, both as Java objects.
fn array_data(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let element = logical::parse(parser, input).in_field("element")?;
    java::skip_object(input).in_field("element serializer")?;
    Ok(collection(LogicalRoot::Array(Box::new(element))))
}

/// Logical types of key and value, then their serializers, all as Java objects.
fn map_data(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let key = logical::parse(parser, input).in_field("key")?;
    let value = logical::parse(parser, input).in_field("value")?;
    java::skip_object(input).in_field("key serializer")?;
    java::skip_object(input).in_field("value serializer")?;
    Ok(collection(LogicalRoot::Map(Box::new(key), Box::new(value))))
}

fn collection(root: LogicalRoot) -> Type {
    Type::TableCollection(LogicalType { nullable: true, root })
}

/// `i32` precision, `i32` scale.
fn decimal_data(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let start = input.offset();
    let (precision, scale) = (input.i32()?, input.i32()?);
    let (precision, scale) = logical::decimal(precision.into(), scale.into()).map_err(|e| e.at(start))?;
    Ok(Type::DecimalData { precision, scale })
}

/// `i32` precision.
fn timestamp_data(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let start = input.offset();
    let precision = logical::precision(input.i32()?.into()).map_err(|e| e.at(start))?;
    Ok(Type::TimestampData { precision })
}

/// The data type as a Java object, `bool` whether its conversion starts from the internal form, then the internal type.
fn external(parser: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
    java::skip_object(input).in_field("data type")?;
    input.bool()?;
    super::collection::transparent(parser, version, input)
}

/// Nested: the row, then numbers that are always the same.
fn sqn_node(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let start = input.offset();
    let mut nested = parser.nested(input)?.into_iter();
    let record = parser.record("SQN_NODE", nested.next())?;
    if let Type::Struct { fields, .. } = &record {
        let expected: Vec<Type> = fields.iter().skip(1).map(|f| f.ty.clone()).collect();
        super::expect_types(&nested.collect::<Vec<_>>(), &expected, start)?;
    }
    Ok(record)
}

/// Two generated classes as Java bytes, then the row that is written.
fn row_data_key(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    input.length_prefixed().in_field("equaliser")?;
    input.length_prefixed().in_field("hash function")?;
    parser.versioned(input)
}
