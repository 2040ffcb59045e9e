//! The header of a state file: which states it holds and how their serializers write.
//!
//! ```text
//! keyed    := i32 version  bool compressed  snapshot keySerializer  i16 n  stateMeta[n]       version 6
//! operator := i32 version  [bool compressed]  i16 n  stateMeta[n]  i16 n  stateMeta[n]        version 5, 6: lists, maps
//! stateMeta := utf name  i32 type  i32 n (utf option, utf value)[n]  i32 n (utf role, snapshot)[n]
//! ```
//!
//! Sources: `KeyedBackendSerializationProxy`, `OperatorBackendSerializationProxy`, `StateMetaInfoSnapshotReadersWriters`.

use crate::bytes::{Cursor, snappy::STREAM_IDENTIFIER};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::serializer::{self, SnapshotContext};
use crate::types::{Opaque, Type};

/// The header of a keyed state file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyedHeader {
    pub(crate) compressed: bool,
    pub(crate) key: Type,
    /// The states in the order of their ids.
    pub(crate) states: Vec<StateMeta>,
}

/// The header of an operator state file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OperatorHeader {
    pub(crate) compressed: bool,
    /// List states, then broadcast states.
    pub(crate) states: Vec<StateMeta>,
}

/// `StateMetaInfoSnapshot`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StateMeta {
    pub(crate) name: String,
    pub(crate) backend: BackendState,
    pub(crate) options: Vec<(String, String)>,
    pub(crate) serializers: Vec<(String, Type)>,
}

/// `StateMetaInfoSnapshot.BackendStateType`, by its ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackendState {
    KeyValue,
    Operator,
    Broadcast,
    PriorityQueue,
    KeyValueV2,
}

/// Most options or serializers of one state.
const MAX_PAIRS: usize = 1000;

/// Most places that are tried to find the next state behind one of unknown length.
const MAX_ATTEMPTS: usize = 64;

impl StateMeta {
    pub(crate) fn option(&self, key: &str) -> Option<&str> {
        find(&self.options, key).map(String::as_str)
    }

    pub(crate) fn serializer(&self, role: &str) -> Option<&Type> {
        find(&self.serializers, role)
    }
}

fn find<'a, T>(pairs: &'a [(String, T)], key: &str) -> Option<&'a T> {
    pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value)
}

impl KeyedHeader {
    /// Parses the header at `input` and moves past it. `complete` says that `input` ends where the header does.
    ///
    /// # Errors
    /// A version that is not supported; corrupt or truncated bytes.
    pub(crate) fn parse(input: &mut Cursor<'_>, complete: bool, context: &SnapshotContext) -> Result<Self> {
        let start = input.offset();
        let version = input.i32()?;
        match version {
            6 => {}
            1..=5 => return Err(too_old(version).at(start)),
            _ => return Err(Error::data(format!("version {version} of the keyed state header")).at(start)),
        }
        let compressed = input.bool()?;
        let progress = Progress { key_left: true, lists_left: 1, ..Progress::default() };
        let mut progress = Parser { context, complete, attempts: MAX_ATTEMPTS }.run(input, progress)?;
        let key = progress.key.take().ok_or_else(|| Error::bug("header without key serializer"))?;
        Ok(Self { compressed, key, states: progress.states })
    }
}

impl OperatorHeader {
    /// As [`KeyedHeader::parse`].
    pub(crate) fn parse(input: &mut Cursor<'_>, complete: bool, context: &SnapshotContext) -> Result<Self> {
        let start = input.offset();
        let version = input.i32()?;
        let compressed = match version {
            5 => false,
            6 => input.bool()?,
            1..=4 => return Err(too_old(version).at(start)),
            _ => return Err(Error::data(format!("version {version} of the operator state header")).at(start)),
        };
        if compressed && complete && input.rest().ends_with(&STREAM_IDENTIFIER) {
            let header = input.remaining() - STREAM_IDENTIFIER.len();
            *input = Cursor::with_offset(input.rest().get(..header).unwrap_or_default(), input.offset());
        }
        let progress = Progress { lists_left: 2, ..Progress::default() };
        let progress = Parser { context, complete, attempts: MAX_ATTEMPTS }.run(input, progress)?;
        Ok(Self { compressed, states: progress.states })
    }
}

fn too_old(version: i32) -> Error {
    Error::unsupported(format!("state header of version {version}: written by Flink 1.6 or older"))
        .with_hint("restore the job with Flink 1.8 to 1.16 and take a new savepoint")
}

/// How far a header is parsed, and what must follow.
#[derive(Clone, Default)]
struct Progress {
    key: Option<Type>,
    states: Vec<StateMeta>,
    /// Whether the key serializer comes next.
    key_left: bool,
    /// Serializers that the last state still lacks.
    serializers_left: usize,
    /// States that the list still lacks.
    states_left: usize,
    /// Lists of states that still follow.
    lists_left: usize,
}

struct Parser<'c> {
    context: &'c SnapshotContext,
    complete: bool,
    attempts: usize,
}

impl Parser<'_> {
    /// Parses all that must follow.
    ///
    /// A serializer snapshot of an unknown class has no known end. If the header's end is known, all places where the
    /// next part could start are tried, and the only one from which the header can be parsed to its end is taken.
    fn run(&mut self, input: &mut Cursor<'_>, mut progress: Progress) -> Result<Progress> {
        loop {
            if progress.key_left {
                progress.key_left = false;
                let start = *input;
                let key = serializer::parse_proxy(input, self.context).in_field("key serializer");
                match self.known(start, key)? {
                    (key, true) => progress.key = Some(key),
                    (key, false) => {
                        progress.key = Some(key);
                        return self.resume(start, input, &progress);
                    }
                }
            } else if progress.serializers_left > 0 {
                progress.serializers_left -= 1;
                let role = input.utf().in_field("serializer")?;
                let start = *input;
                let state = progress.states.last_mut().ok_or_else(|| Error::bug("serializer without state"))?;
                let ty = serializer::parse_proxy(input, self.context).in_field(&role);
                let (ty, known) = self.known(start, ty).map_err(|e| e.in_state(state.name.as_str()))?;
                state.serializers.push((role, ty));
                if !known {
                    return self.resume(start, input, &progress);
                }
            } else if progress.states_left > 0 {
                progress.states_left -= 1;
                let (state, serializers) = parse_state(input)?;
                progress.states.push(state);
                progress.serializers_left = serializers;
            } else if progress.lists_left > 0 {
                progress.lists_left -= 1;
                let start = input.offset();
                let count = input.i16()?;
                progress.states_left = usize::try_from(count)
                    .map_err(|_| Error::data(format!("negative number of states {count}")).at(start))?;
            } else {
                if self.complete {
                    input.expect_end().in_field("state header")?;
                }
                return Ok(progress);
            }
        }
    }

    /// The type, or an opaque one (and `false`) if its class is not known but the header's end is.
    fn known(&self, mut start: Cursor<'_>, ty: Result<Type>) -> Result<(Type, bool)> {
        match ty {
            Err(e) if e.kind() == ErrorKind::Unsupported && self.complete => {
                start.i32()?;
                let (class, version) = (start.utf()?, start.i32()?);
                let reason = e.message().to_owned();
                Ok((Type::Opaque(Opaque { class, version, reason }), false))
            }
            other => other.map(|ty| (ty, true)),
        }
    }

    /// Goes on behind the snapshot of an unknown class at `start`.
    fn resume<'a>(&mut self, start: Cursor<'a>, input: &mut Cursor<'a>, progress: &Progress) -> Result<Progress> {
        let bytes = start.rest();
        let mut found = None;
        for candidate in candidates(bytes, progress) {
            self.attempts = self.attempts.saturating_sub(1);
            let mut ahead = start;
            ahead.take(candidate)?;
            match self.run(&mut ahead, progress.clone()) {
                Ok(_) if found.is_some() => return Err(unknown_class(progress, start.offset())),
                Ok(progress) => found = Some((ahead, progress)),
                Err(_) => {}
            }
            if self.attempts == 0 {
                return Err(unknown_class(progress, start.offset()));
            }
        }
        let (ahead, progress) = found.ok_or_else(|| unknown_class(progress, start.offset()))?;
        *input = ahead;
        Ok(progress)
    }
}

fn unknown_class(progress: &Progress, offset: u64) -> Error {
    let ty = progress.states.last().and_then(|s| s.serializers.last()).map(|(_, ty)| ty).or(progress.key.as_ref());
    let reason = match ty {
        Some(Type::Opaque(opaque)) => opaque.reason.as_str(),
        _ => "a serializer snapshot of an unknown class",
    };
    Error::unsupported(format!("the states behind an unknown serializer can't be found: {reason}")).at(offset)
}

/// Reads a state up to its serializers, and how many of them follow.
fn parse_state(input: &mut Cursor<'_>) -> Result<(StateMeta, usize)> {
    let name = input.utf().in_field("name")?;
    let start = input.offset();
    let backend = match input.i32()? {
        0 => BackendState::KeyValue,
        1 => BackendState::Operator,
        2 => BackendState::Broadcast,
        3 => BackendState::PriorityQueue,
        4 => BackendState::KeyValueV2,
        other => return Err(Error::data(format!("backend state type {other}")).at(start).in_state(name)),
    };
    let mut options = Vec::new();
    for _ in 0..pair_count(input)? {
        options.push((input.utf().in_field("option")?, input.utf().in_field("option")?));
    }
    let serializers = pair_count(input)?;
    Ok((StateMeta { name, backend, options, serializers: Vec::new() }, serializers))
}

fn pair_count(input: &mut Cursor<'_>) -> Result<usize> {
    let start = input.offset();
    match input.count(4)? {
        count if count > MAX_PAIRS => Err(Error::data(format!("{count} options or serializers of a state")).at(start)),
        count => Ok(count),
    }
}

/// Positions in `bytes` where the part that must follow an unknown snapshot could start.
fn candidates(bytes: &[u8], progress: &Progress) -> Vec<usize> {
    if progress.serializers_left > 0 {
        let roles = ["NAMESPACE_SERIALIZER", "VALUE_SERIALIZER", "KEY_SERIALIZER", "USER_KEY_SERIALIZER"];
        return roles
            .iter()
            .flat_map(|role| {
                let needle = [&utf(role)[..], &[0, 0, 0, 2]].concat();
                find_all(bytes, &needle)
            })
            .collect();
    }
    if progress.states_left > 0 {
        return state_starts(bytes);
    }
    if progress.lists_left > 0 {
        // The count in front of the first state, or that of an empty list at the end.
        let empty = bytes.ends_with(&[0, 0]).then(|| bytes.len() - 2);
        return state_starts(bytes).into_iter().filter_map(|start| start.checked_sub(2)).chain(empty).collect();
    }
    vec![bytes.len()]
}

/// Positions where a state could start: its name, type and what always follows for that type.
fn state_starts(bytes: &[u8]) -> Vec<usize> {
    let patterns = [
        (&[0u8, 4][..], [&[0, 0, 0, 1][..], &utf("KEYED_STATE_TYPE")].concat()),
        (&[1, 2], [&[0, 0, 0, 1][..], &utf("OPERATOR_STATE_DISTRIBUTION_MODE")].concat()),
        (&[3], [&[0, 0, 0, 0, 0, 0, 0, 1][..], &utf("VALUE_SERIALIZER")].concat()),
    ];
    let mut starts = Vec::new();
    for (types, pattern) in patterns {
        for position in find_all(bytes, &pattern) {
            let Some((front, [0, 0, 0, ty])) = bytes.get(..position).and_then(|b| b.split_last_chunk::<4>()) else {
                continue;
            };
            if !types.contains(ty) {
                continue;
            }
            // The name holds no zero byte, its length stands in front of it.
            for length in 0..=front.len().saturating_sub(2).min(usize::from(u16::MAX)) {
                let start = front.len() - length - 2;
                let Some((stored, name)) = front.get(start..).and_then(|b| b.split_first_chunk::<2>()) else { break };
                if usize::from(u16::from_be_bytes(*stored)) == length {
                    starts.push(start);
                }
                if name.first() == Some(&0) {
                    break;
                }
            }
        }
    }
    starts.sort_unstable();
    starts
}

/// The bytes of `DataOutput.writeUTF` for a short ASCII text.
fn utf(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

fn find_all(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    bytes.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle).map(|(i, _)| i).collect()
}
