//! Snapshot classes and who parses their bodies.

use std::borrow::Cow;

use crate::bytes::Cursor;
use crate::error::Result;
use crate::types::Type;

use super::{Parser, avro, basic, cep, collection, composite, kryo, pojo, python, runtime, table};

/// Parses a body; the number is the outer version of a composite, the snapshot version of all others.
pub(super) type Parse = fn(&mut Parser<'_>, i32, &mut Cursor<'_>) -> Result<Type>;

/// What stands before the part of a body that the class itself writes.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// `SimpleTypeSerializerSnapshot`: nothing else.
    Simple,
    /// `CompositeTypeSerializerSnapshot`, with the range of outer versions that are known.
    Composite { oldest: i32, newest: i32 },
    /// The class writes all of it; with the range of snapshot versions that are known.
    Plain { oldest: i32, newest: i32 },
}

/// One snapshot class.
pub(super) struct Entry {
    pub(super) layout: Layout,
    body: Body,
}

enum Body {
    /// The class alone says the type.
    Type(Type),
    Parse(Parse),
}

/// A row of a family's table.
pub(super) type Row = (&'static str, Layout, Parse);

/// A composite whose outer version is exactly this.
pub(super) const fn composite(version: i32) -> Layout {
    Layout::Composite { oldest: version, newest: version }
}

/// A snapshot whose version is exactly this.
pub(super) const fn plain(version: i32) -> Layout {
    Layout::Plain { oldest: version, newest: version }
}

/// Every family. Names in the tables start with `S.` where the package is [one of two](SCALA_PACKAGES).
const FAMILIES: [&[Row]; 11] = [
    basic::SNAPSHOTS,
    collection::SNAPSHOTS,
    composite::SNAPSHOTS,
    pojo::SNAPSHOTS,
    runtime::SNAPSHOTS,
    runtime::KAFKA_SNAPSHOTS,
    cep::SNAPSHOTS,
    kryo::SNAPSHOTS,
    avro::SNAPSHOTS,
    table::SNAPSHOTS,
    python::SNAPSHOTS,
];

/// The package of the Scala serializers in Flink 1.x and in 2.x.
const SCALA_PACKAGES: [&str; 2] = ["org.apache.flink.api.scala.typeutils.", "org.apache.flink.table.api.typeutils."];

impl Entry {
    pub(super) fn parse(self, parser: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
        match self.body {
            Body::Type(ty) => Ok(ty),
            Body::Parse(parse) => parse(parser, version, input),
        }
    }
}

/// The entry of a snapshot class.
pub(super) fn find(class: &str) -> Option<Entry> {
    let scala = SCALA_PACKAGES.iter().find_map(|package| class.strip_prefix(package));
    let name = scala.map_or(Cow::Borrowed(class), |rest| Cow::Owned(format!("S.{rest}")));
    if let Some(ty) = basic::find(&name) {
        return Some(Entry { layout: Layout::Simple, body: Body::Type(ty) });
    }
    let mut rows = FAMILIES.iter().flat_map(|rows| rows.iter());
    let &(_, layout, parse) = rows.find(|(row, ..)| *row == name)?;
    Some(Entry { layout, body: Body::Parse(parse) })
}
