//! Types of the runtime: timers, time-to-live, stream elements, two-phase commits.

use flink_state_reader::Result;
use flink_state_reader::types::{Basic, Type};

use super::{FIRST_OF_2, FlinkVersion, SnapshotWriter};

impl SnapshotWriter<'_> {
    pub(super) fn timer(&mut self, key: &Type, namespace: &Type) -> Result<()> {
        self.composite_of("org.apache.flink.streaming.api.operators.TimerSerializerSnapshot", 2, &[key, namespace])
    }

    pub(super) fn ttl(&mut self, value: &Type) -> Result<()> {
        let class = "org.apache.flink.runtime.state.ttl.TtlStateFactory$TtlSerializerSnapshot";
        self.composite_of(class, 2, &[&Basic::Long.into(), value])
    }

    pub(super) fn stream_element(&mut self, record: &Type) -> Result<()> {
        let class =
            "org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer$StreamElementSerializerSnapshot";
        self.composite_of(class, 2, &[record])
    }

    /// A pending transaction can be null since outer version 3 in Flink 1.14; since 4 in 1.15 a flag says so.
    pub(super) fn two_phase_commit(&mut self, nullable: bool, transaction: &Type, context: &Type) -> Result<()> {
        let package = if self.release < FIRST_OF_2 { "sink" } else { "sink.legacy" };
        let class = format!(
            "org.apache.flink.streaming.api.functions.{package}.TwoPhaseCommitSinkFunction$StateSerializerSnapshot"
        );
        if self.release >= FlinkVersion::new(1, 15) {
            self.composite(&class, 4)?;
            self.out.bool(nullable);
        } else if nullable {
            self.since(FlinkVersion::new(1, 14), "TWO_PHASE_COMMIT")?;
            self.composite(&class, 3)?;
        } else {
            self.composite(&class, 2)?;
        }
        self.nested(&[transaction, context])
    }
}
