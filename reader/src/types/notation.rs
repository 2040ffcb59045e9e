//! The type notation.
