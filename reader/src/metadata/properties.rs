//! The object at the end of version 4 and later: how the snapshot was made.

use bytes::Bytes;

use crate::bytes::Writer;
use crate::error::{Error, Result};

/// The end of a file of version 4 and later: one object in Java's serialization format.
///
/// ```text
/// AC ED 00 05  70                                           null
/// AC ED 00 05  73 class(CheckpointProperties) flag:bool[7] type   known
/// AC ED 00 05  ...                                          anything else, kept as it is
/// ```
///
/// It is compared with the objects that Flink writes, and never deserialized.
///
/// Source: `MetadataV4Serializer`, `CheckpointProperties`, `CheckpointType`, `SavepointType`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Properties {
    /// None; before version 4 always. Every Flink accepts a null.
    Null,
    /// What Flink 1.16 to 2.3 writes.
    Known(CheckpointProperties),
    /// Unknown properties: the bytes from the end of the last operator to the end of the file.
    Unknown(Bytes),
}

/// `CheckpointProperties`: what made the snapshot, and when Flink would have discarded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Flink's")]
pub struct CheckpointProperties {
    pub discard_cancelled: bool,
    pub discard_failed: bool,
    pub discard_finished: bool,
    pub discard_subsumed: bool,
    pub discard_suspended: bool,
    /// Whether it was to be made whatever else was going on.
    pub forced: bool,
    /// Whether the job that restored from it does not own it.
    pub unclaimed: bool,
    /// What made it.
    pub snapshot_type: SnapshotType,
}

/// `SnapshotType`: what made a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotType {
    /// A checkpoint that may share files with others.
    Checkpoint,
    /// A checkpoint that shares no file with those before.
    FullCheckpoint,
    /// A savepoint.
    Savepoint {
        /// How its keyed state is laid out.
        format: SavepointFormat,
        /// What happened to the job.
        action: PostCheckpointAction,
    },
}

/// `SavepointFormatType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavepointFormat {
    /// One format for all state backends.
    Canonical,
    /// The format of the state backend.
    Native,
}

/// `SavepointType.PostCheckpointAction`: what happens to the job after a savepoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostCheckpointAction {
    /// It goes on.
    None,
    /// It stops.
    Suspend,
    /// It drains and stops.
    Terminate,
}

/// Magic and version of a Java object stream.
const STREAM_HEADER: [u8; 4] = [0xAC, 0xED, 0x00, 0x05];
const TC_NULL: u8 = 0x70;
const TC_REFERENCE: u8 = 0x71;
const TC_CLASSDESC: u8 = 0x72;
const TC_OBJECT: u8 = 0x73;
const TC_STRING: u8 = 0x74;
const TC_ENDBLOCKDATA: u8 = 0x78;
const TC_ENUM: u8 = 0x7E;
const SC_SERIALIZABLE: u8 = 0x02;
const SC_ENUM: u8 = 0x12;
/// In a savepoint's object the descriptor of `java.lang.Enum` is the tenth thing that can be referred to.
const ENUM_CLASS_HANDLE: u32 = 0x7E_0009;

const FLAGS: [&str; 7] = [
    "discardCancelled",
    "discardFailed",
    "discardFinished",
    "discardSubsumed",
    "discardSuspended",
    "forced",
    "unclaimed",
];

const SNAPSHOT_TYPES: [SnapshotType; 8] = {
    use PostCheckpointAction as Action;
    use SavepointFormat::{Canonical, Native};
    const fn savepoint(format: SavepointFormat, action: Action) -> SnapshotType {
        SnapshotType::Savepoint { format, action }
    }
    [
        SnapshotType::Checkpoint,
        SnapshotType::FullCheckpoint,
        savepoint(Canonical, Action::None),
        savepoint(Canonical, Action::Suspend),
        savepoint(Canonical, Action::Terminate),
        savepoint(Native, Action::None),
        savepoint(Native, Action::Suspend),
        savepoint(Native, Action::Terminate),
    ]
};

impl Properties {
    /// Reads the rest of a file, whose first byte is the file's byte `offset`.
    pub(super) fn parse(tail: Bytes, offset: u64) -> Result<Self> {
        let flags_start = encoded(object_start)?.len();
        let flag = |i: usize| tail.get(flags_start + i).is_some_and(|&byte| byte != 0);
        let known = SNAPSHOT_TYPES.map(|snapshot_type| {
            Self::Known(CheckpointProperties {
                discard_cancelled: flag(0),
                discard_failed: flag(1),
                discard_finished: flag(2),
                discard_subsumed: flag(3),
                discard_suspended: flag(4),
                forced: flag(5),
                unclaimed: flag(6),
                snapshot_type,
            })
        });
        for candidate in std::iter::once(Self::Null).chain(known) {
            let expected = encoded(|out| candidate.encode(out))?;
            if tail.len() < expected.len() && expected.starts_with(&tail) {
                return Err(Error::truncated("the object ends too early").at(offset + tail.len() as u64));
            }
            if let Some(rest) = tail.strip_prefix(expected.as_slice()) {
                if rest.is_empty() {
                    return Ok(candidate);
                }
                let message = format!("{} bytes are left over", rest.len());
                return Err(Error::data(message).at(offset + expected.len() as u64));
            }
        }
        if tail.starts_with(&STREAM_HEADER) {
            return Ok(Self::Unknown(tail));
        }
        Err(Error::data("a Java object stream (AC ED 00 05) is expected").at(offset))
    }

    pub(super) fn encode(&self, out: &mut Writer) -> Result<()> {
        match self {
            Self::Null => {
                out.bytes(&STREAM_HEADER);
                out.u8(TC_NULL);
                Ok(())
            }
            Self::Known(properties) => properties.encode(out),
            Self::Unknown(tail) => {
                out.bytes(tail);
                Ok(())
            }
        }
    }
}

impl CheckpointProperties {
    fn encode(&self, out: &mut Writer) -> Result<()> {
        object_start(out)?;
        for flag in [
            self.discard_cancelled,
            self.discard_failed,
            self.discard_finished,
            self.discard_subsumed,
            self.discard_suspended,
            self.forced,
            self.unclaimed,
        ] {
            out.bool(flag);
        }
        self.snapshot_type.encode(out)
    }
}

fn encoded(encode: impl FnOnce(&mut Writer) -> Result<()>) -> Result<Vec<u8>> {
    let mut out = Writer::new();
    encode(&mut out)?;
    Ok(out.into_bytes())
}

/// Everything before the flags.
fn object_start(out: &mut Writer) -> Result<()> {
    out.bytes(&STREAM_HEADER);
    out.u8(TC_OBJECT);
    class_start(out, "org.apache.flink.runtime.checkpoint.CheckpointProperties", 2, SC_SERIALIZABLE, 8)?;
    for flag in FLAGS {
        out.u8(b'Z');
        out.utf(flag)?;
    }
    object_field(out, "checkpointType", "Lorg/apache/flink/runtime/checkpoint/SnapshotType;")?;
    class_end(out);
    Ok(())
}

impl SnapshotType {
    fn encode(self, out: &mut Writer) -> Result<()> {
        out.u8(TC_OBJECT);
        match self {
            Self::Checkpoint => encode_checkpoint(out, "Checkpoint", "FORWARD_BACKWARD"),
            Self::FullCheckpoint => encode_checkpoint(out, "Full Checkpoint", "FORWARD"),
            Self::Savepoint { format, action } => encode_savepoint(out, format, action),
        }
    }
}

fn encode_checkpoint(out: &mut Writer, name: &str, strategy: &str) -> Result<()> {
    class_start(out, "org.apache.flink.runtime.checkpoint.CheckpointType", 0xD6DE_4F03_05AE_1D3A, SC_SERIALIZABLE, 2)?;
    object_field(out, "name", "Ljava/lang/String;")?;
    object_field(
        out,
        "sharingFilesStrategy",
        "Lorg/apache/flink/runtime/checkpoint/SnapshotType$SharingFilesStrategy;",
    )?;
    class_end(out);
    string(out, name)?;
    first_enum(out, "org.apache.flink.runtime.checkpoint.SnapshotType$SharingFilesStrategy", strategy)
}

fn encode_savepoint(out: &mut Writer, format: SavepointFormat, action: PostCheckpointAction) -> Result<()> {
    class_start(out, "org.apache.flink.runtime.checkpoint.SavepointType", 0xA087_D308_A458_14B8, SC_SERIALIZABLE, 3)?;
    object_field(out, "formatType", "Lorg/apache/flink/core/execution/SavepointFormatType;")?;
    object_field(out, "name", "Ljava/lang/String;")?;
    object_field(
        out,
        "postCheckpointAction",
        "Lorg/apache/flink/runtime/checkpoint/SavepointType$PostCheckpointAction;",
    )?;
    class_end(out);
    let format = match format {
        SavepointFormat::Canonical => "CANONICAL",
        SavepointFormat::Native => "NATIVE",
    };
    first_enum(out, "org.apache.flink.core.execution.SavepointFormatType", format)?;
    let (name, action) = match action {
        PostCheckpointAction::None => ("Savepoint", "NONE"),
        PostCheckpointAction::Suspend => ("Suspend Savepoint", "SUSPEND"),
        PostCheckpointAction::Terminate => ("Terminate Savepoint", "TERMINATE"),
    };
    string(out, name)?;
    enum_start(out, "org.apache.flink.runtime.checkpoint.SavepointType$PostCheckpointAction")?;
    out.u8(TC_REFERENCE);
    out.u32(ENUM_CLASS_HANDLE);
    string(out, action)
}

fn class_start(out: &mut Writer, name: &str, serial_version: u64, flags: u8, fields: u16) -> Result<()> {
    out.u8(TC_CLASSDESC);
    out.utf(name)?;
    out.u64(serial_version);
    out.u8(flags);
    out.u16(fields);
    Ok(())
}

fn class_end(out: &mut Writer) {
    out.bytes(&[TC_ENDBLOCKDATA, TC_NULL]);
}

fn object_field(out: &mut Writer, name: &str, class: &str) -> Result<()> {
    out.u8(b'L');
    out.utf(name)?;
    string(out, class)
}

fn string(out: &mut Writer, text: &str) -> Result<()> {
    out.u8(TC_STRING);
    out.utf(text)
}

/// An enum constant up to the descriptor of its class's parent.
fn enum_start(out: &mut Writer, class: &str) -> Result<()> {
    out.u8(TC_ENUM);
    class_start(out, class, 0, SC_ENUM, 0)?;
    out.u8(TC_ENDBLOCKDATA);
    Ok(())
}

/// The first enum constant of a stream, which also describes `java.lang.Enum`.
fn first_enum(out: &mut Writer, class: &str, constant: &str) -> Result<()> {
    enum_start(out, class)?;
    class_start(out, "java.lang.Enum", 0, SC_ENUM, 0)?;
    class_end(out);
    string(out, constant)
}
