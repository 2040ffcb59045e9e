//! Writes Apache Flink savepoints without a JVM: Arrow data to encoded values, types to serializer snapshots.
//!
//! ```text
//! Type        -> serializer -> serializer snapshot ─┐
//! key, value  -> bytes ──────> entries ─────────────┤
//! another snapshot's entries, byte for byte ────────┴-> state -> files -> savepoint -> _metadata
//! ```
//!
//! A [`savepoint::Plan`] says what becomes of each operator; [`savepoint::write()`] writes it to a new directory.
//!
//! The writer never guesses: what can't be written as Flink would write it is refused with the reason. The same input
//! always gives the same bytes.

pub mod encode;
pub mod key;
mod release;
pub mod savepoint;
pub mod serializer;
pub mod state;

pub use flink_state_reader::{Context, Error, ErrorKind, Result};
pub use release::FlinkVersion;
