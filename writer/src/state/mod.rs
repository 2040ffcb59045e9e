//! The data files of a savepoint: sorted entries to the streams that Flink restores.

mod canonical;
mod elements;
mod encoded;
mod entries;
mod keyed;
mod new;
mod tally;

pub use canonical::{CanonicalWriter, KeyedHeader, key_group_range};
pub use elements::{OperatorStream, write_operator};
pub use encoded::RowEncoder;
pub use entries::{Batches, Carried, EntrySource, EntryStream, Slice};
pub use keyed::{KeyedState, KeyedStream, Order, write_keyed};
pub use new::NewState;
pub use tally::Tally;

use std::io;

use flink_state_reader::{Error, ErrorKind};

/// A failed write.
pub(crate) fn storage(error: io::Error) -> Error {
    Error::new(ErrorKind::Storage, error.to_string()).with_source(error)
}
