//! SQL over Apache Flink state: a DataFusion session whose catalogs are snapshots.
//!
//! ```text
//! catalog "snapshot" (or an alias)  =  a snapshot
//!   schema "<uid or operator ID>"   =  an operator
//!     table "<state>"               =  a state: a scan of flink-state-reader, one DataFusion partition a task
//!   schema "metadata"               =  what the snapshot consists of: operators, states, files, key groups, …
//!   schema "information_schema"     =  DataFusion's own
//! ```
//!
//! [`Session`] is the entry: open it with snapshots, give it a statement, read the [`Query`]'s record batches, then ask
//! the query for its [`Gap`]s: the rows that are in the snapshot and could not be given, with the reason.
//!
//! A session only reads: statements that would write are refused. [`rewrite`] runs scripts that change state.

mod catalog;
pub mod diff;
mod error;
mod functions;
mod gaps;
mod metadata;
mod parallel;
mod pushdown;
mod query;
pub mod rewrite;
mod scan;
mod session;
pub mod statement;
mod suggest;
mod table;
mod unknown;
pub mod verify;

pub use datafusion::sql::parser::Statement;
pub use error::{Error, ErrorKind, Result};
pub use gaps::{Gap, GapKind};
pub use metadata::{SnapshotFile, files};
pub use query::{Query, QueryProgress};
pub use session::{Session, SessionOptions, SnapshotArg};
