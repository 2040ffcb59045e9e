//! Writes Apache Flink savepoints without a JVM: Arrow data to encoded values, types to serializer snapshots.
//!
//! The writer never guesses: what can't be written as Flink would write it is refused with the reason. The same input
//! always gives the same bytes.

pub mod encode;
pub mod key;
pub mod serializer;

pub use flink_state_reader::{Context, Error, ErrorKind, Result};
