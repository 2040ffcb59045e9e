//! UPDATE, DELETE and INSERT: the input of DataFusion's plan gives the new rows, or those to delete.

use std::sync::Arc;

use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{
    DmlStatement, Expr, LogicalPlan, LogicalPlanBuilder, Projection, SubqueryAlias, WriteOp,
};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use super::cast;
use super::paths::{self, Assignments};
use super::spill::ROW;
use super::stage::Stage;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;

/// Runs a statement against the staged rows.
pub(super) async fn execute(stage: &mut Stage<'_>, sql: &str) -> Result<()> {
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
    let dml = match session.plan(statement).await? {
        LogicalPlan::Dml(dml) => dml,
        _ => return Err(Error::usage("no UPDATE, DELETE or INSERT")),
    };
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
            let rows = session.stream(dml.input.as_ref().clone()).await?;
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
    let table = Arc::new(stage.rows(operator, state).await?.numbered_table()?);
    let scan = LogicalPlanBuilder::scan(dml.table_name.clone(), provider_as_source(table), None)?.build()?;
    let numbered = with_numbers(&dml.input, &scan)?;
    let number = number_of(&numbered)?;
    let plan = LogicalPlanBuilder::from(numbered);
    let plan = match dml.op {
        WriteOp::Delete => plan.project([number.clone()])?,
        _ => plan,
    };
    stage.session.stream(plan.sort([number.sort(true, false)])?.build()?).await
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
