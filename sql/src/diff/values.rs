//! Values as bytes that are the same for the same values, whatever the widths and names of their types.

use arrow::array::{Array, AsArray, MapArray, StructArray};
use arrow::datatypes::*;
use arrow::util::display::array_value_to_string;
use datafusion::error::Result;

/// Before each value, which makes the bytes of different kinds of values different.
#[derive(Clone, Copy)]
enum Tag {
    Null,
    Boolean,
    Number,
    Float,
    Text,
    Bytes,
    List,
    Struct,
    Map,
    Decimal,
    Other,
}

/// Appends a value. Structs are compared by the names of their fields, maps as sets of entries, numbers by their value.
///
/// # Errors
/// A type that Arrow can't display.
pub(super) fn append(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) {
        out.push(Tag::Null as u8);
        return Ok(());
    }
    match array.data_type() {
        DataType::Boolean => out.extend([Tag::Boolean as u8, u8::from(array.as_boolean().value(row))]),
        DataType::Int8 => number(array.as_primitive::<Int8Type>().value(row), out),
        DataType::Int16 => number(array.as_primitive::<Int16Type>().value(row), out),
        DataType::Int32 => number(array.as_primitive::<Int32Type>().value(row), out),
        DataType::Int64 => number(array.as_primitive::<Int64Type>().value(row), out),
        DataType::UInt8 => number(array.as_primitive::<UInt8Type>().value(row), out),
        DataType::UInt16 => number(array.as_primitive::<UInt16Type>().value(row), out),
        DataType::UInt32 => number(array.as_primitive::<UInt32Type>().value(row), out),
        DataType::UInt64 => number(array.as_primitive::<UInt64Type>().value(row), out),
        DataType::Float32 => float(f64::from(array.as_primitive::<Float32Type>().value(row)), out),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Decimal128(_, scale) => {
            out.extend([Tag::Decimal as u8, scale.to_be_bytes()[0]]);
            out.extend(array.as_primitive::<Decimal128Type>().value(row).to_be_bytes());
        }
        DataType::Utf8 => text(Tag::Text, array.as_string::<i32>().value(row).as_bytes(), out),
        DataType::Binary => text(Tag::Bytes, array.as_binary::<i32>().value(row), out),
        DataType::List(_) => {
            let values = array.as_list::<i32>().value(row);
            head(Tag::List, values.len(), out);
            (0..values.len()).try_for_each(|element| append(&values, element, out))?;
        }
        DataType::Struct(_) => structure(array.as_struct(), row, out)?,
        DataType::Map(..) => map(array.as_map(), row, out)?,
        // Dates, times and moments: their text has the same form in all units.
        _ => text(Tag::Other, array_value_to_string(array, row)?.as_bytes(), out),
    }
    Ok(())
}

fn structure(array: &StructArray, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut fields: Vec<_> = array.column_names().into_iter().zip(array.columns()).collect();
    fields.sort_by_key(|(name, _)| *name);
    head(Tag::Struct, fields.len(), out);
    for (name, values) in fields {
        text(Tag::Text, name.as_bytes(), out);
        append(values, row, out)?;
    }
    Ok(())
}

fn map(array: &MapArray, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let entries = array.value(row);
    let mut encoded = Vec::with_capacity(entries.len());
    for entry in 0..entries.len() {
        let mut bytes = Vec::new();
        entries.columns().iter().try_for_each(|column| append(column, entry, &mut bytes))?;
        encoded.push(bytes);
    }
    encoded.sort_unstable();
    head(Tag::Map, encoded.len(), out);
    out.extend(encoded.concat());
    Ok(())
}

fn number(value: impl Into<i128>, out: &mut Vec<u8>) {
    out.push(Tag::Number as u8);
    out.extend(value.into().to_be_bytes());
}

fn float(value: f64, out: &mut Vec<u8>) {
    let value = if value.is_nan() { f64::NAN } else { value };
    out.push(Tag::Float as u8);
    out.extend(value.to_bits().to_be_bytes());
}

fn text(tag: Tag, bytes: &[u8], out: &mut Vec<u8>) {
    head(tag, bytes.len(), out);
    out.extend(bytes);
}

fn head(tag: Tag, count: usize, out: &mut Vec<u8>) {
    out.push(tag as u8);
    out.extend((count as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::*;

    use super::*;

    fn bytes(array: &dyn Array) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(array, 0, &mut bytes).unwrap();
        bytes
    }

    fn object(fields: Vec<(&str, ArrayRef)>) -> StructArray {
        StructArray::try_from(fields).unwrap()
    }

    fn map(keys: &[&str]) -> MapArray {
        let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        for key in keys {
            map.keys().append_value(key);
            map.values().append_value(1);
        }
        map.append(true).unwrap();
        map.finish()
    }

    #[test]
    fn widths_and_orders_do_not_matter() {
        assert_eq!(bytes(&Int32Array::from(vec![-5])), bytes(&Int64Array::from(vec![-5])));
        assert_eq!(bytes(&Float32Array::from(vec![0.5])), bytes(&Float64Array::from(vec![0.5])));
        assert_eq!(bytes(&map(&["a", "b"])), bytes(&map(&["b", "a"])));
        let (one, two): (ArrayRef, ArrayRef) =
            (Arc::new(Int32Array::from(vec![1])), Arc::new(Int32Array::from(vec![2])));
        let forth = object(vec![("a", Arc::clone(&one)), ("b", Arc::clone(&two))]);
        assert_eq!(bytes(&forth), bytes(&object(vec![("b", two), ("a", one)])));
    }

    #[test]
    fn kinds_and_bounds_do() {
        let number = bytes(&Int32Array::from(vec![1]));
        assert_ne!(number, bytes(&StringArray::from(vec!["1"])));
        assert_ne!(number, bytes(&Int32Array::from(vec![None])));
        assert_ne!(bytes(&StringArray::from(vec!["a"])), bytes(&BinaryArray::from(vec![b"a".as_slice()])));
        let pair = |a: &str, b: &str| {
            object(vec![
                ("a", Arc::new(StringArray::from(vec![a])) as ArrayRef),
                ("b", Arc::new(StringArray::from(vec![b])) as ArrayRef),
            ])
        };
        assert_ne!(bytes(&pair("ab", "c")), bytes(&pair("a", "bc")));
        assert_ne!(bytes(&map(&["a"])), bytes(&map(&["b"])));
    }
}
