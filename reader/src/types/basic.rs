//! Types without parameters: one table for their names, lengths and serializer classes.

/// A type whose serializer has no parameters.
///
/// [`Basic::ALL`] has the whole table: the name in the type notation, `TypeSerializer.getLength()`, and the class of
/// the serializer whose snapshot is `<class>$<last part of class>Snapshot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[rustfmt::skip]
pub enum Basic {
    /// `Boolean`.
    Boolean,
    /// `Byte`.
    Byte,
    /// `Short`.
    Short,
    /// `Integer`.
    Int,
    /// `Long`.
    Long,
    /// `Float`.
    Float,
    /// `Double`.
    Double,
    /// `Character`: one UTF-16 unit.
    Char,
    /// `String`.
    String,
    /// `Void`: one byte 0.
    Void,
    /// The table runtime's null: one byte 0.
    Null,
    /// Scala `Unit`: one byte 0.
    Unit,
    /// Scala `Nothing`: can't have a value.
    Nothing,
    /// Flink's `BooleanValue`.
    BooleanValue,
    /// Flink's `ByteValue`.
    ByteValue,
    /// Flink's `ShortValue`.
    ShortValue,
    /// Flink's `IntValue`.
    IntValue,
    /// Flink's `LongValue`.
    LongValue,
    /// Flink's `FloatValue`.
    FloatValue,
    /// Flink's `DoubleValue`.
    DoubleValue,
    /// Flink's `CharValue`.
    CharValue,
    /// Flink's `StringValue`: another encoding than `String`.
    StringValue,
    /// Flink's `NullValue`: no byte.
    NullValue,
    /// `BigInteger`.
    BigInt,
    /// `BigDecimal`.
    BigDecimal,
    /// `java.util.Date`.
    Date,
    /// `java.sql.Date`.
    SqlDate,
    /// `java.sql.Time`.
    SqlTime,
    /// `java.sql.Timestamp`.
    SqlTimestamp,
    /// `java.time.Instant`.
    Instant,
    /// `java.time.LocalDate`.
    LocalDate,
    /// `java.time.LocalTime`.
    LocalTime,
    /// `java.time.LocalDateTime`.
    LocalDateTime,
    /// `Variant` (Flink 2.1 and later).
    Variant,
    /// `Bitmap` (Flink 2.3 and later): a roaring bitmap.
    Bitmap,
    /// `Tuple0`: one byte 42.
    Tuple0,
    /// The namespace of state without one: one byte 0, though its length counts as 0.
    VoidNamespace,
    /// A window of the DataStream API: `i64` start, `i64` end in milliseconds.
    TimeWindow,
    /// The only window of `GlobalWindows`: one byte 0.
    GlobalWindow,
    /// A window of the Table API: `i64` start, `i64` end in milliseconds.
    SqlTimeWindow,
    /// The Table API's global window: one byte 0.
    SqlGlobalWindow,
    /// A count window of the Table API: `i64` id.
    CountWindow,
    /// A string of the Table API: `i32` length, UTF-8.
    StringData,
    /// The sequence number of an upsert sink: `i64` with flipped sign bit.
    SortedLong,
    /// An object written by Java serialization (`JavaSerializer`).
    JavaObject,
    /// PyFlink's `ByteArrayWrapper`: `i32` length, bytes.
    ByteArrayWrapper,
    /// CEP's `DeweyNumber`: `i32` count, `i32` digits.
    DeweyNumber,
    /// CEP's `EventId`: `i32` id, `i64` timestamp.
    EventId,
    /// A string of `DataOutput.writeUTF`, inside of Flink's own records.
    Utf,
}

impl Basic {
    /// Every basic type: itself, its name in the type notation, its fixed length (-1: variable) and its serializer.
    ///
    /// `S.` stands for the package of the Scala serializers, which moved with Flink 2.0. `Utf` has no serializer.
    #[rustfmt::skip]
    pub const ALL: [(Self, &'static str, i32, &'static str); 49] = [
        (Self::Boolean, "BOOLEAN", 1, "org.apache.flink.api.common.typeutils.base.BooleanSerializer"),
        (Self::Byte, "BYTE", 1, "org.apache.flink.api.common.typeutils.base.ByteSerializer"),
        (Self::Short, "SHORT", 2, "org.apache.flink.api.common.typeutils.base.ShortSerializer"),
        (Self::Int, "INT", 4, "org.apache.flink.api.common.typeutils.base.IntSerializer"),
        (Self::Long, "LONG", 8, "org.apache.flink.api.common.typeutils.base.LongSerializer"),
        (Self::Float, "FLOAT", 4, "org.apache.flink.api.common.typeutils.base.FloatSerializer"),
        (Self::Double, "DOUBLE", 8, "org.apache.flink.api.common.typeutils.base.DoubleSerializer"),
        (Self::Char, "CHAR", 2, "org.apache.flink.api.common.typeutils.base.CharSerializer"),
        (Self::String, "STRING", -1, "org.apache.flink.api.common.typeutils.base.StringSerializer"),
        (Self::Void, "VOID", 1, "org.apache.flink.api.common.typeutils.base.VoidSerializer"),
        (Self::Null, "NULL", 1, "org.apache.flink.table.dataview.NullSerializer"),
        (Self::Unit, "UNIT", 1, "S.UnitSerializer"),
        (Self::Nothing, "NOTHING", -1, "S.NothingSerializer"),
        (Self::BooleanValue, "BOOLEAN_VALUE", 1, "org.apache.flink.api.common.typeutils.base.BooleanValueSerializer"),
        (Self::ByteValue, "BYTE_VALUE", 1, "org.apache.flink.api.common.typeutils.base.ByteValueSerializer"),
        (Self::ShortValue, "SHORT_VALUE", 2, "org.apache.flink.api.common.typeutils.base.ShortValueSerializer"),
        (Self::IntValue, "INT_VALUE", 4, "org.apache.flink.api.common.typeutils.base.IntValueSerializer"),
        (Self::LongValue, "LONG_VALUE", 8, "org.apache.flink.api.common.typeutils.base.LongValueSerializer"),
        (Self::FloatValue, "FLOAT_VALUE", 4, "org.apache.flink.api.common.typeutils.base.FloatValueSerializer"),
        (Self::DoubleValue, "DOUBLE_VALUE", 8, "org.apache.flink.api.common.typeutils.base.DoubleValueSerializer"),
        (Self::CharValue, "CHAR_VALUE", 2, "org.apache.flink.api.common.typeutils.base.CharValueSerializer"),
        (Self::StringValue, "STRING_VALUE", -1, "org.apache.flink.api.common.typeutils.base.StringValueSerializer"),
        (Self::NullValue, "NULL_VALUE", 0, "org.apache.flink.api.common.typeutils.base.NullValueSerializer"),
        (Self::BigInt, "BIG_INT", -1, "org.apache.flink.api.common.typeutils.base.BigIntSerializer"),
        (Self::BigDecimal, "BIG_DECIMAL", -1, "org.apache.flink.api.common.typeutils.base.BigDecSerializer"),
        (Self::Date, "DATE", 8, "org.apache.flink.api.common.typeutils.base.DateSerializer"),
        (Self::SqlDate, "SQL_DATE", 8, "org.apache.flink.api.common.typeutils.base.SqlDateSerializer"),
        (Self::SqlTime, "SQL_TIME", 8, "org.apache.flink.api.common.typeutils.base.SqlTimeSerializer"),
        (Self::SqlTimestamp, "SQL_TIMESTAMP", 12, "org.apache.flink.api.common.typeutils.base.SqlTimestampSerializer"),
        (Self::Instant, "INSTANT", 12, "org.apache.flink.api.common.typeutils.base.InstantSerializer"),
        (Self::LocalDate, "LOCAL_DATE", 6, "org.apache.flink.api.common.typeutils.base.LocalDateSerializer"),
        (Self::LocalTime, "LOCAL_TIME", 7, "org.apache.flink.api.common.typeutils.base.LocalTimeSerializer"),
        (Self::LocalDateTime, "LOCAL_DATE_TIME", 13, "org.apache.flink.api.common.typeutils.base.LocalDateTimeSerializer"),
        (Self::Variant, "VARIANT", -1, "org.apache.flink.api.common.typeutils.base.VariantSerializer"),
        (Self::Bitmap, "BITMAP", -1, "org.apache.flink.api.common.typeutils.base.BitmapSerializer"),
        (Self::Tuple0, "TUPLE0", 1, "org.apache.flink.api.java.typeutils.runtime.Tuple0Serializer"),
        (Self::VoidNamespace, "VOID_NAMESPACE", 0, "org.apache.flink.runtime.state.VoidNamespaceSerializer"),
        (Self::TimeWindow, "TIME_WINDOW", 16, "org.apache.flink.streaming.api.windowing.windows.TimeWindow$Serializer"),
        (Self::GlobalWindow, "GLOBAL_WINDOW", 1, "org.apache.flink.streaming.api.windowing.windows.GlobalWindow$Serializer"),
        (Self::SqlTimeWindow, "SQL_TIME_WINDOW", 16, "org.apache.flink.table.runtime.operators.window.TimeWindow$Serializer"),
        (Self::SqlGlobalWindow, "SQL_GLOBAL_WINDOW", 1, "org.apache.flink.table.runtime.operators.window.GlobalWindow$Serializer"),
        (Self::CountWindow, "COUNT_WINDOW", 8, "org.apache.flink.table.runtime.operators.window.CountWindow$Serializer"),
        (Self::StringData, "STRING_DATA", -1, "org.apache.flink.table.runtime.typeutils.StringDataSerializer"),
        (Self::SortedLong, "SORTED_LONG", 8, "org.apache.flink.table.runtime.operators.sink.SortedLongSerializer"),
        (Self::JavaObject, "JAVA_OBJECT", -1, "org.apache.flink.runtime.state.JavaSerializer"),
        (Self::ByteArrayWrapper, "BYTE_ARRAY_WRAPPER", -1, "org.apache.flink.streaming.api.utils.ByteArrayWrapperSerializer"),
        (Self::DeweyNumber, "DEWEY_NUMBER", -1, "org.apache.flink.cep.nfa.DeweyNumber$DeweyNumberSerializer"),
        (Self::EventId, "EVENT_ID", 12, "org.apache.flink.cep.nfa.sharedbuffer.EventId$EventIdSerializer"),
        (Self::Utf, "UTF", -1, ""),
    ];

    /// The name in the type notation, e.g. `BIG_DECIMAL`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// `TypeSerializer.getLength()`: bytes of every value, or -1. `VoidNamespace` says 0 and writes 1.
    pub fn length(self) -> i32 {
        self.row().2
    }

    /// The class of the serializer; empty for `Utf`.
    pub fn serializer(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> (Self, &'static str, i32, &'static str) {
        // The table is in the order of the variants; a test holds it.
        Self::ALL.get(self as usize).copied().unwrap_or((self, "", -1, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_the_order_of_the_variants() {
        for (basic, name, ..) in Basic::ALL {
            assert_eq!(basic.name(), name);
        }
    }
}
