//! What is kept: the database, its one writer, and the only ways to its rows.
//!
//! - Rows of visitors are reached through [`Store::dealer`] alone (D6), and every read hides what
//!   is past its `expires_at` (G-15). The exceptions are `sweep.rs` and `recover.rs`, and
//!   `erase.rs`, which knows ids alone.
//! - A write answers once it is committed and synced (D4); see `writer.rs`.
//! - A visitor's words are sealed with the key of their conversation (`safe.rs`, `keys.rs`).
//!
//! What is not here: when to sweep (`crate::retention`), what to answer (`crate::session`).

mod ahead;
mod append;
mod audit;
mod backup;
mod chain;
mod connect;
mod consent;
mod contact;
mod conversation;
mod db;
mod dealer;
mod desk;
mod directory;
mod document;
mod dossier;
mod erase;
mod error;
mod files;
mod hold;
mod join;
mod keys;
mod lead;
mod leads;
mod lock;
mod log;
mod mark;
mod notice;
mod open;
mod outbox;
mod proof;
mod read;
mod recover;
mod rectify;
mod reply;
mod request;
mod restore;
mod restrict;
mod row;
mod safe;
mod secret;
mod shorten;
mod size;
mod slack;
mod sql;
mod state;
mod suppress;
mod sweep;
mod time;
mod token;
mod upgrade;
mod verify;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
};

use protocol::{DealerId, Epoch};
use tokio::sync::{Mutex, oneshot};

pub use append::{Append, Words};
pub use audit::{Act, Audited};
pub use backup::{DATABASE, Damaged, Manifest};
pub use contact::Found;
pub use dealer::DealerStore;
pub use erase::Erased;
pub use error::StoreError;
pub use keys::KeysInUse;
pub use lead::{ConsentRecord, NewLead, TakeLead};
pub use leads::StoredLead;
pub use outbox::Ledger;
pub(crate) use outbox::{Alarm, Claimed, Owed, Tried, What};
pub(crate) use proof::Moment;
pub use proof::Proof;
pub use read::Conversation;
pub use recover::NO_GENERATOR;
pub use rectify::{Correction, Rectified};
pub use reply::{FinishedReply, Kept};
pub use request::{DueRow, NewRequest};
pub use restore::{REPLACED, Restored, STAGING};
pub use restrict::Restricted;
pub use shorten::Shortening;
pub use size::{Counted, Month};
#[cfg(test)]
pub(crate) use sweep::Place;
pub use sweep::{Due, Swept};
pub use verify::Verified;

use crate::{
    clock::Clock,
    crypt::{OPERATOR_KEY, Source},
    planted::Planted,
    random::Random,
};
use db::{Readers, args};
use directory::Directory;
use keys::Keys;
use lock::LockFile;
use time::Time;
use writer::Writer;

/// Who opens the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The relay itself: one for each data directory, it holds the lock.
    Server,
    /// A command of the operator; works beside a server.
    Tool,
}

/// Where the store is and what it needs.
#[derive(Clone)]
pub struct StoreOptions {
    /// The data directory; made if it isn't there.
    pub dir: PathBuf,
    /// The directory of the wrapped keys; made if it isn't there.
    pub keys: PathBuf,
    /// From where the operator's keys come.
    pub operator_key: Source,
    /// Who opens it.
    pub role: Role,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub random: Arc<dyn Random>,
    /// A known-wrong behaviour for the fault rig's control: `ack-before-commit`, `commit-alone`,
    /// `no-lock`, `synchronous-normal`, `no-verify`, `in-clear`, `no-scrub`,
    /// `keep-epoch`, `rows-before-keys`.
    pub planted: Planted,
}

impl StoreOptions {
    /// A server's or a tool's store in `dir`, with its keys and the operator's, and nothing planted.
    pub fn new(dir: PathBuf, role: Role, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let (keys, operator_key) = (dir.clone(), Source::File(dir.join(OPERATOR_KEY)));
        let planted = Planted::default();
        Self { dir, keys, operator_key, role, clock, random, planted }
    }
}

/// The store. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: Readers,
    directory: Directory,
    epoch: Epoch,
    clock: Arc<dyn Clock>,
    /// The time by which rows are written and hidden.
    time: Time,
    random: Arc<dyn Random>,
    keys: Keys,
    /// As whom this store sweeps.
    runner: sweep::Runner,
    /// Hears of the writer's end; taken by whoever closes the store.
    end: Mutex<Option<oneshot::Receiver<()>>>,
    /// Known-wrong: leaves the traces of what it deletes (the control of the fault rig).
    is_untidy: bool,
    /// What kept the last sweep from deleting all that was due.
    last_sweep: std::sync::Mutex<state::LastSweep>,
    /// Told when a lead was taken.
    owed: tokio::sync::Notify,
    /// What the last sweep could not delete, since the disk is damaged there, but for its key.
    stuck: std::sync::Mutex<BTreeSet<String>>,
    /// Of which version of a dealer's documents it was told that one is damaged.
    documents_told: std::sync::Mutex<HashMap<DealerId, i64>>,
    /// Held as long as the store is open, by a server: of the data, and of the keys where they lie
    /// elsewhere.
    locks: std::sync::Mutex<Vec<LockFile>>,
}

impl Store {
    /// The incarnation of this database.
    pub fn epoch(&self) -> &Epoch {
        &self.inner.epoch
    }

    /// The rows of one dealer, and no other's.
    pub fn dealer(&self, id: &DealerId) -> DealerStore {
        DealerStore::new(self.clone(), id.clone())
    }

    /// Proves that a write can be committed now, by one (for `/readyz`).
    pub async fn probe(&self) -> Result<(), StoreError> {
        let now = self.inner.clock.now().millis().to_string();
        self.inner
            .writer
            .write(move |conn| {
                Box::pin(async move { conn.execute_one(sql::PUT_META, args!["probe", &now]).await })
            })
            .await
    }

    /// Waits until the disk has failed in the middle of a commit: from then on nothing is written,
    /// and only a new process can tell what the disk holds.
    pub async fn broken(&self) {
        self.inner.writer.broken().await;
    }

    /// Commits what was asked before, ends the writer and gives the lock back. Other clones of
    /// this store are closed too.
    pub async fn close(self) {
        // The readers first: the writer is the last connection, so that it copies the log.
        self.inner.readers.close().await;
        self.inner.keys.close().await;
        if let Err(error) = self.inner.writer.close().await {
            tracing::warn!(%error, "Closed the database with an error; the next start recovers it");
        }
        let end = self.inner.end.lock().await.take();
        if let Some(end) = end {
            let _ = end.await;
        }
        let mut locks = self.inner.locks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        locks.clear();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("epoch", &self.inner.epoch).finish_non_exhaustive()
    }
}
