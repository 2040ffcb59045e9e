//! Java's `hashCode` of keys, from which their key groups follow.
//!
//! | key | hash |
//! |---|---|
//! | basic and temporal types, big numbers, Flink's values and windows | certain |
//! | `Tuple`, `Either`, lists, sets, maps, `Nullable` of these | certain |
//! | `Row` | that of Flink 1.13 and later |
//! | `RowData` and other data of the Table API | certain, by their bytes |
//! | classes of the JDK that Kryo writes: numbers, `UUID`, `java.time` | certain |
//! | POJO, record, subclass of a tuple, case class, Avro record | declared with a [`Convention`] |
//! | enum, array, other values of Kryo, classes without `hashCode` | none that is stable |
//!
//! A declaration, and with it this table, is put to the test by [`check`]: the key groups of keys that a snapshot has
//! must be those that their hashes give.

mod avro;
mod basic;
mod binary;
mod composite;
mod convention;
mod kryo;
mod mix;
mod number;
mod record;
mod scala;
mod value;

use std::num::NonZeroU16;

use arrow_array::Array;
use flink_state_reader::java::hash::key_group;
use flink_state_reader::types::Type;

use crate::encode::check_type;
use crate::{Error, Result};

pub use convention::{Convention, HashField};
use value::{Hashing, Value};

/// Hashes the keys of a column.
pub struct Hasher<'a> {
    value: Value<'a>,
    rows: usize,
}

impl<'a> Hasher<'a> {
    /// A hasher of keys of this type; the column is one that an [`encoder`](crate::encode::encoder) takes.
    ///
    /// # Errors
    /// A type whose hash is not certain, without a convention or with one that is for other types; a convention that
    /// names fields that the type does not have.
    pub fn new(ty: &Type, convention: Option<&Convention>, column: &'a dyn Array) -> Result<Self> {
        check_type(ty, column)?;
        Ok(Self { value: Hashing { convention }.value(ty, column)?, rows: column.len() })
    }

    /// The hash code of the key at `row`.
    ///
    /// # Errors
    /// A NULL, which is no key; a value whose hash is not certain, such as one of a subclass.
    pub fn hash(&self, row: usize) -> Result<i32> {
        if row >= self.rows {
            return Err(Error::bug(format!("row {row} of a column of {}", self.rows)));
        }
        if self.value.is_java_null(row) {
            return Err(Error::data("NULL in place of a key"));
        }
        self.value.hash(row)
    }
}

/// Fails at the first key whose stored key group is not the one that its hash gives.
///
/// `key_groups` are those of the rows of the hasher's column.
///
/// # Errors
/// The contradiction; what [`Hasher::hash`] fails with.
pub fn check(hasher: &Hasher<'_>, key_groups: &[i32], max_parallelism: NonZeroU16) -> Result<()> {
    if key_groups.len() != hasher.rows {
        return Err(Error::bug(format!("{} key groups of {} keys", key_groups.len(), hasher.rows)));
    }
    for (row, stored) in key_groups.iter().enumerate() {
        let hash = hasher.hash(row)?;
        let computed = i32::from(key_group(hash, max_parallelism));
        if computed != *stored {
            return Err(Error::data(format!(
                "key in row {row} has the hash {hash} and so the key group {computed} of {max_parallelism}, but is \
                 stored in key group {stored}"
            ))
            .with_hint("declare the hash that the key's class has, or keep to keys that exist"));
        }
    }
    Ok(())
}
