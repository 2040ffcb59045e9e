//! Types without parameters, arrays of them, enums, and values that write themselves.

use std::sync::Arc;

use crate::bytes::Cursor;
use crate::error::{Context, Result};
use crate::types::{Basic, Type, ValueKind};

use super::Parser;
use super::registry::{Layout, Row, plain};

pub(super) const SNAPSHOTS: &[Row] = &[
    ("org.apache.flink.api.common.typeutils.base.GenericArraySerializerSnapshot", ARRAY_VERSIONS, object_array),
    ("org.apache.flink.api.common.typeutils.base.EnumSerializer$EnumSerializerSnapshot", plain(3), enumeration),
    ("S.ScalaEnumSerializerSnapshot", plain(3), scala_enumeration),
    ("org.apache.flink.api.java.typeutils.runtime.ValueSerializer$ValueSerializerSnapshot", plain(2), value),
    (
        "org.apache.flink.api.java.typeutils.runtime.CopyableValueSerializer$CopyableValueSerializerSnapshot",
        plain(2),
        copyable_value,
    ),
    ("org.apache.flink.api.java.typeutils.runtime.WritableSerializer$WritableSerializerSnapshot", plain(2), writable),
];

/// Outer version 2 is that of Flink 1.7, whose body is the same.
const ARRAY_VERSIONS: Layout = Layout::Composite { oldest: 1, newest: 2 };

/// The type of a simple snapshot class, if it is one of those without parameters or an array of them.
pub(super) fn find(snapshot: &str) -> Option<Type> {
    let class = snapshot.strip_suffix("Snapshot")?;
    if class == "org.apache.flink.queryablestate.client.VoidNamespaceSerializer$VoidNamespaceSerializer" {
        return Some(Basic::VoidNamespace.into());
    }
    let basic = Basic::ALL.iter().map(|row| row.0).find(|basic| is_snapshot_of(class, basic.serializer()));
    basic.map(Type::Basic).or_else(|| array(class))
}

/// Whether `class`, a snapshot class without its last word, belongs to a serializer class.
///
/// `a.XSerializer` has `a.XSerializer$XSerializer`, `a.X$Serializer` has `a.X$Serializer$XSerializer`, and `Tuple0` and
/// `Nothing` have the serializer's own name.
fn is_snapshot_of(class: &str, serializer: &str) -> bool {
    let Some(inner) = class.strip_prefix(serializer) else {
        return false;
    };
    let Some(inner) = inner.strip_prefix('$') else {
        return inner.is_empty() && (serializer.ends_with("Tuple0Serializer") || serializer == "S.NothingSerializer");
    };
    let mut parts = serializer.rsplit(['.', '$']);
    match parts.next() {
        Some("Serializer") => inner.strip_suffix("Serializer") == parts.next(),
        last => Some(inner) == last,
    }
}

fn array(class: &str) -> Option<Type> {
    let (class, inner) = class.split_once('$')?;
    let (package, name) = class.rsplit_once('.')?;
    if name != inner {
        return None;
    }
    match package {
        "org.apache.flink.api.common.typeutils.base.array" => {
            if name == "StringArraySerializer" {
                return Some(Type::Array(Basic::String));
            }
            primitive(name.strip_suffix("PrimitiveArraySerializer")?, false).map(Type::Array)
        }
        "org.apache.flink.graph.types.valuearray" => {
            primitive(name.strip_suffix("ValueArraySerializer")?, true).map(Type::ValueArray)
        }
        _ => None,
    }
}

fn primitive(name: &str, value: bool) -> Option<Basic> {
    Some(match (name, value) {
        ("Boolean", false) => Basic::Boolean,
        ("Byte", false) => Basic::Byte,
        ("Char", false) => Basic::Char,
        ("Double", false) => Basic::Double,
        ("Float", false) => Basic::Float,
        ("Int", false) => Basic::Int,
        ("Long", false) => Basic::Long,
        ("Short", false) => Basic::Short,
        ("Byte", true) => Basic::ByteValue,
        ("Char", true) => Basic::CharValue,
        ("Double", true) => Basic::DoubleValue,
        ("Float", true) => Basic::FloatValue,
        ("Int", true) => Basic::IntValue,
        ("Long", true) => Basic::LongValue,
        ("Short", true) => Basic::ShortValue,
        ("Null", true) => Basic::NullValue,
        ("String", true) => Basic::StringValue,
        _ => return None,
    })
}

/// `utf` component class, then the element's snapshot.
fn object_array(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let class = input.utf().in_field("component class")?;
    Ok(Type::ObjectArray { class, element: parser.nested_one(input)? })
}

/// `utf` class, `i32` n, n `utf` names.
fn enumeration(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let class = input.utf().in_field("enum class")?;
    let constants = (0..input.count(2)?).map(|_| input.utf()).collect::<Result<Arc<[String]>>>();
    Ok(Type::Enum { class, constants: constants.in_field("constants")? })
}

/// `utf` class, `i32` n, n times `utf` name and `i32` id.
fn scala_enumeration(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let class = input.utf().in_field("enumeration class")?;
    let constants = (0..input.count(6)?).map(|_| Ok((input.utf()?, input.i32()?))).collect::<Result<Arc<[_]>>>();
    Ok(Type::ScalaEnum { class, constants: constants.in_field("constants")? })
}

fn value(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    generic_class(ValueKind::Value, input)
}

fn copyable_value(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    generic_class(ValueKind::CopyableValue, input)
}

fn writable(_: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    generic_class(ValueKind::Writable, input)
}

/// `GenericTypeSerializerSnapshot`: `utf` class.
fn generic_class(kind: ValueKind, input: &mut Cursor<'_>) -> Result<Type> {
    Ok(Type::Value { kind, class: input.utf().in_field("class")? })
}
