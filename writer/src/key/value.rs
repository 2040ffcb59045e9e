//! The hash of a value by its type.

use arrow_array::Array;
use arrow_schema::DataType;
use flink_state_reader::types::{EitherKind, ListKind, StructKind, Type};

use crate::{Error, Result};

use super::composite;
use super::convention::Convention;
use super::{avro, basic, binary, kryo, record, scala};

/// The hash of the value in a row, which is not null.
pub(super) type Hash<'a> = Box<dyn Fn(usize) -> Result<i32> + Send + 'a>;

/// A column whose values can be hashed.
pub(super) struct Value<'a> {
    column: &'a dyn Array,
    hash: Hash<'a>,
    /// The hash of a null that is an object of its own: Scala's `None`.
    null: Option<i32>,
}

impl<'a> Value<'a> {
    pub(super) fn new(column: &'a dyn Array, hash: Hash<'a>) -> Self {
        Self { column, hash, null: None }
    }

    /// As [`Self::new`], for a null that is an object of its own.
    pub(super) fn with_null(column: &'a dyn Array, hash: Hash<'a>, null: i32) -> Self {
        Self { column, hash, null: Some(null) }
    }

    /// Whether the value is Java's null.
    pub(super) fn is_java_null(&self, row: usize) -> bool {
        self.null.is_none() && self.is_null(row)
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.column.is_null(row)
    }

    /// The hash as a part of another value.
    pub(super) fn hash(&self, row: usize) -> Result<i32> {
        if self.is_null(row) { Ok(self.null.unwrap_or_default()) } else { (self.hash)(row) }
    }
}

/// What is known of the hashes.
#[derive(Clone, Copy)]
pub(super) struct Hashing<'c> {
    pub(super) convention: Option<&'c Convention>,
}

impl Hashing<'_> {
    /// The hash of values of a class of the JDK or of Flink: the convention is for the class around them.
    pub(super) const PLAIN: Hashing<'static> = Hashing { convention: None };

    pub(super) fn value<'a>(self, ty: &Type, column: &'a dyn Array) -> Result<Value<'a>> {
        match ty {
            Type::Nullable { inner, .. } => return composite::nullable(self, inner, column),
            Type::Option(inner) => return scala::option(self, inner, column),
            _ => {}
        }
        Ok(Value::new(column, self.hash(ty, column)?))
    }

    fn hash<'a>(self, ty: &Type, column: &'a dyn Array) -> Result<Hash<'a>> {
        match ty {
            Type::Basic(basic) => basic::hash(*basic, column),
            Type::Value { .. } => match ty.value_basic() {
                Some(basic) => basic::hash(basic, column),
                None => Err(unknown(ty)),
            },
            Type::List { kind, element } => match kind {
                ListKind::Set => composite::set(self, element, column),
                ListKind::List | ListKind::ArrayList | ListKind::LinkedList { .. } => {
                    composite::list(self, element, column)
                }
                ListKind::Traversable { code } => scala::collection(self, code, element, column),
                _ => Err(unknown(ty)),
            },
            Type::Map { key, value, .. } => composite::map(self, key, value, column),
            Type::Either { kind: EitherKind::Java, left, right } => composite::either(self, left, right, column),
            Type::Either { kind: EitherKind::Scala, left, right } => scala::either(self, left, right, column),
            Type::Struct { kind: StructKind::Tuple(class), fields } if is_flink_tuple(class) => {
                composite::tuple(self, fields, column)
            }
            Type::Struct { kind: StructKind::Tuple(class), fields } => {
                record::tuple(self.convention, class, fields, column)
            }
            Type::Struct { kind: StructKind::CaseClass(class), fields } => scala::product(self, class, fields, column),
            Type::Row { fields, row_kind } => composite::row(self, fields, *row_kind, column),
            Type::Pojo(pojo) => record::pojo(self.convention, pojo, column),
            Type::Avro { schema, class } => avro::hash(self.convention, class, schema, column),
            Type::Kryo(declared) => kryo::hash(declared, column),
            Type::RowData(_) | Type::BinaryRowData { .. } | Type::TableCollection(_) => binary::hash(ty, column),
            Type::DecimalData { scale, .. } => binary::decimal(*scale, column),
            Type::TimestampData { .. } => binary::timestamp(ty, column),
            Type::Enum { class, .. } => Err(Error::unsupported(format!(
                "the hash of an enum constant ({class}) differs from one JVM to the next, so no key group is its own"
            ))),
            Type::Array(_) | Type::ValueArray(_) | Type::ObjectArray { .. } => Err(Error::unsupported(format!(
                "the hash of an array ({ty}) differs from one object to the next, so no key group is its own"
            ))),
            _ => Err(unknown(ty)),
        }
    }
}

fn is_flink_tuple(class: &str) -> bool {
    let arity = class.strip_prefix("org.apache.flink.api.java.tuple.Tuple");
    arity.and_then(|arity| arity.parse::<u8>().ok()).is_some_and(|arity| arity <= 25)
}

/// The error for a type whose hash is not certain.
pub(super) fn unknown(ty: &Type) -> Error {
    Error::unsupported(format!("the hash of {ty} is not known"))
        .with_hint("keys that exist keep their key groups; new ones can't be written")
}

/// The error for a class whose hash must be declared.
pub(super) fn undeclared(class: &str, declared: Option<&Convention>, fitting: &str) -> Error {
    let message = match declared {
        None => format!("the hash of {class} is that of the user's class, which must be declared"),
        Some(convention) => format!("the hash convention {convention} is not for {class}"),
    };
    Error::unsupported(message).with_hint(format!("declare {fitting}"))
}

/// Whether a column has nothing to say.
pub(super) fn says_nothing(column: &dyn Array) -> bool {
    *column.data_type() == DataType::Null
}
