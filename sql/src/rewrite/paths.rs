//! Targets of assignments: columns, and paths into structs.
//!
//! ```text
//! SET value.address.zip = '1'   ->   SET value = the struct anew, with this field assigned and all others copied
//! ```

use arrow::datatypes::{DataType, Schema};
use datafusion::sql::sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, Ident, ObjectName, ObjectNamePart, TableFactor, Update,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use crate::error::{Error, Result};
use crate::suggest;

/// What a column or a field becomes.
enum Assigned {
    Whole(Box<Expr>),
    Fields(Vec<(String, Assigned)>),
}

/// The columns of an UPDATE.
#[derive(Debug, Default)]
pub(super) struct Assignments {
    /// Those that are assigned, as a whole or in part.
    pub(super) assigned: Vec<String>,
    /// Those whose value is a CAST that the statement asks for.
    pub(super) explicit: Vec<String>,
}

/// Makes each target a column.
///
/// # Errors
/// A column or field that is not there; one that is assigned twice.
pub(super) fn resolve(update: &mut Update, schema: &Schema) -> Result<Assignments> {
    let TableFactor::Table { name: table, alias, .. } = &update.table.relation else {
        return Err(Error::usage("UPDATE needs a table"));
    };
    let table = table.to_string();
    let alias = alias.as_ref().map(|alias| alias.name.value.clone());
    let mut columns = Vec::new();
    for Assignment { target, value } in std::mem::take(&mut update.assignments) {
        let AssignmentTarget::ColumnName(name) = &target else {
            return Err(Error::usage(format!("{target} = …: assign each column by itself")));
        };
        let path: Option<Vec<String>> = name.0.iter().map(|part| Some(part.as_ident()?.value.clone())).collect();
        let path = path.ok_or_else(|| Error::usage(format!("{name} is no column")))?;
        let path = match path.split_first() {
            Some((first, rest)) if Some(first) == alias.as_ref() && schema.index_of(first).is_err() => rest,
            _ => &path,
        };
        put(&mut columns, path, value, name)?;
    }
    let mut all = Assignments::default();
    for (column, assigned) in columns {
        let field = schema.field_with_name(&column).map_err(|_| {
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            Error::not_found(format!("no column '{column}'")).with_hint(suggest::one_of(&column, &names))
        })?;
        if matches!(&assigned, Assigned::Whole(value) if matches!(**value, Expr::Cast { .. })) {
            all.explicit.push(column.clone());
        }
        let table = alias.as_ref().map_or_else(|| table.clone(), |alias| quoted(alias));
        let old = format!("{table}.{}", quoted(&column));
        let value = match assigned {
            Assigned::Whole(value) => *value,
            fields => parse(&rebuilt(&fields, field.data_type(), &old, &column)?)?,
        };
        all.assigned.push(column.clone());
        let name = ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', column))]);
        update.assignments.push(Assignment { target: AssignmentTarget::ColumnName(name), value });
    }
    Ok(all)
}

fn put(fields: &mut Vec<(String, Assigned)>, path: &[String], value: Expr, whole: &ObjectName) -> Result<()> {
    let twice = || Error::usage(format!("{whole} is assigned twice, or with a part of it"));
    let Some((first, rest)) = path.split_first() else {
        return Err(Error::usage(format!("{whole} is no column")));
    };
    let old = fields.iter_mut().find(|(name, _)| name == first).map(|(_, old)| old);
    match (old, rest.is_empty()) {
        (None, true) => fields.push((first.clone(), Assigned::Whole(Box::new(value)))),
        (None, false) => {
            let mut inner = Vec::new();
            put(&mut inner, rest, value, whole)?;
            fields.push((first.clone(), Assigned::Fields(inner)));
        }
        (Some(Assigned::Fields(inner)), false) => put(inner, rest, value, whole)?,
        _ => return Err(twice()),
    }
    Ok(())
}

/// SQL for the struct `old` with some of its fields assigned. A struct that is NULL has no fields: it stays.
fn rebuilt(assigned: &Assigned, ty: &DataType, old: &str, path: &str) -> Result<String> {
    let fields = match assigned {
        Assigned::Whole(value) => return Ok(format!("({value})")),
        Assigned::Fields(fields) => fields,
    };
    let DataType::Struct(types) = ty else {
        return Err(Error::usage(format!("{path} has no fields: it is {ty}")));
    };
    if let Some((name, _)) = fields.iter().find(|(name, _)| types.find(name).is_none()) {
        let names: Vec<&str> = types.iter().map(|field| field.name().as_str()).collect();
        return Err(Error::not_found(format!("no field '{name}' in {path}")).with_hint(suggest::one_of(name, &names)));
    }
    let mut parts = Vec::with_capacity(types.len());
    for field in types {
        let name = field.name();
        let old = format!("{old}[{}]", literal(name));
        let value = match fields.iter().find(|(other, _)| other == name) {
            Some((_, assigned)) => rebuilt(assigned, field.data_type(), &old, &format!("{path}.{name}"))?,
            None => old,
        };
        parts.push(format!("{}, {value}", literal(name)));
    }
    Ok(format!("CASE WHEN {old} IS NULL THEN NULL ELSE named_struct({}) END", parts.join(", ")))
}

fn parse(sql: &str) -> Result<Expr> {
    let parsed = Parser::new(&GenericDialect {}).try_with_sql(sql).and_then(|mut parser| parser.parse_expr());
    parsed.map_err(|e| Error::usage(format!("the value of an assignment can't be read: {e}")))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
