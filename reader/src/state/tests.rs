//! The entry parsers on hand-made bytes, through windows of every size.

use std::sync::Arc;

use proptest::prelude::*;

use crate::bytes::Cursor;
use crate::decode::Span;
use crate::error::{ErrorKind, Result};
use crate::serializer::SnapshotContext;
use crate::types::{Basic, KryoVersion, Opaque, Type};

use super::Layout;
use super::canonical::{CanonicalWalk, Form, Prefix};
use super::entry::{Content, Entry, Timed};
use super::heap::{HeapState, HeapWalk};
use super::layout::detect;
use super::operator::{BroadcastWalk, ListWalk};
use super::rows::{Framer, NULL, Rows, Step, Unframed, Walk, Wanted};
use super::timers::RawTimerWalk;

const LONG: Type = Type::Basic(Basic::Long);
const STRING: Type = Type::Basic(Basic::String);
const VOID: Type = Type::Basic(Basic::VoidNamespace);

/// The key group of the specification's worked example.
const EXAMPLE: &str = "0000 00000019 81 8000018BCE050A59 0000000000000003 0000000000000003 00000000
    0001 00000019 81 800000000000000A 0000000000000003 0000000000000003 00000000
    0002 00000011 81 0000000000000003 0000000000000003 00000008 0000000000000003 FFFF";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn opaque() -> Type {
    Type::Opaque(Opaque { class: "acme.Own".to_owned(), version: 1, reason: "it is nobody's business".to_owned() })
}

fn framer(ty: &Type) -> Framer {
    Framer::new(ty.clone())
}

fn timed(ty: &Type) -> Timed {
    Timed { ttl: false, value: framer(ty) }
}

fn entry(key: &Type, namespace: &Type, content: Content) -> Arc<Entry> {
    Arc::new(Entry { key: framer(key), namespace: framer(namespace), content })
}

fn everything() -> Wanted {
    Wanted {
        key: true,
        namespace: true,
        map_key: true,
        value: true,
        last_access: true,
        timestamp: true,
        position: true,
    }
}

/// What a walk found: each row as text, and what it could not frame.
type Found = (Vec<String>, Vec<Unframed>);

/// Walks through `data` with windows of `window` bytes and batches of `max` rows, as a task does.
fn walk(walk: &mut dyn Walk, data: &[u8], window: usize, max: usize) -> Result<Found> {
    let (mut position, mut size) = (0, window);
    let (mut found, mut unframed) = (Vec::new(), Vec::new());
    let mut rows = Rows::new(everything());
    loop {
        let end = data.len().min(position + size);
        let bytes = &data[position..end];
        rows.restart(position as u64);
        let mut input = Cursor::with_offset(bytes, position as u64);
        let step = walk.walk(&mut input, end == data.len(), max, &mut rows, &mut unframed)?;
        found.extend(texts(&rows, bytes));
        let consumed = usize::try_from(input.offset()).unwrap() - position;
        position += consumed;
        match step {
            Step::End => return Ok((found, unframed)),
            Step::Full => {}
            Step::NeedMore if consumed == 0 => size *= 2,
            Step::NeedMore => size = window,
        }
    }
}

/// `key|namespace|user key|elements @ timestamps` of each row.
fn texts(rows: &Rows, bytes: &[u8]) -> Vec<String> {
    let text = |span: &Span| match *span {
        NULL => "null".to_owned(),
        Span { start, end } => bytes[start as usize..end as usize].iter().map(|b| format!("{b:02x}")).collect(),
    };
    let each = rows.each().map(|row| {
        let part = |spans: &[Span]| spans.iter().map(text).collect::<Vec<_>>().join(",");
        let times: Vec<String> =
            row.timestamp.iter().chain(row.last_access.iter().flatten()).map(i64::to_string).collect();
        format!(
            "{}|{}|{}|{}@{}",
            part(&row.key),
            part(&row.namespace),
            part(&row.map_key),
            part(&row.value),
            times.join(",")
        )
    });
    each.collect()
}

/// The result for one window, after checking that all other windows and batches give the same.
fn stable(data: &[u8], start: impl Fn() -> Box<dyn Walk>) -> Result<Found> {
    let whole = walk(start().as_mut(), data, data.len().max(1), usize::MAX);
    for window in 1..=data.len() {
        for max in [1, 3, usize::MAX] {
            let (a, b) = (format!("{whole:?}"), format!("{:?}", walk(start().as_mut(), data, window, max)));
            assert_eq!(a, b, "window of {window} bytes, {max} rows");
        }
    }
    // No proper beginning of a section is a section.
    for end in 0..data.len() {
        if let Ok((rows, _)) = walk(start().as_mut(), &data[..end], end.max(1), usize::MAX) {
            assert!(whole.as_ref().map_or(true, |(all, _)| rows.len() <= all.len()), "{end} bytes");
        }
    }
    whole
}

fn canonical(data: &[u8], key_group: u16, max_parallelism: u32, wanted: u16, entry: &Arc<Entry>) -> Result<Found> {
    let prefix = Prefix::new(key_group, max_parallelism);
    stable(data, || Box::new(CanonicalWalk::new(prefix, 3, Some((wanted, Form::Parts(Arc::clone(entry)))))))
}

#[test]
fn worked_example_of_the_canonical_layout() {
    let data = hex(EXAMPLE);
    let three = "0000000000000003";
    let timers = entry(&LONG, &LONG, Content::Timer);
    let (rows, _) = canonical(&data, 1, 4, 0, &timers).unwrap();
    assert_eq!(rows, [format!("{three}|{three}||@1699968518745")]);
    let (rows, _) = canonical(&data, 1, 4, 1, &timers).unwrap();
    assert_eq!(rows, [format!("{three}|{three}||@10")]);
    let (rows, _) = canonical(&data, 1, 4, 2, &entry(&LONG, &LONG, Content::Value(timed(&LONG)))).unwrap();
    assert_eq!(rows, [format!("{three}|{three}||{three}@")]);
}

#[test]
fn canonical_key_groups_end_exactly() {
    let entry = entry(&LONG, &LONG, Content::Value(timed(&LONG)));
    let data = hex(EXAMPLE);
    let error = |data: &[u8], key_group| canonical(data, key_group, 4, 2, &entry).unwrap_err();
    assert_eq!(error(&data, 2).to_string(), "key of key group 1 inside key group 2 (offset 6, field key)");
    assert_eq!(
        error(&data[..data.len() - 2], 1).to_string(),
        "key group 1 ends inside an entry, or without its end mark (offset 72)"
    );
    assert_eq!(
        error(&[&data[..], &[0]].concat(), 1).to_string(),
        "bytes behind the end mark of key group 1 (offset 107)"
    );
    let unknown_state = hex("0007");
    assert_eq!(error(&unknown_state, 1).to_string(), "state id 7, but the header lists 3 states (offset 0)");
    assert_eq!(error(&hex("FFFF"), 1).kind(), ErrorKind::Data);
    assert_eq!(error(&hex("0002 FFFFFFFF"), 1).to_string(), "negative count or length -1 (offset 2, field key)");
    for end in 0..data.len() {
        assert!(canonical(&data[..end], 1, 4, 2, &entry).is_err(), "{end} bytes");
    }
}

#[test]
fn keys_of_variable_length_carry_their_lengths() {
    // Key group 300 of 512, key "ab", namespace "", user key 7.
    let map = entry(&STRING, &STRING, Content::Map { key: framer(&LONG), value: timed(&LONG) });
    let key = "812C 036162 03 01 01 0000000000000007";
    let data = hex(&format!("0000 00000010 {key} 00000009 00 0000000000000009 FFFF"));
    let (rows, _) = canonical(&data, 300, 512, 0, &map).unwrap();
    assert_eq!(rows, ["036162|01|0000000000000007|0000000000000009@"]);
    let data = hex("0000 00000006 01 01 01 01 01 07 00000001 00 FFFF");
    let wrong = data.iter().map(|&b| if b == 7 { 0x87 } else { b }).collect::<Vec<_>>();
    assert!(canonical(&wrong, 1, 4, 0, &map).is_err());
    let long = vec![b'a'; 299];
    let encoded = [&[0xAC, 0x02][..], &long, &[0x2D, 0x01], &[1, 1]].concat();
    let value = entry(&STRING, &STRING, Content::Value(timed(&LONG)));
    let mut rows = Rows::new(everything());
    value.push_composite(Cursor::new(&encoded), Cursor::new(&[0; 8]), &mut rows).unwrap();
    assert_eq!(rows.key, [Span { start: 0, end: 301 }]);
    let wrong_length = [&[0xAC, 0x02][..], &long, &[0x2E, 0x01], &[1, 1]].concat();
    let error = value.push_composite(Cursor::new(&wrong_length), Cursor::new(&[0; 8]), &mut rows).unwrap_err();
    assert_eq!(error.to_string(), "stored length does not match the 301 bytes (offset 301, field key)");
}

#[test]
fn canonical_values_by_kind() {
    let push = |content: Content, key: &[u8], value: &[u8]| {
        // The value lies behind the key, as in a file.
        let mut rows = Rows::new(everything());
        let bytes = [key, value].concat();
        let value = Cursor::with_offset(value, key.len() as u64);
        entry(&LONG, &VOID, content).push_composite(Cursor::new(key), value, &mut rows)?;
        Ok::<_, crate::Error>(texts(&rows, &bytes).remove(0))
    };
    let key = hex("0000000000000001 00");
    let strings = || Content::List(timed(&STRING));
    // The first element holds the delimiter.
    assert_eq!(push(strings(), &key, &hex("03 2C2C 2C 01")).unwrap(), "0000000000000001|00||032c2c,01@");
    assert_eq!(
        push(strings(), &key, &hex("01 2D 01")).unwrap_err().to_string(),
        "byte 0x2d where list elements are delimited by 0x2c (offset 10, field value)"
    );
    let ttl = Timed { ttl: true, value: framer(&STRING) };
    let list = Content::List(ttl.clone());
    let two = hex("0000000000000005 01 2C 0000000000000006 0261");
    assert_eq!(push(list, &key, &two).unwrap(), "0000000000000001|00||01,0261@5,6");
    let map = || Content::Map { key: framer(&STRING), value: ttl.clone() };
    let map_key = hex("0000000000000001 00 0261");
    assert_eq!(push(map(), &map_key, &hex("00 0000000000000005 01")).unwrap(), "0000000000000001|00|0261|01@5");
    // What follows a null depends on the release.
    assert_eq!(push(map(), &map_key, &hex("01")).unwrap(), "0000000000000001|00|0261|null@");
    assert_eq!(push(map(), &map_key, &hex("01 00")).unwrap(), "0000000000000001|00|0261|null@");
    // A key of unknown length is what is in front of the namespace.
    let mut rows = Rows::new(everything());
    let unknown = entry(&opaque(), &VOID, Content::Value(timed(&opaque())));
    unknown.push_composite(Cursor::new(&[9, 9, 9, 0]), Cursor::new(&[]), &mut rows).unwrap();
    assert_eq!(rows.key, [Span { start: 0, end: 3 }]);
}

#[test]
fn a_list_of_unknown_elements_is_one_missing_row() {
    let list = entry(&LONG, &VOID, Content::List(timed(&opaque())));
    let one = |flag: &str| format!("0000000A {flag} 0000000000000001 00 00000002 0909");
    let data = hex(&format!("0001 {} {} FFFF", one("01"), one("81")));
    let (rows, unframed) = canonical(&data, 1, 4, 1, &list).unwrap();
    assert!(rows.is_empty());
    assert_eq!(unframed.iter().map(|u| u.rows).collect::<Vec<_>>(), [Some(1), Some(1)]);
    assert!(unframed[0].reason.contains("acme.Own"), "{unframed:?}");
}

fn heap_states() -> Arc<[HeapState]> {
    let state = |name: &str, entry| HeapState { name: name.to_owned(), entry: Ok(entry) };
    Arc::new([
        state("value", entry(&LONG, &VOID, Content::Value(timed(&STRING)))),
        state("map", entry(&STRING, &VOID, Content::Map { key: framer(&LONG), value: timed(&STRING) })),
        state("timers", entry(&LONG, &VOID, Content::Timer)),
        state("list", entry(&LONG, &VOID, Content::List(Timed { ttl: true, value: framer(&STRING) }))),
        state("own", entry(&LONG, &VOID, Content::Value(timed(&opaque())))),
    ])
}

const HEAP: &str = "00000003
    0002 00000001 8000000000000005 0000000000000001 00
    0000 00000002 00 0000000000000001 0261  00 0000000000000002 01
    0001 00000001 00 0261 00000002 0000000000000007 00 0262 0000000000000008 01
    0003 00000001 00 0000000000000001 00000002 0000000000000005 01 0000000000000006 0261";

fn heap(data: &[u8], wanted: u16) -> Result<Found> {
    stable(data, || Box::new(HeapWalk::key_group(3, heap_states(), wanted)))
}

#[test]
fn heap_elements_by_kind() {
    let data = hex(&format!("{HEAP} 0004 00000000"));
    assert_eq!(heap(&data, 2).unwrap().0, ["0000000000000001|00||@5"]);
    assert_eq!(heap(&data, 0).unwrap().0, ["0000000000000001|00||0261@", "0000000000000002|00||01@"]);
    let map = ["0261|00|0000000000000007|0262@", "0261|00|0000000000000008|null@"];
    assert_eq!(walk(&mut HeapWalk::key_group(3, heap_states(), 1), &data, 8, 1).unwrap().0, map);
    assert_eq!(heap(&data, 3).unwrap().0, ["0000000000000001|00||01,0261@5,6"]);
    assert_eq!(heap(&data, 4).unwrap(), (vec![], vec![]));
    assert_eq!(heap(&hex("00000004"), 0).unwrap_err().to_string(), "key group 4 where 3 belongs (offset 0)");
    let behind = [&data[..], &[0]].concat();
    assert_eq!(
        heap(&behind, 4).unwrap_err().to_string(),
        format!("bytes behind the last state of a key group (offset {})", data.len())
    );
}

#[test]
fn heap_elements_of_unknown_length_are_a_gap() {
    let reason = "length of a acme.Own is unknown: it is nobody's business";
    let data = hex(&format!("{HEAP} 0004 00000002 00 0000000000000001 0909"));
    let (rows, unframed) = walk(&mut HeapWalk::key_group(3, heap_states(), 4), &data, data.len(), 9).unwrap();
    assert!(rows.is_empty());
    assert_eq!(unframed, [Unframed { rows: Some(2), reason: reason.to_owned() }]);
    // The states in front of it are not affected, those behind it are lost.
    assert_eq!(walk(&mut HeapWalk::key_group(3, heap_states(), 3), &data, data.len(), 9).unwrap().1, []);
    let first = hex("00000003 0004 00000002 00 0000000000000001 0909");
    let (_, unframed) = walk(&mut HeapWalk::key_group(3, heap_states(), 0), &first, first.len(), 9).unwrap();
    let behind = format!("state own before it has no known end: {reason}");
    assert_eq!(unframed, [Unframed { rows: None, reason: behind }]);
}

#[test]
fn heap_blocks_behind_a_value_of_unknown_length_are_found() {
    let blocks = HEAP.trim_start_matches("00000003");
    let own = "00000003 0004 00000001 00 0000000000000007 0909";
    let data = hex(&format!("{own} {blocks}"));
    assert_eq!(heap(&data, 0).unwrap().0, ["0000000000000001|00||0261@", "0000000000000002|00||01@"]);
    assert_eq!(heap(&data, 4).unwrap(), (vec!["0000000000000007|00||0909@".to_owned()], vec![]));

    // Two elements: the others are found, these are lost.
    let own = "00000003 0004 00000002 00 0000000000000007 0909 00 0000000000000008 09";
    let data = hex(&format!("{own} {blocks}"));
    assert_eq!(heap(&data, 3).unwrap().0, ["0000000000000001|00||01,0261@5,6"]);
    let (rows, unframed) = heap(&data, 4).unwrap();
    assert_eq!((rows.len(), unframed[0].rows), (0, Some(2)));
}

#[test]
fn heap_blocks_that_may_start_in_two_places_are_not_guessed() {
    let empty = "0000 00000000 0001 00000000 0002 00000000";
    let own = "00000003 0004 00000001 00 0000000000000007 0909";
    let blocks = format!("{empty} 0003 00000000");
    assert_eq!(heap(&hex(&format!("{own} {blocks}")), 4).unwrap().0, ["0000000000000007|00||0909@"]);
    // A value that ends like three empty blocks and a list whose only element is as long as the real blocks.
    let imitation = format!("{empty} 0003 00000001 00 0000000000000001 00000001 0000000000000005 19");
    let (rows, unframed) = heap(&hex(&format!("{own} {imitation} {blocks}")), 4).unwrap();
    assert_eq!((rows.len(), unframed[0].rows), (0, Some(1)));
}

#[test]
fn what_follows_an_open_key_group_is_not_of_it() {
    let example = hex(EXAMPLE);
    let more = [&example[..], b"more"].concat();
    let canonical = |data: &[u8], is_open| walk(&mut probe_walk(1).open(is_open), data, data.len(), 9).map(|_| ());
    canonical(&example, false).unwrap();
    canonical(&more, true).unwrap();
    assert!(canonical(&more, false).unwrap_err().message().starts_with("bytes behind the end mark"));

    let example = hex(&format!("{HEAP} 0004 00000000"));
    let more = [&example[..], b"more"].concat();
    for wanted in 0..5 {
        let heap = |data: &[u8], is_open| {
            walk(&mut HeapWalk::key_group(3, heap_states(), wanted).open(is_open), data, data.len(), 9)
        };
        assert_eq!(heap(&more, true).unwrap(), heap(&example, false).unwrap(), "{wanted}");
    }
}

/// A walk that tells the layout of a key group.
fn probe_walk(key_group: u16) -> CanonicalWalk {
    CanonicalWalk::new(Prefix::new(key_group, 4), 3, None)
}

#[test]
fn layouts_are_told_apart_by_their_entries() {
    let layout = |key_group: u16, data: &[u8]| detect(probe_walk(key_group), false, data, true);
    assert_eq!(layout(1, &hex(EXAMPLE)), Some(Layout::Canonical));
    assert_eq!(layout(3, &hex(HEAP)), Some(Layout::Heap));
    assert_eq!(layout(0, &hex("00000000 0000 00000000")), Some(Layout::Heap));
    let example = hex(EXAMPLE);
    assert_eq!(detect(probe_walk(1), false, &example[..40], false), None);
    assert_eq!(detect(probe_walk(1), true, b"\xFF\x06\0\0sNaPpY", true), Some(Layout::Canonical));
    assert_eq!(detect(probe_walk(1), true, b"\0\0\0\x01", true), Some(Layout::Heap));
}

#[test]
fn operator_elements_lie_between_their_offsets() {
    let data = b"abbccc";
    let (rows, _) = stable(data, || Box::new(ListWalk::new(vec![0, 1, 3, 6]))).unwrap();
    assert_eq!(rows, ["|||61@", "|||6262@", "|||636363@"]);
}

#[test]
fn broadcast_copies_are_equal_in_any_order() {
    let types = Arc::new((framer(&LONG), framer(&STRING)));
    let (one, two) = ("0000000000000001 0261", "0000000000000002 01");
    let fingerprint = |text: &str| {
        let mut rows = Rows::new(everything());
        let data = hex(text);
        let step = BroadcastWalk::new(Arc::clone(&types)).walk(
            &mut Cursor::new(&data),
            true,
            usize::MAX,
            &mut rows,
            &mut Vec::new(),
        );
        assert_eq!(step.unwrap(), Step::End);
        rows.fingerprint
    };
    let first = format!("00000002 {one} {two}");
    assert_eq!(fingerprint(&first), fingerprint(&format!("00000002 {two} {one}")));
    assert_ne!(fingerprint(&first), fingerprint(&format!("00000002 {two} {two}")));
    let (rows, _) = stable(&hex(&first), || Box::new(BroadcastWalk::new(Arc::clone(&types)))).unwrap();
    assert_eq!(rows, ["||0000000000000001|0261@", "||0000000000000002|01@"]);
    let behind = hex("00000000 00");
    let error = walk(&mut BroadcastWalk::new(types), &behind, 5, 9).unwrap_err();
    assert_eq!(error.to_string(), "bytes behind the last entry of a broadcast map (offset 4)");
}

#[test]
fn raw_timers_by_service_and_time() {
    let utf = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let snapshot = |class: &str, version: u8| [&utf(class)[..], &[0, 0, 0, version]].concat();
    let long = "org.apache.flink.api.common.typeutils.base.LongSerializer$LongSerializerSnapshot";
    let void = "org.apache.flink.runtime.state.VoidNamespaceSerializer$VoidNamespaceSerializerSnapshot";
    let service = |name: &str, timers: &str| [utf(name), snapshot(long, 3), snapshot(void, 3), hex(timers)].concat();
    let timer = |key: u8, time: &str| format!("00000000000000{key:02} 00 {time}");
    let first = format!("00000001 {} 00000000", timer(1, "0000000000000005"));
    let second = format!("00000000 00000002 {} {}", timer(2, "8000000000000000"), timer(3, "0000000000000007"));
    let data = [hex("F1CD859F 00000002 00000002"), service("a", &first), service("b", &second)].concat();
    let context = SnapshotContext::new(KryoVersion::V2);
    let rows = |name: &str| {
        stable(&data, || Box::new(RawTimerWalk::new(context.clone(), Some(format!("_timer_state/{name}"))))).unwrap().0
    };
    assert_eq!(rows("event_a"), ["0000000000000001|00||@5"]);
    assert_eq!(rows("processing_a"), [""; 0]);
    assert_eq!(
        rows("processing_b"),
        ["0000000000000002|00||@-9223372036854775808".to_owned(), "0000000000000003|00||@7".to_owned()]
    );
    let mut all = RawTimerWalk::new(context.clone(), None);
    walk(&mut all, &data, 64, 9).unwrap();
    assert_eq!(all.into_services().iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let other = hex("F1CD859F 00000001 00000000");
    let (_, unframed) = walk(&mut RawTimerWalk::new(context, None), &other, 12, 9).unwrap();
    assert!(unframed[0].reason.ends_with("no timers of Flink 1.8 or later"), "{unframed:?}");
}

proptest! {
    #[test]
    fn walks_survive_anything(bytes in prop::collection::vec(any::<u8>(), 0..200), window in 1usize..64) {
        let states = heap_states();
        for wanted in 0..5 {
            let entry = states[usize::from(wanted)].entry.clone().unwrap();
            let _ = walk(&mut CanonicalWalk::new(Prefix::new(1, 4), 5, Some((wanted, Form::Parts(entry)))), &bytes, window, 7);
            let _ = walk(&mut HeapWalk::block(Arc::clone(&states), wanted), &bytes, window, 7);
        }
        let types = Arc::new((framer(&LONG), framer(&STRING)));
        let _ = walk(&mut BroadcastWalk::new(types), &bytes, window, 7);
        let context = SnapshotContext::new(KryoVersion::V5);
        let _ = walk(&mut RawTimerWalk::new(context, None), &[&hex("F1CD859F 00000002")[..], &bytes].concat(), window, 7);
    }
}
