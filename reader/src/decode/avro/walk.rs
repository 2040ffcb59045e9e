//! What skipping a value and decoding it have in common: blocks, branches, limits.

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::AvroSchema;
use crate::types::avro::{Node, NodeId};

/// Nesting of a value: only recursive types nest deeper than their schema.
pub(super) const MAX_DEPTH: usize = 256;
/// Items of an array, if they take no bytes.
const MAX_EMPTY_ITEMS: usize = 1024;

/// Moves past one value.
pub(in crate::decode) fn skip(schema: &AvroSchema, input: &mut Cursor<'_>) -> Result<()> {
    skip_node(schema, schema.root(), input, 0)
}

fn skip_node(schema: &AvroSchema, id: NodeId, input: &mut Cursor<'_>, depth: usize) -> Result<()> {
    check_depth(depth, input)?;
    match schema.node(id) {
        Node::Null => Ok(()),
        Node::Boolean => input.take(1).map(drop),
        Node::Int | Node::Float | Node::Date | Node::TimeMillis | Node::Enum { .. } => input.take(4).map(drop),
        Node::Long | Node::Double | Node::TimeMicros | Node::Timestamp { .. } => input.take(8).map(drop),
        Node::Bytes | Node::String | Node::Decimal { fixed: None, .. } => input.length_prefixed().map(drop),
        Node::Fixed(fixed) | Node::Decimal { fixed: Some(fixed), .. } => input.take(fixed.size).map(drop),
        Node::Array(item) => {
            items(input, schema.bounds(*item).min_size, |input| skip_node(schema, *item, input, depth + 1)).map(drop)
        }
        Node::Map(value) => items(input, 4, |input| {
            input.length_prefixed()?;
            skip_node(schema, *value, input, depth + 1)
        })
        .map(drop),
        Node::Union(branches) => {
            let id = branch(branches, input)?;
            skip_node(schema, id, input, depth + 1)
        }
        Node::Record { fields, .. } => {
            fields.iter().try_for_each(|(name, id)| skip_node(schema, *id, input, depth + 1).in_field(name))
        }
    }
}

/// Reads the items of an array or map and says how many they are; each takes at least `min_size` bytes.
pub(super) fn items<'a>(
    input: &mut Cursor<'a>,
    min_size: usize,
    mut item: impl FnMut(&mut Cursor<'a>) -> Result<()>,
) -> Result<usize> {
    let mut total = 0usize;
    loop {
        let start = input.offset();
        let count = input.vlq()? as usize;
        if count == 0 {
            return Ok(total);
        }
        if count.saturating_mul(min_size) > input.remaining() {
            let left = input.remaining();
            return Err(Error::truncated(format!("{count} items do not fit into the {left} bytes left")).at(start));
        }
        total = total.saturating_add(count);
        if min_size == 0 && total > MAX_EMPTY_ITEMS {
            return Err(Error::unsupported(format!("{total} items that take no bytes")).at(start));
        }
        for _ in 0..count {
            item(input)?;
        }
    }
}

/// Reads which branch of a union follows.
pub(super) fn branch(branches: &[NodeId], input: &mut Cursor<'_>) -> Result<NodeId> {
    let start = input.offset();
    let index = input.i32()?;
    let branch = usize::try_from(index).ok().and_then(|i| branches.get(i).copied());
    branch.ok_or_else(|| Error::data(format!("union of {} branches has no branch {index}", branches.len())).at(start))
}

pub(super) fn check_depth(depth: usize, input: &Cursor<'_>) -> Result<()> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(Error::unsupported(format!("Avro value is nested deeper than {MAX_DEPTH}")).at(input.offset()))
}
