//! What the relay adds before the first word of a reply, beside a client that asks the model's
//! server itself.
//!
//! The model's server writes into each word the moment at which it left; whoever reads the first
//! word subtracts. Both run on one machine and so on one clock. With 200 conversations at once, each
//! reply 60 words at 30 a second, every text compared with what the server sent.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use protocol::ServerMessage;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    measure::{Durations, Figures, rounded, wall_ns},
    process::{Forecourt, MockProcess},
    visitor::Visitor,
};

/// How many conversations are answered at once.
const CONVERSATIONS: usize = 200;

/// How many words a reply has.
const WORDS: usize = 60;

/// How many words leave the model's server in a second.
const PACE: u32 = 30;

/// How often each asks.
const ROUNDS: usize = 5;

/// Measures and notes.
pub async fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let script = json!({
        "words_per_second": PACE,
        "acts": [
            { "act": "open" },
            { "act": "stamped", "count": WORDS },
            { "act": "stop" },
            { "act": "done" },
            { "act": "end_body" },
        ],
    });
    let model = MockProcess::start(&script, dir.path()).await?;
    let mut floor = direct(&model.url).await?;

    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.path().join("data"))?
        .with_llm(&model.url)
        .without_paces();
    relay.start().await?;
    let relay = Arc::new(relay);
    let mut talks = JoinSet::new();
    for _ in 0..CONVERSATIONS {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        talks.spawn(talk(visitor, Arc::clone(&relay)));
    }
    let mut added = Durations::default();
    while let Some(talked) = talks.join_next().await {
        added.extend(talked??);
    }
    ensure!(added.len() == CONVERSATIONS * ROUNDS, "every reply has a first word");
    figures.note("first_token_texts_identical", added.len());
    figures.note("first_token_ms_p50", rounded(added.per_mille_ms(500)));
    figures.note("first_token_ms_p99", rounded(added.per_mille_ms(990)));
    figures.note("first_token_floor_ms_p50", rounded(floor.per_mille_ms(500)));
    figures.note("first_token_floor_ms_p99", rounded(floor.per_mille_ms(990)));
    Ok(())
}

/// One visitor's rounds; fails if a text is not what the model's server sent.
async fn talk(mut visitor: Visitor, _relay: Arc<Forecourt>) -> anyhow::Result<Durations> {
    let mut waits = Durations::default();
    for round in 0..ROUNDS {
        visitor.say(&format!("Question {round}?")).await?;
        let text = loop {
            match visitor.frame().await? {
                ServerMessage::Delta { offset: 0, text, .. } => waits.push(age(&text)?),
                ServerMessage::Done { message, .. } => break message.text,
                _ => {}
            }
        };
        check(&text)?;
    }
    Ok(waits)
}

/// The same asked of the model's server itself.
async fn direct(url: &str) -> anyhow::Result<Durations> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut talks = JoinSet::new();
    for _ in 0..CONVERSATIONS {
        let (client, url) = (client.clone(), format!("{url}/chat/completions"));
        talks.spawn(async move {
            let body = json!({ "model": "mock", "stream": true, "messages": [] });
            let response = client.post(url).json(&body).send().await?;
            let mut stream = response.bytes_stream();
            while let Some(chunk) = stream.next().await {
                let text = String::from_utf8_lossy(&chunk?).into_owned();
                if text.contains('@') {
                    return age(&text);
                }
            }
            anyhow::bail!("the model's server said nothing")
        });
    }
    let mut waits = Durations::default();
    while let Some(talked) = talks.join_next().await {
        waits.push(talked??);
    }
    Ok(waits)
}

/// How old the first stamp of a text is: `@` and nanoseconds, for example `@1795600800000000000 `.
fn age(text: &str) -> anyhow::Result<Duration> {
    let after = text.split('@').nth(1).context("a word without its stamp")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Ok(Duration::from_nanos(wall_ns().saturating_sub(digits.parse()?)))
}

/// Whether a reply is, byte for byte, what the model's server sends: its stamps are all that the
/// server did not know before.
fn check(text: &str) -> anyhow::Result<()> {
    let stamps = text.split('@').skip(1).map(|word| word.split('#').next().unwrap_or_default());
    let sent: Vec<String> =
        stamps.enumerate().map(|(number, stamp)| format!("@{stamp}#{number} ")).collect();
    ensure!(
        text == sent.concat() && text.matches('@').count() == WORDS,
        "a text was changed on its way"
    );
    Ok(())
}
