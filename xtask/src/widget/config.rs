//! `wasm-pack.toml`, read and held against `Cargo.lock`. The values are only there.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// How the widget is compiled.
    pub(crate) build: Build,
    /// What makes the WASM smaller afterwards.
    pub(crate) optimiser: Tool,
    /// What makes the scripts smaller.
    pub(crate) minifier: Tool,
    /// What it may weigh.
    pub(crate) budget: Budgets,
}

/// How the widget is compiled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Build {
    /// Rust's name of the target.
    pub(crate) target: String,
    /// The cargo profile.
    pub(crate) profile: String,
    /// The one release of wasm-bindgen.
    pub(crate) wasm_bindgen: String,
    /// Parts of the standard library that are compiled with it.
    #[serde(rename = "build-std")]
    pub(crate) std_parts: Vec<String>,
    /// Their features.
    #[serde(rename = "build-std-features")]
    pub(crate) std_features: Vec<String>,
    /// Flags of the compiler.
    pub(crate) rustflags: Vec<String>,
}

/// A program from npm.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    /// The name of its package.
    pub(crate) package: String,
    /// Its exact version.
    pub(crate) version: String,
    /// The registry's hash of exactly that archive.
    pub(crate) integrity: String,
    /// Its file within the package.
    pub(crate) program: String,
    /// What it is told.
    pub(crate) flags: Vec<String>,
}

/// What may weigh how much.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budgets {
    /// The dealer's page before the visitor acts.
    pub(crate) loader: Budget,
    /// The open chat, all files together.
    pub(crate) chat: Budget,
    /// What is loaded when the visitor opens the menu.
    pub(crate) menu: Budget,
    /// The open chat as a browser counts it.
    #[expect(dead_code, reason = "held by tests/browser/weight.test.mjs")]
    pub(crate) wire: Wire,
}

/// What goes over the wire when the chat is opened.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "held by tests/browser/weight.test.mjs")]
pub(crate) struct Wire {
    /// The bodies of all answers.
    pub(crate) bytes: u64,
    /// How many answers.
    pub(crate) requests: u32,
}

/// A limit, and where it goes later.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// More fails the build.
    pub(crate) brotli_bytes: u64,
    /// More is only shown.
    pub(crate) goal_bytes: u64,
}

impl Config {
    /// Reads the file and refuses a wasm-bindgen that is not the locked one.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join("wasm-pack.toml")).context("wasm-pack.toml")?;
        let config: Self = toml::from_str(&text).context("wasm-pack.toml")?;
        let lock = fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock")?;
        for package in ["wasm-bindgen", "wasm-bindgen-cli-support"] {
            check_locked(&lock, package, &config.build.wasm_bindgen)?;
        }
        Ok(config)
    }
}

fn check_locked(lock: &str, package: &str, version: &str) -> Result<()> {
    let lock: toml::Table = toml::from_str(lock).context("Cargo.lock")?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    for entry in packages.into_iter().flatten() {
        let field = |name| entry.get(name).and_then(toml::Value::as_str).unwrap_or_default();
        if field("name") == package && field("version") != version {
            bail!(
                "Cargo.lock has {package} {}, wasm-pack.toml pins {version}; make them one release: \
                 cargo update -p {package} --precise {version}",
                field("version"),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.131\"\n";

    #[test]
    fn a_lock_file_with_another_release_is_refused_with_the_remedy() {
        let error = check_locked(LOCK, "wasm-bindgen", "0.2.130").unwrap_err().to_string();
        assert!(error.contains("cargo update -p wasm-bindgen --precise 0.2.130"), "{error}");
        check_locked(LOCK, "wasm-bindgen", "0.2.131").unwrap();
    }

    #[test]
    fn the_file_of_this_tree_is_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let config = Config::read(root).unwrap();
        assert!(config.budget.chat.goal_bytes <= config.budget.chat.brotli_bytes);
        let text = fs::read_to_string(root.join("wasm-pack.toml")).unwrap();
        assert!(text.starts_with("# wasm-pack itself reads no file of this name"));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Budget>("brotli_bytes = 1\ngoal_bytes = 1\nextra = 1").is_err());
    }
}
