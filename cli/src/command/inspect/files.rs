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

/// A line of the table.
struct Line {
    found: &'static str,
    bytes: u64,
    operators: String,
    /// The path of the file that was found, else the one in `_metadata`.
    path: String,
}

/// A table for each directory.
fn table(snapshot: &Snapshot, files: &[SnapshotFile], out: &mut (dyn Write + Send)) -> Result<()> {
    let lines: Vec<Line> =
        std::iter::once(Line::of_metadata(snapshot, files)).chain(named(files).map(Line::of)).collect();
    let mut directories: BTreeMap<&str, Vec<(&Line, &str)>> = BTreeMap::new();
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &lines {
        let (directory, name) = line.path.rsplit_once('/').unwrap_or(("", &line.path));
        directories.entry(directory).or_default().push((line, name));
        *found.entry(line.found).or_default() += 1;
    }
    for (directory, lines) in directories {
        let mut grid = Grid::new([("found", false), ("bytes", true), ("operators", false), ("file", false)]);
        for (Line { found, bytes, operators, .. }, name) in lines {
            grid.push([(*found).to_owned(), human(*bytes), operators.clone(), name.to_owned()]);
        }
        writeln!(out, "{}", one_line(directory))?;
        grid.write(out)?;
    }
    let bytes = lines.iter().fold(0u64, |sum, line| sum.saturating_add(line.bytes));
    let found: Vec<String> = found.iter().map(|(found, files)| format!("{files} {found}")).collect();
    writeln!(out, "{}, {}: {}", count(lines.len() as u64, "file"), human(bytes), found.join(", "))?;
    if let Some(problem) = named(files).find_map(|file| file.problem.as_ref()) {
        writeln!(out, "{}", one_line(&problem.to_string()))?;
        problem.hint().map_or(Ok(()), |hint| writeln!(out, "  hint: {}", one_line(hint)))?;
    }
    Ok(())
}

impl Line {
    fn of_metadata(snapshot: &Snapshot, files: &[SnapshotFile]) -> Self {
        let file = snapshot.metadata_file();
        let inline = files.iter().find(|file| file.path.is_none());
        let operators = inline.map(|file| file.operators.join(", ")).unwrap_or_default();
        let path = local(&file.location().unwrap_or_default()).to_owned();
        Self { found: "given", bytes: file.size(), operators, path }
    }

    fn of(file: &SnapshotFile) -> Self {
        let found = match (&file.found, &file.problem) {
            (Some(found), None) => found.place.name(),
            (Some(_), Some(_)) => "too short",
            (None, Some(problem)) if problem.kind() == ErrorKind::Data => "refused",
            (None, _) => "missing",
        };
        let path = file.found.as_ref().map(|found| found.location.as_str()).or(file.path.as_deref());
        Self {
            found,
            bytes: file.found.as_ref().map_or(file.bytes, |found| found.size),
            operators: file.operators.join(", "),
            path: local(path.unwrap_or_default()).to_owned(),
        }
    }
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

/// A local file by its path alone.
fn local(location: &str) -> &str {
    location.strip_prefix("file:").unwrap_or(location)
}
