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

/// How many questions each conversation has that is filled: 12 kB a question, about 1 MB in all.
const QUESTIONS: u64 = 80;

/// How many conversations are filled.
const CONVERSATIONS: usize = 200;

/// How many conversations make about a gigabyte.
pub const GIGABYTE: usize = 1_000;

/// How many are filled at once.
const AT_ONCE: usize = 200;

/// How often it is started; the longest start counts.
const STARTS: usize = 3;

/// Measures and notes.
pub async fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let mut relay = Forecourt::named("FORECOURT_BIN", &data)?.without_paces();
    relay.start().await?;
    fill(&relay, CONVERSATIONS).await?;
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

/// Fills so many conversations of a running relay, which should answer from documents.
pub async fn fill(relay: &Forecourt, conversations: usize) -> anyhow::Result<()> {
    let mut talks = JoinSet::new();
    for _ in 0..conversations {
        if AT_ONCE <= talks.len()
            && let Some(filled) = talks.join_next().await
        {
            filled??;
        }
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        talks.spawn(ask(visitor));
    }
    while let Some(filled) = talks.join_next().await {
        filled??;
    }
    Ok(())
}

/// One visitor's long questions.
async fn ask(mut visitor: Visitor) -> anyhow::Result<()> {
    let text: String = "電気自動車".chars().cycle().take(MAX_TEXT_CHARS).collect();
    for _ in 0..QUESTIONS.min(MAX_MESSAGES / 2 - 1) {
        visitor.say_as(fresh_id(), &text).await?;
        visitor.reply().await?;
        // What is kept at the other end is enough.
        visitor.messages.clear();
    }
    Ok(())
}

/// How large the files of a folder are together.
pub fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}
