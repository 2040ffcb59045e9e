//! Scripts to statements.

use datafusion::sql::sqlparser::tokenizer::Token;
use flink_state_reader::types::KryoVersion;
use flink_state_writer::key::Convention;

use super::create::create_state;
use super::tokens::{Position, Tokens};
use super::{ScriptStatement, Statement, state_name, syntax};
use crate::error::{Error, Result};
use crate::suggest;

/// The largest number of key groups.
pub const MAX_PARALLELISM: u32 = 1 << 15;

const MAX_PARALLELISM_NAME: &str = "max_parallelism";

/// The statements of a script, which are separated by `;`. Nothing is run or looked up; of SQL the syntax is checked.
///
/// `kryo` is the release of Kryo that types are of which Kryo serializes: that of the Flink release which is to read
/// the state.
///
/// ```
/// use flink_state_reader::types::KryoVersion;
/// use flink_state_sql::statement::{Statement, parse};
///
/// let script = r#"
///     UPDATE "orders".total SET value = 0 WHERE value < 0;
///     ALTER OPERATOR "orders" RENAME TO "orders-v2";
/// "#;
/// let statements = parse(script, KryoVersion::V5)?;
/// assert_eq!(statements[0].text, r#"UPDATE "orders".total SET value = 0 WHERE value < 0"#);
/// assert_eq!(statements[1].to_string(), "statement 2 (line 3)");
/// let renamed = Statement::RenameOperator { operator: "orders".to_owned(), to: "orders-v2".to_owned() };
/// assert_eq!(statements[1].statement, renamed);
/// # Ok::<(), flink_state_sql::Error>(())
/// ```
///
/// # Errors
/// What is not in the grammar, with its line and column, what is there, and what may stand there.
pub fn parse(script: &str, kryo: KryoVersion) -> Result<Vec<ScriptStatement>> {
    let mut tokens = Tokens::new(script)?;
    let mut statements = Vec::new();
    loop {
        tokens.skip_separators();
        if tokens.at_end() {
            return Ok(statements);
        }
        let number = statements.len() + 1;
        let (first, position) = (tokens.index(), tokens.position());
        let statement = statement(&mut tokens, kryo).and_then(|statement| tokens.end().map(|()| statement));
        let statement = statement.map_err(|e| e.with_place(&format!("statement {number}")))?;
        let text = tokens.text_since(first).to_owned();
        statements.push(ScriptStatement { number, statement, text, position });
    }
}

fn statement(tokens: &mut Tokens<'_>, kryo: KryoVersion) -> Result<Statement> {
    let first = tokens.index();
    if let Some(own) = own(tokens, kryo)? {
        return Ok(own);
    }
    tokens.rewind(first);
    let nearest = nearest_own(tokens);
    tokens.rewind(first);
    let word = tokens.word().unwrap_or_default().to_ascii_uppercase();
    tokens.skip_statement();
    syntax::statement(tokens.since(first)).map_err(|e| e.with_hint(nearest))?;
    let text = tokens.text_since(first).to_owned();
    Ok(match word.as_str() {
        "UPDATE" => Statement::Update(text),
        "DELETE" => Statement::Delete(text),
        "INSERT" => Statement::Insert(text),
        _ => Statement::Sql(text),
    })
}

/// A statement that is none of DataFusion's.
fn own(tokens: &mut Tokens<'_>, kryo: KryoVersion) -> Result<Option<Statement>> {
    let place = tokens.position();
    if tokens.accept_keyword("CREATE") {
        let or_replace = tokens.accept_keyword("OR") && tokens.accept_keyword("REPLACE");
        if tokens.accept_keyword("STATE") {
            return create_state(tokens, or_replace, kryo).map(Some);
        }
        if tokens.accept_keyword("OPERATOR") {
            return create_operator(tokens, or_replace, place).map(Some);
        }
    } else if tokens.accept_keyword("DROP") {
        if tokens.accept_keyword("STATE") {
            let (operator, state) = state_name(tokens)?;
            return Ok(Some(Statement::DropState { operator, state }));
        }
        if tokens.accept_keyword("OPERATOR") {
            return Ok(Some(Statement::DropOperator { operator: tokens.name("an operator")? }));
        }
    } else if tokens.accept_keyword("ALTER") {
        if tokens.accept_keyword("STATE") {
            let (operator, state) = state_name(tokens)?;
            let to = renamed(tokens, "the new name")?;
            return Ok(Some(Statement::RenameState { operator, state, to }));
        }
        if tokens.accept_keyword("OPERATOR") {
            return alter_operator(tokens).map(Some);
        }
    } else if tokens.accept_keyword("SET") && tokens.accept_keyword(MAX_PARALLELISM_NAME) {
        if !tokens.accept_keyword("TO") && !tokens.accept(&Token::Eq) {
            return Err(tokens.expected(&["="]));
        }
        let max = tokens.number(MAX_PARALLELISM_NAME, MAX_PARALLELISM)?;
        return Ok(Some(Statement::SetMaxParallelism(max)));
    }
    Ok(None)
}

fn create_operator(tokens: &mut Tokens<'_>, or_replace: bool, place: Position) -> Result<Statement> {
    if or_replace {
        let error = Error::usage("an operator can't be replaced").with_place(&place.to_string());
        return Err(error.with_hint(Some("DROP OPERATOR, then CREATE OPERATOR".to_owned())));
    }
    let uid = tokens.name("a uid")?;
    let parallelism = match tokens.accept_keyword("PARALLELISM") {
        true => Some(tokens.number("the parallelism", MAX_PARALLELISM)?),
        false => None,
    };
    let max_parallelism = match tokens.accept_keyword("MAX") {
        true => {
            tokens.keyword("PARALLELISM")?;
            Some(tokens.number("the maximum parallelism", MAX_PARALLELISM)?)
        }
        false if parallelism.is_none() && !tokens.at_statement_end() => {
            return Err(tokens.expected(&["PARALLELISM", "MAX PARALLELISM"]));
        }
        false => None,
    };
    Ok(Statement::CreateOperator { uid, parallelism, max_parallelism })
}

fn alter_operator(tokens: &mut Tokens<'_>) -> Result<Statement> {
    let operator = tokens.name("an operator")?;
    if !tokens.accept_keyword("SET") {
        if !tokens.is_keyword("RENAME") {
            return Err(tokens.expected(&["RENAME TO", "SET key_hash"]));
        }
        return Ok(Statement::RenameOperator { operator, to: renamed(tokens, "the new uid")? });
    }
    tokens.keyword("key_hash")?;
    tokens.sign(&Token::Eq)?;
    let place = tokens.position();
    let convention = tokens.string("the convention as text, 'lombok(name, int age)',")?;
    if let Err(error) = convention.parse::<Convention>() {
        return Err(Error::from(error).with_place(&place.to_string()));
    }
    Ok(Statement::SetKeyHash { operator, convention })
}

fn renamed(tokens: &mut Tokens<'_>, what: &str) -> Result<String> {
    tokens.keyword("RENAME")?;
    tokens.keyword("TO")?;
    tokens.name(what)
}

/// A hint for words that are nearly those of a statement of our own.
fn nearest_own(tokens: &mut Tokens<'_>) -> Option<String> {
    const FIRST: [&str; 8] = ["UPDATE", "DELETE", "INSERT", "CREATE", "DROP", "ALTER", "SET", "SELECT"];
    let near = |word: &str, names: &[&'static str]| {
        let is_there = names.iter().any(|name| name.eq_ignore_ascii_case(word));
        suggest::nearest(word, names).filter(|_| !is_there).map(|name| format!("did you mean {name}?"))
    };
    let first = tokens.word()?.to_ascii_uppercase();
    if let Some(hint) = near(&first, &FIRST) {
        return Some(hint);
    }
    tokens.advance();
    match first.as_str() {
        "CREATE" | "DROP" | "ALTER" => {
            let _ = tokens.accept_keyword("OR") && tokens.accept_keyword("REPLACE");
            near(tokens.word()?, &["STATE", "OPERATOR", "TABLE", "VIEW"])
        }
        "SET" => near(tokens.word()?, &[MAX_PARALLELISM_NAME]),
        _ => None,
    }
}
