//! The compilers: cargo for the WASM, `pack` for glue and compression. Nothing is decided here that
//! `wasm-pack.toml` does not say.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use super::{
    Folders,
    config::{Build, Config},
};
use crate::{
    needs,
    place::{Place, Profile},
    shell,
};

/// Variables that would change what the compiler makes: this build hears `wasm-pack.toml` only.
const OTHER_FLAGS: [&str; 9] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
];

/// Builds the tool that holds wasm-bindgen and brotli; returns its path.
pub(super) fn pack_tool(place: &Place) -> Result<PathBuf> {
    let pack = place.binary(Profile::Dev, "pack");
    if !pack.is_file() {
        println!("Building wasm-bindgen: the first time takes about 2 minutes on 2 cores.");
    }
    let mut cargo = shell::cargo(&place.root);
    cargo.args(["build", "--quiet", "-p", "xtask", "--features", "pack", "--bin", "pack"]);
    shell::run(&mut cargo)?;
    Ok(pack)
}

/// Compiles the widget; returns the path of the module as the compiler wrote it.
pub(super) fn wasm(place: &Place, config: &Config, folders: &Folders) -> Result<PathBuf> {
    let build = &config.build;
    let mut cargo = cargo(place, build, &folders.wasm, "build");
    cargo
        .args(["-Z", &format!("build-std={}", build.std_parts.join(","))])
        .args(["-Z", &format!("build-std-features={}", build.std_features.join(","))])
        .env("CARGO_ENCODED_RUSTFLAGS", flags(place, build)?.join("\u{1f}"));
    shell::run(&mut cargo)?;
    Ok(folders.wasm.join(&build.target).join(&build.profile).join("widget.wasm"))
}

/// A command of cargo's on the widget, for the browser, with the variables of other builds left out.
pub(super) fn cargo(place: &Place, build: &Build, target_dir: &Path, command: &str) -> Command {
    let mut cargo = shell::cargo(&place.root);
    for variable in OTHER_FLAGS {
        cargo.env_remove(variable);
    }
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("CARGO_PROFILE_") {
            cargo.env_remove(variable);
        }
    }
    cargo
        .args([command, "-p", "widget", "--lib", "--target", &build.target])
        .args(["--profile", &build.profile])
        .env("CARGO_TARGET_DIR", target_dir)
        // For `-Z` and the flags; with lints, too, else build scripts that look for it run anew.
        .env("RUSTC_BOOTSTRAP", "1");
    cargo
}

/// The compiler's flags, with the folders of this machine renamed so that none gets into the module.
fn flags(place: &Place, build: &Build) -> Result<Vec<String>> {
    let mut flags = build.rustflags.clone();
    let home = |variable: &str| env::var_os(variable).map(PathBuf::from);
    let cargo_home = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo")));
    let folders = [
        (cargo_home, "/cargo"),
        (Some(needs::sysroot(place)?), "/rust"),
        (Some(place.root.clone()), "/forecourt"),
    ];
    for (folder, name) in folders {
        if let Some(folder) = folder {
            flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
        }
    }
    Ok(flags)
}

/// Writes the glue (`widget.js`) and the module that fits it (`widget_bg.wasm`) into `out`.
pub(super) fn bindgen(pack: &Path, wasm: &Path, out: &Path) -> Result<()> {
    shell::run(shell::program(pack).arg("bindgen").arg(wasm).arg(out))?;
    if out.join("snippets").exists() {
        bail!("the widget uses inline JavaScript snippets; put them into www/chat/boot.js instead");
    }
    Ok(())
}

/// Writes `FILE.br` and `FILE.gz` beside each file.
pub(super) fn compress(pack: &Path, files: &[PathBuf]) -> Result<()> {
    shell::run(shell::program(pack).arg("compress").args(files))
}
