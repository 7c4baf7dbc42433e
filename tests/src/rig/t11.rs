//! T11: `kill -9` under load. Nothing acknowledged is lost or doubled; ready again within a second;
//! every reply that was being written has ended a second later, and the model is not asked again
//! for it. The control acknowledges before it commits, and must be caught.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use relay::random::{self, OsRandom};
use serde_json::json;

use super::{
    Findings, Tier, check, integrity,
    ledger::{Asked, Verdict},
    swarm::{self, NOT_FOUND_AGAIN, Swarm},
};
use crate::{
    bench::start::{GIGABYTE, bytes_in, fill},
    measure::{Durations, count, rounded},
    process::{Forecourt, MockProcess},
};

/// How soon a killed relay must be ready again.
const READY_MS_MAX: f64 = 1_000.0;

/// And one that is built for debugging, on a busy machine: so much that something is wrong.
const READY_MS_OF_ANY_BUILD: f64 = 10_000.0;

/// How soon after that every reply must have ended that was being written at the kill.
const ENDED_MS_MAX: f64 = 1_000.0;
const ENDED_MS_OF_ANY_BUILD: f64 = 10_000.0;

/// How fast an answer comes, of five words: in a fifth of a second, so that a kill finds many of
/// them half written.
const WORDS_PER_SECOND: u32 = 25;

/// How many visitors talk at once.
const VISITORS: usize = 24;

/// How many acknowledgements lie at least between two kills.
const BETWEEN_KILLS: u64 = 40;

/// The longest random wait before a kill, in milliseconds.
const SPREAD_MS: u64 = 120;

/// How often the control is killed: it loses something at nearly each kill.
const CONTROL_KILLS: u32 = 5;

/// What the kills showed.
#[derive(Default)]
struct Seen {
    verdict: Verdict,
    rows: integrity::Rows,
    asked: Asked,
    /// From each start to the moment at which the door was open.
    ready: Durations,
    /// Replies that were being written at a kill.
    open: u64,
    /// From the open door to the end of the last of them, for each kill that found any.
    ended: Durations,
    /// How large the database was before the first kill.
    bytes: u64,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let cycles = tier.pick(20, 200, 1_000);
    findings.note("kills", cycles);
    let mut seen = kills("FORECOURT_BIN", None, cycles, tier.pick(0, GIGABYTE, GIGABYTE)).await?;
    seen.verdict.judge(findings);
    seen.rows.judge(findings);
    findings.note("bytes_before", seen.bytes);
    findings.note("ready_ms_p50", rounded(seen.ready.per_mille_ms(500)));
    let longest = seen.ready.per_mille_ms(1_000);
    findings.fast("ready_ms_max", longest, READY_MS_MAX);
    findings.at_most("ready_ms_max_of_any_build", longest, READY_MS_OF_ANY_BUILD);
    findings.at_least("replies_open_at_kills", count(seen.open), 1.0);
    let last = seen.ended.per_mille_ms(1_000);
    findings.fast("replies_ended_ms_max", last, ENDED_MS_MAX);
    findings.at_most("replies_ended_ms_max_of_any_build", last, ENDED_MS_OF_ANY_BUILD);
    findings.note("model_calls", seen.asked.calls);
    findings.exactly("asked_twice", seen.asked.twice, 0);
    findings.exactly("asked_for_nothing", seen.asked.for_nothing, 0);
    findings.note("never_asked", seen.asked.never);

    let control = Some("ack-before-commit");
    let control = kills("FORECOURT_PLANTED_BIN", control, CONTROL_KILLS, 0).await?.verdict;
    findings.note("control_lost", control.lost);
    findings.control("acknowledges before it commits", 0 < control.lost);
    Ok(())
}

/// Kills a relay again and again while visitors talk, and compares at the end.
async fn kills(
    binary: &str,
    planted: Option<&str>,
    cycles: u32,
    conversations: usize,
) -> anyhow::Result<Seen> {
    let dir = tempfile::tempdir()?;
    let text = "Twelve months, on every car.";
    let script = json!({ "text": text, "words_per_second": WORDS_PER_SECOND });
    let model = MockProcess::start(&script, dir.path()).await?;
    let data = dir.path().join("data");
    let mut seen = Seen { bytes: filled(&data, conversations).await?, ..Seen::default() };
    let mut relay = Forecourt::named(binary, &data)?.with_llm(&model.url).without_paces();
    if let Some(planted) = planted {
        relay = relay.set("FORECOURT_PLANTED", planted);
    }
    relay.start().await?;
    // The swarm knows the address only; the process behind it comes and goes.
    let door = Arc::new(Forecourt::same_door(&relay));
    let swarm = Swarm::send(VISITORS, &door);
    for _ in 0..cycles {
        swarm.until_more(BETWEEN_KILLS).await;
        let wait_ms = random::below(&OsRandom, SPREAD_MS);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        relay.kill().await?;
        let open = integrity::running(&data).await?;
        seen.ready.push(relay.start().await.context("the killed relay did not come back")?);
        seen.open += open.len() as u64;
        if !open.is_empty() {
            seen.ended.push(integrity::ended(&data, &open).await?);
        }
    }
    // What a kill left in doubt is said again by now.
    swarm.until_each_more().await;
    let talks = match swarm.end().await {
        Err(error) if planted.is_some() && error.to_string() == NOT_FOUND_AGAIN => {
            seen.verdict.lost += 1;
            return Ok(seen);
        }
        talks => talks?,
    };
    let promised = swarm::promised(&talks);
    let calls = check::calls(&model.url).await?;
    seen.asked = Asked::of(promised.iter().map(|id| (id, true)), &calls);
    seen.verdict = swarm::compare_all(talks, &relay).await?;
    relay.kill().await?;
    seen.rows = integrity::rows(&data, &promised).await?;
    Ok(seen)
}

/// Makes a database of so many conversations, by a relay that answers without the model; answers
/// how large it is.
async fn filled(data: &Path, conversations: usize) -> anyhow::Result<u64> {
    if conversations == 0 {
        return Ok(0);
    }
    let mut relay = Forecourt::named("FORECOURT_BIN", data)?.without_paces();
    relay.start().await?;
    fill(&relay, conversations).await?;
    let (status, _) = relay.terminate().await?;
    ensure!(status.success(), "the relay stopped with {status}");
    bytes_in(data)
}
