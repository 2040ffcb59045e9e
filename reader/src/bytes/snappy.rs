//! The snappy framing format (`x-snappy-framed`), chunk by chunk.
//!
//! ```text
//! stream := FF 06 00 00 "sNaPpY"  chunk*
//! chunk  := u8 type, u24 little-endian length, body[length]
//!   00:       u32 LE masked CRC-32C of the data, raw snappy block       01: u32 LE masked CRC-32C, data
//!   80..=FE:  padding, skipped        FF: stream identifier again       02..=7F: unknown, an error
//! ```
//!
//! Flink's `SnappyStreamCompressionDecorator` writes it. A stream has no end mark.

use crate::error::{Error, Result};

use super::{Cursor, masked_crc32c};

/// The chunk that starts every stream.
pub const STREAM_IDENTIFIER: [u8; 10] = *b"\xFF\x06\x00\x00sNaPpY";

/// Most bytes that one chunk may hold when uncompressed.
const MAX_CHUNK: usize = 65_536;

/// One chunk of a framed stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// The stream identifier: a stream starts here.
    Start,
    /// Data.
    Data(Block<'a>),
    /// Nothing that matters.
    Padding,
}

/// The data of a chunk, not yet decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    compressed: bool,
    masked_crc: u32,
    body: &'a [u8],
    offset: u64,
}

/// Reads the chunk at `input` and moves past it.
///
/// # Errors
/// Truncated when the chunk ends behind `input`; a chunk of an unknown type.
pub fn read_chunk<'a>(input: &mut Cursor<'a>) -> Result<Chunk<'a>> {
    let start = input.offset();
    let [kind, l0, l1, l2] = input.array()?;
    let length = u32::from_le_bytes([l0, l1, l2, 0]) as usize;
    match kind {
        0x00 | 0x01 => {
            // No writer makes a raw block longer than this: 32 + n + n / 6.
            if !(4..=MAX_CHUNK + MAX_CHUNK / 6 + 36).contains(&length) {
                return Err(Error::data(format!("snappy chunk of {length} bytes")).at(start));
            }
            let mut body = Cursor::with_offset(input.take(length)?, start + 4);
            let masked_crc = u32::from_le_bytes(body.array()?);
            let offset = body.offset();
            Ok(Chunk::Data(Block { compressed: kind == 0, masked_crc, body: body.take_rest(), offset }))
        }
        0xFF if length == 6 => match input.array::<6>()? {
            name if STREAM_IDENTIFIER.ends_with(&name) => Ok(Chunk::Start),
            name => Err(Error::data(format!("no snappy stream identifier: {name:02x?}")).at(start)),
        },
        0x80..=0xFE => input.take(length).map(|_| Chunk::Padding),
        _ => Err(Error::data(format!("unknown snappy chunk type {kind:#04x} of {length} bytes")).at(start)),
    }
}

impl Block<'_> {
    /// Appends the uncompressed data to `out`, after checking its length and checksum.
    ///
    /// # Errors
    /// A corrupt block, more than 65,536 bytes, a wrong checksum.
    pub fn decompress(&self, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        if self.compressed {
            let corrupt = |e: snap::Error| Error::data("corrupt snappy block").at(self.offset).with_source(e);
            let length = snap::raw::decompress_len(self.body).map_err(corrupt)?;
            if length > MAX_CHUNK {
                return Err(Error::data(format!("snappy chunk of {length} uncompressed bytes")).at(self.offset));
            }
            out.resize(start + length, 0);
            let target = out.get_mut(start..).unwrap_or_default();
            snap::raw::Decoder::new().decompress(self.body, target).map_err(corrupt)?;
        } else {
            if self.body.len() > MAX_CHUNK {
                return Err(Error::data(format!("snappy chunk of {} bytes", self.body.len())).at(self.offset));
            }
            out.extend_from_slice(self.body);
        }
        if masked_crc32c(out.get(start..).unwrap_or_default()) != self.masked_crc {
            return Err(Error::data("checksum of a snappy chunk does not match its data").at(self.offset));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn compress(data: &[u8]) -> Vec<u8> {
        let mut writer = snap::write::FrameEncoder::new(Vec::new());
        writer.write_all(data).unwrap();
        writer.into_inner().unwrap()
    }

    fn decompress(framed: &[u8]) -> Result<Vec<u8>> {
        let (mut input, mut out) = (Cursor::new(framed), Vec::new());
        while !input.is_empty() {
            if let Chunk::Data(block) = read_chunk(&mut input)? {
                block.decompress(&mut out)?;
            }
        }
        Ok(out)
    }

    #[test]
    fn reads_what_an_independent_writer_wrote() {
        let data: Vec<u8> = (0..200_000u32).map(|i| (i.wrapping_mul(i) >> 7).to_le_bytes()[0]).collect();
        assert_eq!(decompress(&compress(&data)).unwrap(), data);
        assert_eq!(
            decompress(&[&STREAM_IDENTIFIER[..], &[0x80, 2, 0, 0, 9, 9], &compress(b"ab")].concat()).unwrap(),
            b"ab"
        );
    }

    #[test]
    fn refuses_corrupt_streams() {
        let mut framed = compress(b"hello");
        let last = framed.len() - 1;
        framed[last] ^= 1;
        assert_eq!(
            decompress(&framed).unwrap_err().to_string(),
            "checksum of a snappy chunk does not match its data (offset 18)"
        );
        assert_eq!(
            decompress(&[2, 1, 0, 0, 0]).unwrap_err().to_string(),
            "unknown snappy chunk type 0x02 of 1 bytes (offset 0)"
        );
        // A raw block that claims 2^31 bytes.
        assert!(decompress(&[0, 9, 0, 0, 0, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x08]).is_err());
        for end in 1..framed.len() {
            assert!(decompress(&framed[..end]).is_err() || end == STREAM_IDENTIFIER.len());
        }
    }

    proptest! {
        #[test]
        fn survives_anything(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decompress(&bytes);
            let _ = decompress(&[&[0, bytes.len().to_le_bytes()[0], 0, 0], &bytes[..]].concat());
        }
    }
}
