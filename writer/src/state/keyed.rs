//! The keyed state of one subtask: its states are merged by key group.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::{Array, BinaryArray, Int32Array};
use bytes::Bytes;
use flink_state_reader::{Error, Result, StateMeta};
use futures::TryStreamExt;

use super::entries::{byte_column, int_column};
use super::{CanonicalWriter, EntrySource, EntryStream, KeyedHeader, Slice, Tally};

/// A keyed state to be written.
#[derive(Clone, Debug)]
pub struct KeyedState {
    /// Its entry in the header.
    pub meta: StateMeta,
    /// Its entries.
    pub entries: Arc<dyn EntrySource>,
    /// The order of its entries in a key group.
    pub order: Order,
}

/// The order in which the entries of one key group come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As a snapshot has them, which is how they are written: duplicates are those of the source.
    Stored,
    /// By key, bytewise ascending, no key twice. This is checked.
    Sorted,
    /// Any: the entries of one key group at a time are held in memory and sorted. No key may occur twice.
    Unsorted,
}

/// The keyed states of an operator.
#[derive(Clone, Debug)]
pub struct KeyedStream {
    /// The snapshot of the key serializer in its proxy form.
    pub key: Bytes,
    /// The states.
    pub states: Vec<KeyedState>,
}

impl KeyedStream {
    /// The header of each subtask's stream.
    pub fn header(&self) -> KeyedHeader {
        KeyedHeader { key: self.key.clone(), states: self.states.iter().map(|state| state.meta.clone()).collect() }
    }
}

/// Writes the keyed state of one subtask. Gives the output, the offset of each key group, and what each state has.
///
/// # Errors
/// A source that fails, or whose entries are out of order, of other key groups or twice the same; a failed write.
pub async fn write_keyed<W: Write>(
    out: W,
    stream: &KeyedStream,
    key_groups: RangeInclusive<u16>,
    max_parallelism: u32,
) -> Result<(W, Vec<i64>, Vec<Tally>)> {
    let mut writer = CanonicalWriter::new(out, &stream.header(), key_groups.clone(), max_parallelism)?;
    let slice = Slice::KeyGroups(key_groups);
    let mut runs: Vec<Runs> = stream.states.iter().map(|state| Runs::new(state, &slice)).collect();
    loop {
        let mut next = None;
        for run in &mut runs {
            if let Some(key_group) = run.key_group().await.map_err(|e| run.locate(e))? {
                next = Some(next.map_or(key_group, |next: u16| next.min(key_group)));
            }
        }
        let Some(key_group) = next else { break };
        for (run, id) in runs.iter_mut().zip(0u16..) {
            run.write(key_group, id, &mut writer).await.map_err(|e| run.locate(e))?;
        }
    }
    let tallies = runs.iter().map(|run| run.tally).collect();
    let (out, offsets) = writer.finish()?;
    Ok((out, offsets, tallies))
}

/// The entries of one state, key group by key group.
struct Runs<'a> {
    state: &'a KeyedState,
    stream: EntryStream,
    batch: Option<Batch>,
    tally: Tally,
}

#[derive(Clone)]
struct Batch {
    key_groups: Int32Array,
    keys: BinaryArray,
    values: BinaryArray,
    /// The next row.
    row: usize,
}

impl<'a> Runs<'a> {
    fn new(state: &'a KeyedState, slice: &Slice) -> Self {
        Self { state, stream: state.entries.open(slice), batch: None, tally: Tally::default() }
    }

    fn locate(&self, error: Error) -> Error {
        error.in_state(&self.state.meta.name)
    }

    /// The batch with the next entry; nothing at the end.
    async fn batch(&mut self) -> Result<Option<&mut Batch>> {
        while self.batch.as_ref().is_none_or(|batch| batch.row >= batch.keys.len()) {
            let Some(batch) = self.stream.try_next().await? else { return Ok(None) };
            let key_groups = int_column(&batch, 0)?.clone();
            self.batch = Some(Batch {
                key_groups,
                keys: byte_column(&batch, 1)?.clone(),
                values: byte_column(&batch, 2)?.clone(),
                row: 0,
            });
        }
        Ok(self.batch.as_mut())
    }

    /// The key group of the next entry.
    async fn key_group(&mut self) -> Result<Option<u16>> {
        let Some(batch) = self.batch().await? else { return Ok(None) };
        let stored = batch.key_groups.values().get(batch.row).copied().unwrap_or_default();
        let key_group = u16::try_from(stored).map_err(|_| Error::usage(format!("key group {stored}")))?;
        Ok(Some(key_group))
    }

    /// Writes the entries of a key group.
    async fn write<W: Write>(&mut self, key_group: u16, id: u16, writer: &mut CanonicalWriter<W>) -> Result<()> {
        match self.state.order {
            Order::Stored | Order::Sorted => self.write_in_order(key_group, id, writer).await,
            Order::Unsorted => self.write_sorted(key_group, id, writer).await,
        }
    }

    async fn write_in_order<W: Write>(
        &mut self,
        key_group: u16,
        id: u16,
        writer: &mut CanonicalWriter<W>,
    ) -> Result<()> {
        let is_sorted = self.state.order == Order::Sorted;
        let mut previous: Vec<u8> = Vec::new();
        let mut tally = self.tally;
        while let Some(batch) = self.batch().await? {
            let rows = batch.rows_of(key_group);
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let (key, value) = (batch.keys.value(row), batch.values.value(row));
                if is_sorted {
                    match previous.as_slice().cmp(key) {
                        std::cmp::Ordering::Less => {}
                        std::cmp::Ordering::Equal => return Err(duplicate(key_group)),
                        std::cmp::Ordering::Greater => {
                            return Err(Error::bug(format!("keys of key group {key_group} are not sorted")));
                        }
                    }
                    previous.clear();
                    previous.extend_from_slice(key);
                }
                tally.add(&[key, value]);
                writer.entry(key_group, id, key, value)?;
                batch.row = row + 1;
            }
        }
        self.tally = tally;
        Ok(())
    }

    async fn write_sorted<W: Write>(&mut self, key_group: u16, id: u16, writer: &mut CanonicalWriter<W>) -> Result<()> {
        let (mut batches, mut rows) = (Vec::new(), Vec::new());
        while let Some(batch) = self.batch().await? {
            let range = batch.rows_of(key_group);
            if range.is_empty() {
                break;
            }
            batch.row = range.end;
            rows.extend(range.map(|row| (batches.len(), row)));
            batches.push(batch.clone());
        }
        let key = |&(batch, row): &(usize, usize)| batches.get(batch).map(|batch: &Batch| batch.keys.value(row));
        rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        if rows.windows(2).any(|pair| pair.first().and_then(key) == pair.last().and_then(key)) {
            return Err(duplicate(key_group));
        }
        for (batch, row) in rows {
            let Some(batch) = batches.get(batch) else { continue };
            let (key, value) = (batch.keys.value(row), batch.values.value(row));
            self.tally.add(&[key, value]);
            writer.entry(key_group, id, key, value)?;
        }
        Ok(())
    }
}

impl Batch {
    /// The next rows, as long as they are of this key group.
    fn rows_of(&self, key_group: u16) -> std::ops::Range<usize> {
        let rest = self.key_groups.values().iter().skip(self.row);
        let count = rest.take_while(|&&other| other == i32::from(key_group)).count();
        self.row..self.row + count
    }
}

fn duplicate(key_group: u16) -> Error {
    Error::usage(format!("two entries with the same key (key group {key_group})"))
        .with_hint("a state has one value for a key and namespace, a map one for a user key")
}
