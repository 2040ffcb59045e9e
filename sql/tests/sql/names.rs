//! Names, and what is said when nothing has them.

use flink_state_sql::{ErrorKind, Session, SessionOptions, SnapshotArg};

use crate::fixture::{ask, fail, keyed, open, run, session};

#[tokio::test]
async fn information_schema_has_every_state() {
    let session = keyed().await;
    let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'by-name'";
    assert_eq!(ask(&session, sql).await.value(), "16");
    let sql = "SELECT column_name, data_type FROM information_schema.columns \
        WHERE table_schema = 'by-name' AND table_name = 'count' ORDER BY ordinal_position";
    assert_eq!(ask(&session, sql).await.rows(), ["key_group | Int32", "key | Utf8", "value | Int64"]);
    let sql = "SELECT schema_name FROM information_schema.schemata ORDER BY 1";
    let schemas = ["by-name", "by-number", "by-tuple", "ca88eee0095684d687a1b6495617f957", "metadata"];
    assert_eq!(ask(&session, sql).await.rows(), schemas);
    let shown = ask(&keyed().await, "SHOW TABLES").await;
    assert!(shown.rows().contains(&"snapshot | by-name | ttl-map | BASE TABLE".to_owned()), "{}", shown.table());
    let shown = ask(&keyed().await, r#"SHOW COLUMNS FROM "by-name".count"#).await;
    assert_eq!(shown.rows().len(), 3);
}

#[tokio::test]
async fn describe_shows_columns() {
    let described = ask(&keyed().await, r#"DESCRIBE "by-name".count"#).await;
    assert_eq!(described.rows(), ["key_group | Int32 | NO", "key | Utf8 | YES", "value | Int64 | YES"]);
}

#[tokio::test]
async fn states_that_cannot_be_read_are_there() {
    let session = session(&[(None, open("../bad/keyed-header-version-5").await)]);
    let reason = "state header of version 5: written by Flink 1.6 or older (offset 0)";
    let listed = ask(&session, "SELECT state, unsupported FROM states WHERE unsupported IS NOT NULL").await;
    assert_eq!(listed.rows(), [format!("keyed_state | {reason}")]);
    let error = fail(&session, r#"SELECT * FROM "ba84ff2bcd12bf763f4542f308bb6398".keyed_state"#).await;
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, reason));
    assert_eq!(error.location(), "operator ba84ff2bcd12bf763f4542f308bb6398, state keyed_state");
}

#[tokio::test]
async fn unknown_names_are_told_with_what_is_near() {
    let session = keyed().await;
    let cases = [
        (r#"SELECT * FROM "by-nam".count"#, "no operator 'by-nam' in snapshot", Some(r#"did you mean "by-name"?"#)),
        (r#"SELECT * FROM "by-name".counts"#, "operator 'by-name' has no state 'counts'", Some("did you mean count?")),
        (r#"SELECT * FROM "by-name".Count"#, "operator 'by-name' has no state 'Count'", Some("did you mean count?")),
        ("SELECT * FROM ttl_value", "no table 'ttl_value' in metadata", Some(r#"did you mean "by-name"."ttl-value"?"#)),
        ("SELECT * FROM operatros", "no table 'operatros' in metadata", Some("did you mean operators?")),
        (r#"SELECT * FROM other."by-name".count"#, "no snapshot 'other'", Some("there is snapshot")),
        (r#"SELECT valeu FROM "by-name".count"#, "no column 'valeu'", Some("did you mean value?")),
        (r#"SELECT x FROM "by-name".count"#, "no column 'x'", Some("there is key_group, key, value")),
    ];
    for (sql, message, hint) in cases {
        let error = fail(&session, sql).await;
        assert_eq!((error.kind(), error.message(), error.hint()), (ErrorKind::NotFound, message, hint), "{sql}");
    }
}

#[tokio::test]
async fn mistakes_are_told_in_one_line() {
    let session = keyed().await;
    let cases = [
        ("SELEC 1", "Expected: an SQL statement, found: SELEC at Line: 1, Column: 1", None),
        ("SELECT java_hsh(1)", "Invalid function 'java_hsh'.", Some("Did you mean 'java_hash'?")),
        ("SELECT * FROM nothing(1)", "table function 'nothing' not found", None),
        ("SELECT 1 / 0", "Divide by zero error", None),
    ];
    for (sql, message, hint) in cases {
        let error = fail(&session, sql).await;
        assert_eq!((error.kind(), error.message(), error.hint()), (ErrorKind::Usage, message, hint), "{sql}");
    }
    let error = fail(&session, "SELECT operator_id(1)").await;
    assert_eq!(error.hint(), Some("Candidate functions: operator_id(String(1))"), "{error:?}");
}

#[tokio::test]
async fn names_without_quotes_are_told() {
    let session = keyed().await;
    let error = fail(&session, "SELECT * FROM by-name.count").await;
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(error.hint(), Some(r#"write "by-name" in double quotes"#));
}

#[tokio::test]
async fn statements_that_write_are_refused() {
    let session = keyed().await;
    let file = std::env::temp_dir().join("flink-state-never-written.parquet");
    let statements = [
        r#"DELETE FROM "by-name".count WHERE 1 = 0"#.to_owned(),
        r#"UPDATE "by-name".count SET value = 1"#.to_owned(),
        r#"PREPARE p AS DELETE FROM "by-name".count"#.to_owned(),
        r#"INSERT INTO "by-name".count VALUES (1, 'a', 1)"#.to_owned(),
        format!(r#"COPY "by-name".count TO '{}'"#, file.display()),
        format!(r#"EXPLAIN ANALYZE COPY "by-name".count TO '{}'"#, file.display()),
    ];
    for sql in statements {
        let error = fail(&session, &sql).await;
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{sql}: {error:?}");
    }
    assert!(!file.exists());
    assert_eq!(ask(&session, r#"SELECT count(*) FROM "by-name".count"#).await.value(), "20");
}

#[tokio::test]
async fn aliases_name_the_snapshots() {
    let snapshot = open("1.20-keyed-hashmap-canonical").await;
    let arg = |alias: Option<&str>| SnapshotArg { alias: alias.map(str::to_owned), snapshot: snapshot.clone() };
    let message = |args: &[SnapshotArg]| Session::open(args, &SessionOptions::default()).err().unwrap();
    assert!(message(&[arg(Some("a")), arg(Some("a"))]).message().starts_with("two snapshots have the alias 'a': "));
    assert_eq!(message(&[arg(Some("a")), arg(None)]).message(), "several snapshots need an alias each");
    assert_eq!(message(&[arg(Some(""))]).message(), "an alias is empty");
    assert_eq!(message(&[]).kind(), ErrorKind::Usage);

    let two = session(&[(Some("a"), snapshot.clone()), (Some("b"), snapshot.clone())]);
    let error = fail(&two, "SELECT * FROM a.count").await;
    assert_eq!((error.message(), error.hint()), ("no operator 'a' in a", Some("a state is a.OPERATOR.count")));
    let error = run(&two, "SELECT * FROM c.x.y").await.err().unwrap();
    assert_eq!(error.hint(), Some("there is a, b"));
}
