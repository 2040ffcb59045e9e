use std::fs;

use tempfile::TempDir;

use super::*;
use crate::metadata::SegmentScope;

const JOB: &str = "b6e1e4a2";

/// A directory of checkpoints with an empty `_metadata` in `<job>/chk-7`.
fn checkpoints() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    file(&root, &format!("flink/{JOB}/chk-7/_metadata"), 0);
    root
}

fn file(root: &TempDir, path: &str, size: usize) {
    let path = root.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, vec![0; size]).unwrap();
}

fn handle(path: &str) -> StreamHandle {
    StreamHandle::File { size: Some(5), path: path.to_owned() }
}

async fn open(root: &TempDir, path_map: &[(&str, &str)]) -> Result<Store> {
    let mapping = |(old, new): &(&str, &str)| PathMapping::new(old, root.path().join(new).to_str().unwrap()).unwrap();
    let mappings: Vec<_> = path_map.iter().map(mapping).collect();
    let checkpoint = root.path().join(format!("flink/{JOB}/chk-7"));
    Ok(Store::open(checkpoint.to_str().unwrap(), &mappings).await?.0)
}

/// Where a file of five bytes is found, below the root.
async fn find(root: &TempDir, store: &Store, path: &str) -> (Place, String) {
    let found = store.find(&handle(path)).await.unwrap().unwrap();
    assert_eq!(found.size, 5);
    let root = format!("file:{}/", fs::canonicalize(root.path()).unwrap().display());
    (found.place, found.location.strip_prefix(&root).unwrap().to_owned())
}

#[tokio::test]
async fn a_moved_checkpoint_is_found_with_its_directories() {
    let root = checkpoints();
    let store = open(&root, &[]).await.unwrap();
    let old = format!("s3://bucket/a/{JOB}");
    for (recorded, now, place) in [
        (format!("{old}/chk-7/f1"), format!("flink/{JOB}/chk-7/f1"), Place::Beside),
        (format!("{old}/shared/f2"), format!("flink/{JOB}/chk-7/f2"), Place::Beside),
        (format!("{old}/shared/f3"), format!("flink/{JOB}/shared/f3"), Place::Moved),
        (format!("{old}/chk-3/f4"), format!("flink/{JOB}/chk-3/f4"), Place::Moved),
        (format!("{old}/taskowned/j_1/f5"), format!("flink/{JOB}/taskowned/j_1/f5"), Place::Moved),
    ] {
        file(&root, &now, 5);
        assert_eq!(find(&root, &store, &recorded).await, (place, now), "{recorded}");
    }
}

#[tokio::test]
async fn files_with_random_directories_are_found() {
    let root = checkpoints();
    let store = open(&root, &[]).await.unwrap();
    // the key stands before, and in the middle of, what the copy has of the path
    for (recorded, now) in [
        (format!("s3://bucket/x9Kd/flink/{JOB}/shared/f1"), format!("x9Kd/flink/{JOB}/shared/f1")),
        (format!("s3://bucket/flink/Qw1z/{JOB}/chk-7/f2"), format!("flink/Qw1z/{JOB}/chk-7/f2")),
        (format!("s3://bucket/Zu7a/flink/{JOB}/taskowned/j_1/f3"), format!("Zu7a/flink/{JOB}/taskowned/j_1/f3")),
    ] {
        file(&root, &now, 5);
        assert_eq!(find(&root, &store, &recorded).await, (Place::Moved, now), "{recorded}");
    }
}

#[tokio::test]
async fn the_longest_mapping_is_taken() {
    let root = checkpoints();
    for path in ["all/a/b/f", "deep/f", "any/f", "deep/a/f", "all/other/f"] {
        file(&root, path, 5);
    }
    let maps = [("s3://bucket", "all"), ("s3://bucket/a/b/", "deep"), ("s3://bucket/*/c", "any")];
    let store = open(&root, &maps).await.unwrap();
    for (recorded, now) in [
        ("s3://bucket/a/b/f", "deep/f"),
        ("s3://bucket/a/b/a/f", "deep/a/f"),
        ("s3://bucket/x9Kd/c/f", "any/f"),
        ("s3://bucket/other/f", "all/other/f"),
    ] {
        assert_eq!(find(&root, &store, recorded).await, (Place::Mapped, now.to_owned()), "{recorded}");
    }
    for elsewhere in ["s3://other/a/b/f", "s3a://bucket/a/b/f", "/bucket/a/b/f", "s3://bucket"] {
        assert!(store.find(&handle(elsewhere)).await.is_err(), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_mapping_goes_before_what_is_recorded() {
    let root = checkpoints();
    for path in ["old/f", "new/f", "old/g"] {
        file(&root, path, 5);
    }
    let old = root.path().join("old");
    // with and without the scheme
    for recorded in [format!("file:{}", old.display()), old.display().to_string()] {
        let store = open(&root, &[(old.to_str().unwrap(), "new")]).await.unwrap();
        assert_eq!(find(&root, &store, &format!("{recorded}/f")).await, (Place::Mapped, "new/f".to_owned()));
        assert_eq!(store.find(&handle(&format!("{recorded}/g"))).await.unwrap().unwrap().place, Place::Recorded);
    }
}

#[tokio::test]
async fn a_file_that_is_nowhere_says_where_it_was_looked_for() {
    let root = checkpoints();
    file(&root, "copy/shared/f", 4);
    file(&root, &format!("flink/{JOB}/chk-7/f"), 6);
    let store = open(&root, &[("hdfs://nn/cp", "nothing-below")]).await.unwrap_err();
    assert_eq!(store.kind(), ErrorKind::Usage);
    assert!(store.message().ends_with("/nothing-below': no such directory"), "{store}");

    let top = fs::canonicalize(root.path()).unwrap();
    let top = top.display();
    let looked = |places: &str| {
        let places = places.replace("ROOT", &top.to_string());
        format!("it was looked for at {places}; if its directory was moved, say where to with --path-map OLD=NEW")
    };
    let store = open(&root, &[]).await.unwrap();
    let error = store.find(&handle("/none/x/shared/f")).await.unwrap_err();
    assert_eq!(error.to_string(), "state file is missing (file /none/x/shared/f)");
    let places = format!(
        "/none/x/shared/f, ROOT/flink/{JOB}/chk-7/f (another file, of 6 bytes), ROOT/flink/{JOB}/shared/f, \
         ROOT/flink/{JOB}/x/shared/f, ROOT/flink/{JOB}/none/x/shared/f"
    );
    assert_eq!(error.hint(), Some(looked(&places).as_str()));

    let error = store.find(&handle("hdfs://nn/cp/shared/f")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    // Whoever maps a path says that it can be looked at; the length is not a matter of finding it there.
    let store = open(&root, &[("hdfs://nn/cp", "copy")]).await.unwrap();
    let error = store.find(&handle("hdfs://nn/cp/shared/g")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.hint().unwrap().starts_with(&format!("it was looked for at {top}/copy/shared/g, ")), "{error:?}");
    assert_eq!(store.find(&handle("hdfs://nn/cp/shared/f")).await.unwrap().unwrap().size, 4);
    let error = store.resolve(&handle("hdfs://nn/cp/shared/f")).await.unwrap_err();
    assert_eq!(error.message(), "file has 4 bytes, its handle says 5");
}

#[tokio::test]
async fn paths_that_climb_are_refused() {
    let root = checkpoints();
    file(&root, "secret", 5);
    file(&root, "copy/f", 5);
    let store = open(&root, &[("s3://bucket", "copy")]).await.unwrap();
    for path in ["../../../secret", "..", "a/../../x", "./x", "a//b", "", "/secret", r"..\secret", "file:secret"] {
        let handle = StreamHandle::RelativeFile { path: path.to_owned(), size: Some(5) };
        for error in [store.find(&handle).await.unwrap_err(), store.resolve(&handle).await.unwrap_err()] {
            assert_eq!(error.to_string(), format!("unsafe relative path '{path}'"));
        }
    }
    for path in ["s3://bucket/../secret", "s3://bucket/a/../../secret", "/a/../secret", "s3://bucket"] {
        let segment = StreamHandle::Segment {
            start: 0,
            size: 5,
            scope: SegmentScope::Shared,
            path: path.to_owned(),
            logical_id: String::new(),
        };
        for handle in [handle(path), segment] {
            let error = store.resolve(&handle).await.unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Data, format!("unusable path '{path}'").as_str()));
        }
    }
}

#[test]
fn mappings_have_an_absolute_old_path() {
    for (text, message) in [
        ("s3://bucket", "'s3://bucket' is not of the form OLD=NEW"),
        ("checkpoints=/new", "'checkpoints' is not absolute, as the paths in _metadata are"),
        ("=/new", "path is empty"),
        ("/old=", "there is no new directory for '/old'"),
    ] {
        let error = text.parse::<PathMapping>().unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, message));
    }
    let mapping: PathMapping = "file:///old//dir/=a=b".parse().unwrap();
    assert_eq!((mapping.old().to_string().as_str(), mapping.new_location()), ("/old/dir", "a=b"));
}

#[tokio::test]
async fn a_directory_is_mapped_once() {
    let root = checkpoints();
    let error = open(&root, &[("file:/old", "flink"), ("/old/", "flink")]).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, "'/old' is mapped to two directories"));
}
