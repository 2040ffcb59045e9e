//! Rows as ranges of bytes, before any value is decoded.

use crate::bytes::Cursor;
use crate::decode::{self, Span};
use crate::error::{Error, Result};
use crate::types::{Basic, Length, Type};

/// Finds the end of the values of one type.
#[derive(Clone, Debug)]
pub(crate) struct Framer {
    ty: Type,
    length: Length,
}

impl Framer {
    pub(crate) fn new(ty: Type) -> Self {
        // The length of the void namespace counts as 0, but it writes one byte.
        let length = match ty {
            Type::Basic(Basic::VoidNamespace) => Length::Fixed(1),
            _ => ty.length(),
        };
        Self { ty, length }
    }

    pub(crate) fn ty(&self) -> &Type {
        &self.ty
    }

    /// Bytes of every value, if its serializer promises a number.
    #[inline]
    pub(crate) fn length(&self) -> Length {
        self.length
    }

    /// Moves past one value.
    #[inline]
    pub(crate) fn skip(&self, input: &mut Cursor<'_>) -> Result<()> {
        match self.length {
            Length::Fixed(size) => input.take(size).map(drop),
            _ => decode::skip(&self.ty, input),
        }
    }
}

/// The parts of a row that are asked for. The others are framed only where that is needed to find these.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "a set of columns")]
pub(crate) struct Wanted {
    pub(crate) key: bool,
    pub(crate) namespace: bool,
    pub(crate) map_key: bool,
    pub(crate) value: bool,
    pub(crate) last_access: bool,
    pub(crate) timestamp: bool,
    pub(crate) position: bool,
}

/// The rows of one window: a list of spans for each wanted part, one element for each row.
///
/// Spans count from the start of the window, whose first byte is byte `base` of the file.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    base: u64,
    wanted: Wanted,
    pub(crate) count: usize,
    pub(crate) key: Vec<Span>,
    pub(crate) namespace: Vec<Span>,
    pub(crate) map_key: Vec<Span>,
    /// Values; of list state the elements of all rows. [`NULL`] where the value of a map entry is null.
    pub(crate) value: Vec<Span>,
    /// The time of the last access of each value or element; `None` for a null value.
    pub(crate) last_access: Vec<Option<i64>>,
    /// Of list state: the number of elements in each row.
    pub(crate) elements: Vec<usize>,
    pub(crate) timestamp: Vec<i64>,
    pub(crate) position: Vec<i64>,
    /// Of broadcast state: a sum over all entries, the same for equal maps in any order.
    pub(crate) fingerprint: u64,
}

/// Stands for a null value.
pub(crate) const NULL: Span = Span { start: u32::MAX, end: 0 };

/// A state of [`Rows`] to go back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    count: usize,
    key: usize,
    namespace: usize,
    map_key: usize,
    value: usize,
    last_access: usize,
    elements: usize,
    timestamp: usize,
    position: usize,
}

impl Rows {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    #[inline]
    pub(crate) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// Drops all rows and starts a window.
    pub(crate) fn restart(&mut self, base: u64) {
        self.base = base;
        self.rollback(Mark {
            count: 0,
            key: 0,
            namespace: 0,
            map_key: 0,
            value: 0,
            last_access: 0,
            elements: 0,
            timestamp: 0,
            position: 0,
        });
    }

    /// The span of the bytes from file offset `start` to `end`.
    #[inline]
    pub(crate) fn span(&self, start: u64, end: u64) -> Result<Span> {
        match (u32::try_from(start - self.base), u32::try_from(end - self.base)) {
            (Ok(start), Ok(end)) if end < u32::MAX => Ok(Span { start, end }),
            _ => Err(Error::unsupported("an entry of more than 4 GiB").at(start)),
        }
    }

    /// The span of all bytes that `input` has left.
    #[inline]
    pub(crate) fn rest(&self, input: Cursor<'_>) -> Result<Span> {
        self.span(input.offset(), input.offset() + input.remaining() as u64)
    }

    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            count: self.count,
            key: self.key.len(),
            namespace: self.namespace.len(),
            map_key: self.map_key.len(),
            value: self.value.len(),
            last_access: self.last_access.len(),
            elements: self.elements.len(),
            timestamp: self.timestamp.len(),
            position: self.position.len(),
        }
    }

    /// Drops what was added since `mark`: the beginning of an entry that could not be finished.
    pub(crate) fn rollback(&mut self, mark: Mark) {
        self.count = mark.count;
        self.key.truncate(mark.key);
        self.namespace.truncate(mark.namespace);
        self.map_key.truncate(mark.map_key);
        self.value.truncate(mark.value);
        self.last_access.truncate(mark.last_access);
        self.elements.truncate(mark.elements);
        self.timestamp.truncate(mark.timestamp);
        self.position.truncate(mark.position);
    }

    /// Drops rows with an empty list.
    pub(crate) fn drop_empty_lists(&mut self) {
        if !self.elements.contains(&0) {
            return;
        }
        fn retain<T>(parts: &mut Vec<T>, elements: &[usize]) {
            let mut elements = elements.iter();
            parts.retain(|_| elements.next() != Some(&0));
        }
        retain(&mut self.key, &self.elements);
        retain(&mut self.namespace, &self.elements);
        self.elements.retain(|&count| count > 0);
        self.count = self.elements.len();
    }

    /// Each row on its own.
    pub(crate) fn each(&self) -> impl Iterator<Item = Self> + '_ {
        let mut element = 0;
        (0..self.count).map(move |row| {
            fn one<T: Copy>(parts: &[T], row: usize) -> Vec<T> {
                parts.get(row).copied().into_iter().collect()
            }
            let elements = self.elements.get(row).map_or(row..row + 1, |count| element..element + count);
            element = elements.end;
            Self {
                base: self.base,
                wanted: self.wanted,
                count: 1,
                key: one(&self.key, row),
                namespace: one(&self.namespace, row),
                map_key: one(&self.map_key, row),
                value: self.value.get(elements.clone()).unwrap_or_default().to_vec(),
                last_access: self.last_access.get(elements).unwrap_or_default().to_vec(),
                elements: one(&self.elements, row),
                timestamp: one(&self.timestamp, row),
                position: one(&self.position, row),
                fingerprint: 0,
            }
        })
    }

    /// Adds a row whose key and value are not taken apart.
    #[inline]
    pub(crate) fn push_bytes(&mut self, key: Cursor<'_>, value: Cursor<'_>) -> Result<()> {
        if self.wanted.key {
            self.key.push(self.rest(key)?);
        }
        if self.wanted.value {
            self.value.push(self.rest(value)?);
        }
        self.count += 1;
        Ok(())
    }

    /// Adds a null value.
    #[inline]
    pub(crate) fn push_null(&mut self) {
        if self.wanted.value {
            self.value.push(NULL);
        }
        if self.wanted.last_access {
            self.last_access.push(None);
        }
    }
}

/// What a walk through a window came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// As many rows as were asked for; more may follow.
    Full,
    /// The window ends before the next entry does.
    NeedMore,
    /// Nothing of the wanted state can follow in this section.
    End,
}

/// Rows of the wanted state that could not be framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unframed {
    /// How many, where it is known.
    pub(crate) rows: Option<u64>,
    /// Why, as a sentence.
    pub(crate) reason: String,
}

/// Walks through a section of a state file (a key group, a state's block, an operator state) without I/O.
pub(crate) trait Walk: Send {
    /// Frames complete entries at `input` until `rows` has `max` or more of them, and moves past those entries.
    ///
    /// `last` says that the section ends with `input`. What can't be framed is added to `unframed`.
    ///
    /// # Errors
    /// Bytes that contradict the format.
    fn walk(
        &mut self,
        input: &mut Cursor<'_>,
        last: bool,
        max: usize,
        rows: &mut Rows,
        unframed: &mut Vec<Unframed>,
    ) -> Result<Step>;
}
