//! From a handle's files to the tables of its column families.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::error::{Context, Error, Result};
use crate::metadata::{IncrementalHandle, StreamHandle};
use crate::sst::manifest::Manifest;
use crate::state::StateKind;
use crate::store::Store;

use super::ColumnFamily;

/// A MANIFEST can't be longer.
const MAX_MANIFEST: u64 = 256 << 20;

/// The database of one subtask.
#[derive(Debug)]
pub(crate) struct Database {
    manifest: Manifest,
    /// The files of the tables by number.
    tables: HashMap<u64, StreamHandle>,
    /// The MANIFEST, for errors.
    name: String,
    key_groups: RangeInclusive<u16>,
}

/// What a file of a database is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    Current,
    Manifest(&'a str),
    Table(u64),
    Log,
    Blob,
    /// Options and the like.
    Other,
}

impl Database {
    /// Reads `CURRENT` and the MANIFEST.
    ///
    /// # Errors
    /// Files that are missing or corrupt, features of RocksDB that are not supported.
    pub(crate) async fn open(store: &Store, handle: &IncrementalHandle) -> Result<Self> {
        let (mut current, mut manifests, mut tables) = (None, HashMap::new(), HashMap::new());
        for file in handle.files() {
            let name = file.local_path.as_str();
            let stream = &file.stream;
            let before = match kind(name)? {
                Kind::Current => current.replace(stream),
                Kind::Manifest(name) => manifests.insert(name, stream),
                Kind::Table(number) => tables.insert(number, stream),
                Kind::Log if stream.size() == Some(0) => None,
                Kind::Log => return Err(Error::unsupported(format!("entries in the write-ahead log {name}"))),
                Kind::Blob => return Err(Error::unsupported(format!("values in the blob file {name}"))),
                Kind::Other => None,
            };
            if before.is_some_and(|before| before != stream) {
                return Err(Error::data(format!("the handle has two files with the name {name}")));
            }
        }
        let current = current.ok_or_else(|| Error::data("the handle has no file CURRENT"))?;
        let current = store.resolve(current).await?;
        let text = current.read(0..current.size().min(1 << 10)).await?;
        let name = std::str::from_utf8(&text).ok().and_then(|text| text.strip_suffix('\n')).unwrap_or_default();
        let Some(manifest) = manifests.get(name) else {
            let text = String::from_utf8_lossy(&text).into_owned();
            return Err(Error::data(format!("CURRENT holds {text:?}, which is no MANIFEST of the handle"))
                .in_file(current.name()));
        };
        let manifest = store.resolve(manifest).await?;
        if manifest.size() > MAX_MANIFEST {
            return Err(Error::unsupported(format!("a MANIFEST of {} bytes", manifest.size())).in_file(manifest.name()));
        }
        Ok(Self {
            manifest: Manifest::parse(&manifest.read_all().await?).in_field(name).in_file(manifest.name())?,
            tables: tables.into_iter().map(|(number, stream)| (number, stream.clone())).collect(),
            name: format!("{} ({name})", manifest.name()),
            key_groups: handle.key_groups.range(),
        })
    }

    /// The column family of a state.
    ///
    /// # Errors
    /// None with this name, tables without a file or with another size.
    pub(crate) fn column_family(
        &self,
        store: &Store,
        name: &str,
        kind: StateKind,
        max_parallelism: u32,
    ) -> Result<ColumnFamily> {
        let Some(live) = self.manifest.tables(name) else {
            return Err(Error::data("the database has no column family of the state's name").in_file(&self.name));
        };
        let mut tables = Vec::new();
        for table in live {
            let number = table.number;
            let Some(stream) = self.tables.get(&number) else {
                return Err(
                    Error::data(format!("table {number:06}.sst is not among the handle's files")).in_file(&self.name)
                );
            };
            if let Some(size) = stream.size().filter(|size| *size != table.size) {
                return Err(Error::data(format!(
                    "table {number:06}.sst has {} bytes, its handle says {size}",
                    table.size
                ))
                .in_file(&self.name));
            }
            tables.push((table.clone(), stream.clone()));
        }
        Ok(ColumnFamily::new(name, kind, max_parallelism, &self.key_groups, store.clone(), tables))
    }
}

/// Tells files apart by their names, which are never used as paths.
fn kind(name: &str) -> Result<Kind<'_>> {
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    let numbered = |suffix: &str| name.strip_suffix(suffix).and_then(number);
    Ok(match name {
        "CURRENT" => Kind::Current,
        _ if name.strip_prefix("MANIFEST-").and_then(number).is_some() => Kind::Manifest(name),
        _ if name.ends_with(".sst") => match numbered(".sst") {
            Some(number) => Kind::Table(number),
            None => return Err(unsafe_name(name)),
        },
        _ if numbered(".log").is_some() => Kind::Log,
        _ if numbered(".blob").is_some() => Kind::Blob,
        _ if name.contains(['/', '\\', ':']) || matches!(name, "" | "." | "..") => return Err(unsafe_name(name)),
        _ => Kind::Other,
    })
}

fn unsafe_name(name: &str) -> Error {
    Error::data(format!("{name:?} is no name of a database file"))
}
