//! Lists, structs, maps and dictionaries. The text of a nested value is its JSON.

use std::ops::Range;

use arrow::array::{Array, AsArray, MapArray, StructArray};
use arrow::datatypes::DataType;

use super::{Encoder, Values, push_json_string};
use crate::error::Result;

type Ranges<'a> = Box<dyn Fn(usize) -> Range<usize> + 'a>;

fn range(start: impl TryInto<usize>, length: impl TryInto<usize>) -> Range<usize> {
    // Arrow guarantees that neither is negative.
    let (start, length) = (start.try_into().unwrap_or(0), length.try_into().unwrap_or(0));
    start..start + length
}

struct List<'a> {
    ranges: Ranges<'a>,
    items: Encoder<'a>,
}

pub(super) fn list<'a>(array: &'a dyn Array) -> Result<Box<dyn Values + 'a>> {
    let (items, ranges): (&dyn Array, Ranges<'_>) = match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            (list.values(), Box::new(move |row| offset_range(offsets, row)))
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let offsets = list.value_offsets();
            (list.values(), Box::new(move |row| offset_range(offsets, row)))
        }
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            (list.values(), Box::new(|row| range(list.value_offset(row), list.value_size(row))))
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            (list.values(), Box::new(|row| range(list.value_offset(row), list.value_size(row))))
        }
        _ => {
            let list = array.as_fixed_size_list();
            (list.values(), Box::new(|row| range(list.value_offset(row), list.value_length())))
        }
    };
    Ok(Box::new(List { ranges, items: Encoder::try_new(items)? }))
}

fn offset_range<O: Copy + TryInto<usize>>(offsets: &[O], row: usize) -> Range<usize> {
    let at = |index: usize| offsets.get(index).and_then(|&offset| offset.try_into().ok()).unwrap_or(0);
    at(row)..at(row + 1)
}

impl Values for List<'_> {
    fn text(&self, row: usize, out: &mut String) {
        join(out, '[', ']', (self.ranges)(row), |out, item| self.items.json(item, out));
    }

    fn is_json(&self, _row: usize) -> bool {
        true
    }
}

/// An object; every field is there, nulls too.
pub(super) struct Struct<'a> {
    /// Name as JSON, and values.
    fields: Vec<(String, Encoder<'a>)>,
}

impl<'a> Struct<'a> {
    pub(super) fn try_new(array: &'a StructArray) -> Result<Self> {
        let fields = array.fields().iter().zip(array.columns()).map(|(field, column)| {
            let mut name = String::new();
            push_json_string(&mut name, field.name());
            Ok((name, Encoder::try_new(column)?))
        });
        Ok(Self { fields: fields.collect::<Result<_>>()? })
    }
}

impl Values for Struct<'_> {
    fn text(&self, row: usize, out: &mut String) {
        join(out, '{', '}', &self.fields, |out, (name, values)| {
            out.push_str(name);
            out.push(':');
            values.json(row, out);
        });
    }

    fn is_json(&self, _row: usize) -> bool {
        true
    }
}

/// An object where the keys are strings (Arrow's maps have no null keys), else an array of `{"key": …, "value": …}`.
struct Map<'a> {
    offsets: &'a [i32],
    keys: Encoder<'a>,
    values: Encoder<'a>,
    object: bool,
}

pub(super) fn map(array: &MapArray) -> Result<Box<dyn Values + '_>> {
    let is_string = matches!(array.key_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    Ok(Box::new(Map {
        offsets: array.value_offsets(),
        keys: Encoder::try_new(array.keys())?,
        values: Encoder::try_new(array.values())?,
        object: is_string,
    }))
}

impl Values for Map<'_> {
    fn text(&self, row: usize, out: &mut String) {
        let entries = offset_range(self.offsets, row);
        if self.object {
            join(out, '{', '}', entries, |out, entry| {
                self.keys.json(entry, out);
                out.push(':');
                self.values.json(entry, out);
            });
        } else {
            join(out, '[', ']', entries, |out, entry| {
                out.push_str("{\"key\":");
                self.keys.json(entry, out);
                out.push_str(",\"value\":");
                self.values.json(entry, out);
                out.push('}');
            });
        }
    }

    fn is_json(&self, _row: usize) -> bool {
        true
    }
}

/// As the value that the key stands for.
pub(super) struct Dictionary<'a> {
    keys: Vec<usize>,
    values: Encoder<'a>,
}

impl<'a> Dictionary<'a> {
    pub(super) fn try_new(array: &'a dyn Array) -> Result<Self> {
        let dictionary = array.as_any_dictionary();
        // Without values all rows are null, and no key is asked for.
        let keys = if dictionary.values().is_empty() { Vec::new() } else { dictionary.normalized_keys() };
        Ok(Self { keys, values: Encoder::try_new(dictionary.values())? })
    }

    fn key(&self, row: usize) -> usize {
        self.keys.get(row).copied().unwrap_or_default()
    }
}

impl Values for Dictionary<'_> {
    fn text(&self, row: usize, out: &mut String) {
        self.values.text(self.key(row), out);
    }

    fn json(&self, row: usize, out: &mut String) {
        self.values.json(self.key(row), out);
    }
}

/// Appends items with commas between and brackets around them.
fn join<I>(
    out: &mut String,
    open: char,
    close: char,
    items: impl IntoIterator<Item = I>,
    each: impl Fn(&mut String, I),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(close);
}
