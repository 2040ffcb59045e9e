//! Sorted rows of two sides, merged.

use std::cmp::Ordering;

use arrow::array::{Array, AsArray, RecordBatch};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;

use super::Counts;

/// Rows of each kind of difference that are shown.
pub(super) const EXAMPLES: usize = 3;

/// What differs between two sorted streams.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) counts: Counts,
    pub(super) keys: ExampleKeys,
}

/// The keys of the first rows of each kind of difference.
#[derive(Debug, Default)]
pub(super) struct ExampleKeys {
    pub(super) changed: Vec<Vec<u8>>,
    pub(super) only_a: Vec<Vec<u8>>,
    pub(super) only_b: Vec<Vec<u8>>,
}

/// Rows of the current key that the other side has not: with another digest, or none at all.
#[derive(Debug, Default)]
struct Unmatched {
    key: Vec<u8>,
    a: u64,
    b: u64,
}

/// Merges two streams of keys and digests, each in the order of both. Absent streams have no rows.
pub(super) async fn merge(
    a: Option<SendableRecordBatchStream>,
    b: Option<SendableRecordBatchStream>,
) -> Result<Merged> {
    let (mut a, mut b) = (Side::new(a), Side::new(b));
    let mut merged = Merged::default();
    let mut unmatched = Unmatched::default();
    loop {
        a.fill().await?;
        b.fill().await?;
        let order = match (a.row(), b.row()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(&b),
        };
        if order == Ordering::Equal {
            merged.counts.same += 1;
            a.next();
            b.next();
            continue;
        }
        let side = if order == Ordering::Less { &mut a } else { &mut b };
        if let Some((key, _)) = side.row()
            && key != unmatched.key
        {
            merged.add(std::mem::take(&mut unmatched));
            unmatched.key.extend_from_slice(key);
        }
        match order {
            Ordering::Less => unmatched.a += 1,
            _ => unmatched.b += 1,
        }
        side.next();
    }
    merged.add(unmatched);
    Ok(merged)
}

impl Merged {
    /// A row of either side with the same key is a change.
    fn add(&mut self, Unmatched { key, a, b }: Unmatched) {
        let changed = a.min(b);
        for (count, keys, rows) in [
            (&mut self.counts.changed, &mut self.keys.changed, changed),
            (&mut self.counts.only_a, &mut self.keys.only_a, a - changed),
            (&mut self.counts.only_b, &mut self.keys.only_b, b - changed),
        ] {
            *count += rows;
            if rows > 0 && keys.len() < EXAMPLES {
                keys.push(key.clone());
            }
        }
    }
}

/// A stream and the row that it is at.
struct Side {
    stream: Option<SendableRecordBatchStream>,
    batch: Option<RecordBatch>,
    row: usize,
}

impl Side {
    fn new(stream: Option<SendableRecordBatchStream>) -> Self {
        Self { stream, batch: None, row: 0 }
    }

    /// Fetches a batch if the last one has come to its end.
    async fn fill(&mut self) -> Result<()> {
        while self.batch.as_ref().is_none_or(|batch| self.row >= batch.num_rows()) {
            let Some(stream) = &mut self.stream else { return Ok(()) };
            self.batch = stream.try_next().await?;
            self.row = 0;
            if self.batch.is_none() {
                self.stream = None;
            }
        }
        Ok(())
    }

    /// Key and digest.
    fn row(&self) -> Option<(&[u8], &[u8])> {
        let mut columns = self.batch.as_ref()?.columns().iter().map(|column| {
            let column = column.as_binary::<i32>();
            (self.row < column.len()).then(|| column.value(self.row))
        });
        Some((columns.next()??, columns.next()??))
    }

    fn next(&mut self) {
        self.row += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::BinaryArray;
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
    use futures::stream;

    use super::super::entries::SCHEMA;
    use super::*;

    /// A stream with a batch for each row.
    fn rows(rows: &[(&str, &str)]) -> Option<SendableRecordBatchStream> {
        let column = |text: &str| Arc::new(BinaryArray::from(vec![text.as_bytes()])) as _;
        let batch = |(key, digest): &(&str, &str)| {
            Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), vec![column(key), column(digest)]).unwrap())
        };
        let batches: Vec<_> = rows.iter().map(batch).collect();
        Some(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), stream::iter(batches))))
    }

    fn text(keys: &[Vec<u8>]) -> Vec<&str> {
        keys.iter().map(|key| std::str::from_utf8(key).unwrap()).collect()
    }

    #[tokio::test]
    async fn rows_are_matched_by_key_and_then_by_digest() {
        let a = rows(&[("a", "1"), ("b", "1"), ("c", "1"), ("e", "1"), ("e", "2"), ("e", "3")]);
        let b = rows(&[("a", "1"), ("b", "2"), ("d", "1"), ("e", "2"), ("e", "4")]);
        let merged = merge(a, b).await.unwrap();
        assert_eq!(merged.counts, Counts { same: 2, changed: 2, only_a: 2, only_b: 1 });
        assert_eq!(text(&merged.keys.changed), ["b", "e"]);
        assert_eq!(text(&merged.keys.only_a), ["c", "e"]);
        assert_eq!(text(&merged.keys.only_b), ["d"]);
    }

    #[tokio::test]
    async fn equal_elements_are_counted_one_by_one() {
        let a = rows(&[("x", ""), ("x", ""), ("x", "")]);
        let merged = merge(a, rows(&[("x", "")])).await.unwrap();
        assert_eq!(merged.counts, Counts { same: 1, only_a: 2, ..Counts::default() });
    }

    #[tokio::test]
    async fn a_side_may_be_absent() {
        let merged = merge(None, rows(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")])).await.unwrap();
        assert_eq!(merged.counts, Counts { only_b: 4, ..Counts::default() });
        assert_eq!(text(&merged.keys.only_b), ["a", "b", "c"]);
        assert_eq!(merge(None, None).await.unwrap().counts, Counts::default());
    }
}
