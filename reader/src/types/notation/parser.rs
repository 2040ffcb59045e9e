//! The place in the tokens, and the pieces that all rules of the grammar are made of.

use std::str::FromStr;

use super::super::KryoVersion;
use super::lexer::{Token, tokens};
use crate::error::{Error, Result};

const MAX_DEPTH: usize = 128;

/// The place in the text, and what the text does not say.
pub(super) struct Parser {
    tokens: Vec<(u64, Token)>,
    next: usize,
    end: u64,
    depth: usize,
    pub(super) kryo: KryoVersion,
}

impl Parser {
    pub(super) fn new(text: &str, kryo: KryoVersion) -> Result<Self> {
        Ok(Self { tokens: tokens(text)?, next: 0, end: text.len() as u64, depth: 0, kryo })
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.next + ahead).map(|(_, token)| token)
    }

    pub(super) fn at_end(&self) -> bool {
        self.peek(0).is_none()
    }

    pub(super) fn offset(&self) -> u64 {
        self.tokens.get(self.next).map_or(self.end, |(offset, _)| *offset)
    }

    pub(super) fn expected(&self, what: &str) -> Error {
        let found = match self.peek(0) {
            None => "the end".to_owned(),
            Some(Token::Word(word)) => word.clone(),
            Some(Token::String(text)) => format!("'{text}'"),
            Some(Token::Name(name)) => format!("\"{name}\""),
            Some(Token::Sign(sign)) => sign.to_string(),
        };
        Error::usage(format!("{what} expected in a type, {found} found")).at(self.offset())
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.peek(0) == Some(&Token::Sign(sign))
    }

    pub(super) fn accept(&mut self, sign: char) -> bool {
        let found = self.is_sign(sign);
        self.next += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, sign: char) -> Result<()> {
        if self.accept(sign) { Ok(()) } else { Err(self.expected(&sign.to_string())) }
    }

    pub(super) fn is_keyword(&self, ahead: usize, keyword: &str) -> bool {
        matches!(self.peek(ahead), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(0, keyword);
        self.next += usize::from(found);
        found
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> Result<()> {
        if self.accept_keyword(keyword) { Ok(()) } else { Err(self.expected(keyword)) }
    }

    pub(super) fn string(&mut self) -> Result<String> {
        let Some(Token::String(text)) = self.peek(0) else {
            return Err(self.expected("'text'"));
        };
        let text = text.clone();
        self.next += 1;
        Ok(text)
    }

    pub(super) fn class(&mut self) -> Result<String> {
        let Some(Token::Word(class) | Token::String(class)) = self.peek(0) else {
            return Err(self.expected("a class"));
        };
        let class = class.clone();
        self.next += 1;
        Ok(class)
    }

    pub(super) fn name(&mut self) -> Result<String> {
        let Some(Token::Word(name) | Token::Name(name)) = self.peek(0) else {
            return Err(self.expected("a field's name"));
        };
        let name = name.clone();
        self.next += 1;
        Ok(name)
    }

    pub(super) fn number<T: FromStr>(&mut self) -> Result<T> {
        let number = match self.peek(0) {
            Some(Token::Word(word)) => word.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.expected("a number in range"))?;
        self.next += 1;
        Ok(number)
    }

    /// Items between commas up to a closing sign, which is taken.
    pub(super) fn list<T>(
        &mut self,
        close: char,
        mut item: impl FnMut(&mut Self, usize) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        if self.accept(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self, items.len())?);
            if !self.accept(',') {
                self.sign(close)?;
                return Ok(items);
            }
        }
    }

    /// The next word in capitals, which is taken.
    pub(super) fn word(&mut self, what: &str) -> Result<String> {
        let Some(Token::Word(word)) = self.peek(0) else {
            return Err(self.expected(what));
        };
        let word = word.to_ascii_uppercase();
        self.next += 1;
        Ok(word)
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn enter(&mut self) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::usage(format!("type is nested deeper than {MAX_DEPTH} levels")).at(self.offset()));
        }
        self.depth += 1;
        Ok(())
    }

    /// A field's name if another word follows, which must then be its type; else `f0`, `f1`, …
    pub(super) fn optional_name(&mut self, i: usize) -> Result<String> {
        let named = match (self.peek(0), self.peek(1)) {
            (Some(Token::Name(_)), _) => true,
            // `BIGINT NOT NULL` and `INTERVAL DAY TO SECOND` are types without a name.
            (Some(Token::Word(_)), Some(Token::Word(_))) => {
                let not_null = self.is_keyword(1, "NOT") && self.is_keyword(2, "NULL");
                let interval = self.is_keyword(2, "TO");
                !not_null && !interval
            }
            _ => false,
        };
        if named { self.name() } else { Ok(format!("f{i}")) }
    }

    pub(super) fn class_parameter(&mut self) -> Result<String> {
        self.sign('<')?;
        let class = self.class()?;
        self.sign('>')?;
        Ok(class)
    }

    pub(super) fn one_number<T: FromStr>(&mut self) -> Result<T> {
        self.sign('(')?;
        let number = self.number()?;
        self.sign(')')?;
        Ok(number)
    }
}
