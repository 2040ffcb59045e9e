//! Snapshots that Flink wrote.

use super::*;

fn parse(bytes: &[u8], kryo: KryoVersion) -> Result<Type> {
    whole(bytes, |input| parse_versioned(input, &SnapshotContext::new(kryo)))
}

#[test]
fn snapshots_parse_to_their_end() {
    let mut failed = Vec::new();
    let all = snapshots();
    for (name, bytes, kryo, length) in &all {
        match parse(bytes, *kryo) {
            Ok(ty) => {
                let found = ty.fixed_length().map_or(-1, |n| i64::try_from(n).unwrap());
                if length.is_some_and(|length| length != found) {
                    failed.push(format!("{name}: length {found} instead of {length:?}"));
                }
                // The only opaque ones are custom serializers that Flink's tests put there.
                if ty.to_string().contains("OPAQUE") {
                    failed.push(format!("{name}: {ty:?}"));
                }
            }
            Err(error) => failed.push(format!("{name}: {error:?}")),
        }
    }
    println!("{} of {} snapshots parsed", all.len() - failed.len(), all.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn types_survive_the_notation() {
    for (name, bytes, kryo, _) in snapshots() {
        let ty = parse(&bytes, kryo).unwrap();
        let text = ty.to_string();
        assert_eq!(Type::parse(&text, kryo).unwrap(), ty, "{name}: {text}");
    }
}

#[test]
fn types_print_in_the_notation() {
    let all = snapshots();
    if all.is_empty() {
        return;
    }
    for (name, text) in [
        ("Tuple2<String,Long> 2.2.1", "TUPLE<STRING, LONG>"),
        ("Tuple subclass com.example.Model$Pair2 1.20.3", "TUPLE<STRING, LONG> CLASS com.example.Model$Pair2"),
        ("Row(name STRING, cnt LONG, ok BOOLEAN) 2.2.1", "ROW(STRING, LONG, BOOLEAN)"),
        ("Row legacy (supportsRowKind=false) 2.2.1", "ROW_WITHOUT_KIND(STRING, LONG)"),
        ("row-serializer 1.10", "ROW_WITHOUT_KIND(STRING, LONG, STRING, STRING)"),
        (
            "POJO com.example.Model$Person{age:int,name:String,score:Double} 2.2.1",
            "POJO<com.example.Model$Person>(age INT, name STRING, score DOUBLE)",
        ),
        (
            "POJO com.example.Model$Base with registered + non-registered subclass 2.2.1",
            "POJO<com.example.Model$Base>(a INT) \
             REGISTERED (com.example.Model$SubReg POJO<com.example.Model$SubReg>\
             (a INT FROM com.example.Model$Base, b STRING)) \
             SUBCLASSES (com.example.Model$SubUnreg POJO<com.example.Model$SubUnreg>\
             (a INT FROM com.example.Model$Base, c LONG))",
        ),
        ("Map<String,Long> nullable (NullableMapTypeInfo) 2.2.1", "NULLABLE<MAP<NULLABLE<STRING>, LONG>>"),
        ("TtlAware<Ttl<String>> 2.2.1", "TTL<STRING>"),
        ("Kryo<java.util.UUID> 2.2.1", "KRYO<java.util.UUID>"),
        (
            "Kryo<java.util.ArrayList> with registerKryoType(Plain) 2.2.1",
            "KRYO<java.util.ArrayList>(com.example.Model$Plain)",
        ),
        (
            "Scala Seq[String] (Traversable) 1.20.3",
            "TRAVERSABLE<STRING>\
             ('implicitly[scala.collection.generic.CanBuildFrom[Seq[String], String, Seq[String]]]')",
        ),
        ("ExternalSerializer TIMESTAMP_LTZ(3) -> Instant 2.2.1", "TIMESTAMP_DATA(3)"),
        ("RowData(BIGINT, VARCHAR) 1.20.3", "ROWDATA(BIGINT, STRING)"),
        (
            "RowData(STRUCTURED, RAW) 2.2.1",
            "ROWDATA(ROW<amount DECIMAL(10, 2), cur CHAR(3)>, RAW('java.lang.String', STRING))",
        ),
        ("RowData(DISTINCT) 2.2.1", "ROWDATA(BIGINT)"),
        (
            "RowData(all types) 2.2.1",
            "ROWDATA(BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, CHAR(3), VARCHAR(100), BINARY(3), \
             VARBINARY(100), DECIMAL(10, 2), DECIMAL(38, 10), DATE, TIME(3), TIMESTAMP(3), TIMESTAMP(9), \
             TIMESTAMP_LTZ(3), TIMESTAMP_LTZ(6), INTERVAL YEAR TO MONTH, INTERVAL DAY TO SECOND, ARRAY<INT>, \
             MAP<VARCHAR(20), BIGINT>, MULTISET<VARCHAR(20)>, ROW<x INT, y VARCHAR(20)>)",
        ),
        ("MapData<VARCHAR,ARRAY<INT>> 2.2.1", "MAPDATA(STRING, ARRAY<INT>)"),
        ("SQL Node 2.2.1", "SQN_NODE<ROWDATA(BIGINT, STRING)>"),
        ("CEP NFAState 1.20.3", "NFA_STATE"),
        ("CEP Lockable<String> 2.2.1", "LOCKABLE<STRING>"),
    ] {
        let (_, bytes, kryo, _) = all.iter().find(|(n, ..)| n == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(parse(bytes, *kryo).unwrap().to_string(), text, "{name}");
    }
}

#[test]
fn logical_types_print_as_sql() {
    let Some(vectors) = vectors() else { return };
    for v in vectors["logicalTypes"].as_array().unwrap() {
        let bytes = hex(&v["hex"]);
        let mut input = Cursor::new(&bytes);
        let context = context("1.20");
        let ty = logical::parse(&mut Parser::new(&context), &mut input).unwrap().to_string();
        input.expect_end().unwrap();

        let expected = v["type"].as_str().unwrap().replace('`', "");
        let (root, null) = match expected.split_once(" NOT NULL") {
            Some((root, attribute)) if !root.contains('<') => (format!("{root}{attribute}"), " NOT NULL"),
            _ => (expected.strip_suffix(" NOT NULL").unwrap_or(&expected).to_owned(), ""),
        };
        let null = if expected.ends_with(" NOT NULL") { " NOT NULL" } else { null };
        let root = match root.as_str() {
            // What an encoding does not depend on is not printed.
            "TIMESTAMP(3) *ROWTIME*" => "TIMESTAMP(3)",
            "TIMESTAMP_LTZ(3) *PROCTIME*" => "TIMESTAMP_LTZ(3)",
            "INTERVAL MONTH" => "INTERVAL YEAR TO MONTH",
            "INTERVAL SECOND(6)" => "INTERVAL DAY TO SECOND",
            "ROW<d INT '...'>" => "ROW<d INT>",
            "cat.db.Cents" => "BIGINT",
            "cat.db.Money" => "ROW<amount DECIMAL(10, 2)>",
            "*java.awt.Point<x INT>*" | "STRUCTURED<'java.awt.Point', x INT>" => "ROW<x INT>",
            "RAW('java.lang.String', '...')" => "RAW('java.lang.String', STRING)",
            "TIMESTAMP(3) WITH TIME ZONE" => "UNKNOWN('org.apache.flink.table.types.logical.ZonedTimestampType')",
            "NULL" => "UNKNOWN('org.apache.flink.table.types.logical.NullType')",
            root => root,
        };
        assert_eq!(ty, format!("{root}{null}"));
    }
}

#[test]
fn java_objects_are_skipped_to_their_end() {
    let mut values = Vec::new();
    if let Some(vectors) = vectors() {
        let java = vectors["vectors"].as_array().unwrap().iter().filter(|v| v["type"] == "JavaSerializer<Integer>");
        values.extend(java.flat_map(|v| v["values"].as_array().unwrap()).map(|value| hex(&value["bytes"])));
    }
    for version in ["1.11", "1.15", "1.18", "1.20"] {
        let file = shared(&format!("corpus/serializers/flink-runtime/java-serializer-{version}/test-data"));
        values.extend(file.map(|file| fs::read(file).unwrap()));
    }
    for value in &values {
        let mut input = Cursor::new(value);
        crate::java::skip_object(&mut input).unwrap();
        input.expect_end().unwrap();
    }
    println!("{} Java objects", values.len());
}

const CUSTOM: &str = "org.apache.flink.test.migration.TypeSerializerSnapshotMigrationITCase$TestSerializerSnapshot";

/// Wherever the files of real savepoints hold the start of a proxy form, it parses.
#[test]
fn snapshots_in_savepoints_parse() {
    let mut parsed = 0;
    let own = Some(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/snapshots")).to_owned());
    for folder in [own, shared("corpus/savepoints"), shared("corpus/sql")].into_iter().flatten() {
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(&path).unwrap();
                for start in proxies(&bytes) {
                    let mut input = Cursor::with_offset(&bytes[start..], start as u64);
                    let ty = match parse_proxy(&mut input, &SnapshotContext::new(KryoVersion::V2)) {
                        // The one custom serializer of Flink's own migration tests.
                        Err(e) if e.message().contains(CUSTOM) => continue,
                        ty => ty.unwrap_or_else(|e| panic!("{}: {e:?}", path.display())),
                    };
                    assert!(
                        !["OPAQUE", "UNKNOWN"].iter().any(|s| ty.to_string().contains(s)),
                        "{}: {ty}",
                        path.display()
                    );
                    assert_eq!(Type::parse(&ty.to_string(), KryoVersion::V2).unwrap(), ty);
                    parsed += 1;
                }
            }
        }
    }
    println!("{parsed} snapshots in savepoints parsed");
    assert!(parsed > 0);
}

fn proxies(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let is_proxy = |window: &[u8]| {
        let class = window.strip_prefix(&[0, 0, 0, 2]).and_then(|rest| Cursor::new(rest).utf().ok());
        class.is_some_and(|class| class.starts_with("org.apache.flink.") && class.ends_with("Snapshot"))
    };
    (0..bytes.len()).filter(move |i| is_proxy(&bytes[*i..]))
}

/// The header of a keyed state backend with a custom serializer in the middle; it ends where the key groups start.
#[test]
fn a_custom_serializer_in_a_savepoint_is_recovered() {
    let file =
        "type-serializer-snapshot-migration-itcase-flink1.16-hashmap-savepoint/12c3f110-aa1a-4ca4-836f-866e78e8345e";
    let Some(file) = shared(&format!("corpus/savepoints/{file}")) else { return };
    let bytes = fs::read(file).unwrap();
    let header = |input: &mut Cursor<'_>, context: &SnapshotContext| {
        assert_eq!((input.i32()?, input.bool()?), (6, false));
        let mut types = vec![("KEY_SERIALIZER".to_owned(), parse_proxy(input, context)?.to_string())];
        for _ in 0..input.u16()? {
            input.utf()?;
            input.i32()?;
            for _ in 0..input.count(4)? {
                input.utf()?;
                input.utf()?;
            }
            for _ in 0..input.count(4)? {
                types.push((input.utf()?, parse_proxy(input, context)?.to_string()));
            }
        }
        Ok(types)
    };
    let types = recover(Cursor::new(&bytes[..531]), &SnapshotContext::new(KryoVersion::V2), header).unwrap();
    let custom = format!("OPAQUE<{CUSTOM}>");
    let expected =
        [("KEY_SERIALIZER", "TUPLE<LONG>"), ("VALUE_SERIALIZER", &custom), ("NAMESPACE_SERIALIZER", "VOID_NAMESPACE")];
    assert_eq!(types, expected.map(|(name, ty)| (name.to_owned(), ty.to_owned())));
}
