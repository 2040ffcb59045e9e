//! CREATE STATE and CREATE OPERATOR: in a snapshot's operators, and in savepoints made from nothing.

use std::collections::BTreeMap;
use std::path::Path;

use flink_state_reader::types::KryoVersion;
use flink_state_reader::{Layout, OpenOptions, Operator, Snapshot, State, StateKind};
use flink_state_sql::rewrite::{RewriteOptions, RewritePlan, plan};
use flink_state_sql::statement::{Statement, parse};
use flink_state_sql::{Error, ErrorKind, Session, SessionOptions, SnapshotArg};
use futures::TryStreamExt;

use super::fixture::{ask, open, open_keyed, session};

const KEYED: &str = "2.2-keyed-hashmap-canonical";
const UIDS: [&str; 3] = ["by-name", "by-number", "by-tuple"];

fn statements(script: &str) -> Vec<Statement> {
    parse(script, KryoVersion::V5).unwrap().into_iter().map(|statement| statement.statement).collect()
}

fn options(release: &str) -> RewriteOptions {
    let flink_version = (!release.is_empty()).then(|| release.parse().unwrap());
    RewriteOptions { flink_version, max_parallelism: Some(128), ..RewriteOptions::default() }
}

/// Runs a script for a new savepoint, with a snapshot to read from.
async fn bootstrapped(script: &str, source: Option<Snapshot>, release: &str) -> Result<(Session, RewritePlan), Error> {
    let args: Vec<_> =
        source.into_iter().map(|snapshot| SnapshotArg { alias: Some("a".to_owned()), snapshot }).collect();
    let session = Session::bootstrap(&args, &SessionOptions { partitions: Some(4), ..SessionOptions::default() })?;
    let plan = plan(&session, None, &statements(script), options(release)).await?;
    Ok((session, plan))
}

/// Runs a script over the keyed job's savepoint.
async fn rewritten(script: &str) -> Result<RewritePlan, Error> {
    let source = open_keyed(KEYED).await;
    let session = session(&[(None, source.clone())]);
    plan(&session, Some(&source), &statements(script), RewriteOptions::default()).await
}

async fn written(plan: RewritePlan, directory: &Path, uids: &[&str]) -> Snapshot {
    let target = directory.join("savepoint");
    plan.write(&target).await.unwrap();
    let uids = uids.iter().map(|uid| (*uid).to_owned()).collect();
    Snapshot::open_with(target.to_str().unwrap(), &OpenOptions { uids, ..OpenOptions::default() }).await.unwrap()
}

async fn state(snapshot: &Snapshot, operator: &str, name: &str) -> State {
    snapshot.operator(operator).unwrap().state(name).await.unwrap().clone()
}

/// Entries as they are stored, by what comes before them: key group or subtask.
async fn entries(snapshot: &Snapshot, state: &State) -> Vec<String> {
    let mut entries = Vec::new();
    for task in state.scan().raw().build().unwrap().tasks(1) {
        let mut batches = snapshot.execute(&task).await.unwrap();
        while let Some(batch) = batches.try_next().await.unwrap() {
            for row in 0..batch.num_rows() {
                entries.push(format!("{:?}", batch.slice(row, 1).columns()));
            }
        }
    }
    entries.sort();
    entries
}

/// A script that makes the states of an operator anew from their tables in the catalog `a`.
async fn again(operator: &Operator) -> String {
    let uid = operator.label();
    let mut script = format!("CREATE OPERATOR \"{uid}\" PARALLELISM {};\n", operator.parallelism());
    for state in operator.states().await.unwrap() {
        let part = |role: &str, ty: Option<String>| ty.map(|ty| format!("{role} {ty}"));
        let types = [
            part("KEY", state.key_type().map(ToString::to_string)),
            part("NAMESPACE", state.namespace_type().map(ToString::to_string)),
            part("VALUE", state.value_type().map(ToString::to_string)),
        ];
        let types: Vec<String> = types.into_iter().flatten().collect();
        let (name, kind, types) = (state.name(), state.kind(), types.join(", "));
        script.push_str(&format!(
            "CREATE STATE \"{uid}\".\"{name}\" ({types}) KIND {kind} AS SELECT * FROM a.\"{uid}\".\"{name}\";\n"
        ));
    }
    script
}

#[tokio::test]
async fn states_made_from_their_own_rows_are_the_same() {
    let mut kinds = BTreeMap::new();
    for name in [
        "1.20-keyed-rocksdb-native",
        // A null in a map has no bytes here; state on the heap keeps a value that says nothing behind it.
        "2.2-keyed-rocksdb-canonical",
        "2.2-operator-state-hashmap-canonical",
        "2.2-windows-hashmap-canonical",
        "2.2-namespaces-rocksdb-canonical",
        "2.2-avro-hashmap-canonical",
    ] {
        let source = if name.contains("keyed") { open_keyed(name).await } else { open(name).await };
        let (release, _) = name.split_once('-').unwrap();
        for operator in source.operators() {
            let states = operator.states().await.unwrap();
            // What a user's serializer wrote by Kryo can only be copied.
            if states.is_empty() || operator.max_parallelism() != 128 || operator.uid().is_none() {
                continue;
            }
            let script = again(operator).await;
            let (_session, plan) = match bootstrapped(&script, Some(source.clone()), release).await {
                Ok(made) => made,
                Err(error) => panic!("{name} {}: {error:?}\n{script}", operator.label()),
            };
            let directory = tempfile::tempdir().unwrap();
            let label = operator.label();
            let target = written(plan, directory.path(), &[&label]).await;
            for old in states {
                let new = state(&target, &label, old.name()).await;
                assert_eq!((new.meta(), new.key_snapshot()), (old.meta(), old.key_snapshot()), "{name} {}", old.name());
                if old.layout() == Layout::Canonical || old.layout() == Layout::Operator {
                    assert_eq!(entries(&target, &new).await, entries(&source, old).await, "{name} {}", old.name());
                }
                *kinds.entry(old.kind().to_string()).or_insert(0) += 1;
            }
        }
    }
    println!("{kinds:?}");
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}

/// Every kind of state in one operator.
const ALL_KINDS: &str = r#"
CREATE OPERATOR "all" PARALLELISM 2;
CREATE VIEW names AS SELECT concat('key-', n) AS key, n FROM (VALUES (1), (2), (3)) AS t(n);

CREATE STATE "all"."count" (KEY STRING, VALUE LONG) AS SELECT key, n AS value FROM names;
CREATE STATE "all".tags (KEY STRING, VALUE LIST<STRING>) KIND list
    AS SELECT key, make_array('x', key) AS value FROM names;
CREATE STATE "all".totals (KEY STRING, VALUE MAP<STRING, LONG>) KIND map
    AS SELECT key, m AS map_key, n AS map_value FROM names, (VALUES ('a'), ('b')) AS t(m);
CREATE STATE "all"."sum" (KEY STRING, VALUE LONG) KIND reducing AS SELECT n * 10 AS value, key FROM names;
CREATE STATE "all".mean (KEY STRING, VALUE TUPLE<LONG, LONG>) KIND aggregating
    AS SELECT key, named_struct('f1', 2, 'f0', n) AS value FROM names;
CREATE STATE "all"."ttl-value" (KEY STRING, VALUE STRING) WITH (ttl)
    AS SELECT key, upper(key) AS value, TIMESTAMP '2099-01-01T00:00:00Z' AS last_access FROM names;
CREATE STATE "all"."ttl-list" (KEY STRING, VALUE LIST<STRING>) KIND list WITH (ttl)
    AS SELECT key, make_array('x') AS value, make_array(TIMESTAMP '2099-01-01T00:00:00Z') AS last_access FROM names;
CREATE STATE "all"."ttl-map" (KEY STRING, VALUE MAP<STRING, LONG>) KIND map WITH (ttl)
    AS SELECT key, 'x' AS map_key, n AS map_value, TIMESTAMP '2099-01-01T00:00:00Z' AS last_access FROM names;
CREATE STATE "all".address (KEY STRING, VALUE POJO<com.acme.Address>(zip STRING, street STRING, floor INT))
    AS SELECT key, named_struct('zip', '10115', 'floor', n, 'street', CASE WHEN n > 1 THEN 'Torstraße' END) AS value FROM names;
CREATE STATE "all"."_timer_state/event_user-timers" (KEY STRING) KIND timer
    AS SELECT key, TIMESTAMP '2200-01-01T00:00:00Z' AS "timestamp" FROM names;
CREATE STATE "all"."_timer_state/processing_user-timers" (KEY STRING) KIND timer
    AS SELECT key, TIMESTAMP '2201-01-01T00:00:00Z' AS "timestamp" FROM names WHERE n = 2;
CREATE STATE "all"."window-contents" (KEY STRING, NAMESPACE TIME_WINDOW, VALUE LONG) KIND reducing
    AS SELECT key, n AS value, named_struct('start', TIMESTAMP '2200-01-01T00:00:00Z',
        'end', TIMESTAMP '2200-01-01T01:00:00Z') AS namespace FROM names;
CREATE STATE "all"."_timer_state/event_window-timers" (KEY STRING, NAMESPACE TIME_WINDOW) KIND timer
    AS SELECT key, namespace, TIMESTAMP '2200-01-01T00:59:59.999Z' AS "timestamp" FROM "all"."window-contents";
CREATE STATE "all"."_timer_state/processing_window-timers" (KEY STRING, NAMESPACE TIME_WINDOW) KIND timer
    AS SELECT key, namespace, TIMESTAMP '2200-01-01T00:59:59.999Z' AS "timestamp" FROM "all"."window-contents" LIMIT 0;
CREATE STATE "all".buffer (VALUE STRING) KIND operator_list AS SELECT key AS value FROM names ORDER BY key;
CREATE STATE "all"."offsets" (VALUE TUPLE<STRING, LONG>) KIND operator_union
    AS SELECT named_struct('f0', key, 'f1', n) AS value FROM names ORDER BY key;
CREATE STATE "all".placed (VALUE INT) KIND operator_list
    AS SELECT 1 AS subtask, 0 AS position, 7 AS value;
CREATE STATE "all".rules (KEY STRING, VALUE LONG) KIND broadcast AS SELECT key AS map_key, n AS map_value FROM names;
"#;

#[tokio::test]
async fn every_kind_of_state_is_made_from_nothing() {
    let (session, plan) = bootstrapped(ALL_KINDS, None, "2.2").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let target = written(plan, directory.path(), &["all"]).await;
    let new = super::fixture::session(&[(None, target.clone())]);
    let states = target.operator("all").unwrap().states().await.unwrap();
    assert_eq!(states.len(), 18);
    for state in states {
        let sql = format!("SELECT * FROM \"all\".\"{}\"", state.name());
        let sorted = |mut rows: Vec<String>| {
            rows.sort();
            rows
        };
        let rows = sorted(ask(&new, &sql).await.rows());
        assert_eq!(rows, sorted(ask(&session, &sql).await.rows()), "{}", state.name());
    }
    for (sql, rows) in [
        (r#"SELECT key, value FROM "all"."count" ORDER BY key"#, vec!["key-1 | 1", "key-2 | 2", "key-3 | 3"]),
        (
            r#"SELECT key, map_key, map_value FROM "all".totals WHERE key = 'key-2' ORDER BY map_key"#,
            vec!["key-2 | a | 2", "key-2 | b | 2"],
        ),
        (r#"SELECT value.f0, value.f1 FROM "all".mean WHERE key = 'key-3'"#, vec!["3 | 2"]),
        (r#"SELECT value.zip, value.floor, value.street FROM "all".address WHERE key = 'key-1'"#, vec!["10115 | 1 | "]),
        (
            r#"SELECT key, "timestamp" FROM "all"."_timer_state/processing_user-timers""#,
            vec!["key-2 | 2201-01-01T00:00:00Z"],
        ),
        // Elements go to the subtasks in turn, those of a union to the first.
        (
            r#"SELECT * FROM "all".buffer ORDER BY subtask, position"#,
            vec!["0 | 0 | key-1", "0 | 1 | key-3", "1 | 0 | key-2"],
        ),
        (
            r#"SELECT subtask, position, value.f0 FROM "all"."offsets" ORDER BY subtask, position"#,
            vec!["0 | 0 | key-1", "0 | 1 | key-2", "0 | 2 | key-3"],
        ),
        (r#"SELECT * FROM "all".placed"#, vec!["1 | 0 | 7"]),
    ] {
        assert_eq!(ask(&new, sql).await.rows(), rows, "{sql}");
    }
    let address = state(&target, "all", "address").await;
    assert_eq!(
        address.value_type().unwrap().to_string(),
        "POJO<com.acme.Address>(floor INT, street STRING, zip STRING)"
    );
    assert_eq!(state(&target, "all", "window-contents").await.kind(), StateKind::Reducing);
}

#[tokio::test]
async fn a_value_type_is_changed_by_a_query_over_the_old_state() {
    let script = r#"
CREATE OR REPLACE STATE "by-name"."count" (KEY STRING, VALUE STRING)
    AS SELECT key, CAST(value AS VARCHAR) AS value FROM "by-name"."count";
CREATE OR REPLACE STATE "by-name"."sum" (KEY STRING, VALUE LONG) KIND reducing
    AS SELECT key, value + 1 AS value FROM "by-name"."sum";
CREATE STATE "by-name".score (KEY STRING, VALUE DOUBLE) AS SELECT key, 0.5 AS value FROM "by-name"."count";
"#;
    let source = open_keyed(KEYED).await;
    let directory = tempfile::tempdir().unwrap();
    let target = written(rewritten(script).await.unwrap(), directory.path(), &UIDS).await;
    let (old, new) = (session(&[(None, source.clone())]), session(&[(None, target.clone())]));
    let texts = ask(&new, r#"SELECT key, value FROM "by-name"."count" ORDER BY key"#).await.rows();
    assert_eq!(texts, ask(&old, r#"SELECT key, value FROM "by-name"."count" ORDER BY key"#).await.rows());
    assert_eq!(texts.len(), 20);
    let count = state(&target, "by-name", "count").await;
    assert_eq!(count.value_type().unwrap().to_string(), "STRING");
    assert_eq!(ask(&new, r#"SELECT count(*), max(value) FROM "by-name".score"#).await.rows(), ["20 | 0.5"]);
    // Serializers of types that stay are not made anew, and states beside are not touched.
    for name in ["sum", "tags", "order"] {
        let (before, after) = (state(&source, "by-name", name).await, state(&target, "by-name", name).await);
        assert_eq!((before.meta(), before.key_snapshot()), (after.meta(), after.key_snapshot()));
        let is_same = entries(&source, &before).await == entries(&target, &after).await;
        assert_eq!(is_same, name != "sum", "{name}");
    }
}

#[tokio::test]
async fn a_key_type_is_changed_for_all_states_of_an_operator() {
    let source = open_keyed(KEYED).await;
    let states = source.operator("by-number").unwrap().states().await.unwrap();
    let mut script = String::new();
    for state in states {
        let (name, kind) = (state.name(), state.kind());
        let value = state.value_type().map(|ty| format!(", VALUE {ty}")).unwrap_or_default();
        script.push_str(&format!(
            "CREATE OR REPLACE STATE \"by-number\".\"{name}\" (KEY STRING{value}) KIND {kind} AS
             SELECT * EXCEPT (key_group, key), CAST(key AS VARCHAR) AS key FROM \"by-number\".\"{name}\";"
        ));
    }
    let directory = tempfile::tempdir().unwrap();
    let target = written(rewritten(&script).await.unwrap(), directory.path(), &UIDS).await;
    for old in states {
        let new = state(&target, "by-number", old.name()).await;
        assert_eq!(new.key_type().unwrap().to_string(), "STRING");
        assert_eq!(new.count_rows().await.unwrap().0, old.count_rows().await.unwrap().0);
    }

    // All but the first: it is named.
    let one = script.split_inclusive(';').skip(1).collect::<String>();
    let error = rewritten(&one).await.unwrap_err();
    assert!(error.to_string().contains("all keyed states of an operator have the same key"), "{error:?}");
    assert!(error.to_string().contains(states[0].name()), "{error:?}");
}

#[tokio::test]
async fn what_can_not_be_made_is_refused() {
    const COUNT: &str = r#"CREATE STATE "by-name".c (KEY STRING, VALUE LONG) AS "#;
    let after = |query: &str| format!("{COUNT}{query}");
    for (script, kind, message, hint) in [
        (
            after("SELECT key FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "the query gives no column 'value'",
            "value state needs key, value; key_group may be left out",
        ),
        (
            after("SELECT key, 1 AS valu FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "the query gives no column 'value' ('valu' is none)",
            "needs key, value",
        ),
        (
            after("SELECT key, 1 AS value, 2 AS other FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "value state has no column 'other'",
            "needs key, value",
        ),
        (
            after("SELECT key, 'x' AS value FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "STRING where LONG belongs",
            "arrow_cast(…, 'Int64')",
        ),
        (
            after("SELECT key, 1.5 AS value FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "DOUBLE where LONG belongs",
            "cast",
        ),
        (
            after("SELECT key, 1 AS value, 3 AS key_group FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "key_group 3 for a key that belongs to key group",
            "leave key_group out",
        ),
        (after("SELECT key, NULL AS value FROM \"by-name\".tags"), ErrorKind::Data, "NULL where LONG has no null", ""),
        (
            after("SELECT 'a' AS key, 1 AS value FROM \"by-name\".tags"),
            ErrorKind::Usage,
            "two rows have the same key",
            "",
        ),
        (
            r#"CREATE STATE "by-name"."count" (KEY STRING, VALUE LONG) AS SELECT 'a' AS key, 1 AS value"#.to_owned(),
            ErrorKind::Usage,
            "there is a state 'count' already",
            "CREATE OR REPLACE STATE",
        ),
        (
            r#"CREATE STATE "by-nam".c (KEY STRING, VALUE LONG) AS SELECT 'a' AS key, 1 AS value"#.to_owned(),
            ErrorKind::NotFound,
            "no operator 'by-nam'",
            "by-name",
        ),
        (
            r#"CREATE STATE "by-name".c (KEY LONG, VALUE LONG) AS SELECT 1 AS key, 1 AS value"#.to_owned(),
            ErrorKind::Usage,
            "all keyed states of an operator have the same key",
            "replace or drop all of them",
        ),
        (
            r#"CREATE STATE "by-name".c (KEY STRING, VALUE LIST<LONG>) KIND list AS
            SELECT 'a' AS key, arrow_cast(make_array(), 'List(Int64)') AS value"#
                .to_owned(),
            ErrorKind::Data,
            "a list with no elements can't be stored",
            "delete the row",
        ),
        (
            r#"CREATE STATE "by-name".c (KEY STRING, VALUE LONG) WITH (ttl) AS SELECT 'a' AS key, 1 AS value"#
                .to_owned(),
            ErrorKind::Usage,
            "the query gives no column 'last_access'",
            "needs key, value, last_access",
        ),
        (
            r#"CREATE STATE "by-name"."default" (KEY STRING, VALUE LONG) AS SELECT 'a' AS key, 1 AS value"#.to_owned(),
            ErrorKind::Usage,
            "RocksDB can't have a state with the name 'default'",
            "",
        ),
        (
            r#"CREATE STATE "by-name"."c$operator" (VALUE LONG) KIND operator_list AS SELECT 1 AS value"#.to_owned(),
            ErrorKind::Usage,
            "'c$operator' is no name that Flink knows",
            "without $operator",
        ),
        (
            r#"CREATE STATE "by-name".timers (KEY STRING) KIND timer AS SELECT 'a' AS key, now() AS "timestamp""#
                .to_owned(),
            ErrorKind::Usage,
            "timers with the name 'timers' would belong to nothing",
            "user-timers",
        ),
        (
            r#"CREATE STATE "by-name".c (KEY STRING, VALUE POJO<acme.A>(a INT, b INT)) AS
            SELECT 'a' AS key, named_struct('a', 1) AS value"#
                .to_owned(),
            ErrorKind::Usage,
            "there is no field 'b'",
            "all fields have to be given, NULL where there is no value: a, b",
        ),
        (
            r#"CREATE STATE "by-name".c (KEY STRING, VALUE POJO<acme.A>(a INT)) AS
            SELECT 'a' AS key, named_struct('a', 3000000000) AS value"#
                .to_owned(),
            ErrorKind::Usage,
            "3000000000",
            "",
        ),
        (
            r#"CREATE STATE "by-name".l (VALUE LONG) KIND operator_list AS SELECT 1 AS value, 0 AS position"#
                .to_owned(),
            ErrorKind::Usage,
            "position without subtask",
            "",
        ),
        (
            "CREATE OPERATOR x PARALLELISM 5 MAX PARALLELISM 4".to_owned(),
            ErrorKind::Usage,
            "PARALLELISM 5: 1 to 4 are possible",
            "",
        ),
        (r#"CREATE OPERATOR "by-name""#.to_owned(), ErrorKind::Usage, "there is an operator 'by-name' already", ""),
        (
            r#"CREATE OPERATOR "3ae47accfc1f4a443b4b1353160bd320""#.to_owned(),
            ErrorKind::Usage,
            "is an operator ID",
            "uid",
        ),
        (
            r#"CREATE OPERATOR x; CREATE STATE x.c (KEY POJO<acme.A>(a INT), VALUE LONG) AS
            SELECT named_struct('a', 1) AS key, 1 AS value"#
                .to_owned(),
            ErrorKind::Unsupported,
            "the hash of acme.A is that of the user's class, which must be declared",
            "declare",
        ),
        (
            r#"CREATE STATE "by-name".c (KEY STRING, VALUE OPAQUE<acme.A>) AS SELECT 'a' AS key, X'01' AS value"#
                .to_owned(),
            ErrorKind::Unsupported,
            "no serializer snapshot can be made for acme.A",
            "",
        ),
    ] {
        let Err(error) = rewritten(&script).await else { panic!("{script} was not refused") };
        let is_it = error.kind() == kind
            && error.to_string().contains(message)
            && error.hint().unwrap_or_default().contains(hint);
        assert!(is_it, "{script}\n{error:?}\n{kind:?}: {message}; hint: {hint}");
    }
    let null = after("SELECT key, CASE WHEN key <> 'key-13' THEN 1 END AS value FROM \"by-name\".tags");
    assert!(rewritten(&null).await.unwrap_err().location().contains("key 'key-13'"));
}

#[tokio::test]
async fn an_operator_may_have_key_groups_of_its_own() {
    let script = r#"CREATE OPERATOR x PARALLELISM 2 MAX PARALLELISM 300;
        CREATE STATE x.c (KEY STRING, VALUE LONG) AS SELECT key, 1 AS value FROM "by-name".tags"#;
    let directory = tempfile::tempdir().unwrap();
    let target = written(rewritten(script).await.unwrap(), directory.path(), &["x"]).await;
    let by_name = open_keyed("2.2-keyed-hashmap-canonical").await.operator("by-name").unwrap().max_parallelism();
    for (operator, max) in [("x", 300), ("by-name", by_name)] {
        assert_eq!(target.operator(operator).unwrap().max_parallelism(), max, "{operator}");
    }
    let session = session(&[(None, target)]);
    let wrong = ask(&session, "SELECT count(*) FROM x.c WHERE key_group <> key_group(key, 300)").await.value();
    assert_eq!(wrong, "0");
}

#[tokio::test]
async fn declared_hashes_are_used() {
    let script = r#"CREATE OPERATOR x; ALTER OPERATOR x SET key_hash = 'objects_hash(int a)';
        CREATE STATE x.c (KEY POJO<acme.A>(a INT), VALUE LONG) AS SELECT named_struct('a', 1) AS key, 1 AS value"#;
    let plan = rewritten(script).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let target = written(plan, directory.path(), &["x"]).await;
    let session = session(&[(None, target)]);
    // 31 + 1
    let expected = ask(&session, "SELECT key_group(arrow_cast(32, 'Int32'), 128)").await.value();
    assert_eq!(ask(&session, "SELECT key_group FROM x.c").await.value(), expected);
}

#[tokio::test]
async fn the_release_is_asked_for_where_it_matters() {
    let uuid = r#"CREATE STATE "by-name".c (KEY STRING, VALUE KRYO<java.util.UUID>) AS
        SELECT key, '00000000-0000-0001-0000-000000000002' AS value FROM "by-name".tags"#;
    // Only Flink 2.1 and later read this source.
    rewritten(uuid).await.unwrap();
    let source = open_keyed("1.20-keyed-hashmap-canonical").await;
    let run = async |release: &str| {
        let session = session(&[(None, source.clone())]);
        let options = RewriteOptions { max_parallelism: None, ..options(release) };
        plan(&session, Some(&source), &statements(uuid), options).await
    };
    let error = run("").await.unwrap_err();
    assert_eq!(error.message(), "the serializers of 'c' are not the same in Flink 1.16 and 2.3");
    assert!(error.hint().unwrap().contains("--flink-version"));
    run("1.20").await.unwrap();
    run("2.2").await.unwrap();

    let Err(error) = bootstrapped(ALL_KINDS, None, "").await else { panic!("no release, and no error") };
    assert!(error.message().contains("needs to know the Flink release"), "{error:?}");
}

#[tokio::test]
async fn files_become_state() {
    let directory = tempfile::tempdir().unwrap();
    let csv = directory.path().join("totals.csv");
    std::fs::write(&csv, "name,total\na,1\nb,2\n").unwrap();
    let script = format!(
        r#"CREATE EXTERNAL TABLE totals STORED AS CSV LOCATION '{}' OPTIONS ('format.has_header' 'true');
        CREATE OPERATOR x;
        CREATE STATE x.total (KEY STRING, VALUE INT) AS SELECT name AS key, total AS value FROM totals;"#,
        csv.display()
    );
    let (_session, plan) = bootstrapped(&script, None, "1.20").await.unwrap();
    let target = written(plan, directory.path(), &["x"]).await;
    let rows = ask(&session(&[(None, target)]), "SELECT key, value FROM x.total ORDER BY key").await.rows();
    assert_eq!(rows, ["a | 1", "b | 2"]);
}
