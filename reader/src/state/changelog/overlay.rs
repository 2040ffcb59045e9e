//! The changes of one state, to be put over its materialised entries.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::state::StateKind;
use crate::state::entry::{Content, DELIMITER, Entry, element_count, push_length, take};
use crate::state::rows::{Framer, Unframed};

use super::change::Operation;

/// A composite key without its key group, or a timer.
type Key = Vec<u8>;

/// The changes of one state by key group.
#[derive(Debug)]
pub(super) struct Overlay {
    /// With the time of a value's last access as a part of the value.
    entry: Entry,
    kind: StateKind,
    /// Whether composite keys have the lengths of key and namespace.
    has_lengths: bool,
    /// The key groups that are asked for.
    key_groups: RangeInclusive<u16>,
    values: BTreeMap<u16, BTreeMap<Key, Vec<Piece>>>,
    maps: BTreeMap<u16, BTreeMap<Key, MapChanges>>,
    /// The key group of each timer that is there; `None` for one that was removed.
    timers: BTreeMap<Key, Option<u16>>,
}

/// A part of a value or list.
#[derive(Clone, Debug)]
enum Piece {
    /// What is materialised under this key.
    Base(Key),
    /// A value, or elements with delimiters between them.
    Bytes(Vec<u8>),
}

/// The changes of one map.
#[derive(Debug, Default)]
struct MapChanges {
    /// Whether nothing of the materialised map is left.
    cleared: bool,
    /// By user key; `None` where it was removed.
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

/// The changes of one state, complete.
#[derive(Debug)]
pub(super) struct Sealed {
    entry: Arc<Entry>,
    kind: StateKind,
    values: BTreeMap<u16, BTreeMap<Key, Vec<Piece>>>,
    maps: BTreeMap<u16, BTreeMap<Key, MapChanges>>,
    /// Timers that were added and are still there.
    added: BTreeMap<u16, BTreeSet<Key>>,
    /// Timers that were added or removed.
    changed: Arc<HashSet<Key>>,
}

/// The changes of one key group, while the materialised entries go by.
#[derive(Debug)]
pub(super) struct KeyGroupChanges {
    entry: Arc<Entry>,
    kind: StateKind,
    values: BTreeMap<Key, Vec<Piece>>,
    /// The keys of pieces that are materialised, and what was found there.
    wanted: HashSet<Key>,
    found: HashMap<Key, Vec<u8>>,
    maps: BTreeMap<Key, MapChanges>,
    added: BTreeSet<Key>,
    changed: Arc<HashSet<Key>>,
}

impl Overlay {
    /// Nothing is changed yet.
    ///
    /// # Errors
    /// Keys whose form is not known.
    pub(super) fn new(entry: &Entry, kind: StateKind, key_groups: RangeInclusive<u16>) -> Result<Self> {
        Ok(Self {
            has_lengths: entry.has_lengths()?,
            entry: entry.untimed(),
            kind,
            key_groups,
            values: BTreeMap::new(),
            maps: BTreeMap::new(),
            timers: BTreeMap::new(),
        })
    }

    /// Applies a change (`KvStateChangeLoggerImpl`, `ChangelogKeyGroupedPriorityQueue`).
    ///
    /// # Errors
    /// Bytes that contradict the state's types, an operation that the kind of state has not.
    pub(super) fn apply(&mut self, key_group: u16, operation: Operation, mut data: Cursor<'_>) -> Result<()> {
        if matches!(self.entry.content, Content::Timer) {
            return self.apply_to_timers(key_group, operation, data);
        }
        // Timers are looked at in all key groups: it is the timer, not its change, that has one.
        if !self.key_groups.contains(&key_group) {
            return Ok(());
        }
        let key = take(&self.entry.key, &mut data).in_field("key")?;
        let namespace = take(&self.entry.namespace, &mut data).in_field("namespace")?;
        let composite = self.composite(key, namespace);
        match &self.entry.content {
            Content::Map { .. } => self.apply_to_map(key_group, composite, operation, data),
            _ => self.apply_to_value(key_group, key, composite, operation, data),
        }
    }

    fn apply_to_value(
        &mut self,
        key_group: u16,
        key: Cursor<'_>,
        composite: Key,
        operation: Operation,
        mut data: Cursor<'_>,
    ) -> Result<()> {
        let is_list = self.kind == StateKind::List;
        let pieces = match operation {
            Operation::Clear => {
                data.expect_end()?;
                Vec::new()
            }
            Operation::Set | Operation::SetInternal if is_list => self.elements(data)?.into_iter().collect(),
            Operation::Set | Operation::SetInternal => vec![Piece::Bytes(data.take_rest().to_vec())],
            Operation::Add | Operation::AddElement if is_list => {
                let added = match operation {
                    Operation::Add => self.elements(data)?,
                    _ => Some(Piece::Bytes(take_last(self.element()?, data)?.to_vec())),
                };
                self.pieces(key_group, composite).extend(added);
                return Ok(());
            }
            Operation::MergeNamespaces if self.kind != StateKind::Value => {
                return self.merge_namespaces(key_group, key, data);
            }
            _ => return Err(self.no_such(operation, data)),
        };
        *self.pieces(key_group, composite) = pieces;
        Ok(())
    }

    /// What is behind a key: what is materialised there, unless it was changed.
    fn pieces(&mut self, key_group: u16, key: Key) -> &mut Vec<Piece> {
        let values = self.values.entry(key_group).or_default();
        values.entry(key.clone()).or_insert_with(|| vec![Piece::Base(key)])
    }

    /// Moves what the source namespaces hold behind what the target namespace holds.
    fn merge_namespaces(&mut self, key_group: u16, key: Cursor<'_>, mut data: Cursor<'_>) -> Result<()> {
        let target = take(&self.entry.namespace, &mut data).in_field("target")?;
        let mut moved = Vec::new();
        for _ in 0..element_count(&mut data)? {
            let source = take(&self.entry.namespace, &mut data).in_field("source")?;
            let source = self.composite(key, source);
            moved.append(self.pieces(key_group, source));
        }
        data.expect_end()?;
        let target = self.composite(key, target);
        self.pieces(key_group, target).append(&mut moved);
        Ok(())
    }

    fn element(&self) -> Result<&Framer> {
        match &self.entry.content {
            Content::List(element) => Ok(&element.value),
            // Elements without a known end, in one value.
            Content::Value(joined) => Ok(&joined.value),
            Content::Map { .. } | Content::Timer => Err(Error::bug("elements of what is no list")),
        }
    }

    /// The elements of a list as one piece; nothing without any.
    fn elements(&self, mut data: Cursor<'_>) -> Result<Option<Piece>> {
        let framer = self.element()?;
        let count = element_count(&mut data)?;
        let mut joined = Vec::new();
        for i in 0..count {
            if i > 0 {
                joined.push(DELIMITER);
            }
            if i + 1 == count {
                joined.extend_from_slice(take_last(framer, data)?);
                data.take_rest();
            } else {
                joined.extend_from_slice(take(framer, &mut data)?.rest());
            }
        }
        data.expect_end()?;
        Ok((count > 0).then_some(Piece::Bytes(joined)))
    }

    fn apply_to_map(&mut self, key_group: u16, map: Key, operation: Operation, mut data: Cursor<'_>) -> Result<()> {
        let Content::Map { key, value } = &self.entry.content else { return Err(Error::bug("no map state")) };
        let mut changes: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
        let put = |value: &[u8]| Some([&[0], value].concat());
        match operation {
            Operation::Clear => data.expect_end()?,
            Operation::Add => {
                for _ in 0..data.count(1)? {
                    let key = take(key, &mut data).in_field("map_key")?.take_rest().to_vec();
                    let value = match data.bool()? {
                        true => Some(vec![1]),
                        false => put(take(&value.value, &mut data).in_field("map_value")?.take_rest()),
                    };
                    changes.push((key, value));
                }
                data.expect_end()?;
            }
            Operation::AddElement | Operation::AddOrUpdateElement => {
                let key = take(key, &mut data).in_field("map_key")?.take_rest().to_vec();
                changes.push((key, put(data.take_rest())));
            }
            Operation::RemoveElement => changes.push((data.take_rest().to_vec(), None)),
            _ => return Err(self.no_such(operation, data)),
        }
        let map = self.maps.entry(key_group).or_default().entry(map).or_default();
        if operation == Operation::Clear {
            *map = MapChanges { cleared: true, entries: BTreeMap::new() };
        }
        map.entries.extend(changes);
        Ok(())
    }

    fn apply_to_timers(&mut self, key_group: u16, operation: Operation, mut data: Cursor<'_>) -> Result<()> {
        match operation {
            Operation::AddElement => {
                for _ in 0..data.count(8)? {
                    let timer = self.take_timer(&mut data)?;
                    self.timers.insert(timer, Some(key_group));
                }
                data.expect_end()
            }
            Operation::RemoveElement => {
                self.timers.insert(data.take_rest().to_vec(), None);
                Ok(())
            }
            _ => Err(self.no_such(operation, data)),
        }
    }

    /// The timer at `input`: a timestamp, key and namespace.
    fn take_timer(&self, input: &mut Cursor<'_>) -> Result<Key> {
        let mut timer = *input;
        input.i64()?;
        self.entry.key.skip(input)?;
        self.entry.namespace.skip(input)?;
        Ok(timer.take(timer.remaining() - input.remaining())?.to_vec())
    }

    fn composite(&self, key: Cursor<'_>, namespace: Cursor<'_>) -> Key {
        let mut composite = key.rest().to_vec();
        if self.has_lengths {
            push_length(key.remaining(), &mut composite);
        }
        composite.extend_from_slice(namespace.rest());
        if self.has_lengths {
            push_length(namespace.remaining(), &mut composite);
        }
        composite
    }

    fn no_such(&self, operation: Operation, data: Cursor<'_>) -> Error {
        Error::data(format!("change {operation:?} of {} state", self.kind)).at(data.offset())
    }

    /// All changes are there.
    pub(super) fn seal(self) -> Sealed {
        let mut added: BTreeMap<u16, BTreeSet<Key>> = BTreeMap::new();
        for (timer, key_group) in &self.timers {
            if let Some(key_group) = key_group {
                added.entry(*key_group).or_default().insert(timer.clone());
            }
        }
        let changed = Arc::new(self.timers.into_keys().collect());
        Sealed { entry: Arc::new(self.entry), kind: self.kind, values: self.values, maps: self.maps, added, changed }
    }
}

impl Sealed {
    /// Takes the changes of a key group.
    pub(super) fn take(&mut self, key_group: u16) -> KeyGroupChanges {
        let values = self.values.remove(&key_group).unwrap_or_default();
        let pieces = values.values().flatten();
        let wanted = pieces.filter_map(|piece| match piece {
            Piece::Base(key) => Some(key.clone()),
            Piece::Bytes(_) => None,
        });
        KeyGroupChanges {
            entry: Arc::clone(&self.entry),
            kind: self.kind,
            wanted: wanted.collect(),
            found: HashMap::new(),
            values,
            maps: self.maps.remove(&key_group).unwrap_or_default(),
            added: self.added.remove(&key_group).unwrap_or_default(),
            changed: Arc::clone(&self.changed),
        }
    }
}

impl KeyGroupChanges {
    /// Takes a look at a materialised entry, whose key comes without its key group; says whether it is unchanged.
    pub(super) fn is_unchanged(&mut self, key: &[u8], value: &[u8]) -> Result<bool> {
        match &self.entry.content {
            Content::Timer => Ok(!self.changed.contains(key)),
            Content::Map { .. } if self.maps.is_empty() => Ok(true),
            Content::Map { .. } => {
                let (_, _, user_key) = self.entry.split_key(Cursor::new(key))?;
                let map = key.get(..key.len() - user_key.remaining()).unwrap_or_default();
                let changes = self.maps.get(map);
                Ok(changes.is_none_or(|map| !map.cleared && !map.entries.contains_key(user_key.rest())))
            }
            _ if self.wanted.contains(key) => {
                self.found.insert(key.to_vec(), value.to_vec());
                Ok(false)
            }
            _ => Ok(!self.values.contains_key(key)),
        }
    }

    /// Gives each changed entry, when all materialised ones went by. What can't be told is added to `unframed`.
    pub(super) fn finish(mut self, mut give: impl FnMut(&[u8], &[u8]), unframed: &mut Vec<Unframed>) {
        for (key, pieces) in std::mem::take(&mut self.values) {
            let parts = pieces.into_iter().filter_map(|piece| match piece {
                Piece::Base(key) => self.found.remove(&key),
                Piece::Bytes(bytes) => Some(bytes),
            });
            let parts: Vec<Vec<u8>> = parts.collect();
            match parts.as_slice() {
                [] => {}
                [value] => give(&key, value),
                parts if self.kind == StateKind::List => give(&key, &parts.join(&DELIMITER)),
                _ => {
                    let reason = format!("merging the namespaces of {} state takes the job's own function", self.kind);
                    unframed.push(Unframed { rows: Some(1), reason });
                }
            }
        }
        for (map, changes) in self.maps {
            for (key, value) in changes.entries {
                if let Some(value) = value {
                    give(&[map.as_slice(), &key].concat(), &value);
                }
            }
        }
        self.added.iter().for_each(|timer| give(timer, &[]));
    }
}

/// The element that fills all of `data`, if its end can be told.
fn take_last<'a>(framer: &Framer, mut data: Cursor<'a>) -> Result<&'a [u8]> {
    match framer.skip(&mut { data }) {
        Err(e) if e.kind() == ErrorKind::Unsupported => Ok(data.take_rest()),
        Err(e) => Err(e),
        Ok(()) => {
            let mut element = take(framer, &mut data)?;
            data.expect_end()?;
            Ok(element.take_rest())
        }
    }
}
