//! All restores that are asked for: targets first, then one JVM for each Flink release.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::{Restore, Target};
use super::flink::{self, Restored, Unavailable};
use super::program;
use super::rows::Expected;

/// JVMs at a time.
const JVMS: usize = 2;

/// What came of a restore.
#[derive(Clone)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    /// There is nothing to judge with, for this reason.
    Skipped(String),
}

/// A savepoint, and what Flink must hold once it has restored it.
type Written = Result<(PathBuf, Expected), String>;

/// Runs restores, and says what came of each, by name.
pub(crate) fn run(restores: &[Restore<'_>], is_required: bool, directory: &Path) -> HashMap<String, Outcome> {
    let mut by_flink: BTreeMap<&str, Vec<Restore<'_>>> = BTreeMap::new();
    for restore in restores {
        by_flink.entry(restore.flink).or_default().push(*restore);
    }
    let mut outcomes = HashMap::new();
    let tools = if restores.is_empty() { Ok(()) } else { flink::find_tools() };
    by_flink.retain(|release, restores| {
        let ready = match &tools {
            Ok(()) => flink::build(release),
            Err(Unavailable::Missing(reason) | Unavailable::Broken(reason)) => {
                Err(Unavailable::Missing(reason.clone()))
            }
        };
        let outcome = match ready {
            Ok(()) => return true,
            Err(Unavailable::Missing(reason)) if !is_required => Outcome::Skipped(reason),
            Err(Unavailable::Missing(reason) | Unavailable::Broken(reason)) => Outcome::Failed(reason),
        };
        outcomes.extend(restores.iter().map(|restore| (restore.to_string(), outcome.clone())));
        false
    });

    let targets: BTreeMap<String, Target<'_>> =
        by_flink.values().flatten().map(|restore| (restore.target().name(), restore.target())).collect();
    if !targets.is_empty() {
        eprintln!("{} savepoints are written", targets.len());
    }
    let written: HashMap<String, Written> = each(targets, cores(), |(name, target)| {
        let (folder, data) = (directory.join(&name), directory.join(&name).join("data"));
        let written = program::write(&target, &folder, &data)
            .and_then(|savepoint| Ok((savepoint, Expected::of(&target, &data)?)));
        (name, written)
    });

    let judged: Vec<Vec<(String, Outcome)>> = each(by_flink, JVMS, |(release, restores)| {
        eprintln!("Flink {release} restores {} savepoints", restores.len());
        judge(release, &restores, &written, directory)
    });
    outcomes.extend(judged.into_iter().flatten());
    outcomes
}

/// What comes of the restores by one release.
fn judge(
    release: &str,
    restores: &[Restore<'_>],
    written: &HashMap<String, Written>,
    directory: &Path,
) -> Vec<(String, Outcome)> {
    let mut outcomes = Vec::new();
    let mut ready = Vec::new();
    for restore in restores {
        match &written[&restore.target().name()] {
            Ok((savepoint, _)) => ready.push((*restore, savepoint.as_path())),
            Err(error) => outcomes.push((restore.to_string(), Outcome::Failed(error.clone()))),
        }
    }
    let mut restored = flink::restore(release, &ready, directory);
    for (restore, _) in ready {
        let name = restore.to_string();
        let Ok((_, expected)) = &written[&restore.target().name()] else { continue };
        let outcome = match verdict(&restore, expected.clone(), restored.remove(&name).unwrap()) {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(error),
        };
        outcomes.push((name, outcome));
    }
    outcomes
}

/// Whether Flink held what the case says, or refused what it says.
fn verdict(restore: &Restore<'_>, expected: Expected, restored: Restored) -> Result<(), String> {
    match (restored, &restore.case.refused) {
        (Err(error), Some(words)) if error.contains(words) => Ok(()),
        (Err(error), Some(words)) => Err(format!("Flink refuses it, but not with '{words}': {error}")),
        (Ok(_), Some(words)) => Err(format!("Flink restores what it should refuse with '{words}'")),
        (Err(error), None) => Err(format!("Flink refuses it: {error}")),
        (Ok(dump), None) => match (expected.compare(restore, &dump), restore.case.differs) {
            (Err(_), true) => Ok(()),
            (Ok(()), true) => Err("a difference was not noticed".to_owned()),
            (result, false) => result,
        },
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What a function makes of each item, some at a time.
fn each<T: Send, R: Send, C: FromIterator<R>>(
    items: impl IntoIterator<Item = T>,
    threads: usize,
    function: impl Fn(T) -> R + Sync,
) -> C {
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let results = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let item = item.lock().unwrap().take().unwrap();
                    let result = function(item);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap().into_iter().collect()
}
