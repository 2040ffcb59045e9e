//! Every real snapshot opens, and every state in it can be read to its end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flink_state_reader::{ErrorKind, Gap, Result, Snapshot, State};
use futures::TryStreamExt;

/// All directories below `root` with a `_metadata` file, sorted.
pub(crate) fn snapshots_in(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name == "_metadata") {
                found.push(directory.clone());
            }
        }
    }
    found.sort();
    found
}

/// Reads all columns in `tasks` tasks.
pub(crate) async fn read(snapshot: &Snapshot, state: &State, tasks: usize) -> Result<(usize, Vec<Gap>)> {
    let (mut rows, mut gaps) = (0, Vec::new());
    for task in state.scan().build()?.tasks(tasks) {
        let mut stream = snapshot.execute(&task).await?;
        while let Some(batch) = stream.try_next().await? {
            rows += batch.num_rows();
        }
        gaps.extend_from_slice(stream.gaps());
    }
    Ok((rows, gaps))
}

fn walk_all(root: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let snapshots = snapshots_in(&root);
    if snapshots.is_empty() {
        println!("no snapshots in {}", root.display());
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut states, mut rows) = (BTreeMap::<String, (usize, usize)>::new(), 0);
        let (mut problems, mut failures) = (BTreeMap::<String, (usize, u64)>::new(), Vec::new());
        for path in &snapshots {
            let name = path.strip_prefix(&root).unwrap().display();
            let snapshot = match Snapshot::open(path.to_str().unwrap()).await {
                Ok(snapshot) => snapshot,
                Err(e) => {
                    failures.push(format!("{name}: {e:?}"));
                    continue;
                }
            };
            for operator in snapshot.operators() {
                let found = match operator.states().await {
                    Ok(found) => found,
                    Err(e) => {
                        failures.push(format!("{name}: {e:?}"));
                        continue;
                    }
                };
                for state in found {
                    let label = format!("{name} {} {}", operator.label(), state.name());
                    let totals = states.entry(format!("{:?} {:?}", state.layout(), state.kind())).or_default();
                    totals.0 += 1;
                    if let Some(reason) = state.unsupported() {
                        problems.entry(format!("{label}: {reason}")).or_default();
                        assert_eq!(state.scan().build().unwrap_err().kind(), ErrorKind::Unsupported);
                        continue;
                    }
                    match read(&snapshot, state, 1).await {
                        Ok((n, gaps)) => {
                            totals.1 += n;
                            rows += n;
                            for Gap { kind, rows, reason, .. } in gaps {
                                let problem = format!("{label}: {kind:?}, {reason}");
                                let (groups, sum) = problems.entry(problem).or_default();
                                *groups += 1;
                                *sum += rows.unwrap_or(0);
                            }
                            assert_eq!(read(&snapshot, state, 4).await.unwrap().0, n, "{label} in tasks");
                            let counted = state.count_rows().await.unwrap().0;
                            assert_eq!(counted, n as u64, "{label} counted");
                        }
                        Err(e) => failures.push(format!("{label}: {e:?}")),
                    }
                }
            }
        }
        println!("{} snapshots in {}, {rows} rows", snapshots.len(), root.display());
        for (kind, (states, rows)) in states {
            println!("  {kind}: {states} states, {rows} rows");
        }
        for (problem, (gaps, rows)) in problems {
            println!("  not read ({gaps} gaps, {rows} rows or more): {problem}");
        }
        assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    });
}

#[test]
fn corpus_is_read_to_its_end() {
    walk_all("../../shared/corpus");
}

#[test]
fn own_snapshots_are_read_to_their_end() {
    walk_all("../testdata/snapshots");
}
