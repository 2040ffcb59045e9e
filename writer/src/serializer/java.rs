//! Java serialization (stream protocol 5), as far as logical types and the serializers of the Table API need it.
//!
//! ```text
//! stream    := AC ED 00 05  content
//! content   := 70 | 71 i32 handle                              null, what was written before
//!            | 74 utf                                          string
//!            | 73 classDesc  fields of each class, topmost first
//!            | 75 classDesc  i32 n  content*n                  array of objects
//!            | 76 classDesc                                    Class object
//!            | 7E classDesc  content                           enum constant with its name
//! classDesc := 70 | 71 i32 handle
//!            | 72 utf name  i64 uid  u8 flags  u16 n  field*n  78  classDesc of the superclass
//! field     := u8 type  utf name  [content: signature, if the type is L or []
//! ```
//!
//! Descriptors, strings, enum constants and `Class` objects are written once and then referred to by their handles,
//! which count from 0x7E0000 in the order in which they are started. Java does so for the same object only, which equal
//! strings are where they are constants of the program.

use std::collections::HashMap;

use flink_state_reader::bytes::Writer;
use flink_state_reader::{Error, Result};

const HEADER: [u8; 4] = [0xAC, 0xED, 0x00, 0x05];
const FIRST_HANDLE: u32 = 0x007E_0000;

const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS_DESC: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;
const CLASS: u8 = 0x76;
const BLOCK: u8 = 0x77;
const END_BLOCK: u8 = 0x78;
const ENUM: u8 = 0x7E;

/// `Serializable` without a `writeObject` of its own.
pub(super) const SERIALIZABLE: u8 = 2;
/// `Serializable` with a `writeObject`, whose bytes end with [`ObjectWriter::end`].
const CUSTOM: u8 = 3;

/// A class as its descriptor has it. Fields are its own: primitives by name, then the others by name, each with its
/// signature.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) uid: i64,
    pub(super) flags: u8,
    pub(super) fields: &'static [(&'static str, &'static str)],
    pub(super) parent: Option<&'static Class>,
}

/// The type of an enum constant; such classes have neither a number nor fields.
pub(super) const fn enumeration(name: &'static str) -> Class {
    Class { name, uid: 0, flags: ENUM_CONSTANT, fields: &[], parent: Some(&ENUM_CLASS) }
}

const ENUM_CONSTANT: u8 = 0x12;
const ENUM_CLASS: Class = Class { name: "java.lang.Enum", uid: 0, flags: ENUM_CONSTANT, fields: &[], parent: None };

/// A list whose elements stand in its annotation.
pub(super) static ARRAY_LIST: Class = Class {
    name: "java.util.ArrayList",
    uid: 8_683_452_581_122_892_189,
    flags: CUSTOM,
    fields: &[("size", "I")],
    parent: None,
};

/// What can be referred to.
#[derive(PartialEq, Eq, Hash)]
enum Known {
    Desc(&'static str),
    String(String),
    Constant(&'static str, &'static str),
    Class(&'static str),
    Singleton(&'static str),
}

/// The place of an object in its stream.
#[derive(Clone, Copy)]
pub(super) struct Handle(u32);

/// Writes one stream; the caller adds the field values of an object behind its head.
pub(super) struct ObjectWriter<'o> {
    out: &'o mut Writer,
    known: HashMap<Known, Handle>,
    handles: u32,
}

impl<'o> ObjectWriter<'o> {
    /// Starts a stream.
    pub(super) fn new(out: &'o mut Writer) -> Self {
        out.bytes(&HEADER);
        Self { out, known: HashMap::new(), handles: 0 }
    }

    /// The head of an object.
    pub(super) fn object(&mut self, class: &'static Class) -> Result<Handle> {
        self.out.u8(OBJECT);
        self.desc(class)?;
        self.handle()
    }

    /// An object without fields that its class has only once.
    pub(super) fn singleton(&mut self, class: &'static Class) -> Result<()> {
        let known = Known::Singleton(class.name);
        if self.refer(&known) {
            return Ok(());
        }
        let handle = self.object(class)?;
        self.known.insert(known, handle);
        Ok(())
    }

    /// The head of an array of objects.
    pub(super) fn array(&mut self, class: &'static Class, length: usize) -> Result<()> {
        self.out.u8(ARRAY);
        self.desc(class)?;
        self.handle()?;
        self.out.count(length)
    }

    pub(super) fn constant(&mut self, class: &'static Class, name: &'static str) -> Result<()> {
        let known = Known::Constant(class.name, name);
        if self.refer(&known) {
            return Ok(());
        }
        self.out.u8(ENUM);
        self.desc(class)?;
        self.learn(known)?;
        self.string(name)
    }

    pub(super) fn class_object(&mut self, class: &'static Class) -> Result<()> {
        let known = Known::Class(class.name);
        if self.refer(&known) {
            return Ok(());
        }
        self.out.u8(CLASS);
        self.desc(class)?;
        self.learn(known)
    }

    /// A string that is a constant of the program.
    pub(super) fn string(&mut self, text: &str) -> Result<()> {
        let known = Known::String(text.to_owned());
        if self.refer(&known) {
            return Ok(());
        }
        self.out.u8(STRING);
        self.learn(known)?;
        self.out.utf(text)
    }

    /// A string that is not a constant of the program, and so no object that was written before.
    pub(super) fn new_string(&mut self, text: &str) -> Result<()> {
        self.out.u8(STRING);
        self.handle()?;
        self.out.utf(text)
    }

    pub(super) fn null(&mut self) {
        self.out.u8(NULL);
    }

    pub(super) fn reference(&mut self, Handle(handle): Handle) {
        self.out.u8(REFERENCE);
        self.out.u32(handle);
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.out.bool(value);
    }

    pub(super) fn int(&mut self, value: i32) {
        self.out.i32(value);
    }

    /// Four bytes of a `writeObject` method.
    pub(super) fn block(&mut self, value: i32) {
        self.out.bytes(&[BLOCK, 4]);
        self.out.i32(value);
    }

    /// The end of what a `writeObject` method wrote.
    pub(super) fn end(&mut self) {
        self.out.u8(END_BLOCK);
    }

    fn desc(&mut self, class: &'static Class) -> Result<()> {
        let known = Known::Desc(class.name);
        if self.refer(&known) {
            return Ok(());
        }
        self.out.u8(CLASS_DESC);
        self.out.utf(class.name)?;
        self.out.i64(class.uid);
        self.learn(known)?;
        self.out.u8(class.flags);
        let count = u16::try_from(class.fields.len()).map_err(|_| Error::bug("class with too many fields"))?;
        self.out.u16(count);
        for (name, signature) in class.fields {
            let ty = signature.bytes().next().unwrap_or_default();
            self.out.u8(ty);
            self.out.utf(name)?;
            if matches!(ty, b'L' | b'[') {
                self.string(signature)?;
            }
        }
        self.end();
        match class.parent {
            Some(parent) => self.desc(parent),
            None => {
                self.null();
                Ok(())
            }
        }
    }

    /// Refers to what was written before, if it was.
    fn refer(&mut self, known: &Known) -> bool {
        let Some(&handle) = self.known.get(known) else {
            return false;
        };
        self.reference(handle);
        true
    }

    fn learn(&mut self, known: Known) -> Result<()> {
        let handle = self.handle()?;
        self.known.insert(known, handle);
        Ok(())
    }

    fn handle(&mut self) -> Result<Handle> {
        let too_many = || Error::unsupported("type is too large for a Java object stream");
        let handle = FIRST_HANDLE.checked_add(self.handles).ok_or_else(too_many)?;
        self.handles += 1;
        Ok(Handle(handle))
    }
}
