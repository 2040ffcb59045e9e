//! What all snapshots have around their own bytes.
//!
//! ```text
//! proxy     := i32 2  versioned
//! versioned := utf class  i32 version  body
//! body      := empty                                  simple, version 3
//!            | i32 magic  i32 version  outer  nested  composite, version 3
//!            | what the class likes                   plain
//! nested    := i32 magic  i32 1  i32 n  versioned*n
//! map       := i64 magic  i32 n  entry*n              LinkedOptionalMap
//! entry     := utf name  bool 1  i32 length  key  bool 1  i32 length  value
//! ```

use flink_state_reader::bytes::Writer;
use flink_state_reader::types::Type;
use flink_state_reader::{Error, Result};

use super::{MAX_DEPTH, SnapshotWriter};

const PROXY_VERSION: i32 = 2;
const SIMPLE_VERSION: i32 = 3;
const COMPOSITE_VERSION: i32 = 3;
const COMPOSITE_MAGIC: i32 = 911_108;
const NESTED_MAGIC: i32 = 1_333_245;
const NESTED_VERSION: i32 = 1;
const OPTIONAL_MAP_MAGIC: i64 = 0x0000_04F2_C69A_3D70;

impl SnapshotWriter<'_> {
    pub(super) fn proxy(&mut self, ty: &Type) -> Result<()> {
        self.out.i32(PROXY_VERSION);
        self.versioned(ty)
    }

    pub(super) fn versioned(&mut self, ty: &Type) -> Result<()> {
        self.deeper(|writer| writer.snapshot(ty))
    }

    /// Writes one level deeper.
    pub(super) fn deeper(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::unsupported(format!("type is nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        write(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// Class and version of a snapshot whose class writes all of its body.
    pub(super) fn plain(&mut self, class: &str, version: i32) -> Result<()> {
        self.out.utf(class)?;
        self.out.i32(version);
        Ok(())
    }

    /// A whole simple snapshot.
    pub(super) fn simple(&mut self, class: &str) -> Result<()> {
        self.plain(class, SIMPLE_VERSION)
    }

    /// A composite snapshot up to its outer part.
    pub(super) fn composite(&mut self, class: &str, outer_version: i32) -> Result<()> {
        self.plain(class, COMPOSITE_VERSION)?;
        self.out.i32(COMPOSITE_MAGIC);
        self.out.i32(outer_version);
        Ok(())
    }

    /// A whole composite snapshot with an empty outer part.
    pub(super) fn composite_of(&mut self, class: &str, outer_version: i32, types: &[&Type]) -> Result<()> {
        self.composite(class, outer_version)?;
        self.nested(types)
    }

    pub(super) fn nested(&mut self, types: &[&Type]) -> Result<()> {
        self.nested_count(types.len())?;
        for (i, ty) in types.iter().enumerate() {
            self.versioned(ty).map_err(|e| e.in_field(i.to_string()))?;
        }
        Ok(())
    }

    /// The head of nested snapshots.
    pub(super) fn nested_count(&mut self, count: usize) -> Result<()> {
        self.out.i32(NESTED_MAGIC);
        self.out.i32(NESTED_VERSION);
        self.out.count(count)
    }

    /// The head of an optional map.
    pub(super) fn optional_map(&mut self, count: usize) -> Result<()> {
        self.out.i64(OPTIONAL_MAP_MAGIC);
        self.out.count(count)
    }

    /// An entry of an optional map, key and value of which are there.
    pub(super) fn entry(
        &mut self,
        name: &str,
        key: impl FnOnce(&mut SnapshotWriter<'_>) -> Result<()>,
        value: impl FnOnce(&mut SnapshotWriter<'_>) -> Result<()>,
    ) -> Result<()> {
        self.out.utf(name)?;
        self.frame(key)?;
        self.frame(value).map_err(|e| e.in_field(name))
    }

    fn frame(&mut self, write: impl FnOnce(&mut SnapshotWriter<'_>) -> Result<()>) -> Result<()> {
        let mut frame = Writer::new();
        write(&mut SnapshotWriter { release: self.release, out: &mut frame, depth: self.depth })?;
        self.out.bool(true);
        self.out.length_prefixed(&frame.into_bytes())
    }
}
