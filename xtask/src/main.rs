//! Forecourt's commands, one per line of `cargo xtask --help`. Not part of what is shipped.
//!
//! | command | file |
//! |---|---|
//! | `demo` | [`demo`] |
//! | `test`, `ci` | [`mod@test`], the order of the steps in `test/steps.rs` |
//! | `widget` | [`widget`], configured by `wasm-pack.toml` alone |
//! | `tidy` | [`tidy`], one file per family of rules |
//! | `bench`, `rig` | [`measure`] |

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to a person")]

mod demo;
mod measure;
mod needs;
mod place;
mod shell;
mod test;
mod tidy;
mod widget;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Forecourt's commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and run a demo dealer's site with the chat on it, until Ctrl-C.
    Demo(demo::Args),
    /// Run every check: format, tidy, lints, widget, tests, docs, browser, fault rig.
    Test(test::Args),
    /// Build the widget into www/dist, compressed, hashed and within its size budgets.
    Widget(widget::Args),
    /// Check the house rules that a compiler does not know.
    Tidy,
    /// Measure, each figure beside its floor.
    Bench(measure::BenchArgs),
    /// Run one test of the fault rig, with its negative control.
    Rig(measure::RigArgs),
    /// Do exactly what the pipeline does.
    Ci,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let place = place::Place::find()?;
    match command {
        Command::Demo(args) => demo::run(&place, &args),
        Command::Test(args) => test::run(&place, &args),
        Command::Widget(args) => {
            widget::build(&place, &args, widget::Budgets::Held).map(|_| ExitCode::SUCCESS)
        }
        Command::Tidy => tidy::run(&place),
        Command::Bench(args) => measure::bench(&place, &args),
        Command::Rig(args) => measure::rig(&place, &args),
        Command::Ci => shell::become_program(shell::program(place.root.join(".ci/run"))),
    }
}
