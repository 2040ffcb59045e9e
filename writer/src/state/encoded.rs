//! Rows of a state's table to its entries: composite keys with their key groups, and values.
//!
//! ```text
//! key   := keyGroup (1 or 2 bytes)  key [length of key] namespace [length of namespace] [user key]
//!        | keyGroup  i64 timestamp with the sign flipped  key  namespace           a timer; its value is empty
//! value := [i64 last access] value | element { 2C element } | bool isNull [value]  value, list, map
//! ```
//! Lengths are there if key and namespace are both variable-sized (`SerializedCompositeKeyBuilder`); they are
//! little-endian and at least a byte. Broadcast state has the bare user key, list and union state only values.

use std::num::NonZeroU16;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMillisecondType};
use arrow_array::{Array, BinaryArray, Int32Array, RecordBatch, TimestampMillisecondArray};
use flink_state_reader::java::hash::key_group;
use flink_state_reader::types::{Length, MapKind, Type};
use flink_state_reader::{Context, Error, Result, State, StateKind};

use crate::encode::{Encoder, encoder, key_encoder};
use crate::key::{Convention, Hasher, check};

/// Between two elements of a list.
const DELIMITER: u8 = b',';

/// What a namespace of type `VOID_NAMESPACE` is written as.
const VOID: &[u8] = &[0];

/// Encodes rows of one state.
#[derive(Clone, Debug)]
pub struct RowEncoder {
    key: Option<Type>,
    namespace: Option<Type>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Value(Timed),
    List(Timed),
    Map(Type, Timed),
    Timer,
    Element(Type),
    Broadcast(Type, Type),
}

/// A value, behind the time of its last access if the state has a time to live.
#[derive(Clone, Debug)]
struct Timed {
    ttl: bool,
    ty: Type,
}

impl Timed {
    fn new(ty: &Type) -> Self {
        match ty {
            Type::Ttl(value) => Self { ttl: true, ty: (**value).clone() },
            _ => Self { ttl: false, ty: ty.clone() },
        }
    }
}

impl RowEncoder {
    /// An encoder for a state of a snapshot.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of(state: &State) -> Result<Self> {
        Self::new(state.kind(), state.key_type(), state.namespace_type(), state.value_type())
    }

    /// An encoder for a state of these types: a list or map type as the value of those kinds, no namespace for the void
    /// one; the key of broadcast state is that of its map.
    ///
    /// # Errors
    /// A kind that has no such types.
    pub fn new(kind: StateKind, key: Option<&Type>, namespace: Option<&Type>, value: Option<&Type>) -> Result<Self> {
        let content = match (kind, value) {
            (StateKind::Timer, _) => Content::Timer,
            (StateKind::List, Some(Type::List { element, .. })) => Content::List(Timed::new(element)),
            (StateKind::Map, Some(Type::Map { kind: MapKind::Map, key, value })) => {
                Content::Map((**key).clone(), Timed::new(value))
            }
            (StateKind::OperatorList | StateKind::OperatorUnion, Some(value)) => Content::Element(value.clone()),
            (StateKind::Broadcast, Some(value)) => {
                let key = key.ok_or_else(|| Error::usage("broadcast state without a key type"))?;
                Content::Broadcast(key.clone(), value.clone())
            }
            (StateKind::Value | StateKind::Reducing | StateKind::Aggregating | StateKind::Folding, Some(value)) => {
                Content::Value(Timed::new(value))
            }
            (kind, Some(value)) => return Err(Error::unsupported(format!("rows of {kind} state of type {value}"))),
            (kind, None) => return Err(Error::unsupported(format!("rows of {kind} state without a value type"))),
        };
        let is_keyed = !matches!(content, Content::Element(_) | Content::Broadcast(..));
        if is_keyed && key.is_none() {
            return Err(Error::usage("keyed state without a key type"));
        }
        Ok(Self { key: key.filter(|_| is_keyed).cloned(), namespace: namespace.cloned(), content })
    }

    /// Whether it is keyed state.
    pub fn is_keyed(&self) -> bool {
        self.key.is_some()
    }

    /// Whether a column is a part of what identifies a row.
    pub fn is_key(&self, column: &str) -> bool {
        matches!(column, "key" | "namespace" | "map_key")
            || column == "timestamp" && matches!(self.content, Content::Timer)
    }

    /// The key groups that the hashes of the keys give.
    ///
    /// # Errors
    /// Keys whose hash is not certain; what [`Hasher::hash`] fails with.
    pub fn key_groups(
        &self,
        rows: &RecordBatch,
        convention: Option<&Convention>,
        max_parallelism: NonZeroU16,
    ) -> Result<Int32Array> {
        let hasher = self.hasher(rows, convention)?;
        let group = |row| Ok(i32::from(key_group(hasher.hash(row).in_field("key")?, max_parallelism)));
        Ok(Int32Array::from((0..rows.num_rows()).map(group).collect::<Result<Vec<i32>>>()?))
    }

    /// Fails if the key groups that the rows have are not those that the hashes of their keys give.
    ///
    /// # Errors
    /// As [`check`](crate::key::check()).
    pub fn check_key_groups(
        &self,
        rows: &RecordBatch,
        convention: Option<&Convention>,
        max_parallelism: NonZeroU16,
    ) -> Result<()> {
        let key_groups = column(rows, "key_group")?.as_primitive_opt::<Int32Type>();
        let key_groups = key_groups.ok_or_else(|| Error::bug("key groups that are no Int32"))?;
        check(&self.hasher(rows, convention)?, key_groups.values(), max_parallelism)
    }

    fn hasher<'a>(&self, rows: &'a RecordBatch, convention: Option<&Convention>) -> Result<Hasher<'a>> {
        let key = self.key.as_ref().ok_or_else(|| Error::bug("key groups of operator state"))?;
        Hasher::new(key, convention, column(rows, "key")?).in_field("key")
    }

    /// The composite keys of the rows. `key_groups` are ignored by operator state.
    ///
    /// # Errors
    /// A value that can't be written; a NULL where the serializer has none.
    pub fn keys(&self, rows: &RecordBatch, key_groups: &[i32], max_parallelism: u32) -> Result<BinaryArray> {
        if let Content::Broadcast(key, _) = &self.content {
            return encoded(rows, part(rows, "map_key", key, false)?.as_ref());
        }
        let Some(key_type) = &self.key else { return Err(Error::bug("list state has no keys")) };
        let prefix = if max_parallelism > 128 { 2 } else { 1 };
        let lengths = self.has_lengths(key_type)?;
        let key = part(rows, "key", key_type, true)?;
        let namespace = self.namespace.as_ref().map(|ty| part(rows, "namespace", ty, true)).transpose()?;
        let user_key = match &self.content {
            Content::Map(ty, _) => Some(part(rows, "map_key", ty, false)?),
            _ => None,
        };
        let timestamps = match &self.content {
            Content::Timer => Some(times(rows, "timestamp")?),
            _ => None,
        };
        build(rows.num_rows(), |row, out| {
            let key_group = key_groups.get(row).and_then(|&key_group| u16::try_from(key_group).ok());
            let key_group = key_group.ok_or_else(|| Error::usage("a row without a key group"))?;
            out.extend_from_slice(key_group.to_be_bytes().get(2 - prefix..).unwrap_or_default());
            if let Some(timestamps) = timestamps {
                out.extend_from_slice(&(time(timestamps, row)? ^ i64::MIN).to_be_bytes());
            }
            with_length(out, lengths, |out| key.encode(row, out).in_field("key"))?;
            with_length(out, lengths, |out| match &namespace {
                Some(namespace) => namespace.encode(row, out).in_field("namespace"),
                None => {
                    out.extend_from_slice(VOID);
                    Ok(())
                }
            })?;
            user_key.as_ref().map_or(Ok(()), |user_key| user_key.encode(row, out).in_field("map_key"))
        })
    }

    /// `SerializedCompositeKeyBuilder.isAmbiguousKeyPossible`.
    fn has_lengths(&self, key: &Type) -> Result<bool> {
        // The void namespace promises 0 bytes.
        let namespace = self.namespace.as_ref().map_or(Length::Fixed(0), Type::length);
        match (key.length(), namespace) {
            _ if matches!(self.content, Content::Timer) => Ok(false),
            (Length::Fixed(_), _) | (_, Length::Fixed(_)) => Ok(false),
            (Length::Variable, Length::Variable) => Ok(true),
            _ => Err(Error::unsupported("whether the key holds lengths depends on a serializer that is not known")),
        }
    }

    /// The values of the rows.
    ///
    /// # Errors
    /// A value that can't be written; a NULL where the serializer has none; a list without elements.
    pub fn values(&self, rows: &RecordBatch) -> Result<BinaryArray> {
        match &self.content {
            Content::Timer => build(rows.num_rows(), |_, _| Ok(())),
            Content::Element(ty) => encoded(rows, part(rows, "value", ty, false)?.as_ref()),
            Content::Broadcast(_, ty) => encoded(rows, part(rows, "map_value", ty, false)?.as_ref()),
            Content::Value(timed) => {
                let value = part(rows, "value", &timed.ty, false)?;
                let last_access = timed.ttl.then(|| times(rows, "last_access")).transpose()?;
                build(rows.num_rows(), |row, out| {
                    push_time(last_access, row, out)?;
                    value.encode(row, out).in_field("value")
                })
            }
            Content::Map(_, timed) => map_values(rows, timed),
            Content::List(timed) => list_values(rows, timed),
        }
    }
}

fn map_values(rows: &RecordBatch, timed: &Timed) -> Result<BinaryArray> {
    let column = column(rows, "map_value")?;
    let value = encoder(&timed.ty, column).in_field("map_value")?;
    let last_access = timed.ttl.then(|| times(rows, "last_access")).transpose()?;
    build(rows.num_rows(), |row, out| {
        // With a time to live it is the value behind the time that may be null.
        let is_null = last_access.map_or_else(|| column.is_null(row), |times| times.is_null(row));
        if is_null && !column.is_null(row) {
            return Err(Error::data("NULL in place of the time of the last access").in_field("last_access"));
        }
        out.push(u8::from(is_null));
        if is_null {
            return Ok(());
        }
        push_time(last_access, row, out)?;
        value.encode(row, out).in_field("map_value")
    })
}

fn list_values(rows: &RecordBatch, timed: &Timed) -> Result<BinaryArray> {
    let joined = || Error::unsupported("elements of this list can't be told apart: its value can't be assigned");
    let lists = column(rows, "value")?.as_list_opt::<i32>().ok_or_else(joined)?;
    let element = encoder(&timed.ty, lists.values().as_ref()).in_field("value")?;
    let times = match timed.ttl {
        true => Some(column(rows, "last_access")?.as_list_opt::<i32>().ok_or_else(|| not_times("last_access"))?),
        false => None,
    };
    build(rows.num_rows(), |row, out| {
        let range = |offsets: &[i32]| {
            let at = |i: usize| offsets.get(i).and_then(|&offset| usize::try_from(offset).ok()).unwrap_or_default();
            at(row)..at(row + 1)
        };
        let elements = range(lists.value_offsets());
        if lists.is_null(row) || elements.is_empty() {
            return Err(Error::data("a list with no elements can't be stored")
                .in_field("value")
                .with_hint("delete the row: list state without elements is no state"));
        }
        let stamps = times.map(|times| range(times.value_offsets()));
        if stamps.as_ref().is_some_and(|stamps| stamps.len() != elements.len()) {
            return Err(Error::data("not one time for each element of the list").in_field("last_access"));
        }
        let values = times.map(|times| times.values().as_primitive_opt::<TimestampMillisecondType>());
        let values = values.map(|values| values.ok_or_else(|| not_times("last_access"))).transpose()?;
        for (i, at) in elements.enumerate() {
            if i > 0 {
                out.push(DELIMITER);
            }
            push_time(values, stamps.as_ref().map_or(0, |stamps| stamps.start + i), out)?;
            element.encode(at, out).in_field("value")?;
        }
        Ok(())
    })
}

fn part<'a>(rows: &'a RecordBatch, name: &str, ty: &Type, is_key: bool) -> Result<Box<dyn Encoder + 'a>> {
    let column = column(rows, name)?;
    if is_key { key_encoder(ty, column) } else { encoder(ty, column) }.in_field(name)
}

fn encoded(rows: &RecordBatch, encoder: &dyn Encoder) -> Result<BinaryArray> {
    build(rows.num_rows(), |row, out| encoder.encode(row, out))
}

/// Collects the bytes of each row.
fn build(rows: usize, mut encode: impl FnMut(usize, &mut Vec<u8>) -> Result<()>) -> Result<BinaryArray> {
    let (mut bytes, mut ends) = (Vec::new(), vec![0i32]);
    for row in 0..rows {
        encode(row, &mut bytes)?;
        let end = i32::try_from(bytes.len());
        ends.push(end.map_err(|_| Error::unsupported("more than 2 GiB of entries in one batch"))?);
    }
    let offsets = arrow_buffer::OffsetBuffer::new(ends.into());
    BinaryArray::try_new(offsets, bytes.into(), None).map_err(|e| Error::bug("offsets of entries").with_source(e))
}

fn with_length(out: &mut Vec<u8>, lengths: bool, encode: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let start = out.len();
    encode(out)?;
    if !lengths {
        return Ok(());
    }
    let mut left = out.len() - start;
    loop {
        let [byte, ..] = left.to_le_bytes();
        out.push(byte);
        left >>= 8;
        if left == 0 {
            return Ok(());
        }
    }
}

fn push_time(times: Option<&TimestampMillisecondArray>, row: usize, out: &mut Vec<u8>) -> Result<()> {
    if let Some(times) = times {
        out.extend_from_slice(&time(times, row).in_field("last_access")?.to_be_bytes());
    }
    Ok(())
}

fn time(times: &TimestampMillisecondArray, row: usize) -> Result<i64> {
    let value = (row < times.len() && times.is_valid(row)).then(|| times.value(row));
    value.ok_or_else(|| Error::data("NULL in place of a time"))
}

fn times<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a TimestampMillisecondArray> {
    column(rows, name)?.as_primitive_opt().ok_or_else(|| not_times(name))
}

fn not_times(name: &str) -> Error {
    Error::usage("timestamps in milliseconds belong there").in_field(name)
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    let column = rows.column_by_name(name).map(AsRef::as_ref);
    column.ok_or_else(|| Error::usage(format!("the rows have no column '{name}'")))
}
