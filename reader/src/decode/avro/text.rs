//! Values of recursive types as JSON text.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::decode::read::utf8;
use crate::decode::text::Text;
use crate::decode::{Decoder, flag, json};
use crate::error::{Context, Error, Result};
use crate::types::AvroSchema;
use crate::types::avro::{Node, NodeId};

use super::walk::{branch, check_depth, items};

/// A decoder of values of a type to their JSON text.
pub(super) fn decoder(schema: &AvroSchema, id: NodeId) -> Box<dyn Decoder> {
    Box::new(JsonText { schema: schema.clone(), id, column: Text::new(), scratch: Vec::new() })
}

struct JsonText {
    schema: AvroSchema,
    id: NodeId,
    column: Text,
    scratch: Vec<u8>,
}

impl Decoder for JsonText {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        self.scratch.clear();
        write(&self.schema, self.id, input, 0, &mut self.scratch)?;
        let text = std::str::from_utf8(&self.scratch).map_err(|e| Error::bug("JSON is not UTF-8").with_source(e))?;
        self.column.append(text)
    }

    fn append_null(&mut self) {
        self.column.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.column.finish()
    }
}

fn write(schema: &AvroSchema, id: NodeId, input: &mut Cursor<'_>, depth: usize, out: &mut Vec<u8>) -> Result<()> {
    check_depth(depth, input)?;
    match schema.node(id) {
        Node::Null => out.extend(b"null"),
        Node::Boolean => json::scalar(&flag(input)?, out),
        Node::Int | Node::Date | Node::TimeMillis => json::scalar(&input.i32()?, out),
        Node::Long | Node::TimeMicros | Node::Timestamp { .. } => json::scalar(&input.i64()?, out),
        Node::Float => json::single(input.f32()?, out),
        Node::Double => json::float(input.f64()?, out),
        Node::String => json::scalar(utf8(input)?, out),
        Node::Bytes | Node::Decimal { fixed: None, .. } => json::hex(input.length_prefixed()?, out),
        Node::Fixed(fixed) | Node::Decimal { fixed: Some(fixed), .. } => json::hex(input.take(fixed.size)?, out),
        Node::Enum { name, symbols } => {
            let start = input.offset();
            let index = input.i32()?;
            let symbol = usize::try_from(index).ok().and_then(|i| symbols.get(i));
            json::scalar(
                symbol.ok_or_else(|| Error::data(format!("enum {name} has no symbol {index}")).at(start))?,
                out,
            );
        }
        Node::Array(item) => {
            let mut open = b'[';
            let len = items(input, schema.bounds(*item).min_size, |input| {
                out.push(std::mem::replace(&mut open, b','));
                write(schema, *item, input, depth + 1, out)
            })?;
            out.extend(if len == 0 { b"[]".as_slice() } else { b"]" });
        }
        Node::Map(value) => {
            let mut open = b'{';
            let len = items(input, 4, |input| {
                out.push(std::mem::replace(&mut open, b','));
                json::scalar(utf8(input)?, out);
                out.push(b':');
                write(schema, *value, input, depth + 1, out)
            })?;
            out.extend(if len == 0 { b"{}".as_slice() } else { b"}" });
        }
        Node::Union(branches) => {
            let id = branch(branches, input)?;
            write(schema, id, input, depth + 1, out)?;
        }
        Node::Record { fields, .. } => {
            let mut open = b'{';
            for (name, id) in fields {
                out.push(std::mem::replace(&mut open, b','));
                json::scalar(name, out);
                out.push(b':');
                write(schema, *id, input, depth + 1, out).in_field(name)?;
            }
            out.extend(if fields.is_empty() { b"{}".as_slice() } else { b"}" });
        }
    }
    Ok(())
}
