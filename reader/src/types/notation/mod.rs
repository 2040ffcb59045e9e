//! The type notation: what `inspect` prints is what statements take.
//!
//! ```text
//! type     = basic                                          STRING, LONG, BIG_DECIMAL, …: `Basic::ALL`
//!          | "ARRAY" "<" basic ">"                          primitives and strings
//!          | "VALUE_ARRAY" "<" basic ">"
//!          | "OBJECT_ARRAY" "<" type ">" "CLASS" class
//!          | "ENUM" "<" class ">" "(" [string {"," string}] ")"
//!          | "SCALA_ENUM" "<" class ">" "(" [string "=" int {"," string "=" int}] ")"
//!          | list "<" type ">"
//!          | "TRAVERSABLE" "<" type ">" "(" string ")"      the string is Scala code
//!          | map "<" type "," type ">"
//!          | "NULLABLE" "<" type ">" ["(" int ")"]          bytes behind a null, if not 0
//!          | ("OPTION" | "TTL" | "STREAM_ELEMENT" | "RAW_VALUE") "<" type ">"
//!          | either "<" type "," type ">"
//!          | ("TIMER" | commit) "<" type "," type ">"
//!          | "TUPLE" "<" [type {"," type}] ">" ["CLASS" class]
//!          | "CASE_CLASS" "<" class ">" "(" [field {"," field}] ")"
//!          | ("ROW" | "ROW_WITHOUT_KIND") "(" [field {"," field}] ")"
//!          | "POJO" "<" class ">" "(" [pfield {"," pfield}] ")" ["REGISTERED" subs] ["SUBCLASSES" subs]
//!          | record ["<" type ">"]                          `Type::flink_record`
//!          | "AVRO" ["<" class ">"] "(" string ")"          the string is the schema
//!          | "KRYO" "<" class ">" ["(" kregs ")" | "REGISTERED" "(" [kregs] ")"] ["DEFAULT" "(" kregs ")"]
//!          | ("VALUE" | "COPYABLE_VALUE" | "WRITABLE") "<" class ">"
//!          | "ROWDATA" "(" [lfield {"," lfield}] ")" | "BINARY_ROWDATA" "(" int ")"
//!          | "ARRAYDATA" "(" logical ")" | "MAPDATA" "(" logical "," logical ")"
//!          | "DECIMAL_DATA" "(" int "," int ")" | "TIMESTAMP_DATA" "(" int ")"
//!          | "OPAQUE" "<" class ">"
//! list     = "LIST" | "ARRAY_LIST" | "LINKED_LIST" | "LINKED_LIST_WITHOUT_MASK" | "SET"
//! map      = "MAP" | "SORTED_MAP" | "NULL_AWARE_MAP"
//! either   = "EITHER" | "SCALA_EITHER" | "TRY" | "CO_GROUP"
//! commit   = "TWO_PHASE_COMMIT" | "TWO_PHASE_COMMIT_WITHOUT_NULL"
//! field    = [name] type                                    without a name: f0, f1, …
//! pfield   = name type ["FROM" class | "LOST"]              the declaring class, if not the POJO itself
//! subs     = "(" class type {"," class type} ")"
//! kregs    = kreg {"," kreg}
//! kreg     = class ["SERIALIZER" class | "INSTANCE"]
//! logical  = root ["NOT" "NULL"]
//! root     = "CHAR" "(" int ")" | "VARCHAR" "(" int ")" | "STRING" | "BINARY" "(" int ")" | "VARBINARY" "(" int ")"
//!          | "BYTES" | "DECIMAL" "(" int "," int ")" | "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "BIGINT"
//!          | "FLOAT" | "DOUBLE" | "DATE" | ("TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ") "(" int ")"
//!          | "INTERVAL" "YEAR" "TO" "MONTH" | "INTERVAL" "DAY" "TO" "SECOND" | "VARIANT"
//!          | ("ARRAY" | "MULTISET") "<" logical ">" | "MAP" "<" logical "," logical ">"
//!          | "ROW" "<" [lfield {"," lfield}] ">" | "RAW" "(" class "," type ")" | "UNKNOWN" "(" class ")"
//! lfield   = [name] logical
//! class    = word | string
//! name     = word of letters, digits, "_" and "$" that starts with no digit | '"' … '"'
//! ```
//!
//! Words of the notation are read in any case and printed in capitals. In strings and quoted names the quote is
//! doubled. Defaults are not printed: the class `…Tuple2` of a tuple with two fields, `GenericRecord` of an Avro type.
//! A Kryo type's list has the registrations between those that Flink itself makes without flink-avro (the class itself
//! first, a stand-in for `GenericData$Array` last); `REGISTERED` gives all of them where these are not there.
//!
//! The notation says what a serializer snapshot says. It leaves out what no text can give back: the comparator of a
//! sorted map, objects that were registered with Kryo, and the reason of an opaque type. Logical types are printed as they
//! are encoded: a distinct type as its source, a structured type as `ROW`, an interval without its precision. The Kryo
//! release is not in a snapshot either: [`Type::parse`] takes it.

mod lexer;
mod logical;
mod parse;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use super::{KryoRegistration, KryoSerializer, KryoVersion, Type};
use crate::error::{Error, Result};

const TUPLE_PACKAGE: &str = "org.apache.flink.api.java.tuple.";
const GENERIC_RECORD: &str = "org.apache.avro.generic.GenericRecord";

impl Type {
    /// Parses the notation; Kryo types are of the given release.
    ///
    /// # Errors
    /// Text that is not in the notation, nested deeper than 128 levels, or with a record that does not exist.
    pub fn parse(text: &str, kryo: KryoVersion) -> Result<Self> {
        parse::parse(text, kryo)
    }
}

/// As [`Type::parse`] for Flink 2.x.
impl FromStr for Type {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, KryoVersion::V5)
    }
}

/// What Flink registers with Kryo for a class, before and behind the job's own registrations.
fn standard_registrations(class: &str) -> [KryoRegistration; 2] {
    const AVRO_ARRAY: &str = "org.apache.avro.generic.GenericData$Array";
    const DUMMY: &str = "org.apache.flink.api.java.typeutils.runtime.kryo.Serializers$DummyAvroKryoSerializerClass";
    [
        KryoRegistration { class: class.to_owned(), serializer: KryoSerializer::Kryo },
        KryoRegistration { class: AVRO_ARRAY.to_owned(), serializer: KryoSerializer::Class(DUMMY.to_owned()) },
    ]
}
