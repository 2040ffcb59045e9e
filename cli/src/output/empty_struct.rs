//! Structs without fields, which Parquet does not know, get one: `$empty`, a boolean that is always null. Nulls of the
//! struct itself stay what they are.

use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, BooleanArray, make_array};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};

use crate::error::{Error, Result};

const EMPTY: &str = "$empty";

/// The field as Parquet can hold it.
pub(super) fn filled_field(field: &FieldRef) -> Result<FieldRef> {
    let field = field.as_ref().clone();
    let data_type = filled_type(field.data_type())?;
    Ok(Arc::new(field.with_data_type(data_type)))
}

fn filled_type(data_type: &DataType) -> Result<DataType> {
    Ok(match data_type {
        DataType::Struct(fields) if fields.is_empty() => {
            DataType::Struct(Fields::from(vec![Field::new(EMPTY, DataType::Boolean, true)]))
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(filled_field).collect::<Result<_>>()?),
        DataType::List(item) => DataType::List(filled_field(item)?),
        DataType::LargeList(item) => DataType::LargeList(filled_field(item)?),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(filled_field(item)?, *size),
        DataType::Map(entries, sorted) => DataType::Map(filled_field(entries)?, *sorted),
        DataType::Union(..) => {
            let message = format!("Parquet can't hold a column of type {data_type}");
            return Err(Error::unsupported(message).hint("leave the column out or cast it"));
        }
        other => other.clone(),
    })
}

/// The array as one of the type that [`filled_field`] made of its own.
pub(super) fn filled(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    if array.data_type() == data_type {
        Ok(Arc::clone(array))
    } else {
        Ok(make_array(fill(array.to_data(), data_type)?))
    }
}

fn fill(data: ArrayData, data_type: &DataType) -> Result<ArrayData> {
    if data.data_type() == data_type {
        return Ok(data);
    }
    let children = match data_type {
        DataType::Struct(_) if data.child_data().is_empty() => {
            vec![BooleanArray::new_null(data.offset() + data.len()).into_data()]
        }
        DataType::Struct(fields) => fill_children(&data, fields.iter())?,
        DataType::List(child)
        | DataType::LargeList(child)
        | DataType::FixedSizeList(child, _)
        | DataType::Map(child, _) => fill_children(&data, std::iter::once(child))?,
        other => return Err(Error::bug(format!("a column of type {} was to become {other}", data.data_type()))),
    };
    Ok(data.into_builder().data_type(data_type.clone()).child_data(children).build()?)
}

fn fill_children<'a>(data: &ArrayData, fields: impl Iterator<Item = &'a FieldRef>) -> Result<Vec<ArrayData>> {
    let children = data.child_data().iter().zip(fields);
    children.map(|(child, field)| fill(child.clone(), field.data_type())).collect()
}
