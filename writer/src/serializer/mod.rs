//! Types to serializer snapshots (`TypeSerializerSnapshot`): the counterpart of
//! [`flink_state_reader::serializer`].
//!
//! A job checks the snapshot of a restored state against the one of its own serializer, so what is written here is what
//! the job's own Flink release writes ([`Target`]). Where a snapshot holds more than its [`Type`] says, it gets what
//! Flink writes by default:
//!
//! | type | default |
//! |---|---|
//! | Kryo | the type's registrations: without any, those of a job without flink-avro |
//! | Scala's `Tuple2` | a case class; the specialised classes (`scala.Tuple2$mcJJ$sp`) have a snapshot of their own |
//! | fields of nested `ROW`s | no description |
//! | `TIMESTAMP` | no time attribute, which Flink does not compare |
//! | intervals | `INTERVAL MONTH` and `INTERVAL SECOND(3)`: what SQL jobs have, whatever was declared |
//! | structured and distinct types | the `ROW` or type that they are made of: a job that declares them refuses it |
//! | wrappers that change no value (`TtlAware`, list and map views, `ExternalSerializer`) | none |
//!
//! For a state that exists already its original snapshot, byte for byte, is always better.

mod avro;
mod basic;
mod collection;
mod composite;
mod framing;
mod getter;
mod internal;
mod java;
mod kryo;
mod logical;
mod pojo;
mod record;
mod runtime;
mod table;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use flink_state_reader::bytes::Writer;
use flink_state_reader::types::Type;
use flink_state_reader::{Error, Result};

pub use crate::release::FlinkVersion;

/// Who will restore what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The release of the job's Flink, which is not always that of the savepoint.
    pub release: FlinkVersion,
}

/// Writes the snapshot of a type in its versioned form (`TypeSerializerSnapshot.writeVersionedSnapshot`).
///
/// After an error `out` may hold a part of the snapshot.
///
/// # Errors
/// `Unsupported`, with the type and the reason: types that can't be decoded, whose snapshot holds what no type says
/// (objects of Java serialization, code of the user), or that the target release does not know.
pub fn write_versioned(ty: &Type, target: &Target, out: &mut Writer) -> Result<()> {
    SnapshotWriter::new(target, out)?.versioned(ty)
}

/// Writes the snapshot of a type in its proxy form (`TypeSerializerSnapshotSerializationUtil`), as state meta data
/// holds it.
///
/// # Errors
/// As [`write_versioned`].
pub fn write_proxy(ty: &Type, target: &Target, out: &mut Writer) -> Result<()> {
    SnapshotWriter::new(target, out)?.proxy(ty)
}

/// The first release all of whose snapshots have the forms that are written here.
const OLDEST_RELEASE: FlinkVersion = FlinkVersion::new(1, 8);

/// As deep as a reader goes.
const MAX_DEPTH: usize = 64;

/// Writes the snapshots of one tree of types; each type family has a file with its part of the implementation.
struct SnapshotWriter<'o> {
    release: FlinkVersion,
    out: &'o mut Writer,
    depth: usize,
}

impl<'o> SnapshotWriter<'o> {
    fn new(target: &Target, out: &'o mut Writer) -> Result<Self> {
        let release = target.release;
        if release < OLDEST_RELEASE {
            return Err(Error::unsupported(format!("serializer snapshots of Flink {release} can't be written"))
                .with_hint(format!("Flink {OLDEST_RELEASE} is the oldest possible target")));
        }
        Ok(Self { release, out, depth: 0 })
    }

    fn snapshot(&mut self, ty: &Type) -> Result<()> {
        match ty {
            Type::Basic(basic) => self.basic(*basic),
            Type::Array(element) => self.array(*element),
            Type::ValueArray(element) => self.value_array(*element),
            Type::ObjectArray { class, element } => self.object_array(class, element),
            Type::Enum { class, constants } => self.enumeration(class, constants),
            Type::ScalaEnum { class, constants } => self.scala_enumeration(class, constants),
            Type::Value { kind, class } => self.value(*kind, class),
            Type::List { kind, element } => self.list(kind, element),
            Type::Map { kind, key, value } => self.map(*kind, key, value),
            Type::Nullable { padding, inner } => self.nullable(*padding, inner),
            Type::Option(inner) => self.option(inner),
            Type::Either { kind, left, right } => self.either(*kind, left, right),
            Type::Struct { kind, fields } => self.structure(ty, kind, fields),
            Type::Row { fields, row_kind } => self.row(fields, *row_kind),
            Type::Pojo(pojo) => self.pojo(pojo),
            Type::Timer { key, namespace } => self.timer(key, namespace),
            Type::Ttl(value) => self.ttl(value),
            Type::StreamElement(record) => self.stream_element(record),
            Type::TwoPhaseCommit { nullable_pending, transaction, context } => {
                self.two_phase_commit(*nullable_pending, transaction, context)
            }
            Type::Avro { class, schema } => self.avro(class, schema.as_str()),
            Type::Kryo(kryo) => self.kryo(kryo),
            Type::RowData(fields) => self.row_data(fields.iter().map(|f| &f.ty).collect()),
            Type::BinaryRowData { arity } => self.binary_row_data(*arity),
            Type::TableCollection(logical) => self.table_collection(logical),
            Type::DecimalData { precision, scale } => self.decimal_data(*precision, *scale),
            Type::TimestampData { precision } => self.timestamp_data(*precision),
            Type::RawValue(inner) => self.raw_value(inner),
            Type::Opaque(opaque) => Err(refused(&opaque.class, &opaque.reason)),
            other => Err(refused(other, "its serializer is not known")),
        }
    }

    /// Refuses what the target is too old for.
    fn since(&self, first: FlinkVersion, what: impl Display) -> Result<()> {
        if self.release >= first {
            return Ok(());
        }
        Err(Error::unsupported(format!("{what} needs Flink {first}, the target is Flink {}", self.release)))
    }

    /// Refuses what the target is too new for.
    fn until(&self, last: FlinkVersion, what: impl Display) -> Result<()> {
        if self.release <= last {
            return Ok(());
        }
        Err(Error::unsupported(format!("{what} ended with Flink {last}, the target is Flink {}", self.release)))
    }
}

/// The last release with the DataStream API for Scala, Kryo 2, Gelly and the old sinks.
const LAST_OF_1: FlinkVersion = FlinkVersion::new(1, 20);
const FIRST_OF_2: FlinkVersion = FlinkVersion::new(2, 0);

fn refused(what: impl Display, reason: impl Display) -> Error {
    Error::unsupported(format!("no serializer snapshot can be made for {what}: {reason}"))
        .with_hint("copy the state's original snapshot instead")
}
