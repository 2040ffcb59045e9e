//! Snapshots and logical types that real Flink wrote, written again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flink_state_reader::types::{LogicalRoot, LogicalType};
use serde_json::Value;

use super::*;

/// The folder of real Flink snapshots next to the repository; tests that need it do nothing without it.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if !path.exists() {
        println!("{} is not there: nothing tested", path.display());
        return None;
    }
    Some(path)
}

fn vectors() -> Option<Value> {
    Some(serde_json::from_slice(&fs::read(shared("spec/vectors.json")?).unwrap()).unwrap())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What becomes of a real snapshot when it is parsed and written for the release that wrote it.
fn outcome(bytes: &[u8], release: &str) -> &'static str {
    let ty = parse(bytes, release).unwrap();
    match write(&ty, release) {
        Ok(written) if written == bytes => "same",
        Ok(written) => {
            assert_eq!(parse(&written, release).unwrap(), ty);
            "other bytes"
        }
        Err(error) => {
            assert_eq!(error.kind(), flink_state_reader::ErrorKind::Unsupported, "{error:?}");
            "refused"
        }
    }
}

/// Names with an outcome other than the same bytes.
type Exceptions = BTreeMap<String, &'static str>;

const EXTERNAL: &str = "a type does not say that an external class is around it";
const VIEW: &str = "a type does not say that a view is around it";
const TIME_ATTRIBUTE: &str = "a type does not say that it is a time attribute";
const STRUCTURED: &str = "a type does not say that it is structured";
const TTL_AWARE: &str = "a type does not say that its snapshot was TTL aware";

fn check(exceptions: &Exceptions, outcomes: &BTreeMap<String, &'static str>) {
    let mut wrong = Vec::new();
    for (name, outcome) in outcomes {
        let expected = exceptions.get(name).copied().unwrap_or("same");
        if *outcome != expected {
            wrong.push(format!("{name}: {outcome}, {expected} expected"));
        }
    }
    wrong.extend(exceptions.keys().filter(|e| !outcomes.contains_key(*e)).map(|e| format!("{e}: is not there")));
    let same = outcomes.values().filter(|o| **o == "same").count();
    println!("{same} of {} written with the same bytes", outcomes.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn snapshots_are_written_again() {
    let Some(vectors) = vectors() else { return };
    let mut exceptions = Exceptions::new();
    for release in ["1.20.3", "2.2.1"] {
        for (ty, what, _reason) in [
            ("ExternalSerializer ROW<a INT, b STRING> -> Row", "other bytes", EXTERNAL),
            ("ExternalSerializer STRING -> java.lang.String", "other bytes", EXTERNAL),
            ("ExternalSerializer TIMESTAMP_LTZ(3) -> Instant", "other bytes", EXTERNAL),
            ("ListView<String>", "other bytes", VIEW),
            ("MapView<String,Long>", "other bytes", VIEW),
            ("RowData(DISTINCT)", "other bytes", "a type does not say that it is a distinct type"),
            ("RowData(ROWTIME TIMESTAMP(3))", "other bytes", "a type does not say that it is a time attribute"),
            ("RowData(STRUCTURED, RAW)", "refused", "RAW holds a serializer as Java object"),
            ("RowData(all types)", "other bytes", "an interval's precision: SECOND(6) here, SECOND(3) in SQL jobs"),
            ("SortedMap<Integer,String>", "refused", "it holds a comparator as Java object"),
        ] {
            exceptions.insert(format!("{ty} {release}"), what);
        }
    }
    for (ty, what, _reason) in [
        (
            "Scala Tuple2[String,Long] (Tuple2CaseClassSerializer) 1.20.3",
            "other bytes",
            "the class is the same as that of a case class serializer",
        ),
        ("TtlAware<List<String>> 2.2.1", "other bytes", TTL_AWARE),
        ("TtlAware<Map<String,Long>> 2.2.1", "other bytes", TTL_AWARE),
        ("TtlAware<String> 2.2.1", "other bytes", TTL_AWARE),
        ("TtlAware<Ttl<String>> 2.2.1", "other bytes", TTL_AWARE),
    ] {
        exceptions.insert(ty.to_owned(), what);
    }
    let mut outcomes = BTreeMap::new();
    for v in vectors["vectors"].as_array().unwrap() {
        let release = text(&v["flink"]);
        let name = format!("{} {release}", text(&v["type"]));
        outcomes.insert(name, outcome(&hex(text(&v["snapshotHex"])), release));
    }
    check(&exceptions, &outcomes);
}

#[test]
fn snapshots_of_older_releases_are_written_again() {
    let Some(vectors) = vectors() else { return };
    let mut exceptions = Exceptions::new();
    for release in ["1.11", "1.13", "1.14", "1.20"] {
        exceptions.insert(format!("ttl-aware-serializer-ttl-value {release}"), "other bytes");
    }
    let mut outcomes = BTreeMap::new();
    for v in vectors["fixtures"].as_array().unwrap() {
        let release = text(&v["flink"]);
        let name = format!("{} {release}", text(&v["name"]));
        let bytes = hex(text(&v["proxySnapshotHex"]));
        outcomes.insert(name, outcome(&bytes[4..], release));
    }
    check(&exceptions, &outcomes);
}

#[test]
fn snapshots_of_flinks_own_tests_are_written_again() {
    let Some(corpus) = shared("corpus/serializers") else { return };
    let mut exceptions = Exceptions::new();
    for release in ["1.11", "1.15", "1.18", "1.20"] {
        for name in ["ttl-aware-serializer-string-value", "ttl-aware-serializer-ttl-value"] {
            exceptions.insert(format!("{name}-{release}"), "other bytes");
        }
    }
    let mut outcomes = BTreeMap::new();
    for module in fs::read_dir(corpus).unwrap() {
        for case in fs::read_dir(module.unwrap().path()).unwrap() {
            let path = case.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let release = name.rsplit('-').next().unwrap();
            let bytes = fs::read(path.join("serializer-snapshot")).unwrap();
            outcomes.insert(name.clone(), outcome(&bytes[4..], release));
        }
    }
    check(&exceptions, &outcomes);
}

#[test]
fn logical_types_are_written_again() {
    let Some(vectors) = vectors() else { return };
    let mut exceptions = Exceptions::new();
    for (ty, what, _reason) in [
        ("TIMESTAMP(3) *ROWTIME* 1.20.3", "other bytes", TIME_ATTRIBUTE),
        ("TIMESTAMP_LTZ(3) *PROCTIME* 1.20.3", "other bytes", TIME_ATTRIBUTE),
        ("TIMESTAMP(3) WITH TIME ZONE 1.20.3", "refused", "can't be in state"),
        ("INTERVAL SECOND(6) 1.20.3", "other bytes", "a type does not say the precision"),
        ("ROW<`d` INT '...'> 1.20.3", "other bytes", "a type does not say the description"),
        ("RAW('java.lang.String', '...') 1.20.3", "refused", "it holds a serializer as Java object"),
        ("`cat`.`db`.`Cents` 1.20.3", "other bytes", "a type does not say that it is a distinct type"),
        ("`cat`.`db`.`Money` 1.20.3", "other bytes", STRUCTURED),
        ("`cat`.`db`.`Money` 2.2.1", "other bytes", STRUCTURED),
        ("*java.awt.Point<`x` INT>* 1.20.3", "other bytes", STRUCTURED),
        ("STRUCTURED<'java.awt.Point', `x` INT> 2.2.1", "other bytes", STRUCTURED),
    ] {
        exceptions.insert(ty.to_owned(), what);
        let (ty, rest) = ty.split_once(" *").or_else(|| ty.rsplit_once(' ')).unwrap();
        let blank = if rest.starts_with(char::is_uppercase) { " *" } else { " " };
        exceptions.insert(format!("{ty} NOT NULL{blank}{rest}"), what);
    }
    exceptions.insert("NULL 1.20.3".to_owned(), "refused");
    let mut outcomes = BTreeMap::new();
    for v in vectors["logicalTypes"].as_array().unwrap() {
        let release = text(&v["flink"]);
        let blob = hex(text(&v["hex"]));
        let ty = logical_type(&blob, release);
        let mut out = Writer::new();
        let mut writer = SnapshotWriter::new(&target(release), &mut out).unwrap();
        let outcome = match writer.logical(&ty) {
            Ok(()) if out.into_bytes() == blob => "same",
            Ok(()) => "other bytes",
            Err(_) => "refused",
        };
        outcomes.insert(format!("{} {release}", text(&v["type"])), outcome);
    }
    check(&exceptions, &outcomes);
}

/// The logical type of a blob, which is the element type of an array's snapshot.
fn logical_type(blob: &[u8], release: &str) -> LogicalType {
    let mut snapshot = Writer::new();
    let class = "org.apache.flink.table.runtime.typeutils.ArrayDataSerializer$ArrayDataSerializerSnapshot";
    snapshot.utf(class).unwrap();
    snapshot.i32(3);
    snapshot.bytes(blob);
    // An object stream with a null in place of the serializer.
    snapshot.bytes(&[0xAC, 0xED, 0, 5, 0x70]);
    match parse(&snapshot.into_bytes(), release).unwrap() {
        Type::TableCollection(LogicalType { root: LogicalRoot::Array(element), .. }) => *element,
        other => panic!("{other}"),
    }
}
