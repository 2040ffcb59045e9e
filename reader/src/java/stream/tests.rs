use proptest::prelude::*;

use super::*;
use crate::ErrorKind;

/// A stream header, then the pieces.
fn stream(pieces: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0xAC, 0xED, 0, 5];
    pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
    bytes
}

/// A class descriptor up to and without its superclass.
fn class(name: &str, flags: u8, fields: &[(u8, &str, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0x72];
    bytes.extend_from_slice(&u16::try_from(name.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&1u64.to_be_bytes());
    bytes.push(flags);
    bytes.extend_from_slice(&u16::try_from(fields.len()).unwrap().to_be_bytes());
    for (ty, name, signature) in fields {
        bytes.push(*ty);
        bytes.extend_from_slice(&u16::try_from(name.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(signature);
    }
    bytes.push(0x78);
    bytes
}

fn parse(bytes: &[u8]) -> Result<ObjectStream<'_>> {
    let mut input = Cursor::new(bytes);
    let stream = ObjectStream::parse(&mut input)?;
    input.expect_end()?;
    Ok(stream)
}

fn error(bytes: &[u8]) -> (ErrorKind, String) {
    let error = parse(bytes).unwrap_err();
    (error.kind(), error.message().to_owned())
}

#[test]
fn fields_are_found_by_name_and_the_lowest_class_wins() {
    let sub = class("Sub", 2, &[(b'I', "x", b""), (b'L', "s", b"\x74\0\x01S")]);
    let base = class("Base", 2, &[(b'I', "x", b""), (b'Z', "ok", b"")]);
    let bytes = stream(&[
        b"\x73",
        &sub,
        &base,
        b"\x70", // Base has no superclass
        &7i32.to_be_bytes(),
        b"\x01", // Base
        &9i32.to_be_bytes(),
        b"\x74\0\x05hello", // Sub
    ]);
    let stream = parse(&bytes).unwrap();
    let root = stream.root();
    assert_eq!(stream.class(root).unwrap(), "Sub");
    assert_eq!(stream.field(root, "x"), Some(Value::Integer(9)));
    assert_eq!(stream.field(root, "ok"), Some(Value::Boolean(true)));
    assert_eq!(stream.string(stream.field(root, "s").unwrap()).unwrap(), "hello");
    assert_eq!(stream.field(root, "other"), None);
}

#[test]
fn skip_stops_behind_the_object() {
    let mut bytes = stream(&[b"\x75", &class("[I", 2, &[]), b"\x70", &2i32.to_be_bytes(), &[0; 8]]);
    bytes.extend_from_slice(b"rest");
    let mut input = Cursor::new(&bytes);
    skip_object(&mut input).unwrap();
    assert_eq!(input.rest(), b"rest");
}

#[test]
fn a_cycle_is_a_tree_with_a_reference() {
    // An array of objects whose only element is the array itself.
    let bytes = stream(&[b"\x75", &class("[Lx;", 2, &[]), b"\x70\0\0\0\x01\x71\0\x7E\0\x01"]);
    assert_eq!(parse(&bytes).unwrap().root(), Value::Reference(Handle(1)));
}

#[test]
fn hostile_streams_are_errors() {
    let array = class("[Lx;", 2, &[]);
    // Each array is the only element of the one before; the descriptor is written once.
    let first = stream(&[b"\x75", &array, b"\x70\0\0\0\x01"]);
    let nested = [first, b"\x75\x71\0\x7E\0\0\0\0\0\x01".repeat(100_000)].concat();
    assert_eq!(error(&nested).1, "Java objects are nested deeper than 256 levels");

    // Descriptors nest, too.
    let supers = stream(&[b"\x73", &class("A", 2, &[]).repeat(100_000)]);
    assert_eq!(error(&supers).1, "Java objects are nested deeper than 256 levels");

    // A class that is its own superclass.
    let own_super = stream(&[b"\x73", &class("A", 2, &[]), b"\x71\0\x7E\0\0"]);
    assert_eq!(error(&own_super), (ErrorKind::Data, "Java class has more than 64 superclasses".to_owned()));

    for count in [u32::MAX, i32::MAX as u32, 1 << 20] {
        let huge = stream(&[b"\x75", &array, b"\x70", &count.to_be_bytes(), b"\x70\x70"]);
        assert!(matches!(error(&huge).0, ErrorKind::Truncated | ErrorKind::Data), "{count}");
    }
    let long_string = stream(&[b"\x7C", &[0xFF; 8], b"abc"]);
    assert_eq!(error(&long_string).0, ErrorKind::Truncated);
    let long_block = stream(&[b"\x73", &class("A", 3, &[]), b"\x70\x7A\x7F\xFF\xFF\xFF"]);
    assert_eq!(error(&long_block).0, ErrorKind::Truncated);

    let empty_strings = [stream(&[b"\x75", &array, b"\x70\0\x20\0\0"]), b"\x74\0\0".repeat(1 << 21)].concat();
    assert_eq!(error(&empty_strings).1, "Java object stream has more than 1048576 objects");

    for (bytes, message) in [
        (stream(&[b"\x71\0\x7E\0\0"]), "Java object stream refers to 0x7e0000, which is not there"),
        (stream(&[b"\x71\x80\0\0\0"]), "Java object stream refers to 0x80000000, which is not there"),
        (stream(&[b"\x75\x70\0\0\0\0"]), "Java object has no class descriptor"),
        (stream(&[b"\x79"]), "Java object stream has the tag 0x79"),
        (stream(&[b"\x73\x74\0\0"]), "0x74 is no tag of a class descriptor"),
        (stream(&[b"\x73", &class("A", 4, &[]), b"\x70"]), "Java object in the form of stream protocol 1"),
        (b"\xAC\xED\0\x04".to_vec(), "Java object starts with 0xaced0004, 0xaced0005 expected"),
    ] {
        assert_eq!(error(&bytes).1, message);
    }
}

#[test]
fn deepest_stream_fits_into_the_stack() {
    let array = class("[Lx;", 2, &[]);
    let mut bytes = stream(&[b"\x75", &array, b"\x70\0\0\0\x01"]);
    bytes.extend(b"\x75\x71\0\x7E\0\0\0\0\0\x01".repeat(254));
    bytes.push(0x70);
    parse(&bytes).unwrap();
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_result(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = stream(&[&tail]);
        let _ = parse(&bytes);
    }
}
