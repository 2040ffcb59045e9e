//! What Flink state owes to Java: objects of Java serialization.

pub(crate) mod stream;

pub use stream::skip_object;
