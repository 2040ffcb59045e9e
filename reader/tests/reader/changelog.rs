//! The changelog backend: changes put by hand over a checkpoint that Flink wrote.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::Path;

use arrow_array::cast::AsArray;
use flink_state_reader::bytes::Writer;
use flink_state_reader::metadata::{
    ByteIncrement, ChangelogDelta, ChangelogHandle, ChangelogPart, FileIncrement, KeyGroupRange, KeyedHandle, Metadata,
    StateChange, StreamHandle,
};
use flink_state_reader::{ErrorKind, Layout, Result, Snapshot, State, StateKind};
use futures::TryStreamExt;
use tempfile::TempDir;

/// Entries of the canonical layout.
type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

const SET: u8 = 1;
const CLEAR: u8 = 0;
const ADD: u8 = 5;
const REMOVE: u8 = 7;

/// Where the changes of a test are.
#[derive(Clone, Copy, Debug)]
enum Storage {
    Memory,
    File,
    Compressed,
}

/// A copy of a checkpoint whose keyed state becomes the base of a changelog.
struct Checkpoint {
    directory: TempDir,
    metadata: Metadata,
    before: BTreeMap<String, Entries>,
    after: BTreeMap<String, Entries>,
    changes: Vec<StateChange>,
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots/1.20-namespaces-hashmap-checkpoint/chk-2")
}

async fn entries(snapshot: &Snapshot, state: &State, tasks: usize) -> Result<Entries> {
    let mut entries = Entries::new();
    for task in state.scan().raw().batch_size(5).build()?.tasks(tasks) {
        for batch in snapshot.execute(&task).await?.try_collect::<Vec<_>>().await? {
            let (keys, values) = (batch.column(1).as_binary::<i32>(), batch.column(2).as_binary::<i32>());
            for row in 0..batch.num_rows() {
                assert!(entries.insert(keys.value(row).to_vec(), values.value(row).to_vec()).is_none());
            }
        }
    }
    Ok(entries)
}

async fn keyed_states(snapshot: &Snapshot) -> Result<Vec<State>> {
    let mut keyed = Vec::new();
    for operator in snapshot.operators() {
        let states = operator.states().await?.iter();
        keyed.extend(states.filter(|state| state.key_snapshot().is_some()).cloned());
    }
    Ok(keyed)
}

async fn all_entries(snapshot: &Snapshot, tasks: usize) -> Result<BTreeMap<String, Entries>> {
    let mut all = BTreeMap::new();
    for state in keyed_states(snapshot).await? {
        all.insert(state.name().to_owned(), entries(snapshot, &state, tasks).await?);
    }
    Ok(all)
}

/// Splits off what stands before its length of one or two bytes.
fn split_end(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let part = |width: usize| {
        let (rest, length) = bytes.split_at_checked(bytes.len().checked_sub(width)?)?;
        let length = length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let part = rest.split_at_checked(rest.len().checked_sub(length)?);
        part.filter(|_| (width == 1) == (length < 256))
    };
    [1, 2].into_iter().filter_map(part).collect()
}

/// Key and namespace of a composite key, of which both have their lengths.
fn split(composite: &[u8]) -> (Vec<u8>, Vec<u8>) {
    for (rest, namespace) in split_end(composite) {
        if let Some((_, key)) = split_end(rest).into_iter().find(|(rest, _)| rest.len() == 1) {
            return (key.to_vec(), namespace.to_vec());
        }
    }
    panic!("{composite:?}")
}

impl Checkpoint {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(path()).unwrap().map(|entry| entry.unwrap().path()) {
            std::fs::copy(&entry, directory.path().join(entry.file_name().unwrap())).unwrap();
        }
        let source = Snapshot::open(path().to_str().unwrap()).await.unwrap();
        let before = all_entries(&source, 1).await.unwrap();
        let mut changed =
            Self { directory, metadata: source.metadata().clone(), after: before.clone(), before, changes: Vec::new() };
        for (id, state) in keyed_states(&source).await.unwrap().iter().enumerate() {
            changed.change(u8::try_from(id).unwrap(), state);
        }
        changed
    }

    fn log(&mut self, key_group: i32, change: Vec<u8>) {
        self.changes.push(StateChange { key_group, change: change.into() });
    }

    /// Changes a state, in the log and in what is expected.
    fn change(&mut self, id: u8, state: &State) {
        let mut meta = Writer::new();
        meta.bytes(&[8, 0, 0, 0, 7]);
        state.meta().unwrap().encode(&mut meta).unwrap();
        let is_timer = state.kind() == StateKind::Timer;
        meta.bytes(if is_timer { &[] } else { &[0, 0] });
        meta.bytes(&[0, id, if is_timer { 3 } else { 0 }]);
        self.log(-1, meta.into_bytes());
        let before = self.before[state.name()].clone();
        let mut after = self.after.remove(state.name()).unwrap();
        for (i, (key, value)) in before.iter().enumerate() {
            let key_group = i32::from(key[0]);
            match (state.kind(), i % 3) {
                (StateKind::Timer, 0) => {
                    self.log(key_group, [&[REMOVE, 0, id], &key[1..]].concat());
                    let mut later = key.clone();
                    later[8] ^= 1;
                    self.log(key_group, [&[ADD, 0, id, 0, 0, 0, 1], &later[1..]].concat());
                    after.remove(key);
                    after.insert(later, Vec::new());
                }
                (StateKind::Value, 0) => {
                    let (user_key, namespace) = split(key);
                    let longer = [&[value[0] + 1], &value[1..], b"!"].concat();
                    self.log(key_group, [&[SET, 0, id][..], &user_key, &namespace, &longer].concat());
                    after.insert(key.clone(), longer);
                }
                (StateKind::Value | StateKind::List, 1) => {
                    let (user_key, namespace) = split(key);
                    self.log(key_group, [&[CLEAR, 0, id][..], &user_key, &namespace].concat());
                    after.remove(key);
                }
                (StateKind::List, 0) => {
                    let (user_key, namespace) = split(key);
                    // An element that is there once more.
                    let first = &value[..usize::from(value[0])];
                    self.log(key_group, [&[ADD, 0, id][..], &user_key, &namespace, first].concat());
                    after.insert(key.clone(), [value, &b","[..], first].concat());
                }
                _ => {}
            }
        }
        self.after.insert(state.name().to_owned(), after);
    }

    /// Writes `_metadata`, and the changes in two parts.
    fn write(&self, storage: Storage, key_groups: Option<RangeInclusive<u16>>) {
        let mut metadata = self.metadata.clone();
        let (first, second) = self.changes.split_at(self.changes.len() / 2);
        let parts = [self.part(storage, "first", first), self.part(storage, "second", second)];
        let states = metadata.operators.iter_mut().flat_map(|operator| &mut operator.subtasks);
        for state in states.filter_map(|subtask| subtask.state.as_mut()) {
            let Some(base) = state.managed_keyed.take() else { continue };
            let own = base.key_groups();
            let wanted = key_groups.clone().unwrap_or(own.clone());
            let range = *own.start().max(wanted.start())..=*own.end().min(wanted.end());
            if range.is_empty() {
                continue;
            }
            let key_groups = KeyGroupRange::try_new(range).unwrap();
            let delta = |part: &ChangelogPart| ChangelogDelta {
                key_groups,
                part: part.clone(),
                state_handle_id: String::new(),
            };
            state.managed_keyed = Some(KeyedHandle::Changelog(ChangelogHandle {
                key_groups,
                checkpointed_size: 0,
                materialized: vec![base],
                delta: parts.iter().map(delta).collect(),
                materialization_id: 1,
                checkpoint_id: Some(2),
                state_handle_id: String::new(),
            }));
        }
        std::fs::write(self.directory.path().join("_metadata"), metadata.encode().unwrap()).unwrap();
    }

    fn part(&self, storage: Storage, name: &str, changes: &[StateChange]) -> ChangelogPart {
        if matches!(storage, Storage::Memory) {
            return ChangelogPart::Bytes(ByteIncrement { from: 0, to: 1, changes: changes.to_vec() });
        }
        // Metadata, then a group for each change: Flink has one for each key group.
        let (metadata, data): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.key_group < 0);
        let groups =
            std::iter::once((-1, metadata)).chain(data.into_iter().map(|change| (change.key_group, vec![change])));
        let groups: Vec<_> = groups.collect();
        // The set of another task comes first.
        let mut body = vec![0xEE; 1000];
        let count = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
        body.extend(count(groups.len()));
        for (key_group, changes) in groups {
            body.extend(count(changes.len()));
            body.extend(i32::to_be_bytes(key_group));
            for change in changes {
                body.extend(count(change.change.len()));
                body.extend_from_slice(&change.change);
            }
        }
        let size = body.len() as u64;
        let file = match storage {
            Storage::Compressed => {
                let mut encoder = snap::write::FrameEncoder::new(vec![1]);
                encoder.write_all(&body).unwrap();
                encoder.into_inner().unwrap()
            }
            _ => [&[0], body.as_slice()].concat(),
        };
        std::fs::write(self.directory.path().join(name), file).unwrap();
        let path = format!("s3://elsewhere/0123/dstl/{name}");
        ChangelogPart::Files(FileIncrement {
            streams: vec![(1000, StreamHandle::File { size: Some(size), path })],
            size: 1,
            checkpointed_size: 1,
            storage_identifier: Some("filesystem".to_owned()),
        })
    }

    async fn open(&self) -> Snapshot {
        Snapshot::open(self.directory.path().to_str().unwrap()).await.unwrap()
    }
}

/// All changes stand in the order of the states: in a file, metadata stands before the changes of its half.
async fn checkpoint() -> Checkpoint {
    let checkpoint = Checkpoint::new().await;
    assert_ne!(checkpoint.before, checkpoint.after);
    checkpoint
}

#[tokio::test]
async fn changes_go_over_what_was_materialised() {
    let checkpoint = checkpoint().await;
    for storage in [Storage::Memory, Storage::File, Storage::Compressed] {
        checkpoint.write(storage, None);
        let snapshot = checkpoint.open().await;
        for tasks in [1, 3] {
            assert_eq!(all_entries(&snapshot, tasks).await.unwrap(), checkpoint.after, "{storage:?}");
        }
        for state in keyed_states(&snapshot).await.unwrap() {
            assert_eq!(state.layout(), Layout::Changelog);
            let (rows, gaps) = state.count_rows().await.unwrap();
            assert_eq!((rows, gaps), (checkpoint.after[state.name()].len() as u64, vec![]), "{}", state.name());
        }
        // Every file is there as a whole, whatever its handle says.
        let states = snapshot.operators().iter().flat_map(|operator| operator.subtasks());
        for stream in states.flat_map(|subtask| subtask.state.as_ref().unwrap().streams()) {
            let StreamHandle::File { path, .. } = stream else { continue };
            let name = path.rsplit('/').next().unwrap();
            let file = std::fs::read(checkpoint.directory.path().join(name)).unwrap();
            let stream = snapshot.stream(stream).await.unwrap();
            assert_eq!(stream.read(0..stream.size()).await.unwrap(), file);
        }
    }
}

#[tokio::test]
async fn only_the_key_groups_of_the_handle_count() {
    let checkpoint = checkpoint().await;
    checkpoint.write(Storage::File, Some(20..=90));
    let clipped = |entries: &Entries| {
        let inside = entries.iter().filter(|(key, _)| (20..=90).contains(&key[0]));
        inside.map(|(key, value)| (key.clone(), value.clone())).collect::<Entries>()
    };
    let expected = checkpoint.after.iter().map(|(state, entries)| (state.clone(), clipped(entries)));
    assert_eq!(all_entries(&checkpoint.open().await, 2).await.unwrap(), expected.collect());
}

#[tokio::test]
async fn damaged_changes_are_errors() {
    let checkpoint = checkpoint().await;
    for storage in [Storage::File, Storage::Compressed] {
        checkpoint.write(storage, None);
        let file = checkpoint.directory.path().join("second");
        let bytes = std::fs::read(&file).unwrap();
        for end in (0..bytes.len()).step_by(bytes.len() / 40) {
            std::fs::write(&file, &bytes[..end]).unwrap();
            let error = all_entries(&checkpoint.open().await, 1).await.unwrap_err();
            assert!(error.to_string().contains("/dstl/second"), "{storage:?} {end}: {error}");
        }
        for at in (0..bytes.len()).step_by(bytes.len() / 80) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&file, &flipped).unwrap();
            // Its checksums find every flip, unless it is in the file's first byte or in a chunk's kind.
            match (storage, all_entries(&checkpoint.open().await, 1).await) {
                (Storage::Compressed, Ok(found)) => assert_eq!(found, checkpoint.after),
                (_, Err(error)) => assert_ne!(error.kind(), ErrorKind::Bug, "{at}: {error}"),
                _ => {}
            }
        }
    }
}
