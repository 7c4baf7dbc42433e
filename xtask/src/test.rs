//! `cargo xtask test`: the steps in order, each named and timed, until the first that fails.
//! The last line is the count of all tests of all runners.

mod count;
mod crates;
mod limit;
mod steps;

use std::{process::ExitCode, time::Duration};

use anyhow::{Result, bail};

use crate::{place::Place, shell};
use count::Tally;
use steps::{STEPS, Step};

/// How long a run in the pipeline may take on two cores. It is told and not judged: the machine may
/// have other work.
const RUN_MAX: Duration = Duration::from_mins(30);

/// What `test` is told.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only this step; may be repeated.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Leave this step out; may be repeated.
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
}

/// What the steps share.
pub(crate) struct Run<'a> {
    /// Where things are.
    place: &'a Place,
    /// No test may be left out for want of a program (`CI=true`).
    is_ci: bool,
    /// How many tests passed and failed until now.
    tally: Tally,
    /// Steps that could not run here, each with what to do about it.
    left_out: Vec<String>,
}

/// Runs the steps that were asked for.
pub(crate) fn run(place: &Place, args: &Args) -> Result<ExitCode> {
    let steps = chosen(args)?;
    let is_ci = shell::is_ci();
    let mut run = Run { place, is_ci, tally: Tally::default(), left_out: Vec::new() };
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut failure = None;
    for step in steps {
        println!("\n== {}: {}", step.name, step.what);
        let (result, took) = shell::timed(|| one(step, &mut run));
        times.push((step.name, took));
        if let Err(error) = result {
            failure = Some((step.name, error));
            break;
        }
        println!("== {} passed in {:.1} s", step.name, took.as_secs_f64());
    }
    close(&run, &times);
    if let Some((name, error)) = &failure {
        println!("{name} failed: {error:#}");
    }
    println!("{}", run.tally);
    Ok(if failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a step; in the pipeline not for longer than it may take.
fn one(step: &Step, run: &mut Run<'_>) -> Result<()> {
    if run.is_ci { limit::within(step.limit, || (step.run)(run)) } else { (step.run)(run) }
}

/// The steps that `--only` and `--skip` leave, in their own order.
fn chosen(args: &Args) -> Result<Vec<&'static Step>> {
    for name in args.only.iter().chain(&args.skip) {
        if !STEPS.iter().any(|step| step.name == name) {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            bail!("there is no step {name}; there are: {}", names.join(", "));
        }
    }
    let is_chosen = |step: &&Step| {
        let named = |names: &[String]| names.iter().any(|name| name == step.name);
        (args.only.is_empty() || named(&args.only)) && !named(&args.skip)
    };
    Ok(STEPS.iter().filter(is_chosen).collect())
}

fn close(run: &Run<'_>, times: &[(&str, Duration)]) {
    println!();
    for (name, took) in times {
        println!("{name:<10} {:>7.1} s", took.as_secs_f64());
    }
    let all: Duration = times.iter().map(|(_, took)| *took).sum();
    let late = if run.is_ci && RUN_MAX < all { ", more than a change should wait" } else { "" };
    println!("{:<10} {:>7.1} s{late}", "in all", all.as_secs_f64());
    for line in &run.left_out {
        println!("not run: {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Vec<&'static str> {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let args = Args { only: owned(only), skip: owned(skip) };
        chosen(&args).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn steps_keep_their_order_whatever_the_order_of_the_flags() {
        assert_eq!(names(&["tidy", "format"], &[]), ["format", "tidy"]);
        assert_eq!(names(&[], &[]).len(), STEPS.len());
        assert_eq!(names(&[], &["rig"]).len(), STEPS.len() - 1);
    }

    #[test]
    fn an_unknown_step_is_named_with_those_that_exist() {
        let args = Args { only: vec!["lints".into()], skip: Vec::new() };
        let error = chosen(&args).err().unwrap().to_string();
        assert!(error.starts_with("there is no step lints; there are: format, tidy"), "{error}");
    }
}
