//! The data directory: is it there, is it ours alone, can it be written and trusted.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    process::Command,
};

use super::Finding;
use crate::{
    clock::Timestamp,
    limits::{CLOCK_SLACK, FREE_FAIL_KIB, FREE_WARN_KIB},
    store::{DATABASE, REPLACED, STAGING},
};

const CHECK: &str = "data";

/// Network and shared file systems, on which locks and fsync often only pretend.
const DOUBTFUL: [&str; 8] = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "vboxsf"];

pub(super) fn look(dir: &Path, now: Timestamp) -> Vec<Finding> {
    let shown = dir.display();
    let Ok(metadata) = fs::metadata(dir) else {
        let remedy = "The first start makes it; or name another with --data";
        return vec![Finding::warn(CHECK, format!("{shown} is not there yet"), remedy)];
    };
    if !metadata.is_dir() {
        return vec![Finding::fail(
            CHECK,
            format!("{shown} is no directory"),
            "Name a directory with --data",
        )];
    }
    let mut findings = vec![writable(dir)];
    findings.extend(private(dir, &metadata, 0o700));
    for name in [DATABASE, "keys.db"] {
        let path = dir.join(name);
        if let Ok(metadata) = fs::metadata(&path) {
            findings.extend(private(&path, &metadata, 0o600));
            findings.extend(not_from_the_future(&path, &metadata, now));
        }
    }
    findings.extend(left_over(dir));
    findings.extend(file_system(dir));
    findings.push(free_space(dir));
    findings
}

/// Writes, syncs and removes a small file.
fn writable(dir: &Path) -> Finding {
    let path = dir.join(format!(".doctor-{}", std::process::id()));
    let tried = OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| {
        file.write_all(b"forecourt doctor\n")?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    match tried.and(removed) {
        Ok(()) => Finding::ok(CHECK, format!("{} can be written and synced", dir.display())),
        Err(error) => Finding::fail(
            CHECK,
            format!("{} can't be written: {error}", dir.display()),
            "Give it to the user that runs the relay; check that the disk is neither full nor read-only",
        ),
    }
}

#[cfg(unix)]
fn private(path: &Path, metadata: &fs::Metadata, mode: u32) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;

    let open = metadata.permissions().mode() & 0o077;
    (open != 0).then(|| {
        let message = format!("other users of this machine may reach {}", path.display());
        Finding::warn("rights", message, format!("chmod {mode:o} {}", path.display()))
    })
}

#[cfg(not(unix))]
fn private(_: &Path, _: &fs::Metadata, _: u32) -> Option<Finding> {
    None
}

/// A file from the future means that the clock went back.
fn not_from_the_future(path: &Path, metadata: &fs::Metadata, now: Timestamp) -> Option<Finding> {
    let changed = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let changed = Timestamp::default().plus(changed);
    (now.plus(CLOCK_SLACK) < changed).then(|| {
        let message = format!("{} was changed at {changed}, which lies ahead", path.display());
        Finding::warn("clock", message, "Set the clock: it went back, and what is due waits")
    })
}

/// What a restore has put aside or left holds what visitors said, and no sweep looks there.
fn left_over(dir: &Path) -> Vec<Finding> {
    let names = fs::read_dir(dir).into_iter().flatten().flatten();
    let finding = |entry: fs::DirEntry| {
        let (name, shown) = (entry.file_name(), entry.path());
        let (message, remedy) = if name.to_string_lossy().starts_with(REPLACED) {
            let message = format!("{} holds data that a restore replaced", shown.display());
            (message, "Delete it once you are sure: nothing in it dies in time")
        } else if name == STAGING {
            let message =
                format!("{} holds the copy of a restore that is not done", shown.display());
            (
                message,
                "Where no restore is at work, start the relay, which deletes it, or do so yourself",
            )
        } else {
            return None;
        };
        Some(Finding::warn(CHECK, message, remedy))
    };
    names.filter_map(finding).collect()
}

/// The kind of file system, where the system tells it.
fn file_system(dir: &Path) -> Option<Finding> {
    let dir = fs::canonicalize(dir).ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let kind = kind_of(&mounts, &dir)?;
    let at = format!("{} lies on {kind}", dir.display());
    if DOUBTFUL.contains(&kind.as_str()) {
        let remedy = "Move it to a local disk: SQLite's locks and syncs can't be trusted there";
        Some(Finding::warn(CHECK, at, remedy))
    } else if kind == "tmpfs" || kind == "ramfs" {
        Some(Finding::warn(CHECK, at, "Move it to a disk: a restart of the machine loses it"))
    } else {
        Some(Finding::ok(CHECK, at))
    }
}

/// The kind of the innermost mount that holds the directory.
fn kind_of(mounts: &str, dir: &Path) -> Option<String> {
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let (_, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        Some((place.replace("\\040", " "), kind))
    });
    fields
        .filter(|(place, _)| dir.starts_with(place))
        .max_by_key(|(place, _)| place.len())
        .map(|(_, kind)| kind.to_owned())
}

/// What `df` says; the standard library has no word for it.
fn free_space(dir: &Path) -> Finding {
    let output = Command::new("df").arg("-Pk").arg(dir).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let Some(free) = text.ok().as_deref().and_then(free_kib) else {
        return Finding::warn("space", "df could not tell how much is free", "Look yourself");
    };
    let message = format!("{} MiB are free", free / 1024);
    if free < FREE_FAIL_KIB {
        Finding::fail("space", message, "Free some: soon nothing can be kept")
    } else if free < FREE_WARN_KIB {
        Finding::warn("space", message, "Free some, or watch it")
    } else {
        Finding::ok("space", message)
    }
}

/// The fourth column of the second line of `df -Pk`.
fn free_kib(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn the_innermost_mount_counts() {
        let mounts = "/dev/sda / ext4 rw 0 0\nserver:/x /srv/my\\040data nfs4 rw 0 0\n";
        assert_eq!(kind_of(mounts, Path::new("/srv/my data/forecourt")).as_deref(), Some("nfs4"));
        assert_eq!(kind_of(mounts, Path::new("/srv/other")).as_deref(), Some("ext4"));
    }

    #[test]
    fn the_free_space_is_read_from_df() {
        let df =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda 100 40 60 40% /\n";
        assert_eq!(free_kib(df), Some(60));
        assert_eq!(free_kib(""), None);
    }

    #[test]
    fn a_directory_that_is_a_file_fails_and_one_that_is_not_there_warns() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let now = Timestamp::from_millis(4_000_000_000_000);
        assert_eq!(look(&file, now)[0].level, Level::Fail);
        assert_eq!(look(&dir.path().join("absent"), now)[0].level, Level::Warn);
        assert_eq!(look(dir.path(), now)[0].level, Level::Ok);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the doctor left something");
    }

    #[test]
    fn what_a_restore_has_put_aside_or_left_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["replaced-2026-11-22T09-00-00Z", "restoring", "other"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let told = left_over(dir.path());
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().any(|finding| finding.message.contains("restoring")), "{told:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_database_from_the_future_or_open_to_others_is_told() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("forecourt.db");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let findings = look(dir.path(), Timestamp::from_millis(0));
        let warned = |check| findings.iter().any(|f| f.check == check && f.level == Level::Warn);
        assert!(warned("clock") && warned("rights"), "{findings:?}");
    }
}
