//! Sessions over the repository's snapshots, and their answers as text.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use flink_state_reader::{OpenOptions, Snapshot};
use flink_state_sql::{Error, Gap, Session, SessionOptions, SnapshotArg};
use futures::TryStreamExt;

/// What a statement gave.
pub(crate) struct Answer {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) gaps: Vec<Gap>,
}

impl Answer {
    /// As a table, without a line break at the end.
    pub(crate) fn table(&self) -> String {
        pretty_format_batches(&self.batches).unwrap().to_string()
    }

    /// The cells of each row, separated by ` | `.
    pub(crate) fn rows(&self) -> Vec<String> {
        let table = self.table();
        let lines = table.lines().skip(3).filter(|line| line.starts_with('|'));
        lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(" | ")).collect()
    }

    /// The only cell.
    pub(crate) fn value(&self) -> String {
        let rows = self.rows();
        assert_eq!(rows.len(), 1, "{}", self.table());
        rows[0].clone()
    }
}

/// The uids of the jobs in `testdata/jobs` that a snapshot of Flink 1.x does not hold.
const UIDS: [&str; 3] = ["by-name", "by-number", "by-tuple"];

/// All snapshots of the repository.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<_> = children(&root()).iter().filter(|path| path.is_dir()).map(|path| name(path)).collect();
    names.sort();
    names
}

/// The directory of a snapshot and its description.
pub(crate) fn directory(snapshot: &str) -> PathBuf {
    root().join(snapshot)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots")
}

fn children(directory: &Path) -> Vec<PathBuf> {
    directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Where `_metadata` is: a checkpoint's is in a directory `chk-<n>`. It may also be that file.
fn location(snapshot: &str) -> String {
    let directory = directory(snapshot);
    let inside = if directory.is_dir() { children(&directory) } else { Vec::new() };
    let checkpoint = inside.into_iter().find(|path| name(path).starts_with("chk-"));
    checkpoint.unwrap_or(directory).to_str().unwrap().to_owned()
}

pub(crate) async fn open(snapshot: &str) -> Snapshot {
    Snapshot::open(&location(snapshot)).await.unwrap()
}

/// The snapshot of the job `keyed` with the uids of its operators.
pub(crate) async fn open_keyed(snapshot: &str) -> Snapshot {
    let uids = UIDS.map(str::to_owned).to_vec();
    Snapshot::open_with(&location(snapshot), &OpenOptions { uids, ..OpenOptions::default() }).await.unwrap()
}

pub(crate) fn session(snapshots: &[(Option<&str>, Snapshot)]) -> Session {
    let options = SessionOptions { partitions: Some(4), ..SessionOptions::default() };
    let arg = |(alias, snapshot): &(Option<&str>, Snapshot)| SnapshotArg {
        alias: alias.map(str::to_owned),
        snapshot: snapshot.clone(),
    };
    let snapshots: Vec<_> = snapshots.iter().map(arg).collect();
    Session::open(&snapshots, &options).unwrap()
}

/// A session over the keyed job's canonical savepoint.
pub(crate) async fn keyed() -> Session {
    session(&[(None, open_keyed("1.20-keyed-hashmap-canonical").await)])
}

pub(crate) async fn run(session: &Session, sql: &str) -> Result<Answer, Error> {
    let mut query = session.sql(sql).await?;
    let mut batches = vec![RecordBatch::new_empty(query.schema())];
    while let Some(batch) = query.try_next().await? {
        batches.push(batch);
    }
    Ok(Answer { batches, gaps: query.gaps() })
}

pub(crate) async fn ask(session: &Session, sql: &str) -> Answer {
    match run(session, sql).await {
        Ok(answer) => answer,
        Err(error) => panic!("{sql}: {error:?}"),
    }
}

pub(crate) async fn fail(session: &Session, sql: &str) -> Error {
    match run(session, sql).await {
        Ok(answer) => panic!("{sql} gave\n{}", answer.table()),
        Err(error) => error,
    }
}
