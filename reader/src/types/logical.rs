//! Logical types of the Table API, as `RowData` snapshots embed them.

use super::Type;

/// A logical type with its nullability (`org.apache.flink.table.types.logical.LogicalType`).
#[derive(Clone, Debug, PartialEq)]
pub struct LogicalType {
    /// Whether a field of this type can be null.
    pub nullable: bool,
    /// What it is.
    pub root: LogicalRoot,
}

/// A field of a row: nested rows carry names, the outermost row of a snapshot has none and counts `f0`, `f1`, …
#[derive(Clone, Debug, PartialEq)]
pub struct LogicalField {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: LogicalType,
}

/// The kind of a logical type and its parameters.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are those of SQL")]
pub enum LogicalRoot {
    Char {
        length: i32,
    },
    Varchar {
        length: i32,
    },
    Boolean,
    Binary {
        length: i32,
    },
    Varbinary {
        length: i32,
    },
    Decimal {
        precision: u8,
        scale: i8,
    },
    TinyInt,
    SmallInt,
    Integer,
    BigInt,
    Float,
    Double,
    Date,
    Time {
        precision: u8,
    },
    Timestamp {
        precision: u8,
    },
    TimestampLtz {
        precision: u8,
    },
    YearMonthInterval,
    DayTimeInterval,
    Array(Box<LogicalType>),
    Multiset(Box<LogicalType>),
    Map(Box<LogicalType>, Box<LogicalType>),
    /// `ROW` and structured types (their supertype's attributes first).
    Row(Vec<LogicalField>),
    Variant,
    /// `RAW`: the class, and its type where the serializer in the snapshot is known.
    Raw {
        class: String,
        ty: Box<Type>,
    },
    /// A type that can't be decoded. Its slot has 8 bytes as any other, so the rest of its row can be.
    Unknown {
        class: String,
        reason: String,
    },
}

impl LogicalRoot {
    /// This root as a type that can be null or not.
    #[must_use]
    pub fn nullable(self, nullable: bool) -> LogicalType {
        LogicalType { nullable, root: self }
    }
}

/// Precision and scale of a decimal, if there can be such a one.
pub(crate) fn decimal_digits(precision: i64, scale: i64) -> Option<(u8, i8)> {
    match (u8::try_from(precision).ok()?, i8::try_from(scale).ok()?) {
        (p @ 1..=38, s @ 0..) if scale <= precision => Some((p, s)),
        _ => None,
    }
}

/// Precision of a time or timestamp, if there can be such a one.
pub(crate) fn fraction_digits(precision: i64) -> Option<u8> {
    u8::try_from(precision).ok().filter(|p| *p <= 9)
}
