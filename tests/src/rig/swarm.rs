//! Visitors who talk without a pause, come back when they are cut off, and keep a ledger.
//!
//! [`Swarm`] lives in the rig's own process: two dozen who talk. [`Crowd`] is a process of its own
//! with up to ten thousand, most of them silent, who do as they are told.

mod crowd;
pub mod host;
pub mod plan;
mod visit;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use protocol::{ClientMsgId, FailureCode, SiteKey, limits::MAX_MESSAGES};
use tokio::task::JoinSet;

pub use crowd::Crowd;

use crate::{
    measure::Stopwatch,
    process::Forecourt,
    rig::ledger::{Ledger, Verdict, mark},
    visitor::{Visitor, fresh_id},
};

/// How long a visitor waits before it knocks again: a rig has no manners, but no busy loop either.
const KNOCK: Duration = Duration::from_millis(20);

/// How long nothing may be acknowledged: longer than any disturbance that a test of the rig makes.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many messages of a conversation are left unused, so that no visitor meets its end.
const MARGIN: u64 = 20;

/// What each asks, again and again, with a mark of its id.
const QUESTION: &str = "How long is the warranty?";

/// How a swarm ends whose relay has lost a whole conversation.
pub const NOT_FOUND_AGAIN: &str = "a conversation with acknowledged words was not found again";

/// One conversation: who held it, and what it was promised.
pub type Talk = (Visitor, Ledger);

/// Visitors at work.
pub struct Swarm {
    tasks: JoinSet<anyhow::Result<Vec<Talk>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Of each visitor.
    acknowledged: Vec<AtomicU64>,
    /// Of all of them, the ids.
    promised: Mutex<BTreeSet<ClientMsgId>>,
    /// A visitor broke down, or nobody is answered any more: whoever waits need not wait on.
    broken: AtomicBool,
}

impl Shared {
    fn acknowledged(&self) -> impl Iterator<Item = u64> {
        self.acknowledged.iter().map(|number| number.load(Ordering::Relaxed))
    }
}

impl Swarm {
    /// Sends so many visitors to a relay.
    pub fn send(n_visitors: usize, relay: &Arc<Forecourt>) -> Self {
        let acknowledged = (0..n_visitors).map(|_| AtomicU64::new(0)).collect();
        let shared = Arc::new(Shared { acknowledged, ..Shared::default() });
        let mut tasks = JoinSet::new();
        for number in 0..n_visitors {
            let (relay, shared) = (Arc::clone(relay), Arc::clone(&shared));
            tasks.spawn(async move {
                let done = work(&relay, &shared, &shared.acknowledged[number]).await;
                shared.broken.fetch_or(done.is_err(), Ordering::Relaxed);
                done
            });
        }
        Self { tasks, shared }
    }

    /// What has been acknowledged up to now, to any visitor.
    pub fn promised(&self) -> BTreeSet<ClientMsgId> {
        self.shared.promised.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many messages more have been acknowledged, or none will be: [`Self::settle`]
    /// tells that.
    pub async fn until_more(&self, n_messages: u64) {
        let goal = self.shared.acknowledged().sum::<u64>() + n_messages;
        self.until(|shared| goal <= shared.acknowledged().sum()).await;
    }

    /// Waits until each visitor has been acknowledged something more: what it had said before, too,
    /// then, as it says one thing at a time.
    pub async fn until_each_more(&self) {
        let known: Vec<u64> = self.shared.acknowledged().collect();
        self.until(|shared| shared.acknowledged().zip(&known).all(|(now, then)| *then < now)).await;
    }

    async fn until(&self, reached: impl Fn(&Shared) -> bool) {
        let shared = &*self.shared;
        let acknowledged = || shared.acknowledged().sum::<u64>();
        let (mut known, mut since) = (acknowledged(), Stopwatch::start());
        while !reached(shared) && !shared.broken.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(2)).await;
            if known != acknowledged() {
                (known, since) = (acknowledged(), Stopwatch::start());
            }
            shared.broken.fetch_or(PATIENCE < since.elapsed(), Ordering::Relaxed);
        }
    }

    /// Calls all visitors back, each with its conversations and what it was promised there.
    pub async fn end(mut self) -> anyhow::Result<Vec<Talk>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut talks = Vec::new();
        while let Some(joined) = self.tasks.join_next().await {
            talks.extend(joined.context("a visitor broke down")??);
        }
        ensure!(
            !self.shared.broken.load(Ordering::Relaxed),
            "nothing was acknowledged for {} s",
            PATIENCE.as_secs()
        );
        Ok(talks)
    }

    /// Calls all visitors back and compares what each was promised with what it is offered; answers
    /// all that was promised, too.
    pub async fn settle(
        self,
        relay: &Forecourt,
    ) -> anyhow::Result<(Verdict, BTreeSet<ClientMsgId>)> {
        let talks = self.end().await?;
        let promised = promised(&talks);
        Ok((compare_all(talks, relay).await?, promised))
    }
}

/// All that was acknowledged in these conversations.
pub fn promised(talks: &[Talk]) -> BTreeSet<ClientMsgId> {
    talks.iter().flat_map(|(_, ledger)| ledger.acknowledged.keys().cloned()).collect()
}

/// Lets all read anew, and compares what each was promised with what it is offered.
pub async fn compare_all(talks: Vec<Talk>, relay: &Forecourt) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    for (mut visitor, ledger) in talks {
        verdict.add(ledger.compare(&relay.read_anew(&mut visitor).await?));
        verdict.wrongs += visitor.wrongs.len() as u64;
    }
    Ok(verdict)
}

/// Talks until the swarm is called back: one conversation after the other, as each gets full.
async fn work(
    relay: &Forecourt,
    shared: &Shared,
    acknowledged: &AtomicU64,
) -> anyhow::Result<Vec<Talk>> {
    let mut talks = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let mut visitor = Forecourt::stranger()?;
        let mut ledger = Ledger::default();
        let mut pending = fresh_id();
        while !shared.stop.load(Ordering::Relaxed) && !is_full(&visitor) {
            let who = (&mut visitor, &mut ledger);
            talk(who, &mut pending, relay, shared, acknowledged).await?;
        }
        // A visitor whose first words were never acknowledged was promised nothing.
        if !ledger.acknowledged.is_empty() {
            talks.push((visitor, ledger));
        }
    }
    Ok(talks)
}

fn is_full(visitor: &Visitor) -> bool {
    MAX_MESSAGES <= visitor.messages.len() as u64 + MARGIN
}

/// Talks over one socket for as long as it holds.
async fn talk(
    (visitor, ledger): (&mut Visitor, &mut Ledger),
    pending: &mut ClientMsgId,
    relay: &Forecourt,
    shared: &Shared,
    acknowledged: &AtomicU64,
) -> anyhow::Result<()> {
    let before = visitor.token.clone();
    if relay.greet(visitor).await.is_err() {
        visitor.cut();
        tokio::time::sleep(KNOCK).await;
        return Ok(());
    }
    // What was acknowledged under a token is found again under that token.
    ensure!(before == visitor.token || ledger.acknowledged.is_empty(), "{NOT_FOUND_AGAIN}");
    while !shared.stop.load(Ordering::Relaxed) && !is_full(visitor) {
        // The same id on each try: a retry is no double.
        let text = format!("{QUESTION} {}", mark(pending));
        visitor.failures.clear();
        match visitor.say_as(pending.clone(), &text).await {
            Ok(seq) => {
                ledger.note(pending.clone(), seq);
                shared
                    .promised
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(pending.clone());
                acknowledged.fetch_add(1, Ordering::Relaxed);
                *pending = fresh_id();
            }
            Err(_) if is_asked_to_wait(visitor) => {
                tokio::time::sleep(KNOCK).await;
                continue;
            }
            Err(_) => break,
        }
        if visitor.settled().await.is_err() {
            break;
        }
    }
    visitor.cut();
    Ok(())
}

/// A visitor who has not connected yet.
fn newcomer(site: &str) -> anyhow::Result<Visitor> {
    Ok(Visitor::new(SiteKey::parse(site)?))
}

/// Whether what was said last was refused for now, over a socket that is as good as before.
fn is_asked_to_wait(visitor: &Visitor) -> bool {
    let waits = [FailureCode::SlowDown, FailureCode::StorageUnavailable];
    visitor.failures.last().is_some_and(|failure| waits.contains(&failure.code))
}
