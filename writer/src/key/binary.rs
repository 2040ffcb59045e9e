//! Hashes of data of the Table API: rows, arrays and maps by their bytes.

use arrow_array::Array;
use arrow_array::types::Decimal128Type;
use flink_state_reader::java::hash;
use flink_state_reader::types::Type;
use num_bigint::BigInt;

use crate::encode::column::primitive;
use crate::encode::{encoder, key_encoder};
use crate::{Error, Result};

use super::value::Hash;
use super::{mix, number};

/// A row, array or map: the hash of what is encoded behind its size.
pub(super) fn hash<'a>(ty: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    let encoder = key_encoder(ty, column)?;
    Ok(Box::new(move |row| {
        let mut bytes = Vec::new();
        encoder.encode(row, &mut bytes)?;
        let data = bytes.split_first_chunk::<4>().map(|(_, data)| data);
        data.map(mix::words).ok_or_else(|| Error::bug("data of the Table API without its size"))
    }))
}

/// `DecimalData`: as `BigDecimal`.
pub(super) fn decimal(scale: i8, column: &dyn Array) -> Result<Hash<'_>> {
    let column = primitive::<Decimal128Type>(column)?;
    Ok(Box::new(move |row| Ok(number::big_decimal(&BigInt::from(column.value(row)), scale.into()))))
}

/// `TimestampData`: milliseconds and nanoseconds of the millisecond, as they are encoded.
pub(super) fn timestamp<'a>(ty: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
    let encoder = encoder(ty, column)?;
    Ok(Box::new(move |row| {
        let mut bytes = Vec::new();
        encoder.encode(row, &mut bytes)?;
        let (millis, nanos) = bytes.split_first_chunk::<8>().ok_or_else(|| Error::bug("timestamp without its time"))?;
        let nanos = <[u8; 4]>::try_from(nanos).map_or(0, i32::from_be_bytes);
        Ok(hash::long(i64::from_be_bytes(*millis)).wrapping_mul(31).wrapping_add(nanos))
    }))
}
