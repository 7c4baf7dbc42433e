//! wasm-opt and esbuild, from npm, pinned by version and hash, kept under `target/tools`.
//! Where Node or the network is missing, the widget is built without them, and its budget is only shown.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::config::Tool;
use crate::{place::Place, shell};

/// Finds or installs a tool; `None`, with one line that says why, where that can't be.
pub(super) fn find(place: &Place, optimiser: &Tool) -> Result<Option<PathBuf>> {
    let name = format!("{}-{}", optimiser.package, optimiser.version);
    let folder = place.target.join("tools").join(name);
    let program = folder.join("node_modules").join(&optimiser.package).join(&optimiser.program);
    if shell::which("node").is_none() || shell::which("npm").is_none() {
        println!("Node is missing: the widget is built without {}, larger.", optimiser.package);
        return Ok(None);
    }
    // One that is not what was reviewed gets one more chance: npm may have been interrupted.
    if !program.is_file() || check(&folder, optimiser).is_err() {
        if let Err(error) = install(&folder, optimiser) {
            let package = &optimiser.package;
            println!("{package} can't be installed: the widget is built without it ({error:#}).");
            return Ok(None);
        }
        check(&folder, optimiser)?;
    }
    Ok(Some(program))
}

/// Only what is whole gets the name under which it is found.
fn install(folder: &Path, optimiser: &Tool) -> Result<()> {
    println!("Installing {} {} …", optimiser.package, optimiser.version);
    let half = folder.with_added_extension("part");
    super::empty(&half)?;
    fs::write(half.join("package.json"), "{\"private\": true}\n")?;
    let mut npm = shell::program("npm");
    npm.current_dir(&half)
        .args(["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg(format!("{}@{}", optimiser.package, optimiser.version));
    shell::capture(&mut npm)?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&half, folder).with_context(|| format!("moving to {}", folder.display()))
}

/// Refuses an archive that is not the one that was reviewed.
fn check(folder: &Path, optimiser: &Tool) -> Result<()> {
    let file = folder.join("package-lock.json");
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let lock: serde_json::Value = serde_json::from_str(&text)?;
    let found = &lock["packages"][format!("node_modules/{}", optimiser.package)]["integrity"];
    if found.as_str() != Some(&optimiser.integrity) {
        bail!(
            "{} {} has the hash {found}, wasm-pack.toml expects {}; remove {} and look why",
            optimiser.package,
            optimiser.version,
            optimiser.integrity,
            folder.display(),
        );
    }
    Ok(())
}

/// Makes a script smaller: shorter names, and nothing that nobody calls.
pub(super) fn script(
    esbuild: &Path,
    minifier: &Tool,
    folder: &Path,
    source: &str,
) -> Result<String> {
    let file = folder.join("script.js");
    fs::write(&file, source).with_context(|| format!("writing {}", file.display()))?;
    let mut node = shell::program("node");
    shell::capture(node.arg(esbuild).arg(&file).args(&minifier.flags))
}

/// Makes the module smaller, in place.
pub(super) fn run(wasm_opt: &Path, optimiser: &Tool, wasm: &Path) -> Result<()> {
    let smaller = wasm.with_extension("opt.wasm");
    let mut node = shell::program("node");
    node.arg(wasm_opt).args(&optimiser.flags).arg(wasm).arg("-o").arg(&smaller);
    shell::run(&mut node)?;
    fs::rename(&smaller, wasm).context("wasm-opt wrote no file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_with_another_hash_is_refused() {
        let folder = std::env::temp_dir().join(format!("xtask-optimise-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let lock = r#"{"packages": {"node_modules/binaryen": {"integrity": "sha512-other"}}}"#;
        fs::write(folder.join("package-lock.json"), lock).unwrap();
        let mut optimiser = Tool {
            package: "binaryen".into(),
            version: "1".into(),
            program: "bin/wasm-opt".into(),
            integrity: "sha512-reviewed".into(),
            flags: Vec::new(),
        };
        assert!(check(&folder, &optimiser).unwrap_err().to_string().contains("sha512-other"));
        optimiser.integrity = "sha512-other".into();
        check(&folder, &optimiser).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
