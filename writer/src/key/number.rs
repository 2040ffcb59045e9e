//! Hashes of big numbers.

use flink_state_reader::java::hash::polynomial;
use num_bigint::{BigInt, Sign};

/// `BigInteger`: over the 32-bit words of its magnitude, times its sign.
pub(super) fn big_integer(value: &BigInt) -> i32 {
    let (sign, magnitude) = (value.sign(), value.magnitude());
    let words = magnitude.to_u32_digits();
    let hash = polynomial(0, words.iter().rev().map(|word| word.cast_signed()));
    if sign == Sign::Minus { hash.wrapping_neg() } else { hash }
}

/// `BigDecimal`: 64-bit ones over the halves of the magnitude; the scale counts.
pub(super) fn big_decimal(unscaled: &BigInt, scale: i32) -> i32 {
    let hash = match i64::try_from(unscaled) {
        Ok(compact) if compact != i64::MIN => {
            let bits = compact.unsigned_abs();
            let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
            let (high, low) = (i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h]));
            let hash = high.wrapping_mul(31).wrapping_add(low);
            if compact < 0 { hash.wrapping_neg() } else { hash }
        }
        _ => big_integer(unscaled),
    };
    hash.wrapping_mul(31).wrapping_add(scale)
}
