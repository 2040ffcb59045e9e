//! Casts that a statement did not ask for: DataFusion puts them where a value has another type than its column.

use std::collections::HashMap;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use super::definition::Definition;
use crate::error::{Error, Result};

/// Refuses casts of new values that could change them. `explicit` are columns whose cast the statement asks for.
pub(super) fn check(plan: &LogicalPlan, definition: &Definition, explicit: &[String]) -> Result<()> {
    // The columns that the columns of VALUES go to.
    let mut targets = HashMap::new();
    if let LogicalPlan::Projection(projection) = plan {
        for expr in &projection.expr {
            let (expr, name) = match expr {
                Expr::Alias(alias) => (alias.expr.as_ref(), alias.name.as_str()),
                other => (other, ""),
            };
            if let Expr::Column(column) = uncast(expr) {
                targets.insert(column.name.as_str(), name);
            }
            if !explicit.iter().any(|column| column == name) {
                check_expr(expr, &projection.input, name, definition)?;
            }
        }
    }
    // The rows of VALUES are cast where they stand.
    let mut nodes = vec![plan];
    while let Some(node) = nodes.pop() {
        nodes.extend(node.inputs());
        let LogicalPlan::Values(values) = node else { continue };
        for row in &values.values {
            for (expr, field) in row.iter().zip(values.schema.fields()) {
                let name = targets.get(field.name().as_str()).copied().unwrap_or_default();
                check_expr(expr, node, name, definition)?;
            }
        }
    }
    Ok(())
}

fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) => uncast(&cast.expr),
        other => other,
    }
}

fn check_expr(expr: &Expr, input: &LogicalPlan, name: &str, definition: &Definition) -> Result<()> {
    let Expr::Cast(cast) = expr else { return Ok(()) };
    let to = cast.field.data_type();
    if let Some(value) = constant(&cast.expr) {
        let back = value.cast_to(to).and_then(|there| there.cast_to(&value.data_type()));
        let is_same = back.is_ok_and(|back| back == value) || both_float(&value.data_type(), to);
        if is_same || is_exact(&value.data_type(), to) {
            return Ok(());
        }
    }
    let from = cast.expr.get_type(input.schema())?;
    if is_exact(&from, to) {
        return Ok(());
    }
    let (path, from, field) = narrowest(&from, to, name.to_owned());
    let to = match definition.column_type(name) {
        Some(ty) if path == name => ty.to_string(),
        _ => notation(field),
    };
    let path = if path.is_empty() { path } else { format!("{path}: ") };
    Err(Error::usage(format!("{path}{} where {to} belongs: the cast could change the value", notation(from)))
        .with_hint(Some("write the cast, or a value of that type".to_owned())))
}

/// The first field whose cast is not exact, and its types.
fn narrowest<'a>(from: &'a DataType, to: &'a DataType, path: String) -> (String, &'a DataType, &'a DataType) {
    if let (DataType::Struct(old), DataType::Struct(new)) = (from, to) {
        for to in new {
            let from = old.iter().find(|from| from.name() == to.name());
            if let Some(from) = from.filter(|from| !is_exact(from.data_type(), to.data_type())) {
                return narrowest(from.data_type(), to.data_type(), format!("{path}.{}", to.name()));
            }
        }
    }
    (path, from, to)
}

/// A value that turned out not to be one of its column's type: the types are named as the user knows them.
pub(super) fn explain(error: Error) -> Error {
    let message = error.message();
    if !(message.contains("Can't cast value") || message.contains("Cannot cast")) {
        return error;
    }
    let is_end = |c: char| !c.is_alphanumeric();
    let words = message.strip_prefix("Cast error: ").unwrap_or(message).split_inclusive(is_end);
    let explained = words.map(|word| {
        let name = word.trim_end_matches(is_end);
        let known = NAMES.iter().find(|(ty, _)| ty.to_string() == name);
        known.map_or_else(|| word.to_owned(), |(_, own)| word.replace(name, own))
    });
    Error::new(error.kind(), explained.collect::<String>())
        .with_place(error.location())
        .with_hint(Some("a value must be one of its column's type".to_owned()))
}

/// Arrow's types and Flink's names for them.
const NAMES: [(DataType, &str); 10] = [
    (DataType::Boolean, "BOOLEAN"),
    (DataType::Int8, "BYTE"),
    (DataType::Int16, "SHORT"),
    (DataType::Int32, "INT"),
    (DataType::Int64, "LONG"),
    (DataType::Float32, "FLOAT"),
    (DataType::Float64, "DOUBLE"),
    (DataType::Utf8, "STRING"),
    (DataType::LargeUtf8, "STRING"),
    (DataType::Utf8View, "STRING"),
];

/// The type in the notation of Flink's, where it has one.
pub(super) fn notation(ty: &DataType) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| known == ty) {
        return (*name).to_owned();
    }
    match ty {
        DataType::Timestamp(..) => "TIMESTAMP".to_owned(),
        DataType::List(item) | DataType::LargeList(item) => format!("LIST<{}>", notation(item.data_type())),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| format!("{} {}", field.name(), notation(field.data_type())));
            format!("ROW({})", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A literal, as it is or cast: `TIMESTAMP '2026-01-01'` is text that is cast.
fn constant(expr: &Expr) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Cast(cast) => constant(&cast.expr)?.cast_to(cast.field.data_type()).ok(),
        _ => None,
    }
}

fn both_float(from: &DataType, to: &DataType) -> bool {
    from.is_floating() && to.is_floating()
}

/// Whether a cast gives the same value or an error.
fn is_exact(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Decimal128, Decimal256, Dictionary, Float32, Float64, LargeBinary, LargeList, LargeUtf8,
        List, Map, Null, Struct, Timestamp, Utf8, Utf8View,
    };
    match (from, to) {
        _ if from == to => true,
        (Null, _) => true,
        (Dictionary(_, from), to) => is_exact(from, to),
        // Text that is no such value is an error.
        (Utf8 | LargeUtf8 | Utf8View, _) => !to.is_nested(),
        (Binary | LargeBinary | BinaryView, Binary | LargeBinary | BinaryView) => true,
        (from, to) if from.is_integer() && (to.is_integer() || matches!(to, Decimal128(..) | Decimal256(..))) => true,
        (from, Float64) if from.is_integer() => from.primitive_width().is_some_and(|width| width <= 4),
        (from, Float32) if from.is_integer() => from.primitive_width().is_some_and(|width| width <= 2),
        (Float32, Float64) => true,
        (Decimal128(_, from) | Decimal256(_, from), Decimal128(_, to) | Decimal256(_, to)) => from <= to,
        (Timestamp(from, _), Timestamp(to, _)) => precision(*from) <= precision(*to),
        (List(from) | LargeList(from), List(to) | LargeList(to)) | (Map(from, _), Map(to, _)) => {
            is_exact(from.data_type(), to.data_type())
        }
        (Struct(from), Struct(to)) => {
            from.len() == to.len()
                && to.iter().all(|to| {
                    let from = from.iter().find(|from| from.name() == to.name());
                    from.is_some_and(|from| is_exact(from.data_type(), to.data_type()))
                })
        }
        _ => false,
    }
}

fn precision(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    }
}
