//! `docs/restores.md`: which Flink and which backend restore which case.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use super::case::{Case, Chapter};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/restores.md");
const BEGIN: &str = "<!-- cases: written by UPDATE_RESTORES=1 cargo test -p flink-state --test restore -->\n";

/// Whether the document lists exactly the restores that there are.
pub(crate) fn check(chapters: &[Chapter]) -> Result<(), String> {
    let document = fs::read_to_string(FILE).map_err(|error| error.to_string())?;
    match document.split_once(BEGIN) {
        Some((_, listed)) if listed == tables(chapters) => Ok(()),
        Some(_) => Err("docs/restores.md lists other cases: UPDATE_RESTORES=1 writes it once all pass".to_owned()),
        None => Err(format!("docs/restores.md lacks the line {BEGIN}")),
    }
}

/// Writes the lists of the document.
pub(crate) fn update(chapters: &[Chapter]) {
    let document = fs::read_to_string(FILE).unwrap();
    let (text, _) = document.split_once(BEGIN).unwrap_or((&document, ""));
    fs::write(FILE, format!("{text}{BEGIN}{}", tables(chapters))).unwrap();
}

fn tables(chapters: &[Chapter]) -> String {
    let cases = || chapters.iter().flat_map(|chapter| &chapter.cases);
    let releases: BTreeSet<&str> = cases().flat_map(|case| case.flink.iter().map(String::as_str)).collect();
    let restores: usize = cases().map(|case| case.restores().len()).sum();
    let mut text = format!("\n{} cases, {restores} restores.\n", cases().count());
    for chapter in chapters {
        write!(text, "\n## {}\n\n| case | source | job |", chapter.title).unwrap();
        for release in &releases {
            write!(text, " {release} |").unwrap();
        }
        writeln!(text, "\n|---|---|---|{}", "---|".repeat(releases.len())).unwrap();
        for case in &chapter.cases {
            let job = case.job.as_deref().unwrap_or("").replace('+', " + ");
            write!(text, "| `{}`: {} | {} | {job} |", case.name, case.about, case.source).unwrap();
            for release in &releases {
                write!(text, " {} |", cell(case, release)).unwrap();
            }
            text.push('\n');
        }
    }
    text
}

/// Backends, and parallelisms unless it is that of the source.
fn cell(case: &Case, release: &str) -> String {
    if !case.flink.iter().any(|flink| flink == release) {
        return String::new();
    }
    let backends = case.backends.join(", ");
    let parallelism: Vec<String> = case.parallelism.iter().map(u32::to_string).collect();
    match parallelism.as_slice() {
        [] => backends,
        some => format!("{backends} × {}", some.join(", ")),
    }
}
