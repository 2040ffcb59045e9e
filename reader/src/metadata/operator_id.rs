//! The ID that ties an operator of a job to its state.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A 16-byte operator ID in the order of the file, which is the order in which Flink prints it.
///
/// Source: `org.apache.flink.runtime.jobgraph.OperatorID`, `org.apache.flink.util.AbstractID`.
///
/// ```
/// use flink_state_reader::metadata::OperatorId;
///
/// let id = OperatorId::from_uid("source-id");
/// assert_eq!(id.to_string(), "bd9c186e89cc37a76d776844dfa8ccba");
/// assert_eq!("bd9c186e89cc37a76d776844dfa8ccba".parse::<OperatorId>()?, id);
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorId(pub [u8; 16]);

impl OperatorId {
    /// The ID of an operator whose job gave it this uid: `murmur3_128(0)` of its UTF-8 bytes.
    ///
    /// Source: `StreamGraphHasherV2.generateUserSpecifiedHash`.
    pub fn from_uid(uid: &str) -> Self {
        Self(murmur3_x64_128(uid.as_bytes()).to_le_bytes())
    }
}

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OperatorId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() == 32
            && text.bytes().all(|b| b.is_ascii_hexdigit())
            && let Ok(id) = u128::from_str_radix(text, 16)
        {
            return Ok(Self(id.to_be_bytes()));
        }
        Err(Error::usage(format!("'{text}' is no operator ID: 32 hexadecimal digits expected")))
    }
}

const C1: u64 = 0x87C3_7B91_1142_53D5;
const C2: u64 = 0x4CF5_AD43_2745_937F;

/// MurmurHash3 x64 128 with seed 0; the first half of the hash is the low half of the result.
fn murmur3_x64_128(data: &[u8]) -> u128 {
    let (blocks, tail) = data.as_chunks::<16>();
    let (mut h1, mut h2) = (0u64, 0u64);
    for &block in blocks {
        let (k1, k2) = halves(block);
        h1 = (h1 ^ mix1(k1)).rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52DC_E729);
        h2 = (h2 ^ mix2(k2)).rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5AB5);
    }
    let mut last = [0; 16];
    last.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
    let (k1, k2) = halves(last);
    h1 ^= mix1(k1) ^ data.len() as u64;
    h2 ^= mix2(k2) ^ data.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (finish(h1), finish(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    u128::from(h2) << 64 | u128::from(h1)
}

#[expect(clippy::cast_possible_truncation, reason = "splits a number in two")]
fn halves(block: [u8; 16]) -> (u64, u64) {
    let block = u128::from_le_bytes(block);
    (block as u64, (block >> 64) as u64)
}

fn mix1(k: u64) -> u64 {
    k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix2(k: u64) -> u64 {
    k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finish(mut h: u64) -> u64 {
    h = (h ^ h >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    h = (h ^ h >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    h ^ h >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_hash_as_in_flink() {
        for (uid, id) in [
            ("42", "6c4f323f22da8fb6e34f80c61be7a689"),
            ("44", "3e129e83691e7737fbf876b47452acbc"),
            ("source-id", "bd9c186e89cc37a76d776844dfa8ccba"),
            ("mapper-id", "c9cecfed5cae9d489451c50e442666e3"),
            ("bootstrap-uid", "ba84ff2bcd12bf763f4542f308bb6398"),
            ("ünïcødé-操作", "3120d8ad15cf54dae2efcfc7ba4e9b9f"),
        ] {
            assert_eq!(OperatorId::from_uid(uid).to_string(), id, "{uid}");
        }
    }

    #[test]
    fn only_32_hex_digits_are_an_id() {
        let id = "00ff00000000000000000000000000a1";
        assert_eq!(id.parse::<OperatorId>().unwrap().to_string(), id);
        for text in ["", "1234", "+0ff00000000000000000000000000a1", "g0ff00000000000000000000000000a1"] {
            let error = text.parse::<OperatorId>().unwrap_err();
            assert_eq!(error.to_string(), format!("'{text}' is no operator ID: 32 hexadecimal digits expected"));
        }
    }
}
