//! Serializer snapshots (`TypeSerializerSnapshot`): bytes to [`Type`].
//!
//! ```text
//! proxy     := i32 2  versioned                       state meta data
//! versioned := utf class  i32 version  body           everywhere else
//! body      := empty                                  simple
//!            | i32 magic  i32 version  outer  nested  composite
//!            | what the class likes                   plain
//! nested    := i32 magic  i32 1  i32 n  versioned*n
//! ```
//!
//! Nothing of this has a length, so a class that is not in the registry ends the parse: see [`recover`]. Each type
//! family has a file with its snapshot classes and their bodies; the registry in `registry.rs` lists the families.

mod avro;
mod basic;
mod cep;
mod collection;
mod composite;
mod kryo;
mod logical;
mod optional_map;
mod pojo;
mod python;
mod recover;
mod registry;
mod runtime;
mod table;
#[cfg(test)]
mod tests;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{KryoVersion, Type};

pub use recover::recover;
use registry::{Entry, Layout};
pub(crate) use runtime::key_of_timers;

/// What the snapshot bytes themselves do not say.
#[derive(Clone, Debug)]
pub struct SnapshotContext {
    /// The Kryo release of the values: it follows from the version of `_metadata`.
    pub kryo: KryoVersion,
    /// Lengths of unknown snapshots, as [`recover`] guesses them.
    skips: Vec<Skip>,
}

impl SnapshotContext {
    /// The context of a snapshot whose values this Kryo release wrote.
    pub fn new(kryo: KryoVersion) -> Self {
        Self { kryo, skips: Vec::new() }
    }
}

/// Parses a snapshot in its versioned form (`TypeSerializerSnapshot.writeVersionedSnapshot`).
///
/// # Errors
/// `Unsupported` for a snapshot class that is not known, a version of a newer Flink and for the forms that Flink 1.6
/// and 1.7 wrote; `Data` and `Truncated` for bytes that contradict the format.
pub fn parse_versioned(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<Type> {
    Parser::new(context).versioned(input)
}

/// Parses a snapshot in its proxy form (`TypeSerializerSnapshotSerializationUtil`), as state meta data holds it.
///
/// # Errors
/// As [`parse_versioned`].
pub fn parse_proxy(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<Type> {
    Parser::new(context).proxy(input)
}

const PROXY_VERSION: i32 = 2;
const COMPOSITE_MAGIC: i32 = 911_108;
const COMPOSITE_VERSION: i32 = 3;
const NESTED_MAGIC: i32 = 1_333_245;
const NESTED_VERSION: i32 = 1;
/// `TypeSerializerConfigSnapshot.ADAPTER_VERSION`.
const ADAPTER_VERSION: i32 = 0x7A53_C4F0;

const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 1 << 16;

/// The state of one parse: what is left of the budgets, and which unknown class ended it.
struct Parser<'c> {
    context: &'c SnapshotContext,
    depth: usize,
    nodes: usize,
    /// The unknown class that the last error is about.
    unknown: Option<Unknown>,
}

/// The body of an unknown snapshot, with a guess of its length.
#[derive(Clone, Copy, Debug)]
struct Skip {
    offset: u64,
    length: usize,
}

struct Unknown {
    class: String,
    version: i32,
}

impl<'c> Parser<'c> {
    fn new(context: &'c SnapshotContext) -> Self {
        Self { context, depth: 0, nodes: 0, unknown: None }
    }

    fn proxy(&mut self, input: &mut Cursor<'_>) -> Result<Type> {
        let start = input.offset();
        match input.i32()? {
            PROXY_VERSION => self.versioned(input),
            1 => Err(legacy().at(start)),
            other => Err(Error::data(format!("serializer snapshot starts with version {other}, 2 expected")).at(start)),
        }
    }

    fn versioned(&mut self, input: &mut Cursor<'_>) -> Result<Type> {
        self.enter(input.offset())?;
        let ty = self.snapshot(input)?;
        self.leave();
        Ok(ty)
    }

    /// Goes one level deeper, and counts one part of the type.
    fn enter(&mut self, offset: u64) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::data(format!("type is nested deeper than {MAX_DEPTH} levels")).at(offset));
        }
        if self.nodes >= MAX_NODES {
            return Err(Error::data(format!("type has more than {MAX_NODES} parts")).at(offset));
        }
        self.nodes += 1;
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn snapshot(&mut self, input: &mut Cursor<'_>) -> Result<Type> {
        let start = input.offset();
        let class = input.utf().in_field("snapshot class")?;
        let at_version = input.offset();
        let version = input.i32().in_field("snapshot version")?;
        if version == ADAPTER_VERSION || class.ends_with("ConfigSnapshot") {
            return Err(legacy().at(start));
        }
        let Some(entry) = registry::find(&class) else {
            return self.unknown(class, version, input);
        };
        self.body(entry, version, input).map_err(|e| e.at(at_version).in_field(simple_name(&class)))
    }

    fn body(&mut self, entry: Entry, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
        match entry.layout {
            Layout::Simple => match version {
                3 => {}
                2 => {
                    input.utf().in_field("serializer class")?;
                }
                _ => return Err(bad_version("snapshot", version)),
            },
            Layout::Plain { oldest, newest } => {
                if !(oldest..=newest).contains(&version) {
                    return Err(bad_version("snapshot", version));
                }
            }
            Layout::Composite { oldest, newest } => {
                let outer = match version {
                    COMPOSITE_VERSION => {
                        magic(input, COMPOSITE_MAGIC, "composite snapshot")?;
                        input.i32()?
                    }
                    1 | 2 => version,
                    _ => return Err(bad_version("composite snapshot", version)),
                };
                if !(oldest..=newest).contains(&outer) {
                    return Err(bad_version("outer snapshot", outer));
                }
                return entry.parse(self, outer, input);
            }
        }
        entry.parse(self, version, input)
    }

    /// The nested snapshots of a composite.
    fn nested(&mut self, input: &mut Cursor<'_>) -> Result<Vec<Type>> {
        magic(input, NESTED_MAGIC, "nested snapshots")?;
        let start = input.offset();
        let version = input.i32()?;
        if version != NESTED_VERSION {
            return Err(bad_version("nested snapshots", version).at(start));
        }
        // A snapshot has at least the length of its class name and its version.
        let count = input.count(6)?;
        let mut types = Vec::new();
        for i in 0..count {
            types.push(self.versioned(input).map_err(|e| e.in_field(i.to_string()))?);
        }
        Ok(types)
    }

    /// The nested snapshots of a composite that always has `N` of them.
    fn nested_exactly<const N: usize>(&mut self, input: &mut Cursor<'_>) -> Result<[Type; N]> {
        let start = input.offset();
        <[Type; N]>::try_from(self.nested(input)?)
            .map_err(|types| Error::data(format!("{} nested snapshots, {N} expected", types.len())).at(start))
    }

    /// The only nested snapshot of a composite, boxed.
    fn nested_one(&mut self, input: &mut Cursor<'_>) -> Result<Box<Type>> {
        let [inner] = self.nested_exactly(input)?;
        Ok(Box::new(inner))
    }

    /// Nested snapshots of a record of Flink's own that always has these.
    fn nested_as(&mut self, input: &mut Cursor<'_>, expected: &[Type]) -> Result<()> {
        let start = input.offset();
        expect_types(&self.nested(input)?, expected, start)
    }

    /// A record of Flink's own runtime.
    fn record(&self, name: &str, parameter: Option<Type>) -> Result<Type> {
        Type::flink_record(name, parameter).ok_or_else(|| Error::data(format!("{name} without its element")))
    }

    /// A record of Flink's own runtime whose type parameter is nested.
    fn record_of(&mut self, input: &mut Cursor<'_>, name: &str) -> Result<Type> {
        let [parameter] = self.nested_exactly(input)?;
        self.record(name, Some(parameter))
    }

    fn unknown(&mut self, class: String, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
        let body = input.offset();
        let reason = format!("unknown serializer snapshot class {class}");
        if let Some(skip) = self.context.skips.iter().find(|s| s.offset == body) {
            input.take(skip.length)?;
            return Ok(opaque(class, version, &reason));
        }
        if !is_class_name(&class) {
            return Err(Error::data(format!("serializer snapshot class {class:?} is no name of a Java class")).at(body));
        }
        let error = Error::unsupported(reason)
            .at(body)
            .with_hint("a serializer of the job's own can't be read without its class");
        self.unknown.get_or_insert(Unknown { class, version });
        Err(error)
    }
}

fn expect_types(found: &[Type], expected: &[Type], offset: u64) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::unsupported("nested snapshots are not those that Flink writes here").at(offset))
}

fn opaque(class: String, version: i32, reason: &str) -> Type {
    Type::Opaque(crate::types::Opaque { class, version, reason: reason.to_owned() })
}

fn magic(input: &mut Cursor<'_>, expected: i32, what: &str) -> Result<()> {
    let start = input.offset();
    let found = input.i32()?;
    if found == expected {
        return Ok(());
    }
    Err(Error::data(format!("{what} start with {found:#010x}, {expected:#010x} expected")).at(start))
}

fn bad_version(what: &str, version: i32) -> Error {
    Error::unsupported(format!("version {version} of the {what} is not known"))
        .with_hint("it was written by a newer Flink than 2.3, or the file is damaged")
}

fn legacy() -> Error {
    Error::unsupported("serializer snapshot in a form that was written by Flink 1.6/1.7")
        .with_hint("load it with Flink 1.8-1.16 and save it again")
}

/// Whether a text can be a class's binary name: what stands in place of one in damaged bytes seldom can.
fn is_class_name(text: &str) -> bool {
    text.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
            && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'))
    })
}

fn simple_name(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}
