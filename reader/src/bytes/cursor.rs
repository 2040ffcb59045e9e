//! A bounds-checked position in a byte slice that knows its offset in the file.

use crate::error::{Error, Result};

use super::decode_modified_utf8;

/// Reads big-endian values as `java.io.DataOutput` writes them.
///
/// ```
/// use flink_state_reader::bytes::Cursor;
///
/// let mut input = Cursor::new(&[0, 0, 0, 7, 1]);
/// assert_eq!(input.i32()?, 7);
/// assert!(input.bool()?);
/// assert!(input.u8().is_err());
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    offset: u64,
}

macro_rules! big_endian {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("Reads one big-endian `", stringify!($type), "`.")]
        #[inline]
        pub fn $name(&mut self) -> Result<$type> {
            self.array().map(<$type>::from_be_bytes)
        }
    )*};
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `data`, whose first byte is the file's byte 0.
    #[inline]
    pub fn new(data: &'a [u8]) -> Self {
        Self::with_offset(data, 0)
    }

    /// A cursor at the start of `data`, whose first byte is the file's byte `offset`.
    #[inline]
    pub fn with_offset(data: &'a [u8], offset: u64) -> Self {
        Self { rest: data, offset }
    }

    /// The offset of the next byte in the file.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of bytes left.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether no byte is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes left, without moving.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes the next `n` bytes.
    #[inline]
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(n) {
            Some((head, tail)) => {
                self.rest = tail;
                self.offset += n as u64;
                Ok(head)
            }
            None => Err(self.too_short(n)),
        }
    }

    /// Takes the next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, tail)) => {
                self.rest = tail;
                self.offset += N as u64;
                Ok(*head)
            }
            None => Err(self.too_short(N)),
        }
    }

    /// Takes all bytes that are left.
    #[inline]
    pub fn take_rest(&mut self) -> &'a [u8] {
        let rest = std::mem::take(&mut self.rest);
        self.offset += rest.len() as u64;
        rest
    }

    big_endian!(u8: u8, i8: i8, u16: u16, i16: i16, u32: u32, i32: i32, u64: u64, i64: i64, f32: f32, f64: f64);

    /// Reads one byte; any value but 0 is true, as `DataInput.readBoolean` has it.
    #[inline]
    pub fn bool(&mut self) -> Result<bool> {
        Ok(self.u8()? != 0)
    }

    /// Reads a little-endian base-128 number of at most 32 bits: 7 bits a byte, lowest first.
    #[inline]
    pub fn vlq(&mut self) -> Result<u32> {
        let start = self.offset;
        let mut value = 0u32;
        for shift in (0..35).step_by(7) {
            let byte = self.u8()?;
            let bits = u32::from(byte & 0x7F);
            if shift == 28 && bits > 0x0F {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::data("variable-length number has more than 32 bits").at(start))
    }

    /// Reads a little-endian base-128 number of at most 64 bits: 7 bits a byte, lowest first.
    #[inline]
    pub fn vlq64(&mut self) -> Result<u64> {
        let start = self.offset;
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::data("variable-length number has more than 64 bits").at(start))
    }

    /// Reads a [`Self::vlq`] number that says how many bytes follow, and takes them.
    #[inline]
    pub fn vlq_prefixed(&mut self) -> Result<&'a [u8]> {
        let n = self.vlq()?;
        self.take(usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// Reads an `i32` that says how many bytes follow, and takes them.
    #[inline]
    pub fn length_prefixed(&mut self) -> Result<&'a [u8]> {
        let n = self.count(1)?;
        self.take(n)
    }

    /// Reads an `i32` count of items that take at least `min_size` bytes each, and checks it against what is left.
    ///
    /// With `min_size` 0 only the sign is checked: reserve nothing from such a count.
    #[inline]
    pub fn count(&mut self, min_size: usize) -> Result<usize> {
        let start = self.offset;
        let count = self.i32()?;
        let Ok(n) = usize::try_from(count) else {
            return Err(Error::data(format!("negative count or length {count}")).at(start));
        };
        if n.saturating_mul(min_size) > self.remaining() {
            return Err(Error::truncated(format!(
                "count or length {n} does not fit into the {} bytes that are left",
                self.remaining()
            ))
            .at(start));
        }
        Ok(n)
    }

    /// Reads a string of `DataOutput.writeUTF`: `u16` byte length, then modified UTF-8.
    pub fn utf(&mut self) -> Result<String> {
        let start = self.offset;
        let n = usize::from(self.u16()?);
        decode_modified_utf8(self.take(n)?).map_err(|e| e.at(start))
    }

    /// Fails unless all bytes were read.
    #[inline]
    pub fn expect_end(&self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        Err(Error::data(format!("{} bytes are left over", self.remaining())).at(self.offset))
    }

    #[cold]
    fn too_short(&self, n: usize) -> Error {
        Error::truncated(format!("{n} bytes expected, {} are left", self.remaining())).at(self.offset)
    }
}
