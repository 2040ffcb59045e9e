//! How a user's class computes its hash.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use flink_state_reader::types::Basic;

use crate::{Error, Result};

/// How a key's class computes its hash, where Flink does not say it.
///
/// The text form takes the fields as Java declares them, in the order of the computation; a field whose type is none
/// of Java's primitives is an object. `record(int x, String name)` is the header of the record itself.
///
/// ```
/// use flink_state_writer::key::Convention;
///
/// let convention: Convention = "lombok(String name, int age)".parse()?;
/// assert_eq!(convention.to_string(), "lombok(name, int age)");
/// # Ok::<(), flink_state_writer::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Convention {
    /// `Objects.hash(a, b, ..)`, Guava's `Objects.hashCode`: from 1, `31 * r + hash`.
    ObjectsHash(Vec<HashField>),
    /// Lombok's `@Data`, `@Value`, `@EqualsAndHashCode` from 1.18.16 on, without a superclass call: from 1,
    /// `59 * r + hash`, null is 43; primitives first, then their wrappers, then the other fields.
    Lombok(Vec<HashField>),
    /// A Java record: from 0, `31 * r + hash`.
    Record(Vec<HashField>),
    /// The template of IDEs: the first field's hash, then `31 * r + hash`; a primitive boolean is 1 or 0.
    Ide31(Vec<HashField>),
    /// A case class or tuple of Scala 2.12, and the case classes, tuples and options in it.
    ScalaProduct,
    /// An Avro record (`GenericData.hashCode`), whose strings hash from 0 (checked with Avro 1.8).
    Avro,
    /// As [`Self::Avro`], with strings that hash from 1, as in releases since AVRO-4061.
    Avro1,
}

/// A field that counts for the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashField {
    /// Its name.
    pub name: String,
    /// Its type, if that is a primitive of Java: wrappers hash otherwise in some conventions.
    pub primitive: Option<Basic>,
}

const PRIMITIVES: [(&str, Basic); 8] = [
    ("boolean", Basic::Boolean),
    ("byte", Basic::Byte),
    ("short", Basic::Short),
    ("char", Basic::Char),
    ("int", Basic::Int),
    ("long", Basic::Long),
    ("float", Basic::Float),
    ("double", Basic::Double),
];

impl FromStr for Convention {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        match text {
            "scala_product" => return Ok(Self::ScalaProduct),
            "avro" => return Ok(Self::Avro),
            "avro1" => return Ok(Self::Avro1),
            _ => {}
        }
        let wrong = || {
            Error::usage(format!("'{text}' is no hash convention")).with_hint(
                "there are objects_hash(..), lombok(..), record(..), ide31(..) with the fields as Java declares them, \
                 scala_product, avro and avro1",
            )
        };
        let (name, fields) = text.strip_suffix(')').and_then(|text| text.split_once('(')).ok_or_else(wrong)?;
        let build = match name.trim() {
            "objects_hash" => Self::ObjectsHash,
            "lombok" => Self::Lombok,
            "record" => Self::Record,
            "ide31" => Self::Ide31,
            _ => return Err(wrong()),
        };
        if fields.trim().is_empty() {
            return Ok(build(Vec::new()));
        }
        Ok(build(split(fields).into_iter().map(field).collect::<Option<_>>().ok_or_else(wrong)?))
    }
}

/// The parts between commas that are outside of type arguments.
fn split(fields: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let is_comma = |c: char| {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    fields.split(is_comma).collect()
}

/// `name`, or `Type name`.
fn field(text: &str) -> Option<HashField> {
    let text = text.trim();
    let (ty, name) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_$".contains(c));
    let primitive = PRIMITIVES.iter().find(|(word, _)| *word == ty.trim()).map(|(_, basic)| *basic);
    is_name.then(|| HashField { name: name.to_owned(), primitive })
}

impl Display for Convention {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (name, fields) = match self {
            Self::ObjectsHash(fields) => ("objects_hash", fields),
            Self::Lombok(fields) => ("lombok", fields),
            Self::Record(fields) => ("record", fields),
            Self::Ide31(fields) => ("ide31", fields),
            Self::ScalaProduct => return f.write_str("scala_product"),
            Self::Avro => return f.write_str("avro"),
            Self::Avro1 => return f.write_str("avro1"),
        };
        write!(f, "{name}(")?;
        for (index, field) in fields.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            let word = PRIMITIVES.iter().find(|(_, basic)| field.primitive == Some(*basic));
            match word {
                Some((word, _)) => write!(f, "{separator}{word} {}", field.name)?,
                None => write!(f, "{separator}{}", field.name)?,
            }
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_java_declares_them() {
        let text = "record(int x, Map<String, Long> m,double\td, name)";
        let convention: Convention = text.parse().unwrap();
        assert_eq!(convention.to_string(), "record(int x, m, double d, name)");
        assert_eq!(convention.to_string().parse::<Convention>().unwrap(), convention);
        for other in ["scala_product", "avro", "avro1", "lombok()", "objects_hash(a)", "ide31(long id)"] {
            assert_eq!(other.parse::<Convention>().unwrap().to_string(), other);
        }
    }

    #[test]
    fn other_words_are_refused() {
        for text in ["", "kotlin(a)", "record", "record(a", "record(a,)", "record(a;b)", "avro(a)"] {
            assert!(text.parse::<Convention>().is_err(), "{text}");
        }
    }
}
