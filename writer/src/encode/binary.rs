//! Bytes, and values that are given as bytes.

use arrow_array::{Array, BinaryArray};
use flink_state_reader::bytes::Cursor;
use flink_state_reader::java::skip_object;
use flink_state_reader::types::Type;

use crate::{Error, Result};

use super::Encoder;
use super::column::{self, not_null};

/// An encoder of bytes that `write` writes.
pub(super) fn encoder<'a>(
    column: &'a dyn Array,
    what: impl Into<String>,
    write: impl Fn(&[u8], &mut Vec<u8>) -> Result<()> + Send + 'a,
) -> Result<Box<dyn Encoder + 'a>> {
    Ok(Box::new(Binary { column: column::binaries(column)?, what: what.into(), write }))
}

struct Binary<'a, F> {
    column: &'a BinaryArray,
    what: String,
    write: F,
}

impl<F: Fn(&[u8], &mut Vec<u8>) -> Result<()> + Send> Encoder for Binary<'_, F> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        not_null(self.column, row, &self.what)?;
        (self.write)(self.column.value(row), out)
    }
}

/// Values that can't be decoded: their bytes as they are, if the value is the last thing in what encloses it.
pub(super) fn raw<'a>(ty: &Type, column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    if tail {
        return encoder(column, ty.to_string(), |bytes, out| {
            out.extend(bytes);
            Ok(())
        });
    }
    let message = format!("{ty} in front of other values: nobody could find its end again");
    encoder(column, ty.to_string(), move |_, _| Err(Error::unsupported(message.as_str())))
}

/// `i32` length, bytes.
pub(super) fn length_prefixed<'a>(column: &'a dyn Array, what: &str) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, what, put_length_prefixed)
}

/// So many bytes.
pub(super) fn of_size<'a>(size: usize, column: &'a dyn Array, what: &str) -> Result<Box<dyn Encoder + 'a>> {
    let name = what.to_owned();
    encoder(column, what, move |bytes, out| {
        if bytes.len() != size {
            return Err(Error::data(format!("{} bytes where {name} has {size}", bytes.len())));
        }
        out.extend(bytes);
        Ok(())
    })
}

/// A Java object: its whole stream.
pub(super) fn java_object<'a>(column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    encoder(column, "JAVA_OBJECT", |bytes, out| {
        let mut input = Cursor::new(bytes);
        skip_object(&mut input)
            .and_then(|()| input.expect_end())
            .map_err(|e| Error::data("bytes that are not one Java object stream").with_source(e))?;
        out.extend(bytes);
        Ok(())
    })
}

pub(super) fn put_length_prefixed(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    put_length(bytes.len(), out)?;
    out.extend(bytes);
    Ok(())
}

/// An `i32` count or length.
pub(super) fn put_length(length: usize, out: &mut Vec<u8>) -> Result<()> {
    out.extend(java_int(length)?.to_be_bytes());
    Ok(())
}

/// Appends what `write` writes behind its `i32` length.
pub(super) fn put_sized(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let at = out.len();
    out.extend([0; 4]);
    write(out)?;
    let size = java_int(out.len() - at - 4)?;
    if let Some(prefix) = out.get_mut(at..at + 4) {
        prefix.copy_from_slice(&size.to_be_bytes());
    }
    Ok(())
}

/// A count or length as Java's int.
pub(super) fn java_int(length: usize) -> Result<i32> {
    i32::try_from(length).map_err(|_| Error::data(format!("count or length {length} is larger than Java's int")))
}
