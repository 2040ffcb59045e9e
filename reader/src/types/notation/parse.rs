//! Text to types: recursive descent over the grammar of the module above.

use super::super::{
    AvroSchema, Basic, EitherKind, Field, Kryo, KryoDefault, KryoRegistration, KryoSerializer, KryoVersion, ListKind,
    LogicalRoot, MapKind, Opaque, Pojo, PojoField, StructKind, Subclass, Type, ValueKind,
};
use super::parser::Parser;
use super::{GENERIC_RECORD, TUPLE_PACKAGE, standard_registrations};
use crate::error::{Error, Result};

pub(super) fn parse(text: &str, kryo: KryoVersion) -> Result<Type> {
    let mut parser = Parser::new(text, kryo)?;
    let ty = parser.ty()?;
    if parser.at_end() { Ok(ty) } else { Err(parser.expected("the end of the type")) }
}

impl Parser {
    pub(super) fn ty(&mut self) -> Result<Type> {
        self.enter()?;
        let ty = self.any_type()?;
        self.leave();
        Ok(ty)
    }

    fn any_type(&mut self) -> Result<Type> {
        let start = self.offset();
        let word = self.word("a type")?;
        if let Some((basic, ..)) = Basic::ALL.iter().find(|row| row.1 == word) {
            return Ok(Type::Basic(*basic));
        }
        Ok(match word.as_str() {
            "ARRAY" => Type::Array(self.basic_parameter()?),
            "VALUE_ARRAY" => Type::ValueArray(self.basic_parameter()?),
            "OBJECT_ARRAY" => {
                let element = self.parameter()?;
                self.keyword("CLASS")?;
                Type::ObjectArray { class: self.class()?, element }
            }
            "ENUM" => {
                let class = self.class_parameter()?;
                self.sign('(')?;
                Type::Enum { class, constants: self.list(')', |p, _| p.string())?.into() }
            }
            "SCALA_ENUM" => {
                let class = self.class_parameter()?;
                self.sign('(')?;
                let constants = self.list(')', |p, _| {
                    let name = p.string()?;
                    p.sign('=')?;
                    Ok((name, p.number()?))
                })?;
                Type::ScalaEnum { class, constants: constants.into() }
            }
            "LIST" => self.list_of(ListKind::List)?,
            "ARRAY_LIST" => self.list_of(ListKind::ArrayList)?,
            "LINKED_LIST" => self.list_of(ListKind::LinkedList { null_mask: true })?,
            "LINKED_LIST_WITHOUT_MASK" => self.list_of(ListKind::LinkedList { null_mask: false })?,
            "SET" => self.list_of(ListKind::Set)?,
            "TRAVERSABLE" => {
                let element = self.parameter()?;
                self.sign('(')?;
                let code = self.string()?.into();
                self.sign(')')?;
                Type::List { kind: ListKind::Traversable { code }, element }
            }
            "MAP" => self.map_of(MapKind::Map)?,
            "SORTED_MAP" => self.map_of(MapKind::SortedMap)?,
            "NULL_AWARE_MAP" => self.map_of(MapKind::NullAware)?,
            "NULLABLE" => {
                let inner = self.parameter()?;
                let padding = if self.is_sign('(') { self.one_number()? } else { 0 };
                Type::Nullable { padding, inner }
            }
            "OPTION" => Type::Option(self.parameter()?),
            "TTL" => Type::Ttl(self.parameter()?),
            "STREAM_ELEMENT" => Type::StreamElement(self.parameter()?),
            "RAW_VALUE" => Type::RawValue(self.parameter()?),
            "EITHER" => self.either_of(EitherKind::Java)?,
            "SCALA_EITHER" => self.either_of(EitherKind::Scala)?,
            "TRY" => self.either_of(EitherKind::Try)?,
            "CO_GROUP" => self.either_of(EitherKind::CoGroup)?,
            "TIMER" => {
                let (key, namespace) = self.two_parameters()?;
                Type::Timer { key, namespace }
            }
            "TWO_PHASE_COMMIT" | "TWO_PHASE_COMMIT_WITHOUT_NULL" => {
                let (transaction, context) = self.two_parameters()?;
                Type::TwoPhaseCommit { nullable_pending: word == "TWO_PHASE_COMMIT", transaction, context }
            }
            "TUPLE" => self.tuple()?,
            "CASE_CLASS" => {
                let class = self.class_parameter()?;
                Type::Struct { kind: StructKind::CaseClass(class), fields: self.fields()? }
            }
            "ROW" => Type::Row { row_kind: true, fields: self.fields()? },
            "ROW_WITHOUT_KIND" => Type::Row { row_kind: false, fields: self.fields()? },
            "POJO" => self.pojo()?,
            "AVRO" => {
                let class = if self.is_sign('<') { self.class_parameter()? } else { GENERIC_RECORD.to_owned() };
                self.sign('(')?;
                let schema = AvroSchema::parse(self.string()?)?;
                self.sign(')')?;
                Type::Avro { class, schema }
            }
            "KRYO" => self.kryo()?,
            "VALUE" => Type::Value { kind: ValueKind::Value, class: self.class_parameter()? },
            "COPYABLE_VALUE" => Type::Value { kind: ValueKind::CopyableValue, class: self.class_parameter()? },
            "WRITABLE" => Type::Value { kind: ValueKind::Writable, class: self.class_parameter()? },
            "ROWDATA" => {
                self.sign('(')?;
                Type::RowData(self.logical_fields(')')?)
            }
            "BINARY_ROWDATA" => Type::BinaryRowData { arity: self.one_number()? },
            "ARRAYDATA" => {
                self.sign('(')?;
                let element = self.logical()?;
                self.sign(')')?;
                Type::TableCollection(LogicalRoot::Array(Box::new(element)).nullable(true))
            }
            "MAPDATA" => {
                self.sign('(')?;
                let key = self.logical()?;
                self.sign(',')?;
                let value = self.logical()?;
                self.sign(')')?;
                Type::TableCollection(LogicalRoot::Map(Box::new(key), Box::new(value)).nullable(true))
            }
            "DECIMAL_DATA" => {
                let (precision, scale) = self.precision_and_scale()?;
                Type::DecimalData { precision, scale }
            }
            "TIMESTAMP_DATA" => Type::TimestampData { precision: self.fraction_digits()? },
            "OPAQUE" => {
                let reason = "it is declared as opaque".to_owned();
                Type::Opaque(Opaque { class: self.class_parameter()?, version: 0, reason })
            }
            _ => {
                let parameter = if self.is_sign('<') { Some(*self.parameter()?) } else { None };
                return Type::flink_record(&word, parameter)
                    .ok_or_else(|| Error::usage(format!("there is no type {word} of this form")).at(start));
            }
        })
    }

    fn parameter(&mut self) -> Result<Box<Type>> {
        self.sign('<')?;
        let ty = self.ty()?;
        self.sign('>')?;
        Ok(Box::new(ty))
    }

    fn two_parameters(&mut self) -> Result<(Box<Type>, Box<Type>)> {
        self.sign('<')?;
        let first = self.ty()?;
        self.sign(',')?;
        let second = self.ty()?;
        self.sign('>')?;
        Ok((Box::new(first), Box::new(second)))
    }

    fn basic_parameter(&mut self) -> Result<Basic> {
        let start = self.offset();
        match *self.parameter()? {
            Type::Basic(basic) => Ok(basic),
            other => Err(Error::usage(format!("array of a basic type expected, {other} found")).at(start)),
        }
    }

    fn list_of(&mut self, kind: ListKind) -> Result<Type> {
        Ok(Type::List { kind, element: self.parameter()? })
    }

    fn map_of(&mut self, kind: MapKind) -> Result<Type> {
        let (key, value) = self.two_parameters()?;
        Ok(Type::Map { kind, key, value })
    }

    fn either_of(&mut self, kind: EitherKind) -> Result<Type> {
        let (left, right) = self.two_parameters()?;
        Ok(Type::Either { kind, left, right })
    }

    fn tuple(&mut self) -> Result<Type> {
        self.sign('<')?;
        let fields = self.list('>', |p, i| Ok(Field { name: format!("f{i}"), ty: p.ty()? }))?;
        let class =
            if self.accept_keyword("CLASS") { self.class()? } else { format!("{TUPLE_PACKAGE}Tuple{}", fields.len()) };
        Ok(Type::Struct { kind: StructKind::Tuple(class), fields })
    }

    fn fields(&mut self) -> Result<Vec<Field>> {
        self.sign('(')?;
        self.list(')', |p, i| Ok(Field { name: p.optional_name(i)?, ty: p.ty()? }))
    }

    fn pojo(&mut self) -> Result<Type> {
        let class = self.class_parameter()?;
        self.sign('(')?;
        let fields = self.list(')', |p, _| {
            let name = p.name()?;
            let ty = p.ty()?;
            let declaring_class = if p.accept_keyword("LOST") {
                None
            } else if p.accept_keyword("FROM") {
                Some(p.class()?)
            } else {
                Some(class.clone())
            };
            Ok(PojoField { name, declaring_class, ty })
        })?;
        let registered = self.subclasses("REGISTERED")?;
        let non_registered = self.subclasses("SUBCLASSES")?;
        Ok(Type::Pojo(Pojo { class, fields, registered, non_registered }))
    }

    fn subclasses(&mut self, keyword: &str) -> Result<Vec<Subclass>> {
        if !self.accept_keyword(keyword) {
            return Ok(Vec::new());
        }
        self.sign('(')?;
        self.list(')', |p, _| Ok(Subclass { class: p.class()?, ty: p.ty()? }))
    }

    fn kryo(&mut self) -> Result<Type> {
        let class = self.class_parameter()?;
        let registration =
            |p: &mut Self, _| Ok(KryoRegistration { class: p.class()?, serializer: p.kryo_serializer()? });
        let registrations = if self.accept_keyword("REGISTERED") {
            self.sign('(')?;
            self.list(')', registration)?
        } else {
            let own = if self.accept('(') { self.list(')', registration)? } else { Vec::new() };
            let [first, last] = standard_registrations(&class);
            [vec![first], own, vec![last]].concat()
        };
        let mut default_serializers = Vec::new();
        if self.accept_keyword("DEFAULT") {
            self.sign('(')?;
            default_serializers =
                self.list(')', |p, _| Ok(KryoDefault { class: p.class()?, serializer: p.kryo_serializer()? }))?;
        }
        Ok(Type::Kryo(Kryo { class, registrations, default_serializers, version: self.kryo }))
    }

    fn kryo_serializer(&mut self) -> Result<KryoSerializer> {
        if self.accept_keyword("INSTANCE") {
            Ok(KryoSerializer::Instance)
        } else if self.accept_keyword("SERIALIZER") {
            Ok(KryoSerializer::Class(self.class()?))
        } else {
            Ok(KryoSerializer::Kryo)
        }
    }
}
