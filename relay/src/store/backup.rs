//! A copy of everything, made while the relay serves: consistent, checked, on the disk before it
//! has its name. What makes it the relay's data again is in `restore.rs`.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Role, Store, StoreError, StoreOptions, Verified,
    db::args,
    files::{make_dir, make_file, sync_dir, sync_file},
    keys::KEYS_DATABASE,
    sql,
    state::LAST_BACKUP,
};
use crate::{clock::Timestamp, lifecycle::Tasks};

/// The copy of the database in a backup; the name that it has in the data directory too.
pub const DATABASE: &str = "forecourt.db";

/// What says what a backup is.
const MANIFEST: &str = "backup.json";

/// The only form of a backup so far.
const FORMAT: u32 = 1;

/// What a backup is; beside its database, in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// How to read it.
    pub format: u32,
    /// When it was made, in UTC.
    pub made_at: String,
    /// The version of the program that made it.
    pub program: String,
    /// The incarnation of the database.
    pub epoch: String,
    /// How many commits it holds.
    pub commits: u64,
    /// How many conversations.
    pub conversations: u64,
    /// How many messages.
    pub messages: u64,
    /// How many leads.
    pub leads: u64,
    /// How much of it was damaged already, and stays closed.
    pub damaged: u64,
    /// The size of the database.
    pub bytes: u64,
    /// SHA-256 of the database.
    pub sha256: String,
}

/// What a backup does with a row that is damaged already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// Says so, and makes no backup.
    Refused,
    /// Saves it as it is: closed, beside all that is sound.
    Kept,
}

impl Store {
    /// Copies everything to the directory `to`, which must not be there yet. Refuses where a row is
    /// damaged, unless `damaged` too: then that row stays closed, and all others are saved.
    pub async fn back_up(
        &self,
        options: &StoreOptions,
        to: &Path,
        damaged: Damaged,
        tasks: &Tasks,
    ) -> Result<Manifest, StoreError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(unusable(to, "it is there already: name a directory that is not"));
        }
        // Without a slash at the end, which would make it a name within.
        let mut partial: OsString = to.components().collect::<PathBuf>().into();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        if fs::symlink_metadata(&partial).is_ok() {
            return Err(unusable(&partial, "a backup that was cut off has left it: delete it"));
        }
        make_dir(&partial)?;
        let made = self.fill(options, &partial, damaged, tasks).await;
        if made.is_err() {
            // Half a backup is none; what can't be removed keeps the name that says so.
            let _ = fs::remove_dir_all(&partial);
        }
        let manifest = made?;
        fs::rename(&partial, to).map_err(|error| StoreError::io(to, error))?;
        sync_dir(parent(to))?;
        if let Err(error) = self.note_backup(options.clock.now()).await {
            tracing::warn!(%error, "The backup is made; the next report will not know of it");
        }
        Ok(manifest)
    }

    /// Keeps for the reports that a backup was made (G-51).
    async fn note_backup(&self, now: Timestamp) -> Result<(), StoreError> {
        let job = self.inner.writer.write_apart(move |conn| {
            Box::pin(async move {
                let at = now.millis().to_string();
                conn.execute(sql::PUT_META, args![LAST_BACKUP, &at]).await.map(drop)
            })
        });
        job.await
    }

    /// Copies the wrapped keys to the directory `to`, which must not be there yet.
    pub async fn back_up_keys(&self, to: &Path) -> Result<(), StoreError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(unusable(to, "it is there already: name a directory that is not"));
        }
        make_dir(to)?;
        let path = to.join(KEYS_DATABASE);
        make_file(&path)?;
        let copied = self.inner.keys.copy_to(&path).await;
        if copied.is_err() {
            let _ = fs::remove_dir_all(to);
        }
        copied?;
        sync_file(&path)?;
        sync_dir(to)?;
        sync_dir(parent(to))
    }

    async fn fill(
        &self,
        options: &StoreOptions,
        dir: &Path,
        damaged: Damaged,
        tasks: &Tasks,
    ) -> Result<Manifest, StoreError> {
        let path = dir.join(DATABASE);
        make_file(&path)?;
        self.inner.readers.copy_to(&path).await?;
        let most = if damaged == Damaged::Kept { u64::MAX } else { 0 };
        let (verified, commits) = check(options, dir, most, tasks).await?;
        let (bytes, sha256) = digest(&path)?;
        let manifest = Manifest {
            format: FORMAT,
            made_at: options.clock.now().to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            epoch: self.epoch().as_str().to_owned(),
            commits,
            conversations: verified.conversations,
            messages: verified.messages,
            leads: verified.leads,
            damaged: verified.damaged.len() as u64,
            bytes,
            sha256,
        };
        let file = dir.join(MANIFEST);
        let json = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        make_file(&file)?;
        fs::write(&file, json + "\n").map_err(|error| StoreError::io(&file, error))?;
        for path in [&path, &file] {
            sync_file(path)?;
        }
        sync_dir(dir)?;
        Ok(manifest)
    }
}

/// The directory in which one lies.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Opens a copy by itself and reads all of it; answers what is there and how many commits. One with
/// more damage than `most` is refused, and one whose pages don't fit together.
pub(super) async fn check(
    options: &StoreOptions,
    dir: &Path,
    most: u64,
    tasks: &Tasks,
) -> Result<(Verified, u64), StoreError> {
    let options = StoreOptions { dir: dir.to_owned(), role: Role::Tool, ..options.clone() };
    let copy = Store::open(options, tasks).await?;
    let looked = async {
        let commits: Option<(String,)> =
            copy.inner.readers.optional(sql::META, args!["commits"]).await?;
        let commits = commits.and_then(|(commits,)| commits.parse().ok()).unwrap_or(0);
        Ok::<_, StoreError>((copy.verify().await?, commits))
    }
    .await;
    copy.close().await;
    let _ = fs::remove_file(dir.join(super::lock::NAME));
    let (verified, commits) = looked?;
    let rows = verified.damaged.first().filter(|_| most < verified.damaged.len() as u64);
    match verified.pages.first().or(rows) {
        None => Ok((verified, commits)),
        Some(first) => Err(StoreError::BackupDamaged {
            path: dir.to_owned(),
            what: first.to_owned(),
            rows_only: verified.pages.is_empty(),
        }),
    }
}

/// Reads the manifest of a backup, and whether its database is the one that it speaks of.
pub(super) fn read_manifest(dir: &Path) -> Result<Manifest, StoreError> {
    let file = dir.join(MANIFEST);
    let text = fs::read_to_string(&file).map_err(|error| StoreError::io(&file, error))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| unusable(dir, format!("{MANIFEST} can't be read: {error}")))?;
    if manifest.format != FORMAT {
        return Err(unusable(dir, format!("format {} needs a newer relay", manifest.format)));
    }
    if digest(&dir.join(DATABASE))? != (manifest.bytes, manifest.sha256.clone()) {
        return Err(unusable(dir, "its database is not the one that was backed up"));
    }
    Ok(manifest)
}

/// The size and the SHA-256 of a file.
fn digest(path: &Path) -> Result<(u64, String), StoreError> {
    let fail = |error| StoreError::io(path, error);
    let mut file = File::open(path).map_err(fail)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut block = vec![0; 64 * 1024];
    loop {
        let n_read = file.read(&mut block).map_err(fail)?;
        if n_read == 0 {
            break;
        }
        hash.update(&block[..n_read]);
        bytes += n_read as u64;
    }
    let hash: [u8; 32] = hash.finalize().into();
    let (high, low) = hash.split_at(16);
    let hex = |half: &[u8]| {
        format!("{:032x}", half.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte)))
    };
    Ok((bytes, hex(high) + &hex(low)))
}

/// A directory that can't be written to as a backup, or used as one.
pub(super) fn unusable(path: &Path, what: impl Into<String>) -> StoreError {
    StoreError::Backup { path: path.to_owned(), what: what.into() }
}
