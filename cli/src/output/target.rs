//! Where results go: stdout, or a file that is there when it is complete.

use std::io::{BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

const BUFFER: usize = 64 << 10;

/// Stdout or a file, buffered.
pub(crate) enum Target {
    Stdout(BufWriter<Stdout>),
    File(FileTarget),
}

impl Target {
    /// The file, or stdout without one. Creates only a temporary file beside it.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        Ok(match path {
            Some(path) => Self::File(FileTarget::create(path)?),
            None => Self::Stdout(BufWriter::with_capacity(BUFFER, std::io::stdout())),
        })
    }

    pub(crate) fn writer(&mut self) -> &mut (dyn Write + Send) {
        match self {
            Self::Stdout(out) => out,
            Self::File(file) => &mut file.out,
        }
    }

    /// Writes what is buffered, and gives the file its name. A target that is dropped instead leaves no file.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut out) => Ok(out.flush()?),
            Self::File(file) => file.finish().map(drop),
        }
    }
}

/// A file under a temporary name in the directory where it is going to be.
pub(crate) struct FileTarget {
    pub(crate) out: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl FileTarget {
    /// Creates the temporary file.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".flink-state-");
        #[cfg(unix)]
        {
            // As any new file: what the user's mask leaves of it.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        // The kind of error alone: the rest is the temporary name, which tells nobody anything.
        let failed = |e: std::io::Error| Error::file("create a file", directory, &e.kind().into());
        let file = builder.tempfile_in(directory).map_err(failed)?;
        Ok(Self { out: BufWriter::with_capacity(BUFFER, file), path: path.to_owned() })
    }

    /// Writes what is buffered and gives the file its name; returns its size.
    pub(crate) fn finish(self) -> Result<u64> {
        let Self { out, path } = self;
        let failed = |e: &std::io::Error| Error::file("write the file", &path, e);
        let file = out.into_inner().map_err(|e| failed(e.error()))?;
        let bytes = file.as_file().metadata().map_err(|e| failed(&e))?.len();
        file.persist(&path).map_err(|e| failed(&e.error))?;
        Ok(bytes)
    }
}
