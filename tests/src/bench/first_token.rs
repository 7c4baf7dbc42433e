//! What the relay adds before the first word of a reply, beside a client that asks the model's
//! server itself.
//!
//! The model's server writes into each word the moment at which it left; whoever reads the first
//! word subtracts. Both run on one machine and so on one clock. With 50 conversations at once, each
//! reply 60 words at 30 a second, every text compared with what the server sent. The fault rig
//! measures the same with more words, and judges (T03).

use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use protocol::ServerMessage;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    llm::script::stamped,
    measure::{Durations, Figures, Stopwatch, cpu, rounded, wall_ns},
    process::{Forecourt, MockProcess},
    visitor::Visitor,
};

/// How many words leave the model's server in a second.
const PACE: u32 = 30;

/// What the relay may add before the first word, in ms: half of them, 99 of 100.
const ADDED_MS_P50: f64 = 0.4;
const ADDED_MS_P99: f64 = 3.0;

/// How much is asked.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many conversations are answered at once.
    pub conversations: usize,
    /// How many words a reply has.
    pub words: usize,
    /// How often each asks.
    pub rounds: usize,
}

/// What the replies were like.
#[derive(Debug, Default)]
pub struct Replies {
    /// How old the first word of each was when it came.
    pub first: Durations,
    /// How old the oldest word of each frame was when it came.
    pub frames: Durations,
    /// How many texts are, byte for byte, what the model's server sent.
    pub identical: u64,
    /// How many are not.
    pub changed: u64,
    /// What the relay used of the processor, in cores.
    pub cores: f64,
}

/// Measures and notes.
pub async fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let load = Load { conversations: 50, words: 60, rounds: 5 };
    let dir = tempfile::tempdir()?;
    let model = MockProcess::start(&script(load.words), dir.path()).await?;
    let mut floor = direct(&model.url, load).await?;
    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.path().join("data"))?
        .with_llm(&model.url)
        .without_paces();
    relay.start().await?;
    let mut replies = replies(&relay, load).await?;
    ensure!(replies.changed == 0, "a text was changed on its way");
    figures.note("first_token_texts_identical", replies.identical);
    for (name, share, budget) in [("p50", 500, ADDED_MS_P50), ("p99", 990, ADDED_MS_P99)] {
        let (all, bare) = (replies.first.per_mille_ms(share), floor.per_mille_ms(share));
        figures.note(&format!("first_token_ms_{name}"), rounded(all));
        figures.note(&format!("first_token_floor_ms_{name}"), rounded(bare));
        figures.against(&format!("first_token_added_ms_{name}"), all - bare, budget);
    }
    Ok(())
}

/// What the model's server says: so many words, each with the moment at which it left.
pub fn script(words: usize) -> Value {
    json!({
        "words_per_second": PACE,
        "acts": [
            { "act": "open" },
            { "act": "stamped", "count": words },
            { "act": "stop" },
            { "act": "done" },
            { "act": "end_body" },
        ],
    })
}

/// Has a relay answer all at once, and looks at each word.
pub async fn replies(relay: &Forecourt, load: Load) -> anyhow::Result<Replies> {
    let pid = relay.pid().context("the relay runs")?;
    let mut talks = JoinSet::new();
    for _ in 0..load.conversations {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        talks.spawn(talk(visitor, load));
    }
    let (watch, cpu_before) = (Stopwatch::start(), cpu(pid)?);
    let mut all = Replies::default();
    while let Some(talked) = talks.join_next().await {
        let one = talked??;
        all.first.extend(one.first);
        all.frames.extend(one.frames);
        all.identical += one.identical;
        all.changed += one.changed;
    }
    let used = cpu(pid)?.saturating_sub(cpu_before);
    all.cores = used.as_secs_f64() / watch.elapsed().as_secs_f64();
    Ok(all)
}

/// One visitor's rounds.
async fn talk(mut visitor: Visitor, load: Load) -> anyhow::Result<Replies> {
    let mut seen = Replies::default();
    for round in 0..load.rounds {
        visitor.say(&format!("Question {round}?")).await?;
        let text = loop {
            match visitor.frame().await? {
                ServerMessage::Delta { offset, text, .. } => {
                    // A frame may begin within a word; the next stamp is its oldest.
                    let age = age(&text).ok();
                    seen.first.extend(age.filter(|_| offset == 0));
                    seen.frames.extend(age);
                }
                ServerMessage::Done { message, .. } => break message.text,
                _ => {}
            }
        };
        let is_identical = text == sent(&text, load.words);
        seen.identical += u64::from(is_identical);
        seen.changed += u64::from(!is_identical);
    }
    ensure!(seen.first.len() == load.rounds, "a reply without a first word");
    Ok(seen)
}

/// The same asked of the model's server itself, as much and as often.
async fn direct(url: &str, load: Load) -> anyhow::Result<Durations> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut talks = JoinSet::new();
    for _ in 0..load.conversations {
        let (client, url) = (client.clone(), format!("{url}/chat/completions"));
        talks.spawn(async move {
            let mut first = Durations::default();
            for _ in 0..load.rounds {
                first.push(first_word(&client, &url).await?);
            }
            anyhow::Ok(first)
        });
    }
    let mut waits = Durations::default();
    while let Some(talked) = talks.join_next().await {
        waits.extend(talked??);
    }
    Ok(waits)
}

/// How old the first word of an answer was; the others are read, too.
async fn first_word(client: &reqwest::Client, url: &str) -> anyhow::Result<Duration> {
    let body = json!({ "model": "mock", "stream": true, "messages": [] });
    let mut stream = client.post(url).json(&body).send().await?.bytes_stream();
    let mut first = None;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        if first.is_none() {
            first = age(&String::from_utf8_lossy(&chunk)).ok();
        }
    }
    first.context("the model's server said nothing")
}

/// How old the first stamp of a text is: `@` and nanoseconds, for example `@1795600800000000000 `.
fn age(text: &str) -> anyhow::Result<Duration> {
    let after = text.split('@').nth(1).context("a word without its stamp")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Ok(Duration::from_nanos(wall_ns().saturating_sub(digits.parse()?)))
}

/// What the model's server sends, byte for byte: the stamps are all that it did not know before.
fn sent(text: &str, words: usize) -> String {
    let stamps = text.split('@').skip(1).map(|word| word.split('#').next().unwrap_or_default());
    let mut sent = String::new();
    for (number, stamp) in stamps.chain(std::iter::repeat("missing")).take(words).enumerate() {
        sent.push_str(&stamped(stamp, number));
    }
    sent
}
