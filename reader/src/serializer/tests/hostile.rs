//! Damaged, hostile, old and unknown snapshots.

use std::collections::HashSet;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::ErrorKind;
use crate::types::{Basic, Opaque};

const STRING: &str = "org.apache.flink.api.common.typeutils.base.StringSerializer$StringSerializerSnapshot";
const LIST: &str = "org.apache.flink.api.common.typeutils.base.ListSerializerSnapshot";
const MAP: &str = "org.apache.flink.api.common.typeutils.base.MapSerializerSnapshot";
const POJO: &str = "org.apache.flink.api.java.typeutils.runtime.PojoSerializerSnapshot";

fn utf(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

fn snapshot(class: &str, version: i32, body: &[u8]) -> Vec<u8> {
    [utf(class).as_slice(), &version.to_be_bytes(), body].concat()
}

fn string() -> Vec<u8> {
    snapshot(STRING, 3, b"")
}

fn nested(snapshots: &[Vec<u8>]) -> Vec<u8> {
    let count = i32::try_from(snapshots.len()).unwrap();
    [&NESTED_MAGIC.to_be_bytes()[..], &1i32.to_be_bytes(), &count.to_be_bytes(), &snapshots.concat()].concat()
}

fn composite(class: &str, outer_version: i32, snapshots: &[Vec<u8>]) -> Vec<u8> {
    let body = [&COMPOSITE_MAGIC.to_be_bytes()[..], &outer_version.to_be_bytes(), &nested(snapshots)].concat();
    snapshot(class, 3, &body)
}

fn parse(bytes: &[u8]) -> Result<Type> {
    whole(bytes, |input| parse_versioned(input, &SnapshotContext::new(KryoVersion::V5)))
}

fn error(bytes: &[u8]) -> (ErrorKind, String) {
    let error = parse(bytes).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn every_basic_type_has_its_snapshot_class() {
    for (basic, _, _, serializer) in Basic::ALL {
        if serializer.is_empty() {
            continue;
        }
        let name = serializer.rsplit(['.', '$']).next().unwrap();
        let class = match basic {
            Basic::Tuple0 => format!("{serializer}Snapshot"),
            Basic::Nothing => "org.apache.flink.api.scala.typeutils.NothingSerializerSnapshot".to_owned(),
            Basic::Unit => "org.apache.flink.table.api.typeutils.UnitSerializer$UnitSerializerSnapshot".to_owned(),
            _ if name == "Serializer" => {
                let outer = serializer.rsplit(['.', '$']).nth(1).unwrap();
                format!("{serializer}${outer}SerializerSnapshot")
            }
            _ => format!("{serializer}${name}Snapshot"),
        };
        assert_eq!(parse(&snapshot(&class, 3, b"")).unwrap(), basic.into(), "{class}");
        assert_eq!(parse(&snapshot(&class, 2, &utf(serializer))).unwrap(), basic.into(), "{class} of Flink 1.7");
    }
}

#[test]
fn legacy_forms_are_refused_with_advice() {
    let context = SnapshotContext::new(KryoVersion::V2);
    let proxy = whole(b"\0\0\0\x01\0\0", |input| parse_proxy(input, &context)).unwrap_err();
    let adapter = parse(&snapshot(STRING, ADAPTER_VERSION, b"")).unwrap_err();
    let config = parse(&snapshot("org.apache.flink.Any$AnyConfigSnapshot", 1, b"")).unwrap_err();
    for error in [proxy, adapter, config] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), "serializer snapshot in a form that was written by Flink 1.6/1.7");
        assert_eq!(error.hint(), Some("load it with Flink 1.8-1.16 and save it again"));
    }
}

#[test]
fn errors_say_what_and_where() {
    assert_eq!(
        error(&snapshot("acme.Own$Snapshot", 7, b"abc")),
        (ErrorKind::Unsupported, "unknown serializer snapshot class acme.Own$Snapshot (offset 23)".to_owned())
    );
    assert_eq!(
        error(&composite(LIST, 2, &[string()])),
        (
            ErrorKind::Unsupported,
            "version 2 of the outer snapshot is not known (offset 67, field ListSerializerSnapshot)".to_owned()
        )
    );
    assert_eq!(
        error(&composite(LIST, 1, &[string(), string()])),
        (ErrorKind::Data, "2 nested snapshots, 1 expected (offset 79, field ListSerializerSnapshot)".to_owned())
    );
}

#[test]
fn composites_of_flink_1_7_have_no_magic() {
    let list = snapshot(LIST, 1, &nested(&[string()]));
    assert_eq!(parse(&list).unwrap().to_string(), "LIST<STRING>");
}

#[test]
fn nesting_and_size_are_limited() {
    let mut deep = string();
    for _ in 0..63 {
        deep = composite(LIST, 1, &[deep]);
    }
    assert_eq!(parse(&deep).unwrap().to_string().matches("LIST").count(), 63);
    assert_eq!(parse(&composite(LIST, 1, &[deep])).unwrap_err().message(), "type is nested deeper than 64 levels");

    let tuple = "org.apache.flink.api.java.typeutils.runtime.TupleSerializerSnapshot";
    let outer = [&COMPOSITE_MAGIC.to_be_bytes()[..], &2i32.to_be_bytes(), &utf("T")].concat();
    let wide = snapshot(tuple, 3, &[outer, nested(&vec![string(); MAX_NODES])].concat());
    assert_eq!(parse(&wide).unwrap_err().message(), "type has more than 65536 parts");

    let mut huge = composite(LIST, 1, &[string()]);
    let count = huge.len() - string().len() - 4;
    huge[count..count + 4].copy_from_slice(&i32::MAX.to_be_bytes());
    assert_eq!(error(&huge).0, ErrorKind::Truncated);
}

const ROW_DATA: &str = "org.apache.flink.table.runtime.typeutils.RowDataSerializer$RowDataSerializerSnapshot";

/// A Java object stream with one object of a class with these object fields, and their values.
fn java_object(class: &str, fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = [b"\xAC\xED\0\x05\x73\x72".as_slice(), &utf(class), &[0; 8], b"\x02"].concat();
    bytes.extend(u16::try_from(fields.len()).unwrap().to_be_bytes());
    for (name, _) in fields {
        bytes.extend([b"L".as_slice(), &utf(name), b"\x74\0\x01T"].concat());
    }
    bytes.extend(b"\x78\x70");
    fields.iter().for_each(|(_, value)| bytes.extend_from_slice(value));
    bytes
}

fn row_data(fields: &[Vec<u8>]) -> Vec<u8> {
    let count = i32::try_from(fields.len()).unwrap().to_be_bytes();
    snapshot(ROW_DATA, 3, &[&count[..], &fields.concat(), &nested(&vec![string(); fields.len()])].concat())
}

#[test]
fn logical_types_with_cycles_are_limited() {
    // Handles: 0 is the descriptor, 1 and 2 are signatures, 3 is the object itself.
    let own: &[u8] = b"\x71\0\x7E\0\x03";
    let map = java_object("org.apache.flink.table.types.logical.MapType", &[("keyType", own), ("valueType", own)]);
    assert_eq!(parse(&row_data(&[map])).unwrap_err().message(), "type is nested deeper than 64 levels");

    // Maps whose values are their keys: 40 objects, 2^40 paths.
    let mut key = b"\x70\x70".to_vec();
    for handle in (4..44u8).rev() {
        key = [b"\x73\x71\0\x7E\0\0".as_slice(), &key, b"\x71\0\x7E\0", &[handle]].concat();
    }
    let key = &key[..key.len() - 5];
    let map = java_object(
        "org.apache.flink.table.types.logical.MapType",
        &[("keyType", key), ("valueType", b"\x71\0\x7E\0\x04")],
    );
    assert_eq!(parse(&row_data(&[map])).unwrap_err().message(), "type has more than 65536 parts");
}

#[test]
fn a_row_with_an_unknown_logical_type_keeps_its_other_fields() {
    let int = java_object("org.apache.flink.table.types.logical.IntType", &[]);
    let own = java_object("acme.OwnType", &[]);
    let raw = java_object("org.apache.flink.table.types.logical.TypeInformationRawType", &[("typeInfo", b"\x70")]);
    assert_eq!(
        parse(&row_data(&[int.clone(), own, raw, int])).unwrap().to_string(),
        "ROWDATA(INT, UNKNOWN('acme.OwnType'), \
         UNKNOWN('org.apache.flink.table.types.logical.TypeInformationRawType'), INT)"
    );
}

/// Name, key and value.
type Entry<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>);

fn optional_map(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = 0x0000_04F2_C69A_3D70_i64.to_be_bytes().to_vec();
    bytes.extend(i32::try_from(entries.len()).unwrap().to_be_bytes());
    for (name, key, value) in entries {
        bytes.extend(utf(name));
        for frame in [key, value] {
            bytes.push(u8::from(frame.is_some()));
            if let Some(frame) = frame {
                bytes.extend(i32::try_from(frame.len()).unwrap().to_be_bytes());
                bytes.extend_from_slice(frame);
            }
        }
    }
    bytes
}

#[test]
fn unknown_classes_in_frames_are_opaque() {
    let key = [utf("acme.P"), utf("x")].concat();
    let unknown = composite(LIST, 1, &[snapshot("acme.OwnSnapshot", 4, b"anything")]);
    let fields = optional_map(&[
        ("x", Some(&key), Some(&unknown)),
        ("missing-field-at-1", None, Some(&string())),
        ("z", Some(&key), None),
    ]);
    let subclasses = optional_map(&[("acme.Q", Some(b""), None)]);
    let body = [utf("acme.P"), fields, subclasses, optional_map(&[])].concat();
    let bytes = composite(LIST, 1, &[snapshot(POJO, 2, &body)]);
    let ty = parse(&bytes).unwrap();
    assert_eq!(
        ty.to_string(),
        "LIST<POJO<acme.P>(x OPAQUE<acme.OwnSnapshot>, \"missing-field-at-1\" STRING LOST, x OPAQUE<''>) \
         REGISTERED (acme.Q OPAQUE<''>)>"
    );
    let Type::List { element, .. } = ty else { panic!() };
    let Type::Pojo(pojo) = *element else { panic!() };
    let reason = "unknown serializer snapshot class acme.OwnSnapshot".to_owned();
    assert_eq!(pojo.fields[0].ty, Type::Opaque(Opaque { class: "acme.OwnSnapshot".to_owned(), version: 4, reason }));
}

/// Meta data as an enclosing parser sees it: a marker, two snapshots, a marker.
fn meta_data(input: &mut Cursor<'_>, context: &SnapshotContext) -> Result<(Type, Type)> {
    let marker = |input: &mut Cursor<'_>| match input.u8()? {
        0xAB => Ok(()),
        _ => Err(Error::data("no marker")),
    };
    marker(input)?;
    let types = (parse_proxy(input, context)?, parse_proxy(input, context)?);
    marker(input)?;
    Ok(types)
}

#[test]
fn unknown_classes_are_recovered_where_only_one_end_fits() {
    let own = |body: &[u8]| snapshot("acme.OwnSnapshot", 1, body);
    let wrap =
        |a: Vec<u8>, b: Vec<u8>| [b"\xAB\0\0\0\x02".to_vec(), a, b"\0\0\0\x02".to_vec(), b, b"\xAB".to_vec()].concat();
    let run = |bytes: &[u8]| {
        recover(Cursor::with_offset(bytes, 1000), &SnapshotContext::new(KryoVersion::V5), meta_data)
            .map(|(a, b)| format!("{a} {b}"))
            .map_err(|e| e.to_string())
    };
    assert_eq!(run(&wrap(string(), string())).unwrap(), "STRING STRING");
    assert_eq!(run(&wrap(own(b"body"), string())).unwrap(), "OPAQUE<acme.OwnSnapshot> STRING");
    // The unknown one has known ones in it.
    let map = composite(MAP, 1, &[own(&[string(), string()].concat()), string()]);
    assert_eq!(
        run(&wrap(map, own(&string()))).unwrap(),
        "MAP<OPAQUE<acme.OwnSnapshot>, STRING> OPAQUE<acme.OwnSnapshot>"
    );
    // Many of them.
    let tuple = "org.apache.flink.api.java.typeutils.runtime.TupleSerializerSnapshot";
    let fields: Vec<Vec<u8>> = (0..8).map(|i| if i % 2 == 0 { own(&[i; 40]) } else { string() }).collect();
    let outer = [&COMPOSITE_MAGIC.to_be_bytes()[..], &2i32.to_be_bytes(), &utf("T"), &nested(&fields)].concat();
    let found = run(&wrap(string(), snapshot(tuple, 3, &outer))).unwrap();
    assert_eq!(found.matches("OPAQUE<acme.OwnSnapshot>, STRING").count(), 4, "{found}");

    let missing = "unknown serializer snapshot class acme.OwnSnapshot (offset 1027)".to_owned();
    // Damage behind it.
    let mut damaged = wrap(own(b"body"), string());
    *damaged.last_mut().unwrap() = 0;
    assert_eq!(run(&damaged).unwrap_err(), missing);
    // Both ends fit: the body may end before or behind the first copy of what follows.
    let ambiguous = wrap(own(b"\0\0\0\x02"), own(b"\0\0\0\x02\0\x10acme.OwnSnapshot\0\0\0\x01"));
    assert_eq!(run(&ambiguous).unwrap_err(), missing);
}

#[test]
fn truncated_snapshots_are_errors() {
    let mut seen = HashSet::new();
    for (name, bytes, kryo, _) in snapshots() {
        if !seen.insert(bytes.clone()) {
            continue;
        }
        let step = 1 + bytes.len() / 2000;
        for end in (0..bytes.len()).step_by(step) {
            let result = parse_versioned(&mut Cursor::new(&bytes[..end]), &SnapshotContext::new(kryo));
            assert!(result.is_err(), "{name} cut at {end}");
        }
    }
}

fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let real: HashSet<Vec<u8>> = snapshots().into_iter().map(|(_, bytes, ..)| bytes).collect();
        if real.is_empty() { vec![composite(LIST, 1, &[string()])] } else { real.into_iter().collect() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn flipped_bytes_end_in_a_result(
        sample in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = sample.get(samples()).clone();
        for (place, byte) in flips {
            *place.get_mut(&mut bytes) = byte;
        }
        if let Ok(ty) = parse(&bytes) {
            let _ = ty.length();
            prop_assert!(ty.to_string().parse::<Type>().is_ok(), "{}", ty);
        }
    }
}
