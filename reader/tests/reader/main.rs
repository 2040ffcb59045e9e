//! Integration tests of the reader, in one binary.

mod decode;
mod snapshots;
mod vectors;
