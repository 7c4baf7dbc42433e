//! A disk that gets full: a file system of a few megabytes in memory, and a file that takes all
//! that is left of it.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// A mounted file system; dropped, it is gone with all that is on it.
pub struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one.
    pub fn mount(size_mib: u32) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let options = format!("size={size_mib}m,mode=700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "forecourt-rig"]).arg(dir.path());
        let told = mount.output().context("no program `mount`: install util-linux")?;
        if !told.status.success() {
            bail!(
                "can't mount a small file system ({}): run the rig as root, or with `unshare --map-root-user --mount`",
                String::from_utf8_lossy(&told.stderr).trim()
            );
        }
        Ok(Self { dir })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Takes all space that is left.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut file = File::create(self.ballast())?;
        for size in [64 * 1024, 4 * 1024] {
            let block = vec![1; size];
            while file.write_all(&block).is_ok() {}
        }
        Ok(())
    }

    /// Gives it back.
    pub fn free(&self) -> anyhow::Result<()> {
        std::fs::remove_file(self.ballast()).context("nothing takes the space")
    }

    fn ballast(&self) -> PathBuf {
        self.dir.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.dir.path()).status();
    }
}
