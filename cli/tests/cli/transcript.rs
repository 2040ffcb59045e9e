//! Transcripts: commands with what they print.
//!
//! ```text
//! # a comment
//! $ flink-state uid my-uid
//! what it prints to stdout
//! ! what it prints to stderr
//! = 2                              its exit code, unless 0
//! ```
//!
//! Commands run in a shell, in the repository's `testdata` directory; `$TMP` is an empty directory that the commands of
//! a transcript share. With `UPDATE_TRANSCRIPTS=1` the files are written instead of compared.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TRANSCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata");

/// The names of the transcripts that are there.
pub(crate) fn names() -> Vec<String> {
    let files = fs::read_dir(TRANSCRIPTS).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Runs the commands of a transcript and compares what they print.
pub(crate) fn check(name: &str) {
    let file = Path::new(TRANSCRIPTS).join(format!("{name}.txt"));
    let expected = fs::read_to_string(&file).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut actual = String::new();
    let mut lines = expected.lines().peekable();
    while let Some(line) = lines.next() {
        let is_input = |line: &str| line.starts_with("$ ") || line.starts_with("# ");
        // A blank line is one between commands, or else one that a command printed.
        if is_input(line) || line.is_empty() && lines.peek().is_some_and(|next| is_input(next)) {
            writeln!(actual, "{line}").unwrap();
        }
        if let Some(command) = line.strip_prefix("$ ") {
            actual.push_str(&run(command, temporary.path()));
        }
    }
    compare(&file, &expected, &actual);
}

/// Fails if something else was printed than the file has; with `UPDATE_TRANSCRIPTS=1` writes the file.
pub(crate) fn compare(file: &Path, expected: &str, actual: &str) {
    if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
        fs::write(file, actual).unwrap();
    } else if actual != expected {
        let difference = difference(expected, actual);
        panic!("{}: UPDATE_TRANSCRIPTS=1 writes what is printed now\n{difference}", file.display());
    }
}

/// What a command prints to stdout and stderr, in a directory whose name is not shown.
pub(crate) fn printed(command: &str, directory: &Path) -> String {
    let output = shell(&format!("({command}) 2>&1"), directory).output().unwrap();
    let directory = fs::canonicalize(directory).unwrap();
    String::from_utf8_lossy(&output.stdout).replace(&format!("{}/", directory.to_str().unwrap()), "")
}

/// A command that finds the program.
fn shell(command: &str, directory: &Path) -> Command {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_flink-state"));
    let path = std::env::join_paths(
        std::iter::once(binary.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut shell = Command::new("bash");
    shell
        .args(["-o", "pipefail", "-c", command])
        .current_dir(directory)
        .env("PATH", path.unwrap())
        .env_remove("NO_COLOR");
    shell
}

fn run(command: &str, temporary: &Path) -> String {
    let output = shell(command, TESTDATA.as_ref()).env("TMP", temporary).output().unwrap();
    let clean = |bytes: &[u8]| {
        let testdata = fs::canonicalize(TESTDATA).unwrap();
        let text = String::from_utf8_lossy(bytes).replace(temporary.to_str().unwrap(), "$TMP");
        text.replace(testdata.to_str().unwrap(), "testdata").replace(TESTDATA, "testdata")
    };
    let mut transcript = clean(&output.stdout);
    if !transcript.is_empty() && !transcript.ends_with('\n') {
        transcript.push('\n');
    }
    for line in clean(&output.stderr).lines() {
        writeln!(transcript, "! {line}").unwrap();
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => writeln!(transcript, "= {code}").unwrap(),
        None => writeln!(transcript, "= {}", output.status).unwrap(),
    }
    transcript
}

/// The first line that differs, with those around it.
fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let at = expected.iter().zip(&actual).take_while(|(one, other)| one == other).count();
    let around = |lines: &[&str]| lines[at.saturating_sub(3).min(lines.len())..(at + 12).min(lines.len())].join("\n");
    format!("line {}, expected:\n{}\n\nprinted:\n{}", at + 1, around(&expected), around(&actual))
}
