//! The steps of `cargo xtask test`: what each runs, in the order in which they are quick to fail.
//!
//! All host steps select the whole workspace: cargo unites the features of dependencies over what is
//! selected, so another selection would compile them again.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, bail};

use super::{Run, crates};
use crate::{demo::OF_TESTS, measure, needs, place::Profile, shell, tidy, widget};

/// One step.
pub(super) struct Step {
    /// What `--only` and `--skip` call it.
    pub(super) name: &'static str,
    /// What it proves.
    pub(super) what: &'static str,
    /// What it may take in the pipeline.
    pub(super) limit: Duration,
    /// How.
    pub(super) run: fn(&mut Run<'_>) -> Result<()>,
}

/// The limit of a step that compiles nothing of weight.
const QUICK: Duration = Duration::from_mins(10);

/// The limit of a step that compiles or runs a lot: several times what it takes on two cores, as it
/// is there for what hangs.
const LONG: Duration = Duration::from_mins(40);

/// All of them, in order.
pub(super) const STEPS: &[Step] = &[
    Step { name: "format", limit: QUICK, what: "cargo fmt --check", run: format },
    Step { name: "tidy", limit: QUICK, what: "the house rules", run: house_rules },
    Step { name: "lint", limit: LONG, what: "clippy on the host and for the browser", run: lint },
    Step { name: "widget", limit: LONG, what: "the widget within its size budgets", run: widget },
    Step { name: "tests", limit: LONG, what: "unit, store, wire and end to end", run: tests },
    Step {
        name: "docs",
        limit: LONG,
        what: "doc tests, and cargo doc without a warning",
        run: docs,
    },
    Step { name: "deny", limit: QUICK, what: "licences and banned crates", run: deny },
    Step { name: "browser", limit: LONG, what: "the whole path in Chromium", run: browser },
    Step {
        name: "rig",
        limit: LONG,
        what: "the fault rig, tier pr, each test with its control",
        run: rig,
    },
];

fn format(run: &mut Run<'_>) -> Result<()> {
    needs::component(run.place, "fmt", "rustfmt")?;
    shell::run(shell::cargo(&run.place.root).args(["fmt", "--all", "--check"]))
        .context("to mend it: cargo fmt --all")
}

fn house_rules(run: &mut Run<'_>) -> Result<()> {
    tidy::check(run.place)
}

fn lint(run: &mut Run<'_>) -> Result<()> {
    needs::component(run.place, "clippy", "clippy")?;
    let selections: [&[&str]; 2] = [
        &["--workspace", "--all-targets"],
        &["-p", "xtask", "--features", "pack", "--bin", "pack"],
    ];
    for selection in selections {
        let mut cargo = shell::cargo(&run.place.root);
        cargo.arg("clippy").args(selection).args(["--", "-D", "warnings"]);
        shell::run(&mut cargo)?;
    }
    widget::lint(run.place)
}

fn widget(run: &mut Run<'_>) -> Result<()> {
    let budgets = if run.is_ci {
        needs::node()?;
        widget::Budgets::Required
    } else {
        widget::Budgets::Held
    };
    if !widget::build(run.place, &widget::Args::default(), budgets)? {
        run.left_out.push("the widget's size budgets; for them: Node and npm".into());
    }
    Ok(())
}

fn tests(run: &mut Run<'_>) -> Result<()> {
    let place = run.place;
    match needs::postgres(run.is_ci) {
        Err(error) if run.is_ci => return Err(error),
        Err(error) => run.left_out.push(format!("queries on PostgreSQL; {error:#}")),
        Ok(()) => {}
    }
    build_all(run)?;
    let mut cargo = shell::cargo(&place.root);
    if shell::which("cargo-nextest").is_some() {
        cargo.args(["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"]);
    } else {
        cargo.args(["test", "--workspace", "--bins", "--lib", "--tests", "--no-fail-fast"]);
    }
    measure::point_at_programs(&mut cargo, place, Profile::Dev);
    counted(run, &mut cargo)
}

fn docs(run: &mut Run<'_>) -> Result<()> {
    let mut cargo = shell::cargo(&run.place.root);
    // There may be no doc tests at all.
    watched(run, cargo.args(["test", "--workspace", "--doc"]))?;
    let mut cargo = shell::cargo(&run.place.root);
    cargo.args([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--features",
        OF_TESTS,
    ]);
    shell::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny(run: &mut Run<'_>) -> Result<()> {
    println!("{} crates looked at", crates::check(run.place)?);
    if shell::which("cargo-deny").is_none() {
        let more = "cargo-deny, which looks at other platforms and sources, too";
        run.left_out.push(format!("{more}; for it: cargo install --locked cargo-deny"));
        return Ok(());
    }
    let mut cargo = shell::cargo(&run.place.root);
    shell::run(
        cargo
            .args(["deny", "--offline", "check", "--hide-inclusion-graph"])
            .args(["bans", "licenses", "sources"]),
    )
}

fn browser(run: &mut Run<'_>) -> Result<()> {
    let place = run.place;
    let folder = place.root.join("tests/browser");
    if !folder.join("package.json").is_file() {
        bail!("tests/browser/package.json is missing");
    }
    let chromium = match needs::node().and_then(|()| needs::browser()) {
        Ok(chromium) => chromium,
        Err(error) if !run.is_ci => {
            run.left_out.push(format!("browser; {error:#}"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    needs::xmllint()?;
    build_all(run)?;
    let mut npm = shell::program("npm");
    shell::run(npm.current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]))?;
    let mut node = shell::program("node");
    node.current_dir(&folder).args(["--test", "--test-reporter=spec"]);
    node.arg(format!("--test-timeout={}", BROWSER_FILE.as_millis())).args(test_files(&folder)?);
    node.env("CHROMIUM", chromium).env("FORECOURT_TARGET", &place.target);
    measure::point_at_programs(&mut node, place, Profile::Dev);
    counted(run, &mut node)
}

/// How long the tests of one file may take in the browser: Node itself waits for ever.
const BROWSER_FILE: Duration = Duration::from_mins(10);

/// Node 20 expands no patterns, so the files are named.
fn test_files(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            files.push(name);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{} holds no *.test.mjs", folder.display());
    }
    Ok(files)
}

fn rig(run: &mut Run<'_>) -> Result<()> {
    needs::rig()?;
    measure::build_planted(run.place, Profile::Dev)?;
    build_all(run)?;
    let all = ["all".to_owned()];
    let mut rig = measure::rig_command(run.place, Profile::Dev, &all, "pr");
    if let (Err(error), false) = (needs::autobahn(run.place), run.is_ci) {
        run.left_out.push(format!("the Autobahn suite of the rig; {error:#}"));
        rig.args(["--without", "T34"]);
    }
    counted(run, &mut rig)
}

/// All tests and the programs that they start, in one selection.
fn build_all(run: &Run<'_>) -> Result<()> {
    let mut cargo = shell::cargo(&run.place.root);
    shell::run(cargo.args(["build", "--workspace", "--bins", "--tests"]))
}

/// The same, and fails where nothing was run: a pattern that fits no test is no success.
fn counted(run: &mut Run<'_>, command: &mut Command) -> Result<()> {
    let before = run.tally.passed;
    watched(run, command)?;
    if before == run.tally.passed {
        bail!("{} ran no test", shell::shown(command));
    }
    Ok(())
}

/// Runs a runner, adds up what it counts, and fails with it.
fn watched(run: &mut Run<'_>, command: &mut Command) -> Result<()> {
    let before = run.tally;
    let status = shell::stream(command, |line| run.tally.read(line))?;
    if !status.success() {
        bail!("{} ended with {status}", shell::shown(command));
    }
    if before.failed < run.tally.failed {
        bail!("{} counted a failure and ended well", shell::shown(command));
    }
    Ok(())
}
