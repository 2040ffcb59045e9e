//! Completion of names and keywords.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use flink_state_reader::{Operator, Snapshot};
use flink_state_sql::SnapshotArg;
use tokio::runtime::Handle;

use super::script;

const METADATA: &str = "metadata";
const METADATA_TABLES: [&str; 7] = ["snapshot", "operators", "states", "subtasks", "handles", "files", "key_groups"];
const KEYWORDS: [&str; 45] = [
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CREATE VIEW",
    "CROSS JOIN",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "FROM",
    "FULL JOIN",
    "GROUP BY",
    "HAVING",
    "IN",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "SELECT",
    "SHOW TABLES",
    "THEN",
    "UNION ALL",
    "WHEN",
    "WHERE",
    "WITH",
];

/// The names of the snapshots of a session.
pub(super) struct Names {
    snapshots: Vec<(Option<String>, Snapshot)>,
    /// Looked up when the first completion needs them.
    tree: OnceCell<Tree>,
}

/// Names that may stand at the start of a path, and what may follow some of them.
#[derive(Default)]
struct Tree {
    /// Keywords, aliases, operators, columns.
    first: BTreeSet<String>,
    /// A name and those that may stand behind its dot.
    behind: Vec<(String, BTreeSet<String>)>,
}

impl Names {
    pub(super) fn new(snapshots: &[SnapshotArg]) -> Self {
        let snapshots = snapshots.iter().map(|argument| (argument.alias.clone(), argument.snapshot.clone()));
        Self { snapshots: snapshots.collect(), tree: OnceCell::new() }
    }

    /// Where the last word of the text starts, and what it may become.
    pub(super) fn complete(&self, text: &str) -> (usize, Vec<String>) {
        self.tree.get_or_init(|| self.load()).complete(text)
    }

    /// The completer is called on a thread that may block.
    fn load(&self) -> Tree {
        let mut tree = Tree::default();
        for (alias, snapshot) in &self.snapshots {
            let mut schemas = BTreeSet::from([METADATA.to_owned()]);
            for operator in snapshot.operators() {
                schemas.insert(operator.label());
                tree.add_operator(operator);
            }
            tree.first.extend(schemas.iter().map(|schema| script::name(schema)));
            if let Some(alias) = alias {
                tree.first.insert(script::name(alias));
                tree.behind.push((alias.clone(), schemas));
            }
        }
        tree.first.extend(KEYWORDS.map(str::to_owned));
        tree.behind.push((METADATA.to_owned(), METADATA_TABLES.map(str::to_owned).into()));
        tree
    }
}

impl Tree {
    /// Adds an operator's states and their columns; none if they can't be read: a query will say why.
    fn add_operator(&mut self, operator: &Operator) {
        let Ok(states) = Handle::current().block_on(operator.states()) else { return };
        for state in states {
            self.first.extend(state.schema().fields().iter().map(|field| script::name(field.name())));
        }
        let names: BTreeSet<String> = states.iter().map(|state| state.name().to_owned()).collect();
        self.behind.push((operator.id(), names.clone()));
        self.behind.push((operator.label(), names));
    }

    fn complete(&self, text: &str) -> (usize, Vec<String>) {
        let start = script::path_start(text);
        let word = text.get(start..).unwrap_or("");
        let mut path = script::path(word);
        let last = path.pop().unwrap_or_default();
        let Some(parent) = path.last() else {
            let matching = self.first.iter().filter(|name| starts_with(name.trim_start_matches('"'), &last));
            return (start, matching.cloned().collect());
        };
        let parents: String = path.iter().map(|name| script::name(name) + ".").collect();
        let children = self.behind.iter().filter(|(name, _)| name == parent).flat_map(|(_, names)| names);
        let matching: BTreeSet<&String> = children.filter(|name| starts_with(name, &last)).collect();
        (start, matching.into_iter().map(|name| format!("{parents}{}", script::name(name))).collect())
    }
}

/// Whether the name starts with the text, in any case.
fn starts_with(name: &str, text: &str) -> bool {
    let mut name = name.chars().flat_map(char::to_lowercase);
    text.chars().flat_map(char::to_lowercase).all(|c| name.next() == Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(text: &str) -> (usize, Vec<String>) {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let tree = Tree {
            first: set(&["SELECT", "\"my-uid\"", "metadata", "map_key"]),
            behind: vec![("my-uid".into(), set(&["counts", "my state"])), ("metadata".into(), set(&["states"]))],
        };
        tree.complete(text)
    }

    #[test]
    fn completes_the_last_word() {
        assert_eq!(complete("sel"), (0, vec!["SELECT".to_owned()]));
        assert_eq!(complete("SELECT m").1, ["\"my-uid\"", "map_key", "metadata"]);
        assert_eq!(complete("FROM \"my-u"), (5, vec!["\"my-uid\"".to_owned()]));
        assert_eq!(
            complete("FROM \"my-uid\"."),
            (5, vec!["\"my-uid\".counts".to_owned(), "\"my-uid\".\"my state\"".to_owned()])
        );
        assert_eq!(complete("FROM \"my-uid\".C").1, ["\"my-uid\".counts"]);
        assert_eq!(complete("FROM a.metadata.s").1, ["a.metadata.states"]);
        assert!(complete("FROM nothing.x").1.is_empty());
    }
}
