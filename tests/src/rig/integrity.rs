//! The files of a relay's data, looked at from outside: copied, and checked by SQLite itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use anyhow::{Context, ensure};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use protocol::ClientMsgId;

use super::Findings;
use crate::measure::{Stopwatch, count};

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

/// What the rows of visitors' messages say, whatever a relay would offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Acknowledged messages that were looked for.
    pub looked_for: u64,
    /// These of them have no row.
    pub missing: u64,
    /// Ids with more than one row, in one conversation or in several.
    pub doubled: u64,
}

impl Rows {
    /// Adds those of another database.
    pub fn add(&mut self, other: Self) {
        self.looked_for += other.looked_for;
        self.missing += other.missing;
        self.doubled += other.doubled;
    }

    /// Holds them against what was promised.
    pub fn judge(self, findings: &mut Findings) {
        findings.at_least("rows_looked_for", count(self.looked_for), 1.0);
        findings.exactly("rows_missing", self.missing, 0);
        findings.exactly("rows_doubled", self.doubled, 0);
    }
}

/// Looks for the row of each message that was acknowledged, and for second rows of any; the relay
/// has stopped.
pub async fn rows(data: &Path, acknowledged: &BTreeSet<ClientMsgId>) -> anyhow::Result<Rows> {
    let mut conn = look(data).await?;
    // Of the table itself: an index that is wrong would hide what it doesn't know.
    let all: Vec<(String,)> = sqlx::query_as(
        "SELECT client_msg_id FROM messages NOT INDEXED WHERE client_msg_id IS NOT NULL",
    )
    .fetch_all(&mut conn)
    .await?;
    conn.close().await?;
    let mut n_rows: BTreeMap<String, u64> = BTreeMap::new();
    for (id,) in all {
        *n_rows.entry(id).or_default() += 1;
    }
    let missing = acknowledged.iter().filter(|id| !n_rows.contains_key(id.as_str())).count();
    Ok(Rows {
        looked_for: acknowledged.len() as u64,
        missing: missing as u64,
        doubled: n_rows.values().filter(|n| 1 < **n).count() as u64,
    })
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

#[cfg(test)]
mod tests {
    use sqlx::Executor;

    use super::*;

    async fn found(inserts: &str) -> Rows {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(dir.path().join(DATABASE));
        let mut conn =
            SqliteConnection::connect_with(&options.create_if_missing(true)).await.unwrap();
        let table = "CREATE TABLE messages (conversation_id TEXT, client_msg_id TEXT);";
        conn.execute(table).await.unwrap();
        let (one, other) = (id(1), id(2));
        let inserts = inserts.replace("ONE", one.as_str()).replace("OTHER", other.as_str());
        conn.execute(sqlx::AssertSqlSafe(inserts)).await.unwrap();
        conn.close().await.unwrap();
        rows(dir.path(), &BTreeSet::from([one, other])).await.unwrap()
    }

    fn id(number: u8) -> ClientMsgId {
        ClientMsgId::from_bytes(&[number; 16])
    }

    #[tokio::test]
    async fn a_row_that_is_missing_and_one_too_many_are_seen() {
        let both = "INSERT INTO messages VALUES ('a', 'ONE'), ('b', 'OTHER'), ('b', NULL)";
        assert_eq!(found(both).await, Rows { looked_for: 2, missing: 0, doubled: 0 });
        let one = "INSERT INTO messages VALUES ('a', 'ONE')";
        assert_eq!(found(one).await, Rows { looked_for: 2, missing: 1, doubled: 0 });
        for place in ["a", "b"] {
            let twice = format!(
                "INSERT INTO messages VALUES ('a', 'ONE'), ('b', 'OTHER'), ('{place}', 'ONE')"
            );
            assert_eq!(found(&twice).await, Rows { looked_for: 2, missing: 0, doubled: 1 });
        }
    }
}
