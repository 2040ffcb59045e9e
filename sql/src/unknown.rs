//! Names in a statement that nothing has: which part is wrong, and what was meant.

use std::sync::Arc;

use datafusion::catalog::CatalogProvider;
use datafusion::common::TableReference;
use datafusion::config::CatalogOptions;

use crate::catalog::{INFORMATION_SCHEMA, METADATA, OperatorSchema, SnapshotCatalog};
use crate::error::Error;
use crate::suggest::{is_word, nearest, one_of, quoted};

type Catalogs = [Arc<SnapshotCatalog>];

/// The error for the first of the tables that is not there.
pub(crate) async fn table(catalogs: &Catalogs, tables: &[TableReference], defaults: &CatalogOptions) -> Option<Error> {
    for table in tables {
        let resolved = table.clone().resolve(&defaults.default_catalog, &defaults.default_schema);
        let (catalog, schema, name) = (&*resolved.catalog, &*resolved.schema, &*resolved.table);
        let error = match catalogs.iter().find(|c| c.name() == catalog) {
            None => Some(no_catalog(catalogs, catalog)),
            Some(_) if schema == INFORMATION_SCHEMA => None,
            Some(c) if schema == METADATA => no_metadata(catalogs, c, name, table).await,
            Some(c) => match c.operator(schema) {
                None => Some(no_operator(catalogs, c, schema, name)),
                Some(operator) => no_state(&operator, name).await,
            },
        };
        if error.is_some() {
            return error;
        }
    }
    None
}

fn no_catalog(catalogs: &Catalogs, name: &str) -> Error {
    let names: Vec<&str> = catalogs.iter().map(|catalog| catalog.name()).collect();
    Error::not_found(format!("no snapshot '{name}'")).with_hint(one_of(name, &names))
}

fn no_operator(catalogs: &Catalogs, catalog: &SnapshotCatalog, schema: &str, table: &str) -> Error {
    let hint = if catalogs.iter().any(|c| c.name() == schema) {
        Some(format!("a state is {}.OPERATOR.{}", quoted(schema), quoted(table)))
    } else {
        let names = catalog.schema_names();
        one_of(schema, &refs(&names)).or_else(|| Some("SELECT * FROM metadata.operators lists all".to_owned()))
    };
    Error::not_found(format!("no operator '{schema}' in {}", catalog.name())).with_hint(hint)
}

async fn no_state(operator: &OperatorSchema, name: &str) -> Option<Error> {
    // a failure to read them is the statement's own error
    let states: Vec<&str> = operator.states().await.ok()?.iter().map(|state| state.name()).collect();
    if states.contains(&name) {
        return None;
    }
    let message = format!("operator '{}' has no state '{name}'", operator.name());
    Some(Error::not_found(message).with_hint(one_of(name, &states)))
}

/// A name without a schema is one of `metadata`; perhaps it was meant to be a state.
async fn no_metadata(
    catalogs: &Catalogs,
    catalog: &SnapshotCatalog,
    name: &str,
    given: &TableReference,
) -> Option<Error> {
    let metadata = catalog.schema(METADATA)?.table_names();
    if metadata.iter().any(|table| table == name) {
        return None;
    }
    let state = match given {
        TableReference::Bare { .. } => like_state(catalogs, catalog, name).await,
        _ => None,
    };
    let hint = state.map(|state| format!("did you mean {state}?")).or_else(|| one_of(name, &refs(&metadata)));
    Some(Error::not_found(format!("no table '{name}' in {METADATA}")).with_hint(hint))
}

/// The state whose name is most like `name`, with its operator, and its snapshot where there are several.
async fn like_state(catalogs: &Catalogs, catalog: &SnapshotCatalog, name: &str) -> Option<String> {
    let mut states = Vec::new();
    for operator in catalog.operators() {
        let names = operator.states().await.unwrap_or_default();
        states.extend(names.iter().map(|state| (state.name(), operator.name())));
    }
    let names: Vec<&str> = states.iter().map(|(state, _)| *state).collect();
    let nearest = nearest(name, &names)?;
    let (state, operator) = states.iter().find(|(state, _)| *state == nearest)?;
    let path = format!("{}.{}", quoted(operator), quoted(state));
    Some(if catalogs.len() > 1 { format!("{}.{path}", quoted(catalog.name())) } else { path })
}

/// A hint for a script that is no SQL because an operator's name stands in it without quotes.
pub(crate) fn unquoted(catalogs: &Catalogs, script: &str) -> Option<String> {
    let operators = catalogs.iter().flat_map(|catalog| catalog.operators());
    let bare = |name: &&str| !is_word(name) && script.contains(*name) && !script.contains(&quoted(name));
    operators.map(|operator| operator.name()).find(bare).map(|name| format!("write {} in double quotes", quoted(name)))
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}
