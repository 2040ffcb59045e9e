//! What the scans are asked to do.

use crate::fixture::{ask, keyed, open, session};

/// The lines of the physical plan that scan a state.
async fn scans(sql: &str) -> Vec<String> {
    let session = keyed().await;
    let plan = ask(&session, &format!("EXPLAIN {sql}")).await.table();
    let scan = |line: &str| line.find("StateScan").map(|at| line[at..].trim_end_matches(['|', ' ']).to_owned());
    plan.lines().filter_map(scan).collect()
}

async fn plan(sql: &str) -> String {
    ask(&keyed().await, &format!("EXPLAIN {sql}")).await.table()
}

const COUNT: &str = "StateScan: snapshot=snapshot, operator=by-name, state=count";

#[tokio::test]
async fn only_the_columns_that_are_asked_for() {
    let scan = scans(r#"SELECT value FROM "by-name".count"#).await;
    assert_eq!(scan, [format!("{COUNT}, projection=[value], key_groups=12..=113, partitions=4")]);
    let scan = scans(r#"SELECT count(*) FROM "by-name".count"#).await;
    assert_eq!(scan, [format!("{COUNT}, projection=[], key_groups=12..=113, partitions=4")]);
}

#[tokio::test]
async fn only_the_rows_that_are_asked_for() {
    let scan = scans(r#"SELECT value FROM "by-name".count LIMIT 5"#).await;
    assert_eq!(scan, [format!("{COUNT}, projection=[value], key_groups=12..=113, limit=5, partitions=4")]);
    let scan = scans(r#"SELECT value FROM "by-name".count WHERE key = 'x' LIMIT 5"#).await;
    assert_eq!(scan, [format!("{COUNT}, projection=[key, value], key_groups=12..=113, partitions=4")]);
}

#[tokio::test]
async fn only_the_key_groups_that_are_asked_for() {
    let sql = r#"SELECT value FROM "by-name".count WHERE key_group = 59 LIMIT 1"#;
    assert_eq!(scans(sql).await, [format!("{COUNT}, projection=[value], key_groups=59..=59, limit=1, partitions=1")]);
    assert!(!plan(sql).await.contains("FilterExec"), "the condition is the scan's alone");
    let sql = r#"SELECT value FROM "by-name".count WHERE key_group IN (12, 59)"#;
    assert!(scans(sql).await[0].contains("key_groups=12..=59"));
    assert!(plan(sql).await.contains("FilterExec"), "the scan reads what is between them, too");
    assert!(
        plan(r#"SELECT * FROM "by-name".count WHERE key_group > 12 AND key_group < 12"#).await.contains("EmptyExec")
    );
}

#[tokio::test]
async fn key_groups_need_no_shuffle_and_no_sort() {
    let plan = plan(r#"SELECT key_group, count(*) FROM "by-name".count GROUP BY key_group ORDER BY key_group"#).await;
    assert!(!plan.contains("RepartitionExec") && !plan.contains("SortExec:"), "{plan}");
    assert!(plan.contains("SortPreservingMergeExec"), "{plan}");
}

#[tokio::test]
async fn rows_that_are_known_are_not_counted() {
    let session = session(&[(None, open("1.20-operator-state-hashmap-canonical").await)]);
    let states = ask(&session, "SELECT operator, state, entries FROM states WHERE entries IS NOT NULL").await.rows();
    assert!(!states.is_empty());
    for row in states {
        let [operator, state, entries] = row.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        let sql = format!(r#"SELECT count(*) FROM "{operator}"."{state}""#);
        assert_eq!(ask(&session, &sql).await.value(), entries);
        let plan = ask(&session, &format!("EXPLAIN {sql}")).await.table();
        assert!(!plan.contains("StateScan"), "{plan}");
    }
}

#[tokio::test]
async fn analyze_tells_rows_and_bytes() {
    let plan = ask(&keyed().await, r#"EXPLAIN ANALYZE SELECT value FROM "by-name".count"#).await.table();
    let scan = plan.lines().find(|line| line.contains("StateScan")).unwrap();
    assert!(scan.contains("output_rows=20") && scan.contains("bytes_scanned="), "{plan}");
}
