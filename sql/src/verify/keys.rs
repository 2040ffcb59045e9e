//! Whether keys are in the key groups that their hashes give.

use std::num::NonZeroU16;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int32Type;
use arrow::util::display::array_value_to_string;
use flink_state_reader::java::hash::key_group;
use flink_state_reader::types::Type;
use flink_state_reader::{Error, ErrorKind, Operator, State};
use flink_state_writer::key::Hasher;

/// Compares the stored key groups of a state's keys with those of their hashes.
#[derive(Clone, Debug)]
pub(super) struct KeyCheck {
    key: Type,
    max_parallelism: NonZeroU16,
}

/// What came of the keys of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Right,
    /// The hash of the keys is not known, and so not whether they are right.
    Unknown(String),
    Wrong(String),
}

impl KeyCheck {
    /// The check of a state; `None` for operator state.
    pub(super) fn of(operator: &Operator, state: &State) -> Option<Self> {
        let schema = state.schema();
        let is_keyed = schema.fields().first()?.name() == "key_group" && schema.fields().get(1)?.name() == "key";
        let max_parallelism = NonZeroU16::new(u16::try_from(operator.max_parallelism()).ok()?)?;
        Some(Self { key: state.key_type().filter(|_| is_keyed)?.clone(), max_parallelism })
    }

    /// Checks a batch with all columns.
    pub(super) fn check(&self, batch: &RecordBatch) -> Keys {
        self.first_wrong(batch).unwrap_or_else(|e| match e.kind() {
            ErrorKind::Unsupported | ErrorKind::Usage => Keys::Unknown(e.message().to_owned()),
            _ => Keys::Wrong(e.message().to_owned()),
        })
    }

    fn first_wrong(&self, batch: &RecordBatch) -> Result<Keys, Error> {
        let key_groups = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int32Type>());
        let Some((key_groups, keys)) = key_groups.zip(batch.columns().get(1)) else {
            return Err(Error::bug("keyed state without keys"));
        };
        let hasher = Hasher::new(&self.key, None, keys)?;
        for (row, stored) in key_groups.values().iter().enumerate() {
            let hash = hasher.hash(row)?;
            let computed = i32::from(key_group(hash, self.max_parallelism));
            if computed != *stored {
                let key = shown(keys, row);
                return Ok(Keys::Wrong(format!(
                    "key {key} is in key group {stored}, but its hash {hash} gives {computed}"
                )));
            }
        }
        Ok(Keys::Right)
    }
}

fn shown(keys: &dyn Array, row: usize) -> String {
    array_value_to_string(keys, row).unwrap_or_else(|_| format!("of row {row}"))
}
