//! The lock file: at most one server on a data directory. The operating system gives the lock
//! back when its holder dies, so a crash leaves nothing to clean up.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::StoreError;

/// The name of the lock file in the data directory.
pub(super) const NAME: &str = "forecourt.lock";

/// A held lock; dropped, it is free again.
#[derive(Debug)]
pub(super) struct LockFile {
    _file: File,
}

impl LockFile {
    /// Takes the lock of `dir`, or says who holds it.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(NAME);
        let fail = |error| StoreError::io(&path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(path, &mut file)),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // For people and for `Locked`; the lock itself is the operating system's.
        file.set_len(0).map_err(fail)?;
        file.rewind().map_err(fail)?;
        writeln!(file, "{}", std::process::id()).map_err(fail)?;
        Ok(Self { _file: file })
    }
}

fn held(path: PathBuf, file: &mut File) -> StoreError {
    let mut text = String::new();
    // The holder is a courtesy: without it the lock is still held.
    let by = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
    StoreError::Locked { path, by }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let first = LockFile::take(dir.path()).unwrap();
        let Err(StoreError::Locked { path, by }) = LockFile::take(dir.path()) else {
            panic!("the lock was given twice");
        };
        assert_eq!((path, by), (dir.path().join(NAME), Some(std::process::id())));
        drop(first);
        assert!(LockFile::take(dir.path()).is_ok());
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = LockFile::take(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all/forecourt.lock"), "{error}");
    }
}
