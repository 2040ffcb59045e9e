//! Savepoints of any size for benchmarks, the same bytes each time.
//!
//! | shape | state | bytes of an entry |
//! | --- | --- | --- |
//! | `long` | value state, LONG to LONG | 26 |
//! | `pojo` | value state, STRING to a POJO of six fields | 88 |
//! | `map` | map state, STRING to STRING to LONG, ten entries a key | 44 |
//!
//! Each is the state [`STATE`] of the operator [`OPERATOR`], with 128 key groups in two files, as a savepoint of Flink
//! has it.

#![allow(missing_docs, reason = "of the fields of a table above")]

mod compress;
mod rows;

use std::path::Path;
use std::sync::Arc;

use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{Error, Result};
use flink_state_writer::FlinkVersion;
use flink_state_writer::savepoint::{OperatorPlan, Options, Part, Plan, WriteOperator, write};
use flink_state_writer::serializer::Target;
use flink_state_writer::state::{KeyedState, KeyedStream, Order};

pub use compress::compress;
pub use rows::{Rows, Shape};

/// The uid of the operator.
pub const OPERATOR: &str = "benchmark";

/// The name of its state.
pub const STATE: &str = "state";

const RELEASE: FlinkVersion = FlinkVersion::new(2, 0);
const PARALLELISM: u32 = 2;

/// Writes a savepoint with so many keys to a new directory.
///
/// # Errors
/// As [`write`](flink_state_writer::savepoint::write()).
pub async fn generate(shape: Shape, keys: u32, directory: &Path) -> Result<()> {
    let options = Options { flink_version: Some(RELEASE), ..Options::default() };
    write(&plan(Rows::new(shape, keys)?)?, directory, &options).await.map(drop)
}

/// The plan of a savepoint with these rows.
///
/// # Errors
/// Types that can't be written: a defect.
pub fn plan(rows: Rows) -> Result<Plan> {
    let target = Target { release: RELEASE };
    let state = rows.state();
    let key = state.key_snapshot(&target)?.ok_or_else(|| Error::bug("keyed state without a key"))?;
    let meta = state.meta(STATE, &target)?;
    let states = vec![KeyedState { meta, entries: Arc::new(rows), order: Order::Sorted }];
    let operator = WriteOperator {
        id: OperatorId::from_uid(OPERATOR),
        uid: OPERATOR.to_owned(),
        name: String::new(),
        parallelism: PARALLELISM,
        max_parallelism: rows::MAX_PARALLELISM.get().into(),
        coordinator: None,
        carried: None,
        keyed: Part::Write(KeyedStream { key, states }),
        operator: Part::Empty,
    };
    Ok(Plan { source: None, operators: vec![OperatorPlan::Write(Box::new(operator))] })
}
