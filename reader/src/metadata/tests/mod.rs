mod built;
mod channels;
mod corpus;
mod handles;
mod hostile;
mod properties;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bytes::Bytes;

use super::*;

/// All real `_metadata` files at hand, smallest first.
fn real_files() -> &'static [(PathBuf, Bytes)] {
    static FILES: LazyLock<Vec<(PathBuf, Bytes)>> = LazyLock::new(find_files);
    &FILES
}

fn find_files() -> Vec<(PathBuf, Bytes)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for directory in [root.join("../testdata/snapshots"), root.join("../../shared/corpus")] {
        if directory.is_dir() {
            collect(&directory, &mut files);
        } else {
            println!("skipped: there is no {}", directory.display());
        }
    }
    files.sort_by_key(|(path, data)| (data.len(), path.clone()));
    files
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, Bytes)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.file_name().is_some_and(|name| name == "_metadata") {
            files.push((path.clone(), std::fs::read(&path).unwrap().into()));
        }
    }
}

fn hex(text: &str) -> Bytes {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}
