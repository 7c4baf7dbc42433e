//! T23: a provider that hangs, trickles, breaks off. What came is kept and marked as soon as the
//! time is up; nothing stays open, and a call ends when nobody listens any more. The control waits
//! for a minute.

use std::time::Duration;

use protocol::{ClientMessage, Finish};
use relay::llm::config::LlmConfig;

use super::{
    Findings, Tier,
    faulty::{Case, play},
    scene::{Scene, Setting},
};
use crate::{
    llm::{
        Act, Outcome, Script,
        faults::{End, hanging},
    },
    measure::Stopwatch,
};

/// The time for the first words; in real life 15 s.
const FIRST_TOKEN_MS: u64 = 1_500;

/// The time between words; in real life 20 s.
const IDLE_MS: u64 = 800;

/// The time for an answer; in real life two minutes.
const TOTAL_MS: u64 = 2_500;

/// How long an answer is written on for nobody; in real life 30 s.
const ABANDON_MS: u64 = 1_000;

/// How many faults of a round only a timeout ends.
const TIMED_FAULTS: u64 = 8;

/// How late an end may come after its time is up.
const LATE_MS_MAX: f64 = 1_000.0;

/// How much earlier than its time an end may seem to come.
const EARLY_MS_MAX: f64 = 50.0;

/// How long a visitor waits before an end counts as none.
const PATIENCE: Duration = Duration::from_secs(8);

const TIMES: [(&str, &str); 4] = [
    ("FORECOURT_LLM_FIRST_TOKEN_TIMEOUT_MS", "1500"),
    ("FORECOURT_LLM_IDLE_TIMEOUT_MS", "800"),
    ("FORECOURT_LLM_TOTAL_TIMEOUT_MS", "2500"),
    ("FORECOURT_LIMITS_ABANDON_AFTER_MS", "1000"),
];

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let setting = Setting::right(&TIMES);
    let mut faults = Vec::new();
    let rounds = tier.pick(1, 4, 12);
    for _ in 0..rounds {
        faults.extend(hanging());
        faults.push(("endless_trickle_of_words", drip(), End::Interrupted));
    }
    let played = play(faults, setting, PATIENCE).await?;
    findings.note("faults", played.cases.len());
    findings.exactly("answers_without_an_end", played.hanging(), 0);
    let problems = played.problems();
    findings.hold(problems.is_empty(), || problems.join("; "));
    let late = |case: &Case| case.took.as_secs_f64() * 1_000.0 - due_ms(case.name);
    let latest = played.cases.iter().map(late).fold(0.0, f64::max);
    findings.fast("end_late_ms_max", latest, LATE_MS_MAX);
    let timeouts: Vec<&Case> =
        played.cases.iter().filter(|case| timeout_ms(case.name).is_some()).collect();
    findings.exactly("timeouts_judged", timeouts.len() as u64, TIMED_FAULTS * rounds);
    let earliest = timeouts.into_iter().map(late).fold(f64::INFINITY, f64::min);
    findings.at_least("timeout_late_ms_min", earliest, -EARLY_MS_MAX);
    usual_times(findings);
    findings.exactly("calls_left_open", played.open_calls as u64, 0);
    findings.at_most("replies_left_open", played.open_replies, 0.0);
    findings.at_most("panics", played.panics, 0.0);

    let leaving = cancelled(TurnAway::Leaves, setting).await?;
    findings.fast("cancel_late_ms_after_leaving", leaving - ms(ABANDON_MS), LATE_MS_MAX);
    let stopping = cancelled(TurnAway::Stops, setting).await?;
    findings.fast("cancel_late_ms_after_stop", stopping, LATE_MS_MAX);

    let slow = [("FORECOURT_LLM_IDLE_TIMEOUT_MS", "60000")];
    let name = "hang_in_the_middle";
    let hang = hanging().into_iter().filter(|(fault, ..)| *fault == name).collect();
    let control = play(hang, Setting::right(&slow), Duration::from_secs(3)).await?;
    findings.control("waits for a minute", control.hanging() == 1);
    Ok(())
}

/// What holds where the operator says nothing.
fn usual_times(findings: &mut Findings) {
    let usual = LlmConfig::default();
    findings.exactly("usual_first_token_ms", usual.first_token_timeout_ms, 15_000);
    findings.exactly("usual_idle_ms", usual.idle_timeout_ms, 20_000);
    findings.exactly("usual_total_ms", usual.total_timeout_ms, 120_000);
}

fn ms(millis: u64) -> f64 {
    crate::measure::count(millis)
}

/// When a fault's end is due: those that break off by themselves need no time.
fn due_ms(name: &str) -> f64 {
    match name {
        // Two retries with at most 250 ms and 500 ms between.
        "close_at_once" | "reset_at_once" => 750.0,
        _ => ms(timeout_ms(name).unwrap_or(0)),
    }
}

/// The time that ends it, if one does.
fn timeout_ms(name: &str) -> Option<u64> {
    match name {
        "hang_at_once"
        | "hang_before_first_word"
        | "trickle_before_first_word"
        | "flood_of_nothing_before_first_word" => Some(FIRST_TOKEN_MS),
        "hang_in_the_middle" | "trickle_in_the_middle" | "flood_of_nothing_in_the_middle" => {
            Some(IDLE_MS)
        }
        "endless_trickle_of_words" => Some(TOTAL_MS),
        _ => None,
    }
}

/// A word now and then, for ever: only the time for the whole answer ends it.
fn drip() -> Script {
    let word = [Act::Say { text: "drip ".into() }, Act::Sleep { ms: 50 }];
    Script::acts([vec![Act::Open], std::iter::repeat_n(word, 400).flatten().collect()].concat())
}

/// How a visitor turns away from an answer.
#[derive(Clone, Copy)]
enum TurnAway {
    Leaves,
    Stops,
}

/// How long the provider goes on after a visitor has turned away, in milliseconds. What stood is
/// kept and marked.
async fn cancelled(how: TurnAway, setting: Setting<'_>) -> anyhow::Result<f64> {
    // The provider may hang as long as it likes: the visitor decides.
    let is_patience = |(name, _): &&(&str, &str)| !name.contains("_LLM_");
    let variables: Vec<_> = setting.variables.iter().filter(is_patience).copied().collect();
    let scene = Scene::start(Setting { variables: &variables, ..setting }).await?;
    let half = Act::Say { text: "Half an ".into() };
    scene.model.usually(Script::acts([Act::Open, half, Act::Hang]));
    let mut visitor = scene.visitor().await?;
    visitor.say("How long is the warranty?").await?;
    visitor.hear_chars(5).await?;
    let watch = Stopwatch::start();
    match how {
        TurnAway::Leaves => visitor.cut(),
        TurnAway::Stops => visitor.send(&ClientMessage::Stop { reply_id: None }).await?,
    }
    let left = |outcomes: &[crate::llm::Recorded]| outcomes[0].outcome == Outcome::Cancelled;
    scene.model.wait("the provider sees that nobody listens", left).await;
    let waited = watch.elapsed().as_secs_f64() * 1_000.0;
    visitor.cut();
    visitor.messages.clear();
    visitor.live = None;
    scene.relay.greet(&mut visitor).await?;
    while visitor.messages.len() < 2 {
        visitor.frame().await?;
    }
    let kept = visitor.messages.values().last();
    let is_marked = kept.is_some_and(|message| {
        message.finish == Some(Finish::Interrupted) && message.text == "Half an "
    });
    anyhow::ensure!(is_marked, "what stood when the visitor turned away is not kept");
    Ok(waited)
}
