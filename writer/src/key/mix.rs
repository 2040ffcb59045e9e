//! Bit mixing: murmur3 for binary data and Scala, Flink's for windows.

/// The seed of binary data of the Table API.
const BINARY_SEED: i32 = 42;

/// A row, array or map by its bytes, whole words (`BinarySegmentUtils.hashByWords`).
pub(super) fn words(bytes: &[u8]) -> i32 {
    let hash = full_words(bytes).0;
    finish(hash, bytes.len())
}

/// A string or raw value by its bytes (`MurmurHashUtils.hashUnsafeBytes`).
pub(super) fn bytes(bytes: &[u8]) -> i32 {
    let (hash, rest) = full_words(bytes);
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, i32::from(byte.cast_signed())));
    finish(hash, bytes.len())
}

fn full_words(bytes: &[u8]) -> (i32, &[u8]) {
    let (words, rest) = bytes.as_chunks::<4>();
    (words.iter().fold(BINARY_SEED, |hash, word| mix(hash, i32::from_le_bytes(*word))), rest)
}

/// Murmur3 of one word.
pub(super) fn mix(hash: i32, word: i32) -> i32 {
    let hash = hash.cast_unsigned() ^ mix_word(word);
    hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64).cast_signed()
}

/// A word on its own.
pub(super) fn mix_word(word: i32) -> u32 {
    word.cast_unsigned().wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593)
}

/// The end of murmur3; `length` in the unit of the caller.
pub(super) fn finish(hash: i32, length: usize) -> i32 {
    // Java's lengths are ints; longer data can't be a key.
    let mut h = hash.cast_unsigned() ^ u32::try_from(length).unwrap_or(u32::MAX);
    h = (h ^ (h >> 16)).wrapping_mul(0x85EB_CA6B);
    h = (h ^ (h >> 13)).wrapping_mul(0xC2B2_AE35);
    (h ^ (h >> 16)).cast_signed()
}

/// `MathUtils.longToIntWithBitMixing`.
pub(super) fn long_to_int(value: i64) -> i32 {
    let mut bits = value.cast_unsigned();
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    low(bits ^ (bits >> 31))
}

/// `TimeWindow` of the Table API: start plus the inverse of `2 * end + 1` (`MathUtils`' Newton steps) in 32 bits.
pub(super) fn table_window(start: i64, end: i64) -> i32 {
    let odd = low(end.cast_unsigned()).wrapping_mul(2).wrapping_add(1);
    // Each step doubles the bits that are right; 3 are right at first.
    let inverse = (0..4).fold(odd, |x, _| x.wrapping_mul(2i32.wrapping_sub(odd.wrapping_mul(x))));
    low(start.cast_unsigned()).wrapping_add(inverse)
}

/// The lower half.
fn low(value: u64) -> i32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}
