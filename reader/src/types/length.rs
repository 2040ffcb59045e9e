//! `TypeSerializer.getLength()`, which decides how composite keys are laid out.

use super::{Basic, StructKind, Type};

/// What `TypeSerializer.getLength()` says about a type.
///
/// A composite key carries extra length bytes only when both of its variable parts say [`Length::Variable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The serializer promises this many bytes. `VoidNamespace` promises 0 and writes 1.
    Fixed(usize),
    /// The serializer promises nothing (-1).
    Variable,
    /// Only the user's own code knows.
    Unknown,
}

impl Type {
    /// The number that the serializer promises, if it does.
    ///
    /// This is `getLength()`, not the number of bytes: `VoidNamespace` promises 0 and writes 1.
    pub fn fixed_length(&self) -> Option<usize> {
        match self.length() {
            Length::Fixed(n) => Some(n),
            Length::Variable | Length::Unknown => None,
        }
    }

    /// `TypeSerializer.getLength()` of the serializer that this type stands for.
    pub fn length(&self) -> Length {
        match self {
            Type::Basic(basic) => basic_length(*basic),
            Type::Enum { .. } | Type::ScalaEnum { .. } => Length::Fixed(4),
            Type::Nullable { padding: 0, .. } => Length::Variable,
            Type::Nullable { padding, .. } => Length::Fixed(padding.saturating_add(1)),
            Type::Struct { kind, fields } => {
                let lengths = fields.iter().map(|f| f.ty.length());
                match kind {
                    StructKind::Tuple(_) | StructKind::CaseClass(_) => sum_of_positive(lengths),
                    StructKind::Flink("ROW_SQN_INFO" | "META_SQN_INFO") => sum_of_positive(lengths),
                    StructKind::Flink(_) => Length::Variable,
                }
            }
            Type::Timer { key, namespace } => sum([Length::Fixed(8), key.length(), namespace.length()]),
            Type::Ttl(value) => sum([Length::Fixed(8), value.length()]),
            Type::TimestampData { precision: 0..=3 } => Length::Fixed(8),
            Type::TimestampData { .. } => Length::Fixed(12),
            Type::Value { kind: super::ValueKind::CopyableValue, .. } => {
                self.value_basic().map_or(Length::Unknown, basic_length)
            }
            Type::Opaque(_) => Length::Unknown,
            _ => Length::Variable,
        }
    }
}

fn basic_length(basic: Basic) -> Length {
    usize::try_from(basic.length()).map_or(Length::Variable, Length::Fixed)
}

fn sum(parts: impl IntoIterator<Item = Length>) -> Length {
    parts.into_iter().fold(Length::Fixed(0), |sum, part| match (sum, part) {
        (Length::Fixed(a), Length::Fixed(b)) => Length::Fixed(a.saturating_add(b)),
        (Length::Variable, _) | (_, Length::Variable) => Length::Variable,
        _ => Length::Unknown,
    })
}

/// `TupleSerializerBase.getLength()`: a field of length 0 counts as variable.
fn sum_of_positive(parts: impl IntoIterator<Item = Length>) -> Length {
    sum(parts.into_iter().map(|part| if part == Length::Fixed(0) { Length::Variable } else { part }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> Length {
        text.parse::<Type>().unwrap().length()
    }

    #[test]
    fn lengths_are_those_of_the_serializers() {
        for (text, fixed) in [
            ("VOID_NAMESPACE", 0),
            ("NULL_VALUE", 0),
            ("LOCAL_DATE_TIME", 13),
            ("ENUM<A>('X')", 4),
            ("TUPLE<INT, TUPLE<SHORT, BYTE>>", 7),
            ("CASE_CLASS<A>(LONG, BOOLEAN)", 9),
            ("NULLABLE<LONG>(8)", 9),
            ("TIMER<LONG, VOID_NAMESPACE>", 16),
            ("TTL<INT>", 12),
            ("TIMESTAMP_DATA(3)", 8),
            ("TIMESTAMP_DATA(4)", 12),
            ("ROW_SQN_INFO", 16),
            ("COPYABLE_VALUE<org.apache.flink.types.IntValue>", 4),
        ] {
            assert_eq!(length(text), Length::Fixed(fixed), "{text}");
        }
        for text in [
            "STRING",
            "NOTHING",
            "TUPLE<INT, STRING>",
            "TUPLE<INT, VOID_NAMESPACE>",
            "TUPLE<OPAQUE<a.B>, STRING>",
            "NULLABLE<LONG>",
            "TIMER<STRING, VOID_NAMESPACE>",
            "VALUE<org.apache.flink.types.IntValue>",
            "BUFFER_ENTRY<INT>",
            "ROWDATA()",
            "ROW(INT)",
            "DECIMAL_DATA(10, 2)",
            "LIST<INT>",
        ] {
            assert_eq!(length(text), Length::Variable, "{text}");
        }
        for text in ["OPAQUE<a.B>", "COPYABLE_VALUE<a.B>", "TUPLE<INT, OPAQUE<a.B>>", "TTL<OPAQUE<a.B>>"] {
            assert_eq!(length(text), Length::Unknown, "{text}");
        }
    }
}
