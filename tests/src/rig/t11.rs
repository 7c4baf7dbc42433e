//! T11: `kill -9` under load. Nothing acknowledged is lost or doubled; ready again within a second;
//! every reply ends. The control acknowledges before it commits, and must be caught.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use relay::random::{self, OsRandom};
use serde_json::json;

use crate::{
    measure::{Durations, Figures, rounded},
    process::{Forecourt, MockProcess},
    rig::{ledger::Verdict, swarm::Swarm},
};

/// How soon a killed relay must be ready again.
const READY_MS_MAX: f64 = 1_000.0;

/// How many visitors talk at once.
const VISITORS: usize = 24;

/// How many acknowledgements lie at least between two kills.
const BETWEEN_KILLS: u64 = 40;

/// The longest random wait before a kill, in milliseconds.
const SPREAD_MS: u64 = 120;

/// Runs the test and its control; true if both turned out as they must.
pub async fn run(cycles: u32, figures: &mut Figures) -> anyhow::Result<bool> {
    figures.note("t11_cycles", cycles);
    let (verdict, mut ready) = kills("FORECOURT_BIN", None, cycles).await?;
    figures.note("t11_acknowledged", verdict.acknowledged);
    figures.note("t11_lost", verdict.lost);
    figures.note("t11_doubled", verdict.doubled);
    figures.note("t11_gaps", verdict.gaps);
    figures.note("t11_unanswered", verdict.unanswered);
    let slowest_ms = ready.per_mille_ms(1_000);
    figures.note("t11_ready_ms_p50", rounded(ready.per_mille_ms(500)));
    figures.note("t11_ready_ms_max", rounded(slowest_ms));

    let control = Some("ack-before-commit");
    let (control, _) = kills("FORECOURT_PLANTED_BIN", control, cycles.min(5)).await?;
    figures.note("t11_control_lost", control.lost);
    let holds = verdict.is_clean() && slowest_ms <= READY_MS_MAX;
    let bites = 0 < control.lost;
    figures.note("t11_holds", holds);
    figures.note("t11_control_caught", bites);
    Ok(holds && bites)
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
    let swarm = Swarm::send(VISITORS, &door)?;
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
