//! Opens Apache Flink savepoints and retained checkpoints without a JVM and decodes their state into Arrow.
//!
//! ```text
//! store -> _metadata -> state handles -> entries (key group, key, namespace, value as bytes)
//!       -> decoder -> Arrow record batches
//! ```
//!
//! [`Snapshot`] is the entry: open it once, ask it for its [`Operator`]s and their [`State`]s, build a [`Scan`] of one
//! state, split that into [`ScanTask`]s and run each of them to a stream of record batches.
//!
//! Parsers take bytes and do no I/O; `store` and `scan` are the thin drivers that fetch what the parsers need.

pub mod bytes;
pub mod decode;
mod error;
pub mod java;
pub mod metadata;
mod scan;
pub mod serializer;
mod snapshot;
mod sst;
mod state;
mod store;
pub mod types;

pub use error::{Context, Error, ErrorKind, Result};
pub use scan::{Gap, GapKind, Scan, ScanBuilder, ScanStream, ScanTask};
pub use snapshot::{OpenOptions, Operator, Snapshot};
pub use state::{BackendState, Layout, State, StateKind, StateMeta, table_schema};
pub use store::{FoundFile, PathMapping, Place, StateFile};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
