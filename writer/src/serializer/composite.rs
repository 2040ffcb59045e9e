//! Tuples, case classes, rows, and what holds one value or another.

use flink_state_reader::types::{EitherKind, Field, StructKind, Type};
use flink_state_reader::{Error, Result};

use super::{FlinkVersion, SnapshotWriter, refused};

const TUPLE_PACKAGE: &str = "org.apache.flink.api.java.tuple.";
const MAX_ARITY: usize = 25;

impl SnapshotWriter<'_> {
    pub(super) fn structure(&mut self, ty: &Type, kind: &StructKind, fields: &[Field]) -> Result<()> {
        let class = match kind {
            StructKind::Tuple(class) => {
                check_arity(class, fields.len())?;
                self.composite("org.apache.flink.api.java.typeutils.runtime.TupleSerializerSnapshot", 2)?;
                class
            }
            StructKind::CaseClass(class) => {
                let specialised = class.starts_with("scala.Tuple2$");
                let name =
                    if specialised { "Tuple2CaseClassSerializerSnapshot" } else { "ScalaCaseClassSerializerSnapshot" };
                self.composite(&self.scala(name), 2)?;
                class
            }
            StructKind::Flink(_) => return self.record(ty),
            _ => return Err(refused(ty, "its serializer is not known")),
        };
        self.out.utf(class)?;
        self.fields(fields)
    }

    fn fields(&mut self, fields: &[Field]) -> Result<()> {
        self.nested_count(fields.len())?;
        for field in fields {
            self.versioned(&field.ty).map_err(|e| e.in_field(&field.name))?;
        }
        Ok(())
    }

    /// Row kinds came with outer version 3 in Flink 1.11, the flag that says so with 4 in 1.15.
    pub(super) fn row(&mut self, fields: &[Field], row_kind: bool) -> Result<()> {
        let class = "org.apache.flink.api.java.typeutils.runtime.RowSerializer$RowSerializerSnapshot";
        if self.release >= FlinkVersion::new(1, 15) {
            self.composite(class, 4)?;
            self.out.bool(row_kind);
        } else if row_kind {
            self.since(FlinkVersion::new(1, 11), "ROW with a row kind")?;
            self.composite(class, 3)?;
        } else {
            self.composite(class, 2)?;
        }
        self.fields(fields)
    }

    pub(super) fn either(&mut self, kind: EitherKind, left: &Type, right: &Type) -> Result<()> {
        match kind {
            EitherKind::Java => {
                self.composite("org.apache.flink.api.java.typeutils.runtime.JavaEitherSerializerSnapshot", 1)?;
            }
            EitherKind::Scala => self.composite(&self.scala("ScalaEitherSerializerSnapshot"), 1)?,
            EitherKind::Try => self.composite(&self.scala("ScalaTrySerializerSnapshot"), 2)?,
            EitherKind::CoGroup => {
                self.composite(
                    "org.apache.flink.streaming.api.datastream.CoGroupedStreams$UnionSerializerSnapshot",
                    2,
                )?;
            }
            _ => return Err(refused("a type of two alternatives", "its serializer is not known")),
        }
        self.nested(&[left, right])
    }

    /// `i32` number of zero bytes behind a null.
    pub(super) fn nullable(&mut self, padding: usize, inner: &Type) -> Result<()> {
        self.composite("org.apache.flink.api.java.typeutils.runtime.NullableSerializer$NullableSerializerSnapshot", 2)?;
        self.out.count(padding)?;
        self.nested(&[inner])
    }

    /// Scala's `Option`, or CEP's `NodeId`, which can be null.
    pub(super) fn option(&mut self, inner: &Type) -> Result<()> {
        if let Type::Struct { kind: StructKind::Flink("NODE_ID"), .. } = inner {
            return self.node_id();
        }
        self.composite_of(&self.scala("ScalaOptionSerializerSnapshot"), 2, &[inner])
    }
}

/// One of Flink's own tuple classes has as many fields as its name says; `Tuple0` has a serializer of its own.
fn check_arity(class: &str, arity: usize) -> Result<()> {
    let Some(name) = class.strip_prefix(TUPLE_PACKAGE) else {
        return Ok(());
    };
    if (1..=MAX_ARITY).contains(&arity) && name == format!("Tuple{arity}") {
        return Ok(());
    }
    Err(Error::unsupported(format!("number of fields of Flink's {name} can't be {arity}"))
        .with_hint(format!("Flink has tuples of 1 to {MAX_ARITY} fields, and TUPLE0")))
}
