//! Maps: `i32` count, then for each entry a key, a null byte and a value; null-aware ones have a null byte for the key.

use arrow_array::cast::AsArray;
use arrow_array::{Array, StructArray};
use arrow_schema::DataType;
use flink_state_reader::types::{MapKind, Type};

use crate::{Error, Result};

use super::Encoder;
use super::binary::put_length;
use super::column::{Part, not_null, structs, unexpected};
use super::list::range;

/// A map, or the list of structs that stands for one whose keys can be null.
pub(super) fn encoder<'a>(
    kind: MapKind,
    key: &Type,
    value: &Type,
    column: &'a dyn Array,
) -> Result<Box<dyn Encoder + 'a>> {
    let (offsets, entries) = entries(column)?;
    let [keys, values] = entries.columns() else { return Err(unexpected(column)) };
    let keys = match kind {
        MapKind::NullAware => Part::marked("key", key, keys.as_ref(), false)?,
        _ => Part::new("key", key, keys.as_ref(), false)?,
    };
    let values = Part::marked("value", value, values.as_ref(), false)?;
    Ok(Box::new(Map { column, offsets, entries, keys, values, null_aware: kind == MapKind::NullAware }))
}

/// The offsets of a map column, and its keys and values.
pub(crate) fn entries(column: &dyn Array) -> Result<(&[i32], &StructArray)> {
    if let DataType::Map(..) = column.data_type() {
        let map = column.as_map_opt().ok_or_else(|| unexpected(column))?;
        return Ok((map.value_offsets(), map.entries()));
    }
    let list = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
    Ok((list.value_offsets(), structs(list.values().as_ref())?))
}

struct Map<'a> {
    column: &'a dyn Array,
    offsets: &'a [i32],
    entries: &'a StructArray,
    keys: Part<'a>,
    values: Part<'a>,
    null_aware: bool,
}

impl Encoder for Map<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, "a map")?;
        let range = range(self.offsets, row);
        put_length(range.len(), out)?;
        for entry in range {
            if self.entries.is_null(entry) {
                return Err(Error::data("NULL in place of a map's entry"));
            }
            if self.null_aware {
                put_marked(&self.keys, entry, out)?;
            } else {
                self.keys.encode(entry, out)?;
            }
            put_marked(&self.values, entry, out)?;
        }
        Ok(())
    }
}

/// A null byte, then the value unless it is null.
fn put_marked(part: &Part<'_>, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let null = part.is_null(row);
    out.push(u8::from(null));
    if null { Ok(()) } else { part.encode(row, out) }
}
