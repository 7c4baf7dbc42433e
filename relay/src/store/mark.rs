//! How many commits there are, in a file beside the database: what was committed before this
//! number can't be missing unless the disk has lost it. SQLite itself reads a log up to the first
//! bit that is wrong and takes the rest for never written.
//!
//! Written after the commit and before its answers, never synced: a power cut may leave an older
//! number, which says less and never too much.

use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use protocol::Epoch;
use sha2::{Digest, Sha256};

use super::StoreError;

/// The name of the file in the data directory.
pub(super) const NAME: &str = "forecourt.mark";

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
    epoch: Epoch,
}

impl Mark {
    /// What stands there for this incarnation of the database; `None` where nothing does, or
    /// nothing that can be read.
    pub(super) fn read(dir: &Path, epoch: &Epoch) -> Option<i64> {
        let text = std::fs::read_to_string(dir.join(NAME)).ok()?;
        let commits = text.split_whitespace().nth(1)?.parse().ok()?;
        (text == line(epoch, commits)).then_some(commits)
    }

    /// Opens the file, and makes it if it isn't there.
    pub(super) fn open(dir: &Path, epoch: Epoch) -> Result<Self, StoreError> {
        let path = dir.join(NAME);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| StoreError::io(&path, error))?;
        Ok(Self { file, epoch })
    }

    /// Notes that there are so many commits. A failure leaves an older number, which is true too.
    pub(super) fn note(&mut self, commits: i64) {
        use std::io::{Seek, Write};

        let line = line(&self.epoch, commits);
        let _ = self.file.rewind().and_then(|()| self.file.write_all(line.as_bytes()));
    }
}

/// Always as long as before, so that no space is needed to write it again.
fn line(epoch: &Epoch, commits: i64) -> String {
    let fact = format!("{} {commits:020}", epoch.as_str());
    let hash: [u8; 32] = Sha256::digest(fact.as_bytes()).into();
    let check = u64::from_be_bytes(std::array::from_fn(|place| hash[place]));
    format!("{fact} {check:016x}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_for_its_own_epoch_and_if_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) = (Epoch::from_bytes(&[1; 16]), Epoch::from_bytes(&[2; 16]));
        assert_eq!(Mark::read(dir.path(), &ours), None, "there is none");
        let mut mark = Mark::open(dir.path(), ours.clone()).unwrap();
        for commits in [7, 8, i64::MAX, 9] {
            mark.note(commits);
            assert_eq!(Mark::read(dir.path(), &ours), Some(commits));
            assert_eq!(Mark::read(dir.path(), &other), None);
        }
        let path = dir.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, flipped).unwrap();
            assert_eq!(Mark::read(dir.path(), &ours), None, "bit {bit}");
        }
    }
}
