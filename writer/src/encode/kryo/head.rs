//! The class of a value, and whether a reference follows it.

use flink_state_reader::types::{Kryo, KryoVersion};

use crate::{Error, Result};

use super::super::text::put_vlq;
use super::primitive::put_name;

const PRIMITIVES: [&str; 9] =
    ["int", "java.lang.String", "float", "boolean", "byte", "char", "short", "long", "double"];
const WRAPPERS: [(&str, &str); 8] = [
    ("java.lang.Integer", "int"),
    ("java.lang.Float", "float"),
    ("java.lang.Boolean", "boolean"),
    ("java.lang.Byte", "byte"),
    ("java.lang.Character", "char"),
    ("java.lang.Short", "short"),
    ("java.lang.Long", "long"),
    ("java.lang.Double", "double"),
];
/// Ids from 10 on are Scala's.
const FIRST_FLINK: u32 = 73;
const FLINK: [&str; 12] = [
    "java.util.Arrays$ArrayList",
    "java.util.BitSet",
    "java.util.PriorityQueue",
    "java.util.regex.Pattern",
    "java.sql.Date",
    "java.sql.Time",
    "java.sql.Timestamp",
    "java.net.URI",
    "java.net.InetSocketAddress",
    "java.util.UUID",
    "java.util.Locale",
    "java.text.SimpleDateFormat",
];
const FIRST_USER: u32 = 85;

/// What stands in front of the payload of a value of one class.
#[derive(Debug)]
pub(super) struct Head(Vec<u8>);

impl Head {
    /// The head of new values of a class.
    pub(super) fn new(kryo: &Kryo, class: &str) -> Result<Self> {
        let Self(mut bytes) = Self::class(kryo, class, 0)?;
        let is_wrapper = WRAPPERS.iter().any(|(wrapper, primitive)| *wrapper == class || *primitive == class);
        if !is_wrapper {
            bytes.push(1);
        }
        Ok(Self(bytes))
    }

    /// Nothing: the payload writes its class itself.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// The head of new values that are a part of a value of another class.
    pub(super) fn inside(kryo: &Kryo, outer: &str, class: &str) -> Result<Self> {
        let Self(mut bytes) = Self::inside_again(kryo, outer, class)?;
        bytes.push(1);
        Ok(Self(bytes))
    }

    /// As [`Self::inside`], for an object that is in the value already: its number must follow.
    pub(super) fn inside_again(kryo: &Kryo, outer: &str, class: &str) -> Result<Self> {
        Self::class(kryo, class, u8::from(id(kryo, outer)?.is_none()))
    }

    /// The class without a reference, behind so many classes that were named in the message.
    fn class(kryo: &Kryo, class: &str, named: u8) -> Result<Self> {
        let primitive = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == class).map_or(class, |(_, name)| name);
        let mut bytes = Vec::new();
        match id(kryo, primitive)? {
            Some(id) => put_vlq(id + 2, &mut bytes),
            None => {
                bytes.extend([1, named]);
                put_name(primitive, kryo.version, &mut bytes)?;
            }
        }
        Ok(Self(bytes))
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend(&self.0);
    }
}

/// The id of a class; `None` if its name is written.
fn id(kryo: &Kryo, class: &str) -> Result<Option<u32>> {
    let fixed = (0..).zip(PRIMITIVES).chain((FIRST_FLINK..).zip(FLINK));
    if let Some((id, _)) = fixed.clone().find(|(_, name)| *name == class) {
        return Ok(Some(id));
    }
    let has_id = |class: &str| {
        fixed.clone().any(|(_, name)| name == class) || WRAPPERS.iter().any(|(wrapper, _)| *wrapper == class)
    };
    let registered = kryo.registrations.iter().map(|r| r.class.as_str()).filter(|class| !has_id(class));
    let Some((id, _)) = (FIRST_USER..).zip(registered.clone()).find(|(_, name)| *name == class) else {
        return Ok(None);
    };
    if registered.take_while(|name| *name != class).any(|name| name.starts_with("scala.")) {
        let message = format!("the Kryo id of {class} depends on whether Scala was on the class path");
        return Err(Error::unsupported(message));
    }
    Ok(Some(id))
}

/// Whether a release line writes fixed-width numbers with the lowest byte first, and calendars in its own way.
pub(super) fn is_v5(kryo: &Kryo) -> bool {
    kryo.version == KryoVersion::V5
}
