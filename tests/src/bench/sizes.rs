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
    let loader = manifest["loader"].as_str().unwrap_or_default();
    let (mut loader_bytes, mut chat_bytes) = (0, 0);
    for file in manifest["files"].as_array().context("a manifest lists its files")? {
        let bytes = file["brotli_bytes"].as_u64().unwrap_or_default();
        if file["path"].as_str() == Some(loader) {
            loader_bytes = bytes;
        } else {
            chat_bytes += bytes;
        }
    }
    figures.note("loader_brotli_bytes", loader_bytes);
    figures.note("chat_brotli_bytes", chat_bytes);
    Ok(())
}
