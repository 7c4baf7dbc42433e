//! A backup becomes the relay's data again, under a new epoch: every visitor is told that what it
//! knows may be of another time, and reads its conversation anew.
//!
//! The order is such that a cut at any moment leaves the old data, or the new, or a mark that a
//! start refuses; never a database beside the log of another.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Role, Store, StoreError, StoreOptions,
    backup::{self, DATABASE, Manifest},
    db::args,
    files::{make_dir, make_file, sync_dir, sync_file},
    lock::LockFile,
    mark,
    open::fresh_epoch,
    sql, time,
};
use crate::lifecycle::Tasks;

/// Says that the data are half old, half new.
pub(super) const CUT_OFF: &str = "forecourt.restoring";

/// Where the backup is checked before it takes the place of anything.
pub const STAGING: &str = "restoring";

/// What SQLite has beside a database: the log, and its index.
const LOGS: [&str; 2] = ["forecourt.db-wal", "forecourt.db-shm"];

/// What replaced data are called, with the time at their end.
pub const REPLACED: &str = "replaced-";

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What was restored.
    pub manifest: Manifest,
    /// Where what it replaced was put; `None` where there was nothing.
    pub replaced: Option<PathBuf>,
}

impl Store {
    /// Puts the backup in `from` in the place of the data of `options`. No server may work there.
    pub async fn restore(
        options: &StoreOptions,
        from: &Path,
        tasks: &Tasks,
    ) -> Result<Restored, StoreError> {
        let manifest = backup::read_manifest(from)?;
        let dir = options.dir.as_path();
        if fs::symlink_metadata(dir).is_err() {
            make_dir(dir)?;
        }
        let _lock = LockFile::take(dir)?;
        let staging = dir.join(STAGING);
        if fs::symlink_metadata(&staging).is_ok() {
            remove(&staging)?;
        }
        make_dir(&staging)?;
        let staged = stage(options, from, &staging, manifest.damaged, tasks).await;
        match staged.and_then(|()| put_in_place(options, &staging)) {
            Ok(replaced) => Ok(Restored { manifest, replaced }),
            Err(error) => {
                // A whole copy of what visitors said, where no sweep looks. The backup has it too.
                if remove(&staging).is_err() {
                    tracing::error!("Can't delete {}: delete it by hand", staging.display());
                }
                Err(error)
            }
        }
    }
}

/// Removes what a restore that was killed has left of its copy. Only under the server's lock: then
/// no restore is at work.
pub(super) fn remove_left_over(dir: &Path) -> Result<(), StoreError> {
    let staging = dir.join(STAGING);
    if fs::symlink_metadata(&staging).is_err() {
        return Ok(());
    }
    if dir.join(CUT_OFF).exists() {
        return Err(StoreError::HalfRestored { path: dir.to_owned() });
    }
    match remove(&staging) {
        Ok(()) => {
            tracing::info!("Deleted {}, left by a restore that was cut off", staging.display());
        }
        // No reason to serve nobody: it is told again at each start and by `doctor`.
        Err(error) => {
            tracing::error!(%error, "Can't delete {}, which holds what visitors said: delete it by hand", staging.display());
        }
    }
    Ok(())
}

/// Puts the staged copy in the place of the data; answers where those were put.
fn put_in_place(options: &StoreOptions, staging: &Path) -> Result<Option<PathBuf>, StoreError> {
    let dir = options.dir.as_path();
    let cut_off = dir.join(CUT_OFF);
    make_file(&cut_off)?;
    sync_dir(dir)?;
    let replaced = put_aside(options)?;
    let (new, place) = (staging.join(DATABASE), dir.join(DATABASE));
    fs::rename(&new, &place).map_err(|error| StoreError::io(&place, error))?;
    sync_dir(dir)?;
    fs::remove_file(&cut_off).map_err(|error| StoreError::io(&cut_off, error))?;
    remove(staging)?;
    sync_dir(dir)?;
    Ok(replaced)
}

/// Copies the backup, checks the copy, gives it a new epoch and lets it forget the clock: what was
/// believed when the backup was made says nothing of the time since, nor of another machine.
async fn stage(
    options: &StoreOptions,
    from: &Path,
    staging: &Path,
    damaged: u64,
    tasks: &Tasks,
) -> Result<(), StoreError> {
    let copy = staging.join(DATABASE);
    // Into a file of our own, whatever permissions the backup has got.
    make_file(&copy)?;
    let copied = fs::File::open(from.join(DATABASE)).and_then(|mut from| {
        let mut to = fs::OpenOptions::new().append(true).open(&copy)?;
        io::copy(&mut from, &mut to)
    });
    copied.map_err(|error| StoreError::io(&copy, error))?;
    backup::check(options, staging, damaged, tasks).await?;
    if !options.planted.is("keep-epoch") {
        let there = StoreOptions { dir: staging.to_owned(), role: Role::Tool, ..options.clone() };
        let store = Store::open(there, tasks).await?;
        let epoch = fresh_epoch(options);
        let renewed = store.inner.writer.write(move |conn| {
            Box::pin(async move {
                conn.execute(sql::DELETE_META, args![time::KEY]).await?;
                conn.execute_one(sql::PUT_META, args!["epoch", epoch.as_str()]).await
            })
        });
        let renewed = renewed.await;
        store.close().await;
        renewed?;
        if staging.join(LOGS[0]).exists() {
            // It would be left behind, and the new epoch with it.
            return Err(backup::unusable(staging, "its log could not be copied into it"));
        }
    }
    sync_file(&copy)
}

/// Moves the data that are there into a directory of their own.
fn put_aside(options: &StoreOptions) -> Result<Option<PathBuf>, StoreError> {
    let dir = options.dir.as_path();
    // The log first: a database without it is told at the next start, a log without its database
    // would be read into the new one.
    let names = LOGS.into_iter().chain([DATABASE, mark::NAME]);
    let there: Vec<_> = names.filter(|name| dir.join(name).exists()).collect();
    if there.is_empty() {
        return Ok(None);
    }
    let time = options.clock.now().to_string().replace([':', '.'], "-");
    let aside = dir.join(format!("{REPLACED}{time}"));
    make_dir(&aside)?;
    for name in there {
        let from = dir.join(name);
        fs::rename(&from, aside.join(name)).map_err(|error| StoreError::io(&from, error))?;
    }
    sync_dir(&aside)?;
    sync_dir(dir)?;
    Ok(Some(aside))
}

fn remove(dir: &Path) -> Result<(), StoreError> {
    fs::remove_dir_all(dir).map_err(|error| StoreError::io(dir, error))
}
