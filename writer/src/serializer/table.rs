//! Internal data of the Table API.

use flink_state_reader::Result;
use flink_state_reader::types::{Basic, LogicalRoot, LogicalType, Type};

use super::logical::Objects;
use super::{SnapshotWriter, refused};

/// The count of an element in a multiset.
pub(super) static MULTISET_COUNT: LogicalType = LogicalType { nullable: false, root: LogicalRoot::Integer };

impl SnapshotWriter<'_> {
    /// `i32` n, n logical types, n nested snapshots.
    pub(super) fn row_data(&mut self, fields: Vec<&LogicalType>) -> Result<()> {
        self.plain("org.apache.flink.table.runtime.typeutils.RowDataSerializer$RowDataSerializerSnapshot", 3)?;
        self.out.count(fields.len())?;
        for (i, ty) in fields.iter().enumerate() {
            self.logical(ty).map_err(|e| e.in_field(format!("f{i}")))?;
        }
        self.nested_count(fields.len())?;
        for (i, ty) in fields.iter().enumerate() {
            self.deeper(|writer| writer.internal(ty)).map_err(|e| e.in_field(format!("f{i}")))?;
        }
        Ok(())
    }

    /// The snapshot of the serializer that `InternalSerializers` makes for a logical type.
    fn internal(&mut self, ty: &LogicalType) -> Result<()> {
        match &ty.root {
            LogicalRoot::Char { .. } | LogicalRoot::Varchar { .. } => self.basic(Basic::StringData),
            LogicalRoot::Boolean => self.basic(Basic::Boolean),
            LogicalRoot::Binary { .. } | LogicalRoot::Varbinary { .. } => self.array(Basic::Byte),
            LogicalRoot::Decimal { precision, scale } => self.decimal_data(*precision, *scale),
            LogicalRoot::TinyInt => self.basic(Basic::Byte),
            LogicalRoot::SmallInt => self.basic(Basic::Short),
            LogicalRoot::Integer | LogicalRoot::Date | LogicalRoot::Time { .. } | LogicalRoot::YearMonthInterval => {
                self.basic(Basic::Int)
            }
            LogicalRoot::BigInt | LogicalRoot::DayTimeInterval => self.basic(Basic::Long),
            LogicalRoot::Float => self.basic(Basic::Float),
            LogicalRoot::Double => self.basic(Basic::Double),
            LogicalRoot::Timestamp { precision } | LogicalRoot::TimestampLtz { precision } => {
                self.timestamp_data(*precision)
            }
            LogicalRoot::Row(fields) => self.row_data(fields.iter().map(|f| &f.ty).collect()),
            LogicalRoot::Variant => self.basic(Basic::Variant),
            _ => self.table_collection(ty),
        }
    }

    pub(super) fn table_collection(&mut self, ty: &LogicalType) -> Result<()> {
        match &ty.root {
            LogicalRoot::Array(element) => self.array_data(element),
            LogicalRoot::Map(key, value) => self.map_data(key, value),
            LogicalRoot::Multiset(element) => self.map_data(element, &MULTISET_COUNT),
            _ => Err(refused(Type::TableCollection(ty.clone()), "it is no array, map or multiset")),
        }
    }

    /// The element's logical type and its serializer, each as a stream of its own.
    fn array_data(&mut self, element: &LogicalType) -> Result<()> {
        self.plain("org.apache.flink.table.runtime.typeutils.ArrayDataSerializer$ArrayDataSerializerSnapshot", 3)?;
        self.logical(element).map_err(|e| e.in_field("element"))?;
        Objects::new(self).serializer(element).map_err(|e| e.in_field("element"))
    }

    /// Logical types of key and value, then their serializers, each as a stream of its own.
    fn map_data(&mut self, key: &LogicalType, value: &LogicalType) -> Result<()> {
        self.plain("org.apache.flink.table.runtime.typeutils.MapDataSerializer$MapDataSerializerSnapshot", 3)?;
        self.logical(key).map_err(|e| e.in_field("key"))?;
        self.logical(value).map_err(|e| e.in_field("value"))?;
        Objects::new(self).serializer(key).map_err(|e| e.in_field("key"))?;
        Objects::new(self).serializer(value).map_err(|e| e.in_field("value"))
    }

    pub(super) fn binary_row_data(&mut self, arity: usize) -> Result<()> {
        let class = "org.apache.flink.table.runtime.typeutils.BinaryRowDataSerializer$BinaryRowDataSerializerSnapshot";
        self.plain(class, 3)?;
        self.out.count(arity)
    }

    /// `i32` precision, `i32` scale.
    pub(super) fn decimal_data(&mut self, precision: u8, scale: i8) -> Result<()> {
        self.plain("org.apache.flink.table.runtime.typeutils.DecimalDataSerializer$DecimalSerializerSnapshot", 3)?;
        self.out.i32(precision.into());
        self.out.i32(scale.into());
        Ok(())
    }

    /// `i32` precision.
    pub(super) fn timestamp_data(&mut self, precision: u8) -> Result<()> {
        let class = "org.apache.flink.table.runtime.typeutils.TimestampDataSerializer$TimestampDataSerializerSnapshot";
        self.plain(class, 1)?;
        self.out.i32(precision.into());
        Ok(())
    }

    pub(super) fn raw_value(&mut self, inner: &Type) -> Result<()> {
        let class = "org.apache.flink.table.runtime.typeutils.RawValueDataSerializer$RawValueDataSerializerSnapshot";
        self.composite_of(class, 0, &[inner])
    }
}
