//! Statements of a script that changes state.
//!
//! ```text
//! script    = statement {";" statement} [";"]
//! statement = "CREATE" ["OR" "REPLACE"] "STATE" state "(" column {"," column} ")" {option} "AS" query
//!           | "DROP" "STATE" state
//!           | "ALTER" "STATE" state "RENAME" "TO" name
//!           | "CREATE" "OPERATOR" uid ["PARALLELISM" number] ["MAX" "PARALLELISM" number]
//!           | "DROP" "OPERATOR" operator
//!           | "ALTER" "OPERATOR" operator "RENAME" "TO" uid
//!           | "ALTER" "OPERATOR" operator "SET" "key_hash" "=" string     `Convention`
//!           | "SET" "max_parallelism" ("=" | "TO") number                 1 to 32768
//!           | sql                                                         DataFusion's: UPDATE, DELETE, INSERT, …
//! state     = operator "." name
//! operator  = name                                                        a uid or an operator ID
//! column    = ("KEY" | "VALUE" | "NAMESPACE") type                        each once; `Type::parse`
//! option    = "KIND" kind | "WITH" "(" "ttl" ")"                          each once
//! kind      = "value" | "list" | "map" | "reducing" | "aggregating" | "timer"
//!           | "operator_list" | "operator_union" | "broadcast"
//! name      = word | '"' … '"'
//! ```
//!
//! Keywords are read in any case. Without a kind it is value state, whatever its type is: a value of type `MAP<K, V>` is
//! a value that is a map, and map state says `KIND map`.

mod create;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;

use std::fmt;

use datafusion::sql::sqlparser::tokenizer::Token;
use flink_state_reader::StateKind;
use flink_state_reader::types::Type;

pub use parse::{MAX_PARALLELISM, parse};
pub use tokens::Position;

use crate::error::Result;
use tokens::Tokens;

/// A statement and where it stands in its script. It is displayed as its place: `statement 2 (line 7)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptStatement {
    /// From 1 on.
    pub number: usize,
    /// What it says.
    pub statement: Statement,
    /// Its text, without what is before and behind it.
    pub text: String,
    /// Where it starts.
    pub position: Position,
}

impl fmt::Display for ScriptStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {} (line {})", self.number, self.position.line)
    }
}

/// A statement of a rewrite or bootstrap script.
#[expect(clippy::large_enum_variant, reason = "a script has few statements")]
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// What DataFusion runs and what changes no state: `SELECT`, `CREATE EXTERNAL TABLE`, `CREATE VIEW`.
    Sql(String),
    /// `UPDATE`: the SQL text. A target may be a path into a struct: `SET value.address.zip = '10115'`.
    Update(String),
    /// `DELETE FROM`: the SQL text.
    Delete(String),
    /// `INSERT INTO`: the SQL text.
    Insert(String),
    /// `CREATE STATE … AS SELECT …`.
    CreateState {
        /// Whether it may replace a state.
        or_replace: bool,
        /// Uid or ID of the operator.
        operator: String,
        /// Name of the state.
        state: String,
        /// Type of the key; none for list and union state of the operator.
        key: Option<Type>,
        /// Type of the value; none for timers.
        value: Option<Type>,
        /// Type of the namespace, unless it is the void one.
        namespace: Option<Type>,
        /// What kind of state it is.
        kind: StateKind,
        /// Whether it has a time to live.
        ttl: bool,
        /// The query that gives its rows.
        query: String,
    },
    /// `DROP STATE`.
    DropState {
        /// Uid or ID of the operator.
        operator: String,
        /// Name of the state.
        state: String,
    },
    /// `ALTER STATE … RENAME TO`.
    RenameState {
        /// Uid or ID of the operator.
        operator: String,
        /// Name of the state.
        state: String,
        /// Its new name.
        to: String,
    },
    /// `DROP OPERATOR`.
    DropOperator {
        /// Uid or ID of the operator.
        operator: String,
    },
    /// `ALTER OPERATOR … RENAME TO`.
    RenameOperator {
        /// Uid or ID of the operator.
        operator: String,
        /// Its new uid.
        to: String,
    },
    /// `ALTER OPERATOR … SET key_hash`: how the keys of an operator compute their hash, where Flink does not say it.
    SetKeyHash {
        /// Uid or ID of the operator.
        operator: String,
        /// The text form of a [`Convention`](flink_state_writer::key::Convention).
        convention: String,
    },
    /// `CREATE OPERATOR`.
    CreateOperator {
        /// Its uid.
        uid: String,
        /// Number of subtasks.
        parallelism: Option<u32>,
        /// Number of key groups.
        max_parallelism: Option<u32>,
    },
    /// `SET max_parallelism = n`.
    SetMaxParallelism(u32),
}

/// `"uid"."state"`
fn state_name(tokens: &mut Tokens<'_>) -> Result<(String, String)> {
    let operator = tokens.name("an operator")?;
    tokens.sign(&Token::Period)?;
    let state = tokens.name("a state")?;
    if tokens.is(&Token::Period) {
        let error = tokens.expected(&["the end of the name"]);
        return Err(error.with_hint(Some(
            "a state is named by its operator and its name: only the first snapshot is rewritten".to_owned(),
        )));
    }
    Ok((operator, state))
}
