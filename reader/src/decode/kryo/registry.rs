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

use super::class::Codec;

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
#[derive(Clone, Debug)]
pub(super) struct Registry {
    pub(super) version: KryoVersion,
    /// Registrations that took an id, from 85 on; `None` from the first one whose id can't be known.
    user: Vec<Option<(String, Codec)>>,
    overridden: Vec<(String, Codec)>,
    /// Default serializers of the user's own for types of the JDK that have subtypes.
    broad_defaults: bool,
}

impl Registry {
    pub(super) fn new(kryo: &Kryo) -> Self {
        let codec_of = |serializer: &KryoSerializer| match serializer {
            KryoSerializer::Class(class) if JAVA_SERIALIZERS.contains(&class.as_str()) => Codec::JavaObject,
            _ => Codec::Unknown,
        };
        let by_user = kryo.registrations.iter().filter(|r| r.serializer != KryoSerializer::Kryo);
        let by_user = by_user.map(|r| (r.class.clone(), codec_of(&r.serializer)));
        let defaults = kryo.default_serializers.iter().map(|d| (d.class.clone(), codec_of(&d.serializer)));
        let mut registry = Self {
            version: kryo.version,
            user: Vec::new(),
            overridden: by_user.chain(defaults).collect(),
            broad_defaults: kryo.default_serializers.iter().any(|d| {
                d.class.starts_with("java.") && super::class::is_final(&format!("L{};", d.class)) != Some(true)
            }),
        };
        let mut known = true;
        for registration in &kryo.registrations {
            let class = &registration.class;
            if has_id(class) || registry.user.iter().flatten().any(|(user, _)| user == class) {
                continue;
            }
            // A class of Scala has an id below 73 already if Scala was on the class path, which nobody stored.
            known &= !class.starts_with("scala.");
            let entry = known.then(|| (class.clone(), registry.codec(class)));
            registry.user.push(entry);
        }
        registry
    }

    /// How values of a class are written.
    pub(super) fn codec(&self, class: &str) -> Codec {
        if let Some((_, codec)) = self.overridden.iter().find(|(overridden, _)| overridden == class) {
            return *codec;
        }
        match Codec::of(class) {
            codec if codec.is_primitive() || class == "java.lang.String" => codec,
            _ if self.broad_defaults => Codec::Unknown,
            codec => codec,
        }
    }

    /// The class with an id and how its values are written.
    pub(super) fn by_id(&self, id: usize) -> Result<(&str, Codec)> {
        let fixed = PRIMITIVES.get(id).or_else(|| FLINK.get(id.checked_sub(FIRST_FLINK)?));
        if let Some(class) = fixed {
            return Ok((class, self.codec(class)));
        }
        let Some(place) = id.checked_sub(FIRST_USER) else {
            return Err(Error::unsupported(format!("class with the Kryo id {id}, which Scala's classes have")));
        };
        match self.user.get(place) {
            Some(Some((class, codec))) => Ok((class, *codec)),
            Some(None) => Err(Error::unsupported(format!(
                "class with the Kryo id {id}: which one depends on whether Scala was on the class path"
            ))),
            None => Err(Error::data(format!("no class has the Kryo id {id}"))),
        }
    }
}

fn has_id(class: &str) -> bool {
    PRIMITIVES.contains(&class)
        || FLINK.contains(&class)
        || class.strip_prefix("java.lang.").is_some_and(|name| WRAPPERS.contains(&name))
}
