//! The checksum of a block: over its payload and the byte that says how it is compressed.

use twox_hash::{XxHash3_64, XxHash32, XxHash64};

use crate::bytes::masked_crc32c;
use crate::error::{Error, Result};

/// Which checksum the blocks of a table have (`ChecksumType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    None,
    Crc32c,
    XxHash32,
    XxHash64,
    Xxh3,
}

impl Checksum {
    pub(super) fn from_code(code: u8) -> Result<Self> {
        Ok(match code {
            0 => Self::None,
            1 => Self::Crc32c,
            2 => Self::XxHash32,
            3 => Self::XxHash64,
            4 => Self::Xxh3,
            other => return Err(Error::unsupported(format!("block checksum of type {other}"))),
        })
    }

    /// The checksum of `block`, a payload with its compression byte; none if blocks have none.
    #[expect(clippy::cast_possible_truncation, reason = "the low half of a 64-bit hash is the checksum")]
    pub(super) fn of(self, block: &[u8]) -> Option<u32> {
        /// Spreads the last byte over the checksum (`ModifyChecksumForLastByte`).
        const SPREAD: u32 = 0x6B90_83D9;

        Some(match self {
            Self::None => return None,
            Self::Crc32c => masked_crc32c(block),
            Self::XxHash32 => XxHash32::oneshot(0, block),
            Self::XxHash64 => XxHash64::oneshot(0, block) as u32,
            Self::Xxh3 => {
                let (last, payload) = block.split_last()?;
                XxHash3_64::oneshot(payload) as u32 ^ u32::from(*last).wrapping_mul(SPREAD)
            }
        })
    }
}
