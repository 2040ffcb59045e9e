//! Strings and binary.

use arrow::array::ArrayAccessor;

use super::{Values, push};

pub(super) struct Text<A>(pub(super) A);

impl<'a, A: ArrayAccessor<Item = &'a str>> Values for Text<A> {
    fn text(&self, row: usize, out: &mut String) {
        out.push_str(self.0.value(row));
    }

    fn json(&self, row: usize, out: &mut String) {
        push_json_string(out, self.0.value(row));
    }
}

/// Two lower-case hexadecimal digits a byte.
pub(super) struct Hex<A>(pub(super) A);

impl<'a, A: ArrayAccessor<Item = &'a [u8]>> Values for Hex<A> {
    fn text(&self, row: usize, out: &mut String) {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
        for byte in self.0.value(row) {
            out.push(digit(byte >> 4));
            out.push(digit(byte & 0xf));
        }
    }
}

/// Appends a JSON string: quotes, and what RFC 8259 says must be escaped.
pub(crate) fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => push(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
