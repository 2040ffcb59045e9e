//! Changes on hand-made bytes: framing, and what is left of materialised entries.

use proptest::prelude::*;

use crate::bytes::Cursor;
use crate::error::{ErrorKind, Result};
use crate::serializer::SnapshotContext;
use crate::state::StateKind;
use crate::state::entry::{Content, Entry, Timed};
use crate::state::rows::{Framer, Unframed};
use crate::types::{Basic, KryoVersion, Opaque, Type};

use super::change::{Change, Operation, parse_meta};
use super::overlay::Overlay;
use super::set::SetWalk;

const LONG: Type = Type::Basic(Basic::Long);
const STRING: Type = Type::Basic(Basic::String);

fn framer(ty: &Type) -> Framer {
    Framer::new(ty.clone())
}

fn timed(ty: &Type) -> Timed {
    Timed { ttl: false, value: framer(ty) }
}

fn text(value: &str) -> Vec<u8> {
    [&[u8::try_from(value.len() + 1).unwrap()], value.as_bytes()].concat()
}

fn int(value: i32) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

/// Keys and namespaces are strings, whose lengths composite keys have.
fn overlay(kind: StateKind, content: Content) -> Overlay {
    let entry = Entry { key: framer(&STRING), namespace: framer(&STRING), content };
    Overlay::new(&entry, kind, 0..=9).unwrap()
}

fn scope(namespace: &str) -> Vec<u8> {
    [text("k"), text(namespace)].concat()
}

/// A composite key behind its key group.
fn composite(namespace: &str) -> Vec<u8> {
    let (key, namespace) = (text("k"), text(namespace));
    let length = |bytes: &[u8]| vec![u8::try_from(bytes.len()).unwrap()];
    [key.clone(), length(&key), namespace.clone(), length(&namespace)].concat()
}

fn apply(overlay: &mut Overlay, operation: Operation, data: &[Vec<u8>]) -> Result<()> {
    overlay.apply(7, operation, Cursor::new(&data.concat()))
}

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// What is left of materialised entries, and what was added.
fn merge(overlay: Overlay, base: &[(Vec<u8>, Vec<u8>)]) -> (Entries, Vec<Unframed>) {
    let mut sealed = overlay.seal();
    let mut changes = sealed.take(7);
    let mut entries: Entries =
        base.iter().filter(|(key, value)| changes.is_unchanged(key, value).unwrap()).cloned().collect();
    let mut missing = Vec::new();
    changes.finish(|key, value| entries.push((key.to_vec(), value.to_vec())), &mut missing);
    let nothing = sealed.take(8);
    nothing.finish(|key, _| panic!("{key:?} in another key group"), &mut missing);
    (entries, missing)
}

#[test]
fn values_are_replaced_and_removed() {
    let mut changes = overlay(StateKind::Value, Content::Value(timed(&STRING)));
    apply(&mut changes, Operation::Set, &[scope("a"), text("x")]).unwrap();
    apply(&mut changes, Operation::Set, &[scope("a"), text("y")]).unwrap();
    apply(&mut changes, Operation::Clear, &[scope("b")]).unwrap();
    apply(&mut changes, Operation::Set, &[scope("d"), text("z")]).unwrap();
    let base = ["a", "b", "c"].map(|namespace| (composite(namespace), text("old")));
    let (entries, missing) = merge(changes, &base);
    assert_eq!(entries, [(composite("c"), text("old")), (composite("a"), text("y")), (composite("d"), text("z"))]);
    assert!(missing.is_empty());
}

#[test]
fn elements_are_added_behind_those_that_are_there() {
    let mut changes = overlay(StateKind::List, Content::List(timed(&STRING)));
    apply(&mut changes, Operation::AddElement, &[scope("a"), text("1")]).unwrap();
    apply(&mut changes, Operation::Add, &[scope("a"), int(2), text("2"), text("3")]).unwrap();
    apply(&mut changes, Operation::Set, &[scope("b"), int(1), text("4")]).unwrap();
    // An update with nothing is a removal; adding nothing is nothing.
    apply(&mut changes, Operation::Set, &[scope("c"), int(0)]).unwrap();
    apply(&mut changes, Operation::Add, &[scope("d"), int(0)]).unwrap();
    apply(&mut changes, Operation::Add, &[scope("e"), int(0)]).unwrap();
    let base = ["a", "b", "c", "d"].map(|namespace| (composite(namespace), text("0")));
    let (entries, _) = merge(changes, &base);
    let joined = [text("0"), text("1"), text("2"), text("3")].join(&b',');
    assert_eq!(entries, [(composite("a"), joined), (composite("b"), text("4")), (composite("d"), text("0"))]);
}

#[test]
fn lists_of_merged_namespaces_follow_each_other() {
    let mut changes = overlay(StateKind::List, Content::List(timed(&STRING)));
    apply(&mut changes, Operation::AddElement, &[scope("b"), text("1")]).unwrap();
    let sources = [scope("a"), text("a"), int(3), text("b"), text("none"), text("c")];
    apply(&mut changes, Operation::MergeNamespaces, &sources).unwrap();
    apply(&mut changes, Operation::AddElement, &[scope("b"), text("2")]).unwrap();
    let base = ["a", "b", "c"].map(|namespace| (composite(namespace), text(namespace)));
    let (entries, _) = merge(changes, &base);
    let merged = [text("a"), text("b"), text("1"), text("c")].join(&b',');
    assert_eq!(entries, [(composite("a"), merged), (composite("b"), text("2"))]);
}

#[test]
fn merged_values_need_the_job_unless_one_of_them_is_all() {
    let merge_into = |changes: &mut Overlay, target: &str, source: &str| {
        let data = [scope(target), text(target), int(1), text(source)];
        apply(changes, Operation::MergeNamespaces, &data).unwrap();
    };
    let mut changes = overlay(StateKind::Reducing, Content::Value(timed(&STRING)));
    // There was nothing in the target.
    merge_into(&mut changes, "new", "a");
    // What is merged is replaced.
    merge_into(&mut changes, "b", "c");
    apply(&mut changes, Operation::SetInternal, &[scope("b"), text("sum")]).unwrap();
    merge_into(&mut changes, "d", "e");
    let base = ["a", "b", "c", "d", "e"].map(|namespace| (composite(namespace), text(namespace)));
    let (entries, missing) = merge(changes, &base);
    assert_eq!(entries, [(composite("b"), text("sum")), (composite("new"), text("a"))]);
    let reason = "merging the namespaces of reducing state takes the job's own function".to_owned();
    assert_eq!(missing, [Unframed { rows: Some(1), reason }]);

    let mut values = overlay(StateKind::Value, Content::Value(timed(&STRING)));
    let data = [scope("a"), text("a"), int(0)];
    assert_eq!(apply(&mut values, Operation::MergeNamespaces, &data).unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn entries_of_maps_are_put_and_removed() {
    let mut changes = overlay(StateKind::Map, Content::Map { key: framer(&LONG), value: timed(&STRING) });
    let key = |n: i64| n.to_be_bytes().to_vec();
    apply(&mut changes, Operation::AddOrUpdateElement, &[scope("a"), key(1), text("x")]).unwrap();
    apply(&mut changes, Operation::RemoveElement, &[scope("a"), key(2)]).unwrap();
    let entries = [key(4), vec![1], key(5), vec![0], text("y")].concat();
    apply(&mut changes, Operation::Add, &[scope("a"), int(2), entries]).unwrap();
    apply(&mut changes, Operation::AddElement, &[scope("b"), key(8), text("gone")]).unwrap();
    apply(&mut changes, Operation::Clear, &[scope("b")]).unwrap();
    apply(&mut changes, Operation::AddElement, &[scope("b"), key(9), text("z")]).unwrap();
    let entry = |namespace: &str, n: i64, value: &[u8]| ([composite(namespace), key(n)].concat(), value.to_vec());
    let old = [&[0], text("old").as_slice()].concat();
    let base =
        [entry("a", 1, &old), entry("a", 2, &old), entry("a", 3, &old), entry("b", 7, &old), entry("c", 1, &old)];
    let (entries, _) = merge(changes, &base);
    let new = |value: &str| [&[0], text(value).as_slice()].concat();
    let expected = [
        entry("a", 3, &old),
        entry("c", 1, &old),
        entry("a", 1, &new("x")),
        entry("a", 4, &[1]),
        entry("a", 5, &new("y")),
        entry("b", 9, &new("z")),
    ];
    assert_eq!(entries, expected);
}

#[test]
fn timers_are_added_and_removed() {
    let mut changes = overlay(StateKind::Timer, Content::Timer);
    let timer = |n: i64, key: &str| [(n ^ i64::MIN).to_be_bytes().to_vec(), text(key), text("n")].concat();
    apply(&mut changes, Operation::AddElement, &[int(2), timer(-5, "a"), timer(6, "b")]).unwrap();
    // The key group of a removal may be that of another key.
    overlay_remove(&mut changes, 3, &timer(1, "a"));
    overlay_remove(&mut changes, 7, &timer(6, "b"));
    overlay_remove(&mut changes, 7, &timer(2, "a"));
    apply(&mut changes, Operation::AddElement, &[int(1), timer(2, "a")]).unwrap();
    let base = [timer(1, "a"), timer(2, "a"), timer(3, "a")].map(|timer| (timer, Vec::new()));
    let (entries, _) = merge(changes, &base);
    assert_eq!(entries, [timer(3, "a"), timer(-5, "a"), timer(2, "a")].map(|timer| (timer, Vec::new())));
}

fn overlay_remove(changes: &mut Overlay, key_group: u16, timer: &[u8]) {
    changes.apply(key_group, Operation::RemoveElement, Cursor::new(timer)).unwrap();
}

#[test]
fn what_has_no_known_end_is_not_taken_apart() {
    let opaque = Type::Opaque(Opaque { class: "acme.Own".to_owned(), version: 1, reason: "its own".to_owned() });
    let mut changes = overlay(StateKind::List, Content::Value(timed(&opaque)));
    apply(&mut changes, Operation::AddElement, &[scope("a"), vec![1, 2, 3]]).unwrap();
    apply(&mut changes, Operation::Add, &[scope("a"), int(1), vec![4]]).unwrap();
    let error = apply(&mut changes, Operation::Add, &[scope("a"), int(2), vec![4]]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(merge(changes, &[]).0, [(composite("a"), vec![1, 2, 3, b',', 4])]);
}

#[test]
fn changes_of_another_shape_are_refused() {
    let refuse = |kind, content: Content, operation, data: &[Vec<u8>]| {
        apply(&mut overlay(kind, content), operation, data).unwrap_err().to_string()
    };
    let value = || Content::Value(timed(&STRING));
    let list = || Content::List(timed(&STRING));
    assert_eq!(
        refuse(StateKind::Value, value(), Operation::Add, &[scope("a"), text("x")]),
        "change Add of value state (offset 4)"
    );
    assert_eq!(
        refuse(StateKind::Value, value(), Operation::Clear, &[scope("a"), text("x")]),
        "2 bytes are left over (offset 4)"
    );
    assert!(refuse(StateKind::List, list(), Operation::Add, &[scope("a"), int(-1)]).starts_with("negative count"));
    assert!(refuse(StateKind::List, list(), Operation::Set, &[scope("a"), int(1 << 30)]).contains("elements in 0"));
    assert!(
        refuse(StateKind::List, list(), Operation::Set, &[scope("a"), int(1), text("x"), text("y")]).contains("left")
    );
    assert!(refuse(StateKind::Value, value(), Operation::Set, &[vec![9]]).ends_with("field key)"));
}

fn set(groups: &[(i32, &[&[u8]])]) -> Vec<u8> {
    let mut bytes = int(i32::try_from(groups.len()).unwrap());
    for (key_group, changes) in groups {
        bytes.extend(int(i32::try_from(changes.len()).unwrap()));
        bytes.extend(int(*key_group));
        for change in *changes {
            bytes.extend(int(i32::try_from(change.len()).unwrap()));
            bytes.extend_from_slice(change);
        }
    }
    bytes
}

/// Walks through a set in windows that grow by `step` bytes.
fn walk(bytes: &[u8], step: usize, metadata_only: bool) -> Result<Vec<(Option<u16>, Vec<u8>)>> {
    let (mut found, mut walk, mut start, mut end) = (Vec::new(), SetWalk::new(metadata_only), 0, step.min(bytes.len()));
    loop {
        let mut input = Cursor::with_offset(&bytes[start..end], start as u64);
        let ended = walk.walk(&mut input, end == bytes.len(), &mut |key_group, change| {
            found.push((key_group, change.rest().to_vec()));
            Ok(())
        })?;
        if ended {
            return Ok(found);
        }
        start = usize::try_from(input.offset()).unwrap();
        end = (end + step).min(bytes.len());
    }
}

#[test]
fn sets_are_walked_in_windows_of_any_size() {
    let bytes = set(&[(-1, &[b"meta"]), (3, &[b"one", b""]), (5, &[]), (4, &[b"two"])]);
    let expected = [(None, "meta"), (Some(3), "one"), (Some(3), ""), (Some(4), "two")];
    let expected = expected.map(|(key_group, change)| (key_group, change.as_bytes().to_vec()));
    for step in 1..=bytes.len() {
        assert_eq!(walk(&bytes, step, false).unwrap(), expected);
        assert_eq!(walk(&bytes, step, true).unwrap(), expected[..1]);
    }
    // The file goes on with the set of another task.
    assert_eq!(walk(&[&bytes[..], &[0xFF; 9]].concat(), 7, false).unwrap(), expected);
    for end in 0..bytes.len() {
        let error = walk(&bytes[..end], 5, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{end}");
    }
    assert_eq!(
        walk(&set(&[(-2, &[])]), 99, false).unwrap_err().to_string(),
        "key group -2 of state changes (offset 8)"
    );
    assert!(walk(&set(&[(1 << 15, &[])]), 99, false).is_err());
    assert!(walk(&[0x7F, 0xFF, 0xFF, 0xFF], 99, false).is_err());
}

#[test]
fn metadata_ends_with_what_it_is_for() {
    let parse = |hex: &[u8]| Change::parse(Cursor::new(hex)).map(|change| format!("{change:?}"));
    assert_eq!(parse(&[9, 0, 0]).unwrap_err().to_string(), "unknown operation 9 of a state change (offset 0)");
    assert_eq!(
        parse(&[8, 0, 0, 0, 5, 0, 0, 0]).unwrap_err().to_string(),
        "version 5 of changed state metadata (offset 1)"
    );
    assert_eq!(parse(&[8, 0, 0, 0, 7, 0, 0]).unwrap_err().kind(), ErrorKind::Truncated);
    assert_eq!(parse(&[1, 0]).unwrap_err().kind(), ErrorKind::Truncated);
    // A name, a priority queue, no options, no serializers; then state 2, in the backend state 0.
    let bytes = [&[8, 0, 0, 0, 7, 0, 1, b't', 0, 0, 0, 3][..], &[0; 8], &[0, 2, 0]].concat();
    let Change::Metadata { state, backend, meta } = Change::parse(Cursor::new(&bytes)).unwrap() else { panic!() };
    assert_eq!(state, 2);
    let context = SnapshotContext::new(KryoVersion::V2);
    assert_eq!(parse_meta(meta, 3, &context).unwrap().0, "t");
    assert_eq!(
        parse_meta(meta, backend, &context).unwrap_err().to_string(),
        "metadata of PriorityQueue state for the backend state 0 (offset 5, state t)"
    );
}

proptest! {
    #[test]
    fn survives_anything(bytes in prop::collection::vec(any::<u8>(), 0..80), operation in 0..8u8, at in any::<prop::sample::Index>()) {
        let _ = walk(&bytes, 13, false);
        let change = [&[operation, 0, 0], bytes.as_slice()].concat();
        let contents = [
            (StateKind::Value, Content::Value(timed(&STRING))),
            (StateKind::List, Content::List(timed(&STRING))),
            (StateKind::Map, Content::Map { key: framer(&LONG), value: timed(&STRING) }),
            (StateKind::Reducing, Content::Value(timed(&LONG))),
            (StateKind::Timer, Content::Timer),
        ];
        let (kind, content) = at.get(&contents).clone();
        if let Ok(Change::Data { operation, data, .. }) = Change::parse(Cursor::new(&change)) {
            let mut overlay = overlay(kind, content);
            let _ = overlay.apply(7, operation, data);
            let mut changes = overlay.seal().take(7);
            let _ = changes.is_unchanged(&bytes, &[]);
            changes.finish(|_, _| {}, &mut Vec::new());
        }
    }
}
