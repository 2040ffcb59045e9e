//! Compares the rows of states, a run of key groups at a time.

use flink_state_reader::{ErrorKind, ScanTask, StateKind};
use futures::TryStreamExt;

use super::entries::{Comparison, Entries};
use super::facts::{Pair, Side};
use super::merge::{EXAMPLES, Merged, merge};
use super::sort::Sorter;
use super::{StateDiff, examples};
use crate::error::{Error, Result};
use crate::parallel;

/// Bytes of the larger side that are meant to be compared at a time.
const BYTES_PER_JOB: u64 = 32 << 20;

/// A run of key groups of both sides, or all of operator state. A side without any has nothing to read.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) a: Option<Entries>,
    pub(super) b: Option<Entries>,
}

/// Compares the rows of all states.
pub(super) async fn compare(
    pairs: Vec<Pair>,
    memory_limit: Option<usize>,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Vec<StateDiff>> {
    let sorter = Sorter::new(memory_limit)?;
    let mut diffs = Vec::with_capacity(pairs.len());
    let mut jobs = Vec::new();
    for (index, pair) in pairs.into_iter().enumerate() {
        let mut diff = StateDiff { state: pair.a.state.name().to_owned(), ..StateDiff::default() };
        match pair.parts() {
            Ok(parts) => jobs.extend(parts.into_iter().map(|part| (index, part))),
            Err(reason) => diff.not_compared = Some(reason),
        }
        diff.operator = pair.operator;
        diffs.push(diff);
    }
    let total = jobs.iter().map(|(_, part)| part.bytes()).sum();
    let running = jobs.into_iter().map(|(index, part)| {
        let sorter = sorter.clone();
        async move {
            let merged = part.merge(&sorter).await;
            (index, part, merged)
        }
    });
    let mut done = std::pin::pin!(parallel::run(running, sorter.jobs()));
    let mut bytes_read = 0;
    while let Some((index, part, merged)) = done.try_next().await? {
        bytes_read += part.bytes();
        progress(bytes_read, total);
        if let Some(diff) = diffs.get_mut(index) {
            diff.add(&part, merged).await?;
        }
    }
    for diff in &mut diffs {
        diff.examples.sort_by_key(|example| (example.a.is_none(), example.b.is_none()));
    }
    Ok(diffs)
}

impl Pair {
    /// The parts to compare, or why they can't be.
    fn parts(&self) -> Result<Vec<Part>, String> {
        let Self { a, b, .. } = self;
        for (side, name) in [(a, "first"), (b, "second")] {
            if let Some(reason) = side.state.unsupported() {
                return Err(format!("of the {name} snapshot: {reason}"));
            }
        }
        if a.state.kind() != b.state.kind() {
            return Err("they are of different kinds".to_owned());
        }
        let is_keyed = |kind| {
            use StateKind::{Broadcast, OperatorList, OperatorUnion, Raw};
            !matches!(kind, OperatorList | OperatorUnion | Broadcast | Raw)
        };
        let key_groups = is_keyed(a.state.kind()) && a.max_parallelism == b.max_parallelism;
        let comparison = Comparison { raw: a.state.is_encoded_like(&b.state), key_groups };
        let entries = |side: &Side, first, last| side.entries(comparison, first, last).map_err(|e| e.to_string());
        let larger = if a.state.bytes() >= b.state.bytes() { a } else { b };
        let starts = if key_groups { larger.splits().map_err(|e| e.to_string())? } else { vec![0] };
        let ends = starts.iter().skip(1).map(|next| next.saturating_sub(1)).chain([u16::MAX]);
        let parts = starts
            .iter()
            .zip(ends)
            .map(|(first, last)| Ok(Part { a: entries(a, *first, last)?, b: entries(b, *first, last)? }));
        parts.collect()
    }
}

impl Side {
    /// The first key groups of runs of about the same size.
    fn splits(&self) -> flink_state_reader::Result<Vec<u16>> {
        let jobs = usize::try_from(self.state.bytes().div_ceil(BYTES_PER_JOB)).unwrap_or(usize::MAX);
        let tasks = self.state.scan().raw().build()?.tasks(jobs.max(1));
        let starts = tasks.iter().skip(1).filter_map(|task| Some(task.key_groups?.0));
        Ok(std::iter::once(0).chain(starts).collect())
    }

    fn entries(&self, comparison: Comparison, first: u16, last: u16) -> flink_state_reader::Result<Option<Entries>> {
        let tasks: Vec<ScanTask> = self.state.scan().raw().key_groups(first..=last).build()?.tasks(1);
        let prefix = if self.max_parallelism > 128 { 2 } else { 1 };
        let (snapshot, state) = (self.snapshot.clone(), self.state.clone());
        Ok(tasks.into_iter().next().map(|task| Entries { snapshot, state, task, comparison, prefix }))
    }
}

impl Part {
    fn bytes(&self) -> u64 {
        [&self.a, &self.b].into_iter().flatten().map(|entries| entries.task.bytes).sum()
    }

    async fn merge(&self, sorter: &Sorter) -> Result<Merged> {
        let sorted = async |entries: &Option<Entries>| match entries {
            Some(entries) => sorter.sorted(entries.clone()).await.map(Some),
            None => Ok(None),
        };
        Ok(merge(sorted(&self.a).await?, sorted(&self.b).await?).await?)
    }
}

impl StateDiff {
    /// Adds what came of a part.
    async fn add(&mut self, part: &Part, merged: Result<Merged>) -> Result<()> {
        let shown = match merged {
            Ok(Merged { counts, mut keys }) => {
                let before = self.counts;
                self.counts.add(counts);
                for (keys, before) in [
                    (&mut keys.changed, before.changed),
                    (&mut keys.only_a, before.only_a),
                    (&mut keys.only_b, before.only_b),
                ] {
                    keys.truncate(EXAMPLES.saturating_sub(usize::try_from(before).unwrap_or(usize::MAX)));
                }
                examples::fetch(part, &keys).await.map(|examples| self.examples.extend(examples))
            }
            Err(error) => Err(error),
        };
        shown.or_else(|error| self.give_up(error))
    }

    /// Data that can't be compared is told; a failure of the machine ends the whole comparison.
    fn give_up(&mut self, error: Error) -> Result<()> {
        match error.kind() {
            ErrorKind::Data | ErrorKind::Truncated | ErrorKind::Unsupported => {
                self.not_compared.get_or_insert(error.to_string());
                Ok(())
            }
            _ => Err(error),
        }
    }
}
