//! Types as a user writes them, with the bytes that Flink 1.20.3 and 2.2.1 write for them.

use super::*;

#[test]
fn types_of_the_notation_have_flinks_bytes() {
    let mut types = Vec::new();
    for line in include_str!("golden.txt").lines() {
        match line.strip_prefix("  ") {
            None => types.push((line, String::new())),
            Some(bytes) => types.last_mut().unwrap().1.push_str(bytes),
        }
    }
    assert_eq!(types.len(), 12);
    for (line, bytes) in types {
        // What differs between the releases has its release behind it.
        let (notation, releases) = match line.split_once(" @ ") {
            Some((notation, release)) => (notation, vec![release]),
            None => (line, vec!["1.20", "2.2.1"]),
        };
        for release in releases {
            let ty = Type::parse(notation, kryo(release)).unwrap();
            assert_eq!(write(&ty, release).unwrap(), hex(&bytes), "{notation} for {release}");
        }
    }
}

#[test]
fn proxy_form_has_its_version_before_the_versioned_form() {
    let ty: Type = "LIST<STRING>".parse().unwrap();
    let mut out = Writer::new();
    write_proxy(&ty, &target("2.2"), &mut out).unwrap();
    assert_eq!(out.into_bytes(), [&[0, 0, 0, 2], write(&ty, "2.2").unwrap().as_slice()].concat());
}

/// The outer version stands behind class, version and magic.
#[test]
fn versions_follow_the_target() {
    let avro = r#"AVRO('{"type": "record", "name": "A", "fields": []}')"#;
    for (notation, release, version) in [
        ("ROW(INT)", "1.10", None),
        ("ROW_WITHOUT_KIND(INT)", "1.10", Some(2)),
        ("ROW(INT)", "1.11", Some(3)),
        ("ROW_WITHOUT_KIND(INT)", "1.14", Some(2)),
        ("ROW(INT)", "1.15", Some(4)),
        ("LINKED_LIST<INT>", "1.13", None),
        ("LINKED_LIST_WITHOUT_MASK<INT>", "1.13", Some(1)),
        ("LINKED_LIST<INT>", "1.14", Some(2)),
        ("LINKED_LIST<INT>", "1.15", Some(3)),
        ("TWO_PHASE_COMMIT<INT, INT>", "1.13", None),
        ("TWO_PHASE_COMMIT_WITHOUT_NULL<INT, INT>", "1.13", Some(2)),
        ("TWO_PHASE_COMMIT<INT, INT>", "1.14", Some(3)),
        ("TWO_PHASE_COMMIT<INT, INT>", "2.0", Some(4)),
        ("NFA_STATE", "1.15", None),
        ("NFA_STATE_V1", "1.15", Some(1)),
        ("NFA_STATE", "1.16", Some(2)),
        (avro, "1.11", Some(2)),
        (avro, "1.12", Some(3)),
    ] {
        let written = write(&Type::parse(notation, kryo(release)).unwrap(), release);
        let found = written.ok().map(|bytes| {
            let mut input = Cursor::new(&bytes);
            input.utf().unwrap();
            let version = input.i32().unwrap();
            if notation == avro {
                return version;
            }
            input.i32().unwrap();
            input.i32().unwrap()
        });
        assert_eq!(found, version, "{notation} for {release}");
    }
}

#[test]
fn classes_that_moved_follow_the_target() {
    for (notation, release, class) in [
        ("OPTION<INT>", "1.20", "org.apache.flink.api.scala.typeutils.ScalaOptionSerializerSnapshot"),
        ("OPTION<INT>", "2.0", "org.apache.flink.table.api.typeutils.ScalaOptionSerializerSnapshot"),
        ("UNIT", "2.0", "org.apache.flink.table.api.typeutils.UnitSerializer$UnitSerializerSnapshot"),
        (
            "CASE_CLASS<scala.Tuple2>(INT, INT)",
            "1.20",
            "org.apache.flink.api.scala.typeutils.ScalaCaseClassSerializerSnapshot",
        ),
        (
            "CASE_CLASS<scala.Tuple2$mcII$sp>(INT, INT)",
            "1.20",
            "org.apache.flink.api.scala.typeutils.Tuple2CaseClassSerializerSnapshot",
        ),
        (
            "TWO_PHASE_COMMIT<INT, INT>",
            "1.20",
            "org.apache.flink.streaming.api.functions.sink.TwoPhaseCommitSinkFunction$StateSerializerSnapshot",
        ),
        (
            "TWO_PHASE_COMMIT<INT, INT>",
            "2.0",
            "org.apache.flink.streaming.api.functions.sink.legacy.TwoPhaseCommitSinkFunction$StateSerializerSnapshot",
        ),
    ] {
        let bytes = write(&Type::parse(notation, kryo(release)).unwrap(), release).unwrap();
        assert_eq!(Cursor::new(&bytes).utf().unwrap(), class);
    }
}

/// CRC-32C of what `InternalSerializers.create(type).snapshotConfiguration()` writes in four releases.
#[test]
fn nested_collections_have_flinks_bytes() {
    let mut checked = 0;
    for line in include_str!("collections.txt").lines() {
        let mut words = line.splitn(5, ' ');
        let checksums: Vec<&str> = words.by_ref().take(4).collect();
        let ty: Type = words.next().unwrap().parse().unwrap();
        for (release, checksum) in ["1.18.1", "1.20.3", "2.2.1", "2.3.0"].into_iter().zip(checksums) {
            let bytes = write(&ty, release).unwrap();
            assert_eq!(format!("{:08x}", crc32c::crc32c(&bytes)), checksum, "{ty} for {release}");
            checked += 1;
        }
    }
    assert_eq!(checked, 4 * 96);
}
