//! What Flink must hold, and whether it does.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use flink_state_reader::metadata::{Metadata, StreamHandle};
use serde_json::{Map, Value, json};

use super::case::{Edit, Held, How, Restore, Target};
use super::held;
use super::program;

/// Operator and state.
type StateName = (String, String);

/// A row that Flink must hold.
#[derive(Clone)]
struct Row {
    row: Value,
    /// Printed by Flink or written in the case, so that nothing but the same row equals it; else printed by the program.
    is_exact: bool,
}

impl Row {
    fn is(&self, row: &Value) -> bool {
        if self.is_exact {
            return self.row == *row;
        }
        // A query need not say the key group: Flink itself fails if a key lies in a wrong one.
        match row.get("key_group").filter(|_| self.row.get("key_group").is_none()) {
            Some(key_group) => {
                let mut wanted = self.row.clone();
                wanted["key_group"] = key_group.clone();
                held::matches(&wanted, row)
            }
            None => held::matches(&self.row, row),
        }
    }
}

/// What Flink must hold once it has restored a target.
#[derive(Clone)]
pub(crate) struct Expected {
    states: BTreeMap<StateName, Vec<Row>>,
}

impl Expected {
    /// From the source and from what the case says; the target is not read.
    pub(crate) fn of(target: &Target<'_>, data: &Path) -> Result<Self, String> {
        let case = target.case;
        let mut expected = Self { states: BTreeMap::new() };
        let is_kept = |operator: &str, state: &str| {
            case.how != How::Bootstrap || case.kept.iter().any(|kept| names(kept, operator, state))
        };
        for (operator, state, row) in held_by_source(target) {
            if is_kept(&operator, &state) {
                let operator = case.operators.get(&operator).cloned().unwrap_or(operator);
                expected.states.entry((operator, state)).or_default().push(Row { row, is_exact: true });
            }
        }
        expected.states.retain(|(operator, state), _| !case.holds.keys().any(|name| names(name, operator, state)));
        case.edits.iter().try_for_each(|edit| expected.edit(edit))?;
        let queries = case.holds.iter().filter_map(|(name, held)| match held {
            Held::Query(query) => Some((name.as_str(), query.as_str())),
            Held::Rows(_) => None,
        });
        let answers = program::answers(target, &queries.collect::<Vec<_>>(), data)?;
        let rows = case.holds.iter().filter_map(|(name, held)| match held {
            Held::Query(_) => None,
            Held::Rows(rows) => Some((name.clone(), rows.clone())),
        });
        for ((name, rows), is_exact) in
            rows.map(|named| (named, true)).chain(answers.into_iter().map(|named| (named, false)))
        {
            if let Some((operator, state)) = name.split_once('.') {
                let rows = rows.into_iter().map(|row| Row { row, is_exact });
                expected.states.entry((operator.to_owned(), state.to_owned())).or_default().extend(rows);
            }
        }
        match expected.states.values().all(Vec::is_empty) {
            true => Err("Flink would have to hold nothing at all".to_owned()),
            false => Ok(expected),
        }
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), String> {
        let is_meant = |row: &Row| edit.rows.iter().all(|(column, value)| row.row.get(column) == Some(value));
        let mut edited = 0;
        for ((operator, state), rows) in &mut self.states {
            if !names(&edit.state, operator, state) {
                continue;
            }
            edited += rows.iter().filter(|row| is_meant(row)).count();
            if edit.set.is_empty() {
                rows.retain(|row| !is_meant(row));
            }
            for row in rows.iter_mut().filter(|row| is_meant(row)) {
                for (pointer, value) in &edit.set {
                    let place = row.row.pointer_mut(pointer);
                    *place.ok_or_else(|| format!("a row of {} has no {pointer}", edit.state))? = value.clone();
                }
            }
        }
        if edited == 0 { Err(format!("{} has no row {}", edit.state, json!(edit.rows))) } else { Ok(()) }
    }

    /// What differs in what Flink wrote down, if anything.
    pub(crate) fn compare(mut self, restore: &Restore<'_>, dump: &Path) -> Result<(), String> {
        let mut actual = held_rows(&fs::read_to_string(dump).map_err(|error| error.to_string())?);
        let ignored = ignored(restore);
        let forget = |row: &mut Value| row.as_object_mut().unwrap().retain(|column, _| !ignored.contains(&&**column));
        actual.iter_mut().for_each(|(_, _, row)| forget(row));
        self.states.values_mut().flatten().for_each(|row| forget(&mut row.row));
        let mut report = String::new();
        for (operator, state, row) in actual {
            let lacking = self.states.entry((operator.clone(), state.clone())).or_default();
            let position = lacking.iter().position(|wanted| wanted.is(&row));
            match position {
                Some(position) => {
                    lacking.swap_remove(position);
                }
                None => writeln!(report, "  Flink holds   {operator}.{state} {row}").unwrap(),
            }
        }
        for ((operator, state), rows) in self.states {
            for row in rows {
                writeln!(report, "  Flink lacks   {operator}.{state} {}", row.row).unwrap();
            }
        }
        match report.lines().count() {
            0 => Ok(()),
            count => {
                let mut lines: Vec<&str> = report.lines().collect();
                lines.sort_unstable_by_key(|line| line.get(16..));
                Err(format!("{count} rows differ:\n{}", lines[..count.min(12)].join("\n")))
            }
        }
    }
}

/// Whether a name in a case (`operator`, `operator.state`) means a state.
fn names(name: &str, operator: &str, state: &str) -> bool {
    name.strip_prefix(operator).is_some_and(|rest| rest.is_empty() || rest.strip_prefix('.') == Some(state))
}

/// Columns that Flink decides itself.
fn ignored(restore: &Restore<'_>) -> Vec<&'static str> {
    let mut ignored = Vec::new();
    if restore.parallelism.is_some() {
        ignored.extend(["subtask", "position"]);
    }
    if restore.case.max_parallelism.is_some() {
        ignored.push("key_group");
    }
    ignored
}

/// What Flink held once it had restored the source: its states, and the state of its enumerators.
fn held_by_source(target: &Target<'_>) -> Vec<(String, String, Value)> {
    let mut rows = held_rows(&fs::read_to_string(target.folder().join("expected.ndjson")).unwrap());
    let metadata = fs::read(held::location(&target.folder()).join("_metadata")).unwrap();
    let metadata = Metadata::parse(&metadata.into()).unwrap();
    let uids: BTreeMap<String, String> =
        target.description().operators.into_iter().map(|(uid, operator)| (operator, uid)).collect();
    for operator in &metadata.operators {
        if let Some(StreamHandle::Inline { data, .. }) = &operator.coordinator {
            // A source's coordinator writes its own version before the enumerator's checkpoint.
            let hex: String = data.iter().skip(4).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            let id = operator.id.to_string();
            let uid = uids.get(&id).cloned().unwrap_or(id);
            rows.push((uid, "$enumerator".to_owned(), json!({ "value": hex })));
        }
    }
    rows
}

/// Operator, state and row of each line in the form of `expected.ndjson`.
fn held_rows(text: &str) -> Vec<(String, String, Value)> {
    let row = |line: &str| {
        let mut line: Map<String, Value> = serde_json::from_str(line).unwrap();
        let mut take = |field: &str| line.remove(field).unwrap();
        let name = |value: Value| value.as_str().unwrap().to_owned();
        (name(take("operator")), name(take("state")), take("row"))
    };
    text.lines().map(row).collect()
}
