//! One Kryo message as a tree.
//!
//! ```text
//! value  := 0                                null
//!         | class [ref] payload
//! class  := 1 kuint number [kstr name]       by name; the name stands where its number is first used
//!         | kuint id + 2                     by id
//! ref    := 1                                a new object; it gets the next number
//!         | kuint number + 2                 the same object as before, without payload
//!         | 0                                null
//! ```
//! Primitives and their wrappers have no `ref`. Names and objects are numbered anew in every message.

use std::ops::Range;

use crate::bytes::Cursor;
use crate::error::{Error, Result};

use super::class::{Codec, Number};
use super::primitive::kstr;
use super::registry::Registry;
use super::time::{Date, Time};

/// Nesting of a value.
const MAX_DEPTH: usize = 64;
/// Nulls that take no byte of their own.
const MAX_FREE_NULLS: usize = 1 << 16;

/// The place of a value in its message.
pub(super) type Id = usize;

/// A value; its text, bytes and numbers are in the buffers of the message.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Null,
    Boolean(bool),
    Byte(i8),
    Short(i16),
    Char(u16),
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    Text(Range<usize>),
    Bytes(Range<usize>),
    /// Array elements as the bits of `i64` or `f64`.
    Numbers(Number, Range<usize>),
    /// The bytes of a bit set, lowest bits first.
    Bits(Range<usize>),
    /// Milliseconds since 1970.
    Millis(i64),
    /// Seconds since 1970, nanoseconds of the second.
    Instant(i64, u32),
    Date(Date),
    Time(Time),
    DateTime(Date, Time),
    /// The first element; the others follow as `next`.
    List(Option<Id>),
    /// The first key; its value and the other keys and values follow as `next`.
    Map(Option<Id>),
    /// The first field of a Flink tuple.
    Tuple(u8, Option<Id>),
    /// A value in an `Optional`.
    Optional(Id),
    /// The same object as another one, which may hold this one.
    Same(Id),
    /// A value of which only the end is known.
    Framed,
}

#[derive(Clone, Debug)]
struct Node {
    data: Data,
    next: Option<Id>,
}

/// The class of a value.
#[derive(Clone, Debug)]
pub(super) struct Class {
    name: Name,
    pub(super) codec: Codec,
}

#[derive(Clone, Debug)]
enum Name {
    Id(usize),
    Text(Range<usize>),
}

/// A parsed message. Its buffers are used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Message {
    nodes: Vec<Node>,
    pub(super) text: String,
    pub(super) bytes: Vec<u8>,
    pub(super) numbers: Vec<u64>,
    /// Classes that were met by name, by number.
    names: Vec<Class>,
    /// Values by object number.
    objects: Vec<Id>,
    root_class: Option<Class>,
    free_nulls: usize,
}

impl Message {
    /// Parses one value and moves past it.
    ///
    /// After an error [`Self::class`] still says the class of the value, as far as it was read.
    ///
    /// # Errors
    /// `Unsupported`, naming the class, for a part whose class does not say how it is written.
    pub(super) fn parse(&mut self, registry: Registry<'_>, input: &mut Cursor<'_>) -> Result<()> {
        self.nodes.clear();
        self.text.clear();
        self.bytes.clear();
        self.numbers.clear();
        self.names.clear();
        self.objects.clear();
        self.root_class = None;
        self.free_nulls = MAX_FREE_NULLS;
        let mut parser = Parser { message: self, registry, depth: 0 };
        let Some(class) = parser.class(input)? else {
            parser.message.push(Data::Null);
            return Ok(());
        };
        parser.message.root_class = Some(class.clone());
        parser.object(&class, input).map(drop)
    }

    /// The class of the value; `None` for a null.
    pub(super) fn class<'a>(&'a self, registry: Registry<'a>) -> Option<&'a str> {
        self.root_class.as_ref().and_then(|class| self.name(class, registry))
    }

    pub(super) fn name<'a>(&'a self, class: &Class, registry: Registry<'a>) -> Option<&'a str> {
        match &class.name {
            Name::Id(id) => registry.by_id(*id).ok().map(|(name, _)| name),
            Name::Text(range) => self.text.get(range.clone()),
        }
    }

    /// The value.
    pub(super) fn root(&self) -> &Data {
        self.get(0)
    }

    pub(super) fn get(&self, id: Id) -> &Data {
        self.nodes.get(id).map_or(&Data::Null, |node| &node.data)
    }

    /// The elements of a list, or the keys and values of a map in turn.
    pub(super) fn elements(&self, first: Option<Id>) -> impl Iterator<Item = Id> {
        std::iter::successors(first, |id| self.nodes.get(*id)?.next)
    }

    pub(super) fn text(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn push(&mut self, data: Data) -> Id {
        self.nodes.push(Node { data, next: None });
        self.nodes.len() - 1
    }
}

/// Reads one message.
pub(super) struct Parser<'a> {
    pub(super) message: &'a mut Message,
    pub(super) registry: Registry<'a>,
    depth: usize,
}

impl Parser<'_> {
    /// A value of any class.
    pub(super) fn value(&mut self, input: &mut Cursor<'_>) -> Result<Id> {
        match self.class(input)? {
            Some(class) => self.object(&class, input),
            None => Ok(self.message.push(Data::Null)),
        }
    }

    /// A class; `None` for null.
    pub(super) fn class(&mut self, input: &mut Cursor<'_>) -> Result<Option<Class>> {
        let start = input.offset();
        match input.vlq()? {
            0 => Ok(None),
            1 => self.class_by_name(input).map(Some),
            tag => {
                let id = tag as usize - 2;
                let (_, codec) = self.registry.by_id(id).map_err(|e| e.at(start))?;
                Ok(Some(Class { name: Name::Id(id), codec }))
            }
        }
    }

    fn class_by_name(&mut self, input: &mut Cursor<'_>) -> Result<Class> {
        let start = input.offset();
        let number = input.vlq()? as usize;
        if let Some(class) = self.message.names.get(number) {
            return Ok(class.clone());
        }
        let wrong = |what: &str| Error::data(format!("class name {number} {what}")).at(start);
        if number != self.message.names.len() {
            return Err(wrong("is not the next one"));
        }
        let text = self.message.text.len();
        if !kstr(input, &mut self.message.text)? {
            return Err(wrong("is null"));
        }
        let name = text..self.message.text.len();
        let codec = self.registry.codec(self.message.text(&name));
        let class = Class { name: Name::Text(name), codec };
        self.message.names.push(class.clone());
        Ok(class)
    }

    /// What follows the class of a value.
    fn object(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Id> {
        if class.codec.is_primitive() {
            let id = self.message.push(Data::Null);
            return self.fill(id, class, input);
        }
        self.referenced(class, input)
    }

    /// A value of a known class that may be null or an object met before.
    pub(super) fn referenced(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Id> {
        let start = input.offset();
        // Whether a value of an unknown class has a reference is not known: Kryo 5 leaves it away for enums.
        self.check_known(class, start)?;
        let tag = input.vlq()?;
        match tag.checked_sub(2) {
            Some(number) => {
                let same = self.message.objects.get(number as usize).copied();
                let same = same.ok_or_else(|| Error::data(format!("no object has the number {number}")).at(start))?;
                Ok(self.message.push(Data::Same(same)))
            }
            None if tag == 0 => Ok(self.message.push(Data::Null)),
            None => self.new_object(class, input),
        }
    }

    fn new_object(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Id> {
        let id = self.message.push(Data::Null);
        self.message.objects.push(id);
        self.fill(id, class, input)
    }

    fn fill(&mut self, id: Id, class: &Class, input: &mut Cursor<'_>) -> Result<Id> {
        self.check_known(class, input.offset())?;
        if self.depth >= MAX_DEPTH {
            return Err(Error::unsupported(format!("value is nested deeper than {MAX_DEPTH}")).at(input.offset()));
        }
        self.depth += 1;
        let data = self.payload(class, input)?;
        self.depth -= 1;
        if let Some(node) = self.message.nodes.get_mut(id) {
            node.data = data;
        }
        Ok(id)
    }

    /// A value of a known class; wrappers have a null byte, others a reference, if they can be null.
    pub(super) fn nullable(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Id> {
        if !class.codec.is_primitive() {
            return self.referenced(class, input);
        }
        let start = input.offset();
        match input.u8()? {
            0 => Ok(self.message.push(Data::Null)),
            1 => self.object(class, input),
            other => Err(Error::data(format!("null marker {other}")).at(start)),
        }
    }

    /// A value of a known class that is not null.
    pub(super) fn not_null(&mut self, class: &Class, input: &mut Cursor<'_>) -> Result<Id> {
        self.object(class, input)
    }

    /// An object that is a part of another one and has a reference of its own.
    pub(super) fn part(&mut self, codec: Codec, input: &mut Cursor<'_>) -> Result<Data> {
        let class = Class { name: Name::Text(0..0), codec };
        let id = self.referenced(&class, input)?;
        Ok(match self.message.get(id) {
            Data::Same(same) => self.message.get(*same).clone(),
            data => data.clone(),
        })
    }

    /// Reads `n` values and links them.
    pub(super) fn sequence(
        &mut self,
        n: usize,
        input: &mut Cursor<'_>,
        mut read: impl FnMut(&mut Self, &mut Cursor<'_>) -> Result<Id>,
    ) -> Result<Option<Id>> {
        let (mut first, mut last) = (None, None);
        for _ in 0..n {
            let id = read(self, input)?;
            first.get_or_insert(id);
            if let Some(node) = last.and_then(|last: Id| self.message.nodes.get_mut(last)) {
                node.next = Some(id);
            }
            last = Some(id);
        }
        Ok(first)
    }

    /// A null that takes no byte.
    pub(super) fn free_null(&mut self, input: &Cursor<'_>) -> Result<Id> {
        let left = self.message.free_nulls.checked_sub(1);
        self.message.free_nulls =
            left.ok_or_else(|| Error::unsupported("more nulls than are sensible").at(input.offset()))?;
        Ok(self.message.push(Data::Null))
    }

    /// A class that arrays name.
    pub(super) fn class_named(&mut self, name: &str) -> Class {
        let start = self.message.text.len();
        self.message.text.push_str(name);
        Class { name: Name::Text(start..self.message.text.len()), codec: self.registry.codec(name) }
    }

    fn check_known(&self, class: &Class, offset: u64) -> Result<()> {
        let what = match class.codec {
            Codec::Unknown => "the snapshot does not say how its values are written",
            Codec::Abstract => "it has no values of its own",
            _ => return Ok(()),
        };
        let name = self.message.name(class, self.registry).unwrap_or("?");
        Err(Error::unsupported(format!("Kryo value of the class {name}: {what}")).at(offset))
    }
}
