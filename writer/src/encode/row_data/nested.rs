//! Whole structures: rows, arrays, maps, variants, without their sizes.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, StringArray};
use flink_state_reader::types::{LogicalField, LogicalRoot, LogicalType};

use crate::{Context, Error, Result};

use super::super::binary::java_int;
use super::super::column::{binaries, child, not_null, strings, structs, unexpected};
use super::super::list::range;
use super::super::map::entries;
use super::super::row::row_kind;
use super::super::{Encoder, binary};
use super::NullForm;
use super::slot::{Slots, element_size};
use super::structure::Structure;

/// Rows of known types.
pub(super) fn row<'a>(
    fields: &[LogicalField],
    column: &'a dyn Array,
    nulls: NullForm,
) -> Result<Box<dyn Encoder + 'a>> {
    let parent = structs(column)?;
    // By place: names of fields need not be unique.
    let columns = fields.iter().zip(parent.columns());
    let fields = columns.map(|(f, column)| Ok((f.name.clone(), Slots::new(&f.ty, column.as_ref())?)));
    let fields: Vec<_> = fields.collect::<Result<_>>()?;
    let kinds = parent.columns().get(fields.len()).map(|kinds| strings(kinds.as_ref())).transpose()?;
    Ok(Box::new(Rows { fields, kinds, nulls }))
}

struct Rows<'a> {
    fields: Vec<(String, Slots<'a>)>,
    /// Rows in other values have none: they are `+I`.
    kinds: Option<&'a StringArray>,
    nulls: NullForm,
}

impl Encoder for Rows<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let kind = self.kinds.map_or(Ok(0), |kinds| row_kind(kinds, row))?;
        let mut structure = Structure::row(self.fields.len(), kind, out);
        for (index, (name, slots)) in self.fields.iter().enumerate() {
            slots.put(row, &mut structure, index, self.nulls).in_field(name)?;
        }
        Ok(())
    }
}

/// Arrays.
pub(super) fn array<'a>(element: &LogicalType, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    if is_unknown(element) {
        return bytes(column);
    }
    let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
    let elements = Elements::new(element, lists.values().as_ref())?;
    Ok(Box::new(Arrays { offsets: lists.value_offsets(), elements }))
}

struct Arrays<'a> {
    offsets: &'a [i32],
    elements: Elements<'a>,
}

impl Encoder for Arrays<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        self.elements.put(self.offsets, row, true, out).in_field("element")
    }
}

/// The elements of arrays of one type.
struct Elements<'a> {
    slots: Slots<'a>,
    size: usize,
}

impl<'a> Elements<'a> {
    fn new(ty: &LogicalType, column: &'a dyn Array) -> Result<Self> {
        Ok(Self { slots: Slots::new(ty, column)?, size: element_size(ty) })
    }

    fn put(&self, offsets: &[i32], row: usize, nullable: bool, out: &mut Vec<u8>) -> Result<()> {
        let range = range(offsets, row);
        let mut structure = Structure::array(range.len(), self.size, out)?;
        for (index, row) in range.enumerate() {
            if !nullable && self.slots.is_null(row) {
                return Err(Error::data("NULL where a map has none"));
            }
            self.slots.put(row, &mut structure, index, NullForm::Plain)?;
        }
        Ok(())
    }
}

/// Maps.
pub(super) fn map<'a>(key: &LogicalType, value: &LogicalType, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    map_of(key, value, true, column)
}

/// Multisets: maps of elements to how often they are in it.
pub(super) fn multiset<'a>(element: &LogicalType, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    map_of(element, &LogicalRoot::Integer.nullable(false), false, column)
}

fn map_of<'a>(
    key: &LogicalType,
    value: &LogicalType,
    nullable_values: bool,
    column: &'a dyn Array,
) -> Result<Box<dyn Encoder + 'a>> {
    if is_unknown(key) || is_unknown(value) {
        return bytes(column);
    }
    let (offsets, entries) = entries(column)?;
    let [keys, values] = entries.columns() else { return Err(unexpected(column)) };
    let keys = Elements::new(key, keys.as_ref())?;
    let values = Elements::new(value, values.as_ref())?;
    Ok(Box::new(Maps { offsets, keys, values, nullable_values }))
}

struct Maps<'a> {
    offsets: &'a [i32],
    keys: Elements<'a>,
    values: Elements<'a>,
    nullable_values: bool,
}

impl Encoder for Maps<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let at = out.len();
        out.extend([0; 4]);
        self.keys.put(self.offsets, row, false, out).in_field("key")?;
        let size = java_int(out.len() - at - 4)?;
        if let Some(prefix) = out.get_mut(at..at + 4) {
            prefix.copy_from_slice(&size.to_le_bytes());
        }
        self.values.put(self.offsets, row, self.nullable_values, out).in_field("value")
    }
}

/// Variants: `i32` size of the value, value, metadata.
pub(super) fn variant<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let parent = structs(column)?;
    let part = |name| binaries(child(parent, name)?);
    Ok(Box::new(Variants { value: part("value")?, metadata: part("metadata")? }))
}

struct Variants<'a> {
    value: &'a BinaryArray,
    metadata: &'a BinaryArray,
}

impl Encoder for Variants<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.value, row, "the value of a VARIANT").in_field("value")?;
        not_null(self.metadata, row, "the metadata of a VARIANT").in_field("metadata")?;
        let (value, metadata) = (self.value.value(row), self.metadata.value(row));
        // The low four bits are the version of the variant format.
        if metadata.first().is_none_or(|first| first & 0x0F != 1) {
            return Err(Error::data("variant's metadata is not of version 1").in_field("metadata"));
        }
        out.extend(java_int(value.len())?.to_le_bytes());
        out.extend(value);
        out.extend(metadata);
        Ok(())
    }
}

/// Whether the type can't be decoded: then the column has all bytes of an array or map of it.
fn is_unknown(ty: &LogicalType) -> bool {
    matches!(ty.root, LogicalRoot::Unknown { .. })
}

fn bytes<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    binary::encoder(column, "an array or map of an unknown type", |bytes, out| {
        out.extend(bytes);
        Ok(())
    })
}
