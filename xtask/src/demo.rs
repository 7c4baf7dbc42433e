//! `cargo xtask demo`: builds the widget and the relay, then becomes `forecourt demo`.
//!
//! It becomes the relay rather than starting it, so Ctrl-C, a stop from outside and the exit code
//! are the relay's own.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    place::{Place, Profile},
    shell, widget,
};

/// What `demo` is told.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How the relay is built; `dev` is quicker to build and slower to run.
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// Flags of `forecourt demo`, such as `-- --listen 127.0.0.1:9000`.
    #[arg(last = true)]
    flags: Vec<String>,
}

/// Builds, then runs until Ctrl-C.
pub(crate) fn run(place: &Place, args: &Args) -> Result<ExitCode> {
    widget::build(place, &widget::Args::default(), widget::Budgets::Shown)?;
    let forecourt = place.binary(args.profile, "forecourt");
    if !forecourt.is_file() {
        println!(
            "Building {}: the first time takes about {} minutes on 2 cores.",
            place.shown(&forecourt),
            if args.profile == Profile::Release { 8 } else { 5 },
        );
    }
    build_relay(place, args.profile, &["forecourt"], None)?;
    let mut command = shell::program(&forecourt);
    command.arg("demo").args(&args.flags);
    shell::become_program(command)
}

/// A feature that the tests switch on in a dependency of nearly everything. Programs that are built
/// beside the tests switch it on too, else everything above tokio would be compiled twice.
pub(crate) const OF_TESTS: &str = "tokio/test-util";

/// Builds programs of the workspace. `--workspace` keeps the features of all dependencies the same
/// whichever programs are asked for, so that nothing is compiled twice.
pub(crate) fn build_relay(
    place: &Place,
    profile: Profile,
    programs: &[&str],
    feature: Option<&str>,
) -> Result<()> {
    let mut cargo = shell::cargo(&place.root);
    cargo.args(["build", "--workspace", "--profile", profile.name()]);
    for program in programs {
        cargo.args(["--bin", program]);
    }
    for feature in feature.into_iter().chain((profile == Profile::Dev).then_some(OF_TESTS)) {
        cargo.args(["--features", feature]);
    }
    shell::run(&mut cargo)
}
