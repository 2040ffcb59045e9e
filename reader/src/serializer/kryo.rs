//! Types that Kryo writes: the declared class and what was registered.

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Kryo, KryoDefault, KryoRegistration, KryoSerializer, Type};

use super::registry::{Row, plain};
use super::{Parser, optional_map};

pub(super) const SNAPSHOTS: &[Row] =
    &[("org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializerSnapshot", plain(2), kryo)];

/// `utf` class, then optional maps of registrations, default serializer objects and default serializer classes.
fn kryo(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let class = input.utf().in_field("class")?;
    let registrations = optional_map::read(input, |entry| {
        // A registration that was lost may have had any serializer.
        let serializer = entry.value.map_or(Ok(KryoSerializer::Instance), registration)?;
        Ok(KryoRegistration { class: entry.name, serializer })
    });
    let registrations = registrations.in_field("registrations")?;
    let mut default_serializers =
        optional_map::read(input, |entry| Ok(KryoDefault { class: entry.name, serializer: KryoSerializer::Instance }))
            .in_field("default serializers")?;
    let classes = optional_map::read(input, |entry| {
        let serializer = match entry.value {
            Some(mut value) => KryoSerializer::Class(value.utf()?),
            None => KryoSerializer::Instance,
        };
        Ok(KryoDefault { class: entry.name, serializer })
    });
    default_serializers.extend(classes.in_field("default serializer classes")?);
    Ok(Type::Kryo(Kryo { class, registrations, default_serializers, version: parser.context.kryo }))
}

/// `utf` registered class, `i32` kind, then nothing, the `utf` class of a serializer, or a serializer as Java object.
fn registration(mut value: Cursor<'_>) -> Result<KryoSerializer> {
    value.utf()?;
    let start = value.offset();
    Ok(match value.i32()? {
        0 => KryoSerializer::Kryo,
        1 => KryoSerializer::Class(value.utf()?),
        2 => return Ok(KryoSerializer::Instance),
        kind => return Err(Error::data(format!("registration of kind {kind}")).at(start)),
    })
}
