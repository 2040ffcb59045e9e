//! Values whose class only their bytes tell: these, as they are.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, StringArray};
use flink_state_reader::bytes::Cursor;
use flink_state_reader::decode::decoder;
use flink_state_reader::types::{Kryo, Type};

use crate::{Error, Result};

use super::super::Encoder;
use super::super::column::{binaries, child, strings, structs, unexpected};

pub(super) fn encoder<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let parent = structs(column)?;
    Ok(Box::new(AnyValues {
        column,
        class: strings(child(parent, "$class")?)?,
        json: strings(child(parent, "$json")?)?,
        bytes: binaries(child(parent, "$bytes")?)?,
        ty: Type::Kryo(kryo.clone()),
    }))
}

struct AnyValues<'a> {
    column: &'a dyn Array,
    class: &'a StringArray,
    json: &'a StringArray,
    bytes: &'a BinaryArray,
    ty: Type,
}

impl Encoder for AnyValues<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.column.is_null(row) {
            out.push(0);
            return Ok(());
        }
        if self.bytes.is_null(row) {
            return Err(Error::unsupported(format!("a value of {} can't be made from its text", self.ty))
                .with_hint("keep the value's `$bytes`")
                .in_field("$bytes"));
        }
        let bytes = self.bytes.value(row);
        self.check(row, bytes)?;
        out.extend(bytes);
        Ok(())
    }
}

impl AnyValues<'_> {
    /// Fails unless class and text are those of the bytes.
    fn check(&self, row: usize, bytes: &[u8]) -> Result<()> {
        let mut decoder = decoder(&self.ty);
        let mut input = Cursor::new(bytes);
        let decoded = decoder.append(&mut input).and_then(|()| input.expect_end());
        decoded.map_err(|e| Error::data("bytes that are not one value of Kryo").with_source(e).in_field("$bytes"))?;
        let decoded = decoder.finish();
        let decoded = decoded.as_struct_opt().ok_or_else(|| unexpected(self.column))?;
        for (name, column) in [("$class", self.class), ("$json", self.json)] {
            let of_bytes = strings(child(decoded, name)?)?;
            let same = match (column.is_valid(row), of_bytes.is_valid(0)) {
                (true, true) => column.value(row) == of_bytes.value(0),
                (a, b) => a == b,
            };
            if !same {
                return Err(Error::unsupported("a value that differs from its `$bytes`, which are what is written")
                    .with_hint("values of this class can be copied and deleted, not changed")
                    .in_field(name));
            }
        }
        Ok(())
    }
}
