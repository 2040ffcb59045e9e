//! The files that a snapshot needs.

use std::collections::BTreeMap;

use flink_state_reader::metadata::StreamHandle;
use flink_state_reader::{Error, FoundFile, Operator, Snapshot};

use super::facts::Facts;
use super::streams::Stream;

/// A file that handles of a snapshot name, or the bytes that `_metadata` itself holds.
#[derive(Debug)]
pub struct SnapshotFile {
    /// Its path as the handles have it; `None` for bytes in `_metadata`.
    pub path: Option<String>,
    /// How many handles name it.
    pub handles: u64,
    /// Its bytes up to the last that a handle names.
    pub bytes: u64,
    /// The labels of the operators whose handles name it.
    pub operators: Vec<String>,
    /// The file; `None` if it is missing, and for bytes in `_metadata`.
    pub found: Option<FoundFile>,
    /// What is wrong with it.
    pub problem: Option<Error>,
}

/// Each file that the handles of a snapshot name, once, by path, with a look at whether it is there.
pub async fn files(snapshot: &Snapshot) -> Vec<SnapshotFile> {
    let streams = Facts { catalog: "", snapshot, log: None }.streams();
    let mut by_path: BTreeMap<Option<&str>, Vec<&(&Operator, Stream<'_>)>> = BTreeMap::new();
    for stream in &streams {
        by_path.entry(stream.1.path()).or_default().push(stream);
    }
    let mut files = Vec::with_capacity(by_path.len());
    for (path, users) in by_path {
        let mut operators: Vec<String> = Vec::new();
        for (operator, _) in &users {
            let label = operator.label();
            if !operators.contains(&label) {
                operators.push(label);
            }
        }
        let streams = || users.iter().map(|(_, stream)| stream);
        let mut file = SnapshotFile {
            path: path.map(str::to_owned),
            handles: users.len() as u64,
            bytes: streams().filter_map(|stream| stream.bytes).fold(0, u64::saturating_add),
            operators,
            found: None,
            problem: None,
        };
        // Several handles may name the same bytes; the file must hold those of the one that reaches furthest.
        if let (Some(_), Some(furthest)) = (path, streams().max_by_key(|stream| end(stream))) {
            file.bytes = end(furthest);
            if let Some(handle) = furthest.handle {
                file.look(snapshot, handle).await;
            }
        }
        files.push(file);
    }
    files
}

impl SnapshotFile {
    async fn look(&mut self, snapshot: &Snapshot, handle: &StreamHandle) {
        match snapshot.find(handle).await {
            Ok(found) => {
                if found.as_ref().is_some_and(|found| found.size < self.bytes) {
                    self.problem = snapshot.stream(handle).await.err();
                }
                self.found = found;
            }
            Err(error) => self.problem = Some(error),
        }
    }
}

/// Where a stream ends in its file.
fn end(stream: &Stream<'_>) -> u64 {
    let size = stream.handle.and_then(StreamHandle::size).unwrap_or(0);
    stream.offset().unwrap_or(0).saturating_add(size)
}
