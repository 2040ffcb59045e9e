//! MANIFESTs: made ones, and their damage.

use super::build::{internal, log, new_file, tagged, text};
use crate::error::{ErrorKind, Result};
use crate::sst::key::MAX_SEQUENCE;
use crate::sst::manifest::{Manifest, Table};

fn added(family: u64, name: &[u8]) -> Vec<u8> {
    let mut out = tagged(200, &[family]);
    out.extend(tagged(201, &[]));
    text(name, &mut out);
    out
}

fn in_family(family: u64, edits: &[Vec<u8>]) -> Vec<u8> {
    [tagged(200, &[family]), edits.concat()].concat()
}

fn file(number: u64) -> Vec<u8> {
    new_file(103, number, 100, &internal(b"a", 5, 1), &internal(b"k", 3, 1), &[5, 1, 0])
}

fn numbers(manifest: &Manifest, family: &str) -> Vec<u64> {
    manifest.tables(family).unwrap().map(|table| table.number).collect()
}

fn parse(records: &[Vec<u8>]) -> Result<Manifest> {
    Manifest::parse(&log(records, false))
}

/// A little database, in pieces of every kind.
fn records() -> Vec<Vec<u8>> {
    let mut comparator = tagged(1, &[]);
    text(b"leveldb.BytewiseComparator", &mut comparator);
    let mut cursor = tagged(5, &[1]);
    text(b"key", &mut cursor);
    let mut ignorable = tagged(8200, &[]);
    text(b"what ever", &mut ignorable);
    vec![
        [comparator, tagged(2, &[7]), tagged(3, &[8]), tagged(4, &[1 << 40]), tagged(9, &[0]), tagged(10, &[3])]
            .concat(),
        added(1, b"state"),
        added(2, &[b'n'; 33_000]),
        in_family(1, &[file(4), file(5), cursor, ignorable]),
        in_family(1, &[tagged(6, &[0, 4]), file(6)]),
        in_family(0, &[file(9)]),
        added(3, b"gone"),
        [tagged(200, &[3]), tagged(202, &[])].concat(),
        [tagged(203, &[3]), tagged(300, &[1])].concat(),
        tagged(300, &[0]),
    ]
}

#[test]
fn tables_are_those_added_and_not_deleted() {
    for recyclable in [false, true] {
        let manifest = Manifest::parse(&log(&records(), recyclable)).unwrap();
        assert_eq!(numbers(&manifest, "state"), [5, 6]);
        assert_eq!(numbers(&manifest, "default"), [9]);
        assert_eq!(numbers(&manifest, &"n".repeat(33_000)), [0; 0]);
        assert!(manifest.tables("gone").is_none());
    }
}

#[test]
fn tables_of_each_release() {
    for tag in [7, 100, 102, 103] {
        let edit = new_file(tag, 4, 100, &internal(b"a", 5, 1), &internal(b"k", 3, 1), &[]);
        let manifest = parse(&[in_family(0, &[edit])]).unwrap();
        let table = Table {
            number: 4,
            size: 100,
            smallest: b"a".to_vec(),
            largest: b"k".to_vec(),
            excludes_largest: false,
            largest_sequence: if tag == 7 { 0 } else { 9 },
        };
        assert_eq!(table.end(), b"k\0");
        assert_eq!(manifest.tables("default").unwrap().collect::<Vec<_>>(), [&table], "tag {tag}");
    }
    let edit = new_file(103, 4, 100, &internal(b"a", 5, 0x0F), &internal(b"k", MAX_SEQUENCE, 0x0F), &[]);
    let manifest = parse(&[edit]).unwrap();
    assert_eq!(manifest.tables("default").unwrap().next().unwrap().end(), b"k");
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let mut comparator = tagged(1, &[]);
    text(b"rocksdb.ReverseBytewiseComparator", &mut comparator);
    let custom = |tag: u8| new_file(103, 4, 100, &internal(b"a", 5, 1), &internal(b"k", 3, 1), &[tag, 1, 7]);
    for (edit, message) in [
        (comparator, "keys in the order of rocksdb.ReverseBytewiseComparator"),
        (tagged(400, &[1]), "values in blob files"),
        (tagged(11, &[1]), "MANIFEST with the unknown tag 11"),
        (custom(66), "MANIFEST with the unknown table tag 66"),
        (custom(4), "values in blob files"),
    ] {
        let error = parse(&[edit]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.message().starts_with(message), "{error}");
    }
}

#[test]
fn contradictions_are_errors() {
    let backwards = new_file(103, 4, 100, &internal(b"k", 5, 1), &internal(b"a", 3, 1), &[]);
    for (records, message) in [
        (vec![in_family(1, &[file(4)])], "edit of column family 1, which is not there"),
        (vec![added(1, b"a"), added(1, b"b")], "column family 1 is added twice"),
        (vec![tagged(6, &[0, 4])], "table 4 is deleted and was not there"),
        (vec![backwards], "table 4 ends before it starts"),
        (vec![tagged(300, &[2])], "the MANIFEST ends 2 edits before the end of a group"),
    ] {
        assert_eq!(parse(&records).unwrap_err().message(), message);
    }
}

#[test]
fn no_part_of_a_manifest_is_taken_for_all_of_it() {
    let records = records();
    let whole = log(&records, false);
    let expected = Manifest::parse(&whole).unwrap();
    for length in (0..whole.len()).filter(|length| !(400..32_500).contains(length)) {
        // The length that the handle has tells that there are more records.
        let complete = (0..=records.len()).rfind(|&n| log(&records[..n], false).len() <= length).unwrap();
        let is_boundary = log(&records[..complete], false).len() == length;
        match Manifest::parse(&whole[..length]) {
            Ok(part) => assert_eq!(part, Manifest::parse(&log(&records[..complete], false)).unwrap()),
            Err(e) => assert!(e.kind() == ErrorKind::Truncated && (!is_boundary || complete == 9), "{length}: {e}"),
        }
    }
    for i in (0..whole.len()).filter(|i| !(400..32_500).contains(i)) {
        let mut damaged = whole.clone();
        damaged[i] ^= 0x10;
        match Manifest::parse(&damaged) {
            Err(e) => assert!(e.offset().is_some(), "{e}"),
            // Padding.
            Ok(manifest) => assert_eq!(manifest, expected, "byte {i}"),
        }
    }
}
