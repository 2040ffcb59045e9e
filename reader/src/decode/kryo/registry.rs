//! Which class has which id, and which classes the user's own serializers write.
//!
//! | ids | classes |
//! |---|---|
//! | 0 to 8 | primitives and `String`; 9 is `void`, in Kryo 2 only |
//! | 10 to 72 | Scala's, whether or not they are on the class path |
//! | 73 to 84 | classes of the JDK that Flink registers |
//! | 85 and on | the registrations of the snapshot that have no id yet |

use crate::error::{Error, Result};
use crate::types::{Kryo, KryoSerializer, KryoVersion};

use super::class::{Codec, is_final};

const PRIMITIVES: [&str; 9] =
    ["int", "java.lang.String", "float", "boolean", "byte", "char", "short", "long", "double"];
const FIRST_FLINK: usize = 73;
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
const FIRST_USER: usize = FIRST_FLINK + FLINK.len();
const WRAPPERS: [&str; 8] = ["Integer", "Float", "Boolean", "Byte", "Character", "Short", "Long", "Double"];
/// Serializers that write a Java object stream.
const JAVA_SERIALIZERS: [&str; 2] = [
    "com.esotericsoftware.kryo.serializers.JavaSerializer",
    "org.apache.flink.api.java.typeutils.runtime.kryo.JavaSerializer",
];

/// The classes of one Kryo serializer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registry<'a>(pub(super) &'a Kryo);

impl<'a> Registry<'a> {
    pub(super) fn version(self) -> KryoVersion {
        self.0.version
    }

    /// How values of a class are written.
    pub(super) fn codec(self, class: &str) -> Codec {
        let registered = self.0.registrations.iter().filter(|r| r.serializer != KryoSerializer::Kryo);
        let registered = registered.map(|r| (&r.class, &r.serializer));
        let mut own = registered.chain(self.0.default_serializers.iter().map(|d| (&d.class, &d.serializer)));
        match own.find(|(name, _)| *name == class) {
            Some((_, KryoSerializer::Class(name))) if JAVA_SERIALIZERS.contains(&name.as_str()) => Codec::JavaObject,
            Some(_) => Codec::Unknown,
            None => match Codec::of(class) {
                codec if codec.is_primitive() || class == "java.lang.String" => codec,
                _ if self.has_broad_defaults() => Codec::Unknown,
                codec => codec,
            },
        }
    }

    /// Whether the user's own serializers write subclasses of a class of the JDK.
    fn has_broad_defaults(self) -> bool {
        self.0.default_serializers.iter().any(|d| d.class.starts_with("java.") && !is_final(&d.class))
    }

    /// The class with an id and how its values are written.
    pub(super) fn by_id(self, id: usize) -> Result<(&'a str, Codec)> {
        let fixed = PRIMITIVES.get(id).or_else(|| FLINK.get(id.checked_sub(FIRST_FLINK)?));
        if let Some(class) = fixed {
            return Ok((class, self.codec(class)));
        }
        let Some(place) = id.checked_sub(FIRST_USER) else {
            return Err(Error::unsupported(format!("class with the Kryo id {id}, which Scala's classes have")));
        };
        let mut in_order = self.0.registrations.iter().map(|r| r.class.as_str()).filter(|class| !has_id(class));
        // A class of Scala has an id below 73 already if Scala was on the class path, which nobody stored.
        if in_order.clone().take(place + 1).any(|class| class.starts_with("scala.")) {
            let message = format!("class with the Kryo id {id}: it depends on whether Scala was on the class path");
            return Err(Error::unsupported(message));
        }
        let class = in_order.nth(place).ok_or_else(|| Error::data(format!("no class has the Kryo id {id}")))?;
        Ok((class, self.codec(class)))
    }
}

fn has_id(class: &str) -> bool {
    PRIMITIVES.contains(&class)
        || FLINK.contains(&class)
        || class.strip_prefix("java.lang.").is_some_and(|name| WRAPPERS.contains(&name))
}
