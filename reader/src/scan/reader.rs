//! Runs a task: fetches windows, walks them, decodes what the walk found.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::bytes::Cursor;
use crate::decode::Undecoded;
use crate::error::{Context, Error, Result};
use crate::state::State;
use crate::state::canonical::{CanonicalWalk, Form, Prefix};
use crate::state::changelog::ChangelogReader;
use crate::state::entry::Entry;
use crate::state::heap::{HeapState, HeapWalk};
use crate::state::operator::{BroadcastWalk, ListWalk, WholeWalk};
use crate::state::part::{Data, KeyedStream, Part};
use crate::state::rocksdb::{EntriesReader, EntryWalk};
use crate::state::rows::{Rows, Step, Unframed, Walk, Wanted};
use crate::state::table::Column;
use crate::state::timers::RawTimerWalk;

use super::columns::{Batch, Origin, wanted};
use super::framed::Framed;
use super::input::{Input, Source};
use super::plan::{self, Section};
use super::window::Window;
use super::{Gap, GapKind, ScanTask};

/// Bytes that a batch of raw entries has at most, unless one window has more.
const RAW_BATCH: usize = 8 << 20;

/// What a task yields.
#[derive(Debug)]
pub(super) enum Output {
    Batch(RecordBatch),
    Gap(Gap),
}

/// Reads the sections of one task.
pub(super) struct TaskReader {
    state: State,
    schema: SchemaRef,
    batch_size: usize,
    /// Rows that the task may still give.
    left: usize,
    sections: std::vec::IntoIter<Section>,
    open: Option<Open>,
    input: Option<(usize, Input)>,
    rows: Rows,
    copy: Rows,
    batch: Batch,
    /// The fingerprint of the first copy of broadcast state.
    fingerprint: Option<u64>,
    ready: VecDeque<Output>,
    ended: bool,
    /// Whether entries are given as bytes.
    raw: bool,
    /// Whether gaps are errors.
    is_complete: bool,
    /// Bytes of the sections that have ended.
    bytes_read: Arc<AtomicU64>,
}

/// A section on the way.
struct Open {
    section: Section,
    walk: Box<dyn Walk>,
    source: Source,
    /// Bytes that the next window must have.
    min: u64,
}

impl TaskReader {
    pub(super) fn new(state: State, task: &ScanTask) -> Result<Self> {
        state.check_supported()?;
        let inner = state.inner();
        let raw = task.raw.then(|| state.raw_table()).transpose().map_err(|e| state.locate(e))?;
        let table = raw.as_ref().unwrap_or(&inner.table);
        let columns: Option<Vec<Column>> =
            task.projection.iter().map(|&index| table.columns.get(index).cloned()).collect();
        let (Some(columns), Ok(schema)) = (columns, table.schema.project(&task.projection)) else {
            return Err(state.locate(Error::usage("the task has a column that the state has not")));
        };
        let schema = Arc::new(schema);
        let sections = plan::sections(inner, task.key_groups, task.subtasks);
        Ok(Self {
            batch_size: task.batch_size.max(1),
            left: task.limit.unwrap_or(usize::MAX),
            sections: sections.into_iter(),
            open: None,
            input: None,
            rows: Rows::new(wanted(columns.iter())),
            copy: Rows::new(Wanted::default()),
            batch: Batch::new(Arc::clone(&schema), columns),
            fingerprint: None,
            ready: VecDeque::new(),
            ended: false,
            raw: task.raw,
            is_complete: task.raw,
            bytes_read: Arc::default(),
            state,
            schema,
        })
    }

    /// Gives gaps that are errors otherwise.
    pub(super) fn with_gaps(self) -> Self {
        Self { is_complete: false, ..self }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(super) fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    /// The next batch or gap; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Output>> {
        loop {
            match self.ready.pop_front() {
                Some(Output::Gap(gap)) if self.is_complete => {
                    return Err(self.state.locate(Error::unsupported(gap.reason)));
                }
                Some(output) => return Ok(Some(output)),
                None => {}
            }
            if self.ended {
                return Ok(None);
            }
            if self.batch.rows() >= self.batch_size.min(self.left) || self.batch.raw_size() >= RAW_BATCH {
                self.flush()?;
                self.ended = self.left == 0;
            } else if let Some(open) = self.open.take() {
                self.open = self.step(open).await.map_err(|e| self.state.locate(e))?;
            } else if let Some(section) = self.sections.next() {
                self.open = Some(self.open(section).await.map_err(|e| self.state.locate(e))?);
            } else {
                self.flush()?;
                self.ended = true;
            }
            if self.ended {
                self.report_undecoded();
            }
        }
    }

    /// Hands out the rows of the batch.
    fn flush(&mut self) -> Result<()> {
        let rows = self.batch.rows().min(self.left);
        if rows == 0 {
            return Ok(());
        }
        let batch = self.batch.finish().map_err(|e| self.state.locate(e))?;
        self.left -= rows;
        // The entries of one map can be more than a batch.
        for start in (0..rows).step_by(self.batch_size) {
            let length = self.batch_size.min(rows - start);
            self.ready.push_back(Output::Batch(batch.slice(start, length)));
        }
        Ok(())
    }

    async fn open(&mut self, section: Section) -> Result<Open> {
        let inner = self.state.inner();
        let Some(part) = inner.parts.get(section.part) else { return Err(Error::bug("section without part")) };
        if self.input.as_ref().is_none_or(|(part, _)| *part != section.part) {
            self.input = Some((section.part, self.input(part, &section)?));
        }
        if let Some((_, input)) = &mut self.input {
            input.start(&section);
        }
        self.rows.fingerprint = 0;
        self.copy.fingerprint = 0;
        let plain = Source::Plain(section.range.start);
        let framed = || Source::Framed(Framed::all(section.range.clone()));
        let key_group = section.key_group.unwrap_or_default();
        let form = |entry: &Arc<Entry>| if self.raw { Form::Bytes } else { Form::Parts(Arc::clone(entry)) };
        let (walk, source): (Box<dyn Walk>, Source) = match &part.data {
            Data::Canonical { stream, id, entry } => {
                let prefix = Prefix::new(key_group, stream.max_parallelism);
                let states = u16::try_from(stream.states.len()).unwrap_or(u16::MAX);
                let walk = CanonicalWalk::new(prefix, states, Some((*id, form(entry))));
                (Box::new(walk), if stream.compressed { framed() } else { plain })
            }
            Data::RocksDb { family, entry } => {
                let prefix = Prefix::new(key_group, family.max_parallelism);
                (Box::new(EntryWalk::new(prefix, form(entry))), Source::Merged)
            }
            Data::Changelog { state, entry } => {
                let prefix = Prefix::new(key_group, state.max_parallelism);
                (Box::new(EntryWalk::new(prefix, form(entry))), Source::Merged)
            }
            Data::Heap { stream, id } if stream.compressed => {
                let Some((_, input)) = &mut self.input else { return Err(Error::bug("section without input")) };
                let block = find_block(input.window()?, &section, *id, stream.states.len()).await?;
                (Box::new(HeapWalk::block(self.heap_states(stream, *id), *id)), Source::Framed(block))
            }
            Data::Heap { stream, id } => {
                (Box::new(HeapWalk::key_group(key_group, self.heap_states(stream, *id), *id)), plain)
            }
            Data::RawTimers { context, .. } => {
                (Box::new(RawTimerWalk::new(context.clone(), Some(inner.name.clone()))), plain)
            }
            Data::List(stream) if stream.compressed => (Box::new(WholeWalk::new(section.position)), framed()),
            Data::List(stream) => (Box::new(ListWalk::new(stream.bounds.to_vec())), plain),
            Data::Broadcast { stream, types } => {
                let walk = BroadcastWalk::new(Arc::clone(types));
                (Box::new(walk), if stream.compressed { framed() } else { plain })
            }
        };
        Ok(Open { section, walk, source, min: 0 })
    }

    /// What the sections of a part are read from, `first` and those that are left.
    fn input(&self, part: &Part, first: &Section) -> Result<Input> {
        let rest = || self.sections.as_slice().iter().filter(|section| section.part == first.part);
        let key_groups = || {
            let key_group = |section: &Section| section.key_group.unwrap_or_default();
            key_group(first)..=rest().map(key_group).fold(key_group(first), u16::max)
        };
        match (&part.data, part.file()) {
            (Data::RocksDb { family, .. }, _) => {
                Ok(Input::Database(Box::new(EntriesReader::new(Arc::clone(family), key_groups()))))
            }
            (Data::Changelog { state, entry }, _) => {
                Ok(Input::Changelog(Box::new(ChangelogReader::new(state, entry, key_groups()))))
            }
            (_, Some(file)) => {
                let horizon = rest().map(|section| section.range.end).fold(first.range.end, u64::max);
                Ok(Input::Stream(Window::new(file.clone(), horizon)))
            }
            (_, None) => Err(Error::bug("a part without a file")),
        }
    }

    /// The states of a heap stream, the wanted one with the parts that this scan needs.
    fn heap_states(&self, stream: &KeyedStream, wanted: u16) -> Arc<[HeapState]> {
        if !self.raw {
            return Arc::clone(&stream.states);
        }
        let mut states = stream.states.to_vec();
        if let Some(HeapState { entry: Ok(entry), .. }) = states.get_mut(usize::from(wanted)) {
            *entry = Arc::new(entry.untimed());
        }
        states.into()
    }

    /// Walks through one window of a section. Gives the section back unless it has ended.
    async fn step(&mut self, mut open: Open) -> Result<Option<Open>> {
        let Some((_, input)) = &mut self.input else { return Err(Error::bug("section without input")) };
        let Open { section, walk, source, min } = &mut open;
        let chunk = source.read(input, section, *min).await?;
        let (data, offset) = (chunk.data(), chunk.offset);
        let locate = |e: Error| chunk.locate(e, section);
        let rows = if section.is_copy { &mut self.copy } else { &mut self.rows };
        let max = self.batch_size.min(self.left) - self.batch.rows();
        rows.restart(offset);
        let mut cursor = Cursor::with_offset(data, offset);
        let mut missing = Vec::new();
        let step = walk.walk(&mut cursor, chunk.last, max, rows, &mut missing).map_err(locate)?;
        if self.raw {
            rows.drop_empty_lists();
        }
        if !section.is_copy {
            let key_group = section.key_group.unwrap_or_default();
            let subtask = self.state.inner().parts.get(section.part).map_or(0, |part| part.subtask);
            let origin = Origin { data, offset, key_group, subtask };
            self.batch.append(rows, origin, &mut missing).map_err(locate)?;
        }
        let (consumed, unread) = (cursor.offset(), cursor.remaining() as u64);
        *min = match step {
            Step::Full | Step::End => 0,
            Step::NeedMore if consumed == offset => unread.saturating_mul(2).max(1),
            Step::NeedMore => unread + 1,
        };
        source.consume(input, consumed);
        missing.extend(input.take_missing());
        if step == Step::End {
            if !open.section.is_copy {
                let Range { start, end } = open.section.range;
                self.bytes_read.fetch_add(end - start, Ordering::Relaxed);
            }
            if missing.is_empty() {
                self.compare_copies(&open.section);
            }
        }
        for unframed in missing {
            self.add_gap(GapKind::Missing, open.section.key_group, unframed);
        }
        Ok((step != Step::End).then_some(open))
    }

    /// At the end of a copy of broadcast state: compares it with the first one.
    fn compare_copies(&mut self, section: &Section) {
        let Some(Part { subtask, data: Data::Broadcast { .. } }) = self.state.inner().parts.get(section.part) else {
            return;
        };
        let subtask = *subtask;
        match self.fingerprint {
            None if !section.is_copy => self.fingerprint = Some(self.rows.fingerprint),
            Some(first) if section.is_copy && first != self.copy.fingerprint => {
                let reason = format!("the copy of subtask {subtask} differs from the one that is shown");
                self.add_gap(GapKind::Differs, None, Unframed { rows: None, reason });
            }
            _ => {}
        }
    }

    fn add_gap(&mut self, kind: GapKind, key_group: Option<u16>, unframed: Unframed) {
        let Unframed { rows, reason } = unframed;
        let state = self.state.name().to_owned();
        self.ready.push_back(Output::Gap(Gap { kind, state, key_group, rows, reason }));
    }

    fn report_undecoded(&mut self) {
        let undecoded: Vec<Unframed> = self
            .batch
            .undecoded()
            .map(|(column, Undecoded { values, reason })| Unframed {
                rows: Some(values),
                reason: format!("values of column {column} are given as bytes: {reason}"),
            })
            .collect();
        for unframed in undecoded {
            self.add_gap(GapKind::Undecoded, None, unframed);
        }
    }
}

/// Finds the block of a state in a compressed key group.
async fn find_block(window: &mut Window, section: &Section, id: u16, states: usize) -> Result<Framed> {
    const KEY_GROUP: u64 = 4;
    const STATE_ID: usize = 2;

    let start = section.range.start;
    let bytes = window.get(section.range.clone(), KEY_GROUP).await?;
    let stored = Cursor::with_offset(&bytes, start).i32().in_file(window.file().name())?;
    if section.key_group.map(i32::from) != Some(stored) {
        return Err(Error::data(format!("key group {stored} at the place of another"))
            .at(start)
            .in_file(window.file().name()));
    }
    let mut block = Some(Framed::first(start + KEY_GROUP..section.range.end));
    for _ in 0..states {
        let Some(mut this) = block else { break };
        this.fill(window, STATE_ID).await.in_file(window.file().name())?;
        if Cursor::new(this.data()).u16().in_file(window.file().name())? == id {
            return Ok(this);
        }
        this.skip(window).await.in_file(window.file().name())?;
        block = this.next_stream();
    }
    Err(Error::data(format!("key group {stored} has no block of state {id}")).at(start).in_file(window.file().name()))
}
