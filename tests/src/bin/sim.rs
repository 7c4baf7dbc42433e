//! `sim [--from N] [--seeds N] [--planted NAME]`: simulated worlds, one seed after the other, until
//! one breaks an invariant. `sim --seed N` (or `FORECOURT_SIM_SEED=N`) tells a world step by step.

#![expect(clippy::print_stdout, reason = "a command speaks on its standard output")]

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use forecourt_tests::sim::{self, Plant};
use serde_json::json;

/// Runs simulated worlds around the relay's sessions.
#[derive(Debug, Parser)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 500, overrides_with = "seeds")]
    seeds: u64,
    /// A bug to plant, by its name; those of the session need a build with `relay/planted`.
    #[arg(long)]
    planted: Option<String>,
    /// Only this world, told step by step.
    #[arg(long, env = "FORECOURT_SIM_SEED")]
    seed: Option<u64>,
    /// How many of its last steps are told.
    #[arg(long, default_value_t = 100_000)]
    steps: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let plant = arguments
        .planted
        .as_deref()
        .map(|name| Plant::named(name).with_context(|| format!("no bug is called {name}")))
        .transpose()?;
    let breach = match arguments.seed {
        Some(seed) => tell(seed, plant, arguments.steps)?,
        None => search(arguments.from..arguments.from + arguments.seeds, plant)?,
    };
    Ok(if breach { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Tells one world; answers whether an invariant broke.
fn tell(seed: u64, plant: Option<Plant>, steps: usize) -> anyhow::Result<bool> {
    let outcome = sim::run(seed, plant, steps)?;
    for step in &outcome.last_steps {
        println!("{step}");
    }
    println!("seed {seed}, trace {:016x}, {} steps", outcome.hash, outcome.n_steps);
    if let Some(breach) = &outcome.breach {
        println!("{breach}");
    }
    Ok(outcome.breach.is_some())
}

/// Runs worlds until one breaks; prints what was found as one line of JSON.
fn search(seeds: std::ops::Range<u64>, plant: Option<Plant>) -> anyhow::Result<bool> {
    let mut n_seeds = 0_u64;
    for seed in seeds {
        let outcome = sim::run(seed, plant, 0)?;
        n_seeds += 1;
        if let Some(breach) = outcome.breach {
            println!("{}", json!({ "seeds": n_seeds, "seed": seed, "breach": breach.to_string() }));
            return Ok(true);
        }
    }
    println!("{}", json!({ "seeds": n_seeds }));
    Ok(false)
}
