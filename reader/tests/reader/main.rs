//! Integration tests of the reader, in one binary.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not seen as tests"
)]

mod avro;
mod bad;
mod changelog;
mod damage;
mod decode;
mod expected;
mod kryo;
mod raw;
mod scan;
mod segments;
mod snapshots;
mod table;
mod vectors;
