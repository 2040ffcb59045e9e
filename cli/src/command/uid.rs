//! `flink-state uid`.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use flink_state_reader::metadata::OperatorId;

use crate::args::Uid;
use crate::error::Result;
use crate::output::Target;

/// Prints the operator ID of each uid.
pub(crate) fn uid(arguments: Uid) -> Result<u8> {
    arguments.format.check_target(None)?;
    let ids: StringArray = arguments.names.iter().map(|uid| Some(OperatorId::from_uid(uid).to_string())).collect();
    let batch = RecordBatch::try_from_iter([
        ("uid", Arc::new(StringArray::from(arguments.names)) as ArrayRef),
        ("operator_id", Arc::new(ids)),
    ])?;
    let mut target = Target::open(None)?;
    let mut writer = arguments.format.writer(&batch.schema(), target.writer())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    target.finish()?;
    Ok(0)
}
