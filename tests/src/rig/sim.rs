//! SIM: simulated worlds around the relay's real sessions (see `crate::sim`). No seed breaks an
//! invariant, a seed repeats its world, and each of twelve planted bugs is found.

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::{Context, ensure};

use super::{Findings, Tier};
use crate::{
    measure::{Stopwatch, count, rounded},
    process::path_in,
    sim::{self, Outcome, Plant},
};

/// How many worlds run beside each other: one a core.
const THREADS: u64 = 2;

/// Within how many seeds each planted bug must be found.
const FOUND_WITHIN: u64 = 500;

/// How many of its last steps a broken world tells.
const TOLD: usize = 40;

/// A world has more than two minutes in it, so this is a thousand times as fast as they pass.
const MS_PER_WORLD: f64 = 130.0;

/// Runs the worlds, repeats some, and looks for what is planted.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let replayed = std::env::var_os("FORECOURT_SIM_SEED");
    let replayed = replayed.and_then(|seed| seed.to_str()?.parse::<u64>().ok());
    let (first, seeds, repeats) = match replayed {
        Some(seed) => (seed, 1, 1),
        None => (0, tier.pick(500, 50_000, 500_000), tier.pick(20, 100, 1_000)),
    };
    let watch = Stopwatch::start();
    let worlds = tokio::task::spawn_blocking(move || worlds(first, seeds)).await??;
    let took_ms = watch.elapsed().as_secs_f64() * 1_000.0;
    findings.note("seeds", worlds.n_seeds);
    findings.note("acknowledged", worlds.n_acks);
    findings.note("calls_of_the_model", worlds.n_calls);
    findings.note("steps", worlds.n_steps);
    findings.note("simulated_hours", worlds.simulated_ms / 3_600_000);
    findings.fast("ms_per_world", took_ms * count(THREADS) / count(seeds), MS_PER_WORLD);
    findings.note("seconds", rounded(took_ms / 1_000.0));
    findings.exactly("broken_worlds", worlds.broken.len() as u64, 0);
    for seed in &worlds.broken {
        let told = sim::run(*seed, None, TOLD)?;
        findings.hold(false, || tell(&told));
    }
    let again = tokio::task::spawn_blocking(move || differing(first, repeats)).await??;
    findings.note("repeated", repeats);
    findings.exactly("different_when_repeated", again, 0);
    let in_relay = Plant::ALL.iter().filter(|plant| plant.is_in_relay()).count();
    findings.note("plants_in_the_relay", in_relay);
    findings.note("plants_in_the_harness", Plant::ALL.len() - in_relay);
    tokio::task::spawn_blocking(controls).await??.into_iter().for_each(|(plant, found)| {
        findings.note(&format!("seeds_until_{}", plant.name()), found);
        findings.control(plant.name(), found.is_some_and(|seeds| seeds <= FOUND_WITHIN));
    });
    Ok(())
}

/// What many worlds came to.
#[derive(Debug, Default)]
struct Worlds {
    n_seeds: u64,
    n_acks: u64,
    n_calls: u64,
    n_steps: u64,
    simulated_ms: u64,
    broken: Vec<u64>,
}

impl Worlds {
    fn add(&mut self, outcome: &Outcome) {
        self.n_seeds += 1;
        self.n_acks += outcome.n_acks;
        self.n_calls += outcome.n_calls;
        self.n_steps += outcome.n_steps;
        self.simulated_ms += outcome.simulated_ms;
        if outcome.breach.is_some() {
            self.broken.push(outcome.seed);
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.n_seeds += other.n_seeds;
        self.n_acks += other.n_acks;
        self.n_calls += other.n_calls;
        self.n_steps += other.n_steps;
        self.simulated_ms += other.simulated_ms;
        self.broken.extend(other.broken);
        self
    }
}

/// Runs so many worlds, each thread the next that none has begun.
fn worlds(first: u64, seeds: u64) -> anyhow::Result<Worlds> {
    let next = AtomicU64::new(first);
    let work = || -> anyhow::Result<Worlds> {
        let mut worlds = Worlds::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if first + seeds <= seed {
                return Ok(worlds);
            }
            worlds.add(&sim::run(seed, None, 0)?);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_fold(Worlds::default(), |all, thread| {
            let some = thread.join().map_err(|_| anyhow::anyhow!("a world panicked"))??;
            Ok(all.join(some))
        })
    })
}

/// How many worlds were different when they were run again.
fn differing(first: u64, repeats: u64) -> anyhow::Result<u64> {
    let mut differing = 0;
    for seed in first..first + repeats {
        let (one, other) = (sim::run(seed, None, 0)?, sim::run(seed, None, 0)?);
        differing += u64::from(one.hash != other.hash);
    }
    Ok(differing)
}

/// A broken world in words: what broke, how to run it again, and what came before.
fn tell(outcome: &Outcome) -> String {
    let breach = outcome.breach.as_ref().map(ToString::to_string).unwrap_or_default();
    let (seed, commit) = (outcome.seed, commit());
    let steps = outcome.last_steps.join("\n    ");
    format!("{breach}; FORECOURT_SIM_SEED={seed} repeats it at commit {commit}\n    {steps}")
}

fn commit() -> String {
    let told = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let told = told.ok().filter(|told| told.status.success());
    told.map_or_else(
        || "unknown".to_owned(),
        |told| String::from_utf8_lossy(&told.stdout).trim().to_owned(),
    )
}

/// After how many seeds a program with each bug planted breaks an invariant.
fn controls() -> anyhow::Result<Vec<(Plant, Option<u64>)>> {
    let program: PathBuf = path_in("FORECOURT_PLANTED_SIM_BIN")?;
    let search = |arguments: &[&str]| -> anyhow::Result<Option<u64>> {
        let seeds = FOUND_WITHIN.to_string();
        let mut command = Command::new(&program);
        command.args(["--seeds", &seeds]).args(arguments).env_remove("FORECOURT_SIM_SEED");
        let told = command.output().context("can't run the planted simulation")?;
        let found: serde_json::Value = serde_json::from_slice(&told.stdout)
            .with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&told.stderr)))?;
        Ok(found["breach"].is_string().then(|| found["seeds"].as_u64()).flatten())
    };
    // The planted build itself is right as long as nothing is asked to be wrong.
    ensure!(search(&["--seeds", "10"])?.is_none(), "the planted build breaks by itself");
    Plant::ALL.into_iter().map(|plant| Ok((plant, search(&["--planted", plant.name()])?))).collect()
}
