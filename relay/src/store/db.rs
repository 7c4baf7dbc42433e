//! The only place that speaks to a database driver: arguments, rows, connections.
//!
//! SQLite is written. PostgreSQL becomes a second arm in [`Raw`] and [`Readers`]: the texts in
//! `sql` and their arguments are the same, a [`Batch`] goes as one statement (`Batch::postgres`).

mod side;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
};

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Connection, Executor, FromRow, SqlSafeStr, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteArguments, SqliteRow},
};

pub(super) use side::{DealerKey, Fresh, Side};

use super::{
    StoreError,
    chain::Link,
    connect,
    desk::Desk,
    slack::Page,
    sql::{self, Batch},
    token::TokenHash,
};
use crate::{
    clock::Timestamp,
    crypt::{Blind, Sealed, Wrapped},
};

/// One parameter of a query. Bytes come in as a [`Sealed`], a [`Wrapped`] key, a [`Blind`], a
/// [`TokenHash`] or a [`Link`] only: nothing that a visitor wrote gets past `crypt` by accident.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arg<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Int(i64),
    Sealed(&'a Sealed),
    Wrapped(&'a Wrapped),
    Blind(&'a Blind),
    Page(&'a Page),
    Hash(&'a TokenHash),
    Link(&'a Link),
    MaybeLink(Option<&'a Link>),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::MaybeText(text)
    }
}

impl<'a> From<Option<&'a Link>> for Arg<'a> {
    fn from(link: Option<&'a Link>) -> Self {
        Self::MaybeLink(link)
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Arg<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.millis())
    }
}

impl<'a> From<&'a Sealed> for Arg<'a> {
    fn from(sealed: &'a Sealed) -> Self {
        Self::Sealed(sealed)
    }
}

impl<'a> From<&'a Wrapped> for Arg<'a> {
    fn from(wrapped: &'a Wrapped) -> Self {
        Self::Wrapped(wrapped)
    }
}

impl<'a> From<&'a Blind> for Arg<'a> {
    fn from(blind: &'a Blind) -> Self {
        Self::Blind(blind)
    }
}

impl<'a> From<&'a Page> for Arg<'a> {
    fn from(page: &'a Page) -> Self {
        Self::Page(page)
    }
}

impl<'a> From<&'a TokenHash> for Arg<'a> {
    fn from(hash: &'a TokenHash) -> Self {
        Self::Hash(hash)
    }
}

impl<'a> From<&'a Link> for Arg<'a> {
    fn from(link: &'a Link) -> Self {
        Self::Link(link)
    }
}

/// The arguments of one query, in order.
macro_rules! args {
    ($($arg:expr),* $(,)?) => { &[$($crate::store::db::Arg::from($arg)),*] };
}
pub(super) use args;

/// `text` without NUL, which PostgreSQL refuses.
pub(super) fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text.to_owned() }
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;

fn query(sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Query {
    args.iter().fold(sqlx::query(sql), |query, arg| match arg {
        Arg::Text(text) => query.bind(clean(text)),
        Arg::MaybeText(text) => query.bind(text.map(clean)),
        Arg::Int(number) => query.bind(*number),
        Arg::Sealed(sealed) => query.bind(sealed.as_bytes().to_vec()),
        Arg::Wrapped(wrapped) => query.bind(wrapped.as_bytes().to_vec()),
        Arg::Blind(blind) => query.bind(blind.as_bytes().to_vec()),
        Arg::Page(page) => query.bind(page.as_bytes().to_vec()),
        Arg::Hash(hash) => query.bind(hash.as_bytes().to_vec()),
        Arg::Link(link) => query.bind(link.as_bytes().to_vec()),
        Arg::MaybeLink(link) => query.bind(link.map(|link| link.as_bytes().to_vec())),
    })
}

/// What a row may be read as.
pub(super) trait Row: for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// The writer's own connections. Where none is named, the data's is meant.
#[derive(Debug)]
pub(super) struct Conn {
    data: Raw,
    pub(super) keys: Side,
}

impl Deref for Conn {
    type Target = Raw;

    fn deref(&self) -> &Raw {
        &self.data
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut Raw {
        &mut self.data
    }
}

impl Conn {
    pub(super) fn new(data: Raw, keys: Side) -> Self {
        Self { data, keys }
    }

    /// Copies the logs to their databases and cuts them to nothing. False: a reader held one open.
    pub(super) async fn cut_logs(&mut self) -> Result<bool, StoreError> {
        // Both, also where the first is held.
        let (data, keys) = (self.data.cut_log().await?, self.keys.raw().cut_log().await?);
        Ok(data && keys)
    }

    /// Gives some free pages back to the disk; answers how many are left.
    pub(super) async fn vacuum(&mut self) -> Result<i64, StoreError> {
        Ok(self.data.vacuum().await? + self.keys.raw().vacuum().await?)
    }

    /// Closes the connections; the last one copies and removes its log.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        let Self { data, mut keys } = self;
        keys.roll_back().await;
        let keys = keys.close().await;
        data.close().await.and(keys)
    }
}

/// One connection that writes.
#[derive(Debug)]
pub(super) struct Raw {
    sqlite: SqliteConnection,
    /// What goes with the next text: statements, and how many.
    ahead: Option<(&'static str, usize)>,
}

impl Raw {
    pub(super) fn new(sqlite: SqliteConnection) -> Self {
        Self { sqlite, ahead: None }
    }

    /// Puts so many statements before the next text. A trip to the thread of the database costs more
    /// than a statement does; these need none of their own.
    pub(super) fn put_ahead(&mut self, statements: &'static str, n_statements: usize) {
        self.ahead = Some((statements, n_statements));
    }

    /// Drops what waits for a next text; false where there was nothing, since it has gone.
    pub(super) fn drop_ahead(&mut self) -> bool {
        self.ahead.take().is_some()
    }

    /// The next text, with what goes before it, and how many statements that is.
    fn next(&mut self, sql: &'static str, args: &[Arg<'_>]) -> (Query, usize) {
        match self.ahead.take() {
            None => (query(sql, args), 0),
            Some((ahead, n_ahead)) => {
                (query(AssertSqlSafe(format!("{ahead};\n{sql}")), args), n_ahead)
            }
        }
    }

    /// Begins a transaction that writes, counts it, and answers how many there are with it.
    pub(super) async fn begin(&mut self) -> Result<i64, StoreError> {
        let begin = format!("BEGIN IMMEDIATE;\n{}", sql::COUNT_COMMIT);
        let rows = self.sqlite.fetch_all(sqlx::query(AssertSqlSafe(begin))).await?;
        let (commits,): (i64,) =
            rows.last().map(FromRow::from_row).transpose()?.ok_or(StoreError::Gone)?;
        Ok(commits)
    }

    /// Runs a change and answers how many rows it touched.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        let (query, n_ahead) = self.next(sql, args);
        let mut parts = self.sqlite.execute_many(query);
        let (mut n_done, mut touched) = (0, 0);
        while let Some(part) = parts.try_next().await? {
            if n_ahead <= n_done {
                touched += part.rows_affected();
            }
            n_done += 1;
        }
        Ok(touched)
    }

    /// Runs a change that must touch exactly one row.
    pub(super) async fn execute_one(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<(), StoreError> {
        if self.execute(sql, args).await? == 1 { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// Runs the parts of a batch and answers how many rows they touched together.
    pub(super) async fn batch(
        &mut self,
        batch: &Batch,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        self.execute(batch.sqlite, args).await
    }

    /// Reads the first row, if there is one.
    pub(super) async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        let (query, _) = self.next(sql, args);
        let row = self.sqlite.fetch_optional(query).await?;
        Ok(row.as_ref().map(T::from_row).transpose()?)
    }

    /// Reads all rows.
    pub(super) async fn all<T: Row>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<T>, StoreError> {
        let (query, _) = self.next(sql, args);
        let rows = self.sqlite.fetch_all(query).await?;
        Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
    }

    /// Makes or changes the tables of an older relay.
    pub(super) async fn migrate(&mut self, steps: &Migrator) -> Result<(), MigrateError> {
        steps.run(&mut self.sqlite).await
    }

    /// Copies the log to the database and cuts it to nothing. False: a reader held it open.
    pub(super) async fn cut_log(&mut self) -> Result<bool, StoreError> {
        let pause = connect::busy_timeout(crate::limits::SCRUB_BUSY);
        self.sqlite.execute(AssertSqlSafe(pause)).await?;
        let row: (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.sqlite).await?;
        let usual = connect::busy_timeout(crate::limits::DATABASE_BUSY);
        self.sqlite.execute(AssertSqlSafe(usual)).await?;
        Ok(row.0 == 0)
    }

    /// Gives free pages back to the disk; answers how many are left.
    pub(super) async fn vacuum(&mut self) -> Result<i64, StoreError> {
        let vacuum = connect::incremental_vacuum();
        self.sqlite.execute(AssertSqlSafe(vacuum)).await?;
        let row: (i64,) =
            sqlx::query_as("PRAGMA freelist_count").fetch_one(&mut self.sqlite).await?;
        Ok(row.0)
    }

    /// Closes the connection; the last one copies and removes the log.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        Ok(self.sqlite.close().await?)
    }
}

/// The connections that read.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    sqlite: SqlitePool,
    desk: Arc<Desk>,
}

impl Readers {
    /// `name`: of the thread that waits for them.
    pub(super) fn new(sqlite: SqlitePool, name: &str) -> std::io::Result<Self> {
        Ok(Self { sqlite, desk: Arc::new(Desk::open(name)?) })
    }

    /// Reads the first row, if there is one.
    pub(super) async fn optional<T: Row>(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        let (pool, query) = (self.sqlite.clone(), query(sql, args));
        let row = self.desk.run(async move { pool.fetch_optional(query).await }).await?;
        Ok(row.as_ref().map(T::from_row).transpose()?)
    }

    /// Reads all rows.
    pub(super) async fn all<T: Row>(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<T>, StoreError> {
        self.each(sql, args).await?.into_iter().collect()
    }

    /// Reads all rows, each for itself: one that holds no such values does not hide the others.
    pub(super) async fn each<T: Row>(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Result<T, StoreError>>, StoreError> {
        let (pool, query) = (self.sqlite.clone(), query(sql, args));
        let rows = self.desk.run(async move { pool.fetch_all(query).await }).await?;
        Ok(rows.iter().map(|row| Ok(T::from_row(row)?)).collect())
    }

    /// Writes a copy of everything, as it is at this moment, to an empty file.
    pub(super) async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let copy = sqlx::query("VACUUM INTO $1").bind(path.display().to_string());
        let pool = self.sqlite.clone();
        self.desk.run(async move { pool.execute(copy).await }).await.map(drop)
    }

    /// Closes all of them.
    pub(super) async fn close(&self) {
        self.sqlite.close().await;
    }
}
