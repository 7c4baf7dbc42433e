//! How soon a relay is ready that has a lot to look after.

use std::path::Path;

use anyhow::ensure;
use protocol::limits::{MAX_MESSAGES, MAX_TEXT_CHARS};
use tokio::task::JoinSet;

use crate::{
    bench::idle::START_MS,
    measure::Figures,
    process::Forecourt,
    visitor::{Visitor, fresh_id},
};

/// How many conversations are filled, and how many questions each has: 12 kB a question, about
/// 200 MB in all.
const CONVERSATIONS: usize = 200;
const QUESTIONS: u64 = 80;

/// How often it is started; the longest start counts.
const STARTS: usize = 3;

/// Measures and notes.
pub async fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let mut relay = Forecourt::named("FORECOURT_BIN", &data)?.without_paces();
    relay.start().await?;
    let mut talks = JoinSet::new();
    for _ in 0..CONVERSATIONS {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        talks.spawn(fill(visitor));
    }
    while let Some(filled) = talks.join_next().await {
        filled??;
    }
    let (status, _) = relay.terminate().await?;
    ensure!(status.success(), "the relay stopped with {status}");
    figures.note("start_preloaded_bytes", bytes_in(&data)?);
    let mut longest = 0.0_f64;
    for _ in 0..STARTS {
        longest = longest.max(relay.start().await?.as_secs_f64() * 1_000.0);
        relay.kill().await?;
    }
    figures.against("start_preloaded_ms_max", longest, START_MS);
    Ok(())
}

/// One visitor's long questions.
async fn fill(mut visitor: Visitor) -> anyhow::Result<()> {
    let text: String = "電気自動車".chars().cycle().take(MAX_TEXT_CHARS).collect();
    for _ in 0..QUESTIONS.min(MAX_MESSAGES / 2 - 1) {
        visitor.say_as(fresh_id(), &text).await?;
        visitor.reply().await?;
        // What is kept at the other end is enough.
        visitor.messages.clear();
    }
    Ok(())
}

fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}
