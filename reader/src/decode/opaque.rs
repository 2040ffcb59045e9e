//! Values of unknown length: the bytes up to the end of what encloses them.

use crate::bytes::Cursor;
use crate::error::Error;
use crate::types::Type;

use super::{Decoder, binary};

/// A decoder that takes all bytes that are left, if the value is the last thing in them.
pub(super) fn decoder(ty: &Type, tail: bool) -> Box<dyn Decoder> {
    if tail {
        return binary::rest();
    }
    let ty = ty.clone();
    binary::decoder(move |input| Err(unframed(&ty, input)))
}

/// The error for a value whose end can't be found.
pub(super) fn unframed(ty: &Type, input: &Cursor<'_>) -> Error {
    let error = match ty {
        Type::Opaque(opaque) => {
            Error::unsupported(format!("length of a {} is unknown: {}", opaque.class, opaque.reason))
        }
        Type::Kryo(kryo) => Error::unsupported(format!("length of a {} written by Kryo is unknown", kryo.class)),
        Type::Value { class, .. } => {
            Error::unsupported(format!("length of a {class} is unknown: the class writes its values itself"))
        }
        _ => Error::unsupported("length of the value is unknown: a part of it can't be decoded"),
    };
    error.at(input.offset())
}
