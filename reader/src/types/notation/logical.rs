//! The SQL part of the notation: logical types to text and back.

use std::fmt::{self, Display, Formatter, Write as _};

use super::super::{LogicalField, LogicalRoot, LogicalType};
use super::super::{decimal_digits, fraction_digits};
use super::parser::Parser;
use super::print::{Name, Quoted, commas};
use crate::error::{Error, Result};

impl Display for LogicalType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)?;
        if self.nullable { Ok(()) } else { f.write_str(" NOT NULL") }
    }
}

impl Display for LogicalRoot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            LogicalRoot::Char { length } => write!(f, "CHAR({length})"),
            LogicalRoot::Varchar { length: i32::MAX } => f.write_str("STRING"),
            LogicalRoot::Varchar { length } => write!(f, "VARCHAR({length})"),
            LogicalRoot::Boolean => f.write_str("BOOLEAN"),
            LogicalRoot::Binary { length } => write!(f, "BINARY({length})"),
            LogicalRoot::Varbinary { length: i32::MAX } => f.write_str("BYTES"),
            LogicalRoot::Varbinary { length } => write!(f, "VARBINARY({length})"),
            LogicalRoot::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            LogicalRoot::TinyInt => f.write_str("TINYINT"),
            LogicalRoot::SmallInt => f.write_str("SMALLINT"),
            LogicalRoot::Integer => f.write_str("INT"),
            LogicalRoot::BigInt => f.write_str("BIGINT"),
            LogicalRoot::Float => f.write_str("FLOAT"),
            LogicalRoot::Double => f.write_str("DOUBLE"),
            LogicalRoot::Date => f.write_str("DATE"),
            LogicalRoot::Time { precision } => write!(f, "TIME({precision})"),
            LogicalRoot::Timestamp { precision } => write!(f, "TIMESTAMP({precision})"),
            LogicalRoot::TimestampLtz { precision } => write!(f, "TIMESTAMP_LTZ({precision})"),
            LogicalRoot::YearMonthInterval => f.write_str("INTERVAL YEAR TO MONTH"),
            LogicalRoot::DayTimeInterval => f.write_str("INTERVAL DAY TO SECOND"),
            LogicalRoot::Array(element) => write!(f, "ARRAY<{element}>"),
            LogicalRoot::Multiset(element) => write!(f, "MULTISET<{element}>"),
            LogicalRoot::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            LogicalRoot::Row(fields) => {
                f.write_str("ROW<")?;
                print_logical_fields(f, fields)?;
                f.write_char('>')
            }
            LogicalRoot::Variant => f.write_str("VARIANT"),
            LogicalRoot::Raw { class, ty } => write!(f, "RAW({}, {ty})", Quoted(class)),
            LogicalRoot::Unknown { class, .. } => write!(f, "UNKNOWN({})", Quoted(class)),
        }
    }
}

pub(super) fn print_logical_fields(f: &mut Formatter<'_>, fields: &[LogicalField]) -> fmt::Result {
    let named = fields.iter().enumerate().any(|(i, field)| field.name != format!("f{i}"));
    commas(f, fields.iter(), |f, field| {
        if named {
            write!(f, "{} ", Name(&field.name))?;
        }
        write!(f, "{}", field.ty)
    })
}

impl Parser {
    pub(super) fn logical_fields(&mut self, close: char) -> Result<Vec<LogicalField>> {
        self.list(close, |p, i| Ok(LogicalField { name: p.optional_name(i)?, ty: p.logical()? }))
    }

    pub(super) fn logical(&mut self) -> Result<LogicalType> {
        self.enter()?;
        let root = self.logical_root()?;
        self.leave();
        let not_null = self.accept_keyword("NOT");
        if not_null {
            self.keyword("NULL")?;
        }
        Ok(root.nullable(!not_null))
    }

    fn logical_parameter(&mut self) -> Result<Box<LogicalType>> {
        self.sign('<')?;
        let ty = self.logical()?;
        self.sign('>')?;
        Ok(Box::new(ty))
    }

    fn logical_root(&mut self) -> Result<LogicalRoot> {
        let start = self.offset();
        let word = self.word("a SQL type")?;
        Ok(match word.as_str() {
            "CHAR" => LogicalRoot::Char { length: self.length()? },
            "VARCHAR" => LogicalRoot::Varchar { length: self.length()? },
            "STRING" => LogicalRoot::Varchar { length: i32::MAX },
            "BOOLEAN" => LogicalRoot::Boolean,
            "BINARY" => LogicalRoot::Binary { length: self.length()? },
            "VARBINARY" => LogicalRoot::Varbinary { length: self.length()? },
            "BYTES" => LogicalRoot::Varbinary { length: i32::MAX },
            "DECIMAL" => {
                let (precision, scale) = self.precision_and_scale()?;
                LogicalRoot::Decimal { precision, scale }
            }
            "TINYINT" => LogicalRoot::TinyInt,
            "SMALLINT" => LogicalRoot::SmallInt,
            "INT" | "INTEGER" => LogicalRoot::Integer,
            "BIGINT" => LogicalRoot::BigInt,
            "FLOAT" => LogicalRoot::Float,
            "DOUBLE" => LogicalRoot::Double,
            "DATE" => LogicalRoot::Date,
            "TIME" => LogicalRoot::Time { precision: self.fraction_digits()? },
            "TIMESTAMP" => LogicalRoot::Timestamp { precision: self.fraction_digits()? },
            "TIMESTAMP_LTZ" => LogicalRoot::TimestampLtz { precision: self.fraction_digits()? },
            "INTERVAL" => {
                let years = self.accept_keyword("YEAR");
                if !years {
                    self.keyword("DAY")?;
                }
                self.keyword("TO")?;
                self.keyword(if years { "MONTH" } else { "SECOND" })?;
                if years { LogicalRoot::YearMonthInterval } else { LogicalRoot::DayTimeInterval }
            }
            "ARRAY" => LogicalRoot::Array(self.logical_parameter()?),
            "MULTISET" => LogicalRoot::Multiset(self.logical_parameter()?),
            "MAP" => {
                self.sign('<')?;
                let key = self.logical()?;
                self.sign(',')?;
                let value = self.logical()?;
                self.sign('>')?;
                LogicalRoot::Map(Box::new(key), Box::new(value))
            }
            "ROW" => {
                self.sign('<')?;
                LogicalRoot::Row(self.logical_fields('>')?)
            }
            "VARIANT" => LogicalRoot::Variant,
            "RAW" => {
                self.sign('(')?;
                let class = self.class()?;
                self.sign(',')?;
                let ty = Box::new(self.ty()?);
                self.sign(')')?;
                LogicalRoot::Raw { class, ty }
            }
            "UNKNOWN" => {
                self.sign('(')?;
                let class = self.class()?;
                self.sign(')')?;
                LogicalRoot::Unknown { class, reason: "it is declared as unknown".to_owned() }
            }
            _ => return Err(Error::usage(format!("there is no SQL type {word}")).at(start)),
        })
    }

    fn length(&mut self) -> Result<i32> {
        let start = self.offset();
        let length = self.one_number()?;
        if length < 0 {
            return Err(Error::usage(format!("negative length {length}")).at(start));
        }
        Ok(length)
    }

    pub(super) fn precision_and_scale(&mut self) -> Result<(u8, i8)> {
        let start = self.offset();
        self.sign('(')?;
        let precision = self.number()?;
        self.sign(',')?;
        let scale = self.number()?;
        self.sign(')')?;
        decimal_digits(precision, scale)
            .ok_or_else(|| Error::usage(format!("there is no DECIMAL({precision}, {scale})")).at(start))
    }

    pub(super) fn fraction_digits(&mut self) -> Result<u8> {
        let start = self.offset();
        let digits = self.one_number()?;
        fraction_digits(digits)
            .ok_or_else(|| Error::usage(format!("there is no time with {digits} fraction digits")).at(start))
    }
}
