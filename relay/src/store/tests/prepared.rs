//! Every text of SQL is valid on SQLite; see `postgres` for the other one.

use sqlx::{
    AssertSqlSafe, ConnectOptions, Executor, SqlSafeStr, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use super::*;

async fn fresh() -> (TempDir, SqliteConnection) {
    let dir = tempfile::tempdir().unwrap();
    let options =
        SqliteConnectOptions::new().filename(dir.path().join("x.db")).create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    for step in connect::MIGRATIONS.iter().chain(connect::KEYS_MIGRATIONS.iter()) {
        (&mut conn).execute(step.sql.clone()).await.unwrap();
    }
    (dir, conn)
}

/// All single statements: the queries, and the parts of the batches.
pub(super) fn statements() -> Vec<(&'static str, &'static str)> {
    let parts = sql::all_batches()
        .flat_map(|(name, batch)| batch.parts.iter().map(move |part| (name, *part)));
    sql::all_queries().chain(parts).collect()
}

#[tokio::test]
async fn every_query_is_valid_on_sqlite() {
    let (_dir, mut conn) = fresh().await;
    let all = statements();
    assert!(40 < all.len(), "the registry lists {} statements only", all.len());
    for (name, text) in all {
        let prepared = (&mut conn).prepare(AssertSqlSafe(text).into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn a_query_of_the_sweep_finds_its_rows_by_an_index() {
    let (_dir, mut conn) = fresh().await;
    for (name, text) in sql::all_queries() {
        for step in plan(&mut conn, text).await {
            let scans = step.starts_with("SCAN") && !step.contains("USING");
            // Few rows each: the dealers themselves; and none at all.
            let small = step.starts_with("SCAN dealer")
                || step.contains("CONSTANT ROW")
                || step.contains("VALUES CLAUSE")
                || name.starts_with("ANY_");
            assert!(small || !scans, "{name} reads a whole table: {step}");
        }
    }
}

#[tokio::test]
async fn a_resume_is_two_lookups_by_an_index_however_many_conversations_there_are() {
    let (_dir, mut conn) = fresh().await;
    let by_index = |step: &str| step.contains("SEARCH") && step.contains("INDEX");
    for (query, wanted) in [
        // By the token; and whether a reply is running there.
        (sql::RESUME, ["conversations_by_token", "replies_running"]),
        // Whether it has expired; and its messages by their key, in order.
        (sql::HISTORY, ["conversations_of_dealer", "PRIMARY KEY (conversation_id=? AND seq>?)"]),
    ] {
        let steps = plan(&mut conn, query).await;
        for wanted in wanted {
            let step = steps.iter().find(|step| step.contains(wanted));
            assert!(step.is_some(), "{wanted} is not used: {steps:?}");
        }
        let others = steps.iter().filter(|step| !step.contains("SCALAR SUBQUERY"));
        for step in others {
            assert!(by_index(step) || step.contains("PRIMARY KEY"), "{step}");
        }
    }
}

/// How SQLite would go about a query, step by step.
async fn plan(conn: &mut SqliteConnection, query: &'static str) -> Vec<String> {
    let explained = format!("EXPLAIN QUERY PLAN {query}");
    let rows: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(explained)).fetch_all(conn).await.unwrap();
    rows.into_iter().map(|(.., step)| step).collect()
}
