//! What is downloaded and what is installed: the sizes that the design budgets.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::{
    measure::{Figures, count},
    process::path_in,
};

/// The design's budgets; those that fail a build are in `wasm-pack.toml`.
const BINARY_BYTES: f64 = 25e6;
const LOADER_BYTES: f64 = 2.0 * 1024.0;
const CHAT_BYTES: f64 = 50.0 * 1024.0;

/// Notes the size of the binary, and those of the widget as its build wrote them down.
pub fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let binary = path_in("FORECOURT_BIN")?;
    figures.against("binary_bytes", count(std::fs::metadata(&binary)?.len()), BINARY_BYTES);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/dist/manifest.json");
    let text = std::fs::read_to_string(manifest)
        .context("the widget is not built: run cargo xtask widget")?;
    let manifest: Value = serde_json::from_str(&text)?;
    let files = manifest["files"].as_array().context("a manifest lists its files")?;
    let weight = |path: &Value| {
        let file = files.iter().find(|file| file["path"] == *path);
        file.and_then(|file| file["brotli_bytes"].as_u64()).unwrap_or_default()
    };
    let chat = &manifest["chat"];
    let page = manifest["page_brotli_bytes"].as_u64().unwrap_or_default();
    let code: u64 = ["css", "js", "wasm"].iter().map(|part| weight(&chat[part])).sum();
    // A visitor downloads the words of one language.
    let words = chat["lang"].as_object().into_iter().flatten().map(|(_, path)| weight(path)).max();
    let chat = page + code + words.unwrap_or_default();
    figures.against("loader_brotli_bytes", count(weight(&manifest["loader"])), LOADER_BYTES);
    figures.against("chat_brotli_bytes", count(chat), CHAT_BYTES);
    Ok(())
}
