//! How a block's payload is compressed.
//!
//! ```text
//! none, snappy       the bytes; a raw snappy block, which has its length
//! others             length  bytes
//! length             varint since format version 2; before: LZ4 u64, zlib none
//! ```
//!
//! Source: `util/compression.h` (`GetCompressFormatForVersion`).

use std::io::Read;

use crate::bytes::Cursor;
use crate::error::{Error, Result};

/// Most bytes of an uncompressed block; a value has to fit into one.
const MAX_BLOCK: usize = 256 << 20;

/// A block of this size may have any ratio.
const SMALL_BLOCK: usize = 1 << 20;

/// The first format version with a length in front of all compressed payloads.
const VARINT_LENGTHS: u32 = 2;

/// Uncompresses a payload; nothing if it is not compressed.
///
/// # Errors
/// A compression that is not supported, corrupt bytes, more uncompressed bytes than the compression can make of them.
pub(super) fn uncompress(compression: u8, format_version: u32, payload: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut input = Cursor::new(payload);
    let corrupt = |name: &str, e: Box<dyn std::error::Error + Send + Sync>| {
        Error::data(format!("corrupt {name} block")).with_source(e)
    };
    Ok(Some(match compression {
        0 => return Ok(None),
        1 => {
            const NAME: &str = "snappy";
            let length = snap::raw::decompress_len(payload).map_err(|e| corrupt(NAME, e.into()))?;
            check_length(length, payload, 32)?;
            snap::raw::Decoder::new().decompress_vec(payload).map_err(|e| corrupt(NAME, e.into()))?
        }
        2 => {
            let length = (format_version >= VARINT_LENGTHS).then(|| length(&mut input)).transpose()?;
            inflate(input.take_rest(), length).map_err(|e| corrupt("zlib", e.into()))?
        }
        4 | 5 => {
            let length = if format_version >= VARINT_LENGTHS { length(&mut input)? } else { old_length(&mut input)? };
            check_length(length, payload, 256)?;
            let block = lz4_flex::block::decompress(input.take_rest(), length).map_err(|e| corrupt("LZ4", e.into()))?;
            check_result(block, length)?
        }
        7 => {
            let length = length(&mut input)?;
            check_length(length, payload, 1 << 16)?;
            let block = zstd::bulk::decompress(input.take_rest(), length).map_err(|e| corrupt("ZSTD", e.into()))?;
            check_result(block, length)?
        }
        other => {
            let name = match other {
                3 => "bzip2",
                6 => "Xpress",
                _ => return Err(Error::data(format!("block with compression {other}"))),
            };
            return Err(Error::unsupported(format!("block compressed with {name}")));
        }
    }))
}

fn length(input: &mut Cursor<'_>) -> Result<usize> {
    Ok(usize::try_from(input.vlq()?).unwrap_or(usize::MAX))
}

fn old_length(input: &mut Cursor<'_>) -> Result<usize> {
    let [a, b, c, d, ..] = input.array::<8>()?;
    Ok(usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX))
}

/// Checks the length that a payload says it has, before anything is allocated. `ratio` is what its compression can reach.
fn check_length(length: usize, payload: &[u8], ratio: usize) -> Result<()> {
    if length > MAX_BLOCK || length > SMALL_BLOCK.max(payload.len().saturating_mul(ratio)) {
        return Err(Error::data(format!("block of {} bytes that claims {length} uncompressed bytes", payload.len())));
    }
    Ok(())
}

fn check_result(block: Vec<u8>, length: usize) -> Result<Vec<u8>> {
    if block.len() == length {
        return Ok(block);
    }
    Err(Error::data(format!("block has {} uncompressed bytes and claims {length}", block.len())))
}

/// Raw deflate. It grows as data comes, so that a wrong length does no harm.
fn inflate(payload: &[u8], length: Option<usize>) -> Result<Vec<u8>> {
    let max = length.unwrap_or(MAX_BLOCK).min(MAX_BLOCK);
    let mut block = Vec::new();
    let mut decoder = flate2::read::DeflateDecoder::new(payload).take(max as u64 + 1);
    decoder.read_to_end(&mut block).map_err(|e| Error::data("no deflate stream").with_source(e))?;
    match length {
        _ if block.len() > max => Err(Error::data(format!("more than {max} uncompressed bytes"))),
        Some(length) => check_result(block, length),
        None => Ok(block),
    }
}
