//! Sessions over real snapshots.

#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not seen as tests"
)]

mod create;
mod diff;
mod fixture;
mod metadata;
mod names;
mod plans;
mod queries;
mod rewrite;
mod rewrite_keys;
mod rewrite_script;
mod rewrite_values;
mod truth;
mod verify;
