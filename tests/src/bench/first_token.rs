//! What the relay adds before the first word of a reply, beside a client that asks the model's
//! server itself: on the way there, until the question is at the model's server, and on the way
//! back.
//!
//! The model's server notes when each question came, and writes into each word the moment at which
//! it left; whoever asks notes when, and whoever reads the first word subtracts. All run on one
//! machine and so on one clock. With 50 conversations at once, each reply 60 words at 30 a second,
//! every text compared with what the server noted that it sent. The fault rig measures the same
//! with more words, and judges (T03).

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use protocol::ServerMessage;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    llm::control::Told,
    measure::{Durations, Figures, Stopwatch, cpu, rounded, wall_ns},
    process::{Forecourt, MockProcess},
    rig::ledger::{mark, marked},
    visitor::{Visitor, fresh_id},
};

/// How many words leave the model's server in a second.
const PACE: u32 = 30;

/// What the relay may add before the first word, in ms: half of them, 99 of 100.
const ADDED_MS_P50: f64 = 0.4;
const ADDED_MS_P99: f64 = 3.0;

/// What it may add on the way there, in ms: it keeps the question on the disk, reads the turns before
/// it and finds passages before it calls. See T03 for the sum.
const ASK_ADDED_MS_P50: f64 = 10.0;
const ASK_ADDED_MS_P99: f64 = 40.0;

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
    /// From each question until it was at the model's server.
    pub asks: Durations,
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

/// One question, with a mark that no other has.
struct Asked {
    mark: String,
    sent_ns: u64,
    /// The whole answer.
    text: String,
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
    let mut replies = replies(&relay, &model.url, load).await?;
    ensure!(replies.changed == 0, "a text was changed on its way");
    figures.note("first_token_texts_identical", replies.identical);
    for (name, share, budget) in [("p50", 500, ADDED_MS_P50), ("p99", 990, ADDED_MS_P99)] {
        let (all, bare) = (replies.first.per_mille_ms(share), floor.first.per_mille_ms(share));
        figures.note(&format!("first_token_ms_{name}"), rounded(all));
        figures.note(&format!("first_token_floor_ms_{name}"), rounded(bare));
        figures.against(&format!("first_token_added_ms_{name}"), all - bare, budget);
    }
    for (name, share, budget) in [("p50", 500, ASK_ADDED_MS_P50), ("p99", 990, ASK_ADDED_MS_P99)] {
        let (all, bare) = (replies.asks.per_mille_ms(share), floor.asks.per_mille_ms(share));
        figures.note(&format!("ask_ms_{name}"), rounded(all));
        figures.note(&format!("ask_floor_ms_{name}"), rounded(bare));
        figures.against(&format!("ask_added_ms_{name}"), all - bare, budget);
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

/// Has a relay answer all at once, and looks at each word; `model_url` is where the model's server
/// is, whatever stands between it and the relay.
pub async fn replies(relay: &Forecourt, model_url: &str, load: Load) -> anyhow::Result<Replies> {
    let pid = relay.pid().context("the relay runs")?;
    let mut talks = JoinSet::new();
    for _ in 0..load.conversations {
        let mut visitor = Forecourt::stranger()?;
        relay.greet(&mut visitor).await?;
        talks.spawn(talk(visitor, load));
    }
    let (watch, cpu_before) = (Stopwatch::start(), cpu(pid)?);
    let (mut all, mut asked) = (Replies::default(), Vec::new());
    while let Some(talked) = talks.join_next().await {
        let (one, its) = talked??;
        all.first.extend(one.first);
        all.frames.extend(one.frames);
        asked.extend(its);
    }
    let used = cpu(pid)?.saturating_sub(cpu_before);
    all.cores = used.as_secs_f64() / watch.elapsed().as_secs_f64();
    all.compare(&asked, &told(model_url).await?)?;
    Ok(all)
}

impl Replies {
    /// Holds what was asked and heard against what the model's server noted.
    fn compare(&mut self, asked: &[Asked], told: &BTreeMap<String, Told>) -> anyhow::Result<()> {
        for Asked { mark, sent_ns, text } in asked {
            let told = told.get(mark).context("a question that the model never heard")?;
            self.asks.push(Duration::from_nanos(told.arrived_ns.saturating_sub(*sent_ns)));
            let is_identical = !text.is_empty() && *text == told.stamped;
            self.identical += u64::from(is_identical);
            self.changed += u64::from(!is_identical);
        }
        Ok(())
    }
}

/// What the model's server was asked first under each mark.
async fn told(model_url: &str) -> anyhow::Result<BTreeMap<String, Told>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = model_url.trim_end_matches("/v1").to_owned() + "/__told";
    let all: Vec<Told> = client.get(url).send().await?.error_for_status()?.json().await?;
    let mut by_mark = BTreeMap::new();
    for told in all {
        if let Some(mark) = marked(&told.call) {
            by_mark.entry(mark.to_owned()).or_insert(told);
        }
    }
    Ok(by_mark)
}

/// One visitor's rounds.
async fn talk(mut visitor: Visitor, load: Load) -> anyhow::Result<(Replies, Vec<Asked>)> {
    let (mut seen, mut asked) = (Replies::default(), Vec::new());
    for round in 0..load.rounds {
        let id = fresh_id();
        let (mark, sent_ns) = (mark(&id), wall_ns());
        visitor.say_as(id, &format!("Question {round}? {mark}")).await?;
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
        asked.push(Asked { mark, sent_ns, text });
    }
    ensure!(seen.first.len() == load.rounds, "a reply without a first word");
    Ok((seen, asked))
}

/// The same asked of the model's server itself, as much and as often: what the machine takes by
/// itself while all ask at once.
pub async fn direct(model_url: &str, load: Load) -> anyhow::Result<Replies> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut talks = JoinSet::new();
    for _ in 0..load.conversations {
        let (client, url) = (client.clone(), format!("{model_url}/chat/completions"));
        talks.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..load.rounds {
                let (mark, sent_ns) = (mark(&fresh_id()), wall_ns());
                seen.push((first_word(&client, &url, &mark).await?, mark, sent_ns));
            }
            anyhow::Ok(seen)
        });
    }
    let (mut all, mut asked) = (Replies::default(), Vec::new());
    while let Some(talked) = talks.join_next().await {
        for (first, mark, sent_ns) in talked?? {
            all.first.push(first);
            asked.push((mark, sent_ns));
        }
    }
    let told = told(model_url).await?;
    for (mark, sent_ns) in asked {
        let arrived_ns = told.get(&mark).context("a question got lost")?.arrived_ns;
        all.asks.push(Duration::from_nanos(arrived_ns.saturating_sub(sent_ns)));
    }
    Ok(all)
}

/// How old the first word of an answer was; the others are read, too.
async fn first_word(
    client: &reqwest::Client,
    url: &str,
    question: &str,
) -> anyhow::Result<Duration> {
    let messages = json!([{ "role": "user", "content": question }]);
    let body = json!({ "model": "mock", "stream": true, "messages": messages });
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
