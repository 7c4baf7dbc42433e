//! `rig TNN… [--tier pr|n|r] [--json FILE]`: the fault rig. Run by `cargo xtask rig`.

#![expect(clippy::print_stdout, reason = "a command speaks on its standard output")]

use std::{
    any::Any, collections::BTreeMap, net::SocketAddr, panic::AssertUnwindSafe, path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use forecourt_tests::{
    echo::{self, Manner},
    measure::{Stopwatch, rounded, write_json},
    rig::{Findings, TESTS, Test, Tier, swarm},
};
use futures_util::FutureExt;
use relay::open_files;
use serde_json::{Value, json};

/// How long all tests may take for each change, in seconds. It is told and not judged: the machine may
/// have other work.
const PR_S_MAX: f64 = 360.0;

/// As many sockets as a test may open in one process.
const SOCKETS: usize = 20_000;

/// Runs tests of reliability with their negative controls.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Which tests, such as T11, or `all`.
    #[arg(default_value = "all")]
    tests: Vec<String>,
    /// Which of them not, such as one that this machine lacks a program for.
    #[arg(long, value_name = "TEST")]
    without: Vec<String>,
    /// How thorough.
    #[arg(long, value_enum, default_value = "pr")]
    tier: Tier,
    /// Where to write the figures.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// A program that a test starts as a process of its own.
#[derive(Debug, Subcommand)]
enum Part {
    /// Visitors who do as they are told on standard input.
    #[command(hide = true)]
    Crowd,
    /// Sockets that send back what they get.
    #[command(hide = true)]
    Echo {
        /// How it treats them.
        manner: Manner,
        /// Where.
        #[arg(long)]
        listen: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // So that no rush is held up by the rig itself.
    open_files::allow(SOCKETS);
    if let Some(part) = arguments.part {
        match part {
            Part::Crowd => swarm::host::run().await?,
            Part::Echo { manner, listen } => echo::run(manner, listen).await?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.tier != Tier::Pr && cfg!(debug_assertions) {
        println!("the tiers n and r judge speed and size: they want a release build");
        return Ok(ExitCode::FAILURE);
    }
    let (mut passed, mut failed, mut sum) = (0, 0, 0.0);
    let mut record = BTreeMap::new();
    for test in chosen(&arguments.tests, &arguments.without)? {
        println!("{}: {}", test.name, test.what);
        let watch = Stopwatch::start();
        let mut findings = Findings::default();
        if let Err(why) = run_to_its_end(test, arguments.tier, &mut findings).await {
            findings.hold(false, || format!("it could not be run to its end: {why}"));
        }
        let word = if findings.passed() { "passed" } else { "failed" };
        let seconds = watch.elapsed().as_secs_f64();
        sum += seconds;
        println!("  {word} in {seconds:.1} s");
        if findings.passed() {
            passed += 1;
        } else {
            failed += 1;
        }
        record.insert(test.name, on_this_machine(findings.json(arguments.tier), seconds));
        // After each: what comes later may end this process, and the night's record with it.
        if let Some(path) = &arguments.json {
            write_json(path, &json!(record))?;
        }
    }
    let late = arguments.tier == Tier::Pr && PR_S_MAX < sum;
    println!("{sum:.1} s in all{}", if late { ", more than a change should wait" } else { "" });
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a test; why it did not come to its end. A panic is one of it alone: the others go on.
async fn run_to_its_end(test: &Test, tier: Tier, findings: &mut Findings) -> Result<(), String> {
    let patience = tier.patience();
    // Dropped within, too: what a test leaves behind is looked at when it is let go.
    let run = async { tokio::time::timeout(patience, (test.run)(tier, findings)).await };
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(run)) => run.map_err(|error| format!("{error:#}")),
        Ok(Err(_)) => Err(format!("it was not over after {patience:?}")),
        Err(payload) => Err(format!("it panicked: {}", words_of(&*payload))),
    }
}

/// What a panic said.
fn words_of(payload: &(dyn Any + Send)) -> &str {
    let literal = payload.downcast_ref::<&str>().copied();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    literal.or(formatted).unwrap_or("without words")
}

/// What was found, with what one must know to judge its figures: which build of which commit, on how
/// many cores, how long it took.
#[expect(clippy::disallowed_methods, reason = "xtask tells the commit")]
fn on_this_machine(mut found: Value, seconds: f64) -> Value {
    found["build"] = if cfg!(debug_assertions) { "debug" } else { "release" }.into();
    found["cores"] = std::thread::available_parallelism().map_or(0, usize::from).into();
    found["seconds"] = rounded(seconds).into();
    if let Ok(commit) = std::env::var("FORECOURT_COMMIT") {
        found["commit"] = commit.into();
    }
    found
}

/// The tests of these names, in the order of the plan.
fn chosen(names: &[String], without: &[String]) -> anyhow::Result<Vec<&'static Test>> {
    let all = || TESTS.iter().map(|test| test.name).collect::<Vec<_>>().join(", ");
    let is = |test: &&Test, name: &String| test.name.eq_ignore_ascii_case(name);
    for name in names.iter().chain(without) {
        let known = name == "all" || TESTS.iter().any(|test| is(&test, name));
        known.then_some(()).with_context(|| format!("no test {name}: the rig has {}", all()))?;
    }
    let wanted = |test: &&Test| {
        names.iter().any(|name| name == "all" || is(test, name))
            && !without.iter().any(|name| is(test, name))
    };
    Ok(TESTS.iter().filter(wanted).collect())
}
