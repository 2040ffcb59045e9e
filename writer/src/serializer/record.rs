//! Records of Flink's own runtime, of its connectors and of CEP: what most of them nest is always the same.

use flink_state_reader::Result;
use flink_state_reader::types::{Basic, ListKind, Type};

use super::{FlinkVersion, LAST_OF_1, SnapshotWriter, refused};

impl SnapshotWriter<'_> {
    pub(super) fn record(&mut self, ty: &Type) -> Result<()> {
        let Some((name, parameter)) = ty.as_flink_record() else {
            return Err(refused(ty, "it is no record of Flink"));
        };
        match (name, parameter) {
            ("BUFFER_ENTRY", Some(element)) => self.composite_of(
                "org.apache.flink.streaming.api.operators.co.IntervalJoinOperator$BufferEntrySerializerSnapshot",
                2,
                &[element],
            ),
            ("LOCKABLE", Some(element)) => {
                self.composite_of("org.apache.flink.cep.nfa.sharedbuffer.LockableTypeSerializerSnapshot", 1, &[element])
            }
            ("WINDOW_KEY", Some(key)) => self.composite_of(
                "org.apache.flink.table.runtime.typeutils.WindowKeySerializer$WindowKeySerializerSnapshot",
                1,
                &[key],
            ),
            ("SQN_NODE", Some(row)) => {
                let link = Type::Nullable { padding: 8, inner: Box::new(Basic::Long.into()) };
                self.linked("Node", &[row, &Basic::Long.into(), &link, &link, &link, &Basic::Long.into()])
            }
            ("ROW_SQN_INFO", _) => self.linked("RowSqnInfo", &[&Basic::Long.into(), &Basic::Long.into()]),
            ("META_SQN_INFO", _) => self.linked("MetaSqnInfo", &[&Basic::Long.into(), &Basic::Long.into()]),
            ("SHARED_BUFFER_EDGE", _) => self.shared_buffer_edge(),
            ("SHARED_BUFFER_NODE", _) => {
                self.since(FlinkVersion::new(1, 13), name)?;
                self.composite_of(
                    "org.apache.flink.cep.nfa.sharedbuffer.SharedBufferNodeSerializerSnapshotV2",
                    1,
                    &[&self.known("SHARED_BUFFER_EDGE")?],
                )
            }
            ("SHARED_BUFFER_NODE_V1", _) => self.shared_buffer_node_v1(),
            ("NFA_STATE", _) => {
                self.since(FlinkVersion::new(1, 16), name)?;
                self.nfa_state(true)
            }
            ("NFA_STATE_V1", _) => self.nfa_state(false),
            ("KAFKA_TRANSACTION", _) => self.kafka("TransactionState"),
            ("KAFKA_TRANSACTION_HINT", _) => self.kafka("NextTransactionalIdHint"),
            _ => Err(refused(ty, "it has no snapshot of its own")),
        }
    }

    /// State of SQL's sequenced multisets.
    fn linked(&mut self, name: &str, nested: &[&Type]) -> Result<()> {
        self.since(FlinkVersion::new(2, 2), format_args!("{name} of a sequenced multiset"))?;
        let package = "org.apache.flink.table.runtime.sequencedmultisetstate.linked.";
        self.composite_of(&format!("{package}{name}Serializer${name}SerializerSnapshot"), 0, nested)
    }

    pub(super) fn kafka(&mut self, name: &str) -> Result<()> {
        self.until(LAST_OF_1, "the state of FlinkKafkaProducer")?;
        let producer = "org.apache.flink.streaming.connectors.kafka.FlinkKafkaProducer";
        self.simple(&format!("{producer}${name}Serializer${name}SerializerSnapshot"))
    }

    pub(super) fn node_id(&mut self) -> Result<()> {
        self.composite_of(
            "org.apache.flink.cep.nfa.sharedbuffer.NodeId$NodeIdSerializer$NodeIdSerializerSnapshot",
            1,
            &[&Basic::EventId.into()],
        )
    }

    fn shared_buffer_edge(&mut self) -> Result<()> {
        let package = "org.apache.flink.cep.nfa.sharedbuffer.";
        let name = "SharedBufferEdge$SharedBufferEdgeSerializer$SharedBufferEdgeSerializerSnapshot";
        let node_id = self.known_node_id()?;
        self.composite_of(&format!("{package}{name}"), 1, &[&node_id, &Basic::DeweyNumber.into()])
    }

    fn shared_buffer_node_v1(&mut self) -> Result<()> {
        self.until(LAST_OF_1, "SHARED_BUFFER_NODE_V1")?;
        let package = "org.apache.flink.cep.nfa.sharedbuffer.";
        let name = "SharedBufferNode$SharedBufferNodeSerializer$SharedBufferNodeSerializerSnapshot";
        let edge = Box::new(self.known("SHARED_BUFFER_EDGE")?);
        self.composite_of(&format!("{package}{name}"), 1, &[&Type::List { kind: ListKind::List, element: edge }])
    }

    /// The flag for the previous timestamp came with outer version 2 in Flink 1.16.
    fn nfa_state(&mut self, previous_timestamp: bool) -> Result<()> {
        let class = "org.apache.flink.cep.nfa.NFAStateSerializerSnapshot";
        if self.release >= FlinkVersion::new(1, 16) {
            self.composite(class, 2)?;
            self.out.bool(previous_timestamp);
        } else {
            self.composite(class, 1)?;
        }
        let node_id = self.known_node_id()?;
        self.nested(&[&Basic::DeweyNumber.into(), &node_id, &Basic::EventId.into()])
    }

    fn known_node_id(&self) -> Result<Type> {
        Ok(Type::Option(Box::new(self.known("NODE_ID")?)))
    }

    fn known(&self, name: &str) -> Result<Type> {
        Type::flink_record(name, None).ok_or_else(|| refused(name, "it is no record of Flink"))
    }
}
