//! T28: the clock on the wall is moved by an hour, by 400 days, by ten years, while the sweep
//! runs, while a provider is asked again, while sockets are open. Nothing that is younger than its
//! policy is deleted, nothing that has expired comes back, the order stays. The control sweeps by
//! whatever the wall says.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, ensure};
use protocol::{Message, server::Resumed};
use relay::{
    clock::{Clock, Timestamp},
    retention::{self, Outcome},
};
use tokio_util::sync::CancellationToken;

use super::{Findings, Tier, on_a_thread, tabs::differences};
use crate::{
    llm::{MockLlm, Script},
    relay::{TestRelay, llm},
    visitor::Visitor,
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What passes between two sweeps; three of them take less than a relay waits for a sign of life.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(20);
const _: () = assert!(3 * BETWEEN_SWEEPS.as_secs() < relay::limits::DEAD_AFTER.as_secs());

/// The steps, in hours.
const STEPS: [(&str, i64); 6] = [
    ("+1 h", 1),
    ("-1 h", -1),
    ("+2 h", 2),
    ("-1 d", -24),
    ("+400 d", 400 * 24),
    ("-10 y", -3_652 * 24),
];

/// Further steps for the longer tiers: what lies between and beyond.
const MORE_STEPS: [(&str, i64); 5] =
    [("+49 h", 49), ("-49 h", -49), ("+10 y", 3_652 * 24), ("-1 y", -8_760), ("+35 y", 306_800)];

/// A step that is no longer than this may be a time server's, and is followed.
const BELIEVED_HOURS: i64 = 1;

/// How many conversations lie there when the clock is moved.
const CONVERSATIONS: usize = 12;

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let mut steps = STEPS.to_vec();
    if tier != Tier::Pr {
        steps.extend(MORE_STEPS);
    }
    let mut seen = Seen::default();
    for (name, hours) in steps {
        let one = on_a_thread(move || stepped(hours)).await;
        seen.add(one.with_context(|| format!("with a clock moved by {name}"))?);
    }
    findings.note("conversations", seen.conversations);
    findings.exactly("younger_than_their_policy_deleted", seen.deleted_early, 0);
    findings.exactly("expired_and_shown_again", seen.resurrected, 0);
    findings.exactly("out_of_order_or_changed", seen.changed, 0);
    findings.exactly("sockets_lost", seen.sockets_lost, 0);
    findings.exactly("questions_unanswered", seen.unanswered, 0);
    findings.exactly("sweeps_that_did_not_go_on", seen.stuck, 0);
    findings.exactly("expired_and_left", seen.left, 0);
    findings.exactly("large_steps_that_were_not_doubted", seen.not_doubted, 0);
    findings.exactly("written_ahead_of_time_and_kept_longer", seen.kept_longer, 0);
    findings.note("answers_refused_in_the_moment_of_the_step", seen.refused);
    let (halted, at_once) = on_a_thread(over_a_restart).await?;
    findings.hold(halted, || "after a restart with a jumped clock it swept".to_owned());
    findings.hold(at_once, || "after a long downtime it did not sweep before serving".to_owned());
    let control = on_a_thread(unguarded).await?;
    findings.note("control_deleted_early", control);
    findings.control("sweeps by whatever the wall says", 0 < control);
    Ok(())
}

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    conversations: u64,
    deleted_early: u64,
    resurrected: u64,
    changed: u64,
    sockets_lost: u64,
    unanswered: u64,
    stuck: u64,
    left: u64,
    not_doubted: u64,
    kept_longer: u64,
    refused: u64,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.deleted_early += other.deleted_early;
        self.resurrected += other.resurrected;
        self.changed += other.changed;
        self.sockets_lost += other.sockets_lost;
        self.unanswered += other.unanswered;
        self.stuck += other.stuck;
        self.left += other.left;
        self.not_doubted += other.not_doubted;
        self.kept_longer += other.kept_longer;
        self.refused += other.refused;
    }
}

/// A relay with conversations of all ages, and who holds them.
struct World {
    relay: TestRelay,
    model: MockLlm,
    visitors: Vec<(Visitor, BTreeMap<u64, Message>)>,
    /// One whose conversation has expired and is not swept yet.
    expired: Visitor,
}

impl World {
    /// The oldest conversation ends half an hour from now.
    async fn new() -> anyhow::Result<Self> {
        let model = MockLlm::start().await?;
        model.usually(Script::says("Twelve months."));
        let relay = TestRelay::with_llm(llm(&model)).await?;
        let mut expired = relay.visitor().await?;
        expired.ask("Question?").await?;
        expired.cut();
        relay.advance(HOUR);
        let mut visitors = Vec::new();
        let nearly_a_year = DAY * 364 + HOUR * 47 / 2;
        for number in 0..CONVERSATIONS {
            let mut visitor = relay.visitor().await?;
            visitor.ask("Question?").await?;
            visitor.cut();
            let messages = visitor.messages.clone();
            visitors.push((visitor, messages));
            if number == 0 {
                // Most of a year at once, so that the first end is near and the others are not.
                sweep(&relay).await?;
                relay.advance(nearly_a_year);
            } else {
                relay.advance(HOUR / 60);
            }
        }
        Ok(Self { relay, model, visitors, expired })
    }

    /// Moves the wall by so many hours.
    fn step(&self, hours: i64) {
        let millis = hours * 3_600_000;
        let moved = Timestamp::from_millis(self.relay.clock.now().millis() + millis);
        self.relay.clock.step(moved);
    }

    /// How many of the conversations are no longer there, and how many are not as they were.
    async fn missing(&mut self) -> anyhow::Result<(u64, u64)> {
        let (mut missing, mut changed) = (0, 0);
        for (visitor, before) in &mut self.visitors {
            visitor.messages.clear();
            visitor.connect(self.relay.address(), self.relay.origin()).await?;
            let token = visitor.token.clone();
            let resumed = visitor.hello().await?;
            visitor.cut();
            visitor.token = token;
            if resumed == Resumed::New {
                missing += 1;
            } else {
                changed += u64::from(0 < differences(before, &visitor.messages));
            }
        }
        Ok((missing, changed))
    }
}

async fn sweep(relay: &TestRelay) -> anyhow::Result<Outcome> {
    Ok(retention::sweep(relay.store(), &CancellationToken::new()).await?)
}

/// One step, there and back, with everything that goes on meanwhile.
async fn stepped(hours: i64) -> anyhow::Result<Seen> {
    let mut world = World::new().await?;
    let mut seen = Seen { conversations: CONVERSATIONS as u64, ..Seen::default() };
    let mut open = world.relay.visitor().await?;
    let is_shown_again = |resumed| u64::from(resumed != Resumed::New);
    // Before any sweep has made it physically true.
    world.step(hours);
    seen.resurrected += is_shown_again(look(&mut world.expired, &world.relay).await?);

    world.step(-hours);

    // In the middle of a sweep, and in the middle of another try at a provider.
    world.model.script(Script::busy(503, "0"));
    let (swept, asked) = tokio::join!(sweep(&world.relay), async {
        open.say("Question?").await?;
        world.step(hours);
        // A conversation that has expired by the wall takes no answer; that is said at once.
        while !open.messages.contains_key(&2) && open.failures.is_empty() {
            open.frame().await?;
        }
        anyhow::Ok(open.failures.len() as u64)
    });
    swept?;
    seen.sockets_lost += u64::from(asked.is_err());
    seen.refused += asked.unwrap_or_default();
    for _ in 0..3 {
        sweep(&world.relay).await?;
        // So little that the socket, which says nothing meanwhile, is not given up as dead.
        world.relay.advance(BETWEEN_SWEEPS);
    }
    let is_doubted = world.relay.store().clock_doubt().is_some();
    seen.not_doubted += u64::from(BELIEVED_HOURS < hours.abs() && !is_doubted);
    seen.resurrected += is_shown_again(look(&mut world.expired, &world.relay).await?);

    // Who comes while the clock is wrong is answered, and is there when it is right again.
    let mut newcomer = world.relay.visitor().await?;
    seen.unanswered += u64::from(newcomer.ask("Question?").await.is_err());
    newcomer.cut();
    let messages = newcomer.messages.clone();
    seen.changed += u64::from(!is_in_order(&messages));
    world.visitors.push((newcomer, messages));

    world.step(-hours);
    seen.stuck += u64::from(!matches!(sweep(&world.relay).await?, Outcome::Swept(_)));
    let (missing, changed) = world.missing().await?;
    seen.deleted_early += missing;
    seen.changed += changed;
    seen.sockets_lost += u64::from(open.ask("Question?").await.is_err());

    // What is really past its end still goes.
    world.relay.advance(DAY * 400);
    sweep(&world.relay).await?;
    seen.left += retention::due(world.relay.store(), world.relay.clock.now()).await?.len() as u64;
    let (missing, _) = world.missing().await?;
    let left = world.visitors.len() as u64 - missing;
    // Also what was written while the clock was ahead: its end has been set right since.
    if 0 < hours {
        seen.kept_longer += left;
    } else {
        seen.left += left;
    }
    Ok(seen)
}

/// Comes back with what it has.
async fn look(visitor: &mut Visitor, relay: &TestRelay) -> anyhow::Result<Resumed> {
    let (token, epoch) = (visitor.token.clone(), visitor.epoch.clone());
    visitor.connect(relay.address(), relay.origin()).await?;
    let resumed = visitor.hello().await?;
    visitor.cut();
    (visitor.token, visitor.epoch) = (token, epoch);
    Ok(resumed)
}

fn is_in_order(messages: &BTreeMap<u64, Message>) -> bool {
    let gapless = messages.keys().copied().eq(1..=messages.len() as u64);
    let by_time = messages.values().zip(messages.values().skip(1));
    gapless && by_time.into_iter().all(|(before, after)| before.at <= after.at)
}

/// Whether a relay that starts with a jumped clock halts, and one that was down for long does not.
async fn over_a_restart() -> anyhow::Result<(bool, bool)> {
    let mut world = World::new().await?;
    world.relay.stop().await?;
    world.relay.clock.reboot();
    world.step(400 * 24);
    world.relay.restart().await?;
    let halted = world.relay.store().clock_doubt().is_some();
    world.step(-400 * 24);
    sweep(&world.relay).await?;
    ensure!(world.missing().await? == (0, 0), "a start with a jumped clock deleted something");
    world.relay.stop().await?;
    world.relay.advance(DAY * 400);
    world.relay.restart().await?;
    let due = retention::due(world.relay.store(), world.relay.clock.now()).await?;
    Ok((halted, due.is_empty() && world.relay.store().clock_doubt().is_none()))
}

/// What a sweep without a guard deletes too early.
async fn unguarded() -> anyhow::Result<u64> {
    let mut world = World::new().await?;
    world.step(400 * 24);
    retention::sweep_once(world.relay.store(), world.relay.clock.now()).await?;
    world.step(-400 * 24);
    Ok(world.missing().await?.0)
}
