//! The target directory and the files in it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use flink_state_reader::{Error, ErrorKind, Result, StateFile};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

/// Bytes of a write.
const BUFFER: usize = 1 << 20;

/// A directory that is removed, with all that was written to it, unless the savepoint in it is finished.
#[derive(Debug)]
pub(super) struct Target {
    directory: PathBuf,
    is_finished: bool,
}

/// The names of the files in a savepoint.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Its path below the savepoint's directory.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its XXH3 hash (128 bits), 32 hex digits.
    pub checksum: String,
}

impl Target {
    /// Makes the directory.
    ///
    /// # Errors
    /// A directory or file that is there already; a failure of the file system.
    pub(super) fn create(directory: &Path) -> Result<Self> {
        if let Some(parent) = directory.parent() {
            fs::create_dir_all(parent).map_err(|e| failed(parent, e))?;
        }
        fs::create_dir(directory).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => is_there(directory),
            _ => failed(directory, e),
        })?;
        Ok(Self { directory: directory.to_owned(), is_finished: false })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps the directory.
    pub(super) fn finish(mut self) -> Result<()> {
        sync_directory(&self.directory)?;
        if let Some(parent) = self.directory.parent() {
            // The parent of a plain name has no name itself.
            sync_directory(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
        }
        self.is_finished = true;
        Ok(())
    }
}

impl Names {
    /// A name that no other file has: the wanted one if it is free.
    pub(super) fn allocate(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut n = 2u32;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}-{n}");
            n += 1;
        }
        name
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.is_finished {
            // The first error is what is reported; without `_metadata` no file is a savepoint.
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// A data file in the making.
pub(super) struct DataFile {
    name: String,
    /// Nothing in a dry run.
    out: Option<BufWriter<File>>,
    hasher: XxHash3_128,
    bytes: u64,
}

impl DataFile {
    /// Makes a new file below the directory. Without a directory the bytes are only counted.
    pub(super) fn create(directory: Option<&Path>, name: &str) -> Result<Self> {
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !Path::new(name).components().all(is_plain) || name.is_empty() {
            return Err(Error::data(format!("'{name}' is no path below the savepoint's directory")));
        }
        let out = directory.map(|directory| create_new(directory, name)).transpose()?;
        let out = out.map(|file| BufWriter::with_capacity(BUFFER, file));
        Ok(Self { name: name.to_owned(), out, hasher: XxHash3_128::new(), bytes: 0 })
    }

    /// Brings it to the disk.
    pub(super) fn finish(mut self) -> Result<WrittenFile> {
        if let Some(out) = &mut self.out {
            let written = out.flush().and_then(|()| out.get_ref().sync_all());
            written.map_err(|e| failed(Path::new(&self.name), e))?;
        }
        let checksum = format!("{:032x}", self.hasher.finish_128());
        Ok(WrittenFile { name: self.name, bytes: self.bytes, checksum })
    }
}

impl Write for DataFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = match &mut self.out {
            Some(out) => out.write(bytes)?,
            None => bytes.len(),
        };
        self.hasher.write(bytes.get(..n).unwrap_or_default());
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

fn create_new(directory: &Path, name: &str) -> Result<File> {
    let path = directory.join(name);
    // The directory itself is not made again: it may have been removed after an error.
    if let Some(parent) = path.parent().filter(|parent| *parent != directory) {
        fs::create_dir_all(parent).map_err(|e| failed(parent, e))?;
    }
    File::options().write(true).create_new(true).open(&path).map_err(|e| failed(&path, e))
}

impl WrittenFile {
    /// Reads the file back.
    ///
    /// # Errors
    /// Other bytes than were written; a failure of the file system.
    pub(super) fn check(&self, directory: &Path) -> Result<()> {
        let path = directory.join(&self.name);
        let mut file = File::open(&path).map_err(|e| failed(&path, e))?;
        let mut buffer = vec![0; BUFFER];
        let (mut hasher, mut bytes) = (XxHash3_128::new(), 0);
        loop {
            match file.read(&mut buffer).map_err(|e| failed(&path, e))? {
                0 => break,
                n => {
                    hasher.write(buffer.get(..n).unwrap_or_default());
                    bytes += n as u64;
                }
            }
        }
        self.compare(bytes, &hasher).map_err(|message| Error::new(ErrorKind::Storage, message).in_file(&self.name))
    }

    /// Reads a file, and says how it differs from what was written; nothing if it does not.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn difference(&self, file: &StateFile) -> Result<Option<String>> {
        let (mut hasher, mut start) = (XxHash3_128::new(), 0);
        while start < file.size() {
            let end = file.size().min(start + BUFFER as u64);
            hasher.write(&file.read(start..end).await?);
            start = end;
        }
        Ok(self.compare(file.size(), &hasher).err())
    }

    fn compare(&self, bytes: u64, hasher: &XxHash3_128) -> Result<(), String> {
        if bytes != self.bytes {
            return Err(format!("the file does not hold what was written to it ({bytes} of {} bytes)", self.bytes));
        }
        match format!("{:032x}", hasher.finish_128()) == self.checksum {
            true => Ok(()),
            false => Err("the file does not hold what was written to it".to_owned()),
        }
    }
}

pub(super) fn is_there(directory: &Path) -> Error {
    Error::usage(format!("{} is there already", directory.display()))
        .with_hint("a savepoint is written to a directory of its own: name one that does not exist")
}

/// Makes the names of the files in a directory durable.
fn sync_directory(directory: &Path) -> Result<()> {
    // Windows can't open a directory, and needs no such call.
    if cfg!(unix) {
        File::open(directory).and_then(|file| file.sync_all()).map_err(|e| failed(directory, e))?;
    }
    Ok(())
}

pub(super) fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Storage, error.to_string()).in_file(path.display().to_string()).with_source(error)
}
