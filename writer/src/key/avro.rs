//! Hashes of Avro records (`GenericData.hashCode`): from 1, `31 * r + hash` over the fields.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type};
use arrow_schema::DataType;
use flink_state_reader::java::hash;
use flink_state_reader::types::AvroSchema;
use flink_state_reader::types::avro::{Node, NodeId};

use crate::encode::column::{binaries, child, strings, structs, unexpected};
use crate::encode::range;
use crate::{Context, Error, Result};

use super::basic::{boolean, of, text};
use super::composite::{polynomial, signed};
use super::convention::Convention;
use super::value::{Hash, Value, undeclared};

/// The hash of values of a schema.
pub(super) fn hash<'a>(
    convention: Option<&Convention>,
    class: &str,
    schema: &AvroSchema,
    column: &'a dyn Array,
) -> Result<Hash<'a>> {
    let string: fn(&str) -> Result<i32> = match convention {
        Some(Convention::Avro) => |text| Ok(hash::polynomial(0, signed(text.as_bytes()))),
        Some(Convention::Avro1) => |text| Ok(hash::polynomial(1, signed(text.as_bytes()))),
        other => return Err(undeclared(class, other, "avro, or avro1 for releases of Avro since AVRO-4061")),
    };
    // Fields whose order is "ignore" do not count; which ones these are is not in the parsed schema.
    if schema.as_str().contains("\"ignore\"") {
        return Err(Error::unsupported("the hash of an Avro record with fields that its order ignores"));
    }
    Records { schema, string }.node(schema.root(), column)
}

struct Records<'s> {
    schema: &'s AvroSchema,
    /// The hash of a string.
    string: fn(&str) -> Result<i32>,
}

impl Records<'_> {
    fn node<'a>(&self, id: NodeId, column: &'a dyn Array) -> Result<Hash<'a>> {
        let schema = self.schema;
        match schema.node(id) {
            Node::Boolean => boolean(column, hash::boolean),
            Node::Int => of::<Int32Type>(column, |v| v),
            Node::Long => of::<Int64Type>(column, hash::long),
            Node::Float => of::<Float32Type>(column, hash::float),
            Node::Double => of::<Float64Type>(column, hash::double),
            Node::String => text(column, self.string),
            Node::Enum { symbols, .. } => {
                let (column, symbols) = (strings(column)?, symbols.clone());
                Ok(Box::new(move |row| {
                    let symbol = column.value(row);
                    let found = (0i32..).zip(symbols.iter()).find(|(_, known)| *known == symbol);
                    found
                        .map(|(index, _)| index)
                        .ok_or_else(|| Error::data(format!("'{symbol}' is no symbol of its enum")))
                }))
            }
            Node::Bytes => {
                let column = binaries(column)?;
                // `ByteBuffer` goes from the last byte to the first.
                Ok(Box::new(move |row| {
                    Ok(column
                        .value(row)
                        .iter()
                        .rev()
                        .fold(1i32, |sum, byte| sum.wrapping_mul(31).wrapping_add(i32::from(byte.cast_signed()))))
                }))
            }
            Node::Array(item) => {
                let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
                let items = lists.values().as_ref();
                let item = Value::new(items, self.node(*item, items)?);
                Ok(Box::new(move |row| {
                    range(lists.value_offsets(), row)
                        .try_fold(1i32, |sum, row| Ok(sum.wrapping_mul(31).wrapping_add(item.hash(row)?)))
                }))
            }
            Node::Union(branches) => self.union(branches, column),
            Node::Record { fields, .. } if *column.data_type() != DataType::Utf8 => {
                let parent = structs(column)?;
                let each = fields.iter().map(|(name, id)| {
                    let column = child(parent, name)?;
                    Ok(Value::new(column, self.node(*id, column).in_field(name)?))
                });
                let values = each.collect::<Result<Vec<_>>>()?;
                Ok(Box::new(move |row| polynomial(1, &values, row)))
            }
            other => {
                Err(Error::unsupported(format!("the hash of an Avro {} in a key is not known", other.branch_name())))
            }
        }
    }

    /// The hash of the branch; null is 0.
    fn union<'a>(&self, branches: &[NodeId], column: &'a dyn Array) -> Result<Hash<'a>> {
        let schema = self.schema;
        let others: Vec<_> = branches.iter().filter(|id| !matches!(schema.node(**id), Node::Null)).collect();
        match others.as_slice() {
            [] => Ok(Box::new(|_| Ok(0))),
            [one] => self.node(**one, column),
            _ if *column.data_type() == DataType::Utf8 => {
                Err(Error::unsupported("the hash of an Avro union inside of itself is not known"))
            }
            _ => {
                let columns = others.iter().zip(structs(column)?.columns());
                let values =
                    columns.map(|(id, column)| Ok(Value::new(column.as_ref(), self.node(**id, column.as_ref())?)));
                let values = values.collect::<Result<Vec<_>>>()?;
                Ok(Box::new(move |row| {
                    let there = values.iter().find(|value| !value.is_null(row));
                    there.ok_or_else(|| Error::data("no branch of the union is there"))?.hash(row)
                }))
            }
        }
    }
}
