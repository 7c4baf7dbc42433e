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

/// Where `dist` holds what these inputs make: which budgets it exceeds, empty where none.
pub(super) fn built(dist: &Path, inputs: &str) -> Option<String> {
    let note = fs::read_to_string(note(dist)).ok()?;
    let (made_from, over) = note.split_once('\n')?;
    let is_built = made_from == inputs && dist.join("manifest.json").is_file();
    is_built.then(|| over.trim().to_owned())
}

/// Notes what `dist` was made from and which budgets it exceeds.
pub(super) fn remember(dist: &Path, inputs: &str, over: &str) -> Result<()> {
    fs::write(note(dist), format!("{inputs}\n{over}\n"))
        .context("noting what the widget was made from")
}

fn note(dist: &Path) -> PathBuf {
    dist.join(".inputs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_is_known_again_with_the_budgets_that_it_exceeds() {
        let dist = std::env::temp_dir().join(format!("xtask-inputs-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        assert_eq!(built(&dist, "abc"), None);
        fs::write(dist.join("manifest.json"), "{}").unwrap();
        for over in ["", "loader is over its budget by 1 B"] {
            remember(&dist, "abc", over).unwrap();
            assert_eq!(built(&dist, "abc").as_deref(), Some(over));
            assert_eq!(built(&dist, "other"), None);
        }
        fs::remove_dir_all(&dist).unwrap();
    }
}
