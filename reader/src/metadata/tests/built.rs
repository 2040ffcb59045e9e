use super::*;

/// The smallest useful file: one operator without state. Flink 2.3 restores from it.
pub(super) const MINIMAL: &str = "4960672d 00000003 0000000000000000 00000000 00000001
    ba84ff2bcd12bf763f4542f308bb6398 00000001 00000080 00
    00000001 00000000 00000000 00000000 00 00 00000000 00000000";

#[test]
fn the_minimal_file_is_read_and_written() {
    let file = hex(MINIMAL);
    assert_eq!(file.len(), 75);
    let metadata = Metadata::parse(&file).unwrap();
    let subtask = Subtask { index: 0, duration: -1, state: Some(Box::default()) };
    let operator = OperatorState {
        name: String::new(),
        uid: String::new(),
        id: OperatorId::from_uid("bootstrap-uid"),
        parallelism: 1,
        max_parallelism: 128,
        chain_length: 1,
        coordinator: None,
        fully_finished: false,
        subtasks: vec![subtask],
    };
    let expected = Metadata {
        version: 3,
        dialect: Dialect::Standard,
        checkpoint_id: 0,
        master_states: Vec::new(),
        operators: vec![operator],
        properties: Properties::Null,
    };
    assert_eq!(metadata, expected);
    assert_eq!(metadata.encode().unwrap(), file);
}
