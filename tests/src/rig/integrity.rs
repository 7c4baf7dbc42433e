//! The files of a relay's data, looked at from outside: copied, and checked by SQLite itself.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::{Context, ensure};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::measure::Stopwatch;

/// How long a reply may go on that must have ended: longer is for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(2);

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

/// The replies that are being written, as the files say; whether or not a relay works on them, they
/// stay as they are.
pub async fn running(data: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut conn = look(data).await?;
    let found = running_by(&mut conn).await?;
    conn.close().await?;
    Ok(found)
}

/// Waits until none of these replies is being written any more; answers how long that took.
pub async fn ended(data: &Path, replies: &BTreeSet<String>) -> anyhow::Result<Duration> {
    let watch = Stopwatch::start();
    let mut conn = look(data).await?;
    while !running_by(&mut conn).await?.is_disjoint(replies) {
        ensure!(watch.elapsed() < PATIENCE, "a reply that was cut goes on for ever");
        tokio::time::sleep(LOOK).await;
    }
    let took = watch.elapsed();
    conn.close().await?;
    Ok(took)
}

/// Opens the database to read only: no checkpoint follows when it is closed.
async fn look(data: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(data.join(DATABASE)).read_only(true);
    SqliteConnection::connect_with(&options).await.context("can't read the database")
}

async fn running_by(conn: &mut SqliteConnection) -> anyhow::Result<BTreeSet<String>> {
    let running = sqlx::query_as("SELECT reply_id FROM replies WHERE state = 'running'");
    let found: Vec<(String,)> = running.fetch_all(conn).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
