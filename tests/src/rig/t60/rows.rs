//! The rows of a store's files, by table and conversation, whatever the store would show of them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::Context;
use relay::{clock::Timestamp, domain::proof::Receipt};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions,
};

use super::fill::Talk;
use crate::rig::integrity::DATABASE;

/// The tables in which a conversation has rows, and the column that names it.
pub(super) const TABLES: [(&str, &str); 8] = [
    ("conversations", "id"),
    ("messages", "conversation_id"),
    ("leads", "conversation_id"),
    ("contacts", "conversation_id"),
    ("consents", "conversation_id"),
    ("replies", "conversation_id"),
    ("outbox", "conversation_id"),
    ("apart.conversation_keys", "conversation_id"),
];

/// How many rows each conversation has in each table.
#[derive(Debug, Default)]
pub(super) struct Rows([HashMap<String, u64>; TABLES.len()]);

/// Rows that should be there or should not.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrong {
    /// Of conversations that are past their end and not held, by table.
    pub(super) left: BTreeMap<&'static str, u64>,
    /// Of conversations that are not, or that are held.
    pub(super) deleted_early: u64,
}

impl Wrong {
    pub(super) fn n_left(&self) -> u64 {
        self.left.values().sum()
    }

    pub(super) fn add(&mut self, other: Self) {
        for (table, n) in other.left {
            *self.left.entry(table).or_default() += n;
        }
        self.deleted_early += other.deleted_early;
    }
}

impl Rows {
    /// Reads the files beside the store.
    pub(super) async fn of(dir: &Path) -> anyhow::Result<Self> {
        let mut conn = open(dir).await?;
        let mut all = Self::default();
        for ((table, column), rows) in TABLES.iter().zip(&mut all.0) {
            // The table itself: an index that is wrong would hide what it doesn't know.
            let counting = format!("SELECT {column}, COUNT(*) FROM {table} GROUP BY +{column}");
            let found: Vec<(String, i64)> =
                sqlx::query_as(AssertSqlSafe(counting)).fetch_all(&mut conn).await?;
            rows.extend(found.into_iter().map(|(id, n)| (id, n.unsigned_abs())));
        }
        conn.close().await?;
        Ok(all)
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().flat_map(HashMap::values).sum()
    }

    /// In how many tables there are any.
    pub(super) fn n_tables(&self) -> usize {
        self.0.iter().filter(|rows| !rows.is_empty()).count()
    }

    /// What is wrong with them at a moment, if these were there at first.
    pub(super) fn wrong(&self, first: &Self, talks: &[Talk], now: Timestamp) -> Wrong {
        let mut wrong = Wrong::default();
        let tables = TABLES.iter().zip(self.0.iter().zip(&first.0));
        for ((table, _), (rows, first)) in tables {
            let of = |rows: &HashMap<String, u64>, talk: &Talk| {
                rows.get(talk.id.as_str()).copied().unwrap_or(0)
            };
            let mut left = 0;
            for talk in talks {
                if talk.ends <= now && talk.hold.is_none() {
                    left += of(rows, talk);
                } else {
                    wrong.deleted_early += of(first, talk).saturating_sub(of(rows, talk));
                }
            }
            if 0 < left {
                wrong.left.insert(table, left);
            }
        }
        wrong
    }
}

/// Keeps the rows of a conversation, lets `work` go on, and puts them back: what a sweep does that
/// forgets a table.
pub(super) async fn put_back_after<F>(
    dir: &Path,
    talk: &Talk,
    work: impl FnOnce() -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut conn = open(dir).await?;
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut conn).await?;
    for (number, (table, column)) in TABLES.iter().enumerate() {
        let keep =
            format!("CREATE TEMP TABLE kept_{number} AS SELECT * FROM {table} WHERE {column} = $1");
        sqlx::query(AssertSqlSafe(keep)).bind(talk.id.as_str()).execute(&mut conn).await?;
    }
    work().await?;
    for (number, (table, _)) in TABLES.iter().enumerate() {
        let put_back = format!("INSERT INTO {table} SELECT * FROM temp.kept_{number}");
        sqlx::query(AssertSqlSafe(put_back)).execute(&mut conn).await?;
    }
    Ok(conn.close().await?)
}

/// All receipts.
pub(super) async fn receipts(dir: &Path) -> anyhow::Result<Vec<Receipt>> {
    let mut conn = open(dir).await?;
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT body FROM apart.receipts").fetch_all(&mut conn).await?;
    conn.close().await?;
    rows.iter().map(|(body,)| Ok(serde_json::from_str(body)?)).collect()
}

/// What stands in the rows of conversations, as it was sealed, and their wrapped keys.
pub(super) async fn traces(dir: &Path, limit: u32) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut conn = open(dir).await?;
    let mut all = Vec::new();
    for column in [
        "body FROM messages",
        "fields FROM leads",
        "snapshot FROM replies WHERE snapshot IS NOT NULL",
        "digest FROM contacts",
        "token_hash FROM conversations",
        "wrapped FROM apart.conversation_keys",
    ] {
        let reading = format!("SELECT {column} LIMIT {limit}");
        let rows: Vec<(Vec<u8>,)> =
            sqlx::query_as(AssertSqlSafe(reading)).fetch_all(&mut conn).await?;
        all.extend(rows.into_iter().map(|(trace,)| trace));
    }
    conn.close().await?;
    Ok(all)
}

async fn open(dir: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(dir.join(DATABASE));
    let mut conn = options.connect().await.context("can't open the database")?;
    let keys = dir.join("keys.db").display().to_string();
    sqlx::query("ATTACH DATABASE $1 AS apart").bind(keys).execute(&mut conn).await?;
    Ok(conn)
}
