//! What was written, to be compared with what is read back.

use std::fmt;

use twox_hash::XxHash3_128;

/// Number and checksum of the entries of a state, the same for the same entries in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of entries: rows of the state's table.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    sum: u128,
}

impl Tally {
    /// Adds the entry with these parts.
    pub fn add(&mut self, parts: &[&[u8]]) {
        let mut hasher = XxHash3_128::new();
        for part in parts {
            hasher.write(&(part.len() as u64).to_le_bytes());
            hasher.write(part);
            self.bytes += part.len() as u64;
        }
        self.rows += 1;
        self.sum = self.sum.wrapping_add(hasher.finish_128());
    }

    /// Adds the entries of another part of the same state.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// The sum of the entries' XXH3 hashes (128 bits) as 32 hex digits.
    pub fn checksum(&self) -> String {
        format!("{:032x}", self.sum)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows with checksum {}", self.rows, self.checksum())
    }
}
