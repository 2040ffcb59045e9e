//! Scalars as JSON text, for values whose shape only their bytes tell.
//!
//! A double that is no number is the string `NaN`, `Infinity` or `-Infinity`; bytes are a string of hex digits.

use std::io::Write;

use serde::Serialize;

/// Appends what `serde_json` makes of a boolean, a number or a string.
pub(super) fn scalar(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing to memory can't fail, and scalars always have a form.
    let _ = serde_json::to_writer(out, value);
}

/// Appends a floating-point number.
pub(super) fn float(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        scalar(&value, out);
    } else if value.is_nan() {
        scalar("NaN", out);
    } else {
        scalar(if value > 0.0 { "Infinity" } else { "-Infinity" }, out);
    }
}

/// Appends a floating-point number with as few digits as single precision needs.
pub(super) fn single(value: f32, out: &mut Vec<u8>) {
    if value.is_finite() { scalar(&value, out) } else { float(f64::from(value), out) }
}

/// Appends bytes.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push(b'"');
}
