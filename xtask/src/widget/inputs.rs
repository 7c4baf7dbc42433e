//! Whether the widget has to be built at all: a hash over everything that goes into it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::assets::hex;
use crate::{place::Place, shell};

/// Files and folders that the result depends on, the build's own code among them.
const INPUTS: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "protocol/Cargo.toml",
    "protocol/src",
    "wasm-pack.toml",
    "widget",
    "www/chat",
    "www/loader",
    "xtask/src/bin/pack.rs",
    "xtask/src/widget",
];

/// The hash of all inputs, of the compiler and of whether the optimiser runs.
pub(super) fn digest(place: &Place, optimised: bool) -> Result<String> {
    let mut files = Vec::new();
    for input in INPUTS {
        collect(&place.root.join(input), &mut files)?;
    }
    files.sort();
    let mut rustc = shell::program("rustc");
    let mut hash = Sha256::new();
    hash.update(shell::capture(rustc.current_dir(&place.root).arg("-vV"))?);
    hash.update([u8::from(optimised)]);
    for file in files {
        let body = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        hash.update(place.shown(&file).to_string());
        hash.update([0]);
        hash.update(Sha256::digest(body));
    }
    Ok(hex(&hash.finalize()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Whether `dist` holds what these inputs make.
pub(super) fn are_built(dist: &Path, inputs: &str) -> bool {
    fs::read_to_string(note(dist)).is_ok_and(|built| built.trim() == inputs)
        && dist.join("manifest.json").is_file()
}

/// Notes what `dist` was made from.
pub(super) fn remember(dist: &Path, inputs: &str) -> Result<()> {
    fs::write(note(dist), format!("{inputs}\n")).context("noting what the widget was made from")
}

fn note(dist: &Path) -> PathBuf {
    dist.join(".inputs")
}
