//! Ids, references and messages that are meant to do harm.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampNanosecondType};

use crate::bytes::Cursor;
use crate::decode::{decoder, skip};
use crate::error::{Error, ErrorKind};
use crate::types::{Framing, Kryo, KryoDefault, KryoRegistration, KryoSerializer, KryoVersion, Type};

const LIST: &[u8] = b"\x01\x00java.util.ArrayLis\xf4";
const MAP: &[u8] = b"\x01\x00java.util.HashMa\xf0";

fn kryo(class: &str, version: KryoVersion) -> Kryo {
    Kryo { class: class.to_owned(), registrations: Vec::new(), default_serializers: Vec::new(), version }
}

fn object(version: KryoVersion) -> Type {
    Type::Kryo(kryo("java.lang.Object", version))
}

/// Class and JSON text of a value.
fn decode(ty: &Type, bytes: &[u8]) -> (Option<String>, Option<String>) {
    let mut decoder = decoder(ty);
    let mut input = Cursor::new(bytes);
    decoder.append(&mut input).unwrap();
    input.expect_end().unwrap();
    let array = decoder.finish();
    let text = |name| {
        let column = array.as_struct().column_by_name(name).unwrap().as_string::<i32>();
        column.is_valid(0).then(|| column.value(0).to_owned())
    };
    (text("$class"), text("$json"))
}

fn error(ty: &Type, bytes: &[u8]) -> Error {
    skip(ty, &mut Cursor::new(bytes)).unwrap_err()
}

#[test]
fn registered_ids_follow_those_of_flink() {
    let register = |class: &str| KryoRegistration { class: class.to_owned(), serializer: KryoSerializer::Kryo };
    let mut kryo = kryo("java.lang.Object", KryoVersion::V5);
    // A UUID and an Integer have ids already and take none.
    let classes =
        ["java.util.UUID", "com.acme.A", "java.lang.Integer", "java.util.ArrayList", "scala.Some", "com.acme.B"];
    kryo.registrations = classes.into_iter().map(register).collect();
    let ty = Type::Kryo(kryo);
    assert_eq!(decode(&ty, &[86 + 2, 1, 1]), (Some("java.util.ArrayList".to_owned()), Some("[]".to_owned())));
    assert!(error(&ty, &[85 + 2]).message().starts_with("Kryo value of the class com.acme.A"));
    assert!(error(&ty, &[88 + 2]).message().contains("Scala"));
    assert!(error(&ty, &[12 + 2]).message().contains("Scala"));
    assert_eq!(error(&ty, &[89 + 2]).kind(), ErrorKind::Unsupported);
    assert_eq!(error(&object(KryoVersion::V5), &[85 + 2]).message(), "no class has the Kryo id 85");
}

#[test]
fn serializers_of_the_users_own_are_not_guessed() {
    let mut uuid = kryo("java.util.UUID", KryoVersion::V2);
    let serializer = KryoSerializer::Class("com.acme.UuidSerializer".to_owned());
    uuid.registrations = vec![KryoRegistration { class: uuid.class.clone(), serializer: serializer.clone() }];
    assert_eq!(Type::Kryo(uuid).framing(), Framing::Never);

    let mut list = kryo("java.util.ArrayList", KryoVersion::V2);
    list.default_serializers = vec![KryoDefault { class: "java.util.Collection".to_owned(), serializer }];
    let ty = Type::Kryo(list);
    assert_eq!(ty.framing(), Framing::Never);
    assert_eq!(decode(&ty, &[LIST, &[1, 0]].concat()), (Some("java.util.ArrayList".to_owned()), None));

    let mut java = kryo("com.acme.J", KryoVersion::V2);
    let serializer = KryoSerializer::Class("com.esotericsoftware.kryo.serializers.JavaSerializer".to_owned());
    java.registrations = vec![KryoRegistration { class: java.class.clone(), serializer }];
    let ty = Type::Kryo(java);
    assert_eq!(ty.framing(), Framing::Always);
    skip(&ty, &mut Cursor::new(&[85 + 2, 1, 0xAC, 0xED, 0, 5, 0x70])).unwrap();
}

#[test]
fn declared_scalars_are_of_exactly_their_class() {
    let mut column = decoder(&Type::Kryo(kryo("java.lang.Long", KryoVersion::V5)));
    column.append(&mut Cursor::new(&[9, 10])).unwrap();
    column.append(&mut Cursor::new(&[0])).unwrap();
    assert_eq!(
        column.append(&mut Cursor::new(&[2, 10])).unwrap_err().message(),
        "Kryo value of the class int in place of a java.lang.Long"
    );
    let array = column.finish();
    assert_eq!(array.as_primitive::<Int64Type>().value(0), 5);
    assert!(array.is_null(1));
}

#[test]
fn instants_that_do_not_fit_are_named() {
    let instant = |seconds: &[u8]| [b"\x01\x00java.time.Instan\xf4\x01", seconds, &[0]].concat();
    let mut column = decoder(&Type::Kryo(kryo("java.time.Instant", KryoVersion::V5)));
    column.append(&mut Cursor::new(&instant(&[5]))).unwrap();
    assert_eq!(column.finish().as_primitive::<TimestampNanosecondType>().value(0), 5_000_000_000);
    let error = column.append(&mut Cursor::new(&instant(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]))).unwrap_err();
    assert!(error.message().contains("70368744177663 s"), "{error}");
    // As text nothing is lost.
    let (_, json) = decode(&object(KryoVersion::V5), &instant(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]));
    assert_eq!(json.unwrap(), r#""70368744177663""#);
}

#[test]
fn values_that_contain_themselves_have_no_json() {
    // A list whose element is the list.
    let (class, json) = decode(&object(KryoVersion::V2), &[LIST, &[1, 1, 1, 0, 2]].concat());
    assert_eq!((class.as_deref(), json), (Some("java.util.ArrayList"), None));
}

/// Each list holds the one before it several times.
#[test]
fn references_do_not_make_text_explode() {
    let mut bytes = [LIST, &[1, 30]].concat();
    bytes.extend([1, 0, 1, 8]);
    bytes.extend([3, 1, 0x82, b'a']);
    bytes.extend([3, 2 + 2].repeat(7));
    for list in 0..29u8 {
        // Objects: the outer list, the first inner list, its string, then one a list.
        let previous = if list == 0 { 1 } else { list + 2 };
        bytes.extend([1, 0, 1, 8]);
        bytes.extend([1, 0, previous + 2].repeat(8));
    }
    let mut input = Cursor::new(&bytes);
    skip(&object(KryoVersion::V2), &mut input).unwrap();
    assert!(input.is_empty());
    assert_eq!(decode(&object(KryoVersion::V2), &bytes).1, None);
}

#[test]
fn nesting_and_counts_are_limited() {
    let nested = [LIST, &[1, 1], &[1, 0, 1, 1].repeat(100)].concat();
    assert_eq!(error(&object(KryoVersion::V2), &nested).message(), "value is nested deeper than 64");
    let huge = [LIST, &[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 2, 2]].concat();
    assert_eq!(error(&object(KryoVersion::V2), &huge).kind(), ErrorKind::Truncated);
    // Kryo 5 writes nulls without a byte each.
    let nulls = [LIST, &[1, 0xC0, 0xFF, 0xFF, 0xFF, 0x1F, 0]].concat();
    assert_eq!(error(&object(KryoVersion::V5), &nulls).kind(), ErrorKind::Unsupported);
    let map = [MAP, &[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 2, 2]].concat();
    assert_eq!(error(&object(KryoVersion::V5), &map).kind(), ErrorKind::Truncated);
}

#[test]
fn arrays_of_unknown_classes_are_not_guessed() {
    let array = |class: &[u8], rest: &[u8]| [&[1, 0], class, &[1], rest].concat();
    let v5 = object(KryoVersion::V5);
    assert_eq!(decode(&v5, &array(b"[Lcom.acme.X\xbb", &[1])).1.unwrap(), "[]");
    assert_eq!(error(&v5, &array(b"[Lcom.acme.X\xbb", &[2, 0])).kind(), ErrorKind::Unsupported);
    // Of a final class: a null, then the days of a month.
    let dates = array(b"[Ljava.time.LocalDate\xbb", &[3, 0, 1, 0xE7, 0x0F, 11, 14]);
    assert_eq!(decode(&v5, &dates).1.unwrap(), r#"[null,"2023-11-14"]"#);
}

#[test]
fn text_of_java_time() {
    let text = |class: &[u8], payload: &[u8]| {
        let json = decode(&object(KryoVersion::V2), &[&[1, 0], class, &[1], payload].concat()).1.unwrap();
        json.trim_matches('"').to_owned()
    };
    // Nanoseconds, then seconds, zig-zag each.
    assert_eq!(text(b"java.time.Duratio\xee", &[0, 0]), "PT0S");
    assert_eq!(text(b"java.time.Duratio\xee", &[2, 1]), "PT-0.999999999S");
    assert_eq!(text(b"java.time.Duratio\xee", &[0x80, 0xCA, 0xB5, 0xEE, 0x01, 3]), "PT-1.75S");
    assert_eq!(text(b"java.time.Duratio\xee", &[0, 0xA0, 0x38]), "PT1H");
    assert_eq!(text(b"java.time.Duratio\xee", &[0, 0xD9, 0x38]), "PT-1H-29S");
    assert_eq!(text(b"java.time.Perio\xe4", &[0, 0, 0]), "P0D");
    assert_eq!(text(b"java.time.Perio\xe4", &[5, 2, 4]), "P2Y1M-3D");
    assert_eq!(text(b"java.time.ZoneOffse\xf4", &[0]), "Z");
}
