//! What Flink state owes to Java: `hashCode`, from which key groups come, and objects of Java serialization.

pub mod hash;
pub(crate) mod stream;

pub use stream::skip_object;
