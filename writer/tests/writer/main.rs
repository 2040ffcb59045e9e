//! Savepoints written from the project's own snapshots, read back.
#![allow(missing_docs, reason = "tests")]

mod failures;
mod rewrite;
mod support;
