//! Runs of the program (and of the library, for what no command does): targets, the Parquet files that they are made from, and queries over sources.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flink_state_reader::Snapshot;
use flink_state_writer::savepoint::{self, Options, Plan};
use serde_json::{Map, Value};

use super::case::{Case, How, Target};
use super::held;

/// Writes a target into a directory of its own, and says where it is.
pub(crate) fn write(target: &Target<'_>, directory: &Path, data: &Path) -> Result<PathBuf, String> {
    let case = target.case;
    let source = source(target);
    fs::create_dir_all(data).unwrap();
    if case.how == How::Untouched {
        return Ok(source.into());
    }
    let to = directory.join("savepoint");
    if case.how == How::Carry {
        return carry(&source, &to).map_err(|error| error.to_string()).map(|()| to);
    }
    for (name, query) in &case.parquet {
        let file = data.join(format!("{name}.parquet"));
        let mut arguments = vec!["sql", &source, "-c", query, "--format", "parquet", "-o", file.to_str().unwrap()];
        let uids = uids(target);
        arguments.extend(uids.iter().map(String::as_str));
        run(&arguments)?;
    }
    let mut arguments = match case.how {
        How::Bootstrap => vec!["bootstrap".to_owned(), "--flink-version".to_owned(), target.flink.clone()],
        _ => [vec!["rewrite".to_owned(), source], uids(target)].concat(),
    };
    arguments.extend(["--to".to_owned(), to.to_str().unwrap().to_owned()]);
    if let Some(script) = &case.script {
        let file = data.join("script.sql");
        fs::write(&file, tables(case, data) + script).unwrap();
        arguments.extend(["--file".to_owned(), file.to_str().unwrap().to_owned()]);
    }
    arguments.extend(case.options.iter().map(|option| option.replace("$FLINK", &target.flink)));
    run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
    if !case.moved {
        return Ok(to);
    }
    let moved = directory.join("moved");
    fs::rename(&to, &moved).map_err(|error| error.to_string())?;
    Ok(moved)
}

fn carry(source: &str, to: &Path) -> flink_state_reader::Result<()> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let source = Snapshot::open(source).await?;
        savepoint::write(&Plan::carry(&source), to, &Options::default()).await.map(drop)
    })
}

/// The rows that queries over a source give, by their names.
pub(crate) fn answers(
    target: &Target<'_>,
    queries: &[(&str, &str)],
    data: &Path,
) -> Result<BTreeMap<String, Vec<Value>>, String> {
    let mut answers: BTreeMap<String, Vec<Value>> =
        queries.iter().map(|(name, _)| ((*name).to_owned(), Vec::new())).collect();
    if queries.is_empty() {
        return Ok(answers);
    }
    let mut script = tables(target.case, data);
    for (name, query) in queries {
        writeln!(script, "SELECT '{name}' AS \"$held\", * FROM (\n{}\n);", query.trim()).unwrap();
    }
    let file = data.join("held.sql");
    fs::write(&file, script).unwrap();
    let source = source(target);
    let uids = uids(target);
    let mut arguments = vec!["sql", &source, "--file", file.to_str().unwrap(), "--format", "ndjson"];
    arguments.extend(uids.iter().map(String::as_str));
    for line in run(&arguments)?.lines() {
        let mut row: Map<String, Value> = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        let Some(Value::String(name)) = row.shift_remove("$held") else { return Err(format!("no name: {line}")) };
        answers.entry(name).or_default().push(Value::Object(row));
    }
    if let Some((name, _)) = answers.iter().find(|(_, rows)| rows.is_empty()) {
        return Err(format!("the query gives no rows for {name}: a state that holds none is []"));
    }
    Ok(answers)
}

/// The Parquet files of a case as tables.
fn tables(case: &Case, data: &Path) -> String {
    let table = |name: &String| {
        let file = data.join(format!("{name}.parquet"));
        format!("CREATE EXTERNAL TABLE {name} STORED AS PARQUET LOCATION '{}';\n", file.display())
    };
    case.parquet.keys().map(table).collect()
}

fn source(target: &Target<'_>) -> String {
    held::location(&target.folder()).to_str().unwrap().to_owned()
}

/// Names for operators where the source has only their IDs.
fn uids(target: &Target<'_>) -> Vec<String> {
    let operators = target.description().operators.into_iter();
    let named = operators.filter(|(uid, id)| target.source.starts_with("1.") && uid != id);
    named.flat_map(|(uid, _)| ["--uid".to_owned(), uid]).collect()
}

fn run(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_flink-state")).args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("flink-state {}\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
}
