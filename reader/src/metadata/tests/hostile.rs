//! Files that are cut off, damaged or made to do harm.

use proptest::prelude::*;

use super::built::{MINIMAL, file, file_with_keyed, key_groups};
use super::*;

fn error(file: &Bytes) -> String {
    Metadata::parse(file).unwrap_err().to_string()
}

/// The minimal file with some text in place of another.
fn changed(from: &str, to: &str) -> Bytes {
    assert!(MINIMAL.contains(from));
    hex(&MINIMAL.replacen(from, to, 1))
}

#[test]
fn versions_that_cannot_be_read_are_named() {
    let with_version = |version: &str| changed("00000003", version);
    for (version, writer, reader) in [("00000000", "1.1", "Flink 1.2"), ("00000001", "1.2", "Flink 1.3 to 1.10")] {
        let error = Metadata::parse(&with_version(version)).unwrap_err();
        let number = &version[7..];
        let message = format!("version {number} of _metadata, written by Flink {writer}, is too old (offset 4)");
        assert_eq!((error.to_string(), error.kind()), (message, ErrorKind::Unsupported));
        assert_eq!(error.hint(), Some(&*format!("load the savepoint with {reader} and take a new one there")));
    }
    for (version, number) in [("00000063", "99"), ("00000008", "8"), ("ffffffff", "-1")] {
        let message = format!("unknown version {number} of _metadata: 2 to 7 can be read (offset 4)");
        assert_eq!(error(&with_version(version)), message);
    }
}

#[test]
fn other_files_are_told_apart() {
    let message = "no _metadata file: it starts with 504b0304, not 4960672d (offset 0)";
    assert_eq!(error(&changed("4960672d", "504b0304")), message);
    let message = "4 bytes expected, 0 are left (offset 0, field magic)";
    assert_eq!(error(&Bytes::new()), message);
    let message = "2 bytes are left over (offset 75)";
    assert_eq!(error(&hex(&format!("{MINIMAL} 0000"))), message);
}

#[test]
fn errors_say_what_and_where() {
    let keyed = "00 00 00000000 00000000";
    let place = "operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0]";
    for (from, to, message) in [
        ("00000080 00", "00000080 12", format!("tag 18 is no stream state handle (offset 48, {place}.coordinator)")),
        (
            "00000080 00",
            "00000080 10",
            format!("coordinator state is not kept inline (offset 48, {place}.coordinator)"),
        ),
        (keyed, "09", format!("tag 9 is no keyed state handle (offset 65, {place}.subtasks[0].managedKeyed)")),
        (
            "00000000 00000000 00 00",
            "00000001 0c",
            format!("tag 12 is no operator state handle (offset 61, {place}.subtasks[0].managedOperator)"),
        ),
        (
            "00000001 00000080",
            "00000081 00000080",
            "parallelism 129 is larger than the maximum parallelism 128 \
             (offset 40, operator ba84ff2bcd12bf763f4542f308bb6398, field operators[0])"
                .into(),
        ),
        (
            "00000001 00000080",
            "80000000 00000080",
            format!("negative number -2147483648 (offset 40, {place}.parallelism)"),
        ),
        (
            "00000001 00000000 00000000",
            "00000002 00000000 00000000",
            format!("2 subtasks are more than the parallelism 1 (offset 49, {place}.subtasks)"),
        ),
        (
            "00000001 00000000 00000000",
            "00000001 00000001 00000000",
            format!("subtask 1 of 1 (offset 53, {place}.subtasks[0].index)"),
        ),
        (
            "00000001 00000000 00000000",
            "00000001 fffffffe 00000000",
            format!("subtask -2 of 1 (offset 53, {place}.subtasks[0].index)"),
        ),
        (
            "0000000000000000",
            "8000000000000000",
            "negative number -9223372036854775808 (offset 8, field checkpointId)".into(),
        ),
        (
            "00000000 00000001",
            "00000000 7fffffff",
            "count or length 2147483647 does not fit into the 51 bytes that are left (offset 20, field operators)"
                .into(),
        ),
        (
            "00000000 00000001",
            "00000001 c96b1695 00000000 0000000000000000000000000000",
            "master state starts with c96b1695, not c96b1696 (offset 20, field masterStates[0])".into(),
        ),
    ] {
        assert_eq!(error(&changed(from, to)), message, "{to}");
    }
}

#[test]
fn key_groups_and_offsets_have_bounds() {
    let place = "operator abababababababababababababababab, field operators[0].subtasks[0].managedKeyed";
    let keyed = |start: i32, count: i32, offset: i64| {
        error(&file_with_keyed(4, |out| {
            out.u8(3);
            out.i32(start);
            out.i32(count);
            (0..count.clamp(0, 128)).for_each(|_| out.i64(offset));
            out.u8(2);
            out.i64(10);
            out.utf("f").unwrap();
        }))
    };
    for (start, count) in [(0, 129), (127, 2), (-1, 2), (5, 0), (5, -1), (i32::MAX, i32::MAX)] {
        let message = format!(
            "{count} key groups from {start} on are not within the operator's 128 (offset 66, {place}.keyGroups)"
        );
        assert_eq!(keyed(start, count, 0), message);
    }
    assert_eq!(keyed(0, 1, -1), format!("negative offset -1 (offset 74, {place}.offsets)"));
    let message = format!("offset 11 lies behind the end of its stream of 10 bytes (offset 66, {place}.offsets)");
    assert_eq!(keyed(0, 1, 11), message);
}

#[test]
fn numbers_with_names_must_be_known() {
    let place = "operator abababababababababababababababab, field operators[0].subtasks[0].managedOperator";
    let operator_state = |mode: i8, scope: i32, start: i64, empty: bool| {
        error(&file(4, |out| {
            out.i32(1);
            out.i32(0);
            out.i32(1);
            out.u8(17);
            out.i32(1);
            out.utf("s").unwrap();
            out.i8(mode);
            out.i32(0);
            out.utf("").unwrap();
            out.utf("").unwrap();
            out.bool(empty);
            out.u8(15);
            out.i64(start);
            out.i64(1);
            out.i32(scope);
        }))
    };
    let message = format!("unknown distribution mode 3 (offset 69, {place}.states[0].mode)");
    assert_eq!(operator_state(3, 0, 0, false), message);
    let message = format!("unknown scope 2 of a file segment (offset 96, {place}.stream.scope)");
    assert_eq!(operator_state(0, 2, 0, false), message);
    let message = format!("segment of 1 bytes at 9223372036854775807 overflows (offset 80, {place}.stream)");
    assert_eq!(operator_state(0, 0, i64::MAX, false), message);
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| {
        file_with_keyed(4, |out| {
            for _ in 0..depth {
                out.u8(14);
                key_groups(out);
                out.i64(0);
                out.i32(1);
            }
            out.u8(0);
            for _ in 0..depth {
                out.i32(0);
                out.i64(0);
                out.i64(0);
                out.utf("").unwrap();
            }
        })
    };
    Metadata::parse(&nested(8)).unwrap();
    assert!(error(&nested(9)).starts_with("state handles are nested more than 8 deep (offset "));
    assert!(error(&nested(100_000)).starts_with("state handles are nested more than 8 deep (offset "));

    let streams = file_with_keyed(4, |out| {
        for _ in 0..100_000 {
            out.u8(3);
            key_groups(out);
            out.i64(0);
            out.i64(0);
        }
    });
    assert!(error(&streams).starts_with("state handles are nested more than 8 deep (offset "));
}

#[test]
fn every_part_of_a_file_is_an_error() {
    let mut parts = 0;
    for (path, file) in real_files().iter().step_by(4) {
        // Every length of the small ones; of the large ones about a thousand.
        let step = file.len() / 1000 + 1;
        for length in (0..file.len()).step_by(step) {
            assert!(Metadata::parse(&file.slice(..length)).is_err(), "{} cut to {length} bytes", path.display());
            parts += 1;
        }
    }
    println!("{parts} parts of files are refused");
}

#[test]
fn a_large_number_anywhere_does_no_harm() {
    for (_, file) in real_files().iter().step_by(16) {
        for position in (0..file.len() - 4).step_by(file.len() / 150 + 1) {
            for number in [i32::MAX, i32::MIN, -1, 0x00FF_FFFF] {
                let mut damaged = file.to_vec();
                damaged[position..position + 4].copy_from_slice(&number.to_be_bytes());
                check_consistent(&damaged.into());
            }
        }
    }
}

/// A file that is read can be written, and what was written is read as the same.
fn check_consistent(file: &Bytes) {
    if let Ok(metadata) = Metadata::parse(file)
        && let Ok(encoded) = metadata.encode()
    {
        assert_eq!(Metadata::parse(&encoded.into()).unwrap(), metadata);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_does_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        every in 1usize..12,
    ) {
        let built = [hex(MINIMAL)];
        for file in real_files().iter().step_by(every).map(|(_, file)| file).take(60).chain(&built) {
            let mut damaged = file.to_vec();
            for (position, byte) in &damage {
                let position = position.index(damaged.len());
                damaged[position] = *byte;
            }
            check_consistent(&damaged.into());
        }
    }

    #[test]
    fn noise_does_no_harm(version in 2u32..8, noise in prop::collection::vec(any::<u8>(), 0..300)) {
        check_consistent(&file(version, |out| out.bytes(&noise)));
    }
}
