//! Values that Kryo wrote, in Flink 1.x with Kryo 2.24 and in Flink 2.x with Kryo 5.6.
//!
//! | declared class | Arrow |
//! |---|---|
//! | `String`, `UUID`, `BigDecimal`, `BigInteger`, `Duration`, `Period`, zones, zoned times, `URI`, `Currency`, … | `Utf8` |
//! | wrappers of primitives, `AtomicInteger`, `AtomicLong`, `Year` | the number |
//! | `Instant`, `sql.Timestamp`; `Date`, `sql.Date`, `sql.Time` | `Timestamp(ns, UTC)`; `Timestamp(ms, UTC)` |
//! | `LocalDate`, `LocalTime`, `LocalDateTime` | `Date32`, `Time64(ns)`, `Timestamp(ns)` |
//! | `byte[]`; other arrays of primitives, `String[]` | `Binary`; `List` |
//! | `BitSet` | `List(Int64)` of the bits that are set |
//! | any other | `Struct` of `$class`, `$json` and `$bytes` |
//!
//! Values of a class in the first rows are of exactly that class, or else an error. In the struct, `$class` is the
//! class of the value itself, `$json` the whole value as JSON text (see `json`) if every part of it is a class that is
//! known, and `$bytes` all of its bytes, always. A null is a null struct.

mod any;
mod class;
mod column;
mod json;
mod list;
mod message;
mod payload;
mod primitive;
mod registry;
mod scalar;
#[cfg(test)]
mod tests;
mod time;

use crate::bytes::Cursor;
use crate::error::Result;
use crate::types::{Framing, Kryo};

use super::Decoder;
use class::Codec;
use message::Message;
use registry::Registry;

/// The decoder of values of a declared class; `tail` says whether they end where their bytes end.
pub(super) fn decoder(kryo: &Kryo, tail: bool) -> Box<dyn Decoder> {
    match column::of(&kryo.class, Registry(kryo).codec(&kryo.class)) {
        Some(column) => Box::new(column::Values { kryo: kryo.clone(), message: Message::default(), column }),
        None => Box::new(any::AnyValues::new(kryo.clone(), tail)),
    }
}

/// Moves past one value.
pub(super) fn skip(kryo: &Kryo, input: &mut Cursor<'_>) -> Result<()> {
    Message::default().parse(Registry(kryo), input)
}

/// Whether values of a declared class say where they end.
pub(crate) fn framing(kryo: &Kryo) -> Framing {
    let codec = Registry(kryo).codec(&kryo.class);
    match codec {
        _ if column::of(&kryo.class, codec).is_some() => Framing::Always,
        Codec::JavaObject | Codec::EnumSet | Codec::Empty | Codec::EmptyMap => Framing::Always,
        Codec::Unknown => Framing::Never,
        _ => Framing::Sometimes,
    }
}
