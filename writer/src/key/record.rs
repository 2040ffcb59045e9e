//! Hashes of users' classes with fields: POJOs, records, subclasses of tuples.

use arrow_array::{Array, StructArray};
use flink_state_reader::decode::PojoLayout;
use flink_state_reader::java::hash;
use flink_state_reader::types::{Basic, Field, Pojo, Type};

use crate::encode::column::{child, strings, structs};
use crate::{Context, Error, Result};

use super::basic;
use super::composite::array;
use super::convention::{Convention, HashField};
use super::value::{Hash, Hashing, Value, undeclared};

const CONVENTIONS: &str = "objects_hash(..), lombok(..), record(..) or ide31(..) with the fields that count, \
                           as Java declares them";

/// A POJO, of exactly its class.
pub(super) fn pojo<'a>(convention: Option<&Convention>, pojo: &Pojo, column: &'a dyn Array) -> Result<Hash<'a>> {
    let parent = structs(column)?;
    let layout = PojoLayout::new(pojo, true);
    let columns = layout.exact.fields.iter().filter_map(|index| layout.columns.get(*index));
    let fields: Vec<_> = pojo.fields.iter().zip(columns).map(|(f, c)| (f.name.as_str(), &f.ty, &c.name)).collect();
    let hash = record(convention, &pojo.class, &fields, parent)?;
    let classes = parent.column_by_name("$class").map(|classes| strings(classes.as_ref())).transpose()?;
    let undecoded = parent.column_by_name("$undecoded");
    let class = pojo.class.clone();
    Ok(Box::new(move |row| {
        if classes.is_some_and(|classes| classes.is_null(row) || classes.value(row) != class) {
            return Err(Error::unsupported(format!("the hash of a subclass of {class} is not known")));
        }
        if undecoded.is_some_and(|bytes| bytes.is_valid(row)) {
            return Err(Error::unsupported(format!("the hash of a {class} that is not decoded whole")));
        }
        hash(row)
    }))
}

/// A subclass of a tuple.
pub(super) fn tuple<'a>(
    convention: Option<&Convention>,
    class: &str,
    fields: &[Field],
    column: &'a dyn Array,
) -> Result<Hash<'a>> {
    let fields: Vec<_> = fields.iter().map(|f| (f.name.as_str(), &f.ty, &f.name)).collect();
    record(convention, class, &fields, structs(column)?)
}

/// Name, type and column of a field.
type Known<'t> = (&'t str, &'t Type, &'t String);

fn record<'a>(
    convention: Option<&Convention>,
    class: &str,
    known: &[Known<'_>],
    column: &'a StructArray,
) -> Result<Hash<'a>> {
    let style = match convention {
        Some(Convention::ObjectsHash(_)) => Style::ObjectsHash,
        Some(Convention::Lombok(_)) => Style::Lombok,
        Some(Convention::Record(_)) => Style::Record,
        Some(Convention::Ide31(_)) => Style::Ide31,
        _ => return Err(undeclared(class, convention, CONVENTIONS)),
    };
    let declared = match convention {
        Some(
            Convention::ObjectsHash(fields)
            | Convention::Lombok(fields)
            | Convention::Record(fields)
            | Convention::Ide31(fields),
        ) => fields.as_slice(),
        _ => &[],
    };
    let mut parts =
        declared.iter().map(|field| part(style, class, field, known, column)).collect::<Result<Vec<_>>>()?;
    if style == Style::Lombok {
        parts.sort_by_key(|part| part.place);
    }
    let (seed, factor) = match style {
        Style::Lombok => (1, 59),
        Style::ObjectsHash => (1, 31),
        Style::Record | Style::Ide31 => (0, 31),
    };
    Ok(Box::new(move |row| {
        parts.iter().try_fold(seed, |sum: i32, part| Ok(sum.wrapping_mul(factor).wrapping_add(part.hash(row)?)))
    }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    ObjectsHash,
    Lombok,
    Record,
    Ide31,
}

struct Part<'a> {
    value: Value<'a>,
    null: i32,
    primitive: bool,
    name: String,
    /// Lombok's order: primitives, wrappers, others.
    place: u8,
}

impl Part<'_> {
    fn hash(&self, row: usize) -> Result<i32> {
        match self.value.is_null(row) {
            true if self.primitive => Err(Error::data("NULL in place of a primitive").in_field(self.name.as_str())),
            true => Ok(self.null),
            false => self.value.hash(row).in_field(&self.name),
        }
    }
}

fn part<'a>(
    style: Style,
    class: &str,
    field: &HashField,
    known: &[Known<'_>],
    column: &'a StructArray,
) -> Result<Part<'a>> {
    let HashField { name, primitive } = field;
    let mut found = known.iter().filter(|(known, ..)| known == name);
    let (ty, source) = match (found.next(), found.next()) {
        (Some((_, ty, source)), None) => (*ty, child(column, source)?),
        (None, _) => {
            let names = known.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
            return Err(Error::usage(format!("{class} has no field {name}")).with_hint(format!("it has {names}")));
        }
        (Some(_), Some(_)) => {
            return Err(Error::unsupported(format!("{class} has two fields {name}")));
        }
    };
    if let Some(basic) = primitive
        && *ty != Type::Basic(*basic)
    {
        let declared = basic.name();
        return Err(Error::usage(format!("field {name} of {class} is {ty}, but declared as {declared}")));
    }
    let place = match (primitive, ty) {
        (Some(_), _) => 0,
        (None, Type::Basic(basic)) if is_wrapper(*basic) => 1,
        _ => 2,
    };
    Ok(Part {
        value: value(style, primitive.is_some(), ty, source).in_field(name)?,
        null: if style == Style::Lombok && !is_array(ty) { 43 } else { 0 },
        primitive: primitive.is_some(),
        name: name.clone(),
        place,
    })
}

fn value<'a>(style: Style, primitive: bool, ty: &Type, column: &'a dyn Array) -> Result<Value<'a>> {
    let hash = match (style, ty) {
        (Style::Lombok, Type::Basic(Basic::Boolean)) if primitive => {
            basic::boolean(column, |v| if v { 79 } else { 97 })?
        }
        (Style::Ide31, Type::Basic(Basic::Boolean)) if primitive => basic::boolean(column, i32::from)?,
        (Style::Ide31, Type::Basic(Basic::Float)) if primitive => {
            basic::of::<arrow_array::types::Float32Type>(column, |v| if v == 0.0 { 0 } else { hash::float(v) })?
        }
        (Style::Lombok | Style::Ide31, Type::Array(element)) => array(*element, column)?,
        _ => return Hashing::PLAIN.value(ty, column),
    };
    Ok(Value::new(column, hash))
}

fn is_array(ty: &Type) -> bool {
    matches!(ty, Type::Array(_))
}

fn is_wrapper(basic: Basic) -> bool {
    matches!(
        basic,
        Basic::Boolean
            | Basic::Byte
            | Basic::Short
            | Basic::Char
            | Basic::Int
            | Basic::Long
            | Basic::Float
            | Basic::Double
    )
}
