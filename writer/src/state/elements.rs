//! The operator state of one subtask.
//!
//! ```text
//! stream    := i32 5  i16 n  stateMeta[n]  i16 m  stateMeta[m]  element*  broadcast*
//! broadcast := i32 count  (key value)[count]
//! ```
//!
//! List and union states come first, then broadcast states. Where each element is, and each map, is in `_metadata`.
//! Version 5 has no compression, and Flink 1.7 to 2.3 read it.
//!
//! Read by `OperatorStateRestoreOperation`.

use std::io::Write;
use std::sync::Arc;

use arrow_array::Array;
use flink_state_reader::bytes::Writer;
use flink_state_reader::metadata::{DistributionMode, StateOffsets};
use flink_state_reader::{BackendState, Error, Result, StateMeta};
use futures::TryStreamExt;

use super::entries::{byte_column, int_column};
use super::{EntrySource, Slice, Tally, storage};

/// `OperatorBackendSerializationProxy.VERSION` before there was compression.
const VERSION: i32 = 5;

/// An operator state to be written.
#[derive(Clone, Debug)]
pub struct OperatorStream {
    /// Its entry in the header, which says whether it is a list, union or broadcast state.
    pub meta: StateMeta,
    /// Its elements or entries.
    pub entries: Arc<dyn EntrySource>,
}

impl OperatorStream {
    /// How a restore distributes it.
    ///
    /// # Errors
    /// Keyed state, an unknown mode, a missing serializer.
    pub fn mode(&self) -> Result<DistributionMode> {
        let roles: &[&str] = match self.meta.backend {
            BackendState::Broadcast => &["KEY_SERIALIZER", "VALUE_SERIALIZER"],
            _ => &["VALUE_SERIALIZER"],
        };
        if let Some(role) = roles.iter().find(|role| self.meta.serializer(role).is_none()) {
            return Err(Error::usage(format!("the state has no {role}")).in_state(&self.meta.name));
        }
        match (self.meta.backend, self.meta.option("OPERATOR_STATE_DISTRIBUTION_MODE")) {
            (BackendState::Operator, Some("SPLIT_DISTRIBUTE")) => Ok(DistributionMode::SplitDistribute),
            (BackendState::Operator, Some("UNION")) => Ok(DistributionMode::Union),
            (BackendState::Broadcast, Some("BROADCAST")) => Ok(DistributionMode::Broadcast),
            (backend, mode) => {
                Err(Error::usage(format!("{backend:?} state with the distribution mode {}", mode.unwrap_or("none")))
                    .in_state(&self.meta.name))
            }
        }
    }
}

/// Writes the operator state of one subtask. Gives where the elements are, and what each state has, in the order of
/// `states`.
///
/// Broadcast maps are held in memory while they are written, as every task holds them.
///
/// # Errors
/// A source that fails; a failed write.
pub async fn write_operator<W: Write>(
    out: &mut W,
    states: &[OperatorStream],
    index: u32,
    parallelism: u32,
) -> Result<(Vec<StateOffsets>, Vec<Tally>)> {
    let mut written = Vec::new();
    let mut position = write_header(out, states)?;
    for is_broadcast in [false, true] {
        for (i, state) in states.iter().enumerate() {
            let mode = state.mode()?;
            if (mode == DistributionMode::Broadcast) != is_broadcast {
                continue;
            }
            let locate = |e: Error| e.in_state(&state.meta.name);
            let (offsets, tally) = if is_broadcast {
                let (bytes, tally) = broadcast(state).await.map_err(locate)?;
                out.write_all(&bytes).map_err(storage)?;
                position += bytes.len() as u64;
                (vec![position - bytes.len() as u64], tally)
            } else {
                elements(out, state, index, parallelism, &mut position).await.map_err(locate)?
            };
            written.push((i, StateOffsets { name: state.meta.name.clone(), mode, offsets }, tally));
        }
    }
    written.sort_by_key(|(i, ..)| *i);
    Ok(written.into_iter().map(|(_, offsets, tally)| (offsets, tally)).unzip())
}

fn write_header<W: Write>(out: &mut W, states: &[OperatorStream]) -> Result<u64> {
    let mut header = Writer::new();
    header.i32(VERSION);
    for is_broadcast in [false, true] {
        let metas = || states.iter().map(|state| &state.meta).filter(|meta| is_broadcast == is_map(meta));
        let count = i16::try_from(metas().count()).map_err(|_| Error::usage("too many operator states"))?;
        header.i16(count);
        metas().try_for_each(|meta| meta.encode(&mut header))?;
    }
    let header = header.into_bytes();
    out.write_all(&header).map_err(storage)?;
    Ok(header.len() as u64)
}

fn is_map(meta: &StateMeta) -> bool {
    meta.backend == BackendState::Broadcast
}

async fn elements<W: Write>(
    out: &mut W,
    state: &OperatorStream,
    index: u32,
    parallelism: u32,
    position: &mut u64,
) -> Result<(Vec<u64>, Tally)> {
    let (mut offsets, mut tally) = (Vec::new(), Tally::default());
    let mut stream = state.entries.open(&Slice::Subtask { index, parallelism });
    while let Some(batch) = stream.try_next().await? {
        int_column(&batch, 0)?;
        let values = byte_column(&batch, 2)?;
        for row in 0..values.len() {
            let value = values.value(row);
            tally.add(&[&index.to_be_bytes(), &(offsets.len() as u64).to_be_bytes(), value]);
            offsets.push(*position);
            out.write_all(value).map_err(storage)?;
            *position += value.len() as u64;
        }
    }
    Ok((offsets, tally))
}

async fn broadcast(state: &OperatorStream) -> Result<(Vec<u8>, Tally)> {
    let (mut entries, mut tally) = (Writer::new(), Tally::default());
    let mut stream = state.entries.open(&Slice::All);
    while let Some(batch) = stream.try_next().await? {
        let (keys, values) = (byte_column(&batch, 0)?, byte_column(&batch, 1)?);
        for row in 0..keys.len() {
            let (key, value) = (keys.value(row), values.value(row));
            tally.add(&[key, value]);
            entries.bytes(key);
            entries.bytes(value);
        }
    }
    let mut out = Writer::new();
    out.count(i32::try_from(tally.rows).map_err(|_| Error::usage("too many entries in a broadcast map"))?)?;
    out.bytes(&entries.into_bytes());
    Ok((out.into_bytes(), tally))
}
