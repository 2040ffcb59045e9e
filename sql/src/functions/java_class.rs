//! Which Java class a column's values have, and so how they hash.

use arrow::array::cast::AsArray;
use arrow::array::types::{
    Date32Type, Float32Type, Float64Type, Int32Type, Int64Type, Time64NanosecondType, TimestampMillisecondType,
    TimestampNanosecondType, UInt16Type,
};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::plan_err;
use datafusion::error::Result;
use flink_state_reader::java::hash;
use flink_state_reader::types::{Basic, EitherKind, ListKind, StructKind, TYPE_KEY, Type, arrow_type};

const NANOS_OF_SECOND: i64 = 1_000_000_000;
const NANOS_OF_DAY: i64 = 86_400 * NANOS_OF_SECOND;
const NANOS_OF_MILLI: i64 = 1_000_000;

/// A Java class whose `hashCode` is certain.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum JavaClass {
    /// Only nulls.
    Null,
    Boolean,
    /// `Byte`, `Short`, `Integer`.
    Integer,
    Character,
    Long,
    Float,
    Double,
    /// Half of a surrogate pair, which no Arrow string can hold, was replaced when the value was decoded.
    String,
    /// `java.util.Date` and what extends it, over milliseconds.
    Date,
    /// `java.sql.Timestamp`: a `Date`, its nanoseconds don't count.
    SqlTimestamp,
    Instant,
    LocalDate,
    LocalTime,
    LocalDateTime,
    Tuple(Vec<JavaClass>),
    List(Box<JavaClass>),
    /// Flink's `Either`: as the value that it holds.
    Either(Box<JavaClass>, Box<JavaClass>),
}

impl JavaClass {
    /// The class of a column's values: of its Flink type where the column is a state's, else of its SQL type.
    pub(super) fn of_field(field: &Field) -> Result<Self> {
        let flink = field.metadata().get(TYPE_KEY).and_then(|text| text.parse::<Type>().ok());
        // an expression may hand the metadata on to a value of another type
        match flink.filter(|ty| arrow_type(ty) == *field.data_type()) {
            Some(ty) => match Self::of_type(&ty) {
                Some(class) => Ok(class),
                None => plan_err!("the Java hash code of {ty} is not known"),
            },
            None => match Self::of_arrow(field.data_type()) {
                Some(class) => Ok(class),
                None => {
                    plan_err!("{} does not tell the Java class of a value, so not its hash code", field.data_type())
                }
            },
        }
    }

    fn of_type(ty: &Type) -> Option<Self> {
        match ty {
            Type::Basic(basic) => Self::of_basic(*basic),
            Type::Nullable { inner, .. } => Self::of_type(inner),
            Type::Struct { kind: StructKind::Tuple(_), fields } => {
                fields.iter().map(|field| Self::of_type(&field.ty)).collect::<Option<_>>().map(Self::Tuple)
            }
            Type::List { kind: ListKind::List | ListKind::ArrayList | ListKind::LinkedList { .. }, element } => {
                Self::of_type(element).map(|element| Self::List(Box::new(element)))
            }
            Type::Either { kind: EitherKind::Java, left, right } => {
                Some(Self::Either(Box::new(Self::of_type(left)?), Box::new(Self::of_type(right)?)))
            }
            _ => None,
        }
    }

    fn of_basic(basic: Basic) -> Option<Self> {
        match basic {
            Basic::Boolean => Some(Self::Boolean),
            Basic::Byte | Basic::Short | Basic::Int => Some(Self::Integer),
            Basic::ByteValue | Basic::ShortValue | Basic::IntValue => Some(Self::Integer),
            Basic::Char | Basic::CharValue => Some(Self::Character),
            Basic::Long => Some(Self::Long),
            Basic::Float | Basic::FloatValue => Some(Self::Float),
            Basic::Double => Some(Self::Double),
            Basic::String | Basic::StringValue => Some(Self::String),
            Basic::Date | Basic::SqlDate | Basic::SqlTime => Some(Self::Date),
            Basic::SqlTimestamp => Some(Self::SqlTimestamp),
            Basic::Instant => Some(Self::Instant),
            Basic::LocalDate => Some(Self::LocalDate),
            Basic::LocalTime => Some(Self::LocalTime),
            Basic::LocalDateTime => Some(Self::LocalDateTime),
            _ => None,
        }
    }

    /// Timestamps and structs could be of several classes.
    fn of_arrow(ty: &DataType) -> Option<Self> {
        match ty {
            DataType::Null => Some(Self::Null),
            DataType::Boolean => Some(Self::Boolean),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => Some(Self::Integer),
            DataType::UInt16 => Some(Self::Character),
            DataType::Int64 => Some(Self::Long),
            DataType::Float32 => Some(Self::Float),
            DataType::Float64 => Some(Self::Double),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Self::String),
            DataType::Date32 => Some(Self::LocalDate),
            DataType::Time64(_) => Some(Self::LocalTime),
            DataType::Dictionary(_, value) => Self::of_arrow(value),
            DataType::List(element) => Self::of_field(element).ok().map(|element| Self::List(Box::new(element))),
            _ => None,
        }
    }

    /// The hash codes of all values; of a null 0.
    pub(super) fn hash(&self, values: &dyn Array) -> Result<Vec<i32>> {
        let values = self.in_one_form(values)?;
        let values = values.as_ref();
        let mut hashes = match self {
            Self::Null => vec![0; values.len()],
            Self::Boolean => values.as_boolean().iter().map(|value| value.map_or(0, hash::boolean)).collect(),
            Self::Integer => each::<Int32Type>(values, |value| value),
            Self::Character => each::<UInt16Type>(values, i32::from),
            Self::Long => each::<Int64Type>(values, hash::long),
            Self::Float => each::<Float32Type>(values, hash::float),
            Self::Double => each::<Float64Type>(values, hash::double),
            Self::String => values.as_string::<i32>().iter().map(|value| value.map_or(0, hash::string)).collect(),
            Self::Date => each::<TimestampMillisecondType>(values, hash::long),
            Self::SqlTimestamp => {
                each::<TimestampNanosecondType>(values, |nanos| hash::long(nanos.div_euclid(NANOS_OF_MILLI)))
            }
            Self::Instant => each::<TimestampNanosecondType>(values, instant),
            Self::LocalDate => each::<Date32Type>(values, |day| hash::local_date(day.into())),
            Self::LocalTime => each::<Time64NanosecondType>(values, hash::local_time),
            Self::LocalDateTime => each::<TimestampNanosecondType>(values, |nanos| {
                let (day, nano_of_day) = (nanos.div_euclid(NANOS_OF_DAY), nanos.rem_euclid(NANOS_OF_DAY));
                hash::local_date_time(day, nano_of_day)
            }),
            Self::Tuple(fields) => {
                let fields = hash_all(fields, values.as_struct().columns())?;
                (0..values.len()).map(|row| hash::tuple(at(&fields, row))).collect()
            }
            Self::Either(left, right) => {
                let sides = [left.as_ref().clone(), right.as_ref().clone()];
                let sides = hash_all(&sides, values.as_struct().columns())?;
                // one side is null, so 0
                (0..values.len()).map(|row| at(&sides, row).fold(0, |a, b| a ^ b)).collect()
            }
            Self::List(class) => {
                let lists = values.as_list::<i32>();
                let elements = class.hash(lists.values())?;
                let ranges = lists.offsets().windows(2).map(|ends| match ends {
                    [start, end] => usize::try_from(*start).ok().zip(usize::try_from(*end).ok()),
                    _ => None,
                });
                let lists = ranges.map(|range| range.and_then(|(start, end)| elements.get(start..end)));
                lists.map(|elements| hash::list(elements.into_iter().flatten().copied())).collect()
            }
        };
        if let Some(nulls) = values.logical_nulls() {
            hashes.iter_mut().zip(nulls.iter()).filter(|(_, valid)| !valid).for_each(|(hash, _)| *hash = 0);
        }
        Ok(hashes)
    }

    /// The same values as the one Arrow type that [`Self::hash`] reads for this class.
    fn in_one_form(&self, values: &dyn Array) -> Result<ArrayRef> {
        let ty = match self {
            Self::Integer => DataType::Int32,
            Self::String => DataType::Utf8,
            Self::LocalTime => DataType::Time64(TimeUnit::Nanosecond),
            _ => match values.data_type() {
                DataType::Dictionary(_, value) => value.as_ref().clone(),
                other => other.clone(),
            },
        };
        Ok(cast(values, &ty)?)
    }
}

fn each<T: ArrowPrimitiveType>(values: &dyn Array, hash: impl Fn(T::Native) -> i32) -> Vec<i32> {
    values.as_primitive::<T>().iter().map(|value| value.map_or(0, &hash)).collect()
}

/// The hash codes of each column.
fn hash_all(classes: &[JavaClass], columns: &[ArrayRef]) -> Result<Vec<Vec<i32>>> {
    classes.iter().zip(columns).map(|(class, column)| class.hash(column)).collect()
}

fn at(columns: &[Vec<i32>], row: usize) -> impl Iterator<Item = i32> {
    columns.iter().filter_map(move |column| column.get(row).copied())
}

fn instant(nanos: i64) -> i32 {
    let nano_of_second = i32::try_from(nanos.rem_euclid(NANOS_OF_SECOND)).unwrap_or_default(); // below 10^9
    hash::instant(nanos.div_euclid(NANOS_OF_SECOND), nano_of_second)
}
