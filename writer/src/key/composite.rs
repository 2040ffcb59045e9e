//! Hashes of Java's collections, of Flink's tuples and rows.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use flink_state_reader::java::hash;
use flink_state_reader::types::{Basic, Field, ListKind, Type};

use crate::encode::column::{binaries, child, strings, structs, unexpected};
use crate::encode::{entries, range, row_kind};
use crate::{Context, Error, Result};

use super::value::{Hash, Hashing, Value, says_nothing};

/// A value that may be null.
pub(super) fn nullable<'a>(hashing: Hashing<'_>, inner: &Type, column: &'a dyn Array) -> Result<Value<'a>> {
    if !matches!(inner, Type::Nullable { .. } | Type::Option(_)) {
        return hashing.value(inner, column);
    }
    // A nullable in a nullable is a struct of one field.
    let value = hashing.value(inner, child(structs(column)?, "value")?)?;
    Ok(Value::new(column, Box::new(move |row| value.hash(row))))
}

/// A `java.util.List`.
pub(super) fn list<'a>(hashing: Hashing<'_>, element: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    items(hashing.value(element, list_items(column)?)?, column, 1, |sum, hash| sum.wrapping_mul(31).wrapping_add(hash))
}

/// A `java.util.Set`: the sum.
pub(super) fn set<'a>(hashing: Hashing<'_>, element: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    items(hashing.value(element, list_items(column)?)?, column, 0, i32::wrapping_add)
}

fn list_items(column: &dyn Array) -> Result<&dyn Array> {
    let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
    Ok(lists.values().as_ref())
}

fn items<'a>(value: Value<'a>, column: &'a dyn Array, seed: i32, fold: fn(i32, i32) -> i32) -> Result<Hash<'a>> {
    let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
    Ok(Box::new(move |row| {
        range(lists.value_offsets(), row).try_fold(seed, |sum, item| Ok(fold(sum, value.hash(item)?)))
    }))
}

/// A `java.util.Map`: the sum of key XOR value.
pub(super) fn map<'a>(hashing: Hashing<'_>, key: &Type, value: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    let (offsets, entries) = entries(column)?;
    let [keys, values] = entries.columns() else { return Err(unexpected(column)) };
    let (key, value) = (hashing.value(key, keys.as_ref())?, hashing.value(value, values.as_ref())?);
    Ok(map_of(offsets, key, value, 0))
}

fn map_of<'a>(offsets: &'a [i32], key: Value<'a>, value: Value<'a>, seed: i32) -> Hash<'a> {
    Box::new(move |row| {
        range(offsets, row).try_fold(seed, |sum, entry| Ok(sum.wrapping_add(key.hash(entry)? ^ value.hash(entry)?)))
    })
}

/// Flink's `Either`: the hash of what is there.
pub(super) fn either<'a>(hashing: Hashing<'_>, left: &Type, right: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    let [left, right] = sides(hashing, left, right, column)?;
    Ok(Box::new(move |row| side(&left, &right, row)?.hash(row)))
}

/// The sides of an either.
pub(super) fn sides<'a>(
    hashing: Hashing<'_>,
    left: &Type,
    right: &Type,
    column: &'a dyn Array,
) -> Result<[Value<'a>; 2]> {
    let parent = structs(column)?;
    let (left_column, right_column) = (child(parent, "left")?, child(parent, "right")?);
    if says_nothing(left_column) || says_nothing(right_column) {
        return Err(Error::unsupported("the hash of an either with a side that says nothing"));
    }
    Ok([hashing.value(left, left_column)?, hashing.value(right, right_column)?])
}

/// The side that is there.
pub(super) fn side<'v, 'a>(left: &'v Value<'a>, right: &'v Value<'a>, row: usize) -> Result<&'v Value<'a>> {
    match (left.is_null(row), right.is_null(row)) {
        (false, true) => Ok(left),
        (true, false) => Ok(right),
        _ => Err(Error::data("an either needs one side and one only")),
    }
}

/// `Tuple1` to `Tuple25`.
pub(super) fn tuple<'a>(hashing: Hashing<'_>, fields: &[Field], column: &'a dyn Array) -> Result<Hash<'a>> {
    let values = self::fields(hashing, fields, column)?;
    Ok(Box::new(move |row| polynomial(0, &values, row)))
}

/// The fields of a struct, by place.
pub(super) fn fields<'a>(hashing: Hashing<'_>, fields: &[Field], column: &'a dyn Array) -> Result<Vec<Value<'a>>> {
    let parent = structs(column)?;
    let each = fields.iter().map(|f| hashing.value(&f.ty, child(parent, &f.name)?).in_field(&f.name));
    each.collect()
}

/// `31 * r + hash` over these values.
pub(super) fn polynomial(seed: i32, values: &[Value<'_>], row: usize) -> Result<i32> {
    values.iter().try_fold(seed, |sum, value| Ok(sum.wrapping_mul(31).wrapping_add(value.hash(row)?)))
}

/// `Row` of Flink 1.13 and later: 31 times its kind, and `RowUtils.deepHashCode` of its fields.
pub(super) fn row<'a>(
    hashing: Hashing<'_>,
    fields: &[Field],
    row_kind: bool,
    column: &'a dyn Array,
) -> Result<Hash<'a>> {
    let parent = structs(column)?;
    let kinds = if row_kind { Some(strings(child(parent, "$row_kind")?)?) } else { None };
    let each = fields.iter().map(|f| deep(hashing, &f.ty, child(parent, &f.name)?).in_field(&f.name));
    let values = each.collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |row| {
        let kind = kinds.map_or(Ok(0), |kinds| self::row_kind(kinds, row))?;
        Ok(polynomial(1, &values, row)?.wrapping_add(31 * i32::from(kind)))
    }))
}

/// A field of a row: collections and arrays go into their elements, all else is 31 more than its hash.
fn deep<'a>(hashing: Hashing<'_>, ty: &Type, column: &'a dyn Array) -> Result<Value<'a>> {
    let hash = match ty {
        Type::List { kind: ListKind::List | ListKind::ArrayList | ListKind::LinkedList { .. }, element: e }
        | Type::ObjectArray { element: e, .. } => deep_list(hashing, e, column)?,
        Type::Array(Basic::String) => deep_list(hashing, &Type::Basic(Basic::String), column)?,
        Type::Array(element) => raised(array(*element, column)?),
        Type::Map { key, value, .. } => {
            let (offsets, entries) = entries(column)?;
            let [keys, values] = entries.columns() else { return Err(unexpected(column)) };
            map_of(offsets, deep(hashing, key, keys.as_ref())?, deep(hashing, value, values.as_ref())?, 1)
        }
        Type::Nullable { inner, .. } if !matches!(**inner, Type::Nullable { .. } | Type::Option(_)) => {
            return deep(hashing, inner, column);
        }
        _ => {
            let value = hashing.value(ty, column)?;
            raised(Box::new(move |row| value.hash(row)))
        }
    };
    Ok(Value::new(column, hash))
}

fn deep_list<'a>(hashing: Hashing<'_>, element: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    items(deep(hashing, element, list_items(column)?)?, column, 1, |sum, hash| sum.wrapping_mul(31).wrapping_add(hash))
}

fn raised(hash: Hash<'_>) -> Hash<'_> {
    Box::new(move |row| Ok(hash(row)?.wrapping_add(31)))
}

/// `Arrays.hashCode` of an array of primitives or strings.
pub(super) fn array(element: Basic, column: &dyn Array) -> Result<Hash<'_>> {
    if element == Basic::Byte {
        let column = binaries(column)?;
        return Ok(Box::new(move |row| Ok(hash::list(signed(column.value(row))))));
    }
    list(Hashing::PLAIN, &Type::Basic(element), column)
}

/// Java's bytes.
pub(super) fn signed(bytes: &[u8]) -> impl Iterator<Item = i32> {
    bytes.iter().map(|byte| i32::from(byte.cast_signed()))
}
