//! What is downloaded and what is installed: the sizes that the design budgets.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::{measure::Figures, process::path_in};

/// Notes the size of the binary, and those of the widget as its build wrote them down.
pub fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let binary = path_in("FORECOURT_BIN")?;
    figures.note("binary_bytes", std::fs::metadata(&binary)?.len());
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
    figures.note("loader_brotli_bytes", weight(&manifest["loader"]));
    figures.note("chat_brotli_bytes", page + code + words.unwrap_or_default());
    Ok(())
}
