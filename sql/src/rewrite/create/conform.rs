//! Values of a query brought to the Arrow type that a state's column has: kept as they are, or refused.
//!
//! | given | becomes |
//! |---|---|
//! | text, bytes, lists in another of Arrow's layouts, dictionaries | the layout of the column |
//! | an integer, float, decimal or timestamp of another size | the column's, if the number stays the same |
//! | struct | fields are matched by name, in any order; none may be missing or unknown |
//! | NULL | NULL |
//!
//! Anything else has to be cast by the query.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::util::display::array_value_to_string;
use flink_state_reader::types::TYPE_KEY;

use super::super::cast::notation;
use crate::error::{Error, ErrorKind, Result};
use crate::suggest;

/// What a value that could not be decoded is given as; a new value has nothing of that kind.
const UNDECODED: &str = "$undecoded";

/// How the values of one type become those of another.
#[derive(Clone, Debug)]
pub(super) enum Conversion {
    Same,
    /// All are NULL.
    Null(DataType),
    /// Arrow's cast, which keeps every value.
    Cast(DataType),
    /// Arrow's cast, checked by casting back.
    Checked(DataType),
    /// Another layout first.
    Behind(DataType, Box<Self>),
    List(FieldRef, Box<Self>),
    Map(FieldRef, bool, Box<Self>),
    /// For each field the one it comes from; none for `$undecoded` that is not given.
    Struct(Fields, Vec<Option<(usize, Self)>>),
}

impl Conversion {
    /// The conversion of `from` to what `to` needs.
    ///
    /// # Errors
    /// Types between which values could change, struct fields that are missing or not known: with the path of the field.
    pub(super) fn new(from: &FieldRef, to: &FieldRef) -> Result<Self> {
        use DataType::{
            Binary, BinaryView, Dictionary, FixedSizeBinary, FixedSizeList, LargeBinary, LargeList, LargeListView,
            LargeUtf8, List, ListView, Map, Null, RunEndEncoded, Struct, Utf8, Utf8View,
        };
        let behind = |layout: DataType| {
            let same = Arc::new(from.as_ref().clone().with_data_type(layout.clone()));
            Ok(Self::Behind(layout, Box::new(Self::new(&same, to)?)))
        };
        match (from.data_type(), to.data_type()) {
            (a, b) if a == b => Ok(Self::Same),
            (Null, b) => Ok(Self::Null(b.clone())),
            (Dictionary(_, values), _) => behind(values.as_ref().clone()),
            (RunEndEncoded(_, values), _) => behind(values.data_type().clone()),
            (LargeList(item) | FixedSizeList(item, _) | ListView(item) | LargeListView(item), List(_)) => {
                behind(List(Arc::clone(item)))
            }
            (Utf8 | LargeUtf8 | Utf8View, b @ (Utf8 | LargeUtf8 | Utf8View))
            | (
                Binary | LargeBinary | BinaryView | FixedSizeBinary(_),
                b @ (Binary | LargeBinary | BinaryView | FixedSizeBinary(_)),
            ) => Ok(Self::Cast(b.clone())),
            (List(a), List(b)) => Ok(Self::List(Arc::clone(b), Box::new(Self::new(a, b)?))),
            (Map(a, _), Map(b, sorted)) => Ok(Self::Map(Arc::clone(b), *sorted, Box::new(Self::entries(a, b)?))),
            (Struct(a), Struct(b)) => Self::fields(a, b),
            (a, b) if may_keep(a, b) => Ok(Self::Checked(b.clone())),
            _ => Err(mismatch(from, to)),
        }
    }

    /// Entries of maps: their keys and values have the names that each engine likes.
    fn entries(from: &FieldRef, to: &FieldRef) -> Result<Self> {
        let (DataType::Struct(a), DataType::Struct(b)) = (from.data_type(), to.data_type()) else {
            return Err(mismatch(from, to));
        };
        let part = |(n, (a, b)): (usize, (&FieldRef, &FieldRef))| {
            let name = if n == 0 { "key" } else { "value" };
            Ok(Some((n, Self::new(a, b).map_err(|e| e.with_place(name))?)))
        };
        Ok(Self::Struct(b.clone(), a.iter().zip(b).enumerate().map(part).collect::<Result<_>>()?))
    }

    fn fields(from: &Fields, to: &Fields) -> Result<Self> {
        let names: Vec<&str> = to.iter().map(|field| field.name().as_str()).filter(|name| *name != UNDECODED).collect();
        let mut left: Vec<&str> = from.iter().map(|field| field.name().as_str()).collect();
        let mut parts = Vec::with_capacity(to.len());
        for to in to {
            let name = to.name().as_str();
            let Some((index, from)) = from.find(name) else {
                if name == UNDECODED {
                    parts.push(None);
                    continue;
                }
                let hint = format!("all fields have to be given, NULL where there is no value: {}", names.join(", "));
                return Err(Error::usage(format!("there is no field '{name}'")).with_hint(Some(hint)));
            };
            left.retain(|other| *other != name);
            parts.push(Some((index, Self::new(from, to).map_err(|e| e.with_place(name))?)));
        }
        match left.first() {
            Some(unknown) => {
                Err(Error::usage(format!("the value has no field '{unknown}'"))
                    .with_hint(suggest::one_of(unknown, &names)))
            }
            None => Ok(Self::Struct(to.clone(), parts)),
        }
    }

    /// The values in the new type.
    ///
    /// # Errors
    /// A value that it can't hold.
    pub(super) fn apply(&self, values: &ArrayRef) -> Result<ArrayRef> {
        Ok(match self {
            Self::Same => Arc::clone(values),
            Self::Null(to) => new_null_array(to, values.len()),
            Self::Cast(to) => cast(values, to)?,
            Self::Checked(to) => checked(values, to)?,
            Self::Behind(layout, then) => return then.apply(&cast(values, layout)?),
            Self::List(item, inner) => {
                let list = values.as_list_opt::<i32>().ok_or_else(|| other_type(values))?;
                let items = inner.apply(list.values())?;
                let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
                Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, nulls)?)
            }
            Self::Map(field, sorted, inner) => {
                let map = values.as_map_opt().ok_or_else(|| other_type(values))?;
                let entries = inner.apply(&(Arc::new(map.entries().clone()) as ArrayRef))?;
                let entries = entries.as_struct_opt().ok_or_else(|| other_type(&entries))?.clone();
                let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
                Arc::new(MapArray::try_new(Arc::clone(field), offsets, entries, nulls, *sorted)?)
            }
            Self::Struct(fields, parts) => {
                let from = values.as_struct_opt().ok_or_else(|| other_type(values))?;
                let part = |(field, part): (&FieldRef, &Option<(usize, Self)>)| match part {
                    Some((index, conversion)) => {
                        let values = from.columns().get(*index).ok_or_else(|| other_type(values))?;
                        conversion.apply(values).map_err(|e| e.with_place(field.name()))
                    }
                    None => Ok(new_null_array(field.data_type(), from.len())),
                };
                let columns = fields.iter().zip(parts).map(part).collect::<Result<Vec<_>>>()?;
                let nulls = from.nulls().cloned();
                Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, from.len())?)
            }
        })
    }
}

/// Whether a cast gives the same value for some values, and those for which it does not can be told.
fn may_keep(from: &DataType, to: &DataType) -> bool {
    use DataType::{Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Time32, Time64, Timestamp};
    let decimal = |ty: &DataType| matches!(ty, Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..));
    match (from, to) {
        (Timestamp(_, from), Timestamp(_, to)) => from.is_none() || to.is_some(),
        (Date32 | Date64, Date32 | Date64) | (Time32(_) | Time64(_), Time32(_) | Time64(_)) => true,
        (from, to) if from.is_integer() => to.is_integer() || to.is_floating() || decimal(to),
        (from, to) => (from.is_floating() && to.is_floating()) || (decimal(from) && decimal(to)),
    }
}

/// Arrow's cast; a value that the type can't hold is an error.
fn cast(values: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    Ok(cast_with_options(values, to, &CastOptions { safe: false, ..CastOptions::default() })?)
}

fn checked(values: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let cast_values = cast(values, to)?;
    let changed = distinct(&cast(&cast_values, values.data_type())?, values)?;
    match changed.iter().position(|changed| changed == Some(true)) {
        None => Ok(cast_values),
        Some(row) => {
            let value = array_value_to_string(values, row)?;
            let message = format!("{value} can't be kept: {} does not hold it exactly", notation(to));
            Err(Error::new(ErrorKind::Data, message).with_hint(Some("round or cast it in the query".to_owned())))
        }
    }
}

/// A query gave batches of other types than it said.
fn other_type(values: &ArrayRef) -> Error {
    Error::new(ErrorKind::Bug, format!("values of {} where another type was announced", values.data_type()))
}

fn mismatch(from: &FieldRef, to: &FieldRef) -> Error {
    let (given, needed) = match (named(from), named(to)) {
        (given, needed) if given == needed => (from.data_type().to_string(), to.data_type().to_string()),
        names => names,
    };
    let hint = format!("cast it in the query: arrow_cast(…, '{}')", to.data_type());
    Error::usage(format!("{given} where {needed} belongs")).with_hint(Some(hint))
}

/// The type in the notation of Flink's, as far as it has one there.
fn named(field: &FieldRef) -> String {
    field.metadata().get(TYPE_KEY).cloned().unwrap_or_else(|| notation(field.data_type()))
}

#[cfg(test)]
mod tests;
