//! Avro schemas (specification 1.12, sections "Schema Declaration" and "Names").

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Context, Error, Result};

/// Nesting of a schema, references to named types included.
const MAX_DEPTH: usize = 64;
/// Parts of one value that are visited whatever its bytes are: a few records can name each other without end.
const MAX_PARTS: usize = 1 << 16;

/// A parsed Avro schema; equal to another one when their JSON texts are.
#[derive(Clone, Debug)]
pub struct AvroSchema {
    json: Arc<str>,
    nodes: Arc<[(Node, Bounds)]>,
    root: NodeId,
}

/// The place of a node in its schema. Recursive types are cycles of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(usize);

/// A type in a schema. A logical type that Arrow has replaces the type that it annotates.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are those of Avro's specification")]
pub enum Node {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Date,
    TimeMillis,
    TimeMicros,
    Timestamp { unit: TimestampUnit, utc: bool },
    Decimal { precision: u8, scale: i8, fixed: Option<Fixed> },
    Fixed(Fixed),
    Enum { name: String, symbols: Arc<[String]> },
    Array(NodeId),
    Map(NodeId),
    Union(Vec<NodeId>),
    Record { name: String, fields: Vec<(String, NodeId)> },
}

/// The unit of a timestamp.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of Avro's specification")]
pub enum TimestampUnit {
    Millis,
    Micros,
    Nanos,
}

/// Bytes of one length.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The full name.
    pub name: String,
    /// The number of bytes.
    pub size: usize,
}

/// What is known of all values of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes that every value takes at least.
    pub(crate) min_size: usize,
    /// Columns that hold it; a recursive part counts as one.
    pub(crate) columns: usize,
    parts: usize,
    depth: usize,
}

impl Bounds {
    /// A value of at least `min_size` bytes without parts.
    const fn leaf(min_size: usize) -> Self {
        Self { min_size, columns: 1, parts: 1, depth: 1 }
    }

    /// A record that is not closed yet: a record that holds it other than in a union, array or map never ends.
    const OPEN: Self = Self { min_size: 0, columns: 1, parts: usize::MAX, depth: 1 };
}

impl AvroSchema {
    /// Parses the JSON text of a schema.
    ///
    /// # Errors
    /// Text that is no schema; a schema that is nested too deep, or whose values have too many parts.
    pub fn parse(json: impl Into<Arc<str>>) -> Result<Self> {
        let json = json.into();
        let value: Value =
            serde_json::from_str(&json).map_err(|e| Error::data("Avro schema is no JSON").with_source(e))?;
        let mut parser = Parser::default();
        let root = parser.schema(&value, "", 0)?;
        Ok(Self { json, nodes: parser.nodes.into(), root })
    }

    /// The JSON text of the schema, as it was parsed.
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// The place of the whole type.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// The type at a place.
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0).map_or(&Node::Null, |(node, _)| node)
    }

    pub(crate) fn bounds(&self, id: NodeId) -> Bounds {
        self.nodes.get(id.0).map_or(Bounds::leaf(0), |(_, bounds)| *bounds)
    }
}

impl PartialEq for AvroSchema {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Node {
    /// The name of a branch of a union: that of its type, in full for a named one.
    pub fn branch_name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int | Self::Date | Self::TimeMillis => "int",
            Self::Long | Self::TimeMicros | Self::Timestamp { .. } => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes | Self::Decimal { fixed: None, .. } => "bytes",
            Self::String => "string",
            Self::Decimal { fixed: Some(fixed), .. } | Self::Fixed(fixed) => &fixed.name,
            Self::Enum { name, .. } | Self::Record { name, .. } => name,
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Union(_) => "union",
        }
    }
}

#[derive(Default)]
struct Parser {
    nodes: Vec<(Node, Bounds)>,
    names: HashMap<String, NodeId>,
}

impl Parser {
    fn schema(&mut self, value: &Value, namespace: &str, depth: usize) -> Result<NodeId> {
        if depth > MAX_DEPTH {
            return Err(Error::unsupported(format!("Avro schema is nested deeper than {MAX_DEPTH}")));
        }
        match value {
            Value::String(name) => self.by_name(name, namespace),
            Value::Array(branches) => self.union(branches, namespace, depth),
            Value::Object(object) => match object.get("type") {
                Some(Value::String(ty)) => self.object(ty, object, namespace, depth),
                Some(inner) => self.schema(inner, namespace, depth + 1),
                None => Err(Error::data("Avro schema without type")),
            },
            _ => Err(Error::data(format!("{value} is no Avro schema"))),
        }
    }

    fn object(&mut self, ty: &str, object: &Map<String, Value>, namespace: &str, depth: usize) -> Result<NodeId> {
        match ty {
            "record" | "error" => self.record(object, namespace, depth),
            "enum" => {
                let (name, _) = full_name(object, namespace)?;
                let symbols = list(object, "symbols").in_field(&name)?.iter().map(|symbol| text(symbol, "symbol"));
                let symbols = symbols.map(|symbol| symbol.map(str::to_owned)).collect::<Result<_>>().in_field(&name)?;
                self.named(name.clone(), Node::Enum { name, symbols }, Bounds::leaf(4))
            }
            "fixed" => {
                let (name, _) = full_name(object, namespace)?;
                let size = object.get("size").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
                let size = size.ok_or_else(|| Error::data("fixed without size").in_field(name.as_str()))?;
                let fixed = Fixed { name: name.clone(), size };
                let node = decimal(object, Some(&fixed)).unwrap_or(Node::Fixed(fixed));
                self.named(name, node, Bounds::leaf(size))
            }
            "array" | "map" => {
                let (key, wrap): (_, fn(NodeId) -> Node) =
                    if ty == "array" { ("items", Node::Array) } else { ("values", Node::Map) };
                let item = object.get(key).ok_or_else(|| Error::data(format!("{ty} without {key}")))?;
                let item = self.schema(item, namespace, depth + 1).in_field(key)?;
                let Bounds { columns, depth, .. } = self.bounds(item);
                self.push(
                    wrap(item),
                    Bounds { min_size: 1, columns: columns.saturating_add(1), parts: 1, depth: depth + 1 },
                )
            }
            _ => match logical(ty, object) {
                Some((node, size)) => self.push(node, Bounds::leaf(size)),
                None => self.by_name(ty, namespace),
            },
        }
    }

    fn record(&mut self, object: &Map<String, Value>, namespace: &str, depth: usize) -> Result<NodeId> {
        let (name, namespace) = full_name(object, namespace)?;
        let id = self.named(name.clone(), Node::Null, Bounds::OPEN)?;
        let mut fields = Vec::new();
        let mut bounds = Bounds::leaf(0);
        for field in list(object, "fields").in_field(&name)? {
            let field_name = text(field.get("name").unwrap_or(&Value::Null), "field name").in_field(&name)?;
            let ty = field.get("type").unwrap_or(&Value::Null);
            let ty = self.schema(ty, &namespace, depth + 1).in_field(field_name).in_field(&name)?;
            let inner = self.bounds(ty);
            bounds.min_size = bounds.min_size.saturating_add(inner.min_size);
            bounds.columns = bounds.columns.saturating_add(inner.columns);
            bounds.parts = bounds.parts.saturating_add(inner.parts);
            bounds.depth = bounds.depth.max(inner.depth + 1);
            fields.push((field_name.to_owned(), ty));
        }
        check(bounds).in_field(&name)?;
        if let Some(open) = self.nodes.get_mut(id.0) {
            *open = (Node::Record { name, fields }, bounds);
        }
        Ok(id)
    }

    fn union(&mut self, branches: &[Value], namespace: &str, depth: usize) -> Result<NodeId> {
        let mut ids = Vec::new();
        let mut bounds = Bounds::leaf(4);
        let mut smallest = usize::MAX;
        for branch in branches {
            let id = self.schema(branch, namespace, depth + 1)?;
            if matches!(self.nodes.get(id.0), Some((Node::Union(_), _))) {
                return Err(Error::data("union in a union"));
            }
            let inner = self.bounds(id);
            // The branch index takes bytes, so a recursive branch needs no bound of its own.
            let parts = if inner.parts == usize::MAX { 1 } else { inner.parts };
            smallest = smallest.min(inner.min_size);
            bounds.columns = bounds.columns.saturating_add(inner.columns);
            bounds.parts = bounds.parts.max(parts.saturating_add(1));
            bounds.depth = bounds.depth.max(inner.depth + 1);
            ids.push(id);
        }
        if ids.is_empty() {
            return Err(Error::data("union without branches"));
        }
        bounds.min_size = bounds.min_size.saturating_add(smallest);
        self.push(Node::Union(ids), bounds)
    }

    fn by_name(&mut self, name: &str, namespace: &str) -> Result<NodeId> {
        let (node, size) = match name {
            "null" => (Node::Null, 0),
            "boolean" => (Node::Boolean, 1),
            "int" => (Node::Int, 4),
            "long" => (Node::Long, 8),
            "float" => (Node::Float, 4),
            "double" => (Node::Double, 8),
            "bytes" => (Node::Bytes, 4),
            "string" => (Node::String, 4),
            _ => {
                let full = qualified(name, namespace);
                // Old releases of Avro print references to names without namespace as they are.
                let id = self.names.get(&full).or_else(|| self.names.get(name)).copied();
                return id.ok_or_else(|| Error::data(format!("Avro type {full} is not defined")));
            }
        };
        self.push(node, Bounds::leaf(size))
    }

    fn named(&mut self, name: String, node: Node, bounds: Bounds) -> Result<NodeId> {
        let id = NodeId(self.nodes.len());
        self.nodes.push((node, bounds));
        match self.names.insert(name.clone(), id) {
            None => Ok(id),
            Some(_) => Err(Error::data(format!("Avro type {name} is defined twice"))),
        }
    }

    fn push(&mut self, node: Node, bounds: Bounds) -> Result<NodeId> {
        check(bounds)?;
        self.nodes.push((node, bounds));
        Ok(NodeId(self.nodes.len() - 1))
    }

    fn bounds(&self, id: NodeId) -> Bounds {
        self.nodes.get(id.0).map_or(Bounds::OPEN, |(_, bounds)| *bounds)
    }
}

fn check(bounds: Bounds) -> Result<()> {
    if bounds.parts == usize::MAX {
        return Err(Error::data("Avro record contains itself without end"));
    }
    if bounds.parts > MAX_PARTS || bounds.depth > MAX_DEPTH {
        let Bounds { parts, depth, .. } = bounds;
        return Err(Error::unsupported(format!("Avro schema of {parts} parts, nested {depth} deep, is too large")));
    }
    Ok(())
}

/// The type behind a logical type that Arrow has, and its smallest size.
fn logical(ty: &str, object: &Map<String, Value>) -> Option<(Node, usize)> {
    use TimestampUnit::{Micros, Millis, Nanos};
    let name = object.get("logicalType")?.as_str()?;
    let timestamp = |unit, utc| Some((Node::Timestamp { unit, utc }, 8));
    match (ty, name) {
        ("int", "date") => Some((Node::Date, 4)),
        ("int", "time-millis") => Some((Node::TimeMillis, 4)),
        ("long", "time-micros") => Some((Node::TimeMicros, 8)),
        ("long", "timestamp-millis") => timestamp(Millis, true),
        ("long", "timestamp-micros") => timestamp(Micros, true),
        ("long", "timestamp-nanos") => timestamp(Nanos, true),
        ("long", "local-timestamp-millis") => timestamp(Millis, false),
        ("long", "local-timestamp-micros") => timestamp(Micros, false),
        ("long", "local-timestamp-nanos") => timestamp(Nanos, false),
        ("bytes", "decimal") => decimal(object, None).map(|node| (node, 4)),
        _ => None,
    }
}

/// A decimal that Arrow can hold; others stay bytes, as the specification wants it for what a reader does not know.
fn decimal(object: &Map<String, Value>, fixed: Option<&Fixed>) -> Option<Node> {
    (object.get("logicalType")?.as_str()? == "decimal").then_some(())?;
    let precision = u8::try_from(object.get("precision")?.as_u64()?).ok().filter(|p| (1..=76).contains(p))?;
    let scale = object.get("scale").map_or(Some(0), Value::as_i64)?;
    let scale = i8::try_from(scale).ok().filter(|s| (0..=i16::from(precision)).contains(&i16::from(*s)))?;
    Some(Node::Decimal { precision, scale, fixed: fixed.cloned() })
}

/// The full name of a named type and the namespace that it opens.
fn full_name(object: &Map<String, Value>, enclosing: &str) -> Result<(String, String)> {
    let name = text(object.get("name").unwrap_or(&Value::Null), "name of an Avro type")?;
    if let Some((namespace, _)) = name.rsplit_once('.') {
        return Ok((name.to_owned(), namespace.to_owned()));
    }
    let namespace = object.get("namespace").and_then(Value::as_str).unwrap_or(enclosing);
    Ok((qualified(name, namespace), namespace.to_owned()))
}

fn qualified(name: &str, namespace: &str) -> String {
    if namespace.is_empty() || name.contains('.') { name.to_owned() } else { format!("{namespace}.{name}") }
}

fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str> {
    value.as_str().ok_or_else(|| Error::data(format!("{what} is {value}")))
}

fn list<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a [Value]> {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| Error::data(format!("no {key}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_resolve_in_their_namespace() {
        let schema = AvroSchema::parse(
            r#"{"type": "record", "name": "a.b.R", "fields": [
                {"name": "k", "type": {"type": "enum", "name": "K", "symbols": ["X"]}},
                {"name": "same", "type": "K"}, {"name": "full", "type": "a.b.K"},
                {"name": "self", "type": ["null", "R"]}]}"#,
        )
        .unwrap();
        let Node::Record { name, fields } = schema.node(schema.root()) else { panic!() };
        assert_eq!(name, "a.b.R");
        assert_eq!(fields[0].1, fields[1].1);
        assert_eq!(fields[0].1, fields[2].1);
        let Node::Union(branches) = schema.node(fields[3].1) else { panic!() };
        assert_eq!(branches[1], schema.root());
    }

    #[test]
    fn endless_and_exploding_schemas_are_refused() {
        let endless = r#"{"type": "record", "name": "R", "fields": [{"name": "r", "type": "R"}]}"#;
        assert_eq!(AvroSchema::parse(endless).unwrap_err().message(), "Avro record contains itself without end");

        let mut inner = r#"{"type": "record", "name": "R0", "fields": []}"#.to_owned();
        for i in 1..30 {
            let fields = format!(r#"{{"name": "a", "type": {inner}}}, {{"name": "b", "type": "R{}"}}"#, i - 1);
            inner = format!(r#"{{"type": "record", "name": "R{i}", "fields": [{fields}]}}"#);
        }
        assert!(AvroSchema::parse(inner).unwrap_err().message().contains("too large"));

        let deep = format!("{}\"int\"{}", r#"{"type": "array", "items": "#.repeat(100), "}".repeat(100));
        assert!(AvroSchema::parse(deep).is_err());
    }

    #[test]
    fn what_arrow_has_no_decimal_for_stays_bytes() {
        let schema = AvroSchema::parse(r#"{"type": "bytes", "logicalType": "decimal", "precision": 80}"#).unwrap();
        assert!(matches!(schema.node(schema.root()), Node::Bytes));
    }
}
