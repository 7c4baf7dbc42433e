//! How a connection to SQLite is opened, and the proof that it is what was asked for: options
//! that did not take close the store, they don't weaken it (G-21, D4).

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};

use super::StoreError;
use crate::limits::{
    CHECKPOINT_PAGES, DATABASE_BUSY, READ_WAIT, READER_CACHE_KIB, READERS, VACUUM_PAGES,
    WAL_KEEP_BYTES, WRITER_CACHE_KIB,
};
use crate::planted::Planted;

/// The tables, step by step.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// The same of the keys.
pub(super) static KEYS_MIGRATIONS: Migrator = sqlx::migrate!("migrations/keys/sqlite");

/// The oldest SQLite that is known to keep every commit in WAL mode.
const OLDEST: [u32; 3] = [3, 51, 3];
const OLDEST_TEXT: &str = "3.51.3";

/// What every connection must say when it is asked.
const EVERY: [(&str, i64); 4] =
    [("secure_delete", 1), ("temp_store", 2), ("trusted_schema", 0), ("foreign_keys", 1)];

/// What the writer must say too: the log is synced at each commit, free pages can be given back.
const WRITER: [(&str, i64); 2] = [("synchronous", 2), ("auto_vacuum", 2)];

fn every(path: &Path, cache_kib: u32) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(DATABASE_BUSY)
        .foreign_keys(true)
        // Deleted text is overwritten. Per connection: SQLite forgets it with the next one.
        .pragma("secure_delete", "ON")
        // Nothing of a query spills into a file beside the database.
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .pragma("cache_size", format!("-{cache_kib}"))
        .disable_statement_logging()
}

/// Opens the connection that writes.
pub(super) async fn writer(path: &Path, planted: &Planted) -> Result<SqliteConnection, StoreError> {
    let mut options = every(path, WRITER_CACHE_KIB);
    if is_new(path) {
        // Later it would be a write each time, which a command on a full disk could not do.
        options = options.auto_vacuum(SqliteAutoVacuum::Incremental);
    }
    let mut conn = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("journal_size_limit", WAL_KEEP_BYTES.to_string())
        .connect()
        .await?;
    check_version(&mut conn).await?;
    check_pages(&mut conn).await?;
    read_back(&mut conn, &EVERY).await?;
    read_back(&mut conn, &WRITER).await?;
    if planted.is("synchronous-normal") {
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut conn).await?;
    }
    if planted.is("no-scrub") {
        sqlx::query("PRAGMA secure_delete = OFF").execute(&mut conn).await?;
    }
    let (mode,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut conn).await?;
    if mode != "wal" {
        return Err(StoreError::OptionRefused { pragma: "journal_mode", wanted: 0, found: mode });
    }
    Ok(conn)
}

/// Whether the database has no page yet. All may still stand in the log alone; then the option is
/// set once more, which changes nothing.
fn is_new(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0)
}

/// Opens the connections that read. Their options are their own: on a read-only connection the
/// writer's would fail.
pub(super) async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(READ_WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file doesn't die; asking it each time would double each read.
        .test_before_acquire(false)
        .after_connect(|conn, _| {
            Box::pin(async move {
                read_back(conn, &EVERY)
                    .await
                    .map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        })
        .connect_with(every(path, READER_CACHE_KIB).read_only(true))
        .await?;
    Ok(pool)
}

async fn check_version(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let (found,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(conn).await?;
    if is_new_enough(&found) {
        Ok(())
    } else {
        Err(StoreError::TooOld { found, wanted: OLDEST_TEXT })
    }
}

/// Without access to its pages, SQLite keeps copies of deleted rows between others.
async fn check_pages(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT 1 FROM pragma_module_list WHERE name = 'sqlite_dbpage'")
            .fetch_optional(conn)
            .await?;
    found.map(drop).ok_or(StoreError::NoPages)
}

/// Whether this version of SQLite is `OLDEST` or later.
fn is_new_enough(version: &str) -> bool {
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    OLDEST.as_slice() <= parts.as_slice()
}

/// Asks the connection what holds, and refuses it where that is not what was asked for.
async fn read_back(
    conn: &mut SqliteConnection,
    wanted: &[(&'static str, i64)],
) -> Result<(), StoreError> {
    for &(pragma, wanted) in wanted {
        let (found,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(format!("PRAGMA {pragma}")))
            .fetch_one(&mut *conn)
            .await?;
        if found != wanted {
            return Err(StoreError::OptionRefused { pragma, wanted, found: found.to_string() });
        }
    }
    Ok(())
}

/// The text that sets how long a connection waits for another.
pub(super) fn busy_timeout(wait: Duration) -> String {
    format!("PRAGMA busy_timeout = {}", wait.as_millis())
}

/// The text that gives some free pages back.
pub(super) fn incremental_vacuum() -> String {
    format!("PRAGMA incremental_vacuum({VACUUM_PAGES})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_option_that_did_not_take_closes_the_connection() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let mut conn = writer_file(&path).await;
        sqlx::query("PRAGMA secure_delete = OFF").execute(&mut conn).await.unwrap();
        let error = read_back(&mut conn, &EVERY).await.unwrap_err();
        assert!(matches!(error, StoreError::OptionRefused { pragma: "secure_delete", .. }));
    }

    #[tokio::test]
    async fn a_database_without_auto_vacuum_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let mut conn = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .connect()
            .await
            .unwrap();
        sqlx::query("CREATE TABLE t (a)").execute(&mut conn).await.unwrap();
        let error = writer(&path, &Planted::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::OptionRefused { pragma: "auto_vacuum", .. }));
    }

    async fn writer_file(path: &Path) -> SqliteConnection {
        std::fs::File::create(path).unwrap();
        writer(path, &Planted::default()).await.unwrap()
    }

    #[test]
    fn a_sqlite_that_may_lose_commits_is_refused() {
        for old in ["3.7.0", "3.46.0", "3.51", "3.51.2", "2.99.9", "", "soon"] {
            assert!(!is_new_enough(old), "{old}");
        }
        for new in [OLDEST_TEXT, "3.51.10", "3.52.0", "3.54.1", "4.0.0"] {
            assert!(is_new_enough(new), "{new}");
        }
    }

    #[tokio::test]
    async fn the_bundled_sqlite_is_new_enough() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = writer_file(&dir.path().join("x.db")).await;
        check_version(&mut conn).await.unwrap();
    }
}
