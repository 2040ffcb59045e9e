//! The syntax of SQL that DataFusion is to run, checked before anything runs.

use datafusion::error::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement as Parsed};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::TokenWithSpan;

use crate::error::{Error, Result};

/// What the parser puts before line and column.
const AT_LINE: &str = " at Line: ";

/// One statement.
pub(super) fn statement(tokens: Vec<TokenWithSpan>) -> Result<Parsed> {
    let parsed = DFParserBuilder::new(tokens).build().and_then(|mut parser| {
        let mut statements = parser.parse_statements()?;
        Ok(statements.pop_front().filter(|_| statements.is_empty()))
    });
    parsed.map_err(located)?.ok_or_else(|| Error::usage("one statement belongs here"))
}

/// A query.
pub(super) fn query(tokens: Vec<TokenWithSpan>) -> Result<()> {
    let place = tokens.first().map(|token| token.span.start);
    match statement(tokens)? {
        Parsed::Statement(statement) if matches!(*statement, ast::Statement::Query(_)) => Ok(()),
        other => {
            let error = Error::usage(format!("a query expected behind AS, {other} found"));
            Err(match place {
                Some(place) => error.with_place(&format!("line {}, column {}", place.line, place.column)),
                None => error,
            })
        }
    }
}

/// The error with the place that the parser has put into its text.
fn located(error: DataFusionError) -> Error {
    let text = match error.find_root() {
        DataFusionError::SQL(parser, _) => match parser.as_ref() {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => Some(text.clone()),
            ParserError::RecursionLimitExceeded => None,
        },
        _ => None,
    };
    let place = text.as_deref().and_then(|text| {
        let (message, place) = text.rsplit_once(AT_LINE)?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((message.to_owned(), format!("line {line}, column {column}")))
    });
    match place {
        Some((message, place)) => Error::usage(message).with_place(&place),
        None => Error::from(error),
    }
}
