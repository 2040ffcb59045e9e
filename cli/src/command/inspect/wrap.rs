//! Long types on several lines.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Where a line may end: behind these.
const BREAKS: [char; 2] = [' ', ','];

/// The text in lines of at most `width` columns. The lines one behind the other are the text again, but for blanks at
/// line ends.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(BREAKS) {
        if !line.is_empty() && line.width() + word.trim_end().width() > width {
            push(&mut lines, &mut line);
        }
        for c in word.chars() {
            if c != ' ' && line.width() + c.width().unwrap_or(0) > width {
                push(&mut lines, &mut line);
            }
            line.push(c);
        }
    }
    push(&mut lines, &mut line);
    lines
}

fn push(lines: &mut Vec<String>, line: &mut String) {
    lines.push(line.trim_end().to_owned());
    line.clear();
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn breaks_between_words() {
        assert_eq!(wrap("MAP<STRING, LONG>", 40), ["MAP<STRING, LONG>"]);
        assert_eq!(wrap("MAP<STRING, LONG>", 11), ["MAP<STRING,", "LONG>"]);
        assert_eq!(wrap("ENUM<x.Kind>('RETAIL','WHOLESALE')", 24), ["ENUM<x.Kind>('RETAIL',", "'WHOLESALE')"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
