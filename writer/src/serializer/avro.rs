//! Avro records: the runtime class and the writer schema.

use flink_state_reader::bytes::Writer;
use flink_state_reader::{Error, Result};

use super::{FlinkVersion, SnapshotWriter};

impl SnapshotWriter<'_> {
    /// Runtime class and schema, as `utf` before Flink 1.12 and as Flink strings since.
    pub(super) fn avro(&mut self, class: &str, schema: &str) -> Result<()> {
        let name = "org.apache.flink.formats.avro.typeutils.AvroSerializerSnapshot";
        if self.release < FlinkVersion::new(1, 12) {
            self.plain(name, 2)?;
            self.out.utf(class)?;
            return self.out.utf(schema);
        }
        self.plain(name, 3)?;
        string(self.out, class)?;
        string(self.out, schema)
    }
}

/// `StringValue.writeString`: the number of UTF-16 units plus one, then the units, all as base-128 numbers.
fn string(out: &mut Writer, text: &str) -> Result<()> {
    let too_long = || Error::usage(format!("string of {} bytes is too long for Java", text.len()));
    let units = u32::try_from(text.encode_utf16().count()).ok().and_then(|n| n.checked_add(1)).ok_or_else(too_long)?;
    base_128(out, units);
    text.encode_utf16().for_each(|unit| base_128(out, unit.into()));
    Ok(())
}

fn base_128(out: &mut Writer, mut number: u32) {
    while number >= 0x80 {
        let [low, ..] = number.to_le_bytes();
        out.u8(low | 0x80);
        number >>= 7;
    }
    let [low, ..] = number.to_le_bytes();
    out.u8(low);
}
