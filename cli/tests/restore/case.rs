//! Cases: what is written, which Flink restores it, and what Flink must then hold.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::held;

/// The files with cases, in the order of the document.
const FILES: [(&str, &str); 6] = [
    ("As it is", include_str!("cases/same.toml")),
    ("Out of RocksDB, ForSt and changelogs", include_str!("cases/native.toml")),
    ("Rows", include_str!("cases/rows.toml")),
    ("States and operators", include_str!("cases/states.toml")),
    ("Bootstrap", include_str!("cases/bootstrap.toml")),
    ("What the checks must notice", include_str!("cases/controls.toml")),
];

/// Cases that belong together.
pub(crate) struct Chapter {
    pub(crate) title: &'static str,
    pub(crate) cases: Vec<Case>,
}

/// A savepoint to write, and what real Flink must hold once it has restored it.
///
/// Flink must hold the rows that it held after it had restored the source itself (`expected.ndjson`), with the changes
/// that `operators` and `holds` tell. Nothing that the program reads from its own target goes into that.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// One sentence for the document.
    pub(crate) about: String,
    /// A snapshot in `testdata/snapshots`. Without the Flink release that begins its name: the one of the same line as
    /// the Flink that restores it.
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) how: How,
    /// Statements, for which the Parquet files are tables.
    pub(crate) script: Option<String>,
    /// More arguments of the command.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// Parquet files to make first, by name: queries over the source.
    #[serde(default)]
    pub(crate) parquet: BTreeMap<String, String>,
    /// Releases that restore it.
    pub(crate) flink: Vec<String>,
    #[serde(default = "both")]
    pub(crate) backends: Vec<String>,
    /// Of the restored job; as stored if there are none.
    #[serde(default)]
    pub(crate) parallelism: Vec<u32>,
    /// The restored job and its changes; that which wrote the source if there is none.
    pub(crate) job: Option<String>,
    /// Of the restored job, unless it is its own. Key groups are then those that Flink gives, and that it checks.
    pub(crate) max_parallelism: Option<u32>,
    /// Whether the savepoint is moved to another directory before the restore.
    #[serde(default)]
    pub(crate) moved: bool,
    /// Operators whose uid is another than in the source.
    #[serde(default)]
    pub(crate) operators: BTreeMap<String, String>,
    /// For bootstrap: operators and states (`operator.state`) whose rows are those of the source.
    #[serde(default)]
    pub(crate) kept: Vec<String>,
    /// States (`operator.state`) and whole operators that hold something else than in the source.
    #[serde(default)]
    pub(crate) holds: BTreeMap<String, Held>,
    /// Rows that are others than in the source.
    #[serde(default)]
    pub(crate) edits: Vec<Edit>,
    /// Flink refuses it, with these words.
    pub(crate) refused: Option<String>,
    /// What Flink holds is not what the case says, and that must be noticed.
    #[serde(default)]
    pub(crate) differs: bool,
}

/// How the savepoint is made.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum How {
    /// `flink-state rewrite`.
    #[default]
    Rewrite,
    /// `flink-state bootstrap`.
    Bootstrap,
    /// `Plan::carry` of the library: a copy with all files as they are.
    Carry,
    /// It is the source itself.
    Untouched,
}

/// What a state holds.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Held {
    /// What the program answers to a query over the source, where the Parquet files are tables.
    Query(String),
    /// These rows.
    Rows(Vec<Value>),
}

/// New values in rows of a state; without values the rows are gone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// `operator.state`.
    pub(crate) state: String,
    /// Columns that tell the rows; all rows of the state if there are none.
    #[serde(default)]
    pub(crate) rows: Map<String, Value>,
    /// Values by their JSON pointers: `/value/address/zip`.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, Value>,
}

fn both() -> Vec<String> {
    vec!["hashmap".to_owned(), "rocksdb".to_owned()]
}

/// All cases. Their files are part of the program: that they can't be read is a defect of it.
pub(crate) fn load() -> Vec<Chapter> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        case: Vec<Case>,
    }
    let chapters = FILES.map(|(title, text)| {
        let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("cases of {title}: {error}"));
        Chapter { title, cases: file.case }
    });
    chapters.into()
}

impl Case {
    /// Every restore of this case.
    pub(crate) fn restores(&self) -> Vec<Restore<'_>> {
        let parallelisms = match self.parallelism.as_slice() {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        let mut restores = Vec::new();
        for flink in &self.flink {
            for backend in &self.backends {
                for &parallelism in &parallelisms {
                    restores.push(Restore { case: self, flink, backend, parallelism });
                }
            }
        }
        restores
    }
}

/// A case, restored by one Flink release into one backend.
#[derive(Clone, Copy)]
pub(crate) struct Restore<'a> {
    pub(crate) case: &'a Case,
    pub(crate) flink: &'a str,
    pub(crate) backend: &'a str,
    pub(crate) parallelism: Option<u32>,
}

impl<'a> Restore<'a> {
    /// What it restores.
    pub(crate) fn target(&self) -> Target<'a> {
        let line = if self.flink == "2.3" { "2.2" } else { self.flink };
        let source = match self.case.source.starts_with(|first: char| first.is_ascii_digit()) {
            true => self.case.source.clone(),
            false => format!("{line}-{}", self.case.source),
        };
        // A new savepoint is made for the Flink that restores it.
        let flink = if self.case.how == How::Bootstrap { self.flink } else { source.split('-').next().unwrap() };
        Target { flink: flink.to_owned(), source, case: self.case }
    }
}

impl fmt::Display for Restore<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.case.name, self.flink, self.backend)?;
        match self.parallelism {
            Some(parallelism) => write!(f, "/{parallelism}"),
            None => Ok(()),
        }
    }
}

/// A savepoint to write for a case.
pub(crate) struct Target<'a> {
    pub(crate) case: &'a Case,
    /// The source's name.
    pub(crate) source: String,
    /// The Flink line that it is written for.
    pub(crate) flink: String,
}

impl Target<'_> {
    /// Names it among all targets, and its directory.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.case.name, self.flink)
    }

    /// The source's directory in `testdata`.
    pub(crate) fn folder(&self) -> PathBuf {
        held::snapshots().join(&self.source)
    }

    /// What `snapshot.json` says about the source.
    pub(crate) fn description(&self) -> Description {
        Description::of(&self.folder())
    }
}

/// The part of `snapshot.json` that the tests need.
#[derive(Deserialize)]
pub(crate) struct Description {
    pub(crate) job: String,
    pub(crate) backend: String,
    pub(crate) format: String,
    /// Operator IDs by uid.
    pub(crate) operators: BTreeMap<String, String>,
}

impl Description {
    /// Of a snapshot's directory in `testdata`.
    pub(crate) fn of(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("snapshot.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}
