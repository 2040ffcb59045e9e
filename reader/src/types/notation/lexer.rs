//! Text to tokens.

use crate::error::{Error, Result};

/// A piece of the notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word of the notation, a class, a plain name or a number.
    Word(String),
    /// `'…'`
    String(String),
    /// `"…"`
    Name(String),
    /// One of `<>(),=`.
    Sign(char),
}

/// Whether a text needs no quotes as a class.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(in_word)
}

/// Whether a text needs no quotes as a field's name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '-' | '/' | '[' | ';')
}

/// The tokens with their byte offsets.
pub(super) fn tokens(text: &str) -> Result<Vec<(u64, Token)>> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '<' | '>' | '(' | ')' | ',' | '=' => Token::Sign(c),
            '\'' | '"' => {
                let mut content = String::new();
                loop {
                    match chars.next() {
                        Some((_, next)) if next != c => content.push(next),
                        Some(_) if chars.next_if(|(_, next)| *next == c).is_some() => content.push(c),
                        Some(_) => break,
                        None => return Err(Error::usage(format!("{c} is not closed")).at(start as u64)),
                    }
                }
                if c == '"' { Token::Name(content) } else { Token::String(content) }
            }
            c if in_word(c) => {
                let mut word = String::from(c);
                while let Some((_, next)) = chars.next_if(|(_, next)| in_word(*next)) {
                    word.push(next);
                }
                Token::Word(word)
            }
            _ => return Err(Error::usage(format!("{c} is no part of a type")).at(start as u64)),
        };
        tokens.push((start as u64, token));
    }
    Ok(tokens)
}
