//! `rig TNN… [--tier pr|n|r] [--json FILE]`: the fault rig. Run by `cargo xtask rig`.

#![expect(clippy::print_stdout, reason = "a command speaks on its standard output")]

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use forecourt_tests::{measure::Figures, rig::t11};

/// How thorough a run is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tier {
    /// For each change.
    Pr,
    /// For each night.
    N,
    /// For each release.
    R,
}

/// Runs tests of reliability with their negative controls.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which tests: T11, or `all`.
    #[arg(default_value = "all")]
    tests: Vec<String>,
    /// How thorough.
    #[arg(long, value_enum, default_value = "pr")]
    tier: Tier,
    /// Where to write the figures.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut figures = Figures::default();
    let (mut passed, mut failed) = (0, 0);
    for test in &arguments.tests {
        println!("{test}, tier {:?}", arguments.tier);
        let holds = match test.to_lowercase().as_str() {
            "t11" | "all" => t11::run(cycles(arguments.tier), &mut figures).await?,
            _ => anyhow::bail!("no test {test}: the rig has T11"),
        };
        if holds {
            passed += 1;
        } else {
            failed += 1;
        }
    }
    if let Some(path) = &arguments.json {
        figures.write(path)?;
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How often T11 kills.
fn cycles(tier: Tier) -> u32 {
    match tier {
        Tier::Pr => 20,
        Tier::N => 200,
        Tier::R => 1_000,
    }
}
