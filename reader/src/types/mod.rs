//! The type of a state, recovered from its serializer snapshot without any class.
//!
//! One node is one Flink serializer. Wrappers that change no byte (access checker, `TtlAware`, `ExternalSerializer`,
//! list and map views) are not in the tree. What can't be decoded is an [`Type::Opaque`] node, not an error.

mod arrow;
pub mod avro;
mod basic;
mod framing;
mod length;
mod logical;
mod notation;
mod record;

use std::sync::Arc;

pub use arrow::{TYPE_KEY, arrow_field, arrow_type};
pub use avro::AvroSchema;
pub use basic::Basic;
pub use framing::Framing;
pub use length::Length;
pub use logical::{LogicalField, LogicalRoot, LogicalType};
pub(crate) use logical::{decimal_digits, fraction_digits};

/// A type: how Flink encodes a key, a namespace or a value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// A type without parameters.
    Basic(Basic),
    /// `i32` count, then the elements: arrays of primitives and of strings.
    Array(Basic),
    /// Gelly's arrays of values (until Flink 1.20): as [`Self::Array`], but `NullValue` has the count only, and
    /// `StringValue` has the `i32` number of bytes behind the count.
    ValueArray(Basic),
    /// `GenericArraySerializer`: `i32` count, then a presence byte before each element.
    ObjectArray {
        /// The component class, e.g. `java.lang.Integer`.
        class: String,
        /// The component type.
        element: Box<Type>,
    },
    /// A Java enum: `i32` index into the constants.
    Enum {
        /// The enum class.
        class: String,
        /// The constants in the order of their encoded index.
        constants: Arc<[String]>,
    },
    /// A Scala `Enumeration`: `i32` id.
    ScalaEnum {
        /// The enumeration's class (ends in `$`).
        class: String,
        /// Name and encoded id.
        constants: Arc<[(String, i32)]>,
    },
    /// A sequence of elements.
    List {
        /// Which serializer wrote it, and so how absent elements are told.
        kind: ListKind,
        /// The element type.
        element: Box<Type>,
    },
    /// Keys with values.
    Map {
        /// Which serializer wrote it.
        kind: MapKind,
        /// The key type.
        key: Box<Type>,
        /// The value type.
        value: Box<Type>,
    },
    /// `NullableSerializer`: a null byte, then the value or `padding` zero bytes.
    Nullable {
        /// Zero bytes behind a null.
        padding: usize,
        /// The type of a value that is there.
        inner: Box<Type>,
    },
    /// Scala `Option`: a presence byte, then the value.
    Option(Box<Type>),
    /// One of two: a tag byte, then the value.
    Either {
        /// Which serializer wrote it.
        kind: EitherKind,
        /// Left, success or first input.
        left: Box<Type>,
        /// Right, failure or second input.
        right: Box<Type>,
    },
    /// Fields one after the other, without mask or length: tuples, case classes and Flink's own records.
    Struct {
        /// What it is in Flink.
        kind: StructKind,
        /// The fields in the order of their encoding.
        fields: Vec<Field>,
    },
    /// `RowSerializer`: a mask of row kind and nulls, then the fields that are there.
    Row {
        /// The fields; Flink stores no names, so they are `f0`, `f1`, …
        fields: Vec<Field>,
        /// Whether the mask starts with two bits of row kind.
        row_kind: bool,
    },
    /// `PojoSerializer`: a flag byte, then each field behind its null marker.
    Pojo(Pojo),
    /// A timestamp (sign bit flipped), a key and a namespace.
    Timer {
        /// The key type.
        key: Box<Type>,
        /// The namespace type.
        namespace: Box<Type>,
    },
    /// A value behind the `i64` millisecond timestamp of its last access.
    Ttl(Box<Type>),
    /// A record, watermark or other element of a stream.
    StreamElement(Box<Type>),
    /// The state of a `TwoPhaseCommitSinkFunction`.
    TwoPhaseCommit {
        /// Whether a presence byte stands before the pending transaction.
        nullable_pending: bool,
        /// The transaction type.
        transaction: Box<Type>,
        /// The user context's type.
        context: Box<Type>,
    },
    /// A record in Flink's own fixed-width Avro encoding.
    Avro {
        /// The runtime class: `GenericRecord` or a generated class.
        class: String,
        /// The writer schema.
        schema: AvroSchema,
    },
    /// A value written by Kryo.
    Kryo(Kryo),
    /// A value that its own class writes, without framing: opaque unless [`Type::value_basic`] knows the class.
    Value {
        /// The interface that the class implements.
        kind: ValueKind,
        /// The class of the value.
        class: String,
    },
    /// A row of the Table API: `i32` size, then the binary row.
    RowData(Vec<LogicalField>),
    /// A binary row whose field types are not stored.
    BinaryRowData {
        /// The number of fields.
        arity: usize,
    },
    /// Another internal value of the Table API, behind its `i32` size: array, map or multiset.
    TableCollection(LogicalType),
    /// `DecimalData`.
    DecimalData {
        /// Number of digits.
        precision: u8,
        /// Digits behind the point.
        scale: i8,
    },
    /// `TimestampData`: `i64` milliseconds, above precision 3 also `i32` nanoseconds of the millisecond.
    TimestampData {
        /// Fraction digits.
        precision: u8,
    },
    /// `RawValueData`: `i32` length, then the bytes of the inner serializer.
    RawValue(Box<Type>),
    /// A value that can't be decoded, and why.
    Opaque(Opaque),
}

/// Which serializer wrote a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListKind {
    /// `ListSerializer`: `i32` count, elements.
    List,
    /// `ArrayListSerializer`: as `List`.
    ArrayList,
    /// `LinkedListSerializer`: with a mask of null bits behind the count, if the flag is set.
    LinkedList {
        /// Whether the mask is there.
        null_mask: bool,
    },
    /// `SetSerializer`: a null byte before each element.
    Set,
    /// Scala collections (`TraversableSerializer`): a presence byte before each element.
    Traversable {
        /// The Scala source of the collection's `CanBuildFrom`.
        code: Arc<str>,
    },
}

/// Which serializer wrote a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapKind {
    /// `MapSerializer`: key, null byte, value unless null.
    Map,
    /// `SortedMapSerializer`: as `Map`.
    SortedMap,
    /// `NullAwareMapSerializer`: null byte, key, null byte, value.
    NullAware,
}

/// Which serializer wrote an `Either`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EitherKind {
    /// Flink's Java `Either`: tag 1 is left.
    Java,
    /// Scala's `Either`: tag 1 is left.
    Scala,
    /// Scala's `Try`: tag 1 is success.
    Try,
    /// The union of a co-group: tag 1 is the first input, 2 the second.
    CoGroup,
}

/// How a value writes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueKind {
    /// Flink's `Value` (`ValueSerializer`).
    Value,
    /// Flink's `CopyableValue` (`CopyableValueSerializer`).
    CopyableValue,
    /// Hadoop's `Writable` (`WritableSerializer`).
    Writable,
}

/// What a plain sequence of fields is in Flink.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StructKind {
    /// `TupleSerializer` with the tuple's class.
    Tuple(String),
    /// A Scala case class or tuple.
    CaseClass(String),
    /// A record of Flink's own runtime, named as in the type notation, e.g. `BUFFER_ENTRY` ([`Type::flink_record`]).
    Flink(&'static str),
}

/// A named part of a composite type.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The field's name; `f0`, `f1`, … where Flink stores none.
    pub name: String,
    /// The field's type.
    pub ty: Type,
}

/// A POJO with the subclasses that its serializer knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pojo {
    /// The POJO's class.
    pub class: String,
    /// The fields in the order of their encoding.
    pub fields: Vec<PojoField>,
    /// Registered subclasses in the order of their tags.
    pub registered: Vec<Subclass>,
    /// Other subclasses that were met, by name.
    pub non_registered: Vec<Subclass>,
}

/// A field of a POJO.
#[derive(Clone, Debug, PartialEq)]
pub struct PojoField {
    /// The field's name.
    pub name: String,
    /// The class that declares it; `None` when the snapshot was written by a job that had lost the field (the name is
    /// then `missing-field-at-<i>`).
    pub declaring_class: Option<String>,
    /// The field's type.
    pub ty: Type,
}

/// A subclass of a POJO.
#[derive(Clone, Debug, PartialEq)]
pub struct Subclass {
    /// The subclass' name.
    pub class: String,
    /// Its type, usually [`Type::Pojo`] again.
    pub ty: Type,
}

/// A type that Kryo writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Kryo {
    /// The declared class.
    pub class: String,
    /// The registered classes in order. Ids count from 85; a class that has an id already takes none.
    pub registrations: Vec<KryoRegistration>,
    /// Classes whose values (and those of their subclasses) a serializer of the user's own writes.
    pub default_serializers: Vec<KryoDefault>,
    /// The Kryo release that wrote the values: the snapshot does not say it, the version of `_metadata` does.
    pub version: KryoVersion,
}

/// A class that was registered with Kryo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KryoRegistration {
    /// The registered class.
    pub class: String,
    /// Who writes it.
    pub serializer: KryoSerializer,
}

/// Who writes the values of a class that was registered with Kryo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KryoSerializer {
    /// Kryo itself.
    Kryo,
    /// A serializer class of the user's own.
    Class(String),
    /// A serializer object of the user's own.
    Instance,
}

/// A default serializer of Kryo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KryoDefault {
    /// The class it is for, subclasses included.
    pub class: String,
    /// The serializer: [`KryoSerializer::Class`] or [`KryoSerializer::Instance`].
    pub serializer: KryoSerializer,
}

/// The Kryo release line inside a Flink release line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KryoVersion {
    /// Kryo 2.24 of Flink 1.x.
    V2,
    /// Kryo 5.6 of Flink 2.x.
    V5,
}

/// A value that can't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// The class that would be needed: a serializer snapshot's or a value's.
    pub class: String,
    /// The snapshot version of that class.
    pub version: i32,
    /// Why it can't be decoded, as a sentence for the user.
    pub reason: String,
}

impl Type {
    /// The types that it is made of, those of subclasses included; not those inside of logical types and schemas.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::ObjectArray { element: inner, .. }
            | Self::List { element: inner, .. }
            | Self::Nullable { inner, .. }
            | Self::Option(inner)
            | Self::Ttl(inner)
            | Self::StreamElement(inner)
            | Self::RawValue(inner) => vec![inner.as_mut()],
            Self::Map { key: a, value: b, .. }
            | Self::Either { left: a, right: b, .. }
            | Self::Timer { key: a, namespace: b }
            | Self::TwoPhaseCommit { transaction: a, context: b, .. } => vec![a.as_mut(), b.as_mut()],
            Self::Struct { fields, .. } | Self::Row { fields, .. } => fields.iter_mut().map(|f| &mut f.ty).collect(),
            Self::Pojo(pojo) => {
                let subclasses = pojo.registered.iter_mut().chain(&mut pojo.non_registered).map(|s| &mut s.ty);
                pojo.fields.iter_mut().map(|f| &mut f.ty).chain(subclasses).collect()
            }
            Self::Basic(_)
            | Self::Array(_)
            | Self::ValueArray(_)
            | Self::Enum { .. }
            | Self::ScalaEnum { .. }
            | Self::Avro { .. }
            | Self::Kryo(_)
            | Self::Value { .. }
            | Self::RowData(_)
            | Self::BinaryRowData { .. }
            | Self::TableCollection(_)
            | Self::DecimalData { .. }
            | Self::TimestampData { .. }
            | Self::Opaque(_) => Vec::new(),
        }
    }

    /// The Flink value type that a [`Type::Value`] is encoded as, where its class is one of Flink's own.
    pub fn value_basic(&self) -> Option<Basic> {
        let Type::Value { kind: ValueKind::Value | ValueKind::CopyableValue, class } = self else {
            return None;
        };
        Some(match class.strip_prefix("org.apache.flink.types.")? {
            "BooleanValue" => Basic::BooleanValue,
            "ByteValue" => Basic::ByteValue,
            "ShortValue" => Basic::ShortValue,
            "IntValue" => Basic::IntValue,
            "LongValue" => Basic::LongValue,
            "FloatValue" => Basic::FloatValue,
            "DoubleValue" => Basic::DoubleValue,
            "CharValue" => Basic::CharValue,
            "StringValue" => Basic::StringValue,
            "NullValue" => Basic::NullValue,
            _ => return None,
        })
    }
}
