//! From the handles of an operator to its states: reads the headers of its files, and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use crate::bytes::Cursor;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::metadata::{
    ChangelogHandle, IncrementalHandle, KeyGroupsHandle, KeyGroupsKind, KeyedHandle, OperatorState,
    OperatorStateHandle, SubtaskState,
};
use crate::serializer::{SnapshotContext, recover};
use crate::store::{StateFile, Store};

use super::canonical::Prefix;
use super::changelog::{self, ChangeLog};
use super::definition::{Definition, Parts};
use super::header::{KeyedHeader, OperatorHeader};
use super::heap::HeapState;
use super::key_groups::KeyGroups;
use super::layout::{self, Probe};
use super::merge::merge;
use super::part::{Data, ElementStream, KeyedStream, Part};
use super::rocksdb::Database;
use super::rows::{Rows, Step, Walk, Wanted};
use super::timers::{MAGIC, RawTimerWalk, TimeDomain};
use super::{Layout, OperatorName, State};

/// Headers of subtasks that are read at the same time.
const CONCURRENT_READS: usize = 16;

/// The first read of a key group whose layout is to be found out.
const PROBE: u64 = 64 << 10;

/// A header can't be longer.
const MAX_HEADER: u64 = 256 << 20;

/// A part of a state, as one subtask has it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) definition: Arc<Definition>,
    pub(super) layout: Layout,
    pub(super) bytes: u64,
    /// The part, or why it can't be read.
    pub(super) part: Result<Part, String>,
}

/// Finds the states of an operator.
///
/// # Errors
/// A missing, short or corrupt file.
pub(crate) async fn load(
    store: &Store,
    context: &SnapshotContext,
    operator: &OperatorState,
    name: &Arc<OperatorName>,
) -> Result<Vec<State>> {
    let loader = Loader {
        store,
        context,
        name,
        key: OnceLock::new(),
        max_parallelism: operator.max_parallelism,
        keyed_headers: Mutex::default(),
        operator_headers: Mutex::default(),
    };
    // boxed, and made without closures: the compiler can't tell that the stream is `Send` otherwise
    let mut reads = Vec::new();
    for subtask in &operator.subtasks {
        if let Some(state) = &subtask.state {
            reads.push(loader.subtask(subtask.index, state).boxed());
        }
    }
    let locate = |e: Error| e.in_operator(name.label.as_str());
    let mut found: Vec<Vec<Found>> =
        stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await.map_err(locate)?;
    // Changes alone do not say what a key looks like, but another subtask may.
    if loader.key.get().is_some() {
        let states = operator.subtasks.iter().filter_map(|subtask| Some((subtask.index, subtask.state.as_ref()?)));
        for ((subtask, state), found) in states.zip(&mut found) {
            if found.iter().any(changelog::lacks_key) {
                *found = loader.subtask(subtask, state).await.map_err(locate)?;
            }
        }
    }
    Ok(merge(name, found.into_iter().flatten()))
}

struct Loader<'a> {
    store: &'a Store,
    context: &'a SnapshotContext,
    name: &'a Arc<OperatorName>,
    /// The serializer of the keys, once a changelog with state behind it was found.
    key: OnceLock<changelog::Key>,
    max_parallelism: u32,
    keyed_headers: Mutex<HashMap<(Bytes, Layout), Arc<KeyedStates>>>,
    operator_headers: Mutex<HashMap<Bytes, Arc<OperatorStates>>>,
}

/// A parsed header with what follows from it. Most subtasks have the same.
struct KeyedStates {
    compressed: bool,
    definitions: Vec<Arc<Definition>>,
    heap: Arc<[HeapState]>,
}

struct OperatorStates {
    compressed: bool,
    definitions: Vec<Arc<Definition>>,
}

impl Loader<'_> {
    async fn subtask(&self, subtask: u32, state: &SubtaskState) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        if let Some(handle) = &state.managed_keyed {
            found.extend(self.keyed(subtask, handle).await?);
        }
        if let Some(handle) = &state.raw_keyed {
            found.extend(self.raw_keyed(subtask, handle).await?);
        }
        if let Some(handle) = &state.managed_operator {
            found.extend(self.operator(subtask, handle).await?);
        }
        if let Some(handle) = &state.raw_operator {
            found.extend(self.raw_operator(subtask, handle).await?);
        }
        Ok(found)
    }

    async fn keyed(&self, subtask: u32, handle: &KeyedHandle) -> Result<Vec<Found>> {
        match handle {
            KeyedHandle::KeyGroups(handle) => self.key_groups(subtask, handle).await,
            KeyedHandle::Incremental(database) => self.rocksdb(subtask, database, handle.state_size()).await,
            KeyedHandle::Changelog(changelog) => self.changelog(subtask, changelog, handle.state_size()).await,
        }
    }

    async fn key_groups(&self, subtask: u32, handle: &KeyGroupsHandle) -> Result<Vec<Found>> {
        let file = self.store.resolve(&handle.stream).await?;
        let header_end = KeyGroups::header_end(&handle.offsets).unwrap_or(file.size());
        let first = u32::from(*handle.key_groups.range().start());
        let key_groups = KeyGroups::new(first, &handle.offsets, Some(header_end), file.size()).in_file(file.name())?;
        let bytes = header_bytes(&file, header_end).await?;
        let header = match recover(Cursor::new(&bytes), self.context, KeyedHeader::parse) {
            Ok(header) => header,
            Err(e) => return unreadable("keyed_state", e, &file, Layout::Raw),
        };
        let layout = match handle.kind {
            KeyGroupsKind::Savepoint => Layout::Canonical,
            _ => self.layout(&file, &header, &handle.offsets, &key_groups).await?,
        };
        let states = self.keyed_states(bytes, &header, layout);
        let bytes = file.size();
        let stream = Arc::new(KeyedStream {
            file,
            compressed: states.compressed,
            key_groups,
            max_parallelism: self.max_parallelism,
            states: Arc::clone(&states.heap),
        });
        let found = states.definitions.iter().zip(0..).map(|(definition, id)| {
            let stream = Arc::clone(&stream);
            let part = match (layout, &definition.parts) {
                (_, Err(reason)) => Err(reason.clone()),
                (Layout::Canonical, Ok(Parts::Keyed(entry))) => {
                    Ok(Part { subtask, data: Data::Canonical { stream, id, entry: Arc::clone(entry) } })
                }
                _ => Ok(Part { subtask, data: Data::Heap { stream, id } }),
            };
            Found { definition: Arc::clone(definition), layout, bytes, part }
        });
        Ok(found.collect())
    }

    /// Finds out whether the stream is canonical or heap.
    async fn layout(
        &self,
        file: &StateFile,
        header: &KeyedHeader,
        offsets: &[i64],
        key_groups: &KeyGroups,
    ) -> Result<Layout> {
        let (key_group, range) = match layout::probe(offsets, key_groups) {
            Probe::Known(layout) => return Ok(layout),
            Probe::KeyGroup(key_group, range) => (key_group, range),
        };
        let prefix = Prefix::new(key_group, self.max_parallelism);
        let states = u16::try_from(header.states.len()).unwrap_or(u16::MAX);
        let mut size = PROBE;
        loop {
            let end = range.end.min(range.start + size);
            let bytes = file.read(range.start..end).await?;
            if let Some(layout) = layout::detect(prefix, states, header.compressed, &bytes, end == range.end) {
                return Ok(layout);
            }
            size *= 4;
        }
    }

    /// RocksDB and ForSt: the header names the states, their data is in the database's files.
    async fn rocksdb(&self, subtask: u32, handle: &IncrementalHandle, bytes: u64) -> Result<Vec<Found>> {
        let layout = Layout::RocksDb;
        let states = self.database_states(handle, layout).await?;
        let database = match Database::open(self.store, handle).await {
            Ok(database) => database,
            Err(e) if e.kind() == ErrorKind::Unsupported => {
                return Ok(listed(&states.definitions, layout, bytes, &e.to_string()));
            }
            Err(e) => return Err(e),
        };
        let mut found = Vec::new();
        for definition in &states.definitions {
            let entry = match &definition.parts {
                Ok(Parts::Keyed(entry)) => Arc::clone(entry),
                Ok(_) => return Err(Error::bug("operator state among keyed states")),
                Err(reason) => {
                    found.extend(listed(&[Arc::clone(definition)], layout, bytes, reason));
                    continue;
                }
            };
            let family = database
                .column_family(self.store, &definition.name, definition.kind, self.max_parallelism)
                .map_err(|e| e.in_state(definition.name.as_str()))?;
            let bytes = family.bytes();
            let part = Ok(Part { subtask, data: Data::RocksDb { family: Arc::new(family), entry } });
            found.push(Found { definition: Arc::clone(definition), layout, bytes, part });
        }
        Ok(found)
    }

    /// The states that the header of a database names; one that can't be read if its serializers are not known.
    async fn database_states(&self, handle: &IncrementalHandle, layout: Layout) -> Result<Arc<KeyedStates>> {
        let file = self.store.resolve(&handle.meta).await?;
        let header = header_bytes(&file, file.size()).await?;
        match recover(Cursor::new(&header), self.context, KeyedHeader::parse) {
            Ok(parsed) => Ok(self.keyed_states(header, &parsed, layout)),
            Err(e) if e.kind() == ErrorKind::Unsupported => {
                let definitions = vec![Arc::new(Definition::unknown("keyed_state", e.to_string()))];
                Ok(Arc::new(KeyedStates { compressed: false, definitions, heap: Arc::new([]) }))
            }
            Err(e) => Err(e.in_file(file.name())),
        }
    }

    /// The changelog backend: materialised state of any other backend, and the changes since.
    async fn changelog(&self, subtask: u32, handle: &ChangelogHandle, bytes: u64) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for (index, base) in handle.materialized.iter().enumerate() {
            // After rescaling each former subtask has brought the database that they all began with.
            let before = handle.materialized.get(..index).unwrap_or_default();
            if let KeyedHandle::Incremental(database) = base
                && before
                    .iter()
                    .any(|other| matches!(other, KeyedHandle::Incremental(other) if database.is_same(other)))
            {
                continue;
            }
            found.extend(match base {
                KeyedHandle::KeyGroups(handle) => self.key_groups(subtask, handle).await?,
                KeyedHandle::Incremental(database) => self.rocksdb(subtask, database, base.state_size()).await?,
                KeyedHandle::Changelog(_) => return Err(Error::data("a changelog inside the base of a changelog")),
            });
        }
        let log = Arc::new(ChangeLog::open(self.store, handle).await?);
        let logged = log.metadata(self.context).await?;
        let key = match found.iter().find_map(|found| changelog::Key::of_base(&found.definition)) {
            Some(key) => Some(key),
            None => changelog::Key::of_timers(&logged, self.context)?,
        };
        let key = match key {
            Some(key) => Some(self.key.get_or_init(|| key)),
            None => self.key.get(),
        };
        let base = merge(self.name, found.into_iter());
        Ok(changelog::states(subtask, &base, &logged, key, &log, self.max_parallelism, bytes))
    }

    async fn raw_keyed(&self, subtask: u32, handle: &KeyedHandle) -> Result<Vec<Found>> {
        let KeyedHandle::KeyGroups(handle) = handle else {
            let definition = Definition::unknown("raw_keyed_state", "raw keyed state of an unknown handle".to_owned());
            return Ok(listed(&[Arc::new(definition)], Layout::Raw, handle.state_size(), "unknown handle"));
        };
        let file = self.store.resolve(&handle.stream).await?;
        let first = u32::from(*handle.key_groups.range().start());
        let key_groups = KeyGroups::new(first, &handle.offsets, None, file.size()).in_file(file.name())?;
        let bytes = file.size();
        let Some((_, range)) = key_groups.iter().min_by_key(|(_, range)| range.end - range.start) else {
            return Ok(Vec::new());
        };
        let start = file.read(range.start..range.end.min(range.start + MAGIC.len() as u64)).await?;
        if start != MAGIC[..] {
            let reason = "raw keyed state without a known layout".to_owned();
            let definition = Arc::new(Definition::unknown("raw_keyed_state", reason.clone()));
            return Ok(listed(&[definition], Layout::Raw, bytes, &reason));
        }
        let mut size = PROBE;
        let walk = loop {
            let end = range.end.min(range.start + size);
            let window = file.read(range.start..end).await?;
            let mut walk = RawTimerWalk::new(self.context.clone(), None);
            let mut input = Cursor::with_offset(&window, range.start);
            let mut rows = Rows::new(Wanted::default());
            let step = walk.walk(&mut input, end == range.end, usize::MAX, &mut rows, &mut Vec::new());
            match step.in_file(file.name())? {
                Step::NeedMore => size *= 4,
                Step::Full | Step::End => break walk,
            }
        };
        let stream = Arc::new(KeyedStream {
            file,
            compressed: false,
            key_groups,
            max_parallelism: self.max_parallelism,
            states: Arc::new([]),
        });
        let mut found = Vec::new();
        for service in walk.into_services() {
            for domain in [TimeDomain::Event, TimeDomain::Processing] {
                let name = domain.state_name(&service.name);
                let definition = Definition::timers(name, service.key.clone(), service.namespace.clone());
                let data = Data::RawTimers { stream: Arc::clone(&stream), context: self.context.clone() };
                let part = Ok(Part { subtask, data });
                found.push(Found { definition: Arc::new(definition), layout: Layout::RawTimers, bytes, part });
            }
        }
        Ok(found)
    }

    async fn operator(&self, subtask: u32, handle: &OperatorStateHandle) -> Result<Vec<Found>> {
        let file = self.store.resolve(&handle.stream).await?;
        if file.size() == 0 && handle.states.is_empty() {
            return Ok(Vec::new());
        }
        let end = handle.states.iter().flat_map(|s| &s.offsets).copied().min().unwrap_or(file.size());
        let header = header_bytes(&file, end).await?;
        let states = match recover(Cursor::new(&header), self.context, OperatorHeader::parse) {
            Ok(parsed) => self.operator_states(header, &parsed),
            Err(e) => return unreadable("operator_state", e, &file, Layout::Operator),
        };
        let mut found = Vec::new();
        for definition in &states.definitions {
            let offsets = handle.states.iter().find(|s| s.name == definition.name).map(|s| &s.offsets[..]);
            let bounds = bounds(offsets.unwrap_or_default(), handle, &file)?;
            let bytes = bounds.last().copied().unwrap_or(0) - bounds.first().copied().unwrap_or(0);
            let stream = ElementStream { file: file.clone(), compressed: states.compressed, bounds };
            let part = match &definition.parts {
                Err(reason) => Err(reason.clone()),
                Ok(Parts::Broadcast(types)) => {
                    Ok(Part { subtask, data: Data::Broadcast { stream, types: Arc::clone(types) } })
                }
                Ok(_) => Ok(Part { subtask, data: Data::List(stream) }),
            };
            found.push(Found { definition: Arc::clone(definition), layout: Layout::Operator, bytes, part });
        }
        for state in &handle.states {
            if states.definitions.iter().all(|definition| definition.name != state.name) {
                let reason = "the header of its file does not know it".to_owned();
                let definition = Arc::new(Definition::unknown(&state.name, reason.clone()));
                found.extend(listed(&[definition], Layout::Operator, 0, &reason));
            }
        }
        Ok(found)
    }

    async fn raw_operator(&self, subtask: u32, handle: &OperatorStateHandle) -> Result<Vec<Found>> {
        let file = self.store.resolve(&handle.stream).await?;
        let mut found = Vec::new();
        for state in &handle.states {
            let bounds = bounds(&state.offsets, handle, &file)?;
            let name = if state.name == "_default_" { "raw_operator_state" } else { &state.name };
            let data = Data::List(ElementStream { file: file.clone(), compressed: false, bounds });
            found.push(Found {
                definition: Arc::new(Definition::raw_elements(name)),
                layout: Layout::Raw,
                bytes: file.size(),
                part: Ok(Part { subtask, data }),
            });
        }
        Ok(found)
    }

    fn keyed_states(&self, bytes: Bytes, header: &KeyedHeader, layout: Layout) -> Arc<KeyedStates> {
        let mut headers = self.keyed_headers.lock().unwrap_or_else(PoisonError::into_inner);
        let states = headers.entry((bytes, layout)).or_insert_with(|| {
            let definitions = Definition::keyed(header, layout);
            let heap = definitions.iter().map(|definition| definition.heap_state()).collect();
            Arc::new(KeyedStates { compressed: header.compressed, definitions, heap })
        });
        Arc::clone(states)
    }

    fn operator_states(&self, bytes: Bytes, header: &OperatorHeader) -> Arc<OperatorStates> {
        let mut headers = self.operator_headers.lock().unwrap_or_else(PoisonError::into_inner);
        let states = headers.entry(bytes).or_insert_with(|| {
            Arc::new(OperatorStates { compressed: header.compressed, definitions: Definition::operator(header) })
        });
        Arc::clone(states)
    }
}

async fn header_bytes(file: &StateFile, end: u64) -> Result<Bytes> {
    if end > MAX_HEADER {
        return Err(Error::data(format!("state header of {end} bytes")).in_file(file.name()));
    }
    file.read(0..end).await
}

/// Where the elements of a state of this handle start, and where the last one ends.
fn bounds(offsets: &[u64], handle: &OperatorStateHandle, file: &StateFile) -> Result<Arc<[u64]>> {
    let Some(&last) = offsets.last() else { return Ok(Arc::new([])) };
    let others = handle.states.iter().flat_map(|state| &state.offsets).copied();
    let end = others.filter(|&offset| offset > last).min().unwrap_or(file.size());
    if !offsets.is_sorted() || end < last {
        return Err(
            Error::data("offsets of operator state are not ascending, or outside of its file").in_file(file.name())
        );
    }
    Ok(offsets.iter().copied().chain([end]).collect())
}

/// States that are listed with a reason why they can't be read.
fn listed(definitions: &[Arc<Definition>], layout: Layout, bytes: u64, reason: &str) -> Vec<Found> {
    let found = definitions.iter().map(|definition| Found {
        definition: Arc::clone(definition),
        layout,
        bytes,
        part: Err(reason.to_owned()),
    });
    found.collect()
}

/// One entry for a file whose header can't be read for lack of a serializer; other errors are passed on.
fn unreadable(name: &str, error: Error, file: &StateFile, layout: Layout) -> Result<Vec<Found>> {
    if error.kind() != ErrorKind::Unsupported {
        return Err(error.in_file(file.name()));
    }
    let reason = error.to_string();
    let definition = Arc::new(Definition::unknown(name, reason.clone()));
    Ok(listed(&[definition], layout, file.size(), &reason))
}
