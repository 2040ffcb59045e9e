//! The Arrow type of a column of decoded values.
//!
//! | Flink | Arrow |
//! |---|---|
//! | `BOOLEAN`, `BYTE`, `SHORT`, `INT`, `LONG`, `FLOAT`, `DOUBLE` and their `_VALUE`s | the type of that size |
//! | `CHAR` | `UInt16`: a UTF-16 unit need not be a character |
//! | `STRING`, `STRING_VALUE`, `STRING_DATA`, enums | `Utf8` |
//! | `VOID`, `NULL`, `UNIT`, `NULL_VALUE`, `TUPLE0`, `VOID_NAMESPACE` | `Null` |
//! | `BIG_INT`, `BIG_DECIMAL` | `Utf8`: every digit and the scale |
//! | `DATE`, `SQL_DATE`, `SQL_TIME` | `Timestamp(ms, UTC)` |
//! | `INSTANT`, `SQL_TIMESTAMP` | `Timestamp(ns, UTC)`; a value outside of the years 1677 to 2262 is an error |
//! | `LOCAL_DATE`, `LOCAL_TIME`, `LOCAL_DATE_TIME` | `Date32`, `Time64(ns)`, `Timestamp(ns)` |
//! | `TIME_WINDOW`, `SQL_TIME_WINDOW` | struct of `start` and `end`: `Timestamp(ms, UTC)` |
//! | `GLOBAL_WINDOW`, `SQL_GLOBAL_WINDOW`, `COUNT_WINDOW` | `Utf8` `GlobalWindow`, `Int64` |
//! | array of `BYTE`, `BITMAP`, `JAVA_OBJECT`, `BYTE_ARRAY_WRAPPER` | `Binary` |
//! | arrays, lists, sets, Scala collections | list |
//! | maps | map; list of structs of `key` and `value` where keys can be null by design |
//! | `NULLABLE`, `OPTION` | the inner type; inside each other a struct of `value` |
//! | `EITHER`, `TRY`, co-group union | struct of `left` and `right`, one of them null |
//! | tuples, case classes, records of Flink | struct of the fields |
//! | `ROW` | struct of the fields and `$row_kind` |
//! | `POJO` | struct of the fields; with subclasses those of all, `$undecoded` and `$class` |
//! | `TIMER` | struct of `timestamp` (`Timestamp(ms, UTC)`), `key`, `namespace` |
//! | `TTL` | struct of `value` and `last_access` (`Timestamp(ms, UTC)`) |
//! | `VARIANT` | struct of the binaries `value` and `metadata` |
//! | what can't be decoded | `Binary`, under the field's name or `$undecoded` |
//!
//! All fields can be null, but the keys of maps. The families of the Table API, of Avro and of Kryo have theirs in the
//! modules of their decoders.

use arrow_schema::{DataType, Field};

use super::Type;

/// The Arrow type of the column that [`decode::decoder`](crate::decode::decoder) builds for values of this type.
pub fn arrow_type(ty: &Type) -> DataType {
    // What an empty column is can't differ from what a full one is.
    crate::decode::decoder(ty).finish().data_type().clone()
}

/// The key of a field's metadata under which its Flink type stands, in the type notation.
pub const TYPE_KEY: &str = "flink.type";

/// A nullable Arrow field with [`arrow_type`], and the Flink type under [`TYPE_KEY`].
pub fn arrow_field(name: impl Into<String>, ty: &Type) -> Field {
    let metadata = [(TYPE_KEY.to_owned(), ty.to_string())].into();
    Field::new(name, arrow_type(ty), true).with_metadata(metadata)
}
