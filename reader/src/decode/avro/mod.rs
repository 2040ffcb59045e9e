//! Avro values in Flink's own encoding (`DataOutputEncoder`): fixed-width big-endian numbers, no zig-zag.
//!
//! ```text
//! int, enum, union branch   i32
//! long                      i64
//! float, double             f32, f64
//! boolean                   u8
//! bytes, string             i32 size, bytes
//! fixed                     bytes
//! record                    the fields in turn
//! array, map                (base-128 count > 0, items)*, 0       a map's item is a string and a value
//! ```
//!
//! | Avro | Arrow |
//! |---|---|
//! | record | `Struct` |
//! | enum | `Utf8` |
//! | array, map | `List`, `Map(Utf8, ..)` |
//! | bytes, fixed | `Binary` |
//! | union of null and one other | that one |
//! | other union | `Struct` of one field a branch, named as its type, all null but one |
//! | date, time-*, timestamp-*, local-timestamp-* | `Date32`, `Time32`, `Time64`, `Timestamp` in UTC or without zone |
//! | decimal | `Decimal128` up to 38 digits, `Decimal256` up to 76, else `Binary` |
//! | a named type inside of itself | `Utf8`: the value as JSON text |
//!
//! In JSON text numbers are as they are stored, bytes are hex digits, and a union is the value of its branch.

mod column;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub(super) use column::decoder;
pub(super) use walk::skip;
