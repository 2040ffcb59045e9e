//! `LinkedOptionalMap`: the only frames with a length inside of snapshots.
//!
//! ```text
//! map   := i64 magic  i32 n  entry*n
//! entry := utf name  bool has-key [i32 length  key]  bool has-value [i32 length  value]
//! ```

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::types::Type;

use super::{Parser, opaque};

const MAGIC: i64 = 0x0000_04F2_C69A_3D70;

/// An entry with what its frames hold.
pub(super) struct Entry<'a> {
    pub(super) name: String,
    pub(super) key: Option<Cursor<'a>>,
    pub(super) value: Option<Cursor<'a>>,
}

/// Reads a map, parsing each entry with `parse`. Entries are in their encoded order, which has a meaning everywhere.
pub(super) fn read<'a, T>(input: &mut Cursor<'a>, mut parse: impl FnMut(Entry<'a>) -> Result<T>) -> Result<Vec<T>> {
    let start = input.offset();
    let magic = input.i64()?;
    if magic != MAGIC {
        return Err(Error::data(format!("optional map starts with {magic:#018x}, {MAGIC:#018x} expected")).at(start));
    }
    // A name and two flags.
    let count = input.count(4)?;
    let mut entries = Vec::new();
    for i in 0..count {
        let name = input.utf().map_err(|e| e.in_field(i.to_string()))?;
        let entry = Entry { key: frame(input).in_field(&name)?, value: frame(input).in_field(&name)?, name };
        let name = entry.name.clone();
        entries.push(parse(entry).in_field(&name)?);
    }
    Ok(entries)
}

fn frame<'a>(input: &mut Cursor<'a>) -> Result<Option<Cursor<'a>>> {
    if !input.bool()? {
        return Ok(None);
    }
    let n = input.count(1)?;
    let offset = input.offset();
    Ok(Some(Cursor::with_offset(input.take(n)?, offset)))
}

impl Parser<'_> {
    /// The type of a framed snapshot: opaque when it is missing, or when something in it is not supported.
    pub(super) fn framed(&mut self, frame: Option<Cursor<'_>>) -> Result<Type> {
        let Some(mut frame) = frame else {
            return Ok(opaque(String::new(), 0, "the job that wrote the snapshot had lost its serializer"));
        };
        let depth = self.depth;
        match self.versioned(&mut frame).and_then(|ty| frame.expect_end().map(|()| ty)) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                self.depth = depth;
                let (class, version) = self.unknown.take().map(|u| (u.class, u.version)).unwrap_or_default();
                Ok(opaque(class, version, error.message()))
            }
            other => other,
        }
    }
}
