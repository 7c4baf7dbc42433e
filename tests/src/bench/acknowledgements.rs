//! Durable acknowledgements: how many a second, and how long each takes.
//!
//! 500 conversations, each saying the next thing when the last was answered, so each round is two
//! commits: the visitor's words before `accepted`, the answer before `done`.

use std::{sync::Arc, time::Duration};

use protocol::limits::MAX_MESSAGES;
use tokio::task::JoinSet;

use crate::{
    bench::floor,
    measure::{Durations, Figures, Stopwatch, cpu, rounded},
    process::Forecourt,
    visitor::{Visitor, fresh_id},
};

/// How many conversations talk at once.
const CONVERSATIONS: usize = 500;

/// For how long they talk once all have been greeted.
const TIME: Duration = Duration::from_secs(10);

/// How many a second there must be at least, and how long each may take, in ms.
const PER_SECOND: f64 = 2_000.0;
const MS_P50: f64 = 5.0;
const MS_P99: f64 = 25.0;

/// Measures and notes.
pub async fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let floor = floor::commits_per_second(dir.path(), Duration::from_secs(2)).await?;
    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.path().join("data"))?.without_paces();
    relay.start().await?;
    let pid = relay.pid().unwrap_or_default();
    let relay = Arc::new(relay);
    let mut visitors = Vec::new();
    for _ in 0..CONVERSATIONS {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        visitors.push(visitor);
    }
    let (watch, cpu_before) = (Stopwatch::start(), cpu(pid)?);
    let mut talks = JoinSet::new();
    for visitor in visitors {
        talks.spawn(talk(visitor, Arc::clone(&relay), watch));
    }
    let mut waits = Durations::default();
    while let Some(talked) = talks.join_next().await {
        waits.extend(talked??);
    }
    let seconds = watch.elapsed().as_secs_f64();
    let used = cpu(pid)?.saturating_sub(cpu_before).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of messages fits a float")]
    let n_acknowledged = waits.len() as f64;
    figures.against("acks_per_second", n_acknowledged / seconds, PER_SECOND);
    figures.against("acks_ms_p50", waits.per_mille_ms(500), MS_P50);
    figures.against("acks_ms_p99", waits.per_mille_ms(990), MS_P99);
    figures.note("acks_cpu_s_per_1000", rounded(used / n_acknowledged * 1_000.0));
    figures.note("acks_floor_commits_per_second", rounded(floor));
    figures.note("acks_commits_to_floor", rounded(2.0 * n_acknowledged / seconds / floor));
    Ok(())
}

async fn talk(
    mut visitor: Visitor,
    relay: Arc<Forecourt>,
    watch: Stopwatch,
) -> anyhow::Result<Durations> {
    let mut waits = Durations::default();
    let words = "How long is the warranty? ".repeat(11);
    while watch.elapsed() < TIME {
        if MAX_MESSAGES < visitor.messages.len() as u64 * 2 + 8 {
            visitor = Forecourt::stranger()?;
            relay.greet(&mut visitor).await?;
        }
        let asked = Stopwatch::start();
        visitor.say_as(fresh_id(), &words).await?;
        waits.push(asked.elapsed());
        visitor.reply().await?;
    }
    Ok(waits)
}
