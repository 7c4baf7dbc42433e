//! T22: a provider that is busy or down. At most 1.2 calls a turn and two retries, a breaker that
//! opens and then tries once, an answer for every visitor in time. The control never learns.

mod half_open;

use protocol::{Finish, Message};

use super::{
    Findings, Tier, on_a_thread,
    scene::{Scene, Setting},
};
use crate::{
    llm::Script,
    measure::{Durations, Stopwatch, count},
};

/// Within how many milliseconds a visitor must have an answer, whoever gives it.
const ANSWER_MS_MAX: f64 = 20_000.0;

/// How many calls a turn may cost on the average.
const CALLS_MAX: f64 = 1.2;

/// How many calls one turn may cost: one and two retries.
const CALLS_OF_A_TURN_MAX: f64 = 3.0;

/// What a provider does wrong, and at which turns of ten.
const TROUBLES: [(&str, u16, &str, u64); 5] = [
    ("always 503", 503, "0", 10),
    ("always 529", 529, "0", 10),
    ("429, come back in a minute", 429, "60", 10),
    ("429, every second turn", 429, "0", 5),
    ("500, three turns of ten", 500, "0", 3),
];

/// The one whose wish is heard: it is asked once, and then left alone for its minute.
const WAITS: &str = TROUBLES[2].0;

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_turns = tier.pick(20, 100, 400);
    let (mut turns, mut waits, mut unanswered) = (0, Durations::default(), 0);
    let (mut worst, mut most) = (0.0_f64, 0);
    for trouble in TROUBLES {
        let bad = trouble_with(Setting::right(&[]), trouble, n_turns).await?;
        findings.note(&format!("calls_a_turn {}", trouble.0), bad.calls_a_turn());
        worst = worst.max(bad.calls_a_turn());
        most = most.max(bad.most);
        turns += bad.turns;
        unanswered += bad.unanswered;
        waits.extend(bad.waits);
        findings
            .hold(bad.breaker || trouble.3 < 10, || format!("{}: no breaker opened", trouble.0));
        if trouble.0 == WAITS {
            findings.exactly("calls_of_one_that_asked_to_wait", bad.calls, 1);
        }
    }
    findings.note("turns", turns);
    findings.at_most("calls_a_turn_worst", worst, CALLS_MAX);
    findings.at_most("calls_of_one_turn_most", count(most), CALLS_OF_A_TURN_MAX);
    findings.exactly("turns_without_an_answer", unanswered, 0);
    findings.at_most("answer_ms_max", waits.per_mille_ms(1_000), ANSWER_MS_MAX);
    let (open, tries) = on_a_thread(half_open::half_open).await?;
    findings.exactly("calls_while_open", open, 0);
    findings.exactly("calls_that_try_when_half_open", tries, 1);

    let planted = Setting::right(&[]).planted("no-breaker");
    let control = trouble_with(planted, TROUBLES[0], n_turns / 4).await?;
    findings.note("control_calls_a_turn", control.calls_a_turn());
    findings.control("never learns", CALLS_MAX < control.calls_a_turn());
    Ok(())
}

/// What a provider in trouble led to.
#[derive(Default)]
struct Bad {
    turns: u64,
    calls: u64,
    /// Calls of the turn that cost most.
    most: u64,
    unanswered: u64,
    breaker: bool,
    waits: Durations,
}

impl Bad {
    fn calls_a_turn(&self) -> f64 {
        count(self.calls) / count(self.turns)
    }
}

/// Turns of one visitor after the other while the provider is in trouble.
async fn trouble_with(
    setting: Setting<'_>,
    (_, status, retry_after, bad_of_ten): (&str, u16, &str, u64),
    n_turns: u64,
) -> anyhow::Result<Bad> {
    let scene = Scene::start(setting).await?;
    let mut bad = Bad { turns: n_turns, ..Bad::default() };
    for turn in 0..n_turns {
        let fails = turn * bad_of_ten / 10 < (turn + 1) * bad_of_ten / 10;
        let trouble = || Script::busy(status, retry_after);
        scene.model.usually(if fails { trouble() } else { Script::default() });
        let mut visitor = scene.visitor().await?;
        let calls = scene.model.outcomes().len();
        let watch = Stopwatch::start();
        let answer = visitor.ask("How long is the warranty?").await?;
        bad.waits.push(watch.elapsed());
        bad.unanswered += u64::from(!is_an_answer(&answer));
        bad.most = bad.most.max((scene.model.outcomes().len() - calls) as u64);
    }
    bad.calls = scene.model.outcomes().len() as u64;
    bad.breaker = 0.0 < scene.metric("forecourt_provider_breaker_open").await?;
    Ok(bad)
}

fn is_an_answer(message: &Message) -> bool {
    message.finish == Some(Finish::Complete) && !message.text.is_empty()
}
