//! A script as tokens, each with its place in the text.

use std::fmt;

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::error::{Error, Result};
use crate::suggest;

/// What helps where a name was expected.
const NAME_HINT: &str = "names that are not plain words stand in double quotes: \"my-uid\".\"my-state\"";

/// A place in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1 on.
    pub line: u64,
    /// In characters, from 1 on.
    pub column: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A token that is neither white space nor a comment.
#[derive(Debug)]
struct Piece {
    token: TokenWithSpan,
    start: usize,
    end: usize,
}

/// The tokens of a script and the next one of them.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    next: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self> {
        let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location().map_err(|e| {
            let position = Position { line: e.location.line, column: e.location.column };
            Error::usage(e.message.trim()).with_place(&position.to_string())
        })?;
        let mut offsets = Offsets { text, offset: 0, line: 1, column: 1 };
        let mut pieces = Vec::with_capacity(tokens.len());
        for token in tokens {
            let start = offsets.of(token.span.start);
            let end = offsets.of(token.span.end);
            if !matches!(token.token, Token::Whitespace(_)) {
                pieces.push(Piece { token, start, end });
            }
        }
        Ok(Self { text, pieces, next: 0 })
    }

    fn peek(&self) -> Option<&Piece> {
        self.pieces.get(self.next)
    }

    pub(super) fn peek_token(&self) -> Option<&Token> {
        self.peek().map(|piece| &piece.token.token)
    }

    pub(super) fn at_end(&self) -> bool {
        self.peek().is_none()
    }

    /// Whether the statement has no more tokens.
    pub(super) fn at_statement_end(&self) -> bool {
        matches!(self.peek_token(), None | Some(Token::SemiColon))
    }

    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Number of the next token.
    pub(super) fn index(&self) -> usize {
        self.next
    }

    pub(super) fn rewind(&mut self, index: usize) {
        self.next = index;
    }

    /// Passes the `;`s before a statement.
    pub(super) fn skip_separators(&mut self) {
        while self.is(&Token::SemiColon) {
            self.advance();
        }
    }

    /// Passes the rest of the statement.
    pub(super) fn skip_statement(&mut self) {
        while !self.at_statement_end() {
            self.advance();
        }
    }

    /// Where the next token is; the end of the text behind the last one.
    pub(super) fn position(&self) -> Position {
        let location = match (self.peek(), self.pieces.last()) {
            (Some(piece), _) => piece.token.span.start,
            (None, Some(last)) => last.token.span.end,
            (None, None) => Location::new(1, 1),
        };
        Position { line: location.line, column: location.column }
    }

    /// The tokens from `first` up to the next one.
    pub(super) fn since(&self, first: usize) -> Vec<TokenWithSpan> {
        let pieces = self.pieces.get(first..self.next).unwrap_or_default();
        pieces.iter().map(|piece| piece.token.clone()).collect()
    }

    /// The text of the tokens from `first` up to the next one, with what is between them.
    pub(super) fn text_since(&self, first: usize) -> &'a str {
        let pieces = self.pieces.get(first..self.next).unwrap_or_default();
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return "" };
        self.text.get(first.start..last.end).unwrap_or_default()
    }

    /// The text of the tokens from `first` up to the next one, with blanks for the comments between them.
    pub(super) fn code_since(&self, first: usize) -> String {
        let pieces = self.pieces.get(first..self.next).unwrap_or_default();
        let start = pieces.first().map_or(0, |piece| piece.start);
        let mut code = String::new();
        for piece in pieces {
            let blanks = (piece.start - start).saturating_sub(code.len());
            code.extend(std::iter::repeat_n(' ', blanks));
            code.push_str(self.text.get(piece.start..piece.end).unwrap_or_default());
        }
        code
    }

    /// Where a byte of [`Self::code_since`] is.
    pub(super) fn position_in(&self, first: usize, offset: u64) -> Position {
        let Some(piece) = self.pieces.get(first) else { return self.position() };
        let start = piece.token.span.start;
        let mut position = Position { line: start.line, column: start.column };
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.text.get(piece.start..).unwrap_or_default();
        for (_, c) in rest.char_indices().take_while(|(at, _)| *at < offset) {
            position = match c {
                '\n' => Position { line: position.line + 1, column: 1 },
                _ => Position { column: position.column + 1, ..position },
            };
        }
        position
    }

    /// The text of the next token.
    pub(super) fn source(&self) -> &'a str {
        self.peek().and_then(|piece| self.text.get(piece.start..piece.end)).unwrap_or_default()
    }

    /// The next token if it is a word without quotes.
    pub(super) fn word(&self) -> Option<&str> {
        match self.peek_token() {
            Some(Token::Word(word)) if word.quote_style.is_none() => Some(&word.value),
            _ => None,
        }
    }

    pub(super) fn is(&self, token: &Token) -> bool {
        self.peek_token() == Some(token)
    }

    pub(super) fn accept(&mut self, token: &Token) -> bool {
        let found = self.is(token);
        self.next += usize::from(found);
        found
    }

    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        self.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        self.next += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, token: &Token) -> Result<()> {
        if self.accept(token) { Ok(()) } else { Err(self.expected(&[&token.to_string()])) }
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> Result<()> {
        if self.accept_keyword(keyword) { Ok(()) } else { Err(self.expected(&[keyword])) }
    }

    /// One of some keywords, as its number.
    pub(super) fn one_of(&mut self, keywords: &[&str]) -> Result<usize> {
        let found = keywords.iter().position(|keyword| self.is_keyword(keyword));
        let found = found.ok_or_else(|| self.expected(keywords))?;
        self.advance();
        Ok(found)
    }

    /// A name, in double quotes or a plain word.
    pub(super) fn name(&mut self, what: &str) -> Result<String> {
        let name = match self.peek_token() {
            Some(Token::Word(word)) if !word.value.is_empty() => word.value.clone(),
            Some(Token::Word(_)) => {
                return Err(Error::usage(format!("{what} is empty")).with_place(&self.position().to_string()));
            }
            _ => return Err(self.expected(&[what]).with_hint(Some(NAME_HINT.to_owned()))),
        };
        self.advance();
        Ok(name)
    }

    /// A whole number in a range.
    pub(super) fn number(&mut self, what: &str, max: u32) -> Result<u32> {
        let number = match self.peek_token() {
            Some(Token::Number(digits, false)) => digits.parse().ok().filter(|number| (1..=max).contains(number)),
            _ => None,
        };
        let number = number.ok_or_else(|| self.expected(&[&format!("{what}, a number from 1 to {max},")]))?;
        self.advance();
        Ok(number)
    }

    /// Text in single quotes.
    pub(super) fn string(&mut self, what: &str) -> Result<String> {
        let Some(Token::SingleQuotedString(text)) = self.peek_token() else {
            return Err(self.expected(&[what]));
        };
        let text = text.clone();
        self.advance();
        Ok(text)
    }

    /// The end of a statement.
    pub(super) fn end(&self) -> Result<()> {
        if self.at_statement_end() { Ok(()) } else { Err(self.expected(&["the end of the statement"])) }
    }

    /// The error for a token that is none of those that may stand here.
    pub(super) fn expected(&self, what: &[&str]) -> Error {
        let list = match what.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => what.concat(),
        };
        let found = if self.at_end() { "the end" } else { self.source() };
        let nearest = self.word().and_then(|word| suggest::nearest(word, what));
        Error::usage(format!("{list} expected, {found} found"))
            .with_place(&self.position().to_string())
            .with_hint(nearest.map(|keyword| format!("did you mean {keyword}?")))
    }
}

/// Lines and columns to byte offsets, in one pass over the text.
struct Offsets<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
    column: u64,
}

impl Offsets<'_> {
    fn of(&mut self, location: Location) -> usize {
        let mut rest = self.text.get(self.offset..).unwrap_or_default().chars();
        while (self.line, self.column) < (location.line, location.column) {
            let Some(c) = rest.next() else { break };
            self.offset += c.len_utf8();
            (self.line, self.column) = if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
        self.offset
    }
}
