//! Integration tests of the writer, in one binary.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not seen as tests"
)]

mod bootstrap;
mod encode;
mod failures;
mod key;
mod new_state;
mod random;
mod refusals;
mod rewrite;
mod support;
mod vectors;
