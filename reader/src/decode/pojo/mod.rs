//! POJOs: a flag byte, then each field behind its null marker; or a value of a subclass.
//!
//! ```text
//! value := 01                         null
//!        | 02 field*                  exactly the POJO's class
//!        | 04 utf class, subvalue     a subclass that is not registered
//!        | 08 u8 tag, subvalue        a registered subclass
//! field := 01                         null
//!        | 00 value
//! ```
//! A subvalue is a whole value of the subclass's own serializer: of a POJO it starts with `02`.
//!
//! A POJO that may hold subclasses becomes a struct with the fields of all classes and `$class`. Fields of the same
//! name and type share a column. Others of the same name are told apart by the class that declares them, as in
//! `name$Class`: fields whose types differ between subclasses, and a field that hides one of its superclass.

mod layout;

use std::borrow::Cow;

use arrow_array::ArrayRef;

use crate::bytes::{Cursor, decode_modified_utf8};
use crate::error::{Context, Error, Result};
use crate::types::{Pojo, Subclass};

use super::columns::Columns;
use super::{Decoder, Undecoded, flag, skip};
pub use layout::{PojoClass, PojoColumn, PojoLayout};

/// A struct of the fields, and `$class` if subclasses are known.
pub(super) fn decoder(pojo: &Pojo, tail: bool) -> Box<dyn Decoder> {
    let layout = PojoLayout::new(pojo, tail);
    let columns = layout.columns(pojo, tail);
    let PojoLayout { exact, registered, non_registered, .. } = layout;
    Box::new(PojoDecoder { columns, exact, registered, non_registered })
}

/// Moves past a POJO.
pub(super) fn skip_pojo(pojo: &Pojo, input: &mut Cursor<'_>) -> Result<()> {
    let start = *input;
    match Header::read(input)? {
        Header::Null => Ok(()),
        Header::Exact => pojo
            .fields
            .iter()
            .try_for_each(|field| if flag(input)? { Ok(()) } else { skip(&field.ty, input).in_field(&field.name) }),
        Header::Class(class) => match pojo.non_registered.iter().find(|s| s.class == class) {
            Some(Subclass { ty, .. }) => skip(ty, input),
            None => Err(unknown_subclass(&class, &pojo.class).at(start.offset())),
        },
        Header::Tag(tag) => match pojo.registered.get(tag) {
            Some(Subclass { ty, .. }) => skip(ty, input),
            None => Err(unknown_tag(tag, &pojo.class).at(start.offset())),
        },
    }
}

enum Header<'a> {
    Null,
    Exact,
    Class(Cow<'a, str>),
    Tag(usize),
}

impl<'a> Header<'a> {
    fn read(input: &mut Cursor<'a>) -> Result<Self> {
        let start = input.offset();
        match input.u8()? {
            1 => Ok(Self::Null),
            2 => Ok(Self::Exact),
            4 => {
                let length = usize::from(input.u16()?);
                let bytes = input.take(length)?;
                let class = match std::str::from_utf8(bytes) {
                    Ok(class) if bytes.is_ascii() => Cow::Borrowed(class),
                    _ => Cow::Owned(decode_modified_utf8(bytes).map_err(|e| e.at(start))?),
                };
                Ok(Self::Class(class))
            }
            8 => Ok(Self::Tag(input.u8()?.into())),
            flags => Err(Error::data(format!("{flags} are no flags of a POJO")).at(start)),
        }
    }
}

struct PojoDecoder {
    columns: Columns,
    exact: PojoClass,
    registered: Vec<PojoClass>,
    non_registered: Vec<PojoClass>,
}

impl Decoder for PojoDecoder {
    fn append(&mut self, input: &mut Cursor<'_>) -> Result<()> {
        let start = input.offset();
        match Header::read(input)? {
            Header::Null => {
                self.columns.append_null_struct();
                Ok(())
            }
            Header::Exact => append_fields(&mut self.columns, &self.exact, input),
            Header::Class(class) => match self.non_registered.iter().find(|v| v.class == class) {
                Some(variant) => append_subclass(&mut self.columns, variant, input),
                None => {
                    let error = unknown_subclass(&class, &self.exact.class).at(start);
                    self.append_unknown(&class, error, input)
                }
            },
            Header::Tag(tag) => match self.registered.get(tag) {
                Some(variant) => append_subclass(&mut self.columns, variant, input),
                None => Err(unknown_tag(tag, &self.exact.class).at(start)),
            },
        }
    }

    fn append_null(&mut self) {
        self.columns.append_null_struct();
    }

    fn finish(&mut self) -> ArrayRef {
        self.columns.finish()
    }

    fn undecoded(&self) -> Option<Undecoded> {
        self.columns.undecoded()
    }
}

impl PojoDecoder {
    /// Keeps the bytes of a value of an unknown class, if there is a place for them.
    fn append_unknown(&mut self, class: &str, error: Error, input: &mut Cursor<'_>) -> Result<()> {
        if !self.columns.has_undecoded() {
            return Err(error);
        }
        self.columns.count_unknown(error.message().to_owned());
        (0..self.columns.len()).for_each(|index| self.columns.append_null(index));
        self.columns.end(Some((&[], input.take_rest())), class)
    }
}

fn append_subclass(columns: &mut Columns, variant: &PojoClass, input: &mut Cursor<'_>) -> Result<()> {
    if variant.is_pojo {
        let start = input.offset();
        let flags = input.u8()?;
        if flags != 2 {
            return Err(Error::data(format!("flags {flags} in a value of subclass {}", variant.class)).at(start));
        }
    }
    append_fields(columns, variant, input)
}

fn append_fields(columns: &mut Columns, variant: &PojoClass, input: &mut Cursor<'_>) -> Result<()> {
    let complete = columns
        .append_each(&variant.fields, input, |_, input| if variant.is_pojo { flag(input) } else { Ok(false) })?;
    variant.absent.iter().for_each(|&index| columns.append_null(index));
    let undecoded = (variant.rest || !complete).then(|| input.take_rest());
    columns.end(undecoded.map(|rest| ([].as_slice(), rest)), &variant.class)
}

fn unknown_subclass(class: &str, pojo: &str) -> Error {
    Error::unsupported(format!("{class}, a subclass of {pojo}, is not described in the snapshot"))
        .with_hint("register the class with the job's serializer config and take a new savepoint")
}

fn unknown_tag(tag: usize, pojo: &str) -> Error {
    Error::data(format!("{pojo} has no registered subclass with tag {tag}"))
}
