//! Segments of files that subtasks share: their bytes are a stream of their own.

use std::path::Path;

use flink_state_reader::metadata::{SegmentScope, StreamHandle};
use flink_state_reader::{ErrorKind, Snapshot};

/// A segment of a file of 100 bytes, each its own position.
fn segment(path: &str, start: u64, size: u64) -> StreamHandle {
    let scope = SegmentScope::Exclusive;
    StreamHandle::Segment { start, size, scope, path: path.to_owned(), logical_id: String::new() }
}

#[tokio::test]
async fn offsets_count_from_the_start_of_a_segment() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/snapshots/1.20-keyed-hashmap-canonical");
    let root = tempfile::tempdir().unwrap();
    let (checkpoint, shared) = (root.path().join("chk-1"), root.path().join("taskowned/job_1_tm_2"));
    std::fs::create_dir_all(&checkpoint).unwrap();
    std::fs::create_dir_all(&shared).unwrap();
    std::fs::copy(source.join("_metadata"), checkpoint.join("_metadata")).unwrap();
    std::fs::write(shared.join("merged"), (0..100).collect::<Vec<u8>>()).unwrap();
    let snapshot = Snapshot::open(checkpoint.to_str().unwrap()).await.unwrap();

    let there = format!("file:{}", shared.join("merged").display());
    // As after a move of the checkpoint with its directories.
    let moved = "s3://bucket/checkpoints/0123/taskowned/job_1_tm_2/merged";
    for path in [there.as_str(), moved] {
        let stream = snapshot.stream(&segment(path, 40, 10)).await.unwrap();
        assert_eq!((stream.size(), stream.name()), (10, path));
        assert_eq!(stream.read(0..10).await.unwrap(), (40..50).collect::<Vec<u8>>());
        assert_eq!(stream.read(3..5).await.unwrap(), [43, 44].as_slice());
        let error = stream.read(9..11).await.unwrap_err();
        assert_eq!(error.to_string(), format!("bytes 9 to 11 of 10 (file {path}, offset 9)"));
        assert_eq!(snapshot.stream(&segment(path, 90, 10)).await.unwrap().read(9..10).await.unwrap(), [99].as_slice());
        assert_eq!(snapshot.stream(&segment(path, 40, 0)).await.unwrap().size(), 0);
    }
    let error = snapshot.stream(&segment(&there, 90, 11)).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Data, "file has 100 bytes, its handle says 101"));
    // A copy that is too short is no copy.
    assert!(snapshot.stream(&segment(moved, 90, 11)).await.is_err());
    assert_eq!(snapshot.stream(&StreamHandle::EmptySegment).await.unwrap().size(), 0);
}
