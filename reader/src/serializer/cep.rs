//! State of CEP's pattern matching. What these nest is always the same, so it is compared with what is expected.

use crate::bytes::Cursor;
use crate::error::Result;
use crate::types::{Basic, ListKind, Type};

use super::Parser;
use super::registry::{Layout, Row, composite};

pub(super) const SNAPSHOTS: &[Row] = &[
    (
        "org.apache.flink.cep.nfa.sharedbuffer.NodeId$NodeIdSerializer$NodeIdSerializerSnapshot",
        composite(1),
        |p, _, input| {
            p.nested_as(input, &[Basic::EventId.into()])?;
            node_id(p)
        },
    ),
    (
        concat!(
            "org.apache.flink.cep.nfa.sharedbuffer.SharedBufferEdge",
            "$SharedBufferEdgeSerializer$SharedBufferEdgeSerializerSnapshot"
        ),
        composite(1),
        |p, _, input| {
            let nested = [node_id(p)?, Basic::DeweyNumber.into()];
            p.nested_as(input, &nested)?;
            p.record("SHARED_BUFFER_EDGE", None)
        },
    ),
    ("org.apache.flink.cep.nfa.sharedbuffer.LockableTypeSerializerSnapshot", composite(1), |p, _, input| {
        p.record_of(input, "LOCKABLE")
    }),
    ("org.apache.flink.cep.nfa.sharedbuffer.SharedBufferNodeSerializerSnapshotV2", composite(1), |p, _, input| {
        let edge = p.record("SHARED_BUFFER_EDGE", None)?;
        p.nested_as(input, &[edge])?;
        p.record("SHARED_BUFFER_NODE", None)
    }),
    (
        concat!(
            "org.apache.flink.cep.nfa.sharedbuffer.SharedBufferNode",
            "$SharedBufferNodeSerializer$SharedBufferNodeSerializerSnapshot"
        ),
        composite(1),
        |p, _, input| {
            let edge = p.record("SHARED_BUFFER_EDGE", None)?;
            let edges = Type::List { kind: ListKind::List, element: Box::new(edge) };
            p.nested_as(input, &[edges])?;
            p.record("SHARED_BUFFER_NODE_V1", None)
        },
    ),
    ("org.apache.flink.cep.nfa.NFAStateSerializerSnapshot", Layout::Composite { oldest: 1, newest: 2 }, nfa_state),
];

fn node_id(parser: &Parser<'_>) -> Result<Type> {
    Ok(Type::Option(Box::new(parser.record("NODE_ID", None)?)))
}

/// Version 2 has a flag that says whether states carry the previous timestamp.
fn nfa_state(parser: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let previous_timestamp = version > 1 && input.bool()?;
    let nested = [Basic::DeweyNumber.into(), node_id(parser)?, Basic::EventId.into()];
    parser.nested_as(input, &nested)?;
    parser.record(if previous_timestamp { "NFA_STATE" } else { "NFA_STATE_V1" }, None)
}
