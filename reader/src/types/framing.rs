//! Whether values of a type say where they end.

use crate::decode::kryo;

use super::{Basic, Pojo, Type};

/// Whether values of a type say where they end. Flink writes no lengths: only who knows the type finds the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framing {
    /// Every value ends where its type says.
    Always,
    /// Some values may hold what can't be decoded: an element of a Kryo collection, a subclass of a POJO.
    Sometimes,
    /// The type, or a part of it, can't be decoded.
    Never,
}

impl Type {
    /// Whether values of this type say where they end.
    pub fn framing(&self) -> Framing {
        match self {
            Self::Opaque(_) => Framing::Never,
            Self::Value { .. } if self.value_basic().is_none() => Framing::Never,
            Self::Kryo(kryo) => kryo::framing(kryo),
            Self::ObjectArray { element: inner, .. }
            | Self::List { element: inner, .. }
            | Self::Nullable { inner, .. }
            | Self::Option(inner)
            | Self::Ttl(inner)
            | Self::StreamElement(inner) => inner.framing(),
            Self::Map { key: a, value: b, .. }
            | Self::Either { left: a, right: b, .. }
            | Self::Timer { key: a, namespace: b }
            | Self::TwoPhaseCommit { transaction: a, context: b, .. } => a.framing().max(b.framing()),
            Self::Struct { fields, .. } | Self::Row { fields, .. } => worst(fields.iter().map(|f| &f.ty)),
            Self::Pojo(pojo) => pojo_framing(pojo),
            _ => Framing::Always,
        }
    }

    /// Whether every value of this type takes at least one byte, so that a count of values is bounded by the bytes.
    pub(crate) fn takes_bytes(&self) -> bool {
        match self {
            Self::Basic(Basic::NullValue) | Self::Opaque(_) => false,
            Self::Avro { schema, .. } => schema.bounds(schema.root()).min_size > 0,
            Self::Value { .. } => self.value_basic().is_some_and(|basic| basic != Basic::NullValue),
            Self::Struct { fields, .. } => fields.iter().any(|f| f.ty.takes_bytes()),
            Self::Row { fields, row_kind } => *row_kind || !fields.is_empty(),
            _ => true,
        }
    }
}

/// The class itself must be decodable; a subclass that is not spoils only its own values.
fn pojo_framing(pojo: &Pojo) -> Framing {
    let own = worst(pojo.fields.iter().map(|f| &f.ty));
    if pojo.has_subclasses() { own.max(Framing::Sometimes) } else { own }
}

impl Pojo {
    /// Whether the snapshot knows subclasses. If it does not, there can be values of subclasses all the same.
    pub fn has_subclasses(&self) -> bool {
        !self.registered.is_empty() || !self.non_registered.is_empty()
    }
}

fn worst<'a>(types: impl Iterator<Item = &'a Type>) -> Framing {
    types.map(Type::framing).max().unwrap_or(Framing::Always)
}
