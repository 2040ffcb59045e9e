//! Scripts and what they say, or what is wrong with them.

use flink_state_reader::StateKind;
use flink_state_reader::types::{Basic, KryoVersion, MapKind, Type};
use proptest::prelude::*;

use super::{Position, ScriptStatement, Statement, parse};

fn script(text: &str) -> Vec<ScriptStatement> {
    parse(text, KryoVersion::V5).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn one(text: &str) -> Statement {
    let mut statements = script(text);
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0).statement
}

/// Message, place and hint.
fn refused(text: &str) -> [String; 3] {
    let error = parse(text, KryoVersion::V5).expect_err(text);
    [error.message(), error.location(), error.hint().unwrap_or_default()].map(str::to_owned)
}

#[test]
fn statements_end_at_semicolons_that_are_in_no_text() {
    let statements = script(
        "-- first; not a statement\nUPDATE \"a;b\".s SET value = 'x;''y' ; ;\n\n  /* ; /* nested; */ */ select 1 -- end;\n;\nDELETE FROM a.\"ä\";INSERT INTO a.s VALUES (1)",
    );
    let found: Vec<(&str, u64, u64)> =
        statements.iter().map(|s| (s.text.as_str(), s.position.line, s.position.column)).collect();
    assert_eq!(
        found,
        [
            ("UPDATE \"a;b\".s SET value = 'x;''y'", 2, 1),
            ("select 1", 4, 25),
            ("DELETE FROM a.\"ä\"", 6, 1),
            ("INSERT INTO a.s VALUES (1)", 6, 19),
        ]
    );
    assert!(matches!(statements[1].statement, Statement::Sql(_)));
    assert_eq!(statements[3].to_string(), "statement 4 (line 6)");
    for empty in ["", " ;; \n", "-- nothing", "/* ; */"] {
        assert!(script(empty).is_empty(), "{empty}");
    }
}

#[test]
fn what_is_not_our_own_is_text() {
    let text = |sql: &str| sql.to_owned();
    let update = "update a.s SET value.x.\"Y\" = 1 WHERE key IN (SELECT key FROM b.t)";
    assert_eq!(one(update), Statement::Update(text(update)));
    assert_eq!(one("Delete From a.s"), Statement::Delete(text("Delete From a.s")));
    let insert = "INSERT INTO a.s SELECT * FROM b.t";
    assert_eq!(one(insert), Statement::Insert(text(insert)));
    for sql in [
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION 'a;b'",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "DROP TABLE t",
        "SET datafusion.execution.batch_size = 10",
        "WITH a AS (SELECT 1) SELECT * FROM a",
    ] {
        assert_eq!(one(sql), Statement::Sql(text(sql)), "{sql}");
    }
}

#[test]
fn operators_and_states_are_named() {
    let name = str::to_owned;
    let (operator, state) = (name("o\"p"), name("a.b"));
    assert_eq!(
        one(r#"drop state "o""p"."a.b""#),
        Statement::DropState { operator: operator.clone(), state: state.clone() }
    );
    assert_eq!(
        one(r#"ALTER State "o""p" . "a.b" RENAME to new"#),
        Statement::RenameState { operator: operator.clone(), state, to: name("new") }
    );
    assert_eq!(one(r#"DROP OPERATOR "o""p""#), Statement::DropOperator { operator: operator.clone() });
    assert_eq!(
        one("ALTER OPERATOR a RENAME TO `b-c`"),
        Statement::RenameOperator { operator: name("a"), to: name("b-c") }
    );
    assert_eq!(
        one("ALTER OPERATOR a SET KEY_HASH = 'lombok(String name, int age)'"),
        Statement::SetKeyHash { operator: name("a"), convention: name("lombok(String name, int age)") }
    );
    for (statement, uid, parallelism, max_parallelism) in [
        ("CREATE OPERATOR \"a\"", "a", None, None),
        ("CREATE OPERATOR state PARALLELISM 4", "state", Some(4), None),
        ("CREATE OPERATOR max MAX PARALLELISM 300", "max", None, Some(300)),
        ("create operator a parallelism 4 max parallelism 32768", "a", Some(4), Some(32_768)),
    ] {
        assert_eq!(one(statement), Statement::CreateOperator { uid: name(uid), parallelism, max_parallelism });
    }
    assert_eq!(one("set MAX_PARALLELISM = 256"), Statement::SetMaxParallelism(256));
    assert_eq!(one("SET max_parallelism TO 32768"), Statement::SetMaxParallelism(32_768));
}

#[test]
fn create_state_has_types_in_their_notation() {
    let statement = one(
        "CREATE OR REPLACE STATE \"my uid\".s (\n  KEY TUPLE<STRING, LONG>, -- the ')' is none; nor this\n  VALUE MAP<STRING, MAP<INT, LIST<LONG>>> /* a, b */,\n  namespace ROW()\n) WITH (TTL) kind MAP AS SELECT ';' AS key FROM t",
    );
    let Statement::CreateState { or_replace, operator, state, key, value, namespace, kind, ttl, query } = statement
    else {
        panic!("no CREATE STATE")
    };
    assert_eq!((or_replace, operator.as_str(), state.as_str(), kind, ttl), (true, "my uid", "s", StateKind::Map, true));
    assert_eq!(key.unwrap().to_string(), "TUPLE<STRING, LONG>");
    assert_eq!(value.unwrap().to_string(), "MAP<STRING, MAP<INT, LIST<LONG>>>");
    assert_eq!(namespace.unwrap().to_string(), "ROW()");
    assert_eq!(query, "SELECT ';' AS key FROM t");
}

#[test]
fn what_is_printed_can_be_pasted() {
    for ty in [
        "TUPLE<>",
        "POJO<com.acme.Order$Line>(id LONG, \"a, b)\" LIST<STRING>, c ENUM<com.acme.Kind>('A)', 'B''s'))",
        "ROWDATA(BIGINT NOT NULL, x VARCHAR(20))",
        "AVRO('{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"string\",\"doc\":\"it''s; ) <\"}]}')",
        "OBJECT_ARRAY<STRING> CLASS [Ljava.lang.String;",
        "SCALA_ENUM<a.B$>('x' = 1)",
        "KRYO<java.util.UUID>",
    ] {
        let text = format!("CREATE STATE a.s (KEY STRING, VALUE {ty}) AS SELECT 1; DROP STATE a.t");
        let statements = script(&text);
        let Statement::CreateState { value: Some(value), .. } = &statements[0].statement else { panic!("{ty}") };
        assert_eq!(*value, Type::parse(ty, KryoVersion::V5).unwrap(), "{ty}");
        assert_eq!(statements.len(), 2, "{ty}");
    }
}

/// A map without a kind is a value that is a map.
#[test]
fn the_kind_is_value_unless_it_is_said() {
    let Statement::CreateState { kind, value, ttl, .. } =
        one("CREATE STATE a.s (KEY INT, VALUE MAP<INT, INT>) AS SELECT 1")
    else {
        panic!("no CREATE STATE")
    };
    let int = || Box::new(Type::Basic(Basic::Int));
    assert_eq!(value, Some(Type::Map { kind: MapKind::Map, key: int(), value: int() }));
    assert_eq!((kind, ttl), (StateKind::Value, false));
}

#[test]
fn each_kind_has_its_columns() {
    let create = |columns: &str, kind: &str| format!("CREATE STATE a.s ({columns}) KIND {kind} AS SELECT 1");
    for (columns, kind) in [
        ("KEY INT, VALUE INT", "value"),
        ("VALUE INT, NAMESPACE INT, KEY INT", "list"),
        ("KEY INT, VALUE INT", "map"),
        ("KEY INT, VALUE INT", "reducing"),
        ("KEY INT, VALUE INT", "aggregating"),
        ("KEY INT, NAMESPACE INT", "timer"),
        ("KEY INT", "timer"),
        ("VALUE INT", "operator_list"),
        ("VALUE INT", "Operator_Union"),
        ("KEY INT, VALUE INT", "broadcast"),
    ] {
        let Statement::CreateState { kind: found, .. } = one(&create(columns, kind)) else { panic!("{kind}") };
        assert_eq!(found.to_string(), kind.to_lowercase());
    }
    for (columns, kind, message) in [
        ("KEY INT", "value", "state of kind value needs VALUE and its type"),
        ("VALUE INT", "map", "state of kind map needs KEY and its type"),
        ("KEY INT, VALUE INT", "timer", "state of kind timer has no VALUE"),
        ("NAMESPACE INT", "timer", "state of kind timer needs KEY and its type"),
        ("KEY INT, VALUE INT", "operator_list", "state of kind operator_list has no KEY"),
        ("VALUE INT, NAMESPACE INT", "operator_union", "state of kind operator_union has no NAMESPACE"),
        ("VALUE INT", "broadcast", "state of kind broadcast needs KEY and its type"),
        ("VALUE INT", "operator_list WITH (ttl)", "state of kind operator_list has no time to live"),
    ] {
        assert_eq!(refused(&create(columns, kind))[0], message);
    }
}

#[test]
fn errors_say_where_what_and_what_was_meant() {
    for (text, message, place, hint) in [
        // statements
        (
            "SELECT 1;\n UPDAET a.s SET value = 1",
            "Expected: an SQL statement, found: UPDAET",
            "statement 2, line 2, column 2",
            "did you mean UPDATE?",
        ),
        (
            "CREATE STAET a.s (KEY INT) AS SELECT 1",
            "Expected: an object type after CREATE, found: STAET",
            "statement 1, line 1, column 8",
            "did you mean STATE?",
        ),
        ("SELECT *\nFORM x", "Expected: end of statement, found: FORM", "statement 1, line 2, column 1", ""),
        ("SELECT 'a", "Unterminated string literal", "line 1, column 8", ""),
        (
            "DROP STATE",
            "an operator expected, the end found",
            "statement 1, line 1, column 11",
            "names that are not plain words stand in double quotes: \"my-uid\".\"my-state\"",
        ),
        ("DROP STATE a;", ". expected, ; found", "statement 1, line 1, column 13", ""),
        ("DROP STATE my-uid.s", ". expected, - found", "statement 1, line 1, column 14", ""),
        (
            "DROP STATE x.a.s",
            "the end of the name expected, . found",
            "statement 1, line 1, column 15",
            "a state is named by its operator and its name: only the first snapshot is rewritten",
        ),
        (
            "DROP STATE 'a'.s",
            "an operator expected, 'a' found",
            "statement 1, line 1, column 12",
            "names that are not plain words stand in double quotes: \"my-uid\".\"my-state\"",
        ),
        ("DROP OPERATOR \"\"", "an operator is empty", "statement 1, line 1, column 15", ""),
        ("DROP OPERATOR a b", "the end of the statement expected, b found", "statement 1, line 1, column 17", ""),
        (
            "ALTER STATE a.s RENMAE TO b",
            "RENAME expected, RENMAE found",
            "statement 1, line 1, column 17",
            "did you mean RENAME?",
        ),
        (
            "ALTER OPERATOR a DROP b",
            "RENAME TO or SET key_hash expected, DROP found",
            "statement 1, line 1, column 18",
            "",
        ),
        (
            "ALTER OPERATOR a SET key_hahs = 'avro'",
            "key_hash expected, key_hahs found",
            "statement 1, line 1, column 22",
            "did you mean key_hash?",
        ),
        (
            "ALTER OPERATOR a SET key_hash = 'md5'",
            "'md5' is no hash convention",
            "statement 1, line 1, column 33",
            "there are objects_hash(..), lombok(..), record(..), ide31(..) with the fields as Java declares them, scala_product, avro and avro1",
        ),
        (
            "CREATE OR REPLACE OPERATOR a",
            "an operator can't be replaced",
            "statement 1, line 1, column 1",
            "DROP OPERATOR, then CREATE OPERATOR",
        ),
        (
            "CREATE OPERATOR a PARALLELISM 0",
            "the parallelism, a number from 1 to 32768, expected, 0 found",
            "statement 1, line 1, column 31",
            "",
        ),
        (
            "CREATE OPERATOR a PARALELISM 2",
            "PARALLELISM or MAX PARALLELISM expected, PARALELISM found",
            "statement 1, line 1, column 19",
            "did you mean PARALLELISM?",
        ),
        (
            "CREATE OPERATOR a MAX PARALLELISM 32769",
            "the maximum parallelism, a number from 1 to 32768, expected, 32769 found",
            "statement 1, line 1, column 35",
            "",
        ),
        (
            "SET max_parallelism = 32769",
            "max_parallelism, a number from 1 to 32768, expected, 32769 found",
            "statement 1, line 1, column 23",
            "",
        ),
        ("SET max_parallelism 5", "= expected, 5 found", "statement 1, line 1, column 21", ""),
        // CREATE STATE
        ("CREATE STATE a.s AS SELECT 1", "( expected, AS found", "statement 1, line 1, column 18", ""),
        (
            "CREATE STATE a.s (KYE INT) AS SELECT 1",
            "KEY, VALUE or NAMESPACE expected, KYE found",
            "statement 1, line 1, column 19",
            "did you mean KEY?",
        ),
        (
            "CREATE STATE a.s (KEY INT,\n KEY INT) AS SELECT 1",
            "KEY stands there twice",
            "statement 1, line 2, column 2",
            "",
        ),
        (
            "CREATE STATE a.s (KEY , VALUE INT) AS SELECT 1",
            "a type expected, , found",
            "statement 1, line 1, column 23",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE /* ö */ STRNG) AS SELECT 1",
            "there is no type STRNG of this form",
            "statement 1, line 1, column 42",
            "did you mean STRING?",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE LIST</* ö */\n LONGG>) AS SELECT 1",
            "there is no type LONGG of this form",
            "statement 1, line 2, column 2",
            "did you mean LONG?",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE LIST<LONG) AS SELECT 1",
            "> expected in a type, ) found",
            "statement 1, line 1, column 43",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE LONG AS SELECT 1;\nDROP STATE a.b",
            "the end of the type expected in a type, AS found",
            "statement 1, line 1, column 39",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT)",
            "KIND, WITH or AS expected, the end found",
            "statement 1, line 1, column 38",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT) KIND lst AS SELECT 1",
            "value, list, map, reducing, aggregating, timer, operator_list, operator_union or broadcast expected, lst found",
            "statement 1, line 1, column 44",
            "did you mean list?",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT) KIND map KIND map AS SELECT 1",
            "WITH or AS expected, KIND found",
            "statement 1, line 1, column 48",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT) WITH (tll) AS SELECT 1",
            "ttl expected, tll found",
            "statement 1, line 1, column 45",
            "did you mean ttl?",
        ),
        (
            "CREATE STATE a.s (KEY INT)\nAS SELECT 1",
            "state of kind value needs VALUE and its type",
            "statement 1, line 1, column 18",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT) AS;",
            "a query expected, ; found",
            "statement 1, line 1, column 41",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT) AS DELETE FROM b.t",
            "a query expected behind AS, DELETE FROM b.t found",
            "statement 1, line 1, column 42",
            "",
        ),
        (
            "CREATE STATE a.s (KEY INT, VALUE INT) AS SELECT 1 FORM b",
            "Expected: end of statement, found: b",
            "statement 1, line 1, column 56",
            "",
        ),
    ] {
        assert_eq!(refused(text), [message, place, hint], "{text}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    refused(&format!("SELECT {}", deep("(", ")")));
    let message = &refused(&format!("CREATE STATE a.s (KEY INT, VALUE {}) AS SELECT 1", deep("LIST<", ">")))[0];
    assert!(message.contains("nested deeper"), "{message}");
}

const WORDS: &[&str] = &[
    "CREATE",
    "OR",
    "REPLACE",
    "STATE",
    "OPERATOR",
    "DROP",
    "ALTER",
    "RENAME",
    "TO",
    "SET",
    "key_hash",
    "KEY",
    "VALUE",
    "NAMESPACE",
    "KIND",
    "map",
    "WITH",
    "ttl",
    "AS",
    "SELECT",
    "1",
    "UPDATE",
    "DELETE FROM",
    "INSERT INTO",
    "a",
    "\"b\"",
    ".",
    ",",
    "(",
    ")",
    "<",
    ">",
    ";",
    "'x'",
    "'",
    "\"",
    "--",
    "/*",
    "*/",
    "/*! ",
    "\n",
    "=",
    "LIST",
    "LONG",
    "POJO<a$b>",
    "max_parallelism",
    "$$",
    "é",
    "\u{0}",
    "\\",
    "[",
    "PARALLELISM",
    "`",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        let _ = parse(&text, KryoVersion::V2);
    }

    #[test]
    fn any_words_are_parsed_or_refused(words in prop::collection::vec((prop::sample::select(WORDS), any::<bool>()), 0..24)) {
        let text: String = words.iter().map(|(word, space)| format!("{word}{}", if *space { " " } else { "" })).collect();
        if let Ok(statements) = parse(&text, KryoVersion::V5) {
            for ScriptStatement { text: statement, position, .. } in statements {
                prop_assert!(text.contains(&statement));
                prop_assert!(starts_at(&text, position).starts_with(&statement));
            }
        }
    }
}

/// The text from a position on.
fn starts_at(text: &str, position: Position) -> String {
    let lines: Vec<&str> = text.split('\n').skip(usize::try_from(position.line).unwrap() - 1).collect();
    lines.join("\n").chars().skip(usize::try_from(position.column).unwrap() - 1).collect()
}
