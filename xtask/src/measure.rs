//! `cargo xtask bench` and `cargo xtask rig`: build what they run, pass the paths on, become them.
//! What is measured and judged is in `tests/src/bin/bench.rs` and `tests/src/bin/rig.rs`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    demo::build_relay,
    needs,
    place::{Place, Profile},
    shell, widget,
};

/// What `bench` is told.
#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    /// Which figures; all of them without a name.
    names: Vec<String>,
    /// Write the figures to this file, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// More for the bench itself.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// What `rig` is told.
#[derive(clap::Args)]
pub(crate) struct RigArgs {
    /// Which tests, such as T11.
    #[arg(required = true)]
    tests: Vec<String>,
    /// How long: pr (minutes), n (a night), r (before a release).
    #[arg(long, value_parser = ["pr", "n", "r"], default_value = "pr")]
    tier: String,
    /// Write the result to this file, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How the relay under test is built.
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// More for the rig itself.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds for release and measures.
pub(crate) fn bench(place: &Place, args: &BenchArgs) -> Result<ExitCode> {
    widget::build(place, &widget::Args::default(), widget::Budgets::Shown)?;
    build_relay(place, Profile::Release, &["forecourt", "mock-llm", "bench"], None)?;
    let mut bench = shell::program(place.binary(Profile::Release, "bench"));
    bench.args(&args.names);
    if let Some(file) = &args.json {
        bench.arg("--json").arg(file);
    }
    bench.args(&args.rest);
    point_at_programs(&mut bench, place, Profile::Release);
    shell::become_program(bench)
}

/// Builds the relay twice, right and planted, and runs one test against both.
pub(crate) fn rig(place: &Place, args: &RigArgs) -> Result<ExitCode> {
    needs::rig()?;
    widget::build(place, &widget::Args::default(), widget::Budgets::Shown)?;
    build_planted(place, args.profile)?;
    build_relay(place, args.profile, &["forecourt", "mock-llm", "rig"], None)?;
    let mut rig = rig_command(place, args.profile, &args.tests, &args.tier);
    if let Some(file) = &args.json {
        rig.arg("--json").arg(file);
    }
    rig.args(&args.rest);
    shell::become_program(rig)
}

/// The rig, ready to run, with the paths of what it tests.
pub(crate) fn rig_command(
    place: &Place,
    profile: Profile,
    tests: &[String],
    tier: &str,
) -> Command {
    let mut rig = shell::program(place.binary(profile, "rig"));
    rig.args(tests).args(["--tier", tier]);
    point_at_programs(&mut rig, place, profile);
    // Without git, or from an archive, the record names no commit.
    let mut git = shell::program("git");
    git.current_dir(&place.root).args(["rev-parse", "--short", "HEAD"]);
    if let Ok(commit) = shell::capture(&mut git) {
        rig.env("FORECOURT_COMMIT", commit.trim());
    }
    let is_asked = |name| tests.iter().any(|test| test == "all" || test.eq_ignore_ascii_case(name));
    if is_asked("T17") {
        match needs::litestream(place) {
            Ok(litestream) => {
                rig.env("LITESTREAM_BIN", litestream);
            }
            Err(error) => println!("T17 of the rig copies the log itself: {error:#}"),
        }
    }
    if is_asked("T42")
        && let Err(error) = needs::xmllint()
    {
        // The test itself fails with the same sentence; the others run.
        println!("{error:#}");
    }
    if is_asked("T34") {
        match needs::autobahn(place) {
            Ok((python, site)) => {
                rig.env("AUTOBAHN_PYTHON", python).env("AUTOBAHN_SITE", site);
            }
            // The test itself fails with the same sentence; the others run.
            Err(error) => println!("{error:#}"),
        }
    }
    rig
}

/// Tells a program where the others are.
pub(crate) fn point_at_programs(command: &mut Command, place: &Place, profile: Profile) {
    command
        .env("FORECOURT_BIN", place.binary(profile, "forecourt"))
        .env("FORECOURT_PLANTED_BIN", place.planted(profile, "forecourt"))
        .env("FORECOURT_PLANTED_SIM_BIN", place.planted(profile, "sim"))
        .env("MOCK_LLM_BIN", place.binary(profile, "mock-llm"))
        .env("CHAOSPROXY_BIN", place.binary(profile, "chaosproxy"));
}

/// Builds the relay with its known-wrong behaviour, by itself and in the simulation, and puts both
/// aside. In the same target directory, so that the dependencies are shared; call it before the
/// right relay is built, which then takes its place again.
pub(crate) fn build_planted(place: &Place, profile: Profile) -> Result<()> {
    const PLANTED: [&str; 2] = ["forecourt", "sim"];
    build_relay(place, profile, &PLANTED, Some("relay/planted"))?;
    for name in PLANTED {
        let planted = place.planted(profile, name);
        fs::create_dir_all(planted.parent().context("a file has a folder")?)?;
        // A running copy of an earlier rig keeps the old file.
        drop(fs::remove_file(&planted));
        fs::copy(place.binary(profile, name), &planted)
            .with_context(|| format!("copying to {}", place.shown(&planted)))?;
    }
    Ok(())
}
