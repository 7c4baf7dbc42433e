//! T03: what the relay adds to a reply. 200 at once: each question is timed until it is at the model's
//! server, each word has the moment at which it left that. Controls: a question that is held back on
//! its way there, a word that is held back on its way back, and one in which a digit is changed.

use serde_json::Value;

use super::{Findings, Tier, stage::Stage};
use crate::{
    bench::first_token::{Load, Replies, direct, replies, script},
    chaos::{ChaosProxy, Plan},
    measure::rounded,
};

/// How much longer a question may be on its way to the model's server than one that is asked there
/// directly, in ms: half of them, 99 of 100. Its commit is in that, for which T02 allows 25, and now
/// and then 100; the rest is for the turns before it, the passages and a connection to the model,
/// while all ask within the same second. Nobody notices it beside the second that a model takes.
const ASK_MS_P50: f64 = 25.0;
const ASK_MS_P99: f64 = 100.0;

/// How much older the first word of a reply may be when it comes than one that comes directly, in ms:
/// half of them, 99 of 100.
const FIRST_MS_P50: f64 = 3.0;
const FIRST_MS_P99: f64 = 15.0;

/// How old any word may be when it comes, in ms, 99 of 100.
const WORD_MS_P99: f64 = 60.0;

/// What the relay may use of the processor meanwhile, in cores.
const CORES: f64 = 1.0;

/// How long the controls hold a question or each word back, in ms.
const HELD_MS: u64 = 200;

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let conversations = tier.pick(40, 200, 200);
    let words = tier.pick(60, 300, 300);
    let load = Load { conversations, words, rounds: tier.pick(1, 2, 20) };
    findings.note("conversations", load.conversations as u64);
    findings.note("words", load.words as u64);
    let (mut right, mut floor) = side_by_side(load).await?;
    for (name, share, ask, first) in
        [("p50", 500, ASK_MS_P50, FIRST_MS_P50), ("p99", 990, ASK_MS_P99, FIRST_MS_P99)]
    {
        let (way, bare) = (right.asks.per_mille_ms(share), floor.asks.per_mille_ms(share));
        findings.note(&format!("ask_ms_{name}"), rounded(way));
        findings.note(&format!("ask_floor_ms_{name}"), rounded(bare));
        findings.fast(&format!("ask_added_ms_{name}"), way - bare, ask);
        let (age, bare) = (right.first.per_mille_ms(share), floor.first.per_mille_ms(share));
        findings.note(&format!("first_word_ms_{name}"), rounded(age));
        findings.note(&format!("first_word_floor_ms_{name}"), rounded(bare));
        findings.fast(&format!("first_word_added_ms_{name}"), age - bare, first);
    }
    findings.exactly("texts_changed", right.changed, 0);
    findings.exactly("texts_identical", right.identical, (load.conversations * load.rounds) as u64);
    findings.fast("any_word_ms_p99", right.frames.per_mille_ms(990), WORD_MS_P99);
    findings.fast("relay_cores", right.cores, CORES);

    let few = Load { conversations: 5, words: 20, rounds: 1 };
    let mut held = script(few.words);
    held["acts"][1]["late_ms"] = HELD_MS.into();
    let mut held = against(&held, few).await?;
    let is_late = !held.frames.is_empty() && WORD_MS_P99 < held.frames.per_mille_ms(10);
    findings.control("holds each word back", is_late);

    let mut detour = by_a_detour(&script(few.words), few).await?;
    let is_late = !detour.asks.is_empty() && ASK_MS_P99 < detour.asks.per_mille_ms(10);
    findings.control("holds each question back", is_late);

    let mut changed = script(few.words);
    changed["acts"][1]["changed"] = true.into();
    let changed = against(&changed, few).await?;
    findings.control("changes a digit", changed.changed == few.conversations as u64);
    Ok(())
}

/// The relay's replies, and as many of the same model's server without it.
async fn side_by_side(load: Load) -> anyhow::Result<(Replies, Replies)> {
    let stage = Stage::new("FORECOURT_BIN", Some(&script(load.words))).await?.start().await?;
    let floor = direct(stage.model_url()?, Load { rounds: 1, ..load }).await?;
    Ok((replies(&stage.relay, stage.model_url()?, load).await?, floor))
}

async fn against(script: &Value, load: Load) -> anyhow::Result<Replies> {
    let stage = Stage::new("FORECOURT_BIN", Some(script)).await?.start().await?;
    replies(&stage.relay, stage.model_url()?, load).await
}

/// The same by a proxy that holds back whatever it reads.
async fn by_a_detour(script: &Value, load: Load) -> anyhow::Result<Replies> {
    let mut stage = Stage::new("FORECOURT_BIN", Some(script)).await?;
    let model_url = stage.model_url()?.to_owned();
    let model = model_url.trim_start_matches("http://").trim_end_matches("/v1").parse()?;
    let proxy = ChaosProxy::start(model, 3).await?;
    proxy.usually(Plan { latency_ms: HELD_MS, ..Plan::default() });
    stage.relay = stage.relay.with_llm(&format!("http://{}/v1", proxy.address()));
    let stage = stage.start().await?;
    replies(&stage.relay, &model_url, load).await
}
