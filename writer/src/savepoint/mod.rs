//! Savepoints: data files first, then read back, `_metadata` last.
//!
//! ```text
//! Plan -> Stage (handles and jobs) -> files -> manifest -> read back -> _metadata
//! ```
//!
//! A target is complete or no savepoint: its `_metadata` gets that name when everything else is on the disk and was
//! compared with what was to be written. After an error the target is gone.

mod carry;
mod check;
mod files;
mod jobs;
mod manifest;
mod plan;
mod stage;
mod verify;
mod version;

use std::fs;
use std::io::Write;
use std::path::Path;

use flink_state_reader::Result;

pub use crate::FlinkVersion;
pub use files::WrittenFile;
pub use manifest::{Action, MANIFEST, Manifest, OperatorEntry, Source, StateEntry};
pub use plan::{OperatorPlan, Part, Plan, WriteOperator};
pub use verify::count;

use files::{DataFile, Target, failed};
use stage::Staged;

/// The name of the metadata file.
const METADATA: &str = "_metadata";

/// Its name until everything is checked: Flink takes no file of this name for a savepoint's.
const UNCHECKED_METADATA: &str = "_metadata.inprogress";

/// How to write a savepoint.
#[derive(Clone, Debug)]
pub struct Options {
    /// The release that is to restore it. Without one the version of `_metadata` is that of the source, or the one that
    /// Flink 1.11 and everything later reads.
    pub flink_version: Option<FlinkVersion>,
    /// Carried operators refer to the files of the source by absolute paths: they are not copied.
    pub reference: bool,
    /// Records in flight are left out, and are lost. A plan that changes anything is refused without this if there are
    /// some; one that carries every operator keeps them.
    pub drop_channel_state: bool,
    /// Files that are written at the same time.
    pub concurrency: usize,
    /// The statements that made the plan, for the manifest.
    pub statements: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flink_version: None,
            reference: false,
            drop_channel_state: false,
            concurrency: std::thread::available_parallelism().map_or(1, usize::from),
            statements: Vec::new(),
        }
    }
}

/// Writes a savepoint to a new directory.
///
/// ```no_run
/// # async fn example() -> flink_state_writer::Result<()> {
/// use flink_state_reader::Snapshot;
/// use flink_state_writer::savepoint::{OperatorPlan, Options, Plan, WriteOperator, write};
///
/// let source = Snapshot::open("savepoint-ab12cd-0123456789ab").await?;
/// let mut plan = Plan::carry(&source);
/// let orders = WriteOperator::from_source(&source, "orders").await?;
/// if let Some(slot) = plan.operator_mut(orders.id) {
///     *slot = OperatorPlan::Write(Box::new(orders));
/// }
/// let manifest = write(&plan, "rewritten".as_ref(), &Options::default()).await?;
/// println!("{} files", manifest.files.len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A plan that can't be written for the target, a directory that is there already, a source that fails, a full disk, a
/// file that does not read back as it was written. Nothing is left of the target then.
pub async fn write(plan: &Plan, directory: &Path, options: &Options) -> Result<Manifest> {
    let (staged, jobs) = Staged::new(plan, options).await?;
    // It is made after the checks, and removed unless the last step succeeds.
    let target = Target::create(directory)?;
    let done = jobs::run(jobs, Some(target.directory()), options.concurrency).await?;
    let (metadata, manifest) = staged.finish(plan, options, &done).await?;

    let mut files = manifest.files.clone();
    files.push(write_file(target.directory(), MANIFEST, &manifest.encode()?)?);
    files.push(write_file(target.directory(), UNCHECKED_METADATA, &metadata.encode()?)?);
    files.iter().try_for_each(|file| file.check(target.directory()))?;
    verify::verify(target.directory().join(UNCHECKED_METADATA), plan, &metadata, &manifest).await?;

    let path = target.directory().join(METADATA);
    fs::rename(target.directory().join(UNCHECKED_METADATA), &path).map_err(|e| failed(&path, e))?;
    target.finish()?;
    Ok(manifest)
}

/// Does everything that [`write()`] does, except that no byte is written: the result says what would be there.
///
/// # Errors
/// As [`write()`], as far as that can be known.
pub async fn dry_run(plan: &Plan, directory: &Path, options: &Options) -> Result<Manifest> {
    let (staged, jobs) = Staged::new(plan, options).await?;
    if directory.exists() {
        return Err(files::is_there(directory));
    }
    let done = jobs::run(jobs, None, options.concurrency).await?;
    let (metadata, manifest) = staged.finish(plan, options, &done).await?;
    metadata.encode()?;
    Ok(manifest)
}

fn write_file(directory: &Path, name: &str, bytes: &[u8]) -> Result<WrittenFile> {
    let mut file = DataFile::create(Some(directory), name)?;
    file.write_all(bytes).map_err(|e| failed(name.as_ref(), e))?;
    file.finish()
}
