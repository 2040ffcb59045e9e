//! Types without parameters, arrays of them, enums, and values that write themselves.

use flink_state_reader::Result;
use flink_state_reader::types::{Basic, Type, ValueKind};

use super::{FIRST_OF_2, FlinkVersion, LAST_OF_1, SnapshotWriter, refused};

const ARRAY_PACKAGE: &str = "org.apache.flink.api.common.typeutils.base.array.";
const VALUE_ARRAY_PACKAGE: &str = "org.apache.flink.graph.types.valuearray.";
const RUNTIME_PACKAGE: &str = "org.apache.flink.api.java.typeutils.runtime.";
const SCALA_PACKAGE_1: &str = "org.apache.flink.api.scala.typeutils.";
const SCALA_PACKAGE_2: &str = "org.apache.flink.table.api.typeutils.";

impl SnapshotWriter<'_> {
    pub(super) fn basic(&mut self, basic: Basic) -> Result<()> {
        match basic {
            Basic::Utf => return Err(refused(basic.name(), "it is a part of Flink's own records only")),
            Basic::SqlGlobalWindow => self.since(FIRST_OF_2, basic.name())?,
            Basic::Variant => self.since(FlinkVersion::new(2, 1), basic.name())?,
            Basic::Bitmap | Basic::SortedLong => self.since(FlinkVersion::new(2, 3), basic.name())?,
            _ => {}
        }
        let serializer = basic.serializer();
        let class = snapshot_class(serializer);
        match class.strip_prefix("S.") {
            Some(name) => self.simple(&self.scala(name)),
            None => self.simple(&class),
        }
    }

    /// A class of the Scala serializers, which moved with Flink 2.0.
    pub(super) fn scala(&self, name: &str) -> String {
        let package = if self.release < FIRST_OF_2 { SCALA_PACKAGE_1 } else { SCALA_PACKAGE_2 };
        format!("{package}{name}")
    }

    pub(super) fn array(&mut self, element: Basic) -> Result<()> {
        let name = match element {
            Basic::String => "StringArraySerializer",
            Basic::Boolean => "BooleanPrimitiveArraySerializer",
            Basic::Byte => "BytePrimitiveArraySerializer",
            Basic::Char => "CharPrimitiveArraySerializer",
            Basic::Double => "DoublePrimitiveArraySerializer",
            Basic::Float => "FloatPrimitiveArraySerializer",
            Basic::Int => "IntPrimitiveArraySerializer",
            Basic::Long => "LongPrimitiveArraySerializer",
            Basic::Short => "ShortPrimitiveArraySerializer",
            _ => {
                return Err(refused(Type::Array(element), "only primitives and strings have such arrays")
                    .with_hint("write OBJECT_ARRAY for an array of another class"));
            }
        };
        self.simple(&format!("{ARRAY_PACKAGE}{name}${name}Snapshot"))
    }

    pub(super) fn value_array(&mut self, element: Basic) -> Result<()> {
        let ty = Type::ValueArray(element);
        self.until(LAST_OF_1, &ty)?;
        let name = match element {
            Basic::ByteValue => "ByteValueArraySerializer",
            Basic::CharValue => "CharValueArraySerializer",
            Basic::DoubleValue => "DoubleValueArraySerializer",
            Basic::FloatValue => "FloatValueArraySerializer",
            Basic::IntValue => "IntValueArraySerializer",
            Basic::LongValue => "LongValueArraySerializer",
            Basic::ShortValue => "ShortValueArraySerializer",
            Basic::NullValue => "NullValueArraySerializer",
            Basic::StringValue => "StringValueArraySerializer",
            _ => return Err(refused(ty, "only Flink's value types have such arrays")),
        };
        self.simple(&format!("{VALUE_ARRAY_PACKAGE}{name}${name}Snapshot"))
    }

    /// `utf` component class, then the element's snapshot.
    pub(super) fn object_array(&mut self, class: &str, element: &Type) -> Result<()> {
        self.composite("org.apache.flink.api.common.typeutils.base.GenericArraySerializerSnapshot", 1)?;
        self.out.utf(class)?;
        self.nested(&[element])
    }

    /// `utf` class, `i32` n, n `utf` names.
    pub(super) fn enumeration(&mut self, class: &str, constants: &[String]) -> Result<()> {
        self.plain("org.apache.flink.api.common.typeutils.base.EnumSerializer$EnumSerializerSnapshot", 3)?;
        self.out.utf(class)?;
        self.out.count(constants.len())?;
        constants.iter().try_for_each(|name| self.out.utf(name))
    }

    /// `utf` class, `i32` n, n times `utf` name and `i32` id.
    pub(super) fn scala_enumeration(&mut self, class: &str, constants: &[(String, i32)]) -> Result<()> {
        self.plain(&self.scala("ScalaEnumSerializerSnapshot"), 3)?;
        self.out.utf(class)?;
        self.out.count(constants.len())?;
        for (name, id) in constants {
            self.out.utf(name)?;
            self.out.i32(*id);
        }
        Ok(())
    }

    /// `GenericTypeSerializerSnapshot`: `utf` class.
    pub(super) fn value(&mut self, kind: ValueKind, class: &str) -> Result<()> {
        let name = match kind {
            ValueKind::Value => "ValueSerializer",
            ValueKind::CopyableValue => "CopyableValueSerializer",
            ValueKind::Writable => "WritableSerializer",
            _ => return Err(refused(class, "its serializer is not known")),
        };
        self.plain(&format!("{RUNTIME_PACKAGE}{name}${name}Snapshot"), 2)?;
        self.out.utf(class)
    }
}

/// The class of the simple snapshot of a serializer.
///
/// `a.XSerializer` has `a.XSerializer$XSerializerSnapshot`, `a.X$Serializer` has
/// `a.X$Serializer$XSerializerSnapshot`, and `Tuple0` and `Nothing` have a class of their own beside them.
fn snapshot_class(serializer: &str) -> String {
    let mut parts = serializer.rsplit(['.', '$']);
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("Tuple0Serializer" | "NothingSerializer", _) => format!("{serializer}Snapshot"),
        ("Serializer", owner) => format!("{serializer}${owner}SerializerSnapshot"),
        (name, _) => format!("{serializer}${name}Snapshot"),
    }
}
