//! A few of the rows that differ, read again.

use std::collections::HashMap;

use arrow::array::{AsArray, RecordBatch};
use flink_state_reader::ErrorKind;
use futures::TryStreamExt;

use super::Example;
use super::entries::Entries;
use super::merge::ExampleKeys;
use super::states::Part;
use crate::error::Result;

/// The rows with these keys: changed ones, then those of one side.
pub(super) async fn fetch(part: &Part, keys: &ExampleKeys) -> Result<Vec<Example>> {
    let mut a = rows(part.a.as_ref(), keys.changed.iter().chain(&keys.only_a)).await?;
    let mut b = rows(part.b.as_ref(), keys.changed.iter().chain(&keys.only_b)).await?;
    let changed = keys.changed.iter().map(|key| (a.remove(key), b.remove(key))).collect::<Vec<_>>();
    let only_a = keys.only_a.iter().map(|key| (a.remove(key), None)).collect::<Vec<_>>();
    let only_b = keys.only_b.iter().map(|key| (None, b.remove(key)));
    let examples = changed.into_iter().chain(only_a).chain(only_b);
    Ok(examples.map(|(a, b)| Example { a, b }).filter(|example| example.a.is_some() || example.b.is_some()).collect())
}

/// The first row of each key.
async fn rows<'a>(
    entries: Option<&Entries>,
    keys: impl Iterator<Item = &'a Vec<u8>>,
) -> Result<HashMap<Vec<u8>, RecordBatch>> {
    let mut rows: HashMap<Vec<u8>, Option<RecordBatch>> = keys.map(|key| (key.clone(), None)).collect();
    let Some(entries) = entries else { return Ok(HashMap::new()) };
    let mut missing = rows.len();
    let mut batches = std::pin::pin!(entries.clone().read());
    while missing > 0 {
        let Some((raw, pairs)) = batches.try_next().await? else { break };
        let keys = pairs.column(0).as_binary::<i32>();
        for (row, key) in keys.iter().flatten().enumerate() {
            if let Some(found @ None) = rows.get_mut(key) {
                let entry = raw.slice(row, 1);
                *found = Some(match entries.state.decode(&entry) {
                    // Its bytes are compared, so they are what can be shown.
                    Err(error) if error.kind() == ErrorKind::Unsupported => entry,
                    decoded => decoded?,
                });
                missing -= 1;
            }
        }
    }
    Ok(rows.into_iter().filter_map(|(key, row)| Some((key, row?))).collect())
}
