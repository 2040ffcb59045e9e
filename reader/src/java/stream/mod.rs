//! Java object streams (protocol version 5) as a tree, without any class.
//!
//! Flink embeds them in snapshots of the Table API's serializers (logical types, comparators) and in values of
//! `JavaSerializer`. Fields are read by name; `serialVersionUID`s are not looked at.
//!
//! Everything that gets a handle in the stream is one node, so a node's place in [`ObjectStream`] is its handle and a
//! reference may close a cycle: walk a tree with a depth limit.

mod parse;
#[cfg(test)]
mod tests;

use crate::bytes::{Cursor, decode_modified_utf8};
use crate::error::{Error, Result};

/// Moves past exactly one Java object stream that holds one object.
///
/// # Errors
/// Bytes that are no such stream, and streams beyond the limits: 256 levels, 2²⁰ objects.
pub fn skip_object(input: &mut Cursor<'_>) -> Result<()> {
    ObjectStream::parse(input).map(|_| ())
}

/// One stream with one object.
#[derive(Debug)]
pub(crate) struct ObjectStream<'a> {
    nodes: Vec<Node<'a>>,
    root: Value,
}

/// What has a handle.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// A string in modified UTF-8.
    String(&'a [u8]),
    ClassDesc(ClassDesc<'a>),
    /// A `Class` object, by the handle of its descriptor.
    Class(Option<Handle>),
    /// An enum constant; its name is the string behind it.
    Enum(Option<Handle>),
    Array {
        class: Option<Handle>,
        elements: Elements,
    },
    Object(Object<'a>),
}

/// The place of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(usize);

/// A field's or element's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// `byte`, `char`, `short`, `int` or `long`.
    Integer(i64),
    /// `float` or `double`.
    Float(f64),
    Reference(Handle),
}

#[derive(Debug)]
pub(crate) enum Elements {
    /// Numbers or booleans, which no snapshot needs.
    Primitive,
    Values(Vec<Value>),
}

/// A class descriptor; a proxy's has no name and no fields.
#[derive(Debug, Default)]
pub(crate) struct ClassDesc<'a> {
    name: &'a [u8],
    flags: u8,
    fields: Vec<FieldDesc<'a>>,
    superclass: Option<Handle>,
}

#[derive(Clone, Copy, Debug)]
struct FieldDesc<'a> {
    ty: u8,
    name: &'a [u8],
}

/// An object: fields of all its classes from the topmost down, and the objects that `writeObject` methods added.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    class: Option<Handle>,
    fields: Vec<(&'a [u8], Value)>,
    annotations: Vec<Value>,
}

impl<'a> ObjectStream<'a> {
    /// Parses one stream.
    pub(crate) fn parse(input: &mut Cursor<'a>) -> Result<Self> {
        parse::parse(input)
    }

    pub(crate) fn root(&self) -> Value {
        self.root
    }

    fn node(&self, value: Value) -> Option<&Node<'a>> {
        let Value::Reference(Handle(i)) = value else {
            return None;
        };
        self.nodes.get(i)
    }

    fn class_desc(&self, handle: Option<Handle>) -> Option<&ClassDesc<'a>> {
        match self.nodes.get(handle?.0)? {
            Node::ClassDesc(desc) => Some(desc),
            _ => None,
        }
    }

    /// The class of an object, enum constant or array, e.g. `java.lang.Integer`.
    pub(crate) fn class(&self, value: Value) -> Option<String> {
        let class = match self.node(value)? {
            Node::Object(object) => object.class,
            Node::Enum(class) | Node::Array { class, .. } => *class,
            _ => return None,
        };
        text(self.class_desc(class)?.name)
    }

    /// The value of a field; the one of the class itself where a superclass has a field of this name too.
    pub(crate) fn field(&self, object: Value, name: &str) -> Option<Value> {
        let Node::Object(object) = self.node(object)? else {
            return None;
        };
        object.fields.iter().rev().find(|(n, _)| *n == name.as_bytes()).map(|(_, value)| *value)
    }

    /// The value of a string.
    pub(crate) fn string(&self, value: Value) -> Option<String> {
        match self.node(value)? {
            Node::String(bytes) => text(bytes),
            _ => None,
        }
    }

    /// The class that a `Class` object is.
    pub(crate) fn class_object(&self, value: Value) -> Option<String> {
        match self.node(value)? {
            Node::Class(class) => text(self.class_desc(*class)?.name),
            _ => None,
        }
    }

    /// The elements of one of the JDK's lists.
    ///
    /// # Errors
    /// Another class than those that Flink's own code puts into logical types.
    pub(crate) fn list(&self, value: Value) -> Result<Vec<Value>> {
        let class = self.class(value).unwrap_or_default();
        let unknown = || Error::unsupported(format!("class {class} is no list that is known"));
        match class.as_str() {
            "java.util.ArrayList" | "java.util.LinkedList" | "java.util.CollSer" => {
                let Some(Node::Object(object)) = self.node(value) else {
                    return Err(unknown());
                };
                Ok(object.annotations.clone())
            }
            "java.util.Collections$UnmodifiableList" | "java.util.Collections$UnmodifiableRandomAccessList" => {
                let inner = self.field(value, "list").ok_or_else(unknown)?;
                // The wrapped list is no wrapper in practice; a stream that nests them without end is none of Java's.
                match self.class(inner).as_deref() {
                    Some("java.util.Collections$UnmodifiableList")
                    | Some("java.util.Collections$UnmodifiableRandomAccessList") => Err(unknown()),
                    _ => self.list(inner),
                }
            }
            "java.util.Arrays$ArrayList" => match self.field(value, "a").and_then(|a| self.node(a)) {
                Some(Node::Array { elements: Elements::Values(values), .. }) => Ok(values.clone()),
                _ => Err(unknown()),
            },
            "java.util.Collections$SingletonList" => Ok(vec![self.field(value, "element").ok_or_else(unknown)?]),
            "java.util.Collections$EmptyList" => Ok(Vec::new()),
            _ => Err(unknown()),
        }
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    decode_modified_utf8(bytes).ok()
}
