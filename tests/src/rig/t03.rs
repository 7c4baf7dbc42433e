//! T03: what the relay adds to a reply. 200 at once, each word with the moment at which it left the
//! model's server. Controls: a word that is held back on its way, and one that is changed.

use serde_json::Value;

use super::{Findings, Tier, stage::Stage};
use crate::bench::first_token::{Load, Replies, replies, script};

/// How old the first word of a reply may be when it comes, in ms: half of them, 99 of 100.
const FIRST_MS_P50: f64 = 3.0;
const FIRST_MS_P99: f64 = 15.0;

/// How old any word may be when it comes, in ms, 99 of 100.
const WORD_MS_P99: f64 = 60.0;

/// What the relay may use of the processor meanwhile, in cores.
const CORES: f64 = 1.0;

/// How long the control holds each word back, in ms.
const HELD_MS: u64 = 200;

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let conversations = tier.pick(40, 200, 200);
    let words = tier.pick(60, 300, 300);
    let load = Load { conversations, words, rounds: tier.pick(1, 2, 20) };
    findings.note("conversations", load.conversations as u64);
    findings.note("words", load.words as u64);
    let mut right = against(&script(load.words), load).await?;
    findings.exactly("texts_changed", right.changed, 0);
    findings.exactly("texts_identical", right.identical, (load.conversations * load.rounds) as u64);
    findings.fast("first_word_ms_p50", right.first.per_mille_ms(500), FIRST_MS_P50);
    findings.fast("first_word_ms_p99", right.first.per_mille_ms(990), FIRST_MS_P99);
    findings.fast("any_word_ms_p99", right.frames.per_mille_ms(990), WORD_MS_P99);
    findings.fast("relay_cores", right.cores, CORES);

    let few = Load { conversations: 5, words: 20, rounds: 1 };
    let mut held = script(few.words);
    held["acts"][1]["late_ms"] = HELD_MS.into();
    let mut held = against(&held, few).await?;
    let is_late = !held.frames.is_empty() && WORD_MS_P99 < held.frames.per_mille_ms(10);
    findings.control("holds each word back", is_late);

    let changed = against(&changed(few.words), few).await?;
    findings.control("changes a byte", changed.changed == few.conversations as u64);
    Ok(())
}

async fn against(script: &Value, load: Load) -> anyhow::Result<Replies> {
    let stage = Stage::new("FORECOURT_BIN", Some(script)).await?.start().await?;
    replies(&stage.relay, load).await
}

/// The same words, but the last has another number than it should.
fn changed(words: usize) -> Value {
    let mut script = script(words);
    script["acts"][1]["count"] = (words - 1).into();
    let last = serde_json::json!({ "act": "say", "text": format!("@1#{words} ") });
    if let Some(acts) = script["acts"].as_array_mut() {
        acts.insert(2, last);
    }
    script
}
