//! A row that both sides have: what it is found by, and what differs, by path.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::encode::Encoder;
use crate::error::Result;
use crate::output::printable;

/// Paths that are shown of one row.
const PATHS: usize = 5;
/// Columns of a terminal that a value may take.
const WIDTH: usize = 60;
/// Characters of a long value that are shown before what differs in it.
const BEFORE: usize = 12;
/// In place of what is left out.
const CUT: char = '…';

/// A row of each side: its key, then `path: value -> value`, several paths below each other.
pub(super) fn describe(a: &RecordBatch, b: &RecordBatch, indent: usize) -> Result<String> {
    let mut keys = Vec::new();
    let mut changes = Changes::default();
    for name in names(column_names(a), column_names(b)) {
        let (of_a, of_b) = (a.column_by_name(name), b.column_by_name(name));
        match (name, of_a.or(of_b)) {
            // It follows from the key.
            ("key_group", _) | (_, None) => {}
            ("value" | "map_value" | "last_access", _) => changes.compare(name, of_a, of_b)?,
            (_, Some(column)) => keys.push(format!("{name}={}", cut(&json(Some(column))?, 0))),
        }
    }
    let changes = changes.lines().join(&format!("\n{}", " ".repeat(indent)));
    Ok(format!("{}  {changes}", printable(keys.join(" "))))
}

/// Paths at which rows differ.
#[derive(Default)]
struct Changes {
    shown: Vec<String>,
    more: usize,
}

impl Changes {
    /// Compares values, of structs their fields. A side without the path has no array.
    fn compare(&mut self, path: &str, a: Option<&ArrayRef>, b: Option<&ArrayRef>) -> Result<()> {
        if let (Some(a), Some(b)) = (a, b)
            && let (DataType::Struct(_), DataType::Struct(_)) = (a.data_type(), b.data_type())
            && let (false, false) = (a.is_null(0), b.is_null(0))
        {
            let (a, b) = (a.as_struct(), b.as_struct());
            return names(a.column_names(), b.column_names()).into_iter().try_for_each(|name| {
                self.compare(&format!("{path}.{name}"), a.column_by_name(name), b.column_by_name(name))
            });
        }
        let (a, b) = (json(a)?, json(b)?);
        if a != b && self.shown.len() < PATHS {
            let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
            self.shown.push(printable(format!("{path}: {} -> {}", cut(&a, same), cut(&b, same))));
        } else if a != b {
            self.more += 1;
        }
        Ok(())
    }

    fn lines(self) -> Vec<String> {
        let mut lines = self.shown;
        match self.more {
            0 if lines.is_empty() => lines.push("the same values in other bytes".to_owned()),
            0 => {}
            more => lines.push(format!("and {more} more")),
        }
        lines
    }
}

fn column_names(row: &RecordBatch) -> Vec<&str> {
    row.schema_ref().fields().iter().map(|field| field.name().as_str()).collect()
}

/// The names of both sides, each once.
fn names<'a>(a: Vec<&'a str>, b: Vec<&'a str>) -> Vec<&'a str> {
    let only_b: Vec<&str> = b.into_iter().filter(|name| !a.contains(name)).collect();
    a.into_iter().chain(only_b).collect()
}

/// The only value of an array as JSON.
fn json(array: Option<&ArrayRef>) -> Result<String> {
    let Some(array) = array else { return Ok("none".to_owned()) };
    let mut json = String::new();
    Encoder::try_new(array)?.json(0, &mut json);
    Ok(json)
}

/// The part of a long text that has the character at `at`.
fn cut(text: &str, at: usize) -> String {
    if text.width() <= WIDTH {
        return text.to_owned();
    }
    let start = if at < WIDTH / 2 { 0 } else { at - BEFORE };
    let mut part = if start > 0 { String::from(CUT) } else { String::new() };
    let mut used = part.width();
    let mut rest = text.chars().skip(start).peekable();
    // The last column is for the sign that there is more.
    while let Some(c) = rest.next_if(|c| used + c.width().unwrap_or(0) < WIDTH) {
        used += c.width().unwrap_or(0);
        part.push(c);
    }
    if rest.peek().is_some() {
        part.push(CUT);
    }
    part
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, Int64Array, StringArray, StructArray};

    use super::*;

    fn int(value: i32) -> ArrayRef {
        Arc::new(Int32Array::from(vec![value]))
    }

    fn text(value: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![value]))
    }

    fn object(fields: Vec<(&str, ArrayRef)>) -> ArrayRef {
        Arc::new(StructArray::try_from(fields).unwrap())
    }

    fn row(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn described(a: ArrayRef, b: ArrayRef) -> String {
        let row =
            |value| row(vec![("key_group", int(7)), ("key", text("k")), ("map_key", int(1)), ("map_value", value)]);
        describe(&row(a), &row(b), 2).unwrap()
    }

    #[test]
    fn structs_differ_by_the_paths_of_their_fields() {
        let value = |zip: &str, legs| {
            let address = object(vec![("zip", text(zip)), ("street", text("s"))]);
            object(vec![("address", address), ("legs", int(legs))])
        };
        assert_eq!(
            described(value("1", 2), value("10", 2)),
            r#"key="k" map_key=1  map_value.address.zip: "1" -> "10""#
        );
        assert_eq!(
            described(value("1", 2), value("1\u{1b}", 4)),
            "key=\"k\" map_key=1  map_value.address.zip: \"1\" -> \"1\\u001b\"\n  map_value.legs: 2 -> 4"
        );
        assert_eq!(
            described(int(1), value("1", 2)),
            r#"key="k" map_key=1  map_value: 1 -> {"address":{"zip":"1","street":"s"},"legs":2}"#
        );
    }

    #[test]
    fn a_field_or_column_may_be_on_one_side() {
        let fields = described(object(vec![("a", int(1)), ("b", int(2))]), object(vec![("c", int(3)), ("b", int(2))]));
        assert_eq!(fields, "key=\"k\" map_key=1  map_value.a: 1 -> none\n  map_value.c: none -> 3");
        let b = row(vec![("key", int(1)), ("value", int(1)), ("last_access", int(2))]);
        let a = b.project(&[0, 1]).unwrap();
        assert_eq!(describe(&a, &b, 2).unwrap(), "key=1  last_access: none -> 2");
    }

    #[test]
    fn a_handful_of_paths_is_shown() {
        let value = |n: i32| object("abcdefgh".split_inclusive(|_| true).map(|name| (name, int(n))).collect());
        let described = described(value(1), value(2));
        assert_eq!(described.lines().count(), PATHS + 1);
        assert!(described.ends_with("map_value.e: 1 -> 2\n  and 3 more"), "{described}");
    }

    #[test]
    fn values_that_look_the_same_are_told() {
        let long: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        assert_eq!(described(int(1), long), "key=\"k\" map_key=1  the same values in other bytes");
    }

    #[test]
    fn long_values_are_cut_around_what_differs() {
        let short = "x".repeat(WIDTH);
        assert_eq!(cut(&short, 0), short);
        let long = "0123456789".repeat(20);
        assert_eq!(cut(&long, 0), format!("{}{CUT}", &long[..WIDTH - 1]));
        assert_eq!(cut(&long, 100), format!("{CUT}{}{CUT}", &long[88..88 + WIDTH - 2]));
        assert_eq!(cut(&long, 198), format!("{CUT}{}", &long[186..]));
        assert!(cut(&"鍵".repeat(99), 50).width() <= WIDTH);
        let list = |last: &str| format!("{}{last}", "item ".repeat(50));
        assert!(
            described(text(&list("one")), text(&list("two")))
                .ends_with(r#"map_value: …m item item one" -> …m item item two""#)
        );
    }
}
