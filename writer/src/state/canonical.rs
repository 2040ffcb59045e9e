//! The canonical layout of keyed state: what one subtask of a savepoint holds.
//!
//! ```text
//! stream    := header  keyGroup*                       a key group without entries is not there, its offset is 0
//! header    := i32 6  bool compressed = 0  key serializer  i16 n  stateMeta[n]
//! keyGroup  := (u16 stateId  entry* lastEntry)*  u16 FFFF                          state IDs ascending
//! entry     := i32 length, key   i32 length, value     key[0] & 80 == 0
//! lastEntry := the same with key[0] & 80 != 0: the next state ID or FFFF follows
//! ```
//!
//! Read by `FullSnapshotRestoreOperation`. An empty key group (`FFFF` alone) would make it fail.

use std::io::Write;
use std::ops::RangeInclusive;

use bytes::Bytes;
use flink_state_reader::bytes::Writer;
use flink_state_reader::{BackendState, Error, Result, StateMeta};

use super::storage;

/// `KeyedBackendSerializationProxy.VERSION`; Flink 1.7 to 2.3.
const VERSION: i32 = 6;

const END_OF_KEY_GROUP: u16 = 0xFFFF;

/// In the first byte of a key: a state ID or the end follows this entry.
const LAST_ENTRY: u8 = 0x80;

/// Most states in one stream.
const MAX_STATES: usize = i16::MAX as usize;

/// The key groups of a subtask (`KeyGroupRangeAssignment`).
///
/// # Errors
/// A subtask or parallelism that is out of range.
pub fn key_group_range(subtask: u32, parallelism: u32, max_parallelism: u32) -> Result<RangeInclusive<u16>> {
    let invalid = || Error::usage(format!("subtask {subtask} of {parallelism}, with {max_parallelism} key groups"));
    if subtask >= parallelism || parallelism > max_parallelism || max_parallelism > 1 << 15 {
        return Err(invalid());
    }
    let [subtask, parallelism, max] = [subtask, parallelism, max_parallelism].map(u64::from);
    let start = (subtask * max).div_ceil(parallelism);
    let end = ((subtask + 1) * max - 1) / parallelism;
    match (u16::try_from(start), u16::try_from(end)) {
        (Ok(start), Ok(end)) => Ok(start..=end),
        _ => Err(invalid()),
    }
}

/// The header of a stream of keyed state (`KeyedBackendSerializationProxy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedHeader {
    /// The snapshot of the key serializer in its proxy form.
    pub key: Bytes,
    /// The states in the order of their IDs.
    pub states: Vec<StateMeta>,
}

impl KeyedHeader {
    /// Checks what Flink would only find at the restore.
    ///
    /// # Errors
    /// No states or too many, two with one name, a kind that the canonical layout can't hold, a missing serializer.
    pub fn check(&self) -> Result<()> {
        if self.states.is_empty() || self.states.len() > MAX_STATES {
            return Err(Error::usage(format!("{} keyed states: 1 to {MAX_STATES} can be written", self.states.len())));
        }
        let mut names: Vec<&str> = self.states.iter().map(|state| state.name.as_str()).collect();
        names.sort_unstable();
        if let Some(name) = names.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first())) {
            return Err(Error::usage(format!("two keyed states have the name '{}'", name.unwrap_or(&""))));
        }
        self.states.iter().try_for_each(|state| check_meta(state).map_err(|e| e.in_state(&state.name)))
    }

    fn encode(&self) -> Result<Vec<u8>> {
        let mut out = Writer::new();
        out.i32(VERSION);
        out.bool(false);
        out.bytes(&self.key);
        let count = i16::try_from(self.states.len()).map_err(|_| Error::usage("too many keyed states"))?;
        out.i16(count);
        self.states.iter().try_for_each(|state| state.encode(&mut out))?;
        Ok(out.into_bytes())
    }
}

fn check_meta(state: &StateMeta) -> Result<()> {
    let roles: &[&str] = match state.backend {
        BackendState::KeyValue => &["NAMESPACE_SERIALIZER", "VALUE_SERIALIZER"],
        BackendState::PriorityQueue => &["VALUE_SERIALIZER"],
        BackendState::KeyValueV2 => {
            return Err(Error::unsupported(
                "state of the asynchronous API (State V2) on ForSt has no canonical form, in Flink neither",
            )
            .with_hint(
                "operators that no statement touches keep such state as it is; rows can be queried and exported",
            ));
        }
        BackendState::Operator | BackendState::Broadcast => {
            return Err(Error::usage("operator state among keyed states"));
        }
    };
    match roles.iter().find(|role| state.serializer(role).is_none()) {
        Some(role) => Err(Error::usage(format!("the state has no {role}"))),
        // RocksDB keeps its own column family under this name.
        None if state.name == "default" => Err(Error::usage("RocksDB can't have a state with the name 'default'")),
        None => Ok(()),
    }
}

/// Writes the keyed state of one subtask, entry by entry.
///
/// Entries come by key group, and in a key group by state ID. Memory is that of one entry.
#[derive(Debug)]
pub struct CanonicalWriter<W> {
    out: W,
    position: u64,
    key_groups: RangeInclusive<u16>,
    /// Bytes of the key group in front of each key.
    prefix: usize,
    states: u16,
    /// One for each key group; 0 where none is written.
    offsets: Vec<i64>,
    /// Key group and state of the run on the way.
    run: Option<(u16, u16)>,
    /// The last entry, encoded: whether it ends its run is not known yet.
    last: Vec<u8>,
}

impl<W: Write> CanonicalWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// A header that can't be encoded; a failed write.
    pub fn new(out: W, header: &KeyedHeader, key_groups: RangeInclusive<u16>, max_parallelism: u32) -> Result<Self> {
        header.check()?;
        let states = u16::try_from(header.states.len()).map_err(|_| Error::usage("too many keyed states"))?;
        let mut writer = Self {
            out,
            position: 0,
            offsets: vec![0; key_groups.len()],
            key_groups,
            prefix: if max_parallelism > 128 { 2 } else { 1 },
            states,
            run: None,
            last: Vec::new(),
        };
        writer.write(&header.encode()?)?;
        Ok(writer)
    }

    /// Writes one entry: a composite key with its key group in front, without the flag in its first bit, and a value.
    ///
    /// # Errors
    /// A key of another key group, entries out of order, a failed write.
    pub fn entry(&mut self, key_group: u16, state: u16, key: &[u8], value: &[u8]) -> Result<()> {
        self.check(key_group, state, key)?;
        match self.run {
            Some(run) if run == (key_group, state) => self.write_last(false)?,
            Some((open, _)) if open == key_group => {
                self.write_last(true)?;
                self.write(&state.to_be_bytes())?;
            }
            _ => {
                self.end_key_group()?;
                self.start_key_group(key_group)?;
                self.write(&state.to_be_bytes())?;
            }
        }
        self.run = Some((key_group, state));
        self.last.clear();
        for part in [key, value] {
            let length = i32::try_from(part.len()).map_err(|_| Error::usage("an entry of more than 2 GiB"))?;
            self.last.extend_from_slice(&length.to_be_bytes());
            self.last.extend_from_slice(part);
        }
        Ok(())
    }

    /// Ends the stream. Gives the output and the offset of each key group.
    ///
    /// # Errors
    /// A failed write.
    pub fn finish(mut self) -> Result<(W, Vec<i64>)> {
        self.end_key_group()?;
        Ok((self.out, self.offsets))
    }

    fn check(&self, key_group: u16, state: u16, key: &[u8]) -> Result<()> {
        let number = key_group.to_be_bytes();
        let prefix = number.get(2 - self.prefix..).unwrap_or_default();
        if !self.key_groups.contains(&key_group) {
            let (first, last) = (self.key_groups.start(), self.key_groups.end());
            return Err(Error::usage(format!("key group {key_group} in the stream of key groups {first} to {last}")));
        }
        if !key.starts_with(prefix) {
            return Err(Error::usage(format!("key of another key group among those of key group {key_group}")));
        }
        if state >= self.states || self.run.is_some_and(|run| run > (key_group, state)) {
            return Err(Error::bug(format!("entry of key group {key_group} and state {state} out of order")));
        }
        Ok(())
    }

    fn start_key_group(&mut self, key_group: u16) -> Result<()> {
        let offset = i64::try_from(self.position).map_err(|_| Error::usage("file is larger than Java's long"))?;
        let index = usize::from(key_group - self.key_groups.start());
        if let Some(slot) = self.offsets.get_mut(index) {
            *slot = offset;
        }
        Ok(())
    }

    fn end_key_group(&mut self) -> Result<()> {
        if self.run.take().is_some() {
            self.write_last(true)?;
            self.write(&END_OF_KEY_GROUP.to_be_bytes())?;
        }
        Ok(())
    }

    /// Writes the last entry, with the flag if it ends its run.
    fn write_last(&mut self, ends_run: bool) -> Result<()> {
        if ends_run && let Some(first) = self.last.get_mut(size_of::<i32>()) {
            *first |= LAST_ENTRY;
        }
        self.out.write_all(&self.last).map_err(storage)?;
        self.position += self.last.len() as u64;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(storage)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flink_state_reader::ErrorKind;

    fn state(name: &str) -> StateMeta {
        StateMeta {
            name: name.to_owned(),
            backend: BackendState::PriorityQueue,
            options: Vec::new(),
            serializers: vec![("VALUE_SERIALIZER".to_owned(), Bytes::from_static(b"v"))],
        }
    }

    fn header(states: &[&str]) -> KeyedHeader {
        KeyedHeader { key: Bytes::from_static(b"k"), states: states.iter().map(|name| state(name)).collect() }
    }

    fn written(
        key_groups: RangeInclusive<u16>,
        max_parallelism: u32,
        entries: &[(u16, u16, &[u8], &[u8])],
    ) -> Result<(Vec<u8>, Vec<i64>)> {
        let mut writer = CanonicalWriter::new(Vec::new(), &header(&["a", "b", "c"]), key_groups, max_parallelism)?;
        for (key_group, state, key, value) in entries {
            writer.entry(*key_group, *state, key, value)?;
        }
        writer.finish()
    }

    #[test]
    fn the_last_entry_of_a_run_has_a_flag() {
        let entries: [(u16, u16, &[u8], &[u8]); 4] =
            [(1, 0, &[1, 7], &[]), (1, 2, &[1, 8], &[5]), (1, 2, &[1, 9], &[6, 7]), (3, 1, &[3], &[4])];
        let (bytes, offsets) = written(0..=3, 4, &entries).unwrap();
        let size = header(&["a", "b", "c"]).encode().unwrap().len();
        let first = [
            &[0, 0, 0, 0, 0, 2, 0x81, 7, 0, 0, 0, 0][..],
            &[0, 2, 0, 0, 0, 2, 1, 8, 0, 0, 0, 1, 5, 0, 0, 0, 2, 0x81, 9, 0, 0, 0, 2, 6, 7, 0xFF, 0xFF],
        ]
        .concat();
        let second = [0, 1, 0, 0, 0, 1, 0x83, 0, 0, 0, 1, 4, 0xFF, 0xFF];
        assert_eq!(bytes[size..], [first.as_slice(), &second].concat());
        let size = i64::try_from(size).unwrap();
        assert_eq!(offsets, [0, size, 0, size + i64::try_from(first.len()).unwrap()]);
    }

    #[test]
    fn without_entries_there_is_only_the_header() {
        let (bytes, offsets) = written(0..=3, 4, &[]).unwrap();
        assert_eq!(bytes, header(&["a", "b", "c"]).encode().unwrap());
        assert_eq!(offsets, [0; 4]);
        assert_eq!(bytes[..9], [0, 0, 0, 6, 0, b'k', 0, 3, 0]);
    }

    #[test]
    fn keys_belong_to_their_key_group() {
        let key_group = 0x01F0;
        assert!(written(0..=999, 1000, &[(key_group, 0, &[0x01, 0xF0, 7], &[])]).is_ok());
        for (key_group, key) in
            [(key_group, &[0x01][..]), (key_group, &[0x01, 0xF1]), (key_group, &[0x81, 0xF0]), (1000, &[3, 0xE8])]
        {
            let error = written(0..=999, 1000, &[(key_group, 0, key, &[])]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{key:?}");
        }
        for entries in [[(1, 0), (0, 0)], [(1, 1), (1, 0)], [(1, 3), (1, 3)]] {
            let entries = entries
                .map(|(key_group, state)| (key_group, state, if key_group == 0 { &[0][..] } else { &[1] }, &[][..]));
            assert_eq!(written(0..=3, 4, &entries).unwrap_err().kind(), ErrorKind::Bug);
        }
    }

    #[test]
    fn key_groups_are_spread_as_flink_does() {
        assert_eq!(key_group_range(0, 1, 128).unwrap(), 0..=127);
        let ranges: Vec<_> = (0..3).map(|subtask| key_group_range(subtask, 3, 128).unwrap()).collect();
        assert_eq!(ranges, [0..=42, 43..=85, 86..=127]);
        assert_eq!(key_group_range(32_767, 32_768, 32_768).unwrap(), 32_767..=32_767);
        for (subtask, parallelism, max) in [(1, 1, 128), (0, 2, 1), (0, 0, 0), (0, 1, 32_769)] {
            assert!(key_group_range(subtask, parallelism, max).is_err());
        }
        for (parallelism, max) in [(7, 128), (100, 1000), (128, 128)] {
            let owner = |key_group: u32| key_group * parallelism / max;
            for subtask in 0..parallelism {
                let mut range = key_group_range(subtask, parallelism, max).unwrap();
                assert!(range.all(|key_group| owner(u32::from(key_group)) == subtask));
            }
        }
    }

    #[test]
    fn state_of_the_v2_api_has_no_canonical_form() {
        let mut header = header(&["a"]);
        header.states[0].backend = BackendState::KeyValueV2;
        assert_eq!(header.check().unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(KeyedHeader { states: Vec::new(), ..header }.check().is_err());
    }
}
