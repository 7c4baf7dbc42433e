//! T11: `kill -9` under load. Nothing acknowledged is lost or doubled; ready again within a second;
//! every reply ends. The control acknowledges before it commits, and must be caught.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use relay::random::{self, OsRandom};
use serde_json::json;

use super::{Findings, Tier};
use crate::{
    measure::{Durations, rounded},
    process::{Forecourt, MockProcess},
    rig::{ledger::Verdict, swarm::Swarm},
};

/// How soon a killed relay must be ready again.
const READY_MS_MAX: f64 = 1_000.0;

/// And one that is built for debugging, on a busy machine: so much that something is wrong.
const READY_MS_OF_ANY_BUILD: f64 = 10_000.0;

/// How many visitors talk at once.
const VISITORS: usize = 24;

/// How many acknowledgements lie at least between two kills.
const BETWEEN_KILLS: u64 = 40;

/// The longest random wait before a kill, in milliseconds.
const SPREAD_MS: u64 = 120;

/// How often the control is killed: it loses something at nearly each kill.
const CONTROL_KILLS: u32 = 5;

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let cycles = tier.pick(20, 200, 1_000);
    findings.note("kills", cycles);
    let (verdict, mut ready) = kills("FORECOURT_BIN", None, cycles).await?;
    verdict.judge(findings);
    findings.note("ready_ms_p50", rounded(ready.per_mille_ms(500)));
    let longest = ready.per_mille_ms(1_000);
    findings.fast("ready_ms_max", longest, READY_MS_MAX);
    findings.at_most("ready_ms_max_of_any_build", longest, READY_MS_OF_ANY_BUILD);

    let control = Some("ack-before-commit");
    let (control, _) = kills("FORECOURT_PLANTED_BIN", control, CONTROL_KILLS).await?;
    findings.note("control_lost", control.lost);
    findings.control("acknowledges before it commits", 0 < control.lost);
    Ok(())
}

/// Kills a relay again and again while visitors talk, and compares at the end.
async fn kills(
    binary: &str,
    planted: Option<&str>,
    cycles: u32,
) -> anyhow::Result<(Verdict, Durations)> {
    let dir = tempfile::tempdir()?;
    let script = json!({ "text": "Twelve months, on every car." });
    let model = MockProcess::start(&script, dir.path()).await?;
    let data = dir.path().join("data");
    let mut relay = Forecourt::named(binary, &data)?.with_llm(&model.url).without_paces();
    if let Some(planted) = planted {
        relay = relay.set("FORECOURT_PLANTED", planted);
    }
    relay.start().await?;
    // The swarm knows the address only; the process behind it comes and goes.
    let door = Arc::new(Forecourt::same_door(&relay));
    let swarm = Swarm::send(VISITORS, &door);
    let mut ready = Durations::default();
    for _ in 0..cycles {
        swarm.until_more(BETWEEN_KILLS).await;
        let wait_ms = random::below(&OsRandom, SPREAD_MS);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        relay.kill().await?;
        ready.push(relay.start().await.context("the killed relay did not come back")?);
    }
    let verdict = swarm.settle(&relay).await?;
    relay.kill().await?;
    Ok((verdict, ready))
}
