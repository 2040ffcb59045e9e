//! Types to text.

use std::fmt::{self, Display, Formatter, Write as _};

use super::super::{
    EitherKind, Field, Kryo, KryoSerializer, ListKind, LogicalRoot, MapKind, Pojo, StructKind, Subclass, Type,
    ValueKind,
};
use super::lexer::{is_name, is_word};
use super::logical::print_logical_fields;
use super::{GENERIC_RECORD, TUPLE_PACKAGE, standard_registrations};

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::Basic(basic) => f.write_str(basic.name()),
            Type::Array(element) => write!(f, "ARRAY<{}>", element.name()),
            Type::ValueArray(element) => write!(f, "VALUE_ARRAY<{}>", element.name()),
            Type::ObjectArray { class, element } => write!(f, "OBJECT_ARRAY<{element}> CLASS {}", Class(class)),
            Type::Enum { class, constants } => {
                write!(f, "ENUM<{}>(", Class(class))?;
                // The design's form has no blank between constants.
                separated(f, ",", constants.iter(), |f, name| write!(f, "{}", Quoted(name)))?;
                f.write_char(')')
            }
            Type::ScalaEnum { class, constants } => {
                write!(f, "SCALA_ENUM<{}>(", Class(class))?;
                commas(f, constants.iter(), |f, (name, id)| write!(f, "{} = {id}", Quoted(name)))?;
                f.write_char(')')
            }
            Type::List { kind, element } => match kind {
                ListKind::List => write!(f, "LIST<{element}>"),
                ListKind::ArrayList => write!(f, "ARRAY_LIST<{element}>"),
                ListKind::LinkedList { null_mask: true } => write!(f, "LINKED_LIST<{element}>"),
                ListKind::LinkedList { null_mask: false } => write!(f, "LINKED_LIST_WITHOUT_MASK<{element}>"),
                ListKind::Set => write!(f, "SET<{element}>"),
                ListKind::Traversable { code } => write!(f, "TRAVERSABLE<{element}>({})", Quoted(code)),
            },
            Type::Map { kind, key, value } => {
                let name = match kind {
                    MapKind::Map => "MAP",
                    MapKind::SortedMap => "SORTED_MAP",
                    MapKind::NullAware => "NULL_AWARE_MAP",
                };
                write!(f, "{name}<{key}, {value}>")
            }
            Type::Nullable { padding: 0, inner } => write!(f, "NULLABLE<{inner}>"),
            Type::Nullable { padding, inner } => write!(f, "NULLABLE<{inner}>({padding})"),
            Type::Option(inner) => write!(f, "OPTION<{inner}>"),
            Type::Either { kind, left, right } => {
                let name = match kind {
                    EitherKind::Java => "EITHER",
                    EitherKind::Scala => "SCALA_EITHER",
                    EitherKind::Try => "TRY",
                    EitherKind::CoGroup => "CO_GROUP",
                };
                write!(f, "{name}<{left}, {right}>")
            }
            Type::Struct { kind, fields } => self.print_struct(f, kind, fields),
            Type::Row { fields, row_kind } => {
                f.write_str(if *row_kind { "ROW(" } else { "ROW_WITHOUT_KIND(" })?;
                print_fields(f, fields)?;
                f.write_char(')')
            }
            Type::Pojo(pojo) => print_pojo(f, pojo),
            Type::Timer { key, namespace } => write!(f, "TIMER<{key}, {namespace}>"),
            Type::Ttl(value) => write!(f, "TTL<{value}>"),
            Type::StreamElement(record) => write!(f, "STREAM_ELEMENT<{record}>"),
            Type::TwoPhaseCommit { nullable_pending, transaction, context } => {
                let suffix = if *nullable_pending { "" } else { "_WITHOUT_NULL" };
                write!(f, "TWO_PHASE_COMMIT{suffix}<{transaction}, {context}>")
            }
            Type::Avro { class, schema } if class == GENERIC_RECORD => write!(f, "AVRO({})", Quoted(schema.as_str())),
            Type::Avro { class, schema } => write!(f, "AVRO<{}>({})", Class(class), Quoted(schema.as_str())),
            Type::Kryo(kryo) => print_kryo(f, kryo),
            Type::Value { kind, class } => {
                let name = match kind {
                    ValueKind::Value => "VALUE",
                    ValueKind::CopyableValue => "COPYABLE_VALUE",
                    ValueKind::Writable => "WRITABLE",
                };
                write!(f, "{name}<{}>", Class(class))
            }
            Type::RowData(fields) => {
                f.write_str("ROWDATA(")?;
                print_logical_fields(f, fields)?;
                f.write_char(')')
            }
            Type::BinaryRowData { arity } => write!(f, "BINARY_ROWDATA({arity})"),
            Type::TableCollection(ty) => match &ty.root {
                LogicalRoot::Array(element) => write!(f, "ARRAYDATA({element})"),
                LogicalRoot::Map(key, value) => write!(f, "MAPDATA({key}, {value})"),
                // A multiset is a map of counts.
                LogicalRoot::Multiset(element) => write!(f, "MAPDATA({element}, INT NOT NULL)"),
                root => write!(f, "{root}"),
            },
            Type::DecimalData { precision, scale } => write!(f, "DECIMAL_DATA({precision}, {scale})"),
            Type::TimestampData { precision } => write!(f, "TIMESTAMP_DATA({precision})"),
            Type::RawValue(inner) => write!(f, "RAW_VALUE<{inner}>"),
            Type::Opaque(opaque) => write!(f, "OPAQUE<{}>", Class(&opaque.class)),
        }
    }
}

impl Type {
    fn print_struct(&self, f: &mut Formatter<'_>, kind: &StructKind, fields: &[Field]) -> fmt::Result {
        match kind {
            StructKind::Tuple(class) => {
                f.write_str("TUPLE<")?;
                commas(f, fields.iter(), |f, field| write!(f, "{}", field.ty))?;
                f.write_char('>')?;
                if *class != format!("{TUPLE_PACKAGE}Tuple{}", fields.len()) {
                    write!(f, " CLASS {}", Class(class))?;
                }
                Ok(())
            }
            StructKind::CaseClass(class) => {
                write!(f, "CASE_CLASS<{}>(", Class(class))?;
                print_fields(f, fields)?;
                f.write_char(')')
            }
            StructKind::Flink(_) => match self.as_flink_record() {
                Some((name, Some(parameter))) => write!(f, "{name}<{parameter}>"),
                Some((name, None)) => f.write_str(name),
                None => Ok(()),
            },
        }
    }
}

fn print_fields(f: &mut Formatter<'_>, fields: &[Field]) -> fmt::Result {
    let named = fields.iter().enumerate().any(|(i, field)| field.name != format!("f{i}"));
    commas(f, fields.iter(), |f, field| {
        if named {
            write!(f, "{} ", Name(&field.name))?;
        }
        write!(f, "{}", field.ty)
    })
}

fn print_pojo(f: &mut Formatter<'_>, pojo: &Pojo) -> fmt::Result {
    write!(f, "POJO<{}>(", Class(&pojo.class))?;
    commas(f, pojo.fields.iter(), |f, field| {
        write!(f, "{} {}", Name(&field.name), field.ty)?;
        match &field.declaring_class {
            None => f.write_str(" LOST"),
            Some(class) if *class == pojo.class => Ok(()),
            Some(class) => write!(f, " FROM {}", Class(class)),
        }
    })?;
    f.write_char(')')?;
    print_subclasses(f, "REGISTERED", &pojo.registered)?;
    print_subclasses(f, "SUBCLASSES", &pojo.non_registered)
}

fn print_subclasses(f: &mut Formatter<'_>, name: &str, subclasses: &[Subclass]) -> fmt::Result {
    if subclasses.is_empty() {
        return Ok(());
    }
    write!(f, " {name} (")?;
    commas(f, subclasses.iter(), |f, subclass| write!(f, "{} {}", Class(&subclass.class), subclass.ty))?;
    f.write_char(')')
}

fn print_kryo(f: &mut Formatter<'_>, kryo: &Kryo) -> fmt::Result {
    write!(f, "KRYO<{}>", Class(&kryo.class))?;
    let registration = |f: &mut Formatter<'_>, (class, serializer): (&str, &KryoSerializer)| {
        write!(f, "{}", Class(class))?;
        match serializer {
            KryoSerializer::Kryo => Ok(()),
            KryoSerializer::Class(class) => write!(f, " SERIALIZER {}", Class(class)),
            KryoSerializer::Instance => f.write_str(" INSTANCE"),
        }
    };
    let (open, registrations) = match (standard_registrations(&kryo.class), kryo.registrations.as_slice()) {
        ([first, last], [a, own @ .., b]) if first == *a && last == *b => ("(", own),
        (_, all) => (" REGISTERED (", all),
    };
    if !registrations.is_empty() || registrations.len() == kryo.registrations.len() {
        f.write_str(open)?;
        commas(f, registrations.iter().map(|r| (r.class.as_str(), &r.serializer)), registration)?;
        f.write_char(')')?;
    }
    if !kryo.default_serializers.is_empty() {
        f.write_str(" DEFAULT (")?;
        commas(f, kryo.default_serializers.iter().map(|d| (d.class.as_str(), &d.serializer)), registration)?;
        f.write_char(')')?;
    }
    Ok(())
}

/// A class name, quoted where it has to be.
pub(super) struct Class<'a>(pub(super) &'a str);

impl Display for Class<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if is_word(self.0) { f.write_str(self.0) } else { write!(f, "{}", Quoted(self.0)) }
    }
}

/// A field's name, quoted where it has to be.
pub(super) struct Name<'a>(pub(super) &'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if is_name(self.0) { f.write_str(self.0) } else { write!(f, "\"{}\"", self.0.replace('"', "\"\"")) }
    }
}

pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

pub(super) fn commas<T>(
    f: &mut Formatter<'_>,
    items: impl Iterator<Item = T>,
    print: impl Fn(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    separated(f, ", ", items, print)
}

fn separated<T>(
    f: &mut Formatter<'_>,
    separator: &str,
    items: impl Iterator<Item = T>,
    print: impl Fn(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        print(f, item)?;
    }
    Ok(())
}
