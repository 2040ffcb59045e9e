//! The examples of `docs/statements.md`, run.
//!
//! Before each block of SQL stand the commands that run it, in comments that no reader sees: `<!-- $ command -->`. They
//! run in an empty directory, with the block as `statements.sql` and the snapshots of `testdata` in `$SNAPSHOTS`.

use std::fs;
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = include_str!("../../../docs/statements.md");
const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/snapshots");

#[test]
fn examples_of_the_statements_run() {
    let mut commands = Vec::new();
    let mut examples = 0;
    let mut lines = DOCUMENT.lines();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("<!-- $ ").and_then(|line| line.strip_suffix(" -->")) {
            commands.push(command);
        } else if line == "```sql" {
            let sql: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            run(&std::mem::take(&mut commands), &sql.join("\n"));
            examples += 1;
        }
    }
    assert!(commands.is_empty(), "commands without SQL: {commands:?}");
    assert!(examples >= 7, "{examples} examples");
}

fn run(commands: &[&str], sql: &str) {
    assert!(commands.iter().any(|command| command.contains("statements.sql")), "this SQL is not run:\n{sql}");
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("statements.sql"), sql).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_flink-state")).parent().unwrap().to_owned();
    let path = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    for command in commands {
        let output = Command::new("bash")
            .args(["-c", command])
            .current_dir(directory.path())
            .env("PATH", std::env::join_paths(std::iter::once(&binary).chain(&path)).unwrap())
            .env("SNAPSHOTS", SNAPSHOTS)
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "{command}\n{sql}\n{printed}");
    }
    assert!(directory.path().join("savepoint/_metadata").is_file(), "no savepoint was written:\n{sql}");
}
