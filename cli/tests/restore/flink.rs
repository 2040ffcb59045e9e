//! Real Flink: `testdata/jobs/restore.sh`, one JVM for all restores by one release, and `database.sh`, one for all.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::json;

use super::case::Restore;

/// The oldest JDK that builds the jobs.
const JDK: u32 = 17;

/// Why Flink can't judge.
pub(crate) enum Unavailable {
    /// The machine lacks something.
    Missing(String),
    /// The jobs can't be built.
    Broken(String),
}

/// Whether there are a JDK and Maven.
pub(crate) fn find_tools() -> Result<(), Unavailable> {
    let version = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).stdin(Stdio::null()).output();
        let output = output.map_err(|error| Unavailable::Missing(format!("{program} can't be run: {error}")))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Unavailable::Missing(format!("{program} {argument} fails"))),
        }
    };
    let javac = version("javac", "-version")?;
    let major = javac.trim().trim_start_matches("javac ").split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < JDK) {
        return Err(Unavailable::Missing(format!("JDK {JDK} or newer is needed, here is {}", javac.trim())));
    }
    version("mvn", "-v").map(drop)
}

/// Builds the jobs for a release.
pub(crate) fn build(flink: &str) -> Result<(), Unavailable> {
    let output = script("restore.sh", flink).arg("--build").output();
    let output = output.map_err(|error| Unavailable::Broken(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    // Maven itself tells the two apart by nothing else.
    let is_offline = ["Could not transfer", "Unknown host", "Cannot access"].iter().any(|words| text.contains(words));
    match is_offline {
        true => Err(Unavailable::Missing(format!("Maven can't get Flink {flink}: its repository can't be reached"))),
        false => Err(Unavailable::Broken(format!("the jobs for Flink {flink} can't be built:\n{text}"))),
    }
}

/// What came of a restore: the file with what Flink held, or its error.
pub(crate) type Restored = Result<PathBuf, String>;

/// Restores savepoints by one release, and says what came of each, by the name of the restore.
pub(crate) fn restore(flink: &str, restores: &[(Restore<'_>, &Path)], directory: &Path) -> HashMap<String, Restored> {
    let dump = |position: usize| directory.join(format!("flink-{flink}-{position}.ndjson"));
    let line = |(position, (restore, savepoint)): (usize, &(Restore<'_>, &Path))| {
        let target = restore.target();
        let description = target.description();
        let plan = target.folder().join("plan.json");
        let line = json!({
            "name": restore.to_string(),
            "savepoint": savepoint,
            "backend": restore.backend,
            "job": restore.case.job.as_ref().unwrap_or(&description.job),
            "parallelism": restore.parallelism,
            "max_parallelism": restore.case.max_parallelism,
            "operators": description.operators,
            "plan": plan.exists().then_some(plan),
            "out": dump(position),
        });
        format!("{line}\n")
    };
    let lines: String = restores.iter().enumerate().map(line).collect();
    let cases = directory.join(format!("flink-{flink}-cases.ndjson"));
    fs::write(&cases, lines).unwrap();
    let errors = directory.join(format!("flink-{flink}.stderr"));
    let output = script("restore.sh", flink).arg(&cases).stderr(File::create(&errors).unwrap()).output().unwrap();

    #[derive(Deserialize)]
    struct Line {
        name: String,
        ok: bool,
        error: Option<String>,
    }
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut results: HashMap<String, Line> = lines.map(|line| (line.name.clone(), line)).collect();
    let result = |(position, (restore, _)): (usize, &(Restore<'_>, &Path))| {
        let name = restore.to_string();
        let restored = match results.remove(&name) {
            Some(line) if line.ok => Ok(dump(position)),
            Some(line) => Err(line.error.unwrap_or_default()),
            None => Err(format!("Flink {flink} ended before: {}, see {}", output.status, errors.display())),
        };
        (name, restored)
    };
    restores.iter().enumerate().map(result).collect()
}

/// Prints what the databases of snapshots hold into a file.
pub(crate) fn databases(flink: &str, snapshots: &[PathBuf], directory: &Path) -> Result<PathBuf, String> {
    let (entries, errors) = (directory.join("databases.ndjson"), directory.join("databases.stderr"));
    let (stdout, stderr) = (File::create(&entries).unwrap(), File::create(&errors).unwrap());
    let status = script("database.sh", flink).args(snapshots).stdout(stdout).stderr(stderr).status().unwrap();
    match status.success() {
        true => Ok(entries),
        false => Err(format!("the databases can't be printed: {status}, see {}", errors.display())),
    }
}

fn script(name: &str, flink: &str) -> Command {
    let jobs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/jobs");
    let mut command = Command::new(jobs.join(name));
    command.args(["--flink", flink]).stdin(Stdio::null());
    command
}
