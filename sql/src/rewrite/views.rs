//! The views of a script.

use datafusion::common::TableReference;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use crate::error::Result;
use crate::session::Session;

/// DataFusion plans a view once, over the rows that its tables have then: it is made anew when state has changed.
#[derive(Default)]
pub(super) struct Views(Vec<(TableReference, Statement)>);

impl Views {
    pub(super) fn add(&mut self, name: TableReference, mut statement: Statement) {
        if let Statement::Statement(inner) = &mut statement
            && let ast::Statement::CreateView(view) = inner.as_mut()
        {
            view.or_replace = true;
        }
        self.remove(&name);
        self.0.push((name, statement));
    }

    pub(super) fn remove(&mut self, name: &TableReference) {
        self.0.retain(|(other, _)| other != name);
    }

    /// Makes all views anew, in their order.
    pub(super) async fn refresh(&self, session: &Session) -> Result<()> {
        for (name, statement) in &self.0 {
            let locate = |e: crate::Error| e.with_place(&format!("view {name}"));
            session.execute(statement.clone()).await.map_err(locate)?;
        }
        Ok(())
    }
}
