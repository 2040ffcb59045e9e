//! UPDATE, DELETE and INSERT: the input of DataFusion's plan gives the new rows, or those to delete.

use std::sync::Arc;

use arrow::datatypes::FieldRef;
use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{
    DmlStatement, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Projection, SubqueryAlias, WriteOp,
};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use super::cast;
use super::paths::{self, Assignments};
use super::spill::ROW;
use super::stage::Stage;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;
use crate::session::Session;

/// Runs a statement against the staged rows.
pub(super) async fn execute(stage: &mut Stage<'_>, sql: &str) -> Result<()> {
    run(stage, sql).await.map_err(cast::explain)
}

async fn run(stage: &mut Stage<'_>, sql: &str) -> Result<()> {
    let session = stage.session;
    let mut statement = session.parse_one(sql)?;
    let mut assignments = Assignments::default();
    if let Statement::Statement(inner) = &mut statement
        && let ast::Statement::Update(update) = inner.as_mut()
    {
        let (operator, state) = stage.resolve(&target_of(update)?)?;
        let definition = stage.operator_mut(operator)?.state(&state).await?.definition()?;
        assignments = paths::resolve(update, &definition.schema)?;
        if let Some(column) = assignments.assigned.iter().find(|name| is_place(name)) {
            return Err(Error::new(ErrorKind::Unsupported, format!("{column} can't be assigned"))
                .with_hint(Some("a key group follows from its key; move an element by DELETE and INSERT".to_owned())));
        }
    }
    let dml = planned(session, statement).await?;
    let (operator, state) = stage.resolve(&dml.table_name)?;
    let definition = stage.operator_mut(operator)?.state(&state).await?.definition()?;
    let convention = stage.operator(operator)?.convention.clone();
    match &dml.op {
        WriteOp::Update => {
            cast::check(&dml.input, &definition, &assignments.explicit)?;
            let new_rows = run_on_rows(stage, &dml, operator, &state).await?;
            if assignments.assigned.iter().any(|column| column == "key") && definition.is_keyed() {
                stage.check_hashes(operator, None).await?;
            }
            stage.rows(operator, &state).await?.update(new_rows, &assignments.assigned, convention.as_ref()).await?;
        }
        WriteOp::Delete => {
            let rows = run_on_rows(stage, &dml, operator, &state).await?;
            stage.rows(operator, &state).await?.delete(rows).await?;
        }
        WriteOp::Insert(InsertOp::Append) => {
            cast::check(&dml.input, &definition, &[])?;
            let input = dml.input.as_ref().clone();
            // The order of elements is that of the query.
            let rows = match definition.is_list() {
                true => session.stream_in_order(input, 0).await?,
                false => session.stream(input).await?,
            };
            if definition.is_keyed() {
                stage.check_hashes(operator, None).await?;
            }
            let parallelism = stage.operator(operator)?.parallelism;
            stage.rows(operator, &state).await?.insert(rows, parallelism, convention.as_ref()).await?;
        }
        other => {
            return Err(Error::new(ErrorKind::Unsupported, format!("{} of state", other.name()))
                .with_hint(Some("UPDATE, DELETE FROM and INSERT INTO change state".to_owned())));
        }
    }
    stage.show(operator, &state).await
}

/// The plan of a statement.
async fn planned(session: &Session, statement: Statement) -> Result<DmlStatement> {
    if let Statement::Statement(inner) = &statement
        && let ast::Statement::Update(update) = inner.as_ref()
        && let Some(from) = &update.from
    {
        return update_from(session, update, from).await;
    }
    match session.plan(statement).await? {
        LogicalPlan::Dml(dml) => Ok(dml),
        _ => Err(Error::usage("no UPDATE, DELETE or INSERT")),
    }
}

/// `UPDATE … FROM`, which DataFusion does not plan: a SELECT gives the new rows.
async fn update_from(session: &Session, update: &ast::Update, from: &ast::UpdateTableFromKind) -> Result<DmlStatement> {
    let is_plain = update.or.is_none() && update.limit.is_none() && update.order_by.is_empty();
    if !is_plain || update.returning.is_some() || update.output.is_some() {
        return Err(Error::new(ErrorKind::Unsupported, "UPDATE … FROM with more than SET, FROM and WHERE"));
    }
    let target = target_of(update)?;
    let provider = session.table(&target).await?;
    let schema = provider.schema();
    let name = match &update.table.relation {
        ast::TableFactor::Table { alias: Some(alias), .. } => alias.name.to_string(),
        ast::TableFactor::Table { name, .. } => name.to_string(),
        _ => return Err(Error::usage("UPDATE needs a table")),
    };
    let columns = schema.fields().iter().map(|field| {
        let column = ast::Ident::with_quote('"', field.name());
        let value = update.assignments.iter().find(|assignment| assignment.target.to_string() == column.to_string());
        match value {
            Some(assignment) => format!("({}) AS {column}", assignment.value),
            None => format!("{name}.{column}"),
        }
    });
    let columns: Vec<String> = columns.collect();
    let (ast::UpdateTableFromKind::BeforeSet(tables) | ast::UpdateTableFromKind::AfterSet(tables)) = from;
    let tables = tables.iter().map(|table| format!(", {table}"));
    let condition = update.selection.iter().map(|condition| format!(" WHERE {condition}"));
    let sql = format!(
        "SELECT {} FROM {}{}{}",
        columns.join(", "),
        update.table,
        tables.collect::<String>(),
        condition.collect::<String>()
    );
    let LogicalPlan::Projection(rows) = session.plan(session.parse_one(&sql)?).await? else {
        return Err(Error::new(ErrorKind::Bug, "an UPDATE … FROM without columns"));
    };
    let cast = |(expr, field): (&Expr, &FieldRef)| {
        let value = expr.clone().unalias().cast_to(field.data_type(), rows.input.schema())?;
        Ok(value.alias(field.name()))
    };
    let exprs = rows.expr.iter().zip(schema.fields()).map(cast).collect::<Result<Vec<_>>>()?;
    let input = LogicalPlan::Projection(Projection::try_new(exprs, Arc::clone(&rows.input))?);
    Ok(DmlStatement::new(target, provider_as_source(provider), WriteOp::Update, Arc::new(input)))
}

/// Whether a column says where a row is and not what.
fn is_place(column: &str) -> bool {
    matches!(column, "key_group" | "subtask" | "position")
}

fn target_of(update: &ast::Update) -> Result<TableReference> {
    let ast::TableFactor::Table { name, .. } = &update.table.relation else {
        return Err(Error::usage("UPDATE needs a table"));
    };
    let parts: Option<Vec<&str>> = name.0.iter().map(|part| Some(part.as_ident()?.value.as_str())).collect();
    match parts.as_deref() {
        Some([table]) => Ok(TableReference::bare(*table)),
        Some([schema, table]) => Ok(TableReference::partial(*schema, *table)),
        Some([catalog, schema, table]) => Ok(TableReference::full(*catalog, *schema, *table)),
        _ => Err(Error::usage(format!("'{name}' is no table's name"))),
    }
}

/// Runs the input of an UPDATE or DELETE: rows with their numbers, in the order of these; those of a DELETE have
/// nothing else.
async fn run_on_rows(stage: &mut Stage<'_>, dml: &DmlStatement, operator: usize, state: &str) -> Result<Query> {
    let rows = stage.rows(operator, state).await?;
    let (table, row_bytes) = (Arc::new(rows.numbered_table()?), rows.row_bytes());
    let scan = LogicalPlanBuilder::scan(dml.table_name.clone(), provider_as_source(table), None)?.build()?;
    let numbered = with_numbers(&dml.input, &scan)?;
    let number = number_of(&numbered)?;
    let plan = LogicalPlanBuilder::from(numbered);
    let plan = match dml.op {
        WriteOp::Delete => plan.project([number.clone()])?,
        _ => plan,
    };
    stage.session.stream_in_order(plan.sort([number.sort(true, false)])?.build()?, row_bytes).await
}

/// The column with the numbers of rows.
fn number_of(plan: &LogicalPlan) -> Result<Expr> {
    let (qualifier, field) = plan.schema().qualified_field_with_unqualified_name(ROW)?;
    Ok(Expr::Column(Column::from((qualifier, field))))
}

/// The same plan over another scan of its table, with the number of each row as its last column.
///
/// The target is the first table of a FROM. A table of a subquery lies in an expression: it keeps its columns.
fn with_numbers(plan: &LogicalPlan, scan: &LogicalPlan) -> Result<LogicalPlan> {
    Ok(match plan {
        LogicalPlan::TableScan(_) => scan.clone(),
        LogicalPlan::Projection(projection) => {
            let input = with_numbers(&projection.input, scan)?;
            let mut exprs = projection.expr.clone();
            exprs.push(number_of(&input)?);
            LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?)
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let input = with_numbers(&alias.input, scan)?;
            LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(input), alias.alias.clone())?)
        }
        LogicalPlan::Limit(limit) => {
            let mut input = with_numbers(&limit.input, scan)?;
            // Without an order it takes the first rows as they are stored: the same ones each time.
            if !matches!(input, LogicalPlan::Sort(_)) {
                let number = number_of(&input)?;
                input = LogicalPlanBuilder::from(input).sort([number.sort(true, false)])?.build()?;
            }
            plan.with_new_exprs(plan.expressions(), vec![input])?
        }
        LogicalPlan::Filter(_) | LogicalPlan::Sort(_) | LogicalPlan::Join(_) => {
            let mut inputs = plan.inputs().into_iter();
            let first = inputs.next().map(|input| with_numbers(input, scan));
            let inputs = first.into_iter().chain(inputs.map(|input| Ok(input.clone())));
            plan.with_new_exprs(plan.expressions(), inputs.collect::<Result<_>>()?)?
        }
        _ => {
            let message = "the statement can't be followed to the rows that it changes";
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_hint(Some("say it with a subquery: WHERE key IN (SELECT …)".to_owned())));
        }
    })
}
