//! Tables and databases: made ones against a model, real ones, and their damage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::database::Database;
use super::entries::EntriesReader;
use super::table::TableReader;
use super::*;
use crate::bytes::Cursor;
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::{IncrementalHandle, KeyGroupRange, LocalFile};
use crate::snapshot::Snapshot;
use crate::sst::checksum::Checksum;
use crate::sst::footer::Footer;
use crate::sst::index::KeyRange;
use crate::sst::key::MAX_SEQUENCE;
use crate::sst::tests::build::{self, Format, Index, internal};
use crate::state::part::Data;
use crate::store::StateFile;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn inline(data: Vec<u8>) -> StreamHandle {
    StreamHandle::Inline { name: String::new(), data: Bytes::from(data) }
}

async fn store() -> Store {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("_metadata"), "").unwrap();
    Store::open(directory.path().to_str().unwrap(), &[]).await.unwrap().0
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A table with what a MANIFEST says about it.
fn table(
    number: u64,
    entries: &Pairs,
    deletions: &Pairs,
    format: &Format,
    extra: &[(&str, Vec<u8>)],
) -> (Table, StreamHandle) {
    let user_key = |key: &Vec<u8>| key[..key.len() - 8].to_vec();
    let keys: BTreeSet<Vec<u8>> = entries.iter().chain(deletions).map(|(key, _)| user_key(key)).collect();
    let last = entries.iter().map(|(key, _)| user_key(key)).max();
    let end = deletions.iter().map(|(_, end)| end.clone()).max();
    let excludes_largest = end > last;
    let data = build::table(entries, deletions, format, extra);
    let table = Table {
        number,
        size: data.len() as u64,
        smallest: keys.first().cloned().unwrap_or_default(),
        largest: end.max(last).unwrap_or_default(),
        excludes_largest,
        largest_sequence: 77,
    };
    (table, inline(data))
}

fn sorted(mut entries: Pairs) -> Pairs {
    entries.sort_by(|(a, _), (b, _)| {
        let split = |key: &[u8]| {
            let (user, trailer) = key.split_last_chunk::<8>().unwrap();
            (user.to_vec(), std::cmp::Reverse(u64::from_le_bytes(*trailer)))
        };
        split(a).cmp(&split(b))
    });
    entries
}

async fn read(family: &Arc<ColumnFamily>, first: u16, last: u16) -> Result<Pairs> {
    let mut reader = EntriesReader::new(Arc::clone(family), first..=last);
    let mut pairs = Vec::new();
    for key_group in first..=last {
        reader.start();
        loop {
            reader.fill(key_group).await?;
            let (bytes, offset) = reader.entries();
            let mut input = Cursor::with_offset(bytes, offset);
            while !input.is_empty() {
                pairs.push((input.length_prefixed()?.to_vec(), input.length_prefixed()?.to_vec()));
                assert_eq!(u16::from(pairs.last().unwrap().0[0]), key_group);
            }
            reader.consume(input.offset());
            if reader.has_ended() {
                break;
            }
        }
    }
    Ok(pairs)
}

async fn family(tables: Vec<(Table, StreamHandle)>) -> Arc<ColumnFamily> {
    Arc::new(ColumnFamily::new("state", StateKind::List, 128, &(0..=127), store().await, tables))
}

fn pair(key: &[u8], sequence: u64, value_type: u8, value: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (internal(key, sequence, value_type), value.to_vec())
}

#[test]
fn every_format_gives_the_same_entries() {
    let entries: Pairs = (0..40u8).map(|i| pair(&[i / 7, b'k', i], u64::from(i) + 1, 1, &[i; 30])).collect();
    let expected: Pairs = (0..40u8).map(|i| (vec![i / 7, b'k', i], vec![i; 30])).collect();
    let mut formats = 0;
    for (version, checksum) in [(0, 1), (1, 2), (2, 3), (3, 0), (4, 1), (5, 4), (5, 2), (5, 3)] {
        for compression in [0, 1, 2, 4, 5, 7] {
            for index in [Index::Plain, Index::Delta, Index::FirstKey, Index::TwoLevels] {
                for user_keys in [false, true] {
                    if compression == 7 && version < 2 {
                        continue;
                    }
                    let hash_index = user_keys;
                    let format =
                        Format { version, checksum, compression, index, user_keys, hash_index, ..Format::default() };
                    block_on(async {
                        let family = family(vec![table(3, &entries, &Vec::new(), &format, &[])]).await;
                        let found = read(&family, 0, 127).await.unwrap_or_else(|e| panic!("{format:?}: {e}"));
                        assert_eq!(found, expected, "{format:?}");
                        let two: Pairs = expected.iter().filter(|(key, _)| matches!(key[0], 2 | 3)).cloned().collect();
                        assert_eq!(read(&family, 2, 3).await.unwrap(), two, "{format:?}");
                    });
                    formats += 1;
                }
            }
        }
    }
    println!("{formats} formats");
}

/// A change of a database, in the order of its sequence number.
#[derive(Clone, Debug)]
enum Change {
    Put(Vec<u8>, Vec<u8>),
    Merge(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>, bool),
    DeleteRange(Vec<u8>, Vec<u8>),
}

fn changes() -> impl Strategy<Value = Vec<(Change, usize)>> {
    let key = || (0u8..4, 0u8..4).prop_map(|(key_group, key)| vec![key_group, key]);
    let value = || prop::collection::vec(b'a'..b'e', 0..4);
    let change = prop_oneof![
        3 => (key(), value()).prop_map(|(key, value)| Change::Put(key, value)),
        3 => (key(), value()).prop_map(|(key, value)| Change::Merge(key, value)),
        2 => (key(), any::<bool>()).prop_map(|(key, single)| Change::Delete(key, single)),
        1 => (key(), key()).prop_map(|(a, b)| Change::DeleteRange(a.clone().min(b.clone()), a.max(b))),
    ];
    prop::collection::vec((change, 0usize..4), 0..60)
}

fn apply(model: &mut BTreeMap<Vec<u8>, Vec<u8>>, change: &Change) {
    match change {
        Change::Put(key, value) => drop(model.insert(key.clone(), value.clone())),
        Change::Merge(key, operand) => match model.get_mut(key) {
            Some(value) => {
                value.push(b',');
                value.extend(operand);
            }
            None => drop(model.insert(key.clone(), operand.clone())),
        },
        Change::Delete(key, _) => drop(model.remove(key)),
        Change::DeleteRange(start, end) => model.retain(|key, _| !(start..end).contains(&key)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_merge_of_tables_is_what_the_changes_make(changes in changes(), block in 1usize..5, two_levels in any::<bool>()) {
        let mut model = BTreeMap::new();
        let mut parts = vec![(Pairs::new(), Pairs::new()); 4];
        for ((change, part), sequence) in changes.iter().zip(1..) {
            apply(&mut model, change);
            let (entries, deletions) = &mut parts[*part];
            match change {
                Change::Put(key, value) => entries.push(pair(key, sequence, 1, value)),
                Change::Merge(key, operand) => entries.push(pair(key, sequence, 2, operand)),
                Change::Delete(key, single) => entries.push(pair(key, sequence, if *single { 7 } else { 0 }, b"")),
                Change::DeleteRange(start, end) if start < end => deletions.push(pair(start, sequence, 0x0F, end)),
                Change::DeleteRange(..) => {}
            }
        }
        let index = if two_levels { Index::TwoLevels } else { Index::Delta };
        let format = Format { block, index, ..Format::default() };
        let tables = parts.into_iter().zip(1..).filter(|((entries, deletions), _)| !(entries.is_empty() && deletions.is_empty()));
        let tables = tables.map(|((e, d), number)| table(number, &sorted(e), &sorted(d), &format, &[])).collect();
        let found = block_on(async {
            let family = family(tables).await;
            let all = read(&family, 0, 127).await.unwrap();
            let part: Pairs = all.iter().filter(|(key, _)| (1..=2).contains(&key[0])).cloned().collect();
            assert_eq!(read(&family, 1, 2).await.unwrap(), part);
            all
        });
        prop_assert_eq!(found, model.into_iter().collect::<Pairs>());
    }
}

#[test]
fn a_range_deletion_ends_with_its_table() {
    // The upper half of the tombstone was compacted away, and a newer value there has lost its sequence number.
    let format = Format::default();
    let mut left = table(1, &vec![pair(&[1, 1], 3, 1, b"old")], &vec![pair(&[1, 0], 9, 0x0F, &[5, 0])], &format, &[]);
    left.0.largest = vec![2, 0];
    let right = table(2, &vec![pair(&[3, 0], 0, 1, b"new")], &Vec::new(), &format, &[]);
    let found = block_on(async { read(&family(vec![left, right]).await, 0, 127).await.unwrap() });
    assert_eq!(found, [(vec![3, 0], b"new".to_vec())]);
    // A table that ends in a key of its own deletes that key too.
    let mut deleted =
        table(1, &vec![pair(&[2, 0], 3, 1, b"old")], &vec![pair(&[1, 0], 9, 0x0F, &[5, 0])], &format, &[]);
    (deleted.0.largest, deleted.0.excludes_largest) = (vec![2, 0], false);
    assert_eq!(block_on(async { read(&family(vec![deleted]).await, 0, 127).await.unwrap() }), []);
    assert_eq!(MAX_SEQUENCE, u64::MAX >> 8);
}

#[test]
fn ingested_tables_have_one_sequence_number() {
    let format = Format::default();
    let extra = |version: u32, sequence: u64| {
        vec![
            ("rocksdb.external_sst_file.global_seqno", sequence.to_le_bytes().to_vec()),
            ("rocksdb.external_sst_file.version", version.to_le_bytes().to_vec()),
        ]
    };
    let older = || table(1, &vec![pair(&[1], 50, 1, b"older"), pair(&[2], 90, 1, b"newer")], &Vec::new(), &format, &[]);
    let ingested =
        |extra: Vec<_>| table(2, &vec![pair(&[1], 0, 1, b"i"), pair(&[2], 0, 1, b"i")], &Vec::new(), &format, &extra);
    let values = |tables| {
        block_on(async { read(&family(tables).await, 0, 127).await })
            .map(|pairs| pairs.into_iter().map(|(_, value)| String::from_utf8(value).unwrap()).collect::<Vec<_>>())
    };
    // The MANIFEST says 77.
    assert_eq!(values(vec![older(), ingested(extra(2, 77))]).unwrap(), ["i", "newer"]);
    assert_eq!(values(vec![older(), ingested(extra(2, 0))]).unwrap(), ["i", "newer"]);
    assert_eq!(values(vec![older(), ingested(extra(1, 77))]).unwrap(), ["older", "newer"]);
    let error = values(vec![older(), ingested(extra(2, 78))]).unwrap_err();
    assert_eq!(error.message(), "ingested table has the sequence number 78, the MANIFEST says 77");
}

#[test]
fn entries_that_are_not_supported_have_names() {
    let format = Format::default();
    let value_type = |value_type| vec![pair(&[1], 3, value_type, b"")];
    let failure = |tables, kind| {
        block_on(async {
            let family = ColumnFamily::new("state", kind, 128, &(0..=127), store().await, tables);
            read(&Arc::new(family), 0, 127).await.unwrap_err()
        })
    };
    for (code, message) in [
        (0x11, "a value in a blob file (blob index): Flink's own options don't lead there"),
        (0x14, "a deletion with a user-defined timestamp: Flink's own options don't lead there"),
        (0x16, "a wide-column entity: Flink's own options don't lead there"),
    ] {
        let error = failure(vec![table(1, &value_type(code), &Vec::new(), &format, &[])], StateKind::Value);
        assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, message));
        assert_eq!(error.location(), "file inline in _metadata (000001.sst), offset 0");
    }
    let error = failure(vec![table(1, &value_type(9), &Vec::new(), &format, &[])], StateKind::Value);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Data, "entry of type 0x09"));
    let error = failure(vec![table(1, &value_type(2), &Vec::new(), &format, &[])], StateKind::Map);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, "merge operands in map state"));
    let other = [("rocksdb.merge.operator", b"max".to_vec())];
    let error = failure(vec![table(1, &value_type(2), &Vec::new(), &format, &other)], StateKind::List);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, "operands of the merge operator max"));
    let other = [("rocksdb.column.family.name", b"other".to_vec())];
    let error = failure(vec![table(1, &value_type(1), &Vec::new(), &format, &other)], StateKind::List);
    assert_eq!(error.message(), "table of column family other, not of state");
    let mut short = table(1, &value_type(1), &Vec::new(), &format, &[]);
    short.0.size += 1;
    let size = short.0.size;
    let error = failure(vec![short], StateKind::List);
    assert_eq!(error.message(), format!("table has {} bytes, the MANIFEST says {size}", size - 1));
    let unsorted = vec![pair(&[2], 3, 1, b""), pair(&[1], 2, 1, b"")];
    let mut unsorted = table(1, &unsorted, &Vec::new(), &format, &[]);
    (unsorted.0.smallest, unsorted.0.largest) = (vec![1], vec![2]);
    assert_eq!(failure(vec![unsorted], StateKind::List).message(), "keys are not in their order");
}

/// The tables of every snapshot in `testdata` with the names of their column families.
async fn real_tables() -> Vec<(String, Table, Bytes)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots")];
    while let Some(directory) = open.pop() {
        if directory.join("_metadata").exists() {
            let snapshot = Snapshot::open(directory.to_str().unwrap()).await.unwrap();
            for operator in snapshot.operators() {
                for part in operator.states().await.unwrap().iter().flat_map(|state| &state.inner().parts) {
                    let Data::RocksDb { family, .. } = &part.data else { continue };
                    for (table, stream) in &family.tables {
                        let data = snapshot.stream(stream).await.unwrap().read_all().await.unwrap();
                        found.push((family.name.clone(), table.clone(), data));
                    }
                }
            }
        }
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        open.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    found
}

/// Reads all blocks of a table.
async fn read_table(family: &str, table: &Table, data: Bytes) -> Result<usize> {
    let file = StateFile::inline("table", data);
    let (mut reader, _) = TableReader::open(file, table, family, &KeyRange::default(), 1 << 20).await?;
    let mut blocks = 0;
    while reader.next_block().await?.is_some() {
        blocks += 1;
    }
    Ok(blocks)
}

#[tokio::test]
async fn each_flipped_bit_of_a_block_is_found() {
    let entries: Pairs = (0..20u8).map(|i| pair(&[i, b'k'], u64::from(i) + 1, 1, &[i; 9])).collect();
    let deletions = vec![pair(&[90], 99, 0x0F, &[91])];
    let store = store().await;
    for (index, checksum, step) in
        [(Index::Delta, 4, 1), (Index::TwoLevels, 1, 1), (Index::Plain, 2, 7), (Index::Plain, 3, 7)]
    {
        let format = Format { index, checksum, compression: 1, ..Format::default() };
        let (table, _) = table(7, &entries, &deletions, &format, &[]);
        let data = build::table(&entries, &deletions, &format, &[]);
        let open = async |data: Vec<u8>| {
            let tables = vec![(table.clone(), inline(data))];
            let family = ColumnFamily::new("state", StateKind::List, 128, &(0..=127), store.clone(), tables);
            read(&Arc::new(family), 0, 127).await
        };
        assert_eq!(open(data.clone()).await.unwrap().len(), 20);
        // All but the footer are blocks: of data, range deletions, properties, indexes, metaindex.
        for i in (0..data.len() - 53).step_by(step) {
            let mut damaged = data.clone();
            damaged[i] ^= 1 << (i % 8);
            let error = open(damaged).await.unwrap_err();
            assert_eq!(error.message(), "checksum of a block does not match its bytes", "byte {i}");
            let location = error.location();
            assert!(location.starts_with("file inline in _metadata (000007.sst), offset "), "{location}");
            assert!(error.offset().unwrap() <= i as u64, "{location}, byte {i}");
        }
    }
}

/// Whether the blocks of a table have checksums.
fn has_checksums(data: &[u8]) -> bool {
    Footer::parse(&data[data.len() - 53..]).unwrap().checksum != Checksum::None
}

#[tokio::test]
async fn flipped_bits_of_real_tables_are_found() {
    let tables: Vec<_> = real_tables().await.into_iter().filter(|(_, _, data)| has_checksums(data)).collect();
    let (mut blocks, mut flips) = (0, 0);
    for (family, table, data) in &tables {
        blocks += read_table(family, table, data.clone()).await.unwrap();
        for i in (0..data.len() - 53).step_by(data.len() / 20 + 1) {
            let mut damaged = data.to_vec();
            damaged[i] ^= 1 << (i % 8);
            let error = read_table(family, table, damaged.into()).await.unwrap_err();
            assert_eq!(error.message(), "checksum of a block does not match its bytes", "{error}");
            flips += 1;
        }
    }
    println!("{} tables with checksums, {blocks} blocks, {flips} flips", tables.len());
    assert!(blocks > 300, "{blocks} blocks");
}

/// Without checksums a flip may go unseen, but it never ends in anything but blocks or bad data.
#[tokio::test]
async fn flipped_bits_of_real_tables_without_checksums_are_survived() {
    let tables: Vec<_> = real_tables().await.into_iter().filter(|(_, _, data)| !has_checksums(data)).collect();
    let (mut blocks, mut flips, mut unseen) = (0, 0, 0);
    for (family, table, data) in &tables {
        blocks += read_table(family, table, data.clone()).await.unwrap();
        for i in (0..data.len() - 53).step_by(data.len() / 200 + 1) {
            let mut damaged = data.to_vec();
            damaged[i] ^= 1 << (i % 8);
            match read_table(family, table, damaged.into()).await {
                Err(error) => assert_ne!(error.kind(), ErrorKind::Bug, "{error}"),
                Ok(_) => unseen += 1,
            }
            flips += 1;
        }
    }
    println!("{} tables without checksums, {blocks} blocks, {flips} flips, {unseen} unseen", tables.len());
    assert!(blocks > 10, "{blocks} blocks");
}

#[tokio::test]
async fn real_tables_that_are_cut_are_errors() {
    for (family, table, data) in &real_tables().await {
        for length in (0..data.len()).step_by(data.len() / 20 + 1) {
            let table = Table { size: length as u64, ..table.clone() };
            assert!(read_table(family, &table, data.slice(..length)).await.is_err());
        }
    }
}

fn handle(files: &[(&str, Vec<u8>)]) -> IncrementalHandle {
    let file =
        |(name, data): &(&str, Vec<u8>)| LocalFile { local_path: (*name).to_owned(), stream: inline(data.clone()) };
    IncrementalHandle {
        checkpoint_id: 1,
        backend_id: "b".to_owned(),
        key_groups: KeyGroupRange::try_new(0..=127).unwrap(),
        meta: inline(Vec::new()),
        shared: Vec::new(),
        private: files.iter().map(file).collect(),
        v2: None,
    }
}

fn manifest(edits: &[Vec<u8>]) -> Vec<u8> {
    let mut family = build::tagged(200, &[1]);
    family.extend(build::tagged(201, &[]));
    build::text(b"state", &mut family);
    let edits: Vec<Vec<u8>> = std::iter::once(family)
        .chain(edits.iter().map(|edit| [build::tagged(200, &[1]), edit.clone()].concat()))
        .collect();
    build::log(&edits, false)
}

fn open(files: &[(&str, Vec<u8>)]) -> Result<ColumnFamily> {
    block_on(async {
        let store = store().await;
        let database = Database::open(&store, &handle(files)).await?;
        database.column_family(&store, "state", StateKind::List, 128)
    })
}

fn error(files: &[(&str, Vec<u8>)]) -> Error {
    open(files).unwrap_err()
}

const CURRENT: &[u8] = b"MANIFEST-000004\n";

#[test]
fn a_database_is_found_by_its_file_names() {
    let entries = vec![pair(&[1], 3, 1, b"v"), pair(&[9], 3, 1, b"v")];
    let (table, _) = table(12, &entries, &Vec::new(), &Format::default(), &[]);
    let data = build::table(&entries, &Vec::new(), &Format::default(), &[]);
    let added = build::new_file(103, 12, table.size, &entries[0].0, &entries[1].0, &[]);
    let files = [
        ("CURRENT", CURRENT.to_vec()),
        ("MANIFEST-000004", manifest(std::slice::from_ref(&added))),
        ("MANIFEST-000001", vec![1]),
        ("OPTIONS-000007", vec![1]),
        ("000013.log", Vec::new()),
        ("000012.sst", data.clone()),
        ("000099.sst", vec![1]),
    ];
    let family = open(&files).unwrap();
    assert_eq!(family.bytes(), table.size);
    assert_eq!(family.key_groups(), (1..=9).map(|i| (i, table.size / 9)).collect::<Vec<_>>());
    assert_eq!(block_on(read(&Arc::new(family), 0, 127)).unwrap().len(), 2);

    let with = |name: &'static str, data: Vec<u8>| {
        let mut files: Vec<_> = files.iter().filter(|(other, _)| *other != name).cloned().collect();
        files.push((name, data));
        error(&files).to_string()
    };
    let without =
        |name: &str| error(&files.iter().filter(|(other, _)| *other != name).cloned().collect::<Vec<_>>()).to_string();
    assert_eq!(without("CURRENT"), "the handle has no file CURRENT");
    let wrong =
        |text: &str| format!("CURRENT holds {text:?}, which is no MANIFEST of the handle (file inline in _metadata)");
    assert_eq!(without("MANIFEST-000004"), wrong("MANIFEST-000004\n"));
    for text in ["MANIFEST-000004", "MANIFEST-000005\n", "../MANIFEST-000004\n", "\n", ""] {
        assert_eq!(with("CURRENT", text.as_bytes().to_vec()), wrong(text));
    }
    assert_eq!(
        without("000012.sst"),
        "table 000012.sst is not among the handle's files (file inline in _metadata (MANIFEST-000004))"
    );
    assert_eq!(
        with("000012.sst", data[1..].to_vec()),
        format!(
            "table 000012.sst has {} bytes, its handle says {} (file inline in _metadata (MANIFEST-000004))",
            data.len(),
            data.len() - 1
        )
    );
    let whole = manifest(std::slice::from_ref(&added));
    let cut = with("MANIFEST-000004", whole[..whole.len() - 1].to_vec());
    assert!(cut.contains("(file inline in _metadata, offset ") && cut.contains("field MANIFEST-000004"), "{cut}");
    assert_eq!(with("000014.log", vec![1]), "entries in the write-ahead log 000014.log");
    assert_eq!(with("000014.blob", vec![1]), "values in the blob file 000014.blob");
    for name in ["../000012.sst", "/etc/passwd", "a\\b", "C:x", "..", "", "x.sst", "+1.sst"] {
        assert_eq!(with(name, vec![1]), format!("{name:?} is no name of a database file"));
    }
    assert_eq!(with("12.sst", vec![1]), "the handle has two files with the name 12.sst");
    let error = block_on(async {
        let store = store().await;
        let database = Database::open(&store, &handle(&files)).await.unwrap();
        database.column_family(&store, "other", StateKind::List, 128).unwrap_err()
    });
    assert_eq!(error.message(), "the database has no column family of the state's name");
}
