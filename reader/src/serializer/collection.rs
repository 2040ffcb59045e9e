//! Lists, sets and maps.

use crate::bytes::Cursor;
use crate::error::{Context, Result};
use crate::java;
use crate::types::{ListKind, MapKind, Type};

use super::Parser;
use super::registry::{Layout, Row, composite, plain};

pub(super) const SNAPSHOTS: &[Row] = &[
    ("org.apache.flink.api.common.typeutils.base.ListSerializerSnapshot", composite(1), |p, _, input| {
        list(p, input, ListKind::List)
    }),
    ("org.apache.flink.runtime.state.ArrayListSerializerSnapshot", composite(1), |p, _, input| {
        list(p, input, ListKind::ArrayList)
    }),
    ("org.apache.flink.api.common.typeutils.base.SetSerializerSnapshot", composite(1), |p, _, input| {
        list(p, input, ListKind::Set)
    }),
    (
        "org.apache.flink.table.runtime.typeutils.LinkedListSerializer$LinkedListSerializerSnapshot",
        Layout::Composite { oldest: 1, newest: 3 },
        linked_list,
    ),
    ("S.TraversableSerializerSnapshot", composite(2), traversable),
    ("org.apache.flink.api.common.typeutils.base.MapSerializerSnapshot", composite(1), |p, _, input| {
        map(p, input, MapKind::Map)
    }),
    ("org.apache.flink.table.dataview.NullAwareMapSerializerSnapshot", composite(1), |p, _, input| {
        map(p, input, MapKind::NullAware)
    }),
    ("org.apache.flink.table.runtime.typeutils.SortedMapSerializerSnapshot", plain(3), sorted_map),
    ("org.apache.flink.table.dataview.ListViewSerializerSnapshot", composite(1), transparent),
    ("org.apache.flink.table.dataview.MapViewSerializerSnapshot", composite(1), transparent),
];

fn list(parser: &mut Parser<'_>, input: &mut Cursor<'_>, kind: ListKind) -> Result<Type> {
    Ok(Type::List { kind, element: parser.nested_one(input)? })
}

fn map(parser: &mut Parser<'_>, input: &mut Cursor<'_>, kind: MapKind) -> Result<Type> {
    let [key, value] = parser.nested_exactly(input)?;
    Ok(Type::Map { kind, key: Box::new(key), value: Box::new(value) })
}

/// The mask came with outer version 2, its flag with 3.
fn linked_list(parser: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let null_mask = match version {
        1 => false,
        2 => true,
        _ => input.bool()?,
    };
    list(parser, input, ListKind::LinkedList { null_mask })
}

/// `utf` Scala source of the `CanBuildFrom`.
fn traversable(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let code = input.utf().in_field("code")?.into();
    list(parser, input, ListKind::Traversable { code })
}

/// The comparator as a Java object, then key and value.
fn sorted_map(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    java::skip_object(input).in_field("comparator")?;
    map(parser, input, MapKind::SortedMap)
}

/// A view or wrapper that adds nothing to the bytes of the one type in it.
pub(super) fn transparent(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let [inner] = parser.nested_exactly(input)?;
    Ok(inner)
}
