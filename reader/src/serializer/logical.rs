//! Logical types of the Table API from the Java objects that snapshots embed.

use crate::bytes::Cursor;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::java::stream::{ObjectStream, Value};
use crate::types::{Basic, LogicalField, LogicalRoot, LogicalType, Type, decimal_digits, fraction_digits};

use super::{Parser, opaque};

const PACKAGE: &str = "org.apache.flink.table.types.logical.";

/// Parses one Java object stream that holds a logical type.
pub(super) fn parse(parser: &mut Parser<'_>, input: &mut Cursor<'_>) -> Result<LogicalType> {
    let start = input.offset();
    let stream = ObjectStream::parse(input)?;
    Objects { parser, stream: &stream, start }.logical(stream.root())
}

/// Takes what the snapshot that belongs to a field knows better than its logical type: the types of `RAW` values.
pub(super) fn refine(logical: &mut LogicalType, nested: Type) {
    match (&mut logical.root, nested) {
        (LogicalRoot::Raw { ty, .. }, Type::RawValue(inner)) => *ty = inner,
        (LogicalRoot::Row(fields), Type::RowData(nested)) if fields.len() == nested.len() => {
            for (field, nested) in fields.iter_mut().zip(nested) {
                field.ty = nested.ty;
            }
        }
        _ => {}
    }
}

/// Precision and scale of a `DECIMAL`.
pub(super) fn decimal(precision: i64, scale: i64) -> Result<(u8, i8)> {
    decimal_digits(precision, scale).ok_or_else(|| Error::data(format!("there is no DECIMAL({precision}, {scale})")))
}

/// Precision of a time or timestamp.
pub(super) fn precision(digits: i64) -> Result<u8> {
    fraction_digits(digits).ok_or_else(|| Error::data(format!("there is no time with {digits} fraction digits")))
}

struct Objects<'p, 'c, 's, 'a> {
    parser: &'p mut Parser<'c>,
    stream: &'s ObjectStream<'a>,
    start: u64,
}

impl Objects<'_, '_, '_, '_> {
    fn logical(&mut self, object: Value) -> Result<LogicalType> {
        // Streams can have cycles: this is where they end.
        self.parser.enter(self.start)?;
        let depth = self.parser.depth;
        let class = self.stream.class(object).unwrap_or_default();
        let nullable = self.boolean(object, "isNullable").unwrap_or(true);
        let root = match self.root(object, class.strip_prefix(PACKAGE).unwrap_or(&class)) {
            Err(e) if e.kind() == ErrorKind::Unsupported => {
                LogicalRoot::Unknown { class, reason: e.message().to_owned() }
            }
            root => root?,
        };
        self.parser.depth = depth;
        self.parser.leave();
        Ok(LogicalType { nullable, root })
    }

    fn root(&mut self, object: Value, class: &str) -> Result<LogicalRoot> {
        Ok(match class {
            "CharType" => LogicalRoot::Char { length: self.length(object)? },
            "VarCharType" => LogicalRoot::Varchar { length: self.length(object)? },
            "BooleanType" => LogicalRoot::Boolean,
            "BinaryType" => LogicalRoot::Binary { length: self.length(object)? },
            "VarBinaryType" => LogicalRoot::Varbinary { length: self.length(object)? },
            "DecimalType" => {
                let (precision, scale) = (self.integer(object, "precision")?, self.integer(object, "scale")?);
                let (precision, scale) = decimal(precision, scale).map_err(|e| e.at(self.start))?;
                LogicalRoot::Decimal { precision, scale }
            }
            "TinyIntType" => LogicalRoot::TinyInt,
            "SmallIntType" => LogicalRoot::SmallInt,
            "IntType" => LogicalRoot::Integer,
            "BigIntType" => LogicalRoot::BigInt,
            "FloatType" => LogicalRoot::Float,
            "DoubleType" => LogicalRoot::Double,
            "DateType" => LogicalRoot::Date,
            "TimeType" => LogicalRoot::Time { precision: self.precision(object)? },
            "TimestampType" => LogicalRoot::Timestamp { precision: self.precision(object)? },
            "LocalZonedTimestampType" => LogicalRoot::TimestampLtz { precision: self.precision(object)? },
            "YearMonthIntervalType" => LogicalRoot::YearMonthInterval,
            "DayTimeIntervalType" => LogicalRoot::DayTimeInterval,
            "ArrayType" => LogicalRoot::Array(self.inner(object, "elementType")?),
            "MultisetType" => LogicalRoot::Multiset(self.inner(object, "elementType")?),
            "MapType" => LogicalRoot::Map(self.inner(object, "keyType")?, self.inner(object, "valueType")?),
            "RowType" => LogicalRoot::Row(self.fields(object, "fields")?),
            "StructuredType" => LogicalRoot::Row(self.attributes(object)?),
            "DistinctType" => self.inner(object, "sourceType")?.root,
            "RawType" => self.raw(object)?,
            "VariantType" => LogicalRoot::Variant,
            _ => return Err(Error::unsupported("this logical type can't be decoded")),
        })
    }

    fn property(&self, object: Value, name: &str) -> Result<Value> {
        self.stream.field(object, name).ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> Error {
        Error::data(format!("logical type without a proper {name}")).at(self.start)
    }

    fn boolean(&self, object: Value, name: &str) -> Result<bool> {
        match self.property(object, name)? {
            Value::Boolean(value) => Ok(value),
            _ => Err(self.missing(name)),
        }
    }

    fn integer(&self, object: Value, name: &str) -> Result<i64> {
        match self.property(object, name)? {
            Value::Integer(value) => Ok(value),
            _ => Err(self.missing(name)),
        }
    }

    fn length(&self, object: Value) -> Result<i32> {
        let length = self.integer(object, "length")?;
        i32::try_from(length).ok().filter(|n| *n >= 0).ok_or_else(|| self.missing("length"))
    }

    fn precision(&self, object: Value) -> Result<u8> {
        precision(self.integer(object, "precision")?).map_err(|e| e.at(self.start))
    }

    fn inner(&mut self, object: Value, name: &str) -> Result<Box<LogicalType>> {
        let inner = self.property(object, name)?;
        Ok(Box::new(self.logical(inner).in_field(name)?))
    }

    /// A list of objects with a `name` and a `type`.
    fn fields(&mut self, object: Value, name: &str) -> Result<Vec<LogicalField>> {
        let mut fields = Vec::new();
        for field in self.stream.list(self.property(object, name)?)? {
            let name = self.stream.string(self.property(field, "name")?).ok_or_else(|| self.missing("name"))?;
            let ty = self.property(field, "type")?;
            let ty = self.logical(ty).in_field(&name)?;
            fields.push(LogicalField { name, ty });
        }
        Ok(fields)
    }

    /// The attributes of a structured type, those of its supertypes first.
    fn attributes(&mut self, object: Value) -> Result<Vec<LogicalField>> {
        let mut fields = match self.stream.field(object, "superType") {
            Some(parent @ Value::Reference(_)) => {
                self.parser.enter(self.start)?;
                let fields = self.attributes(parent).in_field("superType")?;
                self.parser.leave();
                fields
            }
            _ => Vec::new(),
        };
        fields.extend(self.fields(object, "attributes")?);
        Ok(fields)
    }

    /// A class and its serializer, of which only the class is looked at.
    fn raw(&self, object: Value) -> Result<LogicalRoot> {
        let class = self.stream.class_object(self.property(object, "clazz")?).ok_or_else(|| self.missing("clazz"))?;
        let serializer = self.stream.class(self.property(object, "serializer")?).unwrap_or_default();
        let basic = Basic::ALL.iter().find(|row| row.3 == serializer && !serializer.is_empty());
        let ty = match basic {
            Some(row) => Type::Basic(row.0),
            None => opaque(serializer, 0, "a RAW type inside of a collection has no snapshot of its own"),
        };
        Ok(LogicalRoot::Raw { class, ty: Box::new(ty) })
    }
}
