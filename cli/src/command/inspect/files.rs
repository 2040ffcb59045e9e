//! `flink-state inspect --files`: the files that a snapshot needs, and where they are.

use std::collections::BTreeMap;
use std::io::Write;

use flink_state_reader::{ErrorKind, Snapshot};
use flink_state_sql::SnapshotFile;
use serde_json::{Value, json};

use crate::args::{Inspect, ReportFormat};
use crate::command::{interruptible, open};
use crate::error::{Result, one_line};
use crate::output::Grid;
use crate::size::{count, human};

/// Lists the files. That one is missing is part of the answer.
pub(super) async fn list(arguments: Inspect) -> Result<u8> {
    let listing = interruptible(async {
        let snapshot = open(&arguments.snapshot, &arguments.opening).await?;
        let files = flink_state_sql::files(&snapshot).await;
        Ok((snapshot, files))
    });
    let (snapshot, files) = listing.await?;
    let mut out = std::io::stdout();
    match arguments.format {
        ReportFormat::Table => table(&snapshot, &files, &mut out)?,
        ReportFormat::Json => writeln!(out, "{:#}", report(&snapshot, &files))?,
    }
    Ok(0)
}

fn table(snapshot: &Snapshot, files: &[SnapshotFile], out: &mut (dyn Write + Send)) -> Result<()> {
    let columns = [("found", false), ("bytes", true), ("operators", false), ("file", false)];
    let mut grid = Grid::new(columns);
    let metadata = snapshot.metadata_file();
    let location = metadata.location().unwrap_or_default();
    let inline = files.iter().find(|file| file.path.is_none()).map(|file| file.operators.join(", "));
    grid.push(["given".to_owned(), human(metadata.size()), inline.unwrap_or_default(), local(&location)]);
    let mut bytes = metadata.size();
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    for file in named(files) {
        let size = file.found.as_ref().map_or(file.bytes, |found| found.size);
        let path = file.found.as_ref().map(|found| found.location.as_str()).or(file.path.as_deref());
        *statuses.entry(status(file)).or_default() += 1;
        grid.push([status(file), human(size), file.operators.join(", "), local(path.unwrap_or_default())]);
        bytes = bytes.saturating_add(size);
    }
    grid.write(out)?;
    let number = count(1 + named(files).count() as u64, "file");
    let statuses: Vec<String> = statuses.iter().map(|(status, files)| format!("{files} {status}")).collect();
    let statuses = if statuses.is_empty() { String::new() } else { format!(": {} and _metadata", statuses.join(", ")) };
    writeln!(out, "{number}, {}{statuses}", human(bytes))?;
    if let Some(problem) = named(files).find_map(|file| file.problem.as_ref()) {
        writeln!(out, "{}", one_line(&problem.to_string()))?;
        problem.hint().map_or(Ok(()), |hint| writeln!(out, "  hint: {}", one_line(hint)))?;
    }
    Ok(())
}

/// One object, as `docs/json.md` describes it.
fn report(snapshot: &Snapshot, files: &[SnapshotFile]) -> Value {
    let metadata = snapshot.metadata_file();
    let files = named(files).map(|file| {
        json!({
            "path": file.path,
            "place": file.found.as_ref().map(|found| found.place.to_string()),
            "location": file.found.as_ref().map(|found| &found.location),
            "handles": file.handles,
            "bytes": file.bytes,
            "file_bytes": file.found.as_ref().map(|found| found.size),
            "operators": file.operators,
            "problem": file.problem.as_ref().map(ToString::to_string),
        })
    });
    json!({
        "location": snapshot.location(),
        "metadata_location": metadata.location(),
        "metadata_bytes": metadata.size(),
        "files": files.collect::<Vec<_>>(),
    })
}

/// Those that are no bytes in `_metadata`.
fn named(files: &[SnapshotFile]) -> impl Iterator<Item = &SnapshotFile> {
    files.iter().filter(|file| file.path.is_some())
}

fn status(file: &SnapshotFile) -> String {
    match (&file.found, &file.problem) {
        (Some(found), None) => found.place.to_string(),
        (Some(found), Some(_)) => format!("{}, too short", found.place),
        (None, Some(problem)) if problem.kind() == ErrorKind::Data => "refused".to_owned(),
        (None, _) => "missing".to_owned(),
    }
}

/// A local file by its path alone.
fn local(location: &str) -> String {
    location.strip_prefix("file:").unwrap_or(location).to_owned()
}
