//! What results lack, as warnings on stderr: one line for each state and reason, over all key groups.

use std::collections::BTreeSet;
use std::fmt;

use flink_state_reader::GapKind;
use flink_state_sql::Gap;

use crate::error::one_line;

/// Key groups that are named one by one.
const NAMED: usize = 8;

/// What could not be given as it is in the snapshot.
#[derive(Debug, Default)]
pub(super) struct Warnings(Vec<Warning>);

#[derive(Debug)]
struct Warning {
    kind: GapKind,
    /// The state; several that can't be read at all for the same reason.
    sources: Vec<String>,
    reason: String,
    /// `None`: not known, or all.
    rows: Option<u64>,
    key_groups: BTreeSet<u16>,
}

impl Warnings {
    /// The warnings of a query.
    pub(super) fn of_query(gaps: Vec<Gap>) -> Self {
        let mut warnings = Self::default();
        for Gap { kind, catalog, operator, state, key_group, rows, reason } in gaps {
            match state {
                Some(state) => warnings.add(kind, &format!("{catalog}.{operator}.{state}"), key_group, rows, &reason),
                None => warnings.add_whole(&format!("{catalog}.{operator}"), &reason),
            }
        }
        warnings
    }

    /// Adds rows of a state.
    pub(super) fn add(&mut self, kind: GapKind, source: &str, key_group: Option<u16>, rows: Option<u64>, reason: &str) {
        let same =
            |warning: &&mut Warning| warning.kind == kind && warning.sources == [source] && warning.reason == reason;
        match self.0.iter_mut().find(same) {
            Some(warning) => {
                warning.rows = warning.rows.zip(rows).map(|(one, other)| one + other);
                warning.key_groups.extend(key_group);
            }
            None => self.0.push(Warning {
                kind,
                sources: vec![source.to_owned()],
                reason: reason.to_owned(),
                rows,
                key_groups: key_group.into_iter().collect(),
            }),
        }
    }

    /// Adds a state, or an operator, of which nothing can be given.
    pub(super) fn add_whole(&mut self, source: &str, reason: &str) {
        let same = |warning: &&mut Warning| {
            warning.rows.is_none() && warning.key_groups.is_empty() && warning.reason == reason
        };
        match self.0.iter_mut().find(same) {
            Some(warning) => warning.sources.push(source.to_owned()),
            None => self.add(GapKind::Missing, source, None, None, reason),
        }
    }

    /// Whether everything is there; values that are given as bytes are.
    pub(super) fn is_complete(&self) -> bool {
        self.0.iter().all(|warning| warning.kind == GapKind::Undecoded)
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
        f.write_str(&self.sources.join(", "))?;
        let named: Vec<String> = self.key_groups.iter().map(u16::to_string).collect();
        match named.as_slice() {
            [] => {}
            [one] => write!(f, " in key group {one}")?,
            few if few.len() <= NAMED => write!(f, " in key groups {}", few.join(", "))?,
            many => write!(f, " in {} key groups", many.len())?,
        }
        match self.kind {
            GapKind::Missing => write!(f, " could not be given: {}", self.reason),
            _ => write!(f, ": {}", self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_a_state_and_a_reason() {
        let mut warnings = Warnings::default();
        warnings.add(GapKind::Undecoded, "op.a", None, Some(2), "given as bytes");
        assert!(warnings.is_complete());
        warnings.add(GapKind::Missing, "op.a", Some(3), Some(1), "no length");
        warnings.add_whole("op.b", "not supported");
        warnings.add(GapKind::Missing, "op.a", Some(1), Some(2), "no length");
        warnings.add(GapKind::Missing, "op.c", Some(1), None, "no length");
        warnings.add_whole("op.e", "not supported");
        (0..9).for_each(|key_group| warnings.add(GapKind::Missing, "op.d", Some(key_group), Some(1), "x"));
        let lines: Vec<String> = warnings.0.iter().map(Warning::to_string).collect();
        assert_eq!(
            lines,
            [
                "2 rows of op.a: given as bytes",
                "3 rows of op.a in key groups 1, 3 could not be given: no length",
                "op.b, op.e could not be given: not supported",
                "rows of op.c in key group 1 could not be given: no length",
                "9 rows of op.d in 9 key groups could not be given: x",
            ]
        );
        assert!(!warnings.is_complete());
    }
}
