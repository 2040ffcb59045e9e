//! The Arrow type of a column of decoded values.

use arrow_schema::{DataType, Field};

use super::Type;

/// The Arrow type of the column that [`decode::decoder`](crate::decode::decoder) builds for values of this type.
pub fn arrow_type(ty: &Type) -> DataType {
    // What an empty column is can't differ from what a full one is.
    crate::decode::decoder(ty).finish().data_type().clone()
}

/// A nullable Arrow field with [`arrow_type`].
pub fn arrow_field(name: impl Into<String>, ty: &Type) -> Field {
    Field::new(name, arrow_type(ty), true)
}
