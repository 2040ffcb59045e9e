//! The rows of a state as pairs of bytes: what they are found by, and a digest of what they hold.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, BinaryArray, BinaryBuilder, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::error::{DataFusionError, Result};
use flink_state_reader::{ScanTask, Snapshot, State, StateKind};
use futures::{Stream, TryStreamExt};
use twox_hash::XxHash3_128;

use super::values;
use crate::error::external;

/// Longer keys are cut, and end with a digest.
const MAX_KEY: usize = 1024;
/// Bytes of a digest.
const DIGEST: usize = 16;

/// The columns `key` and `digest`.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |name: &str| Field::new(name, DataType::Binary, false);
    Arc::new(Schema::new(vec![field("key"), field("digest")]))
});

/// How the rows of a pair of states are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    /// By their bytes, else as decoded values.
    pub(super) raw: bool,
    /// Whether the key group is a part of the key, which puts the rows in the order of key groups.
    pub(super) key_groups: bool,
}

/// What to read: a task of raw entries with all columns.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    pub(super) snapshot: Snapshot,
    pub(super) state: State,
    pub(super) task: ScanTask,
    pub(super) comparison: Comparison,
    /// Bytes of the key group before a raw key.
    pub(super) prefix: usize,
}

/// The digest of bytes.
pub(super) fn digest(bytes: &[u8]) -> [u8; DIGEST] {
    XxHash3_128::oneshot(bytes).to_be_bytes()
}

impl Entries {
    /// The raw entries, each batch with its keys and digests.
    pub(super) fn read(self) -> impl Stream<Item = Result<(RecordBatch, RecordBatch)>> + Send {
        let start = async move {
            let batches = self.snapshot.execute(&self.task).await.map_err(external)?;
            Ok::<_, DataFusionError>(batches.map_err(external).and_then(move |raw| {
                let compared = self.pairs(&raw);
                async move { Ok((raw, compared?)) }
            }))
        };
        futures::stream::once(start).try_flatten()
    }

    fn pairs(&self, raw: &RecordBatch) -> Result<RecordBatch> {
        if self.comparison.raw { self.raw_pairs(raw) } else { self.decoded_pairs(raw) }
    }

    fn raw_pairs(&self, raw: &RecordBatch) -> Result<RecordBatch> {
        let bytes = |index: usize| raw.column(index).as_binary::<i32>();
        let mut pairs = Pairs::default();
        match self.state.kind() {
            // An element has no place of its own: a restore deals them out anew.
            StateKind::OperatorList | StateKind::OperatorUnion | StateKind::Raw => {
                bytes(2).iter().flatten().for_each(|value| pairs.push(value, &[]));
            }
            StateKind::Broadcast => {
                let entries = bytes(0).iter().flatten().zip(bytes(1).iter().flatten());
                entries.for_each(|(key, value)| pairs.push(key, value));
            }
            kind => {
                let key_groups = raw.column(0).as_primitive::<Int32Type>();
                let mut full_key = Vec::new();
                for (row, key_group) in key_groups.values().iter().enumerate() {
                    full_key.clear();
                    if self.comparison.key_groups {
                        full_key.extend(key_group.to_be_bytes());
                    }
                    full_key.extend(bytes(1).value(row).get(self.prefix..).unwrap_or_default());
                    let value = match (kind, bytes(2).value(row)) {
                        // What stands behind a set null flag means nothing.
                        (StateKind::Map, [1, ..]) => &[1],
                        (_, value) => value,
                    };
                    pairs.push(&full_key, value);
                }
            }
        }
        pairs.finish()
    }

    fn decoded_pairs(&self, raw: &RecordBatch) -> Result<RecordBatch> {
        let rows = self.state.decode(raw).map_err(external)?;
        let is_list = matches!(self.state.kind(), StateKind::OperatorList | StateKind::OperatorUnion | StateKind::Raw);
        let (mut keys, mut held): (Vec<&ArrayRef>, Vec<&ArrayRef>) = (Vec::new(), Vec::new());
        for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
            match field.name().as_str() {
                "subtask" | "position" if is_list => {}
                "key_group" if !self.comparison.key_groups => {}
                "value" if is_list => keys.push(column),
                "value" | "map_value" | "last_access" => held.push(column),
                _ => keys.push(column),
            }
        }
        let mut pairs = Pairs::default();
        let (mut key, mut value) = (Vec::new(), Vec::new());
        for row in 0..rows.num_rows() {
            key.clear();
            value.clear();
            keys.iter().try_for_each(|column| values::append(column, row, &mut key))?;
            held.iter().try_for_each(|column| values::append(column, row, &mut value))?;
            pairs.push(&key, &value);
        }
        pairs.finish()
    }
}

/// The two columns in the making.
#[derive(Default)]
struct Pairs {
    keys: BinaryBuilder,
    digests: BinaryBuilder,
}

impl Pairs {
    fn push(&mut self, key: &[u8], value: &[u8]) {
        match key.get(..MAX_KEY - DIGEST) {
            Some(start) if key.len() > MAX_KEY => self.keys.append_value([start, &digest(key)].concat()),
            _ => self.keys.append_value(key),
        }
        self.digests.append_value(digest(value));
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let columns: [BinaryArray; 2] = [self.keys.finish(), self.digests.finish()];
        let columns = columns.into_iter().map(|column| Arc::new(column) as ArrayRef).collect();
        Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?)
    }
}
