//! What can go wrong in the store, and whether another try may help. No visitor's word is in any
//! of these: the database's own messages name tables and columns, never values.

use std::{path::PathBuf, sync::Arc};

use protocol::{DealerId, SiteKey};

use crate::{crypt::SourceError, telemetry::names};

/// Why the store refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the database is full. Nothing was kept.
    #[error("the disk is full: free some space, the store goes on by itself")]
    Full,
    /// Another process or too many jobs stand before this one. Nothing was kept.
    #[error("the database is busy: try again")]
    Busy,
    /// A reader of another process keeps the log from being cut, and it is as large as it may get.
    /// Nothing was kept.
    #[error(
        "another process holds the database open for reading and the log can't grow any more: end that process, the store goes on by itself"
    )]
    LogHeld,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The disk failed in the middle of a commit. What it holds now is known only after a restart:
    /// a second fsync would report a success that means nothing.
    #[error(
        "the disk failed while writing ({0}): nothing more is written until the relay restarts; check the disk first"
    )]
    Broken(Arc<sqlx::Error>),
    /// The conversation, reply or dealer is no longer there, or never was.
    #[error("it is no longer there: deleted, expired, or never kept")]
    Gone,
    /// A row that this relay can't read.
    #[error(
        "the row {id} of {table}.{column} can't be read: restore it from a backup or delete it"
    )]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
    },
    /// A conversation of which the disk does not hold what was written.
    #[error(
        "{id} is damaged ({what}): the disk does not hold what was written; check the disk, restore from a backup"
    )]
    Damaged {
        /// The conversation, or the dealer.
        id: String,
        /// What does not fit.
        what: &'static str,
    },
    /// A directory that can't be written to as a backup, or used as one.
    #[error("the backup {}: {what}", path.display())]
    Backup {
        /// The directory.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// A copy of everything in which something is not as it was written.
    #[error("the backup {}: what it holds is damaged: {what}", path.display())]
    BackupDamaged {
        /// The directory.
        path: PathBuf,
        /// The first of it.
        what: String,
        /// Whether all else in it is sound.
        rows_only: bool,
    },
    /// A restore was cut off in the middle.
    #[error(
        "a restore was cut off and {} is half old, half new: run `forecourt restore` again", path.display()
    )]
    HalfRestored {
        /// The data directory.
        path: PathBuf,
    },
    /// The data know their keys, and these are not there.
    #[error("{} is missing, and without it nothing that visitors said can be read: put it back, or set `keys.dir` to the directory that holds it", path.display())]
    KeysMissing {
        /// Where they were looked for.
        path: PathBuf,
    },
    /// The keys that lie there belong to other data.
    #[error("{} belongs to other data: put the one back that belongs to these, or set `keys.dir` to the directory that holds it", path.display())]
    KeysElsewhere {
        /// The wrong ones.
        path: PathBuf,
    },
    /// None of the operator's keys that are known is the one that is needed.
    #[error("the operator's key {id} is needed, and {from} holds only {held}: put it back there")]
    OperatorKeyMissing {
        /// The key that is needed.
        id: String,
        /// Where keys were looked for.
        from: String,
        /// The ids of those that are there.
        held: String,
    },
    /// One of the operator's older keys still wraps something.
    #[error("the operator's key {id} still wraps keys: run `forecourt keys rotate` first")]
    OperatorKeyNeeded {
        /// The key that is needed.
        id: String,
    },
    /// The operator's keys can't be read.
    #[error(transparent)]
    OperatorKey(#[from] SourceError),
    /// Another server works on this directory.
    #[error("another relay works on this data{}: its lock is {}; stop it, or choose another --data directory", by.map(|pid| format!(" (process {pid})")).unwrap_or_default(), path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, if it said.
        by: Option<u32>,
    },
    /// The server that runs has older tables than this program needs.
    #[error("the relay that runs{} is older than this program: restart it with this one first", by.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    OlderServer {
        /// The process, if it said.
        by: Option<u32>,
    },
    /// This SQLite has known faults.
    #[error(
        "SQLite {found} is too old: at least {wanted} is needed, older ones can lose a commit; build with the bundled one"
    )]
    TooOld {
        /// The version in this program.
        found: String,
        /// The oldest good one.
        wanted: &'static str,
    },
    /// This SQLite gives no access to its pages.
    #[error(
        "this SQLite was built without SQLITE_ENABLE_DBPAGE_VTAB, so what is deleted could not be overwritten everywhere: build with the settings of .cargo/config.toml"
    )]
    NoPages,
    /// An option that deletion or durability rests on did not take.
    #[error(
        "SQLite did not take `PRAGMA {pragma} = {wanted}`, it says {found}: the store stays closed, since deletion or durability would be a promise only"
    )]
    OptionRefused {
        /// The option.
        pragma: &'static str,
        /// What was asked for.
        wanted: i64,
        /// What holds.
        found: String,
    },
    /// The tables don't fit this program.
    #[error("the tables of {} don't fit this relay ({source}): a database that a newer relay has opened needs that relay or a backup from before", path.display())]
    Schema {
        /// The database.
        path: PathBuf,
        /// What was found.
        source: Arc<sqlx::migrate::MigrateError>,
    },
    /// The site key belongs to another dealer, or the dealer's id is taken.
    #[error(
        "the site key {0} belongs to another dealer: choose another key, or leave it out to have one made"
    )]
    SiteTaken(SiteKey),
    /// A dealer of this id exists already.
    #[error("a dealer {0} exists already: use `dealer set` to change it")]
    DealerExists(DealerId),
    /// Another process deletes what is due. Nothing was deleted here.
    #[error(
        "another process deletes what is due (process {by}): try again when it has ended; a server does so by itself"
    )]
    Sweeping {
        /// Which.
        by: i64,
    },
    /// It is kept for a legal reason.
    #[error(
        "it is held by {hold} for a legal reason and stays: `forecourt retention hold list` tells why; release the hold first"
    )]
    Held {
        /// What holds it.
        hold: String,
    },
    /// No such dealer.
    #[error("no dealer {0}: see `forecourt dealer list`")]
    NoSuchDealer(DealerId),
    /// The directory or a file in it can't be used.
    #[error("can't use {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<std::io::Error>,
    },
    /// A job of the writer broke off; nothing of it was kept.
    #[error("a write broke off inside the relay; nothing of it was kept")]
    Panicked,
    /// Anything else that the database says.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
}

/// SQLite's primary result codes that are told apart here.
mod code {
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const IOERR: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const NOTADB: u32 = 26;
    /// `SQLITE_IOERR_SHMOPEN`, `_SHMSIZE`, `_SHMLOCK`, `_SHMMAP`: the index of the log could not
    /// grow, for want of space as a rule. Nothing was written, nothing is in doubt.
    pub(super) const SHARED_MEMORY: [u32; 4] = [4618, 4874, 5130, 5386];
    /// `SQLITE_CONSTRAINT_FOREIGNKEY`.
    pub(super) const FOREIGN_KEY: u32 = 787;
}

impl StoreError {
    /// Whether the same call may succeed in a while.
    pub fn retry(&self) -> bool {
        matches!(self, Self::Full | Self::Busy | Self::LogHeld | Self::Sweeping { .. })
    }

    /// Whether what was asked for is there, and is not what was written. Everything else goes on.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Inconsistent { .. } => true,
            Self::Database(error) => is_damage(error),
            _ => false,
        }
    }

    /// The error as a finding, if it is damage; any other ends the look that met it.
    pub(super) fn found(self) -> Result<Self, Self> {
        if self.is_damage() { Ok(self) } else { Err(self) }
    }

    /// Its kind in the metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Busy => "busy",
            Self::LogHeld => "log_held",
            Self::Closed => "closed",
            Self::Broken(_) => "broken",
            Self::Gone => "gone",
            Self::Inconsistent { .. } => "inconsistent",
            Self::Damaged { .. } => "damaged",
            Self::Panicked => "panicked",
            Self::Database(_) => "database",
            _ => "other",
        }
    }

    /// A file that can't be used.
    pub(super) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source: Arc::new(source) }
    }

    /// Whether it is in doubt what the disk holds after a failed commit.
    pub(super) fn leaves_doubt(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let Some(extended) = sqlite_code(error) else {
            // The connection broke off without a word of the database.
            return true;
        };
        let primary = extended & 0xff;
        (primary == code::IOERR && !code::SHARED_MEMORY.contains(&extended))
            || primary == code::CORRUPT
            || primary == code::NOTADB
    }
}

/// Whether the database holds pages or values that nobody wrote.
fn is_damage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
        _ => sqlite_code(error)
            .is_some_and(|code| matches!(code & 0xff, code::CORRUPT | code::NOTADB)),
    }
}

/// SQLite's extended result code, if the database itself spoke.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => return Self::Busy,
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => return Self::Closed,
            _ => {}
        }
        if is_damage(&error) {
            metrics::counter!(names::DAMAGE, "what" => "page").increment(1);
            tracing::error!(%error, "Found the database damaged; see `forecourt doctor`");
        }
        match sqlite_code(&error) {
            Some(code::FOREIGN_KEY) => Self::Gone,
            Some(extended) if code::SHARED_MEMORY.contains(&extended) => Self::Full,
            Some(extended) => match extended & 0xff {
                code::FULL => Self::Full,
                code::BUSY | code::LOCKED => Self::Busy,
                _ => Self::Database(Arc::new(error)),
            },
            None => Self::Database(Arc::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite says with this extended code.
    #[derive(Debug)]
    struct Said(u32);

    impl std::fmt::Display for Said {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "code {}", self.0)
        }
    }

    impl std::error::Error for Said {}

    impl sqlx::error::DatabaseError for Said {
        fn message(&self) -> &'static str {
            "planted"
        }

        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.to_string().into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    fn said(code: u32) -> StoreError {
        StoreError::from(sqlx::Error::Database(Box::new(Said(code))))
    }

    #[test]
    fn a_code_of_sqlite_says_whether_to_try_again_and_whether_the_disk_is_in_doubt() {
        for (code, retry, doubt) in [
            // SQLITE_FULL, SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED.
            (13, true, false),
            (5, true, false),
            (517, true, false),
            (6, true, false),
            // SQLITE_IOERR_SHMMAP: the index of the log finds no space.
            (5386, true, false),
            // SQLITE_IOERR_FSYNC, _WRITE, _DIR_FSYNC; SQLITE_CORRUPT; SQLITE_NOTADB.
            (1034, false, true),
            (778, false, true),
            (1290, false, true),
            (11, false, true),
            (26, false, true),
            // SQLITE_ERROR, SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_FOREIGNKEY.
            (1, false, false),
            (2067, false, false),
            (787, false, false),
        ] {
            let error = said(code);
            assert_eq!((error.retry(), error.leaves_doubt()), (retry, doubt), "{code}");
        }
        assert!(StoreError::from(sqlx::Error::Protocol("gone".into())).leaves_doubt());
    }

    #[test]
    fn a_held_lock_names_its_path_and_its_holder() {
        let error = StoreError::Locked { path: "/data/forecourt.lock".into(), by: Some(42) };
        let text = error.to_string();
        assert!(text.contains("/data/forecourt.lock") && text.contains("process 42"), "{text}");
    }
}
