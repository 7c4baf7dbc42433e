//! The heavy tools of the widget build, apart from `xtask` so that only the widget build compiles
//! them: wasm-bindgen, brotli and gzip. It decides nothing; `xtask/src/widget.rs` calls it.
//!
//! `pack bindgen IN.wasm OUT_DIR` writes `widget.js` and `widget_bg.wasm` for `<script type=module>`.
//! `pack compress FILE…` writes `FILE.br` and `FILE.gz` next to each file.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

/// Brotli's best; files are compressed once and sent many times.
const BROTLI_QUALITY: i32 = 11;
/// Brotli's window in bits: 4 MiB, more than any of our files.
const BROTLI_WINDOW_BITS: i32 = 22;

fn main() -> Result<()> {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let Some((command, paths)) = args.split_first() else { return usage() };
    match (command.to_str(), paths) {
        (Some("bindgen"), [wasm, out_dir]) => bindgen(wasm, out_dir),
        (Some("compress"), files) => files.iter().try_for_each(|file| compress(file)),
        _ => usage(),
    }
}

fn usage() -> Result<()> {
    bail!("usage: pack bindgen IN.wasm OUT_DIR | pack compress FILE…")
}

fn bindgen(wasm: &Path, out_dir: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name("widget")
        .generate(out_dir)
        .with_context(|| format!("wasm-bindgen on {}", wasm.display()))
}

fn compress(file: &Path) -> Result<()> {
    let body = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    fs::write(with_suffix(file, ".br"), brotli(&body)?)?;
    fs::write(with_suffix(file, ".gz"), gzip(&body)?)?;
    Ok(())
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn brotli(body: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_BITS,
        size_hint: body.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &body[..], &mut out, &params)?;
    Ok(out)
}

fn gzip(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}
