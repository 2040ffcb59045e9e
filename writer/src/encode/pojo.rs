//! POJOs: a flag byte, then each field behind its null marker; or a value of a subclass, told by `$class`.
//!
//! ```text
//! value := 01                         null
//!        | 02 field*                  exactly the POJO's class
//!        | 04 utf class, subvalue     a subclass that is not registered
//!        | 08 u8 tag, subvalue        a registered subclass
//! field := 01                         null
//!        | 00 value
//! ```

use arrow_array::{Array, StringArray};
use flink_state_reader::decode::{PojoClass, PojoLayout};
use flink_state_reader::types::Pojo;

use crate::{Error, Result};

use super::Encoder;
use super::column::{child, strings, structs};
use super::fields::{Fields, Known, Markers};
use super::text::put_utf;

const CLASS: &str = "$class";

const NULL: u8 = 1;
const EXACT: u8 = 2;
const BY_NAME: u8 = 4;
const BY_TAG: u8 = 8;

/// A struct of the fields of all classes, with `$class` if subclasses are known.
pub(super) fn encoder<'a>(pojo: &Pojo, column: &'a dyn Array, tail: bool) -> Result<Box<dyn Encoder + 'a>> {
    let column = structs(column)?;
    let layout = PojoLayout::new(pojo, tail);
    let columns = layout.columns.iter().map(|c| (c.name.as_str(), &c.ty, c.last));
    let fields = Fields::new(column, columns, tail, Markers::Yes)?;
    let classes = if pojo.has_subclasses() { Some(strings(child(column, CLASS)?)?) } else { None };
    Ok(Box::new(PojoEncoder { fields, layout, classes }))
}

struct PojoEncoder<'a> {
    fields: Fields<'a>,
    layout: PojoLayout,
    classes: Option<&'a StringArray>,
}

impl Encoder for PojoEncoder<'_> {
    fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.fields.column.is_null(row) {
            out.push(NULL);
            return Ok(());
        }
        let class = self.class(row)?;
        if class == self.layout.exact.class {
            return self.put_fields(&self.layout.exact, row, out);
        }
        let registered = &self.layout.registered;
        if let Some((tag, found)) = registered.iter().enumerate().find(|(_, c)| c.class == class) {
            let tag = u8::try_from(tag).map_err(|_| Error::bug(format!("subclass tag {tag}")))?;
            out.extend([BY_TAG, tag]);
            return self.put_fields(found, row, out);
        }
        out.push(BY_NAME);
        put_utf(class, out)?;
        match self.layout.non_registered.iter().find(|c| c.class == class) {
            Some(found) => self.put_fields(found, row, out),
            None => self.put_unknown(class, row, out),
        }
    }
}

impl PojoEncoder<'_> {
    fn class(&self, row: usize) -> Result<&str> {
        match self.classes {
            None => Ok(&self.layout.exact.class),
            Some(classes) if classes.is_null(row) => {
                Err(Error::data("NULL in place of the value's class").in_field(CLASS))
            }
            Some(classes) => Ok(classes.value(row)),
        }
    }

    fn put_fields(&self, class: &PojoClass, row: usize, out: &mut Vec<u8>) -> Result<()> {
        for index in &class.absent {
            self.fields.part(*index)?.expect_null(row, || format!("a value, but {} has no such field", class.class))?;
        }
        if class.is_pojo {
            out.push(EXACT);
        }
        let Known { fields, rest } = self.fields.known(&class.fields, class.rest, row, |_, _| true)?;
        for index in class.fields.iter().take(fields) {
            let part = self.fields.part(*index)?;
            let null = class.is_pojo && part.is_null(row);
            if class.is_pojo {
                out.push(u8::from(null));
            }
            if !null {
                part.encode(row, out)?;
            }
        }
        out.extend(rest);
        Ok(())
    }

    /// A value of a class that the snapshot does not describe: its bytes.
    fn put_unknown(&self, class: &str, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let Some(bytes) = self.fields.undecoded(row) else {
            let known = self.layout.registered.iter().chain(&self.layout.non_registered).map(|c| c.class.as_str());
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(Error::data(format!("{class} is no subclass that the snapshot describes"))
                .with_hint(format!("the snapshot describes {}, {known}", self.layout.exact.class))
                .in_field(CLASS));
        };
        for index in 0..self.fields.len() {
            self.fields.part(index)?.expect_null(row, || format!("a value beside the bytes of {class}"))?;
        }
        out.extend(bytes);
        Ok(())
    }
}
