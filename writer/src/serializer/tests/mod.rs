mod generated;
mod golden;
mod real;
mod refused;

use flink_state_reader::bytes::{Cursor, Writer};
use flink_state_reader::serializer::{SnapshotContext, parse_versioned};
use flink_state_reader::types::{KryoVersion, Type};

use super::*;

fn target(release: &str) -> Target {
    Target { release: release.parse().unwrap() }
}

fn kryo(release: &str) -> KryoVersion {
    if release.starts_with('2') { KryoVersion::V5 } else { KryoVersion::V2 }
}

fn write(ty: &Type, release: &str) -> Result<Vec<u8>> {
    let mut out = Writer::new();
    write_versioned(ty, &target(release), &mut out)?;
    Ok(out.into_bytes())
}

fn parse(bytes: &[u8], release: &str) -> Result<Type> {
    let mut input = Cursor::new(bytes);
    let ty = parse_versioned(&mut input, &SnapshotContext::new(kryo(release)))?;
    input.expect_end()?;
    Ok(ty)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}
