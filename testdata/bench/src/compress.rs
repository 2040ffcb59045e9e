//! Compressed copies of savepoints (`execution.checkpointing.snapshot-compression`): the writer makes plain ones.
//!
//! ```text
//! stream := header with compressed = 1   framed snappy stream for each key group
//! ```

use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flink_state_reader::metadata::{KeyGroupsHandle, KeyedHandle, Metadata, StreamHandle};
use flink_state_reader::{Error, ErrorKind, Result};
use snap::write::FrameEncoder;

/// The flag behind the version.
const COMPRESSED: usize = 4;

/// Writes a compressed copy of a savepoint that [`generate`](crate::generate) made to a new directory.
///
/// # Errors
/// Another savepoint; a failure of the file system.
pub fn compress(source: &Path, target: &Path) -> Result<()> {
    fs::create_dir(target).map_err(storage)?;
    let metadata = fs::read(source.join("_metadata")).map_err(storage)?;
    let mut metadata = Metadata::parse(&metadata.into())?;
    let subtasks = metadata.operators.iter_mut().flat_map(|operator| &mut operator.subtasks);
    for state in subtasks.filter_map(|subtask| subtask.state.as_mut()) {
        let Some(KeyedHandle::KeyGroups(handle)) = &mut state.managed_keyed else {
            return Err(Error::unsupported("another layout than the canonical one"));
        };
        compress_file(handle, source, target)?;
    }
    fs::write(target.join("_metadata"), metadata.encode()?).map_err(storage)
}

fn compress_file(handle: &mut KeyGroupsHandle, source: &Path, target: &Path) -> Result<()> {
    let StreamHandle::RelativeFile { path, size } = &mut handle.stream else {
        return Err(Error::unsupported("a file outside of the savepoint"));
    };
    let mut input = File::open(source.join(&path)).map_err(storage)?;
    let mut out = BufWriter::new(File::create_new(target.join(&path)).map_err(storage)?);
    let end = input.metadata().map_err(storage)?.len();
    let starts: Vec<u64> =
        handle.offsets.iter().filter_map(|&offset| u64::try_from(offset).ok().filter(|&offset| offset > 0)).collect();
    let mut header = read(&mut input, 0..starts.first().copied().unwrap_or(end))?;
    *header.get_mut(COMPRESSED).ok_or_else(|| Error::data("no header"))? = 1;
    out.write_all(&header).map_err(storage)?;
    for (i, offset) in handle.offsets.iter_mut().filter(|offset| **offset > 0).enumerate() {
        let range = starts.get(i).copied().unwrap_or(end)..starts.get(i + 1).copied().unwrap_or(end);
        let bytes = read(&mut input, range)?;
        let position = out.stream_position().map_err(storage)?;
        *offset = i64::try_from(position).map_err(|_| Error::bug("file of more than 2^63 bytes"))?;
        let mut encoder = FrameEncoder::new(&mut out);
        encoder.write_all(&bytes).and_then(|()| encoder.flush()).map_err(storage)?;
    }
    *size = Some(out.stream_position().map_err(storage)?);
    out.flush().map_err(storage)
}

fn read(input: &mut File, range: std::ops::Range<u64>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.seek(SeekFrom::Start(range.start)).map_err(storage)?;
    input.take(range.end - range.start).read_to_end(&mut bytes).map_err(storage)?;
    Ok(bytes)
}

fn storage(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, error.to_string()).with_source(error)
}
