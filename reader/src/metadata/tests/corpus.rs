use std::collections::BTreeMap;

use super::*;

#[test]
fn real_files_parse_to_their_end_and_encode_to_the_same_bytes() {
    let files = real_files();
    let mut versions = BTreeMap::<u32, usize>::new();
    let (mut operators, mut subtasks) = (0, 0);
    for (path, file) in files {
        let metadata = Metadata::parse(file).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        let encoded = metadata.encode().unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        assert!(encoded == *file, "{} is encoded to other bytes", path.display());
        assert!(!matches!(metadata.properties, Properties::Unknown(_)), "{}: unknown properties", path.display());
        *versions.entry(metadata.version).or_default() += 1;
        operators += metadata.operators.len();
        subtasks += metadata.operators.iter().map(|operator| operator.subtasks.len()).sum::<usize>();
    }
    println!("{} files, by version {versions:?}, {operators} operators, {subtasks} subtasks", files.len());
}
