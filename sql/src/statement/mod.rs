//! Statements of a script that changes state.

use flink_state_reader::StateKind;
use flink_state_reader::types::Type;

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
        /// Type of the key; none for operator state.
        key: Option<Type>,
        /// Type of the value.
        value: Type,
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
    },
    /// `SET max_parallelism = n`.
    SetMaxParallelism(u32),
}
