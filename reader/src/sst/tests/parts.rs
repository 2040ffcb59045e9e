//! Blocks, footers and properties on their own.

use bytes::Bytes;
use proptest::prelude::*;

use super::build::{self, compress};
use crate::error::ErrorKind;
use crate::sst::block::{Entries, Handle};
use crate::sst::compression::uncompress;
use crate::sst::footer::Footer;
use crate::sst::index::{IndexFormat, KeyRange, blocks};
use crate::sst::properties::{Metaindex, Properties};

fn all(block: Vec<u8>) -> crate::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut entries = Entries::new(Bytes::from(block))?;
    let mut all = Vec::new();
    while entries.advance()? {
        all.push((entries.key().to_vec(), entries.value().to_vec()));
    }
    Ok(all)
}

proptest! {
    #[test]
    fn entries_come_back(
        mut entries in prop::collection::vec((prop::collection::vec(0u8..3, 8..20), prop::collection::vec(any::<u8>(), 0..200)), 0..20),
        restart_interval in 1usize..5,
    ) {
        entries.sort();
        prop_assert_eq!(all(build::block(&entries, restart_interval, true)).unwrap(), entries);
    }

    #[test]
    fn any_bytes_are_no_block_or_one(bytes in prop::collection::vec(any::<u8>(), 0..64), small in any::<bool>()) {
        let mut bytes = bytes;
        if small && bytes.len() > 8 {
            let end = bytes.len();
            bytes[end - 4..].copy_from_slice(&[1, 0, 0, 0]);
        }
        let _ = all(bytes.clone());
        for delta in [false, true] {
            let format = IndexFormat { delta, first_keys: delta, ..IndexFormat::default() };
            let _ = blocks(Bytes::from(bytes.clone()), format, &KeyRange::default());
        }
        let _ = Metaindex::parse(Bytes::from(bytes.clone()));
        let _ = Properties::parse(Bytes::from(bytes.clone()));
        let _ = Footer::parse(&bytes);
        for compression in 0..9 {
            let _ = uncompress(compression, 5, &bytes);
        }
    }

    #[test]
    fn compressed_bytes_come_back(bytes in prop::collection::vec(0u8..4, 0..3000)) {
        for version in [0, 1, 2, 5] {
            for compression in [1, 2, 4, 5] {
                let stored = compress(compression, version, &bytes);
                prop_assert_eq!(uncompress(compression, version, &stored).unwrap(), Some(bytes.clone()));
            }
        }
        let stored = compress(7, 2, &bytes);
        prop_assert_eq!(uncompress(7, 2, &stored).unwrap(), Some(bytes.clone()));
        prop_assert_eq!(uncompress(0, 5, &bytes).unwrap(), None);
    }
}

#[test]
fn bombs_are_refused_before_anything_is_allocated() {
    let mut claim = Vec::new();
    build::varint(0xFFFF_FFFF, &mut claim);
    for compression in [1, 2, 4, 5, 7] {
        let payload = [&claim[..], &[0; 40]].concat();
        let error = uncompress(compression, 5, &payload).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{compression}: {error}");
        // Within the limit of a block, and far from what so few bytes can make.
        let mut claim = Vec::new();
        build::varint(200 << 20, &mut claim);
        assert!(uncompress(compression, 5, &[&claim[..], &[0; 40]].concat()).is_err(), "{compression}");
    }
    // Without a length in front, zlib says how long it is only by its data.
    let bomb = compress(2, 0, &vec![0; (256 << 20) + 1]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(uncompress(2, 0, &bomb).unwrap_err().message(), "corrupt zlib block");
    // A length that is too small or too large.
    for (compression, length) in [(2, 99), (2, 101), (4, 99), (4, 101), (7, 99), (7, 101)] {
        let mut stored = compress(compression, 5, &[7; 100]);
        assert_eq!(stored[0], 100);
        stored[0] = length;
        assert!(uncompress(compression, 5, &stored).is_err(), "{compression} {length}");
    }
}

#[test]
fn compressions_that_are_not_supported_have_names() {
    for (compression, message) in
        [(3, "block compressed with bzip2"), (6, "block compressed with Xpress"), (200, "block with compression 200")]
    {
        assert_eq!(uncompress(compression, 5, &[0; 9]).unwrap_err().message(), message);
    }
}

#[test]
fn tables_that_are_not_supported_have_names() {
    let footer = |version: u32, magic: u64| [&[0; 41][..], &version.to_le_bytes(), &magic.to_le_bytes()].concat();
    for (version, magic, message) in [
        (6, 0x88E2_41B7_85F4_CFF7, "table of format version 6: versions up to 5 are supported"),
        (5, 0x8242_2296_63BF_9564, "table format PlainTable: only block-based tables are supported"),
        (5, 0x9267_89D0_C5F1_7873, "table format CuckooTable: only block-based tables are supported"),
        (5, 42, "file ends with 000000000000002a: no table of RocksDB"),
    ] {
        assert_eq!(Footer::parse(&footer(version, magic)).unwrap_err().message(), message);
    }
    let mut unknown = footer(5, 0x88E2_41B7_85F4_CFF7);
    unknown[0] = 9;
    assert_eq!(Footer::parse(&unknown).unwrap_err().message(), "block checksum of type 9");
    for length in 0..48 {
        assert!(Footer::parse(&footer(0, 0xDB47_7524_8B80_FB57)[53 - length..]).is_err());
    }
}

#[test]
fn properties_that_are_not_supported_have_names() {
    let parse = |name: &str, value: &[u8]| {
        Properties::parse(Bytes::from(build::block(&[(name.as_bytes().to_vec(), value.to_vec())], 1, true)))
    };
    for (name, value, message) in [
        (
            "rocksdb.comparator",
            &b"leveldb.BytewiseComparator.u64ts"[..],
            "keys in the order of leveldb.BytewiseComparator.u64ts",
        ),
        ("rocksdb.block.based.table.index.type", &[4, 0, 0, 0], "table index of type 4"),
    ] {
        let error = parse(name, value).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, message));
    }
    let operator = parse("rocksdb.merge.operator", b"UInt64AddOperator").unwrap().other_merge_operator;
    assert_eq!(operator.as_deref(), Some("UInt64AddOperator"));
    let dictionary = (b"rocksdb.compression_dict".to_vec(), vec![1, 2]);
    let error = Metaindex::parse(Bytes::from(build::block(&[dictionary], 1, true))).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, "table compressed with a dictionary"));
}

#[test]
fn handles_stay_in_their_file() {
    let handle = |offset, size| Handle { offset, size }.range(100).ok();
    assert_eq!(handle(5, 90), Some(5..100));
    for (offset, size) in [(6, 90), (101, 0), (u64::MAX, 1), (1, u64::MAX), (96, 0)] {
        assert_eq!(handle(offset, size), None, "{offset} {size}");
    }
}
