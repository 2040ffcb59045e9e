//! Puts the changes of a state over its materialised entries, key group by key group.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray};
use futures::TryStreamExt;

use crate::error::{Error, ErrorKind, Result};
use crate::scan::{Gap, ScanStream, ScanTask};
use crate::state::canonical::Prefix;
use crate::state::entry::Entry;
use crate::state::rows::Unframed;

use super::ChangelogState;
use super::change::{Change, name_of};
use super::overlay::{KeyGroupChanges, Overlay, Sealed};

/// Materialised entries that are in memory at once.
const BATCH: usize = 1024;

/// The entries of a state of the changelog backend in a run of key groups: `i32` length, key, `i32` length, value.
pub(crate) struct ChangelogReader {
    state: Arc<ChangelogState>,
    entry: Arc<Entry>,
    range: RangeInclusive<u16>,
    /// Whether the changes were read.
    is_open: bool,
    changes: Option<Sealed>,
    /// The changes of the key group that is read.
    current: Option<KeyGroupChanges>,
    base: Option<Base>,
    /// Entries that are not consumed yet; the first is byte `start` of all.
    entries: Vec<u8>,
    start: u64,
    /// Bytes of them that are consumed.
    consumed: usize,
    ended: bool,
    missing: Vec<Unframed>,
}

/// The materialised entries, in the form of the canonical layout.
struct Base {
    stream: ScanStream,
    batch: Option<(BinaryArray, BinaryArray)>,
    row: usize,
    /// Gaps that were told.
    gaps: usize,
}

impl ChangelogReader {
    pub(crate) fn new(state: &Arc<ChangelogState>, entry: &Arc<Entry>, range: RangeInclusive<u16>) -> Self {
        Self {
            state: Arc::clone(state),
            entry: Arc::clone(entry),
            range,
            is_open: false,
            changes: None,
            current: None,
            base: None,
            entries: Vec::new(),
            start: 0,
            consumed: 0,
            ended: false,
            missing: Vec::new(),
        }
    }

    /// Entries that are in memory and not consumed yet, and the offset of the first one.
    pub(crate) fn entries(&self) -> (&[u8], u64) {
        (self.entries.get(self.consumed..).unwrap_or_default(), self.start + self.consumed as u64)
    }

    /// Whether no entry of the key group is left behind those in memory.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Drops entries up to this offset.
    pub(crate) fn consume(&mut self, offset: u64) {
        self.consumed = usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.entries.len());
        if self.consumed == self.entries.len() {
            self.start = offset;
            self.consumed = 0;
            self.entries.clear();
        }
    }

    /// Takes what could not be given since the last time.
    pub(crate) fn take_missing(&mut self) -> Vec<Unframed> {
        std::mem::take(&mut self.missing)
    }

    /// Begins with a key group, the first or the next one.
    pub(crate) fn start(&mut self, key_group: u16) {
        self.ended = false;
        self.current = self.changes.as_mut().map(|changes| changes.take(key_group));
    }

    /// Merges more entries of the key group, unless some are left or it has ended.
    ///
    /// # Errors
    /// Corrupt or missing files.
    pub(crate) async fn fill(&mut self, key_group: u16) -> Result<()> {
        if !self.is_open {
            self.open().await?;
            self.start(key_group);
        }
        while self.entries.is_empty() && !self.ended {
            let is_left = match &mut self.base {
                Some(base) => base.give(key_group, &self.state, self.current.as_mut(), &mut self.entries).await?,
                None => false,
            };
            if !is_left {
                self.finish(key_group);
            }
        }
        Ok(())
    }

    /// Reads the changes, and starts to read what they change.
    async fn open(&mut self) -> Result<()> {
        self.is_open = true;
        match read_changes(&self.state, &self.entry, &self.range).await {
            Ok(changes) => self.changes = changes,
            Err(e) if e.kind() == ErrorKind::Unsupported => {
                // Without them, materialised entries would be old ones.
                let reason = format!("changes that can't be applied: {}", e.message());
                self.missing.push(Unframed { rows: None, reason });
                return Ok(());
            }
            Err(e) => return Err(e),
        }
        if let Some(state) = &self.state.base {
            let task = ScanTask {
                operator: state.inner().operator.id.clone(),
                state: state.name().to_owned(),
                key_groups: Some(self.range.clone().into_inner()),
                subtasks: None,
                projection: vec![KEY, VALUE],
                batch_size: BATCH,
                limit: None,
                raw: true,
                bytes: 0,
            };
            let stream = ScanStream::with_gaps(state.clone(), &task)?;
            self.base = Some(Base { stream, batch: None, row: 0, gaps: 0 });
        }
        Ok(())
    }

    /// The changed entries, when all materialised ones of the key group went by.
    fn finish(&mut self, key_group: u16) {
        if let Some(changes) = self.current.take() {
            let prefix = Prefix::new(key_group, self.state.max_parallelism).to_bytes();
            let entries = &mut self.entries;
            changes.finish(|key, value| push(entries, &[prefix.as_slice(), key].concat(), value), &mut self.missing);
        }
        if let Some(base) = &mut self.base {
            self.missing.extend(base.gaps(key_group));
        }
        self.ended = true;
    }
}

/// All changes of the state in the wanted key groups; nothing without any.
async fn read_changes(state: &ChangelogState, entry: &Entry, range: &RangeInclusive<u16>) -> Result<Option<Sealed>> {
    if state.log.is_empty() {
        return Ok(None);
    }
    let all = state.log.key_groups();
    // Whether each ID means this state.
    let mut ids: HashMap<u16, bool> = HashMap::new();
    let mut overlay: Option<Overlay> = None;
    state
        .log
        .read(false, &mut |key_group, change| {
            let offset = change.offset();
            match (Change::parse(change)?, key_group) {
                (Change::Metadata { state: id, meta, .. }, _) => {
                    ids.insert(id, name_of(meta)? == state.name);
                }
                (Change::Data { state: id, operation, data }, Some(key_group)) => match ids.get(&id) {
                    Some(true) if all.contains(&key_group) => {
                        let overlay = match &mut overlay {
                            Some(overlay) => overlay,
                            none => none.insert(Overlay::new(entry, state.kind, range.clone())?),
                        };
                        overlay.apply(key_group, operation, data)?;
                    }
                    Some(_) => {}
                    None => {
                        return Err(Error::data(format!("change of state {id} before its metadata")).at(offset));
                    }
                },
                (Change::Data { .. }, None) => {
                    return Err(Error::data("a change of state without a key group").at(offset));
                }
            }
            Ok(())
        })
        .await?;
    Ok(overlay.map(Overlay::seal))
}

/// The columns of raw entries.
const KEY: usize = 1;
const VALUE: usize = 2;

impl Base {
    /// Adds unchanged entries of the key group, those of one batch. Gives whether there may be more.
    async fn give(
        &mut self,
        key_group: u16,
        state: &ChangelogState,
        mut changes: Option<&mut KeyGroupChanges>,
        entries: &mut Vec<u8>,
    ) -> Result<bool> {
        if self.batch.is_none() {
            let Some(batch) = self.stream.try_next().await? else { return Ok(false) };
            let column = |index: usize| batch.columns().get(index).and_then(|column| column.as_binary_opt::<i32>());
            let (Some(keys), Some(values)) = (column(0), column(1)) else {
                return Err(Error::bug("raw entries that are not two columns of bytes"));
            };
            self.batch = Some((keys.clone(), values.clone()));
            self.row = 0;
        }
        let Some((keys, values)) = &self.batch else { return Ok(false) };
        let prefix = Prefix::new(key_group, state.max_parallelism).size;
        while self.row < keys.len() {
            let (key, value) = (keys.value(self.row), values.value(self.row));
            if Prefix::key_group_of(key, state.max_parallelism) != key_group {
                return Ok(false);
            }
            let rest = key.get(prefix..).unwrap_or_default();
            let is_unchanged = changes.as_mut().map_or(Ok(true), |changes| changes.is_unchanged(rest, value))?;
            if is_unchanged {
                push(entries, key, value);
            }
            self.row += 1;
        }
        self.batch = None;
        Ok(true)
    }

    /// What could not be given of a key group.
    fn gaps(&mut self, key_group: u16) -> impl Iterator<Item = Unframed> + use<> {
        let untold = self.stream.gaps().get(self.gaps..).unwrap_or_default();
        let untold: VecDeque<Gap> = untold.iter().take_while(|gap| gap.key_group <= Some(key_group)).cloned().collect();
        self.gaps += untold.len();
        untold.into_iter().map(|gap| Unframed { rows: gap.rows, reason: gap.reason })
    }
}

/// Adds an entry. Keys and values come from arrays and changes, whose lengths are of Java's int.
fn push(entries: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    for part in [key, value] {
        let length = i32::try_from(part.len()).unwrap_or(i32::MAX);
        entries.extend_from_slice(&length.to_be_bytes());
        entries.extend_from_slice(part);
    }
}

impl fmt::Debug for ChangelogReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangelogReader")
            .field("state", &self.state.name)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}
