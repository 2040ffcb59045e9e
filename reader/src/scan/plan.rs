//! Which bytes a scan reads, and how they are split into tasks.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use crate::state::part::{Data, Part};
use crate::state::{Inner, StateKind};

/// A run of bytes of one part that is walked on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// The part of the state.
    pub(super) part: usize,
    pub(super) key_group: Option<u16>,
    pub(super) range: Range<u64>,
    /// Of compressed list state: the position of the section's only element.
    pub(super) position: i64,
    /// Only to be compared with the first copy of broadcast state.
    pub(super) is_copy: bool,
}

/// The bytes of each key group, or of each subtask of operator state.
pub(super) fn slices(state: &Inner, key_groups: &RangeInclusive<u16>) -> BTreeMap<u32, u64> {
    let mut slices = BTreeMap::new();
    for part in shown(state) {
        for (key_group, range) in part.key_groups().filter(|(key_group, _)| key_groups.contains(key_group)) {
            *slices.entry(u32::from(key_group)).or_default() += range.end - range.start;
        }
        for &(key_group, bytes) in part.shares().iter().filter(|(key_group, _)| key_groups.contains(key_group)) {
            *slices.entry(u32::from(key_group)).or_default() += bytes;
        }
        let elements = part.elements_range();
        if !elements.is_empty() || part.elements() > 0 {
            *slices.entry(part.subtask).or_default() += elements.end - elements.start;
        }
    }
    slices
}

/// The parts whose rows are shown: of broadcast state only the first copy.
fn shown(state: &Inner) -> impl Iterator<Item = &Part> {
    let copies = if state.kind == StateKind::Broadcast { 1 } else { usize::MAX };
    let has_data = |part: &&Part| state.kind != StateKind::Broadcast || part.elements() > 0;
    state.parts.iter().filter(has_data).take(copies)
}

/// Splits slices into at most `n` runs with about the same number of bytes: first, last, bytes.
pub(super) fn split(slices: &BTreeMap<u32, u64>, n: usize) -> Vec<(u32, u32, u64)> {
    let total: u64 = slices.values().sum();
    let n = n.clamp(1, slices.len().max(1)) as u64;
    let mut runs: Vec<(u32, u32, u64)> = Vec::new();
    let mut before = 0;
    let mut bucket = None;
    for (&slice, &bytes) in slices {
        // The run in which the middle of the slice lies.
        let middle = u128::from(before) + u128::from(bytes / 2);
        let this = middle * u128::from(n) / u128::from(total.max(1));
        match runs.last_mut() {
            Some((_, last, sum)) if bucket == Some(this) => {
                *last = slice;
                *sum += bytes;
            }
            _ => runs.push((slice, slice, bytes)),
        }
        bucket = Some(this);
        before += bytes;
    }
    runs
}

/// Whether the state has key groups.
pub(super) fn is_keyed(state: &Inner) -> bool {
    !state.parts.iter().any(|part| matches!(part.data, Data::List(_) | Data::Broadcast { .. }))
}

/// The sections of a task in the order in which they are read: by key group, or by subtask.
pub(super) fn sections(state: &Inner, key_groups: Option<(u16, u16)>, subtasks: Option<(u32, u32)>) -> Vec<Section> {
    let mut sections = Vec::new();
    for (index, part) in state.parts.iter().enumerate() {
        let section = |range| Section { part: index, key_group: None, range, position: 0, is_copy: false };
        let has_subtask = subtasks.is_some_and(|(first, last)| (first..=last).contains(&part.subtask));
        match &part.data {
            Data::Broadcast { .. } if part.elements() == 0 => {}
            Data::Broadcast { .. } => {
                sections.push(Section { is_copy: !sections.is_empty(), ..section(part.elements_range()) });
            }
            Data::List(stream) if !has_subtask || stream.bounds.is_empty() => {}
            Data::List(stream) if stream.compressed => {
                let pairs = stream.bounds.iter().zip(stream.bounds.iter().skip(1));
                sections.extend(
                    pairs.zip(0..).map(|((&start, &end), position)| Section { position, ..section(start..end) }),
                );
            }
            Data::List(_) => sections.push(section(part.elements_range())),
            _ => {
                let Some((first, last)) = key_groups else { continue };
                let wanted = part.key_groups().filter(|(key_group, _)| (first..=last).contains(key_group));
                sections
                    .extend(wanted.map(|(key_group, range)| Section { key_group: Some(key_group), ..section(range) }));
                // Their place is known to the database only: what counts is about how many bytes they are.
                let wanted = part.shares().iter().filter(|(key_group, _)| (first..=last).contains(key_group));
                sections.extend(
                    wanted.map(|&(key_group, bytes)| Section { key_group: Some(key_group), ..section(0..bytes) }),
                );
            }
        }
    }
    sections.sort_by_key(|section| section.key_group);
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_about_the_same_number_of_bytes() {
        let slices: BTreeMap<u32, u64> = (0..10).map(|i| (i, 10)).collect();
        assert_eq!(split(&slices, 1), [(0, 9, 100)]);
        assert_eq!(split(&slices, 2), [(0, 4, 50), (5, 9, 50)]);
        assert_eq!(split(&slices, 100).len(), 10);
        let skewed = BTreeMap::from([(0, 1), (1, 1), (2, 96), (3, 1), (4, 1)]);
        assert_eq!(split(&skewed, 3), [(0, 1, 2), (2, 2, 96), (3, 4, 2)]);
        assert_eq!(split(&BTreeMap::new(), 4), []);
        assert_eq!(split(&BTreeMap::from([(3, 0), (4, 0)]), 2), [(3, 4, 0)]);
    }
}
