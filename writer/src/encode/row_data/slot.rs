//! Fields of binary rows and elements of binary arrays.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalYearMonthType, Time32MillisecondType,
};
use arrow_array::{Array, ArrowPrimitiveType, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_schema::DataType;
use flink_state_reader::types::{LogicalRoot, LogicalType};

use crate::{Error, Result};

use super::super::column::{self, binaries, strings, unexpected};
use super::super::{Encoder, encoder_at};
use super::scalar::{Decimals, Timestamps, millis_of_day};
use super::structure::Structure;
use super::{NullForm, nested};

/// Puts the values of a column into slots.
pub(super) trait SlotEncoder: Send {
    /// Puts the value at `row`, which is not null, into slot `index`.
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()>;

    /// Puts what generated code puts for a null into slot `index`, whose null bit is set.
    fn put_generated_null(&self, _: &mut Structure<'_>, _: usize) -> Result<()> {
        Ok(())
    }
}

/// The column of a field or of elements.
pub(super) struct Slots<'a> {
    column: &'a dyn Array,
    encoder: Box<dyn SlotEncoder + 'a>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(ty: &LogicalType, column: &'a dyn Array) -> Result<Self> {
        Ok(Self { column, encoder: encoder(&ty.root, column)? })
    }

    pub(super) fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize, nulls: NullForm) -> Result<()> {
        if *self.column.data_type() != DataType::Null && self.column.is_valid(row) {
            return self.encoder.put(row, structure, index);
        }
        structure.set_null(index)?;
        match nulls {
            NullForm::Plain => Ok(()),
            NullForm::Generated => self.encoder.put_generated_null(structure, index),
        }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        *self.column.data_type() == DataType::Null || self.column.is_null(row)
    }
}

/// Bytes of an element of an array; fields of rows always take 8.
pub(super) fn element_size(ty: &LogicalType) -> usize {
    match &ty.root {
        LogicalRoot::Boolean | LogicalRoot::TinyInt => 1,
        LogicalRoot::SmallInt => 2,
        LogicalRoot::Integer
        | LogicalRoot::Float
        | LogicalRoot::Date
        | LogicalRoot::Time { .. }
        | LogicalRoot::YearMonthInterval => 4,
        _ => 8,
    }
}

fn encoder<'a>(root: &LogicalRoot, column: &'a dyn Array) -> Result<Box<dyn SlotEncoder + 'a>> {
    match root {
        LogicalRoot::Char { .. } | LogicalRoot::Varchar { .. } => Ok(Box::new(Strings(strings(column)?))),
        LogicalRoot::Binary { .. } | LogicalRoot::Varbinary { .. } => Ok(Box::new(Binaries(binaries(column)?))),
        LogicalRoot::Boolean => Ok(Box::new(Booleans(column.as_boolean_opt().ok_or_else(|| unexpected(column))?))),
        LogicalRoot::TinyInt => plain::<Int8Type, 1>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::SmallInt => plain::<Int16Type, 2>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::Integer => plain::<Int32Type, 4>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::BigInt => plain::<Int64Type, 8>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::Float => plain::<Float32Type, 4>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::Double => plain::<Float64Type, 8>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::Date => plain::<Date32Type, 4>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::Time { .. } => {
            plain::<Time32MillisecondType, 4>(column, |v| millis_of_day(v).map(i32::to_le_bytes))
        }
        LogicalRoot::YearMonthInterval => plain::<IntervalYearMonthType, 4>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::DayTimeInterval => plain::<DurationMillisecondType, 8>(column, |v| Ok(v.to_le_bytes())),
        LogicalRoot::Decimal { precision, .. } => Ok(Box::new(Decimals::new(*precision, column)?)),
        LogicalRoot::Timestamp { precision } | LogicalRoot::TimestampLtz { precision } => {
            Ok(Box::new(Timestamps::new(*precision, column)?))
        }
        LogicalRoot::Array(element) => Ok(Box::new(Pieces(nested::array(element, column)?))),
        LogicalRoot::Multiset(element) => Ok(Box::new(Pieces(nested::multiset(element, column)?))),
        LogicalRoot::Map(key, value) => Ok(Box::new(Pieces(nested::map(key, value, column)?))),
        LogicalRoot::Row(fields) => Ok(Box::new(Pieces(nested::row(fields, column, NullForm::Plain)?))),
        LogicalRoot::Variant => Ok(Box::new(Pieces(nested::variant(column)?))),
        LogicalRoot::Raw { ty, .. } => Ok(Box::new(Pieces(encoder_at(ty, column, true)?))),
        LogicalRoot::Unknown { class, .. } => Ok(Box::new(Unknown(class.clone()))),
        other => Err(Error::unsupported(format!("fields of {other:?} can't be written yet"))),
    }
}

fn plain<'a, T: ArrowPrimitiveType, const N: usize>(
    column: &'a dyn Array,
    write: fn(T::Native) -> Result<[u8; N]>,
) -> Result<Box<dyn SlotEncoder + 'a>> {
    Ok(Box::new(Plain { column: column::primitive::<T>(column)?, write }))
}

struct Plain<'a, T: ArrowPrimitiveType, const N: usize> {
    column: &'a PrimitiveArray<T>,
    write: fn(T::Native) -> Result<[u8; N]>,
}

impl<T: ArrowPrimitiveType, const N: usize> SlotEncoder for Plain<'_, T, N> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        structure.put(index, &(self.write)(self.column.value(row))?)
    }
}

struct Booleans<'a>(&'a BooleanArray);

impl SlotEncoder for Booleans<'_> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        structure.put(index, &[u8::from(self.0.value(row))])
    }
}

struct Strings<'a>(&'a StringArray);

impl SlotEncoder for Strings<'_> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        structure.put_bytes(index, self.0.value(row).as_bytes())
    }
}

struct Binaries<'a>(&'a BinaryArray);

impl SlotEncoder for Binaries<'_> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        structure.put_bytes(index, self.0.value(row))
    }
}

/// Structures in the variable part.
struct Pieces<'a>(Box<dyn Encoder + 'a>);

impl SlotEncoder for Pieces<'_> {
    fn put(&self, row: usize, structure: &mut Structure<'_>, index: usize) -> Result<()> {
        structure.put_piece(index, |out| self.0.encode(row, out))
    }
}

/// A type that can't be decoded: its column has the slot, but not what the slot refers to.
struct Unknown(String);

impl SlotEncoder for Unknown {
    fn put(&self, _: usize, _: &mut Structure<'_>, _: usize) -> Result<()> {
        Err(Error::unsupported(format!("a value of the unknown type {}, of which only a part is here", self.0)))
    }
}
