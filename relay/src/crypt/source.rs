//! From where the operator's keys come: a file, a variable, or a command that prints them, such as
//! the client of a key service (A-C4b).

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Ring;
use crate::{limits::MAX_KEYRING_BYTES, random::Random};

/// The name of the file that is used where the operator names no other, beside the wrapped keys.
pub const OPERATOR_KEY: &str = "operator.key";

/// From where the operator's keys come.
#[derive(Clone)]
pub enum Source {
    /// A file that only its owner can read.
    File(PathBuf),
    /// What a variable holds.
    Given(SecretString),
    /// What a command prints: its words, the first of which is the program. No shell reads them.
    Command(Vec<String>),
}

/// Why there are no keys, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{from} {what}")]
pub struct SourceError {
    /// Where they were looked for.
    pub from: String,
    /// What is wrong there, and the remedy; never a key.
    pub what: String,
}

impl Source {
    /// A fresh key that nobody keeps: for data that nobody keeps either.
    pub fn unkept(random: &dyn Random) -> Self {
        Self::Given(SecretString::from(Ring::draw(random).to_text().as_str().to_owned()))
    }

    /// Reads the keys.
    pub fn read(&self) -> Result<Ring, SourceError> {
        let text = match self {
            Self::File(path) => self.read_file(path)?,
            Self::Given(text) => Zeroizing::new(text.expose_secret().to_owned()),
            Self::Command(words) => self.run(words)?,
        };
        Ring::parse(&text).map_err(|what| self.error(what))
    }

    /// Whether it is a file that is not there: one can be made then.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::File(path) if fs::symlink_metadata(path).is_err())
    }

    /// Makes the file with one fresh key, for its owner alone, on the disk before it answers. Not
    /// where there is one.
    pub fn make(&self, random: &dyn Random) -> Result<Ring, SourceError> {
        let Self::File(path) = self else {
            return Err(self.error("can't be written"));
        };
        let ring = Ring::draw(random);
        self.write(path, &ring, fs::OpenOptions::new().create_new(true))?;
        Ok(ring)
    }

    /// Puts other keys in the place of those in the file: all of them or none.
    pub fn replace(&self, ring: &Ring) -> Result<(), SourceError> {
        let Self::File(path) = self else {
            return Err(self.error("can't be written"));
        };
        let failed = |error| self.error(format!("can't be replaced: {error}"));
        // Where it really lies, if a link leads to it.
        let path = fs::canonicalize(path).map_err(failed)?;
        let mut fresh = path.clone().into_os_string();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        self.write(&fresh, ring, fs::OpenOptions::new().create(true).truncate(true))?;
        let replaced = give_as(&path, &fresh).and_then(|()| fs::rename(&fresh, &path));
        let replaced = replaced.and_then(|()| sync_parent(&path));
        replaced.map_err(|error| {
            let _ = fs::remove_file(&fresh);
            failed(error)
        })
    }

    fn write(
        &self,
        path: &Path,
        ring: &Ring,
        options: &mut fs::OpenOptions,
    ) -> Result<(), SourceError> {
        options.write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
        let text = ring.to_text();
        let written = options.open(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            sync_parent(path)
        });
        written.map_err(|error| self.error(format!("can't be written: {error}")))
    }

    fn read_file(&self, path: &Path) -> Result<Zeroizing<String>, SourceError> {
        let unreadable = |error: std::io::Error| {
            self.error(format!(
                "can't be read: {error}. Put the operator's key back there, or name its place"
            ))
        };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if is_open(&metadata) {
            return Err(self.error(format!(
                "can be read by others than its owner: chmod 600 {}",
                path.display()
            )));
        }
        if MAX_KEYRING_BYTES < metadata.len() {
            return Err(self.error("is too large for keys: name the file that holds only them"));
        }
        fs::read_to_string(path).map(Zeroizing::new).map_err(unreadable)
    }

    fn run(&self, words: &[String]) -> Result<Zeroizing<String>, SourceError> {
        let (program, args) = words.split_first().ok_or_else(|| self.error("names no program"))?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output =
            command.output().map_err(|error| self.error(format!("can't be run: {error}")))?;
        let text = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(self.error(format!("failed ({}): see what it said", output.status)));
        }
        let text = std::str::from_utf8(&text).map_err(|_| self.error("prints no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Why there are none where reading them took too long.
    pub fn too_late(&self) -> SourceError {
        self.error("did not answer in time: see why, and start again")
    }

    fn error(&self, what: impl Into<String>) -> SourceError {
        SourceError { from: self.to_string(), what: what.into() }
    }
}

/// Names the place, as `Display` does: the words of a command may be secret.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Source").field(&self.to_string()).finish()
    }
}

/// Names the place, never a key.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "the operator's key file {}", path.display()),
            Self::Given(_) => f.write_str("FORECOURT_OPERATOR_KEY"),
            Self::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                write!(f, "the command {program} of keys.operator_command")
            }
        }
    }
}

/// Gives a file the owner, the group and the mode of another: whoever reads that one reads this one.
fn give_as(like: &Path, file: &Path) -> std::io::Result<()> {
    let wanted = fs::metadata(like)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};

        let found = fs::metadata(file)?;
        if (found.uid(), found.gid()) != (wanted.uid(), wanted.gid()) {
            chown(file, Some(wanted.uid()), Some(wanted.gid()))?;
        }
    }
    fs::set_permissions(file, wanted.permissions())
}

/// Makes the name of a file durable.
fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    if cfg!(unix) { fs::File::open(parent)?.sync_all() } else { Ok(()) }
}

/// Whether others than the owner can read it.
fn is_open(metadata: &fs::Metadata) -> bool {
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    #[cfg(not(unix))]
    let mode = u32::from(metadata.is_dir()) & 0;
    // A secret of an orchestrator is often the group's, too.
    mode & 0o007 != 0
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::random::SeededRandom;

    fn file(dir: &Path) -> Source {
        Source::File(dir.join(OPERATOR_KEY))
    }

    #[test]
    fn a_file_is_made_once_for_its_owner_alone_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let source = file(dir.path());
        assert!(source.is_missing());
        let made = source.make(&SeededRandom::new(1)).unwrap();
        assert!(!source.is_missing());
        assert_eq!(source.read().unwrap().first(), made.first());
        let metadata = fs::metadata(dir.path().join(OPERATOR_KEY)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        // What is there is never overwritten.
        assert!(source.make(&SeededRandom::new(2)).is_err());
        assert_eq!(source.read().unwrap().first(), made.first());
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let source = file(dir.path());
        let ring = source.make(&SeededRandom::new(1)).unwrap().renewed(&SeededRandom::new(2));
        let path = dir.path().join(OPERATOR_KEY);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        source.replace(&ring).unwrap();
        assert_eq!(source.read().unwrap().to_text(), ring.to_text());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        // By a link, what it leads to.
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Source::File(link.clone()).replace(&ring.first_alone()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(source.read().unwrap().ids().count(), 1);
    }

    #[test]
    fn a_file_that_others_can_read_or_that_is_not_there_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let source = file(dir.path());
        assert!(source.read().unwrap_err().to_string().contains("Put the operator's key back"));
        source.make(&SeededRandom::new(1)).unwrap();
        let path = dir.path().join(OPERATOR_KEY);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        assert!(source.read().unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_command_prints_the_keys_and_its_failure_is_told() {
        let ring = Ring::draw(&SeededRandom::new(1));
        let command =
            |words: &[&str]| Source::Command(words.iter().map(ToString::to_string).collect());
        let read = command(&["echo", ring.to_text().trim()]).read().unwrap();
        assert_eq!(read.first(), ring.first());
        for (words, told) in [
            (&["false"] as &[&str], "failed"),
            (&["/nowhere/at/all"], "can't be run"),
            (&["echo", "canary"], "no key"),
            (&[], "names no program"),
        ] {
            let error = command(words).read().unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_variable_gives_the_keys_and_is_never_printed() {
        let ring = Ring::draw(&SeededRandom::new(1));
        let source = Source::Given(SecretString::from(ring.to_text().as_str().to_owned()));
        assert_eq!(source.read().unwrap().first(), ring.first());
        assert!(!format!("{source:?} {source}").contains(&ring.to_text()[4..20]));
        assert!(source.make(&SeededRandom::new(1)).is_err());
    }
}
