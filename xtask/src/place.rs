//! Where things are: the workspace and cargo's target directory. It builds nothing.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::shell;

/// The workspace and its build directory.
pub(crate) struct Place {
    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever the environment or a configuration puts it.
    pub(crate) target: PathBuf,
}

/// A cargo profile that the relay is built in, and the folder that cargo names after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Quick to build, slow to run.
    Dev,
    /// What is shipped.
    Release,
}

impl Place {
    /// Finds both; the workspace is the one that this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir.parent().context("xtask has no parent folder")?.to_owned();
        let mut cargo = shell::cargo(&root);
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: serde_json::Value = serde_json::from_str(&shell::capture(&mut cargo)?)?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo metadata names no target_directory")?
            .into();
        Ok(Self { root, target })
    }

    /// The path of a program that cargo built in `profile`.
    pub(crate) fn binary(&self, profile: Profile, name: &str) -> PathBuf {
        self.target.join(profile.folder()).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Where a program with known-wrong behaviour is kept, apart from the right one.
    pub(crate) fn planted(&self, profile: Profile, name: &str) -> PathBuf {
        self.target
            .join("planted")
            .join(profile.folder())
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// `path` as a person would type it from the workspace.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

impl Profile {
    /// Cargo's folder for the profile's programs.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// Cargo's name of the profile.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}
