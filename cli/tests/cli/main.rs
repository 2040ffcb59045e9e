//! Whole commands, as in a terminal.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod flink;
mod guide;
#[path = "../held/mod.rs"]
mod held;
mod statements;
mod transcript;

/// One test for each file in `tests/transcripts`, and a check that none is forgotten.
macro_rules! transcripts {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            transcript::check(stringify!($name));
        })*

        #[test]
        fn every_transcript_is_checked() {
            assert_eq!(transcript::names(), [$(stringify!($name)),*]);
        }
    };
}

transcripts!(bad_input, bad_rewrite, diff, export, formats, inspect, moved, readme, rewrite, sql, uid, verify);

/// The README shows the commands of its transcript and what they print.
#[test]
fn readme_is_its_transcript() {
    let readme = include_str!("../../../README.md");
    for line in include_str!("../transcripts/readme.txt").lines() {
        let shown = line.strip_prefix("$ cd .. && flink-state ").unwrap_or(line);
        assert!(readme.contains(shown), "README.md lacks: {shown}");
    }
}
