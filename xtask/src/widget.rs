//! `cargo xtask widget`: from `widget/`, `www/chat/` and `www/loader/` to `www/dist/`.
//!
//! compile (cargo) → bindgen (`pack`) → optimise (wasm-opt, where Node is) → minify → weigh → name by
//! content → compress (`pack`) → `manifest.json`, which `relay/build.rs` reads.
//! Where nothing has changed since the last time, nothing is done.

mod assets;
mod budget;
mod compile;
mod config;
mod inputs;
mod minify;
mod minify_js;
mod names;
mod optimise;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{needs, place::Place, shell};
use assets::Staged;
use config::Config;

/// What `widget` is told.
#[derive(Default, clap::Args)]
pub(crate) struct Args {
    /// Build even if nothing has changed.
    #[arg(long)]
    force: bool,
}

/// What weighing too much does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budgets {
    /// It is told. For who only wants to see it run: another compiler than the one that the budgets
    /// were measured with may make some bytes more.
    Shown,
    /// It fails; without the optimiser and the minifier nothing can be held, and that is told.
    Held,
    /// The same, and the optimiser and the minifier must be there.
    Required,
}

/// The folders of the widget build.
pub(crate) struct Folders {
    /// Cargo's target directory of the WASM build: its flags differ from all other builds.
    wasm: PathBuf,
    /// Files on their way; emptied at the start.
    work: PathBuf,
    /// What the relay embeds.
    dist: PathBuf,
}

/// Builds the widget, or says that it is up to date. False: it is larger than what is shipped, for
/// want of the optimiser or the minifier, so that no budget could be held.
pub(crate) fn build(place: &Place, args: &Args, budgets: Budgets) -> Result<bool> {
    let config = Config::read(&place.root)?;
    let dist = place.root.join("www/dist");
    let optimiser = optimise::find(place, &config.optimiser)?;
    let minifier = optimise::find(place, &config.minifier)?;
    let whole = optimiser.is_some() && minifier.is_some();
    if budgets == Budgets::Required && !whole {
        bail!("without the optimiser and the minifier the size budgets can't be held; see above");
    }
    let inputs = inputs::digest(place, whole)?;
    if !args.force
        && let Some(over) = inputs::built(&dist, &inputs)
    {
        println!("The widget is up to date ({}).", place.shown(&dist));
        judge(&over, budgets)?;
        return Ok(whole);
    }
    needs::wasm_target(place, &config.build.target)?;
    needs::rust_sources(place)?;
    let folders = Folders {
        wasm: place.target.join("wasm"),
        work: place.target.join("widget"),
        dist: dist.clone(),
    };
    empty(&folders.work)?;
    let tools = (optimiser.as_deref(), minifier.as_deref());
    let staged = stage(place, &config, &folders, tools)?;
    let weights = budget::Weights::new(&staged, &config.budget);
    println!("{weights}");
    let over = if whole { weights.over() } else { String::new() };
    judge(&over, budgets)?;
    assets::publish(&staged, &folders.dist)?;
    inputs::remember(&dist, &inputs, &over)?;
    Ok(whole)
}

/// Fails or tells, where a budget is exceeded.
fn judge(over: &str, budgets: Budgets) -> Result<()> {
    match budgets {
        _ if over.is_empty() => {}
        Budgets::Shown => println!("warning: {over}"),
        Budgets::Held | Budgets::Required => bail!("{over}"),
    }
    Ok(())
}

/// Runs clippy on the widget as the browser gets it. In the profile and the target directory of the
/// widget build: in the dev profile, checking js-sys and web-sys alone takes minutes.
pub(crate) fn lint(place: &Place) -> Result<()> {
    let build = Config::read(&place.root)?.build;
    needs::wasm_target(place, &build.target)?;
    let mut clippy = compile::cargo(place, &build, &place.target.join("wasm"), "clippy");
    shell::run(clippy.args(["--", "-D", "warnings"]))
}

/// Compiles, minifies and compresses everything into the work folder.
fn stage(
    place: &Place,
    config: &Config,
    folders: &Folders,
    (optimiser, minifier): (Option<&Path>, Option<&Path>),
) -> Result<Staged> {
    let pack = compile::pack_tool(place)?;
    let compiled = compile::wasm(place, config, folders)?;
    compile::bindgen(&pack, &compiled, &folders.work)?;
    let wasm = folders.work.join("widget_bg.wasm");
    if let Some(wasm_opt) = optimiser {
        optimise::run(wasm_opt, &config.optimiser, &wasm)?;
    }
    let source = |path: &str| {
        let path = place.root.join(path);
        fs::read_to_string(&path).with_context(|| format!("reading {}", place.shown(&path)))
    };
    let glue = fs::read_to_string(folders.work.join("widget.js"))?;
    let minify_script = |source: &str| match minifier {
        Some(esbuild) => optimise::script(esbuild, &config.minifier, &folders.work, source),
        None => Ok(minify_js::javascript(source)),
    };
    // Nobody imports from the script: what is not exported and not called is left out.
    let glue = glue.replace("\nexport {", "\n// {").replace("export ", "");
    let (wasm, glue) = names::shorten(&fs::read(&wasm)?, &glue)?;
    let parts = assets::Parts {
        loader: minify_script(&source("www/loader/widget.js")?)?,
        page: source("www/chat/index.html")?,
        css: minify::css(&source("www/chat/chat.css")?),
        js: minify_script(&(glue + "\n" + &source("www/chat/boot.js")?))?,
        rights_css: minify::css(&source("www/chat/rights.css")?),
        rights_js: minify_script(&source("www/chat/rights.js")?)?,
        wasm,
        words: words(place)?,
    };
    assets::stage(parts, &folders.work.join("dist"), |files| compile::compress(&pack, files))
}

/// The words of each language, without their names: the widget knows the order.
fn words(place: &Place) -> Result<Vec<(String, String)>> {
    let folder = place.root.join("www/chat/words");
    let mut languages = Vec::new();
    for entry in fs::read_dir(&folder).context("www/chat/words")? {
        let file = entry?.path();
        let lang = file.file_stem().and_then(|stem| stem.to_str()).context("a language's name")?;
        let mut texts = String::new();
        for line in fs::read_to_string(&file)?.lines() {
            let (_, text) = line.split_once(" = ").with_context(|| {
                format!("{}: `{line}` is not `name = text`", place.shown(&file))
            })?;
            texts.push_str(text);
            texts.push('\n');
        }
        languages.push((lang.to_owned(), texts));
    }
    languages.sort();
    Ok(languages)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))
}
