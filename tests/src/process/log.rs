//! What a process says on its standard error: kept in a file, told where it matters.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail};
use tempfile::TempPath;

/// How much of a log is told when something went wrong, in characters.
const TAIL_CHARS: usize = 2_000;

/// How a relay's log, and the language itself, tell of a panic.
const PANICS: [&str; 2] = ["Panicked", "panicked at"];

/// The log of one process.
pub(super) struct Log {
    path: PathBuf,
    /// How much was there before the process began.
    before: usize,
    /// The file goes with this, where nobody named one.
    _own: Option<TempPath>,
}

impl Log {
    /// A log at the end of that file, or in one of its own.
    pub(super) fn begin(path: Option<&Path>) -> anyhow::Result<Self> {
        let own = match path {
            Some(_) => None,
            None => Some(tempfile::NamedTempFile::new()?.into_temp_path()),
        };
        let path = path.or(own.as_deref()).context("there is one or the other")?.to_owned();
        let before = std::fs::read(&path).map_or(0, |bytes| bytes.len());
        Ok(Self { path, before, _own: own })
    }

    /// Its file, for the process.
    pub(super) fn file(&self) -> anyhow::Result<Stdio> {
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        Ok(file.with_context(|| format!("can't write {}", self.path.display()))?.into())
    }

    /// The last of what the process said.
    pub(super) fn tail(&self) -> String {
        let said = self.said();
        let skip = said.chars().count().saturating_sub(TAIL_CHARS);
        said.chars().skip(skip).collect()
    }

    /// Fails where the process panicked, whatever its visitors saw of it.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let said = self.said();
        match said.lines().find(|line| PANICS.iter().any(|panic| line.contains(panic))) {
            Some(line) => bail!("the process panicked: {line}"),
            None => Ok(()),
        }
    }

    fn said(&self) -> String {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(bytes.get(self.before..).unwrap_or_default()).into_owned()
    }
}

/// The log of a process that was let go without a word is looked at, too.
impl Drop for Log {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let checked = self.check();
            assert!(checked.is_ok(), "{checked:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_this_process_is_found_and_one_of_the_process_before_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "thread 'main' panicked at src/main.rs\n").unwrap();
        let log = Log::begin(Some(&path)).unwrap();
        log.check().unwrap();
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, before + "ERROR Panicked place=\"x\"\n").unwrap();
        assert!(log.check().unwrap_err().to_string().contains("place=\"x\""));
        assert_eq!(log.tail(), "ERROR Panicked place=\"x\"\n");
        std::fs::remove_file(&path).unwrap();
        Log::begin(None).unwrap().check().unwrap();
    }
}
