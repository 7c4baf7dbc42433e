//! Opening the store: directory, lock, connections, tables, epoch, directory of dealers.

use std::{fs, path::Path, sync::Arc};

use protocol::Epoch;
use sqlx::migrate::{MigrateError, Migrator};
use tokio::sync::Mutex;

use super::{
    Inner, Role, Store, StoreError, StoreOptions,
    backup::DATABASE,
    connect,
    db::{Conn, Raw, Readers, args},
    directory::Directory,
    files::{make_file, sync_dir},
    keys::{self, KEYS_DATABASE, Keys},
    lock::LockFile,
    log::LogWatch,
    mark::Mark,
    restore::{self, CUT_OFF},
    sql,
    sweep::Runner,
    time::{self, Time},
    writer::{Writer, Wrong},
};
use crate::{
    lifecycle::Tasks,
    limits::{MIGRATION_POLL, MIGRATION_POLLS},
    random,
    telemetry::names,
};

impl Store {
    /// Opens the store in its directory, makes or changes its tables, and refuses where an option
    /// that deletion or durability rests on doesn't hold.
    pub async fn open(options: StoreOptions, tasks: &Tasks) -> Result<Self, StoreError> {
        let path = options.dir.join(DATABASE);
        make_private(&options.dir, &path)?;
        let mut locks = Vec::new();
        if options.role == Role::Server && !options.planted.is("no-lock") {
            locks.push(LockFile::take(&options.dir)?);
            restore::remove_left_over(&options.dir)?;
        }
        let mut data = Raw::new(connect::writer(&path, &options.planted).await?);
        let side = keys::connect(&options, &mut data).await?;
        // Keys that lie apart belong to one relay, too.
        let is_apart = options.keys.canonicalize().ok() != options.dir.canonicalize().ok();
        if !locks.is_empty() && is_apart {
            locks.push(LockFile::take(&options.keys)?);
        }
        let mut conn = Conn::new(data, side);
        match options.role {
            Role::Server => migrate(&mut conn, &path).await?,
            Role::Tool => migrate_beside_a_server(&mut conn, &options.dir, &path).await?,
        }
        let keys = Keys::open(&options, &mut conn).await?;
        let epoch = incarnation(&mut conn, &options).await?;
        let time = Time::new(Arc::clone(&options.clock), time::believed(&mut conn).await?);
        let mark = match options.role {
            Role::Server => Mark::open(&options.dir, epoch.clone()).ok(),
            Role::Tool => None,
        };
        sync_names(&options.dir)?;
        sync_names(&options.keys)?;
        let thread = |error| StoreError::io(&path, error);
        let readers = Readers::new(connect::readers(&path).await?, "readers").map_err(thread)?;
        let directory = Directory::load(&readers).await?;
        let wrong = Wrong::of(&options.planted);
        let logs = [LogWatch::of(&path), LogWatch::of(&options.keys.join(KEYS_DATABASE))];
        let writer = Writer::start(conn, logs, mark, Arc::clone(&options.clock), wrong);
        let (writer, end) = writer.map_err(thread)?;
        let runner = Runner::new(options.clock.as_ref(), options.random.as_ref());
        let store = Self {
            inner: Arc::new(Inner {
                writer,
                readers,
                directory,
                epoch,
                time,
                clock: options.clock,
                random: options.random,
                keys,
                runner,
                is_untidy: options.planted.is("no-scrub"),
                end: Mutex::new(Some(end)),
                last_sweep: std::sync::Mutex::default(),
                owed: tokio::sync::Notify::new(),
                stuck: std::sync::Mutex::default(),
                documents_told: std::sync::Mutex::default(),
                locks: std::sync::Mutex::new(locks),
            }),
        };
        store.seal_all(options.role, &options.dir).await?;
        if options.role == Role::Server {
            store.replay_tombstones().await?;
            store.keep_directory_fresh(tasks);
        }
        Ok(store)
    }
}

/// Makes the directory and the database, readable by their owner alone; what exists stays as it is.
fn make_private(dir: &Path, path: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::io(dir, error))?;
    if dir.join(CUT_OFF).exists() {
        return Err(StoreError::HalfRestored { path: dir.to_owned() });
    }
    make_file(path)
}

/// Makes the names of the files durable, and the directory's own. SQLite does so when it makes the
/// log, but goes on if that fails: then a power cut could take the log with all that is in it.
fn sync_names(dir: &Path) -> Result<(), StoreError> {
    sync_dir(dir)?;
    match dir.canonicalize().ok().as_deref().and_then(Path::parent).map(sync_dir) {
        // The parent need not be ours to read; then it was not made by us either.
        Some(Err(StoreError::Io { source, path }))
            if source.kind() != std::io::ErrorKind::PermissionDenied =>
        {
            Err(StoreError::Io { source, path })
        }
        _ => Ok(()),
    }
}

async fn migrate(conn: &mut Conn, path: &Path) -> Result<(), StoreError> {
    let steps = [&connect::KEYS_MIGRATIONS, &connect::MIGRATIONS];
    let mut migrated = conn.keys.migrate(steps[0]).await;
    if migrated.is_ok() {
        migrated = conn.migrate(steps[1]).await;
    }
    migrated.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Schema { path: path.to_owned(), source: Arc::new(other) },
    })
}

/// A tool makes the tables only under the server's lock. Where a server holds it, the server has
/// made them, or is about to have.
async fn migrate_beside_a_server(
    conn: &mut Conn,
    dir: &Path,
    path: &Path,
) -> Result<(), StoreError> {
    let mut holder = None;
    for _ in 0..MIGRATION_POLLS {
        match LockFile::take(dir) {
            Ok(_lock) => return migrate(conn, path).await,
            Err(StoreError::Locked { .. }) if is_current(conn).await => {
                // Nothing is left to do; this refuses the tables of a newer relay.
                return migrate(conn, path).await;
            }
            Err(StoreError::Locked { by, .. }) => {
                holder = by;
                tokio::time::sleep(MIGRATION_POLL).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::OlderServer { by: holder })
}

/// Whether the tables have come as far as this step: $1 version.
const DONE: &str = "SELECT version FROM _sqlx_migrations WHERE success AND version >= $1";

/// Whether all tables of this relay are there.
async fn is_current(conn: &mut Conn) -> bool {
    let last = |steps: &Migrator| steps.iter().map(|step| step.version).max().unwrap_or(0);
    let (data, keys) = (last(&connect::MIGRATIONS), last(&connect::KEYS_MIGRATIONS));
    let done: Result<Option<(i64,)>, _> = conn.optional(DONE, args![data]).await;
    let keys_done: Result<Option<(i64,)>, _> = conn.keys.optional(DONE, args![keys]).await;
    matches!((done, keys_done), (Ok(Some(_)), Ok(Some(_))))
}

/// The epoch under which this database goes on: a new one where commits are missing, so that every
/// client is told and reads its conversation anew.
async fn incarnation(conn: &mut Conn, options: &StoreOptions) -> Result<Epoch, StoreError> {
    let epoch = epoch(conn, options).await?;
    // The mark first: a command that commits in between makes the count larger, not the mark.
    let marked = Mark::read(&options.dir, &epoch);
    let count: Option<(String,)> = conn.optional(sql::META, args!["commits"]).await?;
    if count.is_none() {
        conn.execute(sql::INSERT_META, args!["commits", "0"]).await?;
    }
    let count: i64 = count.and_then(|(count,)| count.parse().ok()).unwrap_or(0);
    let Some(marked) = marked.filter(|marked| count < *marked) else { return Ok(epoch) };
    if options.role == Role::Tool || options.planted.is("no-verify") {
        return Ok(epoch);
    }
    metrics::counter!(names::DAMAGE, "what" => "commits").increment(1);
    tracing::error!(
        missing = marked - count,
        "The database lacks {} commits that were acknowledged: the disk has lost them. It goes on under a new epoch, so every visitor reads anew what is left; check the disk, restore from a backup",
        marked - count,
    );
    let fresh = fresh_epoch(options);
    conn.execute(sql::PUT_META, args!["epoch", fresh.as_str()]).await?;
    Ok(fresh)
}

/// An epoch that no database has had.
pub(super) fn fresh_epoch(options: &StoreOptions) -> Epoch {
    Epoch::from_bytes(&random::bytes(options.random.as_ref()))
}

/// The epoch of this database, drawn when it is opened for the first time.
async fn epoch(conn: &mut Conn, options: &StoreOptions) -> Result<Epoch, StoreError> {
    let fresh = fresh_epoch(options);
    let known: Option<(String,)> = conn.optional(sql::META, args!["epoch"]).await?;
    let text = if let Some((text,)) = known {
        text
    } else {
        // Of two processes that get here, one wins; both read what it wrote.
        conn.execute(sql::INSERT_META, args!["epoch", fresh.as_str()]).await?;
        let (text,): (String,) =
            conn.optional(sql::META, args!["epoch"]).await?.ok_or(StoreError::Gone)?;
        text
    };
    Epoch::parse(&text).map_err(|_| StoreError::Inconsistent {
        table: "meta",
        column: "value",
        id: "epoch".to_owned(),
    })
}
