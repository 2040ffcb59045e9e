//! Whether the files are there.

use flink_state_reader::{ErrorKind, Snapshot};

use super::{Check, Finding, Outcome, Verification};
use crate::metadata::{self, SnapshotFile};

/// Looks at the size of each file that handles name.
pub(super) async fn check(snapshot: &Snapshot, verification: &mut Verification) {
    let (mut whole, mut bytes_of_whole) = (0, 0);
    for SnapshotFile { path, bytes, problem, .. } in metadata::files(snapshot).await {
        let Some(path) = path else { continue };
        verification.bytes += bytes;
        match problem {
            None => {
                whole += 1;
                bytes_of_whole += bytes;
            }
            Some(problem) => {
                // It is in a store that can't be asked.
                let outcome = match problem.kind() {
                    ErrorKind::Unsupported => Outcome::NotVerified,
                    _ => Outcome::Failed,
                };
                let finding = Finding { bytes: Some(bytes), ..Finding::new(Check::File, None, path) };
                verification.findings.push(finding.with(outcome, problem.message()));
            }
        }
    }
    if whole > 0 {
        let subject = if whole == 1 { "1 file".to_owned() } else { format!("{whole} files") };
        let finding = Finding::new(Check::File, None, subject);
        verification.findings.insert(0, Finding { bytes: Some(bytes_of_whole), ..finding });
    }
}
