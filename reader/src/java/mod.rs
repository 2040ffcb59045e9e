//! What Flink state owes to Java: `hashCode`, from which key groups come.

pub mod hash;
