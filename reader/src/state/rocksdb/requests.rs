//! How little of a table is read for a few of its key groups.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::table::TableReader;
use crate::sst::index::KeyRange;
use crate::sst::manifest::Table;
use crate::sst::tests::build::{self, Format, Index, internal};
use crate::store::StateFile;

/// Counts requests, and the bytes that they give.
#[derive(Debug, Default)]
struct Counting {
    inner: InMemory,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counting")
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let result = self.inner.get_opts(location, options).await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(result.range.end - result.range.start, Ordering::Relaxed);
        Ok(result)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn only_the_blocks_of_the_key_groups_are_read() {
    let entry = |i: u32| (internal(&[&i.to_be_bytes()[2..], &i.to_be_bytes()].concat(), 1, 1), vec![7; 400]);
    let entries: Vec<_> = (0..20_000).map(entry).collect();
    // The made two-level index has a block for two data blocks, Flink's have one for hundreds.
    for (index, most) in [(Index::Delta, 2), (Index::TwoLevels, 6)] {
        let format = Format { index, block: 10, restart_interval: 16, ..Format::default() };
        let data = build::table(&entries, &[], &format, &[]);
        let size = data.len() as u64;
        let (objects, path) = (Arc::new(Counting::default()), Path::from("000001.sst"));
        objects.put(&path, data.into()).await.unwrap();
        let table = Table { number: 1, size, largest: vec![255], ..Table::default() };
        // Of 20,000 key groups, 50 with 20 kB.
        let range = KeyRange { first: 9_000u16.to_be_bytes().to_vec(), end: Some(9_050u16.to_be_bytes().to_vec()) };
        let file = StateFile::in_store(objects.clone(), path, size);
        let (mut reader, _) = TableReader::open(file, &table, "state", &range, 1 << 20).await.unwrap();
        let mut blocks = 0;
        while reader.next_block().await.unwrap().is_some() {
            blocks += 1;
        }
        assert!((5..=7).contains(&blocks), "{blocks} blocks");
        let (requests, bytes) = (objects.requests.load(Ordering::Relaxed), objects.bytes.load(Ordering::Relaxed));
        println!("{index:?}: {requests} requests, {bytes} of {size} bytes");
        assert!(requests <= most, "{requests} requests");
        assert!(bytes < (64 << 10) + 30_000, "{bytes} of {size} bytes");
    }
}
