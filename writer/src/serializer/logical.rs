//! Logical types of the Table API as the Java objects that snapshots embed.

use std::collections::HashMap;
use std::ptr;

use flink_state_reader::types::{LogicalField, LogicalRoot, LogicalType};
use flink_state_reader::{Context, Error, Result};

use super::java::{ARRAY_LIST, Class, Handle, ObjectWriter, SERIALIZABLE, enumeration};
use super::{FlinkVersion, MAX_DEPTH, SnapshotWriter, refused};

macro_rules! logical {
    ($name:literal) => {
        concat!("org.apache.flink.table.types.logical.", $name)
    };
}

macro_rules! signature {
    ($name:literal) => {
        concat!("Lorg/apache/flink/table/types/logical/", $name, ";")
    };
}

const fn logical_type(name: &'static str, fields: &'static [(&'static str, &'static str)]) -> Class {
    Class { name, uid: 1, flags: SERIALIZABLE, fields, parent: Some(&LOGICAL_TYPE) }
}

static LOGICAL_TYPE: Class = Class {
    name: logical!("LogicalType"),
    uid: 1,
    flags: SERIALIZABLE,
    fields: &[("isNullable", "Z"), ("typeRoot", signature!("LogicalTypeRoot"))],
    parent: None,
};
static TYPE_ROOT: Class = enumeration(logical!("LogicalTypeRoot"));

static CHAR: Class = logical_type(logical!("CharType"), &[("length", "I")]);
static VARCHAR: Class = logical_type(logical!("VarCharType"), &[("length", "I")]);
static BOOLEAN: Class = logical_type(logical!("BooleanType"), &[]);
static BINARY: Class = logical_type(logical!("BinaryType"), &[("length", "I")]);
static VARBINARY: Class = logical_type(logical!("VarBinaryType"), &[("length", "I")]);
static DECIMAL: Class = logical_type(logical!("DecimalType"), &[("precision", "I"), ("scale", "I")]);
static TINYINT: Class = logical_type(logical!("TinyIntType"), &[]);
static SMALLINT: Class = logical_type(logical!("SmallIntType"), &[]);
static INTEGER: Class = logical_type(logical!("IntType"), &[]);
static BIGINT: Class = logical_type(logical!("BigIntType"), &[]);
static FLOAT: Class = logical_type(logical!("FloatType"), &[]);
static DOUBLE: Class = logical_type(logical!("DoubleType"), &[]);
static DATE: Class = logical_type(logical!("DateType"), &[]);
static TIME: Class = logical_type(logical!("TimeType"), &[("precision", "I")]);
static TIMESTAMP: Class =
    logical_type(logical!("TimestampType"), &[("precision", "I"), ("kind", signature!("TimestampKind"))]);
static TIMESTAMP_LTZ: Class =
    logical_type(logical!("LocalZonedTimestampType"), &[("precision", "I"), ("kind", signature!("TimestampKind"))]);
static TIMESTAMP_KIND: Class = enumeration(logical!("TimestampKind"));
static YEAR_MONTH: Class = logical_type(
    logical!("YearMonthIntervalType"),
    &[("yearPrecision", "I"), ("resolution", signature!("YearMonthIntervalType$YearMonthResolution"))],
);
static YEAR_MONTH_RESOLUTION: Class = enumeration(logical!("YearMonthIntervalType$YearMonthResolution"));
static DAY_TIME: Class = logical_type(
    logical!("DayTimeIntervalType"),
    &[
        ("dayPrecision", "I"),
        ("fractionalPrecision", "I"),
        ("resolution", signature!("DayTimeIntervalType$DayTimeResolution")),
    ],
);
static DAY_TIME_RESOLUTION: Class = enumeration(logical!("DayTimeIntervalType$DayTimeResolution"));
static ARRAY: Class = logical_type(logical!("ArrayType"), &[("elementType", signature!("LogicalType"))]);
static MULTISET: Class = logical_type(logical!("MultisetType"), &[("elementType", signature!("LogicalType"))]);
static MAP: Class = logical_type(
    logical!("MapType"),
    &[("keyType", signature!("LogicalType")), ("valueType", signature!("LogicalType"))],
);
static ROW: Class = logical_type(logical!("RowType"), &[("fields", "Ljava/util/List;")]);
static ROW_FIELD: Class = Class {
    name: logical!("RowType$RowField"),
    uid: 1,
    flags: SERIALIZABLE,
    fields: &[
        ("description", "Ljava/lang/String;"),
        ("name", "Ljava/lang/String;"),
        ("type", signature!("LogicalType")),
    ],
    parent: None,
};
static VARIANT: Class = Class {
    name: logical!("VariantType"),
    uid: -7_525_210_688_776_332_292,
    flags: SERIALIZABLE,
    fields: &[],
    parent: Some(&LOGICAL_TYPE),
};

static UNMODIFIABLE_LIST: Class = Class {
    name: "java.util.Collections$UnmodifiableList",
    uid: -283_967_356_065_247_728,
    flags: SERIALIZABLE,
    fields: &[("list", "Ljava/util/List;")],
    parent: Some(&UNMODIFIABLE_COLLECTION),
};
static UNMODIFIABLE_COLLECTION: Class = Class {
    name: "java.util.Collections$UnmodifiableCollection",
    uid: 1_820_017_752_578_914_078,
    flags: SERIALIZABLE,
    fields: &[("c", "Ljava/util/Collection;")],
    parent: None,
};
const DEFAULT_INTERVAL_PRECISION: i32 = 2;
/// What the planner makes of all `INTERVAL DAY TO SECOND`.
const PLANNER_FRACTIONAL_PRECISION: i32 = 3;

impl SnapshotWriter<'_> {
    /// One stream with a logical type.
    pub(super) fn logical(&mut self, ty: &LogicalType) -> Result<()> {
        Objects::new(self).logical(ty)
    }
}

/// One stream of logical types and their serializers.
pub(super) struct Objects<'o> {
    pub(super) stream: ObjectWriter<'o>,
    pub(super) release: FlinkVersion,
    depth: usize,
    /// Types by address: a type and its serializer have the same objects in them.
    types: HashMap<usize, Handle>,
    /// Boxed integers that Java has only once.
    pub(super) integers: HashMap<i32, Handle>,
    /// Method references, each of which Java has only once.
    pub(super) methods: HashMap<&'static str, Handle>,
}

impl<'o> Objects<'o> {
    pub(super) fn new<'w: 'o>(writer: &'o mut SnapshotWriter<'w>) -> Self {
        Self {
            release: writer.release,
            depth: writer.depth,
            stream: ObjectWriter::new(writer.out),
            types: HashMap::new(),
            integers: HashMap::new(),
            methods: HashMap::new(),
        }
    }

    /// A type, or a reference to it where this stream has it already.
    pub(super) fn logical(&mut self, ty: &LogicalType) -> Result<()> {
        let address = ptr::from_ref(ty).addr();
        if let Some(&handle) = self.types.get(&address) {
            self.stream.reference(handle);
            return Ok(());
        }
        let handle = self.new_logical(ty)?;
        self.types.insert(address, handle);
        Ok(())
    }

    /// A type that this stream has nowhere else.
    pub(super) fn new_logical(&mut self, ty: &LogicalType) -> Result<Handle> {
        let (class, root) = class_of(&ty.root)?;
        if ty.root == LogicalRoot::Variant {
            self.since(FlinkVersion::new(2, 1), "VARIANT")?;
        }
        let handle = self.stream.object(class)?;
        self.stream.boolean(ty.nullable);
        self.stream.constant(&TYPE_ROOT, root)?;
        self.deeper(|objects| objects.parameters(&ty.root))?;
        Ok(handle)
    }

    pub(super) fn deeper(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::unsupported(format!("type is nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        write(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn since(&self, first: FlinkVersion, what: &str) -> Result<()> {
        if self.release >= first {
            return Ok(());
        }
        Err(Error::unsupported(format!("{what} needs Flink {first}, the target is Flink {}", self.release)))
    }

    /// The fields of the type's own class.
    fn parameters(&mut self, root: &LogicalRoot) -> Result<()> {
        match root {
            LogicalRoot::Char { length }
            | LogicalRoot::Varchar { length }
            | LogicalRoot::Binary { length }
            | LogicalRoot::Varbinary { length } => self.stream.int(*length),
            LogicalRoot::Decimal { precision, scale } => {
                self.stream.int((*precision).into());
                self.stream.int((*scale).into());
            }
            LogicalRoot::Time { precision } => self.stream.int((*precision).into()),
            LogicalRoot::Timestamp { precision } | LogicalRoot::TimestampLtz { precision } => {
                self.stream.int((*precision).into());
                self.stream.constant(&TIMESTAMP_KIND, "REGULAR")?;
            }
            LogicalRoot::YearMonthInterval => {
                self.stream.int(DEFAULT_INTERVAL_PRECISION);
                self.stream.constant(&YEAR_MONTH_RESOLUTION, "MONTH")?;
            }
            LogicalRoot::DayTimeInterval => {
                self.stream.int(DEFAULT_INTERVAL_PRECISION);
                self.stream.int(PLANNER_FRACTIONAL_PRECISION);
                self.stream.constant(&DAY_TIME_RESOLUTION, "SECOND")?;
            }
            LogicalRoot::Array(element) | LogicalRoot::Multiset(element) => {
                self.logical(element).in_field("element")?;
            }
            LogicalRoot::Map(key, value) => {
                self.logical(key).in_field("key")?;
                self.logical(value).in_field("value")?;
            }
            LogicalRoot::Row(fields) => self.row(fields)?,
            _ => {}
        }
        Ok(())
    }

    /// `Collections.unmodifiableList(new ArrayList(fields))`.
    fn row(&mut self, fields: &[LogicalField]) -> Result<()> {
        self.stream.object(&UNMODIFIABLE_LIST)?;
        let list = self.stream.object(&ARRAY_LIST)?;
        let count = i32::try_from(fields.len()).map_err(|_| Error::usage("row with too many fields"))?;
        self.stream.int(count);
        self.stream.block(count);
        for field in fields {
            self.stream.object(&ROW_FIELD)?;
            self.stream.null();
            self.stream.new_string(&field.name)?;
            self.logical(&field.ty).in_field(&field.name)?;
        }
        self.stream.end();
        self.stream.reference(list);
        Ok(())
    }
}

/// The class of a type and its `LogicalTypeRoot`.
fn class_of(root: &LogicalRoot) -> Result<(&'static Class, &'static str)> {
    Ok(match root {
        LogicalRoot::Char { .. } => (&CHAR, "CHAR"),
        LogicalRoot::Varchar { .. } => (&VARCHAR, "VARCHAR"),
        LogicalRoot::Boolean => (&BOOLEAN, "BOOLEAN"),
        LogicalRoot::Binary { .. } => (&BINARY, "BINARY"),
        LogicalRoot::Varbinary { .. } => (&VARBINARY, "VARBINARY"),
        LogicalRoot::Decimal { .. } => (&DECIMAL, "DECIMAL"),
        LogicalRoot::TinyInt => (&TINYINT, "TINYINT"),
        LogicalRoot::SmallInt => (&SMALLINT, "SMALLINT"),
        LogicalRoot::Integer => (&INTEGER, "INTEGER"),
        LogicalRoot::BigInt => (&BIGINT, "BIGINT"),
        LogicalRoot::Float => (&FLOAT, "FLOAT"),
        LogicalRoot::Double => (&DOUBLE, "DOUBLE"),
        LogicalRoot::Date => (&DATE, "DATE"),
        LogicalRoot::Time { .. } => (&TIME, "TIME_WITHOUT_TIME_ZONE"),
        LogicalRoot::Timestamp { .. } => (&TIMESTAMP, "TIMESTAMP_WITHOUT_TIME_ZONE"),
        LogicalRoot::TimestampLtz { .. } => (&TIMESTAMP_LTZ, "TIMESTAMP_WITH_LOCAL_TIME_ZONE"),
        LogicalRoot::YearMonthInterval => (&YEAR_MONTH, "INTERVAL_YEAR_MONTH"),
        LogicalRoot::DayTimeInterval => (&DAY_TIME, "INTERVAL_DAY_TIME"),
        LogicalRoot::Array(_) => (&ARRAY, "ARRAY"),
        LogicalRoot::Multiset(_) => (&MULTISET, "MULTISET"),
        LogicalRoot::Map(..) => (&MAP, "MAP"),
        LogicalRoot::Row(_) => (&ROW, "ROW"),
        LogicalRoot::Variant => (&VARIANT, "VARIANT"),
        LogicalRoot::Raw { class, .. } => {
            let reason = "it holds the class and its serializer as Java objects, which no type says";
            return Err(refused(format!("RAW('{class}')"), reason));
        }
        LogicalRoot::Unknown { class, reason } => return Err(refused(class, reason)),
        _ => return Err(refused("a logical type", "it is not known")),
    })
}
