//! Columns of whole structures: rows, arrays, maps, variants. Each decoder takes all bytes of its input.

use arrow_array::ArrayRef;

use crate::bytes::Cursor;
use crate::decode::assemble::{ListShape, StructShape, total};
use crate::decode::binary::Bytes;
use crate::decode::text::Text;
use crate::decode::{self, Decoder, Undecoded};
use crate::error::{Context, Error, Result};
use crate::types::{LogicalField, LogicalRoot, LogicalType};

use super::binary::{self, Slot};
use super::column::{self, SlotDecoder};

const ROW_KIND: &str = "$row_kind";

/// The decoder of a structure in the variable part of another one.
pub(super) struct Piece(pub(super) Box<dyn Decoder>);

impl SlotDecoder for Piece {
    fn append(&mut self, slot: Slot<'_, '_>) -> Result<()> {
        let mut piece = slot.piece()?;
        self.0.append(&mut piece)?;
        piece.expect_end()
    }

    fn append_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.0.undecoded()
    }
}

/// The decoder of rows of known types that end with their kind.
pub(super) fn row(fields: &[LogicalField]) -> Box<dyn Decoder> {
    rows(fields, Some(Text::new()))
}

/// The decoder of rows in other values: their kind is always `+I`.
pub(super) fn nested_row(fields: &[LogicalField]) -> Box<dyn Decoder> {
    rows(fields, None)
}

fn rows(fields: &[LogicalField], kind: Option<Text>) -> Box<dyn Decoder> {
    let fields = fields.iter().map(|field| (field.name.clone(), column::decoder(&field.ty))).collect();
    Box::new(Rows { shape: StructShape::new(), fields, kind })
}

struct Rows {
    shape: StructShape,
    fields: Vec<(String, Box<dyn SlotDecoder>)>,
    kind: Option<Text>,
}

impl Decoder for Rows {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let row = binary::Row::new(whole(input), self.fields.len())?;
        for (index, (name, column)) in self.fields.iter_mut().enumerate() {
            column.append_option(row.get(index)).in_field(name)?;
        }
        match (&mut self.kind, row.kind()) {
            (Some(column), kind) => column.append(kind)?,
            (None, "+I") => {}
            (None, kind) => {
                return Err(Error::unsupported(format!("row of the kind {kind} in another value")).at(start));
            }
        }
        self.shape.append();
        Ok(())
    }

    fn append_null(&mut self) {
        self.fields.iter_mut().for_each(|(_, column)| column.append_null());
        if let Some(column) = &mut self.kind {
            column.append_null();
        }
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let fields = self.fields.iter_mut().map(|(name, column)| (name.as_str(), column.finish()));
        let kind = self.kind.as_mut().map(|column| (ROW_KIND, column.finish()));
        self.shape.finish(fields.chain(kind))
    }

    fn undecoded(&self) -> Option<Undecoded> {
        total(self.fields.iter().map(|(_, column)| column.undecoded()))
    }
}

/// The decoder of rows whose types are not stored.
pub(super) fn untyped_row(arity: usize) -> Box<dyn Decoder> {
    Box::new(UntypedRows { shape: StructShape::new(), row: Bytes::new(), kind: Text::new(), arity })
}

struct UntypedRows {
    shape: StructShape,
    row: Bytes,
    kind: Text,
    arity: usize,
}

impl Decoder for UntypedRows {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let bytes = whole(input);
        self.kind.append(binary::Row::new(bytes, self.arity)?.kind())?;
        self.row.append(bytes.rest())?;
        self.shape.append();
        Ok(())
    }

    fn append_null(&mut self) {
        self.row.append_null();
        self.kind.append_null();
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish([("$row", self.row.finish()), (ROW_KIND, self.kind.finish())])
    }
}

/// The elements of arrays of one type.
struct Elements {
    column: Box<dyn SlotDecoder>,
    size: usize,
}

impl Elements {
    fn new(ty: &LogicalType) -> Self {
        Self { column: column::decoder(ty), size: column::element_size(ty) }
    }

    /// Appends the elements of one array and says how many they are.
    fn append(&mut self, input: Cursor<'_>, nullable: bool) -> Result<usize> {
        let array = binary::Array::new(input, self.size)?;
        for index in 0..array.len() {
            let slot = array.get(index);
            if slot.is_none() && !nullable {
                let error = Error::unsupported("a map with a null key (or a count that is null) has no form in Arrow");
                return Err(error.at(input.offset()));
            }
            self.column.append_option(slot)?;
        }
        Ok(array.len())
    }
}

/// The decoder of arrays.
pub(super) fn array(element: &LogicalType) -> Box<dyn Decoder> {
    if is_unknown(element) {
        return bytes();
    }
    Box::new(Arrays { shape: ListShape::new(), elements: Elements::new(element) })
}

struct Arrays {
    shape: ListShape,
    elements: Elements,
}

impl Decoder for Arrays {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let len = self.elements.append(whole(input), true).in_field("element")?;
        self.shape.append(len)
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish_list(self.elements.column.finish())
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.elements.column.undecoded()
    }
}

/// The decoder of maps.
pub(super) fn map(key: &LogicalType, value: &LogicalType) -> Box<dyn Decoder> {
    map_of(key, value, true)
}

/// The decoder of multisets: maps of elements to how often they are in it.
pub(super) fn multiset(element: &LogicalType) -> Box<dyn Decoder> {
    map_of(element, &LogicalType { nullable: false, root: LogicalRoot::Integer }, false)
}

fn map_of(key: &LogicalType, value: &LogicalType, nullable_values: bool) -> Box<dyn Decoder> {
    if is_unknown(key) || is_unknown(value) {
        return bytes();
    }
    let (keys, values) = (Elements::new(key), Elements::new(value));
    Box::new(Maps { shape: ListShape::new(), keys, values, nullable_values })
}

struct Maps {
    shape: ListShape,
    keys: Elements,
    values: Elements,
    nullable_values: bool,
}

impl Decoder for Maps {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let (keys, values) = binary::split_map(whole(input))?;
        let keys = self.keys.append(keys, false).in_field("key")?;
        let values = self.values.append(values, self.nullable_values).in_field("value")?;
        if keys != values {
            return Err(Error::data(format!("map of {keys} keys and {values} values")).at(start));
        }
        self.shape.append(keys)
    }

    fn append_null(&mut self) {
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let (keys, values) = (self.keys.column.finish(), self.values.column.finish());
        self.shape.finish_map(keys, values, self.nullable_values)
    }

    fn undecoded(&self) -> Option<Undecoded> {
        total([self.keys.column.undecoded(), self.values.column.undecoded()])
    }
}

/// The decoder of variants.
pub(super) fn variant() -> Box<dyn Decoder> {
    Box::new(Variants { shape: StructShape::new(), value: Bytes::new(), metadata: Bytes::new() })
}

/// `i32` size of the value, value, metadata; see `AbstractBinaryWriter.writeVariant`.
struct Variants {
    shape: StructShape,
    value: Bytes,
    metadata: Bytes,
}

impl Decoder for Variants {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        let size = i32::from_le_bytes(input.array()?);
        let size = usize::try_from(size).map_err(|_| Error::data(format!("variant of {size} bytes")).at(start))?;
        self.value.append(input.take(size)?)?;
        let start = input.offset();
        let metadata = input.take_rest();
        // The low four bits are the version of the variant format.
        if metadata.first().is_none_or(|first| first & 0x0F != 1) {
            return Err(Error::data("variant's metadata is not of version 1").at(start));
        }
        self.metadata.append(metadata)?;
        self.shape.append();
        Ok(())
    }

    fn append_null(&mut self) {
        self.value.append_null();
        self.metadata.append_null();
        self.shape.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.shape.finish([("value", self.value.finish()), ("metadata", self.metadata.finish())])
    }
}

fn whole<'a>(input: &mut Cursor<'a>) -> Cursor<'a> {
    let start = input.offset();
    Cursor::with_offset(input.take_rest(), start)
}

/// Whether the type can't be decoded: then the size of such elements in an array is not known either.
fn is_unknown(ty: &LogicalType) -> bool {
    matches!(ty.root, LogicalRoot::Unknown { .. })
}

/// The decoder of structures that can't be decoded: their bytes.
fn bytes() -> Box<dyn Decoder> {
    decode::binary::decoder(|input| Ok(input.take_rest()))
}
