//! Whether the key groups of an operator are complete: each in one subtask.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use flink_state_reader::Operator;

use super::{Check, Finding, Outcome};

/// Checks the ranges of an operator's keyed state, managed and raw each on its own. Nothing for an operator without.
pub(super) fn check(operator: &Operator) -> Vec<Finding> {
    let states = || operator.subtasks().iter().filter_map(|subtask| Some((subtask.index, subtask.state.as_deref()?)));
    let managed = states().filter_map(|(index, state)| Some((index, state.managed_keyed.as_ref()?.key_groups())));
    let raw = states().filter_map(|(index, state)| Some((index, state.raw_keyed.as_ref()?.key_groups())));
    [("managed keyed state", managed.collect::<Vec<_>>()), ("raw keyed state", raw.collect())]
        .into_iter()
        .filter(|(_, ranges)| !ranges.is_empty())
        .map(|(role, ranges)| {
            let finding = Finding::new(Check::KeyGroups, Some(operator.label()), role);
            match coverage(&ranges, operator.parallelism(), operator.max_parallelism()) {
                Coverage::Complete => finding,
                Coverage::Without(subtasks) => finding.with(Outcome::Note, format!("no such state in {subtasks}")),
                Coverage::Broken(reason) => finding.with(Outcome::Failed, reason),
            }
        })
        .collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Coverage {
    Complete,
    /// These subtasks had ended, or had not touched any keyed state: Flink writes nothing for them.
    Without(String),
    Broken(String),
}

/// Whether the ranges are all key groups, each once, but for those of subtasks that have no range.
fn coverage(ranges: &[(u32, RangeInclusive<u16>)], parallelism: u32, max_parallelism: u32) -> Coverage {
    let mut sorted: Vec<(u32, u32, u32)> = ranges
        .iter()
        .filter(|(_, range)| !range.is_empty())
        .map(|(subtask, range)| (u32::from(*range.start()), u32::from(*range.end()), *subtask))
        .collect();
    sorted.sort_unstable();
    for ((first, last, subtask), (next, _, other)) in sorted.iter().zip(sorted.iter().skip(1)) {
        if next <= last {
            let range = text(*first, *last);
            return Coverage::Broken(format!("subtask {subtask} has {range}, and subtask {other} starts at {next}"));
        }
    }
    if let Some((first, last, subtask)) = sorted.last().filter(|(_, last, _)| *last >= max_parallelism) {
        let range = text(*first, *last);
        return Coverage::Broken(format!("subtask {subtask} has {range}, but there are {max_parallelism} in all"));
    }
    let there: BTreeSet<u32> = ranges.iter().map(|(subtask, _)| *subtask).collect();
    let without: Vec<u32> = (0..parallelism).filter(|subtask| !there.contains(subtask)).collect();
    let of_those: Vec<(u32, u32)> =
        without.iter().filter_map(|subtask| range_of(*subtask, parallelism, max_parallelism)).collect();
    let mut next = 0;
    let all = max_parallelism..max_parallelism;
    for (first, last) in sorted.iter().map(|(first, last, _)| (*first, *last)).chain([(all.start, all.end)]) {
        let is_excused = |key_group: &u32| of_those.iter().any(|(first, last)| (first..=last).contains(&key_group));
        if let Some(missing) = (next..first).find(|key_group| !is_excused(key_group)) {
            return Coverage::Broken(format!("key group {missing} is in no subtask"));
        }
        next = last.saturating_add(1);
    }
    if without.is_empty() { Coverage::Complete } else { Coverage::Without(listed(&without)) }
}

/// First and last key group that Flink gives to a subtask.
///
/// Source: `KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex`.
fn range_of(subtask: u32, parallelism: u32, max_parallelism: u32) -> Option<(u32, u32)> {
    let (subtask, parallelism, max) = (u64::from(subtask), u64::from(parallelism), u64::from(max_parallelism));
    let start = (subtask * max).div_ceil(parallelism);
    let end = ((subtask + 1) * max).div_ceil(parallelism).checked_sub(1)?;
    Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
}

fn text(first: u32, last: u32) -> String {
    format!("key groups {first} to {last}")
}

fn listed(subtasks: &[u32]) -> String {
    let list: Vec<String> = subtasks.iter().map(u32::to_string).collect();
    format!("subtask{} {}", if list.len() == 1 { "" } else { "s" }, list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_flink() {
        let ranges: Vec<_> = (0..3).filter_map(|subtask| range_of(subtask, 3, 128)).collect();
        assert_eq!(ranges, [(0, 42), (43, 85), (86, 127)]);
        assert_eq!(range_of(0, 1, 32_768), Some((0, 32_767)));
    }

    #[test]
    fn gaps_and_overlaps_are_found() {
        assert_eq!(coverage(&[(1, 64..=127), (0, 0..=63)], 2, 128), Coverage::Complete);
        assert_eq!(coverage(&[(0, 0..=62), (1, 63..=127)], 2, 128), Coverage::Complete);
        assert_eq!(coverage(&[(1, 64..=127)], 2, 128), Coverage::Without("subtask 0".to_owned()));
        let broken = |ranges: &[(u32, RangeInclusive<u16>)]| match coverage(ranges, 2, 128) {
            Coverage::Broken(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(broken(&[(0, 0..=62), (1, 64..=127)]), "key group 63 is in no subtask");
        assert_eq!(broken(&[(0, 0..=63), (1, 64..=126)]), "key group 127 is in no subtask");
        assert_eq!(broken(&[(1, 65..=127)]), "key group 64 is in no subtask");
        assert_eq!(
            broken(&[(0, 0..=63), (1, 63..=127)]),
            "subtask 0 has key groups 0 to 63, and subtask 1 starts at 63"
        );
        assert_eq!(
            broken(&[(0, 0..=63), (1, 64..=128)]),
            "subtask 1 has key groups 64 to 128, but there are 128 in all"
        );
    }
}
