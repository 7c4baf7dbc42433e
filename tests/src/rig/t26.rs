//! T26: the network is cut at any byte while answers are written, sometimes for both tabs of a
//! conversation at once. Every tab ends with what the database has, byte by byte, each word came
//! once, and the model was asked once a turn. The control resumes one character too far.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::Context;
use protocol::{AuthorKind, Message};
use relay::random::{self, SeededRandom};
use tokio::task::JoinSet;

use super::{
    Findings, Tier,
    tabs::{Tab, Wish, database, differences, n_broken, on_disk},
};
use crate::{
    chaos::{Blow, ChaosProxy, Plan, Way},
    llm::{Act, MockLlm, Script},
    measure::{Durations, count},
    process::Forecourt,
    visitor::fresh_id,
};

/// How many conversations go on at once, each in two tabs.
const PAIRS: u64 = 12;

/// How many words an answer has; each says its number and when it left, so no two are alike.
const WORDS: usize = 80;

/// How fast they come: an answer takes about half a second, long enough to be cut several times.
const WORDS_PER_SECOND: u32 = 300;

/// Cuts of the way down fall within so many bytes: from the first byte of the handshake to behind
/// the last of an answer.
const DOWN_BYTES: u64 = 12_000;

/// Cuts of the way up fall within so many bytes: the handshake, `hello`, `say`.
const UP_BYTES: u64 = 900;

/// How late in an answer both tabs are cut at once, in milliseconds, at the most.
const SPREAD_MS: u64 = 400;

/// How soon after a reconnect the conversation must be there again.
const RESUME_MS_MAX: f64 = 500.0;

/// How many cuts the control gets.
const CONTROL_CUTS: u64 = 20;

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let mut outcome = cuts("FORECOURT_BIN", None, tier.pick(200, 1_000, 5_000)).await?;
    findings.at_least("cuts", count(outcome.cuts), 200.0);
    let mid_reply = tier.pick(20.0, 200.0, 1_000.0);
    findings.at_least("cuts_in_mid_reply", count(outcome.mid_reply), mid_reply);
    findings.note("turns", outcome.turns);
    findings.note("both_tabs_at_once", outcome.at_once);
    findings.exactly("differences_from_the_database", outcome.differences, 0);
    findings.exactly("words_missing_or_doubled", outcome.wrong_words, 0);
    findings.exactly("chars_repeated", outcome.repeated_chars, 0);
    findings.exactly("frames_no_widget_could_show", outcome.wrongs, 0);
    findings.exactly("resumed_incomplete", outcome.incomplete, 0);
    findings.exactly("waits_in_vain", outcome.silences, 0);
    findings.exactly("refusals", outcome.refusals, 0);
    findings.exactly("answers_broken_off", outcome.broken, 0);
    findings.exactly("model_calls_beyond_turns", outcome.calls.abs_diff(outcome.turns), 0);
    findings.note("resumes", outcome.resumes.len());
    findings.fast("resume_ms_p99", outcome.resumes.per_mille_ms(990), RESUME_MS_MAX);

    let control = Some("resume-off-by-one");
    let control = cuts("FORECOURT_PLANTED_BIN", control, CONTROL_CUTS).await?;
    findings.note("control_wrongs", control.wrongs);
    findings.control("resumes one character too far", 0 < control.wrongs);
    Ok(())
}

/// What was found.
#[derive(Default)]
struct Outcome {
    cuts: u64,
    mid_reply: u64,
    at_once: u64,
    turns: u64,
    calls: u64,
    differences: u64,
    wrong_words: u64,
    repeated_chars: u64,
    wrongs: u64,
    incomplete: u64,
    silences: u64,
    refusals: u64,
    broken: u64,
    resumes: Durations,
}

/// What the pairs share.
struct World {
    relay: Forecourt,
    cuts: AtomicU64,
    goal: u64,
}

/// One conversation in two tabs, and what it went through.
struct Pair {
    proxy: ChaosProxy,
    tabs: [Tab; 2],
    turns: u64,
    /// Cuts that were not planned, and how many of these fell for both tabs at once.
    by_hand: u64,
    at_once: u64,
}

impl Pair {
    fn n_cuts(&self) -> u64 {
        self.proxy.look().struck + self.by_hand
    }
}

/// Talks until so many cuts have fallen, and compares what each tab has with the database.
async fn cuts(binary: &str, planted: Option<&str>, goal: u64) -> anyhow::Result<Outcome> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let model = MockLlm::start().await?;
    model.usually(answer());
    let mut relay = Forecourt::named(binary, &data)?.with_llm(&model.base_url("")).without_paces();
    if let Some(planted) = planted {
        relay = relay.set("FORECOURT_PLANTED", planted);
    }
    relay.start().await?;
    let world = Arc::new(World { relay, cuts: AtomicU64::new(0), goal });
    let mut tasks = JoinSet::new();
    for number in 0..PAIRS {
        tasks.spawn(talk(Arc::clone(&world), number));
    }
    let mut outcome = Outcome::default();
    let store = database(&data).await?;
    while let Some(pair) = tasks.join_next().await {
        let pair = pair.context("a visitor broke down")??;
        let token = pair.tabs[0].visitor.token.clone();
        let kept = on_disk(&store, token.as_ref()).await?;
        outcome.cuts += pair.n_cuts();
        outcome.at_once += pair.at_once;
        outcome.turns += pair.turns;
        outcome.broken += n_broken(&kept);
        outcome.wrong_words +=
            kept.values().filter(|message| !counts_through(message)).count() as u64;
        for tab in [fresh(&pair, &world).await?].into_iter().chain(pair.tabs) {
            outcome.differences += differences(&kept, &tab.visitor.messages);
            outcome.repeated_chars += tab.visitor.repeated_chars;
            outcome.wrongs += tab.visitor.wrongs.len() as u64;
            outcome.incomplete += tab.incomplete;
            outcome.mid_reply += tab.mid_reply;
            outcome.silences += tab.silences;
            outcome.refusals += tab.visitor.failures.len() as u64;
            outcome.resumes.extend(tab.resumes);
        }
    }
    outcome.calls = model.requests().len() as u64;
    store.close().await;
    Ok(outcome)
}

/// An answer that no other is like.
fn answer() -> Script {
    let stop = Act::Stop { reason: String::new() };
    let words = Act::Stamped { count: WORDS, late_ms: 0, changed: false };
    let acts = [Act::Open, words, stop, Act::Done, Act::EndBody];
    Script { words_per_second: WORDS_PER_SECOND, ..Script::acts(acts) }
}

/// Whether an answer has each of its words once, in order. A question has none.
fn counts_through(message: &Message) -> bool {
    let numbers = message.text.split_whitespace().filter_map(|word| word.rsplit_once('#'));
    let digits =
        |(_, rest): (_, &str)| rest.trim_end_matches(|c: char| !c.is_ascii_digit()).parse();
    let numbers: Vec<usize> = numbers.filter_map(|number| digits(number).ok()).collect();
    message.author_kind != AuthorKind::Ai || numbers == (0..WORDS).collect::<Vec<_>>()
}

/// A third tab without a proxy, which has nothing but the token.
async fn fresh(pair: &Pair, world: &World) -> anyhow::Result<Tab> {
    let mut tab = pair.tabs[0].beside(world.relay.address())?;
    tab.until(Wish { says: None, n_messages: pair.tabs[0].visitor.messages.len() }).await?;
    tab.cut();
    Ok(tab)
}

/// One conversation: each asks in its turn, both want every answer.
async fn talk(world: Arc<World>, number: u64) -> anyhow::Result<Pair> {
    let random = SeededRandom::new(number);
    let proxy = ChaosProxy::start(world.relay.address(), number).await?;
    plan(&proxy, &random, 200);
    let mut first = Tab::new(proxy.address(), &world.relay)?;
    first
        .until(Wish { says: Some((fresh_id(), "What is in stock?".to_owned())), n_messages: 2 })
        .await?;
    let second = first.beside(proxy.address())?;
    let mut pair = Pair { proxy, tabs: [first, second], turns: 1, by_hand: 0, at_once: 0 };
    while world.cuts.load(Ordering::Relaxed) < world.goal {
        let before = pair.n_cuts();
        turn(&mut pair, &random).await?;
        world.cuts.fetch_add(pair.n_cuts() - before, Ordering::Relaxed);
    }
    pair.tabs.iter_mut().for_each(Tab::cut);
    Ok(pair)
}

/// One question and its answer, in both tabs.
async fn turn(pair: &mut Pair, random: &SeededRandom) -> anyhow::Result<()> {
    plan(&pair.proxy, random, 8);
    pair.turns += 1;
    let n_messages = usize::try_from(2 * pair.turns)?;
    let says = Some((fresh_id(), format!("Question {}?", pair.turns)));
    let [one, other] = &mut pair.tabs;
    let (asking, listening) =
        if pair.turns.is_multiple_of(2) { (one, other) } else { (other, one) };
    let both = async {
        if random::below(random, 3) > 0 {
            return 0;
        }
        let wait_ms = random::below(random, SPREAD_MS);
        tokio::time::sleep(std::time::Duration::from_millis(wait_ms)).await;
        pair.proxy.now(if wait_ms.is_multiple_of(2) { Blow::Reset } else { Blow::Cut })
    };
    let (asked, heard, by_hand) = tokio::join!(
        asking.until(Wish { says, n_messages }),
        listening.until(Wish { says: None, n_messages }),
        both,
    );
    asked?;
    heard?;
    pair.by_hand += by_hand;
    pair.at_once += u64::from(1 < by_hand);
    Ok(())
}

/// Plans the next connections: most are cut somewhere, some only sliced.
fn plan(proxy: &ChaosProxy, random: &SeededRandom, n_connections: u64) {
    for _ in 0..n_connections {
        let plan = match random::below(random, 10) {
            0..=2 => Plan::blow(Blow::Reset, Way::Down, 1, DOWN_BYTES),
            3..=5 => Plan::blow(Blow::Cut, Way::Down, 1, DOWN_BYTES),
            6 => Plan::blow(Blow::HalfClose(Way::Down), Way::Down, 1, DOWN_BYTES),
            7 => Plan::blow(Blow::HalfClose(Way::Up), Way::Up, 1, UP_BYTES),
            8 => Plan::blow(Blow::Reset, Way::Up, 1, UP_BYTES),
            _ => Plan::default(),
        };
        proxy.next(plan.sliced(random::below(random, 2) * 100));
    }
}
