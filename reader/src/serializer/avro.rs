//! Avro records: the runtime class and the writer schema.

use serde_json::Value;

use crate::bytes::{Cursor, decode_flink_string};
use crate::error::{Context, Error, Result};
use crate::types::{AvroSchema, Opaque, Type};

use super::Parser;
use super::registry::{Layout, Row};

pub(super) const SNAPSHOTS: &[Row] =
    &[("org.apache.flink.formats.avro.typeutils.AvroSerializerSnapshot", Layout::Plain { oldest: 1, newest: 3 }, avro)];

/// Runtime class and schema, as `utf` up to version 2 and as Flink strings since; version 1 has no class.
fn avro(_: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let read = |input: &mut Cursor<'_>| if version <= 2 { input.utf() } else { string(input) };
    let class = if version == 1 { None } else { Some(read(input).in_field("class")?) };
    let schema = read(input).in_field("schema")?;
    let class = match class {
        Some(class) => class,
        None => full_name(&schema).in_field("schema")?,
    };
    Ok(match AvroSchema::parse(schema) {
        Ok(schema) => Type::Avro { class, schema },
        Err(error) => Type::Opaque(Opaque { class, version, reason: error.to_string() }),
    })
}

fn string(input: &mut Cursor<'_>) -> Result<String> {
    let start = input.offset();
    let mut text = String::new();
    if decode_flink_string(input, &mut text)? {
        return Ok(text);
    }
    Err(Error::data("null in place of a string").at(start))
}

fn full_name(schema: &str) -> Result<String> {
    let json: Value = serde_json::from_str(schema).map_err(|e| Error::data("schema is no JSON").with_source(e))?;
    let property = |name| json.get(name).and_then(Value::as_str);
    let name = property("name").ok_or_else(|| Error::data("schema has no name"))?;
    Ok(match property("namespace") {
        Some(namespace) if !name.contains('.') && !namespace.is_empty() => format!("{namespace}.{name}"),
        _ => name.to_owned(),
    })
}
