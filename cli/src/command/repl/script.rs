//! As much of SQL's syntax as a person's line needs: where a statement ends, and names with dots and quotes.

/// Whether the text ends behind a complete statement: with a `;` that is in no string, name or comment.
pub(super) fn is_complete(text: &str) -> bool {
    let mut complete = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A doubled quote ends one string and starts the next: the same to us.
            '\'' | '"' => {
                if !chars.by_ref().any(|other| other == c) {
                    return false;
                }
                complete = false;
            }
            '-' if chars.next_if_eq(&'-').is_some() => {
                chars.by_ref().any(|other| other == '\n');
            }
            '/' if chars.next_if_eq(&'*').is_some() => {
                let mut last = ' ';
                if !chars.by_ref().any(|other| std::mem::replace(&mut last, other) == '*' && other == '/') {
                    return false;
                }
            }
            ';' => complete = true,
            c if c.is_whitespace() => {}
            _ => complete = false,
        }
    }
    complete
}

/// The names of a path like `"my-uid".state`. A quote that is still open ends at the end.
pub(super) fn path(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(std::mem::take(&mut name)),
            c => name.push(c),
        }
    }
    if !text.is_empty() {
        names.push(name);
    }
    names
}

/// Where the path that ends at the end of the text starts.
pub(super) fn path_start(text: &str) -> usize {
    let mut start = text.len();
    let mut quoted = text.matches('"').count() % 2 == 1;
    for (index, c) in text.char_indices().rev() {
        match c {
            '"' => quoted = !quoted,
            c if quoted || c.is_alphanumeric() || matches!(c, '_' | '$' | '.') => {}
            _ => break,
        }
        start = index;
    }
    start
}

/// A name as SQL takes it without doubt: in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name in quotes only where SQL needs them.
pub(super) fn name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_plain);
    if plain { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_with_a_semicolon() {
        for complete in ["", "  ", "SELECT 1;", "SELECT ';';\n", "SELECT 1; -- done", "SELECT 1; /* ; */ "] {
            assert!(is_complete(complete), "{complete}");
        }
        for open in
            ["SELECT 1", "SELECT ';", "SELECT \"a;", "SELECT 1; SELECT", "/* ;", "SELECT 1 -- ;", "SELECT 'it''s;"]
        {
            assert!(!is_complete(open), "{open}");
        }
    }

    #[test]
    fn paths_have_quotes_and_dots() {
        assert_eq!(path("a.b"), ["a", "b"]);
        assert_eq!(path("\"a.\"\"b\".c"), ["a.\"b", "c"]);
        assert_eq!(path("\"my-uid\"."), ["my-uid", ""]);
        assert_eq!(path("\"op"), ["op"]);
        assert!(path("").is_empty());
        let start = |text: &str| text.split_at(path_start(text)).1.to_owned();
        assert_eq!(start("SELECT * FROM \"my uid\".st"), "\"my uid\".st");
        assert_eq!(start("SELECT * FROM \"my ui"), "\"my ui");
        assert_eq!(start("SELECT key_g"), "key_g");
        assert_eq!(start("SELECT "), "");
        assert_eq!(start("WHERE s = 'x' AND é"), "é");
    }

    #[test]
    fn names_are_quoted_where_they_must() {
        assert_eq!(name("counts"), "counts");
        assert_eq!(name("my-state"), "\"my-state\"");
        assert_eq!(name("1a"), "\"1a\"");
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
    }
}
