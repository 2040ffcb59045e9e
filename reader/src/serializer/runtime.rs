//! Types of the runtime and of connectors that write their state with it.

use crate::bytes::Cursor;
use crate::error::Result;
use crate::types::{Basic, ListKind, Type};

use super::Parser;
use super::collection::transparent;
use super::registry::{Layout, Row, composite, plain};

pub(super) const SNAPSHOTS: &[Row] = &[
    ("org.apache.flink.streaming.api.operators.TimerSerializerSnapshot", composite(2), timer),
    ("org.apache.flink.runtime.state.ttl.TtlStateFactory$TtlSerializerSnapshot", composite(2), ttl),
    ("org.apache.flink.runtime.state.v2.ttl.TtlStateFactory$TtlSerializerSnapshot", composite(2), ttl),
    ("org.apache.flink.runtime.state.ttl.TtlAwareSerializerSnapshot", plain(1), ttl_aware),
    (
        "org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer$StreamElementSerializerSnapshot",
        composite(2),
        |p, _, input| Ok(Type::StreamElement(p.nested_one(input)?)),
    ),
    (
        "org.apache.flink.streaming.api.operators.co.IntervalJoinOperator$BufferEntrySerializerSnapshot",
        composite(2),
        |p, _, input| p.record_of(input, "BUFFER_ENTRY"),
    ),
    (
        "org.apache.flink.streaming.api.functions.sink.TwoPhaseCommitSinkFunction$StateSerializerSnapshot",
        TWO_PHASE_COMMIT,
        two_phase_commit,
    ),
    (
        "org.apache.flink.streaming.api.functions.sink.legacy.TwoPhaseCommitSinkFunction$StateSerializerSnapshot",
        TWO_PHASE_COMMIT,
        two_phase_commit,
    ),
    (
        concat!(
            "org.apache.flink.api.common.typeutils.SingleThreadAccessCheckingTypeSerializer",
            "$SingleThreadAccessCheckingTypeSerializerSnapshot"
        ),
        composite(1),
        transparent,
    ),
];

macro_rules! kafka {
    ($producer:literal, $name:literal, $ty:expr) => {
        (
            concat!(
                "org.apache.flink.streaming.connectors.kafka.",
                $producer,
                "$",
                $name,
                "Serializer$",
                $name,
                "SerializerSnapshot"
            ),
            Layout::Simple,
            $ty,
        )
    };
}

pub(super) const KAFKA_SNAPSHOTS: &[Row] = &[
    kafka!("FlinkKafkaProducer", "TransactionState", kafka_transaction),
    kafka!("FlinkKafkaProducer011", "TransactionState", kafka_transaction),
    kafka!("FlinkKafkaProducer", "ContextState", kafka_context),
    kafka!("FlinkKafkaProducer011", "ContextState", kafka_context),
    kafka!("FlinkKafkaProducer", "NextTransactionalIdHint", kafka_hint),
    kafka!("FlinkKafkaProducer011", "NextTransactionalIdHint", kafka_hint),
];

const TWO_PHASE_COMMIT: Layout = Layout::Composite { oldest: 1, newest: 4 };

fn timer(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let [key, namespace] = parser.nested_exactly(input)?;
    Ok(Type::Timer { key: Box::new(key), namespace: Box::new(namespace) })
}

/// Nested: the timestamp, which is always a long, and the value.
fn ttl(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let start = input.offset();
    let [timestamp, value] = parser.nested_exactly(input)?;
    super::expect_types(&[timestamp], &[Basic::Long.into()], start)?;
    Ok(Type::Ttl(Box::new(value)))
}

/// `bool` whether TTL is on, then the snapshot of exactly what is written.
fn ttl_aware(parser: &mut Parser<'_>, _: i32, input: &mut Cursor<'_>) -> Result<Type> {
    input.bool()?;
    parser.versioned(input)
}

/// A pending transaction could be null since version 3; since 4 a flag says so.
fn two_phase_commit(parser: &mut Parser<'_>, version: i32, input: &mut Cursor<'_>) -> Result<Type> {
    let nullable_pending = match version {
        1 | 2 => false,
        3 => true,
        _ => input.bool()?,
    };
    let [transaction, context] = parser.nested_exactly(input)?;
    Ok(Type::TwoPhaseCommit { nullable_pending, transaction: Box::new(transaction), context: Box::new(context) })
}

fn kafka_transaction(parser: &mut Parser<'_>, _: i32, _: &mut Cursor<'_>) -> Result<Type> {
    parser.record("KAFKA_TRANSACTION", None)
}

fn kafka_context(_: &mut Parser<'_>, _: i32, _: &mut Cursor<'_>) -> Result<Type> {
    Ok(Type::List { kind: ListKind::List, element: Box::new(Basic::Utf.into()) })
}

fn kafka_hint(parser: &mut Parser<'_>, _: i32, _: &mut Cursor<'_>) -> Result<Type> {
    parser.record("KAFKA_TRANSACTION_HINT", None)
}
