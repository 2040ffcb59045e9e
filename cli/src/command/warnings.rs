//! What results lack, as warnings on stderr: one line for each state and reason, over all key groups.

use std::collections::BTreeSet;
use std::fmt;

use flink_state_sql::Gap;

use crate::error::one_line;

/// Key groups that are named one by one.
const NAMED: usize = 8;

/// Prints what a query could not give.
pub(super) fn print(gaps: &[Gap]) {
    let mut warnings = Warnings::default();
    for Gap { catalog, operator, state, key_group, rows, reason } in gaps {
        match state {
            Some(state) => warnings.add(&format!("{catalog}.{operator}.{state}"), *key_group, *rows, reason),
            None => warnings.add(&format!("{catalog}.{operator}"), None, None, reason),
        }
    }
    warnings.print();
}

/// Collects what could not be given.
#[derive(Debug, Default)]
pub(super) struct Warnings(Vec<Warning>);

#[derive(Debug)]
struct Warning {
    source: String,
    reason: String,
    /// How many rows, where all parts know it.
    rows: Option<u64>,
    key_groups: BTreeSet<u16>,
}

impl Warnings {
    /// Adds rows of a state (or all of it) that could not be given.
    pub(super) fn add(&mut self, source: &str, key_group: Option<u16>, rows: Option<u64>, reason: &str) {
        match self.0.iter_mut().find(|warning| warning.source == source && warning.reason == reason) {
            Some(warning) => {
                warning.rows = warning.rows.zip(rows).map(|(one, other)| one + other);
                warning.key_groups.extend(key_group);
            }
            None => self.0.push(Warning {
                source: source.to_owned(),
                reason: reason.to_owned(),
                rows,
                key_groups: key_group.into_iter().collect(),
            }),
        }
    }

    /// Whether nothing is lacking.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Prints them.
    pub(super) fn print(&self) {
        for warning in &self.0 {
            eprintln!("warning: {}", one_line(&warning.to_string()));
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            Some(1) => f.write_str("1 row of ")?,
            Some(rows) => write!(f, "{rows} rows of ")?,
            None if self.key_groups.is_empty() => {}
            None => f.write_str("rows of ")?,
        }
        f.write_str(&self.source)?;
        let named: Vec<String> = self.key_groups.iter().map(u16::to_string).collect();
        match named.as_slice() {
            [] => {}
            [one] => write!(f, " in key group {one}")?,
            few if few.len() <= NAMED => write!(f, " in key groups {}", few.join(", "))?,
            many => write!(f, " in {} key groups", many.len())?,
        }
        write!(f, " could not be given: {}", self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_a_state_and_a_reason() {
        let mut warnings = Warnings::default();
        warnings.add("op.a", Some(3), Some(1), "no length");
        warnings.add("op.b", None, None, "not supported");
        warnings.add("op.a", Some(1), Some(2), "no length");
        warnings.add("op.c", Some(1), None, "no length");
        (0..9).for_each(|key_group| warnings.add("op.d", Some(key_group), Some(1), "x"));
        let lines: Vec<String> = warnings.0.iter().map(Warning::to_string).collect();
        assert_eq!(
            lines,
            [
                "3 rows of op.a in key groups 1, 3 could not be given: no length",
                "op.b could not be given: not supported",
                "rows of op.c in key group 1 could not be given: no length",
                "9 rows of op.d in 9 key groups could not be given: x",
            ]
        );
    }
}
