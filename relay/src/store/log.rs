//! Watches the size of the write-ahead log. A reader of another process that stays open keeps
//! SQLite from beginning the log anew, and it would grow until the disk is full.

use std::path::{Path, PathBuf};

use crate::{
    limits::{WAL_ALARM_BYTES, WAL_MAX_BYTES},
    telemetry::names,
};

/// Looks at the log, and tells when it gets large and when it is small again.
#[derive(Debug)]
pub(super) struct LogWatch {
    path: PathBuf,
    /// Which it is, in the metrics.
    name: &'static str,
    is_large: bool,
}

impl LogWatch {
    /// Watches the log of this database.
    pub(super) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        let name = if database.ends_with("keys.db") { "keys" } else { "data" };
        Self { path: path.into(), name, is_large: false }
    }

    /// Looks now. True: the log is as large as it may get.
    pub(super) fn is_too_large(&mut self) -> bool {
        let size_bytes = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        #[expect(clippy::cast_precision_loss, reason = "a size of a file fits an f64")]
        metrics::gauge!(names::LOG_BYTES, "log" => self.name).set(size_bytes as f64);
        self.tell(size_bytes);
        WAL_MAX_BYTES < size_bytes
    }

    fn tell(&mut self, size_bytes: u64) {
        let is_large = WAL_ALARM_BYTES < size_bytes;
        if is_large && !self.is_large {
            tracing::error!(
                size_bytes,
                "The write-ahead log has grown large: another process holds the database open for reading; end it (`lsof forecourt.db` names it)"
            );
        } else if self.is_large && !is_large {
            tracing::info!(size_bytes, "The write-ahead log is small again");
        }
        self.is_large = is_large;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_large_before_it_is_too_large() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = LogWatch::of(&dir.path().join("x.db"));
        assert!(!watch.is_too_large(), "there is none");
        let log = std::fs::File::create(dir.path().join("x.db-wal")).unwrap();
        for (size_bytes, large, too_large) in [
            (WAL_ALARM_BYTES, false, false),
            (WAL_ALARM_BYTES + 1, true, false),
            (WAL_MAX_BYTES, true, false),
            (WAL_MAX_BYTES + 1, true, true),
            (0, false, false),
        ] {
            log.set_len(size_bytes).unwrap();
            let found = (watch.is_too_large(), watch.is_large);
            assert_eq!(found, (too_large, large), "{size_bytes}");
        }
    }
}
