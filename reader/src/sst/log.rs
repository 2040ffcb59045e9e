//! The records of a log file; a MANIFEST is one.
//!
//! ```text
//! page     := record…  zeros                      32 KiB; a record does not cross its end
//! fragment := u32 masked CRC-32C of type and data  u16 length  u8 type  data
//! type     := 1 full | 2 first | 3 middle | 4 last     5 to 8: the same with u32 log number behind the type
//! ```

use crate::bytes::{Cursor, masked_crc32c};
use crate::error::{Error, Result};

const PAGE: usize = 32 << 10;

/// Bytes in front of a fragment's data.
const HEADER: usize = 7;

/// All records, each with the offset of its first fragment.
///
/// # Errors
/// A wrong checksum, a record without its end.
pub(super) fn records(file: &[u8]) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut records = Vec::new();
    let mut open: Option<(u64, Vec<u8>)> = None;
    for (page, start) in file.chunks(PAGE).zip((0..).step_by(PAGE)) {
        let mut input = Cursor::with_offset(page, start);
        while input.remaining() >= HEADER {
            let offset = input.offset();
            let (kind, data) = fragment(&mut input).map_err(|e| e.at(offset))?;
            let wrong_order = || Error::data(format!("log fragment of type {kind} in the wrong place")).at(offset);
            match (kind, open.take()) {
                // Space that was reserved and not written.
                (0, None) if data.is_empty() => break,
                (1, None) => records.push((offset, data.to_vec())),
                (2, None) => open = Some((offset, data.to_vec())),
                (3 | 4, Some((start, mut record))) => {
                    record.extend_from_slice(data);
                    if kind == 4 {
                        records.push((start, record));
                    } else {
                        open = Some((start, record));
                    }
                }
                _ => return Err(wrong_order()),
            }
        }
        if input.remaining() > 0 && input.rest().iter().any(|&byte| byte != 0) {
            return Err(Error::truncated("log ends inside a record").at(input.offset()));
        }
    }
    match open {
        Some((offset, _)) => Err(Error::truncated("log ends inside a record").at(offset)),
        None => Ok(records),
    }
}

/// Takes a fragment: its type, of 1 to 4, and its data.
fn fragment<'a>(input: &mut Cursor<'a>) -> Result<(u8, &'a [u8])> {
    const LOG_NUMBER: usize = 4;

    let checksum = u32::from_le_bytes(input.array()?);
    let length = usize::from(u16::from_le_bytes(input.array()?));
    let mut checked = *input;
    let kind = input.u8()?;
    if (checksum, length, kind) == (0, 0, 0) {
        return Ok((0, &[]));
    }
    let (kind, log_number) = match kind {
        1..=4 => (kind, 0),
        5..=8 => (kind - 4, LOG_NUMBER),
        other => return Err(Error::data(format!("log fragment of type {other}"))),
    };
    input.take(log_number)?;
    let data = input.take(length)?;
    if masked_crc32c(checked.take(1 + log_number + length)?) != checksum {
        return Err(Error::data("checksum of a log fragment does not match its bytes"));
    }
    Ok((kind, data))
}
