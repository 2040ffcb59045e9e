//! A snapshot: opened once, immutable, cheap to clone.

mod operator;

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Context, Error, Result};
use crate::metadata::{Metadata, OperatorId, StreamHandle};
use crate::serializer::SnapshotContext;
use crate::store::{FoundFile, PathMapping, StateFile, Store};
use crate::types::KryoVersion;

pub use operator::Operator;

/// The first version of `_metadata` that Flink 2.x writes: its values are of Kryo 5.
const FIRST_FLINK_2_VERSION: u32 = 5;

/// How to open a snapshot.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Uids to try against the operator IDs of snapshots that hold none (Flink 1.x).
    pub uids: Vec<String>,
    /// The Kryo release that wrote the values; by default it follows from the version of `_metadata`.
    pub kryo: Option<KryoVersion>,
    /// Where moved state files are. The longest mapping that fits a path is taken; where that leads to nothing, the file
    /// is looked for as without it.
    pub path_map: Vec<PathMapping>,
}

/// An open savepoint or checkpoint.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    location: String,
    file: StateFile,
    shared: Arc<Shared>,
    operators: Vec<Operator>,
}

/// What the operators need of their snapshot.
#[derive(Debug)]
struct Shared {
    store: Store,
    metadata: Metadata,
    context: SnapshotContext,
}

impl Snapshot {
    /// Opens the snapshot at a local path or URL: a directory, or the `_metadata` file itself. Reads `_metadata` only.
    ///
    /// # Errors
    /// No snapshot there, or one that can't be parsed.
    pub async fn open(location: &str) -> Result<Self> {
        Self::open_with(location, &OpenOptions::default()).await
    }

    /// Opens a snapshot with options.
    ///
    /// # Errors
    /// As [`Self::open`], a uid that matches no operator, a path map to no directory.
    pub async fn open_with(location: &str, options: &OpenOptions) -> Result<Self> {
        let (store, file) = Store::open(location, &options.path_map).await?;
        let metadata = Metadata::parse(&file.read_all().await?).in_file(file.name())?;
        let store = store.with_unsized(metadata.change_files());
        let kryo = options.kryo.unwrap_or(match metadata.version {
            FIRST_FLINK_2_VERSION.. => KryoVersion::V5,
            _ => KryoVersion::V2,
        });
        let shared = Arc::new(Shared { store, metadata, context: SnapshotContext::new(kryo) });
        let mut uids: HashMap<OperatorId, &str> =
            options.uids.iter().map(|uid| (OperatorId::from_uid(uid), uid.as_str())).collect();
        let mut operators = Vec::new();
        for (index, state) in shared.metadata.operators.iter().enumerate() {
            let given = uids.remove(&state.id);
            // Of two entries for one operator, Flink takes the last.
            operators.retain(|other: &Operator| other.id() != state.id.to_string());
            operators.push(Operator::new(Arc::clone(&shared), index, given));
        }
        let snapshot = Self(Arc::new(Inner { location: location.to_owned(), file, shared, operators }));
        match uids.into_values().min() {
            Some(uid) => Err(snapshot.no_operator(uid)),
            None => Ok(snapshot),
        }
    }

    /// Where it was opened.
    pub fn location(&self) -> &str {
        &self.0.location
    }

    /// Its metadata file.
    pub fn metadata_file(&self) -> &StateFile {
        &self.0.file
    }

    /// A file in its directory that no handle names, such as a manifest; `None` if it is not there.
    ///
    /// # Errors
    /// A path that leads out of the directory; a failure of the store.
    pub async fn file_beside(&self, name: &str) -> Result<Option<StateFile>> {
        self.0.shared.store.beside(name).await
    }

    /// The stream that a handle of this snapshot names.
    ///
    /// # Errors
    /// A missing or short file, an unsafe relative path.
    pub async fn stream(&self, handle: &StreamHandle) -> Result<StateFile> {
        self.0.shared.store.resolve(handle).await
    }

    /// The file of a handle of this snapshot, of whatever length, and where it was found; `None` if `_metadata` itself has
    /// the bytes.
    ///
    /// # Errors
    /// A missing file (the hint has all places that it was looked for at), an unsafe relative path.
    pub async fn find(&self, handle: &StreamHandle) -> Result<Option<FoundFile>> {
        self.0.shared.store.find(handle).await
    }

    /// The Kryo release that wrote its values.
    pub fn kryo(&self) -> KryoVersion {
        self.0.shared.context.kryo
    }

    /// The content of its `_metadata` file.
    pub fn metadata(&self) -> &Metadata {
        &self.0.shared.metadata
    }

    /// The size of the file (or part of one) that a handle of this snapshot names. Does not read it.
    ///
    /// # Errors
    /// A file that is missing, or shorter than its handle says.
    pub async fn size_of(&self, handle: &StreamHandle) -> Result<u64> {
        Ok(self.0.shared.store.resolve(handle).await?.size())
    }

    /// All operators in the order of the file.
    pub fn operators(&self) -> &[Operator] {
        &self.0.operators
    }

    /// The operator with this uid, 32-hex ID or name (if only one has it).
    ///
    /// # Errors
    /// None or several; the hint names the nearest.
    pub fn operator(&self, name: &str) -> Result<&Operator> {
        let operators = &self.0.operators;
        let id = OperatorId::from_uid(name).to_string();
        let exact = operators
            .iter()
            .find(|o| o.uid() == Some(name))
            .or_else(|| operators.iter().find(|o| o.id().eq_ignore_ascii_case(name)))
            .or_else(|| operators.iter().find(|o| o.id() == id));
        if let Some(operator) = exact {
            return Ok(operator);
        }
        let mut named = operators.iter().filter(|o| o.name() == Some(name));
        match (named.next(), named.next()) {
            (Some(operator), None) => Ok(operator),
            (Some(one), Some(other)) => Err(Error::usage(format!("several operators have the name '{name}'"))
                .with_hint(format!("give the uid or ID: {} or {}", one.label(), other.label()))),
            (None, _) => Err(self.no_operator(name)),
        }
    }

    fn no_operator(&self, name: &str) -> Error {
        let known = self.0.operators.iter().flat_map(|o| [o.uid(), o.name()]).flatten();
        let error = Error::not_found(format!(
            "no operator with the uid, ID or name '{name}' (as a uid its ID would be {})",
            OperatorId::from_uid(name)
        ));
        match nearest(name, known) {
            Some(nearest) => error.with_hint(format!("did you mean '{nearest}'?")),
            None => {
                let labels: Vec<String> = self.0.operators.iter().map(Operator::label).collect();
                error.with_hint(format!("the snapshot has: {}", labels.join(", ")))
            }
        }
    }
}

/// The name that is most like the given one, if one is at all.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other)
}
