//! What the program writes, restored by real Flink: each case in `cases/` is a savepoint, and what Flink must then hold.
//! And what the program reads out of databases, compared with what RocksDB itself finds in them.
//!
//! ```text
//! cargo test -p flink-state --test restore                    all
//! cargo test -p flink-state --test restore delete/2.2         only those whose name contains this
//! cargo test -p flink-state --test restore oracle             only databases
//! ```
//!
//! Real Flink needs a JDK and Maven (`testdata/README.md`). Without them restores are reported as ignored, or as failed
//! with `FLINK_STATE_RESTORE=required`. With `UPDATE_RESTORES=1` a run in which all pass writes the lists of
//! `docs/restores.md`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod case;
mod document;
mod flink;
#[path = "../held/mod.rs"]
mod held;
mod oracle;
mod program;
mod rows;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use case::Restore;
use run::Outcome;

/// The check of the document, a test beside the restores.
const DOCUMENT: &str = "document_lists_all_cases";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let chapters = case::load();
    let all: Vec<Restore<'_>> =
        chapters.iter().flat_map(|chapter| &chapter.cases).flat_map(case::Case::restores).collect();
    let is_wanted = |name: &str| !arguments.is_filtered_out(&Trial::test(name, || Ok(())));
    let wanted: Vec<Restore<'_>> = all.iter().copied().filter(|restore| is_wanted(&restore.to_string())).collect();

    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let is_required = env::var_os("FLINK_STATE_RESTORE").is_some_and(|value| value == "required");
    let mut databases = oracle::databases();
    databases.retain(|database| is_wanted(&database.name()));
    let mut outcomes = match arguments.list {
        true => Default::default(),
        false => run::run(&wanted, is_required, directory.path()),
    };
    let passed = outcomes.values().filter(|outcome| matches!(outcome, Outcome::Passed)).count();
    if !arguments.list {
        outcomes.extend(oracle::run(&databases, is_required, directory.path()));
    }
    report_skipped(outcomes.values());
    if env::var_os("UPDATE_RESTORES").is_some() && passed == all.len() {
        document::update(&chapters);
    }
    let is_used = directory.path().read_dir().unwrap().next().is_some();
    if is_used && outcomes.values().any(|outcome| matches!(outcome, Outcome::Failed(_))) {
        eprintln!("savepoints and what Flink held are left in {}", directory.keep().display());
    }

    let document = if arguments.list { Ok(()) } else { document::check(&chapters) };
    let mut trials = vec![Trial::test(DOCUMENT, move || document.map_err(Failed::from))];
    let all = wanted.iter().map(Restore::to_string).chain(databases.iter().map(oracle::Database::name));
    let names: BTreeSet<String> = all.collect();
    assert_eq!(names.len(), wanted.len() + databases.len(), "two trials have the same name");
    for name in names {
        let outcome = outcomes.remove(&name).unwrap_or(Outcome::Passed);
        let is_skipped = matches!(outcome, Outcome::Skipped(_));
        let result = move || match outcome {
            Outcome::Passed => Ok(()),
            Outcome::Failed(reason) | Outcome::Skipped(reason) => Err(Failed::from(reason)),
        };
        trials.push(Trial::test(name, result).with_ignored_flag(is_skipped));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Says why tests are skipped: the test report only names them.
fn report_skipped<'a>(outcomes: impl Iterator<Item = &'a Outcome>) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        if let Outcome::Skipped(reason) = outcome {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in reasons {
        eprintln!("{count} tests by real Flink are skipped: {reason}");
    }
}
