//! The files of a relay's data, looked at from outside: copied, and checked by SQLite itself.

use std::path::Path;

use anyhow::Context;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// The database in a data directory.
pub const DATABASE: &str = "forecourt.db";

/// Copies a data directory; nothing may work on it.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Opens the database of a data directory beside the relay, as another program would.
pub async fn open(data: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(data.join(DATABASE));
    SqliteConnection::connect_with(&options).await.context("can't open the database")
}

/// Whether SQLite finds no fault with the database.
pub async fn is_sound(data: &Path) -> anyhow::Result<bool> {
    let mut conn = open(data).await?;
    let found: Vec<(String,)> =
        sqlx::query_as("PRAGMA integrity_check").fetch_all(&mut conn).await?;
    conn.close().await?;
    Ok(found == [("ok".to_owned(),)])
}
