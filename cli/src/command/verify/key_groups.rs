//! Whether the key groups of an operator are complete: each in one subtask.

use std::ops::RangeInclusive;

use flink_state_reader::Operator;

use super::{Check, Finding};

/// Checks the ranges of an operator's keyed state, managed and raw each on its own. Nothing for an operator without.
pub(super) fn check(operator: &Operator) -> Vec<Finding> {
    let states = || operator.subtasks().iter().filter_map(|subtask| Some((subtask.index, subtask.state.as_deref()?)));
    let managed = states().filter_map(|(index, state)| Some((index, state.managed_keyed.as_ref()?.key_groups())));
    let raw = states().filter_map(|(index, state)| Some((index, state.raw_keyed.as_ref()?.key_groups())));
    [("managed keyed state", managed.collect::<Vec<_>>()), ("raw keyed state", raw.collect())]
        .into_iter()
        .filter(|(_, ranges)| !ranges.is_empty())
        .map(|(role, ranges)| {
            let finding = Finding::ok(Check::KeyGroups, format!("{}: {role}", operator.label()));
            match complete(&ranges, operator.parallelism(), operator.max_parallelism()) {
                Coverage::Complete => finding,
                Coverage::Without(subtasks) => finding.note(format!("no such state in {}", listed("subtask", &subtasks))),
                Coverage::Broken(reason) => finding.failed(reason),
            }
        })
        .collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Coverage {
    Complete,
    /// These subtasks had ended, or had not touched any keyed state: Flink writes nothing for them.
    Without(Vec<u32>),
    Broken(String),
}

/// Whether the ranges of the subtasks are those that Flink gives them at this parallelism.
///
/// Source: `KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex`.
fn complete(ranges: &[(u32, RangeInclusive<u16>)], parallelism: u32, max_parallelism: u32) -> Coverage {
    let mut without = Vec::new();
    let mut seen: Vec<RangeInclusive<u32>> = Vec::new();
    for subtask in 0..parallelism {
        let expected = range_of(subtask, parallelism, max_parallelism);
        let mut held = ranges.iter().filter(|(index, _)| *index == subtask).map(|(_, range)| widen(range));
        match held.next() {
            None => without.push(subtask),
            Some(range) if range == expected => {}
            Some(range) => {
                if let Some(other) = seen.iter().find(|other| overlap(other, &range)) {
                    let (range, other) = (text(&range), text(other));
                    return Coverage::Broken(format!("subtask {subtask} has {range}, another one {other}: they overlap"));
                }
                let (range, expected) = (text(&range), text(&expected));
                return Coverage::Broken(format!("subtask {subtask} has {range}, not {expected}"));
            }
        }
        if held.next().is_some() {
            return Coverage::Broken(format!("subtask {subtask} is there twice"));
        }
        seen.push(expected);
    }
    if without.is_empty() { Coverage::Complete } else { Coverage::Without(without) }
}

fn range_of(subtask: u32, parallelism: u32, max_parallelism: u32) -> RangeInclusive<u32> {
    let (subtask, parallelism, max) = (u64::from(subtask), u64::from(parallelism), u64::from(max_parallelism));
    let start = (subtask * max).div_ceil(parallelism);
    let end = ((subtask + 1) * max).div_ceil(parallelism).saturating_sub(1);
    let narrow = |key_group: u64| u32::try_from(key_group).unwrap_or(u32::MAX);
    narrow(start)..=narrow(end)
}

fn widen(range: &RangeInclusive<u16>) -> RangeInclusive<u32> {
    u32::from(*range.start())..=u32::from(*range.end())
}

fn overlap(one: &RangeInclusive<u32>, other: &RangeInclusive<u32>) -> bool {
    one.start() <= other.end() && other.start() <= one.end()
}

fn text(range: &RangeInclusive<u32>) -> String {
    format!("key groups {} to {}", range.start(), range.end())
}

fn listed(noun: &str, numbers: &[u32]) -> String {
    let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
    format!("{noun}{} {}", if list.len() == 1 { "" } else { "s" }, list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_flink() {
        let starts: Vec<_> = (0..3).map(|subtask| range_of(subtask, 3, 128)).collect();
        assert_eq!(starts, [0..=42, 43..=85, 86..=127]);
        assert_eq!(range_of(0, 1, 32_768), 0..=32_767);
    }

    #[test]
    fn gaps_and_overlaps_are_found() {
        assert_eq!(complete(&[(0, 0..=63), (1, 64..=127)], 2, 128), Coverage::Complete);
        assert_eq!(complete(&[(1, 64..=127)], 2, 128), Coverage::Without(vec![0]));
        let broken = |ranges: &[(u32, RangeInclusive<u16>)]| match complete(ranges, 2, 128) {
            Coverage::Broken(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(broken(&[(0, 0..=62), (1, 64..=127)]), "subtask 0 has key groups 0 to 62, not key groups 0 to 63");
        assert_eq!(
            broken(&[(0, 0..=63), (1, 63..=127)]),
            "subtask 1 has key groups 63 to 127, another one key groups 0 to 63: they overlap"
        );
        assert_eq!(broken(&[(0, 0..=63), (0, 0..=63)]), "subtask 0 is there twice");
    }
}
