//! UPDATE, DELETE and INSERT: the input of DataFusion's plan gives the new rows, or those to delete.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{
    DmlStatement, Expr, LogicalPlan, LogicalPlanBuilder, Projection, SubqueryAlias, WriteOp,
};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use super::cast;
use super::paths;
use super::rows::ROW;
use super::stage::Stage;
use crate::error::{Error, ErrorKind, Result};

/// Runs a statement against the staged rows.
pub(super) async fn execute(stage: &mut Stage<'_>, sql: &str) -> Result<()> {
    let mut statements = stage.session().parse(sql)?;
    let (Some(mut statement), true) = (statements.pop_front(), statements.is_empty()) else {
        return Err(Error::usage("one statement belongs here"));
    };
    let mut assigned = Vec::new();
    let mut explicit = Vec::new();
    if let Statement::Statement(inner) = &mut statement
        && let ast::Statement::Update(update) = inner.as_mut()
    {
        let (operator, state) = stage.resolve(&target_of(update)?)?;
        let rows = stage.rows(&operator, &state).await?;
        explicit = paths::resolve(update, rows.schema())?;
        assigned = update.assignments.iter().map(|assignment| assignment.target.to_string()).collect();
        assigned.iter_mut().for_each(|name| *name = name.trim_matches('"').replace("\"\"", "\""));
        if let Some(column) = assigned.iter().find(|name| ["key_group", "subtask", "position"].contains(&name.as_str()))
        {
            return Err(Error::new(ErrorKind::Unsupported, format!("{column} can't be assigned"))
                .with_hint(Some("a key group follows from its key; move an element by DELETE and INSERT".to_owned())));
        }
    }
    let dml = match stage.session().plan(statement).await? {
        LogicalPlan::Dml(dml) => dml,
        _ => return Err(Error::usage("no UPDATE, DELETE or INSERT")),
    };
    let (operator, state) = stage.resolve(&dml.table_name)?;
    let convention = stage.convention(&operator);
    match &dml.op {
        WriteOp::Update => {
            cast::check(&dml.input, &explicit)?;
            let new_rows = run_on_rows(stage, &dml, &operator, &state).await?;
            if assigned.iter().any(|column| column == "key") {
                stage.check_hashes(&operator).await?;
            }
            stage.rows(&operator, &state).await?.update(&new_rows, &assigned, convention.as_ref())?;
        }
        WriteOp::Delete => {
            let rows = run_on_rows(stage, &dml, &operator, &state).await?;
            let mut numbers = Vec::new();
            for batch in &rows {
                numbers.extend_from_slice(row_numbers(batch)?);
            }
            stage.rows(&operator, &state).await?.delete(&numbers)?;
        }
        WriteOp::Insert(InsertOp::Append) => {
            cast::check(&dml.input, &[])?;
            let rows = stage.session().collect(dml.input.as_ref().clone()).await?;
            stage.check_hashes(&operator).await?;
            stage.rows(&operator, &state).await?.insert(&rows, convention.as_ref())?;
        }
        other => {
            return Err(Error::new(ErrorKind::Unsupported, format!("{} of state", other.name()))
                .with_hint(Some("UPDATE, DELETE FROM and INSERT INTO change state".to_owned())));
        }
    }
    stage.show(&operator, &state)
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

/// Runs the input of an UPDATE or DELETE with the numbers of the rows behind the columns.
async fn run_on_rows(
    stage: &mut Stage<'_>,
    dml: &DmlStatement,
    operator: &str,
    state: &str,
) -> Result<Vec<RecordBatch>> {
    let table = Arc::new(stage.rows(operator, state).await?.table(true)?);
    let scan = LogicalPlanBuilder::scan(dml.table_name.clone(), provider_as_source(table), None)?.build()?;
    let plan = with_numbers(&dml.input, &scan)?;
    stage.session().collect(plan).await
}

/// The same plan over another scan of its table, with the number of each row as its last column.
///
/// A table of the FROM of a subquery lies in an expression: it keeps its columns.
fn with_numbers(plan: &LogicalPlan, scan: &LogicalPlan) -> Result<LogicalPlan> {
    Ok(match plan {
        LogicalPlan::TableScan(_) => scan.clone(),
        LogicalPlan::Projection(projection) => {
            let input = with_numbers(&projection.input, scan)?;
            let mut exprs = projection.expr.clone();
            let (qualifier, field) = input.schema().qualified_field_with_unqualified_name(ROW)?;
            exprs.push(Expr::Column(Column::from((qualifier, field))));
            LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?)
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let input = with_numbers(&alias.input, scan)?;
            LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(input), alias.alias.clone())?)
        }
        LogicalPlan::Filter(_) | LogicalPlan::Limit(_) | LogicalPlan::Sort(_) => {
            let inputs = plan.inputs().into_iter().map(|input| with_numbers(input, scan));
            plan.with_new_exprs(plan.expressions(), inputs.collect::<Result<_>>()?)?
        }
        _ => {
            return Err(Error::new(ErrorKind::Unsupported, "UPDATE or DELETE of more than one table")
                .with_hint(Some("say it with a subquery: WHERE key IN (SELECT …)".to_owned())));
        }
    })
}

pub(super) fn row_numbers(batch: &RecordBatch) -> Result<&[u64]> {
    let numbers = batch.column_by_name(ROW).and_then(|column| column.as_primitive_opt::<UInt64Type>());
    Ok(numbers.ok_or_else(|| Error::new(ErrorKind::Bug, "rows without their numbers"))?.values())
}
