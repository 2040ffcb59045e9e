//! Whether a savepoint is what its manifest says.

use std::collections::BTreeSet;

use flink_state_reader::{Operator, Snapshot};
use flink_state_writer::savepoint::{Action, MANIFEST, Manifest, OperatorEntry, StateEntry};

use super::{Check, Finding, Outcome, Verification};

/// Reads the manifest, if there is one.
pub(super) async fn read(snapshot: &Snapshot, verification: &mut Verification) -> Option<Manifest> {
    let parsed = async {
        match snapshot.file_beside(MANIFEST).await? {
            Some(file) => Manifest::parse(&file.read(0..file.size()).await?).map(Some),
            None => Ok(None),
        }
    };
    parsed.await.unwrap_or_else(|error| {
        verification.findings.push(finding(MANIFEST).with(Outcome::Failed, error.to_string()));
        None
    })
}

/// Compares files and operators with the manifest; with `deep`, the checksums of the files too.
pub(super) async fn check(snapshot: &Snapshot, manifest: &Manifest, deep: bool, verification: &mut Verification) {
    for file in &manifest.files {
        let found = async {
            match snapshot.file_beside(&file.name).await? {
                None => Ok(Some("the file is missing".to_owned())),
                Some(found) if !deep && found.size() == file.bytes => Ok(None),
                Some(found) => file.difference(&found).await,
            }
        };
        let found: flink_state_reader::Result<_> = found.await;
        if let Some(difference) = found.unwrap_or_else(|error| Some(error.to_string())) {
            let finding = Finding { bytes: Some(file.bytes), ..finding(&file.name) };
            verification.findings.push(finding.with(Outcome::Failed, difference));
        }
    }
    let mut whole = finding(MANIFEST);
    let there: BTreeSet<String> = snapshot.operators().iter().map(Operator::id).collect();
    let named = manifest.operators.iter().filter(|entry| entry.action != Action::Dropped);
    let named: BTreeSet<String> = named.map(|entry| entry.id.clone()).collect();
    for id in named.difference(&there) {
        whole.add(Outcome::Failed, &format!("operator {id} is missing"));
    }
    for id in there.difference(&named) {
        whole.add(Outcome::Failed, &format!("operator {id} is not in the manifest"));
    }
    let checkpoint_id = snapshot.metadata().checkpoint_id;
    if checkpoint_id != manifest.checkpoint_id {
        let expected = manifest.checkpoint_id;
        whole.add(Outcome::Failed, &format!("checkpoint {checkpoint_id}, not {expected}"));
    }
    verification.findings.push(whole);
}

/// The states of an operator that the manifest counts.
pub(super) fn states<'a>(manifest: Option<&'a Manifest>, operator: &Operator) -> &'a [StateEntry] {
    let is_it = |entry: &&OperatorEntry| entry.action == Action::Written && entry.id == operator.id();
    manifest.and_then(|manifest| manifest.operators.iter().find(is_it)).map_or(&[], |entry| &entry.states)
}

fn finding(subject: &str) -> Finding {
    Finding::new(Check::Manifest, None, subject)
}
