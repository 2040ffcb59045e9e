//! Serializers of the Table API as the Java objects that snapshots of arrays and maps embed.

use std::ptr;

use flink_state_reader::types::{LogicalField, LogicalRoot, LogicalType};
use flink_state_reader::{Context, Error, Result};

use super::java::{Class, SERIALIZABLE};
use super::logical::Objects;
use super::table::MULTISET_COUNT;
use super::{FlinkVersion, refused};

macro_rules! base {
    ($name:literal) => {
        concat!("org.apache.flink.api.common.typeutils.base.", $name)
    };
}

macro_rules! table {
    ($name:literal) => {
        concat!("org.apache.flink.table.runtime.typeutils.", $name)
    };
}

const SERIALIZER: &str = "Lorg/apache/flink/api/common/typeutils/TypeSerializer;";
const LOGICAL_TYPE: &str = "Lorg/apache/flink/table/types/logical/LogicalType;";
const ELEMENT_GETTER: &str = "Lorg/apache/flink/table/data/ArrayData$ElementGetter;";

const fn class(name: &'static str, uid: i64, parent: Option<&'static Class>) -> Class {
    Class { name, uid, flags: SERIALIZABLE, fields: &[], parent }
}

const fn singleton(name: &'static str) -> Class {
    class(name, 1, Some(&SINGLETON))
}

static TYPE_SERIALIZER: Class = class("org.apache.flink.api.common.typeutils.TypeSerializer", 1, None);
static SINGLETON: Class = class(base!("TypeSerializerSingleton"), 8_766_687_317_209_282_373, Some(&TYPE_SERIALIZER));
static PAGED: Class = class(table!("PagedTypeSerializer"), 1, Some(&TYPE_SERIALIZER));
static ABSTRACT_ROW: Class = class(table!("AbstractRowDataSerializer"), 1, Some(&PAGED));

static STRING_DATA: Class = singleton(table!("StringDataSerializer"));
static BOOLEAN: Class = singleton(base!("BooleanSerializer"));
static BYTE_ARRAY: Class = singleton(base!("array.BytePrimitiveArraySerializer"));
static BYTE: Class = singleton(base!("ByteSerializer"));
static SHORT: Class = singleton(base!("ShortSerializer"));
static INT: Class = singleton(base!("IntSerializer"));
static LONG: Class = singleton(base!("LongSerializer"));
static FLOAT: Class = singleton(base!("FloatSerializer"));
static DOUBLE: Class = singleton(base!("DoubleSerializer"));
static DECIMAL_DATA: Class = Class {
    fields: &[("precision", "I"), ("scale", "I")],
    ..class(table!("DecimalDataSerializer"), 1, Some(&TYPE_SERIALIZER))
};
static TIMESTAMP_DATA: Class =
    Class { fields: &[("precision", "I")], ..class(table!("TimestampDataSerializer"), 1, Some(&TYPE_SERIALIZER)) };
static ARRAY_DATA: Class = Class {
    fields: &[("eleSer", SERIALIZER), ("eleType", LOGICAL_TYPE), ("elementGetter", ELEMENT_GETTER)],
    ..class(table!("ArrayDataSerializer"), 1, Some(&TYPE_SERIALIZER))
};
static MAP_DATA: Class = map_data(4_073_842_523_628_732_956);
/// The number that the compiler made before the class got one of its own.
static MAP_DATA_UNTIL_1_18: Class = map_data(2_533_002_123_505_507_000);
static ROW_DATA: Class = Class {
    fields: &[
        ("binarySerializer", "Lorg/apache/flink/table/runtime/typeutils/BinaryRowDataSerializer;"),
        ("fieldGetters", "[Lorg/apache/flink/table/data/RowData$FieldGetter;"),
        ("fieldSerializers", "[Lorg/apache/flink/api/common/typeutils/TypeSerializer;"),
        ("types", "[Lorg/apache/flink/table/types/logical/LogicalType;"),
    ],
    ..class(table!("RowDataSerializer"), 1, Some(&ABSTRACT_ROW))
};
static BINARY_ROW_DATA: Class = Class {
    fields: &[("fixedLengthPartSize", "I"), ("numFields", "I")],
    ..class(table!("BinaryRowDataSerializer"), 1, Some(&ABSTRACT_ROW))
};

static FIELD_GETTERS: Class =
    class("[Lorg.apache.flink.table.data.RowData$FieldGetter;", -7_646_304_539_732_967_285, None);
static SERIALIZERS: Class =
    class("[Lorg.apache.flink.api.common.typeutils.TypeSerializer;", 4_143_624_638_847_974_296, None);
static LOGICAL_TYPES: Class =
    class("[Lorg.apache.flink.table.types.logical.LogicalType;", 1_744_097_763_440_828_726, None);

const fn map_data(uid: i64) -> Class {
    Class {
        fields: &[
            ("keyGetter", ELEMENT_GETTER),
            ("keySerializer", SERIALIZER),
            ("keyType", LOGICAL_TYPE),
            ("valueGetter", ELEMENT_GETTER),
            ("valueSerializer", SERIALIZER),
            ("valueType", LOGICAL_TYPE),
        ],
        ..class(table!("MapDataSerializer"), uid, Some(&TYPE_SERIALIZER))
    }
}

impl Objects<'_> {
    /// The serializer that `InternalSerializers` makes for a logical type.
    pub(super) fn serializer(&mut self, ty: &LogicalType) -> Result<()> {
        let class = match &ty.root {
            LogicalRoot::Char { .. } | LogicalRoot::Varchar { .. } => &STRING_DATA,
            LogicalRoot::Boolean => &BOOLEAN,
            LogicalRoot::Binary { .. } | LogicalRoot::Varbinary { .. } => &BYTE_ARRAY,
            LogicalRoot::TinyInt => &BYTE,
            LogicalRoot::SmallInt => &SHORT,
            LogicalRoot::Integer | LogicalRoot::Date | LogicalRoot::Time { .. } | LogicalRoot::YearMonthInterval => {
                &INT
            }
            LogicalRoot::BigInt | LogicalRoot::DayTimeInterval => &LONG,
            LogicalRoot::Float => &FLOAT,
            LogicalRoot::Double => &DOUBLE,
            LogicalRoot::Decimal { precision, scale } => {
                self.stream.object(&DECIMAL_DATA)?;
                self.stream.int((*precision).into());
                self.stream.int((*scale).into());
                return Ok(());
            }
            LogicalRoot::Timestamp { precision } | LogicalRoot::TimestampLtz { precision } => {
                self.stream.object(&TIMESTAMP_DATA)?;
                self.stream.int((*precision).into());
                return Ok(());
            }
            LogicalRoot::Array(element) => return self.deeper(|objects| objects.array_serializer(element)),
            LogicalRoot::Multiset(element) => {
                return self.deeper(|objects| objects.map_serializer(element, &MULTISET_COUNT));
            }
            LogicalRoot::Map(key, value) => return self.deeper(|objects| objects.map_serializer(key, value)),
            LogicalRoot::Row(fields) => return self.deeper(|objects| objects.row_serializer(fields)),
            _ => {
                return Err(refused("a collection of such elements", "their serializer as a Java object is not known"));
            }
        };
        self.stream.singleton(class)
    }

    fn array_serializer(&mut self, element: &LogicalType) -> Result<()> {
        self.stream.object(&ARRAY_DATA)?;
        self.serializer(element).in_field("element")?;
        self.logical(element).in_field("element")?;
        self.element_getter(element).in_field("element")
    }

    fn map_serializer(&mut self, key: &LogicalType, value: &LogicalType) -> Result<()> {
        let named = self.release >= FlinkVersion::new(1, 19);
        self.stream.object(if named { &MAP_DATA } else { &MAP_DATA_UNTIL_1_18 })?;
        for (ty, name) in [(key, "key"), (value, "value")] {
            self.element_getter(ty).in_field(name)?;
            self.serializer(ty).in_field(name)?;
            // Each multiset has a new type for its counts.
            if ptr::eq(ty, &MULTISET_COUNT) {
                self.new_logical(ty)?;
            } else {
                self.logical(ty).in_field(name)?;
            }
        }
        Ok(())
    }

    fn row_serializer(&mut self, fields: &[LogicalField]) -> Result<()> {
        let count = i32::try_from(fields.len()).ok().filter(|n| *n <= 0xFFFF);
        let count = count.ok_or_else(|| Error::usage(format!("row with {} fields", fields.len())))?;
        self.stream.object(&ROW_DATA)?;
        self.stream.object(&BINARY_ROW_DATA)?;
        self.stream.int((count + 63 + 8) / 64 * 8 + count * 8);
        self.stream.int(count);
        self.stream.array(&FIELD_GETTERS, fields.len())?;
        for (i, field) in (0..count).zip(fields) {
            self.field_getter(&field.ty, i).in_field(&field.name)?;
        }
        self.stream.array(&SERIALIZERS, fields.len())?;
        for field in fields {
            self.serializer(&field.ty).in_field(&field.name)?;
        }
        self.stream.array(&LOGICAL_TYPES, fields.len())?;
        for field in fields {
            self.logical(&field.ty).in_field(&field.name)?;
        }
        Ok(())
    }
}
