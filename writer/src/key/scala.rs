//! Hashes of Scala 2.12: case classes and tuples, `Option`, `Either`, sequences and sets.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use flink_state_reader::java::hash;
use flink_state_reader::types::{Basic, Field, Type};

use crate::encode::column::{child, structs, unexpected};
use crate::encode::range;
use crate::{Context, Error, Result};

use super::convention::Convention;
use super::value::{Hash, Hashing, Value, undeclared};
use super::{basic, composite, mix};

const PRODUCT_SEED: i32 = 0xCAFE_BABE_u32.cast_signed();
/// The hash of the string `None`.
const NONE: i32 = 2_433_880;

/// A case class or tuple: murmur3 over its fields (`MurmurHash3.productHash`).
pub(super) fn product<'a>(
    hashing: Hashing<'_>,
    class: &str,
    fields: &[Field],
    column: &'a dyn Array,
) -> Result<Hash<'a>> {
    check(hashing, class)?;
    if fields.is_empty() {
        return Err(Error::unsupported(format!("the hash of {class}, which has no fields, is that of its own name")));
    }
    let parent = structs(column)?;
    let each = fields.iter().map(|f| value(hashing, &f.ty, child(parent, &f.name)?).in_field(&f.name));
    let values = each.collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |row| product_of(&values, row)))
}

/// `Some` is a product of one field.
pub(super) fn option<'a>(hashing: Hashing<'_>, inner: &Type, column: &'a dyn Array) -> Result<Value<'a>> {
    check(hashing, "a Scala Option")?;
    let is_wrapped = matches!(inner, Type::Nullable { .. } | Type::Option(_));
    let inner_column = if is_wrapped { child(structs(column)?, "value")? } else { column };
    let values = [value(hashing, inner, inner_column)?];
    Ok(Value::with_null(column, Box::new(move |row| product_of(&values, row)), NONE))
}

/// `Left` and `Right` are products of one field.
pub(super) fn either<'a>(hashing: Hashing<'_>, left: &Type, right: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    check(hashing, "a Scala Either")?;
    let [left, right] = composite::sides(hashing, left, right, column)?;
    Ok(Box::new(move |row| {
        let hash = composite::side(&left, &right, row)?.hash(row)?;
        Ok(mix::finish(mix::mix(PRODUCT_SEED, hash), 1))
    }))
}

/// A collection (`MurmurHash3.seqHash`, `setHash`), whose kind the source of its `CanBuildFrom` names.
pub(super) fn collection<'a>(
    hashing: Hashing<'_>,
    code: &str,
    element: &Type,
    column: &'a dyn Array,
) -> Result<Hash<'a>> {
    check(hashing, "a Scala collection")?;
    let kind = code.split_once("CanBuildFrom[").and_then(|(_, types)| types.split_once('[')).map(|(kind, _)| kind);
    let hash = match kind.and_then(|kind| kind.rsplit('.').next()) {
        Some("Seq" | "List" | "Vector" | "IndexedSeq" | "LinearSeq") => sequence,
        Some("Set") => set,
        _ => return Err(Error::unsupported(format!("the hash of a Scala collection built by {code} is not known"))),
    };
    let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
    let element = value(hashing, element, lists.values().as_ref())?;
    Ok(Box::new(move |row| {
        let hashes = range(lists.value_offsets(), row).map(|item| element.hash(item)).collect::<Result<Vec<_>>>()?;
        Ok(hash(&hashes))
    }))
}

fn sequence(hashes: &[i32]) -> i32 {
    let seed = hash::string("Seq");
    mix::finish(hashes.iter().fold(seed, |hash, element| mix::mix(hash, *element)), hashes.len())
}

/// Without regard to order: sum, exclusive or and product.
fn set(hashes: &[i32]) -> i32 {
    let sum = hashes.iter().fold(0i32, |a, h| a.wrapping_add(*h));
    let xor = hashes.iter().fold(0, |a, h| a ^ h);
    let product = hashes.iter().filter(|h| **h != 0).fold(1i32, |a, h| a.wrapping_mul(*h));
    let hash = mix::mix(mix::mix(hash::string("Set"), sum), xor) ^ mix::mix_word(product).cast_signed();
    mix::finish(hash, hashes.len())
}

fn check(hashing: Hashing<'_>, class: &str) -> Result<()> {
    match hashing.convention {
        Some(Convention::ScalaProduct) => Ok(()),
        other => Err(undeclared(class, other, "scala_product, if the class is of Scala 2.12")),
    }
}

fn product_of(values: &[Value<'_>], row: usize) -> Result<i32> {
    let mixed = values.iter().try_fold(PRODUCT_SEED, |hash, value| Ok::<_, Error>(mix::mix(hash, value.hash(row)?)))?;
    Ok(mix::finish(mixed, values.len()))
}

/// `##`: numbers that are equal have one hash, whatever their types.
fn value<'a>(hashing: Hashing<'_>, ty: &Type, column: &'a dyn Array) -> Result<Value<'a>> {
    let hash = match ty {
        Type::Basic(Basic::Long) => basic::of::<Int64Type>(column, long)?,
        Type::Basic(Basic::Float) => basic::of::<Float32Type>(column, float)?,
        Type::Basic(Basic::Double) => basic::of::<Float64Type>(column, double)?,
        _ => return hashing.value(ty, column),
    };
    Ok(Value::new(column, hash))
}

fn long(value: i64) -> i32 {
    i32::try_from(value).unwrap_or_else(|_| hash::long(value))
}

fn float(value: f32) -> i32 {
    whole(value.into()).unwrap_or_else(|| hash::float(value))
}

fn double(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "Java's cast, which rounds")]
    let single = value as f32;
    whole(value).unwrap_or_else(|| if f64::from(single) == value { hash::float(single) } else { hash::double(value) })
}

/// The hash of a number without fraction that an integer can hold, with Java's casts.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "Java's casts saturate and round too")]
fn whole(value: f64) -> Option<i32> {
    let (int, long) = (value as i32, value as i64);
    if f64::from(int) == value {
        return Some(int);
    }
    (long as f64 == value).then(|| hash::long(long))
}
