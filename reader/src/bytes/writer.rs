//! Big-endian bytes as `java.io.DataOutput` writes them.

use crate::error::{Error, Result};

/// Appends big-endian values to a buffer: the counterpart of [`Cursor`](super::Cursor).
///
/// ```
/// use flink_state_reader::bytes::Writer;
///
/// let mut out = Writer::new();
/// out.i32(7);
/// out.utf("é")?;
/// assert_eq!(out.into_bytes(), [0, 0, 0, 7, 0, 2, 0xC3, 0xA9]);
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

macro_rules! big_endian {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("Writes one big-endian `", stringify!($type), "`.")]
        #[inline]
        pub fn $name(&mut self, value: $type) {
            self.out.extend_from_slice(&value.to_be_bytes());
        }
    )*};
}

impl Writer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of bytes written.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The bytes written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    big_endian!(u8: u8, i8: i8, u16: u16, i16: i16, u32: u32, i32: i32, u64: u64, i64: i64, f32: f32, f64: f64);

    /// Writes one byte, 0 or 1.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// Writes bytes as they are.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes a count or index as an `i32`.
    ///
    /// # Errors
    /// More than `i32::MAX`.
    pub fn count(&mut self, count: impl TryInto<i32>) -> Result<()> {
        self.i32(count.try_into().map_err(|_| Error::usage("count or index is larger than Java's int"))?);
        Ok(())
    }

    /// Writes a size or position as an `i64`.
    ///
    /// # Errors
    /// More than `i64::MAX`.
    pub fn size(&mut self, size: u64) -> Result<()> {
        self.i64(size.try_into().map_err(|_| Error::usage(format!("size {size} is larger than Java's long")))?);
        Ok(())
    }

    /// Writes an `i32` length, then the bytes.
    ///
    /// # Errors
    /// More than `i32::MAX` bytes.
    pub fn length_prefixed(&mut self, bytes: &[u8]) -> Result<()> {
        self.count(bytes.len())?;
        self.bytes(bytes);
        Ok(())
    }

    /// Writes a string as `DataOutput.writeUTF` does: `u16` byte length, then modified UTF-8.
    ///
    /// # Errors
    /// More than 65,535 encoded bytes.
    pub fn utf(&mut self, text: &str) -> Result<()> {
        let length = text.encode_utf16().map(encoded_len).sum::<usize>();
        let Ok(prefix) = u16::try_from(length) else {
            return Err(Error::usage(format!("string of {length} bytes is longer than the 65535 that Java can write")));
        };
        self.u16(prefix);
        if length == text.len() && !text.contains('\0') {
            self.bytes(text.as_bytes());
        } else {
            text.encode_utf16().for_each(|unit| self.utf16_unit(unit));
        }
        Ok(())
    }

    fn utf16_unit(&mut self, unit: u16) {
        let [high, low] = unit.to_be_bytes();
        let middle = high << 2 & 0x3C | low >> 6;
        match encoded_len(unit) {
            1 => self.u8(low),
            2 => self.bytes(&[0xC0 | middle, 0x80 | low & 0x3F]),
            _ => self.bytes(&[0xE0 | high >> 4, 0x80 | middle, 0x80 | low & 0x3F]),
        }
    }
}

/// Bytes that modified UTF-8 takes for one UTF-16 unit.
fn encoded_len(unit: u16) -> usize {
    match unit {
        0x0001..=0x007F => 1,
        0x0000 | 0x0080..=0x07FF => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Cursor;

    #[test]
    fn utf_is_read_back() {
        for text in ["", "plain", "é", "\0", "a\0é", "操作", "\u{7FF}\u{800}\u{FFFF}", "😀 surrogates"] {
            let mut out = Writer::new();
            out.utf(text).unwrap();
            let bytes = out.into_bytes();
            let mut input = Cursor::new(&bytes);
            assert_eq!(input.utf().unwrap(), text);
            input.expect_end().unwrap();
        }
    }

    #[test]
    fn utf_has_javas_bytes() {
        let mut out = Writer::new();
        out.utf("\0é操😀").unwrap();
        let expected = [0, 13, 0xC0, 0x80, 0xC3, 0xA9, 0xE6, 0x93, 0x8D, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80];
        assert_eq!(out.into_bytes(), expected);
    }

    #[test]
    fn utf_has_a_limit() {
        let error = Writer::new().utf(&"x".repeat(65_536)).unwrap_err();
        assert_eq!(error.to_string(), "string of 65536 bytes is longer than the 65535 that Java can write");
        Writer::new().utf(&"x".repeat(65_535)).unwrap();
    }
}
