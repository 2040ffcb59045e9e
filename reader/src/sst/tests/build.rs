//! Makes tables and MANIFESTs. It shares no code with the parsers; the benchmark has it too.

use std::io::Write;

/// Bytes behind a block's payload.
const TRAILER: u64 = 5;

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) version: u32,
    /// The code of the checksum; version 0 has CRC32C whatever this says.
    pub(crate) checksum: u8,
    pub(crate) compression: u8,
    pub(crate) index: Index,
    pub(crate) user_keys: bool,
    pub(crate) hash_index: bool,
    /// Entries of a data block.
    pub(crate) block: usize,
    pub(crate) restart_interval: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    Plain,
    Delta,
    FirstKey,
    TwoLevels,
}

impl Default for Format {
    fn default() -> Self {
        Self {
            version: 5,
            checksum: 4,
            compression: 0,
            index: Index::Delta,
            user_keys: true,
            hash_index: false,
            block: 4,
            restart_interval: 3,
        }
    }
}

pub(crate) fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7F).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

pub(crate) fn text(text: &[u8], out: &mut Vec<u8>) {
    varint(text.len() as u64, out);
    out.extend_from_slice(text);
}

pub(crate) fn internal(user_key: &[u8], sequence: u64, value_type: u8) -> Vec<u8> {
    [user_key, &(sequence << 8 | u64::from(value_type)).to_le_bytes()].concat()
}

/// The payload of a block.
pub(crate) fn block(entries: &[(Vec<u8>, Vec<u8>)], restart_interval: usize, has_lengths: bool) -> Vec<u8> {
    let (mut out, mut restarts, mut last) = (Vec::new(), vec![], &Vec::new());
    for (i, (key, value)) in entries.iter().enumerate() {
        let shared = if i % restart_interval == 0 {
            restarts.push(u32::try_from(out.len()).unwrap());
            0
        } else {
            key.iter().zip(last).take_while(|(a, b)| a == b).count()
        };
        varint(shared as u64, &mut out);
        varint((key.len() - shared) as u64, &mut out);
        if has_lengths {
            varint(value.len() as u64, &mut out);
        }
        out.extend_from_slice(&key[shared..]);
        out.extend_from_slice(value);
        last = key;
    }
    if restarts.is_empty() {
        restarts.push(0);
    }
    restarts.iter().for_each(|restart| out.extend(restart.to_le_bytes()));
    out.extend(u32::try_from(restarts.len()).unwrap().to_le_bytes());
    out
}

/// Puts a hash index into a block, which says nothing.
fn with_hash_index(mut block: Vec<u8>) -> Vec<u8> {
    let word = block.split_off(block.len() - 4);
    block.extend([255; 7]);
    block.extend(7u16.to_le_bytes());
    block.extend((u32::from_le_bytes(word.try_into().unwrap()) | 1 << 31).to_le_bytes());
    block
}

pub(crate) fn compress(compression: u8, version: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if version >= 2 && compression > 1 {
        varint(payload.len() as u64, &mut out);
    } else if matches!(compression, 4 | 5) {
        out.extend((payload.len() as u64).to_le_bytes());
    }
    match compression {
        0 => out.extend(payload),
        1 => out.extend(snap::raw::Encoder::new().compress_vec(payload).unwrap()),
        2 => {
            let mut encoder = flate2::write::DeflateEncoder::new(&mut out, flate2::Compression::default());
            encoder.write_all(payload).unwrap();
            encoder.finish().unwrap();
        }
        4 | 5 => out.extend(lz4_flex::block::compress(payload)),
        7 => out.extend(zstd::bulk::compress(payload, 3).unwrap()),
        other => panic!("compression {other}"),
    }
    out
}

fn masked_crc32c(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// The checksum of a payload and its compression byte.
fn checksum(code: u8, block: &[u8]) -> u32 {
    let low = |hash: u64| u32::try_from(hash & 0xFFFF_FFFF).unwrap();
    let (last, payload) = block.split_last().unwrap();
    match code {
        0 => 0,
        1 => masked_crc32c(block),
        2 => twox_hash::XxHash32::oneshot(0, block),
        3 => low(twox_hash::XxHash64::oneshot(0, block)),
        4 => low(twox_hash::XxHash3_64::oneshot(payload)) ^ u32::from(*last).wrapping_mul(0x6B90_83D9),
        other => panic!("checksum {other}"),
    }
}

/// A file in the making.
#[derive(Default)]
struct File(Vec<u8>);

impl File {
    /// Appends a block, and gives its handle.
    fn add(&mut self, payload: &[u8], compression: u8, format: &Format) -> (u64, u64) {
        let mut block = compress(compression, format.version, payload);
        let handle = (self.0.len() as u64, block.len() as u64);
        block.push(compression);
        let checksum = checksum(if format.version == 0 { 1 } else { format.checksum }, &block);
        self.0.extend(block);
        self.0.extend(checksum.to_le_bytes());
        handle
    }
}

fn handle((offset, size): (u64, u64)) -> Vec<u8> {
    let mut out = Vec::new();
    varint(offset, &mut out);
    varint(size, &mut out);
    out
}

/// The handle of a block, its first and its last key.
type Block = ((u64, u64), Vec<u8>, Vec<u8>);

/// Entries of an index.
fn index(blocks: &[Block], format: &Format, first_keys: bool) -> Vec<u8> {
    let delta = format.index != Index::Plain;
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (i, (block, first, last)) in blocks.iter().enumerate() {
        let key = if format.user_keys { last[..last.len() - 8].to_vec() } else { last.clone() };
        let shares =
            i % format.restart_interval != 0 && entries.last().is_some_and(|(before, _)| before.first() == key.first());
        let mut value = Vec::new();
        match i.checked_sub(1).map(|before| blocks[before].0) {
            Some((offset, size)) if delta && shares => {
                assert_eq!(block.0, offset + size + TRAILER);
                let difference = i64::try_from(block.1).unwrap() - i64::try_from(size).unwrap();
                varint(((difference << 1) ^ (difference >> 63)).cast_unsigned(), &mut value);
            }
            _ => value = handle(*block),
        }
        if first_keys {
            text(first, &mut value);
        }
        entries.push((key, value));
    }
    block(&entries, format.restart_interval, !delta)
}

/// A table of point entries and range deletions, by internal key; its properties are `extra` and what it needs.
pub(crate) fn table(
    entries: &[(Vec<u8>, Vec<u8>)],
    deletions: &[(Vec<u8>, Vec<u8>)],
    format: &Format,
    extra: &[(&str, Vec<u8>)],
) -> Vec<u8> {
    let mut file = File::default();
    let mut blocks = Vec::new();
    for part in entries.chunks(format.block) {
        let payload = block(part, format.restart_interval, true);
        let payload = if format.hash_index { with_hash_index(payload) } else { payload };
        let handle = file.add(&payload, format.compression, format);
        blocks.push((handle, part[0].0.clone(), part.last().unwrap().0.clone()));
    }
    let mut meta: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    if !deletions.is_empty() {
        let payload = block(deletions, 1, true);
        meta.push((b"rocksdb.range_del".to_vec(), handle(file.add(&payload, 0, format))));
    }
    let first_keys = format.index == Index::FirstKey;
    let top = if format.index == Index::TwoLevels {
        let mut partitions = Vec::new();
        for part in blocks.chunks(2) {
            let handle = file.add(&index(part, format, false), format.compression, format);
            partitions.push((handle, part[0].1.clone(), part.last().unwrap().2.clone()));
        }
        index(&partitions, format, false)
    } else {
        index(&blocks, format, first_keys)
    };
    let flag = |set: bool| vec![u8::from(set)];
    let kind = match format.index {
        Index::Plain | Index::Delta => 0u32,
        Index::TwoLevels => 2,
        Index::FirstKey => 3,
    };
    let mut properties: Vec<(Vec<u8>, Vec<u8>)> = [
        ("rocksdb.block.based.table.index.type", kind.to_le_bytes().to_vec()),
        ("rocksdb.column.family.name", b"state".to_vec()),
        ("rocksdb.comparator", b"leveldb.BytewiseComparator".to_vec()),
        ("rocksdb.index.key.is.user.key", flag(format.user_keys)),
        ("rocksdb.index.value.is.delta.encoded", flag(format.index != Index::Plain)),
        ("rocksdb.merge.operator", b"StringAppendTESTOperator".to_vec()),
    ]
    .into_iter()
    .filter(|(name, _)| extra.iter().all(|(other, _)| other != name))
    .chain(extra.iter().map(|(name, value)| (*name, value.clone())))
    .map(|(name, value)| (name.as_bytes().to_vec(), value))
    .collect();
    properties.sort();
    meta.push((b"rocksdb.properties".to_vec(), handle(file.add(&block(&properties, 1, true), 0, format))));
    meta.sort();
    let index = file.add(&top, format.compression, format);
    let metaindex = file.add(&block(&meta, 1, true), 0, format);
    let mut footer = Vec::new();
    if format.version > 0 {
        footer.push(format.checksum);
    }
    footer.extend(handle(metaindex));
    footer.extend(handle(index));
    footer.resize(if format.version > 0 { 41 } else { 40 }, 0);
    if format.version > 0 {
        footer.extend(format.version.to_le_bytes());
        footer.extend(0x88E2_41B7_85F4_CFF7u64.to_le_bytes());
    } else {
        footer.extend(0xDB47_7524_8B80_FB57u64.to_le_bytes());
    }
    file.0.extend(footer);
    file.0
}

/// A log with these records; `recyclable` fragments have a log number.
pub(crate) fn log(records: &[Vec<u8>], recyclable: bool) -> Vec<u8> {
    const PAGE: usize = 32 << 10;
    let header = if recyclable { 11 } else { 7 };
    let mut out = Vec::new();
    for record in records {
        let (mut rest, mut is_first) = (&record[..], true);
        loop {
            let mut room = PAGE - out.len() % PAGE;
            if room < header {
                out.resize(out.len() + room, 0);
                room = PAGE;
            }
            let (data, after) = rest.split_at(rest.len().min(room - header));
            let kind = match (is_first, after.is_empty()) {
                (true, true) => 1,
                (true, false) => 2,
                (false, false) => 3,
                (false, true) => 4,
            };
            let mut body = vec![if recyclable { kind + 4 } else { kind }];
            if recyclable {
                body.extend(9u32.to_le_bytes());
            }
            body.extend(data);
            out.extend(masked_crc32c(&body).to_le_bytes());
            out.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
            out.extend(body);
            (rest, is_first) = (after, false);
            if rest.is_empty() {
                break;
            }
        }
    }
    out
}

/// A number behind its tag.
pub(crate) fn tagged(tag: u64, values: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(tag, &mut out);
    values.iter().for_each(|&value| varint(value, &mut out));
    out
}

/// A new table in an edit.
pub(crate) fn new_file(tag: u64, number: u64, size: u64, smallest: &[u8], largest: &[u8], custom: &[u8]) -> Vec<u8> {
    let mut out = tagged(tag, &[1, number]);
    if tag == 102 {
        varint(0, &mut out);
    }
    varint(size, &mut out);
    text(smallest, &mut out);
    text(largest, &mut out);
    if tag != 7 {
        varint(1, &mut out);
        varint(9, &mut out);
    }
    if tag == 103 {
        out.extend(custom);
        varint(1, &mut out);
    }
    out
}
