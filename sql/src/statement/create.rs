//! `CREATE STATE`.

use datafusion::sql::sqlparser::tokenizer::Token;
use flink_state_reader::StateKind;
use flink_state_reader::types::{Basic, KryoVersion, Type};

use super::tokens::Tokens;
use super::{Statement, state_name, syntax};
use crate::error::{Error, Result};
use crate::suggest;

const COLUMNS: [&str; 3] = ["KEY", "VALUE", "NAMESPACE"];
const KINDS: [(&str, StateKind); 9] = [
    ("value", StateKind::Value),
    ("list", StateKind::List),
    ("map", StateKind::Map),
    ("reducing", StateKind::Reducing),
    ("aggregating", StateKind::Aggregating),
    ("timer", StateKind::Timer),
    ("operator_list", StateKind::OperatorList),
    ("operator_union", StateKind::OperatorUnion),
    ("broadcast", StateKind::Broadcast),
];
/// Words of the notation of types that take parameters.
const COMPOSITE: [&str; 16] = [
    "TUPLE",
    "LIST",
    "SET",
    "MAP",
    "POJO",
    "ROW",
    "ROWDATA",
    "AVRO",
    "ENUM",
    "EITHER",
    "KRYO",
    "CASE_CLASS",
    "OPTION",
    "ARRAY",
    "OBJECT_ARRAY",
    "NULLABLE",
];

/// The rest of the statement behind `STATE`.
pub(super) fn create_state(tokens: &mut Tokens<'_>, or_replace: bool, kryo: KryoVersion) -> Result<Statement> {
    let (operator, state) = state_name(tokens)?;
    let types = tokens.index();
    let [key, value, namespace] = columns(tokens, kryo)?;
    let behind = tokens.index();
    let (mut kind, mut ttl) = (None, false);
    loop {
        let mut options = vec!["AS"];
        if !ttl {
            options.insert(0, "WITH");
        }
        if kind.is_none() {
            options.insert(0, "KIND");
        }
        let found = tokens.one_of(&options)?;
        match options.get(found).copied() {
            Some("KIND") => kind = Some(self::kind(tokens)?),
            Some("WITH") => {
                tokens.sign(&Token::LParen)?;
                tokens.keyword("ttl")?;
                tokens.sign(&Token::RParen)?;
                ttl = true;
            }
            _ => break,
        }
    }
    let kind = kind.unwrap_or(StateKind::Value);
    check(kind, [key.is_some(), value.is_some(), namespace.is_some()], ttl).map_err(|e| {
        let at = tokens.index();
        tokens.rewind(if ttl { behind } else { types });
        let place = tokens.position();
        tokens.rewind(at);
        e.with_place(&place.to_string())
    })?;
    let query = tokens.index();
    if tokens.at_statement_end() {
        return Err(tokens.expected(&["a query"]));
    }
    tokens.skip_statement();
    syntax::query(tokens.since(query))?;
    let query = tokens.text_since(query).to_owned();
    Ok(Statement::CreateState { or_replace, operator, state, key, value, namespace, kind, ttl, query })
}

/// `(KEY type, VALUE type, NAMESPACE type)`, those that are there, in any order.
fn columns(tokens: &mut Tokens<'_>, kryo: KryoVersion) -> Result<[Option<Type>; 3]> {
    let mut types = [None, None, None];
    tokens.sign(&Token::LParen)?;
    loop {
        let place = tokens.position();
        let column = tokens.one_of(&COLUMNS)?;
        let ty = parse_type(tokens, kryo)?;
        if let Some(slot) = types.get_mut(column)
            && slot.replace(ty).is_some()
        {
            let name = COLUMNS.get(column).copied().unwrap_or_default();
            return Err(Error::usage(format!("{name} stands there twice")).with_place(&place.to_string()));
        }
        if !tokens.accept(&Token::Comma) {
            tokens.sign(&Token::RParen)?;
            return Ok(types);
        }
    }
}

/// A type in its notation: up to a `,` or `)` that is in no brackets of its own.
fn parse_type(tokens: &mut Tokens<'_>, kryo: KryoVersion) -> Result<Type> {
    let first = tokens.index();
    let mut depth = 0usize;
    while let Some(token) = tokens.peek_token() {
        match token {
            Token::Comma | Token::RParen if depth == 0 => break,
            // The text of names and strings is theirs.
            Token::SingleQuotedString(_) => {}
            Token::Word(word) if word.quote_style.is_some() => {}
            // `<>` and `>>` are tokens of SQL.
            _ => {
                for c in tokens.source().chars() {
                    match c {
                        '(' | '<' => depth += 1,
                        ')' | '>' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                }
            }
        }
        tokens.advance();
    }
    if tokens.index() == first {
        return Err(tokens.expected(&["a type"]));
    }
    let text = tokens.code_since(first);
    Type::parse(&text, kryo).map_err(|e| {
        let place = tokens.position_in(first, e.offset().unwrap_or_default());
        Error::new(e.kind(), e.message())
            .with_hint(e.hint().map(str::to_owned))
            .with_hint(like_type(&text, &e))
            .with_place(&place.to_string())
    })
}

/// The type that was meant by the word that an error is at.
fn like_type(text: &str, error: &flink_state_reader::Error) -> Option<String> {
    let at = usize::try_from(error.offset()?).ok()?;
    let word = text.get(at..)?.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let names: Vec<&str> = Basic::ALL.iter().map(|(_, name, ..)| *name).chain(COMPOSITE).collect();
    let is_known = names.iter().any(|name| name.eq_ignore_ascii_case(word));
    let nearest = suggest::nearest(word, &names).filter(|_| !is_known && !word.is_empty())?;
    Some(format!("did you mean {nearest}?"))
}

fn kind(tokens: &mut Tokens<'_>) -> Result<StateKind> {
    let names = KINDS.map(|(name, _)| name);
    let found = tokens.one_of(&names)?;
    Ok(KINDS.get(found).map_or(StateKind::Value, |(_, kind)| *kind))
}

/// Which columns a kind of state has.
fn check(kind: StateKind, has: [bool; 3], ttl: bool) -> Result<()> {
    let (needs, may_have): (&[&str], &[&str]) = match kind {
        StateKind::Timer => (&["KEY"], &["KEY", "NAMESPACE"]),
        StateKind::OperatorList | StateKind::OperatorUnion => (&["VALUE"], &["VALUE"]),
        StateKind::Broadcast => (&["KEY", "VALUE"], &["KEY", "VALUE"]),
        _ => (&["KEY", "VALUE"], &COLUMNS),
    };
    for (column, has) in COLUMNS.iter().zip(has) {
        if has && !may_have.contains(column) {
            return Err(Error::usage(format!("state of kind {kind} has no {column}")));
        }
        if !has && needs.contains(column) {
            return Err(Error::usage(format!("state of kind {kind} needs {column} and its type")));
        }
    }
    let is_keyed_value = may_have.len() == COLUMNS.len();
    if ttl && !is_keyed_value {
        return Err(Error::usage(format!("state of kind {kind} has no time to live")));
    }
    Ok(())
}
