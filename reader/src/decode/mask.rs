//! Bit masks: bits fill each byte from its most significant one.

/// The number of bytes of a mask.
pub(super) fn length(bits: usize) -> usize {
    bits.div_ceil(8)
}

/// Bit `index`, `false` behind the end.
pub(super) fn bit(mask: &[u8], index: usize) -> bool {
    mask.get(index / 8).is_some_and(|byte| byte & (0x80 >> (index % 8)) != 0)
}
