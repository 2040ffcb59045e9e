//! POJOs and Java records with the subclasses that their serializer has met.

use crate::bytes::Cursor;
use crate::error::{Context, Result};
use crate::types::{Pojo, PojoField, Subclass, Type};

use super::registry::{Row, plain};
use super::{Parser, optional_map};

pub(super) const SNAPSHOTS: &[Row] =
    &[("org.apache.flink.api.java.typeutils.runtime.PojoSerializerSnapshot", plain(2), pojo)];

/// `utf` class, then optional maps of fields, registered and other subclasses.
fn pojo(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let class = input.utf().in_field("class")?;
    let fields = optional_map::read(input, |entry| {
        let (declaring_class, name) = match entry.key {
            Some(mut key) => {
                let names = (Some(key.utf()?), key.utf()?);
                key.expect_end()?;
                names
            }
            None => (None, entry.name),
        };
        Ok(PojoField { name, declaring_class, ty: parser.framed(entry.value)? })
    });
    let fields = fields.in_field("fields")?;
    let registered = subclasses(parser, input).in_field("registered subclasses")?;
    let non_registered = subclasses(parser, input).in_field("non-registered subclasses")?;
    Ok(Type::Pojo(Pojo { class, fields, registered, non_registered }))
}

fn subclasses(parser: &mut Parser<'_>, input: &mut Cursor<'_>) -> Result<Vec<Subclass>> {
    optional_map::read(input, |entry| Ok(Subclass { class: entry.name, ty: parser.framed(entry.value)? }))
}
