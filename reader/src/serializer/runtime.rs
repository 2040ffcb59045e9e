//! Types of the runtime and of connectors that write their state with it.

use bytes::Bytes;

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};
use crate::types::{Basic, ListKind, Type};

use super::collection::transparent;
use super::registry::{Layout, Row, composite, plain};
use super::{Parser, SnapshotContext};

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

/// The serializer of the keys, which the snapshot of timers begins with; it comes in the proxy form, as does its own.
///
/// # Errors
/// No snapshot of timers in the form that Flink 1.8 and later write.
pub(crate) fn key_of_timers(snapshot: &Bytes, context: &SnapshotContext) -> Result<(Type, Bytes)> {
    let mut input = Cursor::new(snapshot);
    let proxy = input.take(4)?;
    input.utf().in_field("snapshot class")?;
    let start = input.offset();
    if input.i32()? != super::COMPOSITE_VERSION {
        return Err(Error::unsupported("a timer serializer in the form of Flink 1.7 or older").at(start));
    }
    super::magic(&mut input, super::COMPOSITE_MAGIC, "composite snapshot")?;
    input.i32()?;
    super::magic(&mut input, super::NESTED_MAGIC, "nested snapshots")?;
    input.i32()?;
    input.count(6)?;
    let mut key = input;
    let ty = super::parse_versioned(&mut input, context)?;
    let size = key.remaining() - input.remaining();
    Ok((ty, [proxy, key.take(size)?].concat().into()))
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
