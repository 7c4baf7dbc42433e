//! Files and directories as the store makes them: for their owner alone, and with names that a
//! power cut doesn't take.

use std::{
    fs::{self, OpenOptions},
    path::Path,
};

use super::StoreError;

/// Makes a directory that must not be there yet.
pub(super) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::io(dir, error))
}

/// Makes an empty file, where there is none. One that is there is not opened: a process that closes a
/// database's file gives up the locks that SQLite holds on it.
pub(super) fn make_file(path: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    let mut file = OpenOptions::new();
    file.append(true).create(true);
    // SQLite gives the log and its index the permissions of the database.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(drop).map_err(|error| StoreError::io(path, error))
}

/// Makes what a file holds durable.
pub(super) fn sync_file(path: &Path) -> Result<(), StoreError> {
    let synced = fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::io(path, error))
}

/// Makes the names in a directory durable, where a directory can be synced.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    if cfg!(unix) { sync_file(dir) } else { Ok(()) }
}
