//! "Did you mean": the nearest of the names that are there.

/// More names than this are not listed in a hint.
const LISTED: usize = 12;

/// The name most like `wanted`, if one is alike at all: another case, or at most every third letter.
pub(crate) fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let allowed = wanted.chars().count() / 3;
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), *name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A hint: the nearest name, else all names when they are few.
pub(crate) fn one_of(wanted: &str, names: &[&str]) -> Option<String> {
    if let Some(name) = nearest(wanted, names) {
        return Some(format!("did you mean {}?", quoted(name)));
    }
    let listed: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    (1..=LISTED).contains(&listed.len()).then(|| format!("there is {}", listed.join(", ")))
}

/// The name as SQL takes it: in double quotes unless it is a plain word.
pub(crate) fn quoted(name: &str) -> String {
    if is_word(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Whether SQL takes the name without quotes.
pub(crate) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_alike() {
        let names = ["counts", "lastSeen", "my-timer"];
        assert_eq!(nearest("count", &names), Some("counts"));
        assert_eq!(nearest("x", &["y"]), None);
        assert_eq!(nearest("LASTSEEN", &names), Some("lastSeen"));
        assert_eq!(nearest("something", &names), None);
        assert_eq!(one_of("my-timr", &names).as_deref(), Some("did you mean \"my-timer\"?"));
        assert_eq!(one_of("x", &["a", "b c"]).as_deref(), Some("there is a, \"b c\""));
        assert_eq!(one_of("x", &[]), None);
    }
}
