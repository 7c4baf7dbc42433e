//! Visitors who talk without a pause, come back when they are cut off, and keep a ledger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use protocol::{FailureCode, limits::MAX_MESSAGES};
use tokio::task::JoinSet;

use crate::{
    process::Forecourt,
    rig::ledger::{Ledger, Verdict},
    visitor::{Visitor, fresh_id},
};

/// How long a visitor waits before it knocks again: a rig has no manners, but no busy loop either.
const KNOCK: Duration = Duration::from_millis(20);

/// How many messages of a conversation are left unused, so that no visitor meets its end.
const MARGIN: u64 = 20;

/// Visitors at work.
pub struct Swarm {
    tasks: JoinSet<(Visitor, Ledger)>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
}

impl Swarm {
    /// Sends so many visitors to a relay.
    pub fn send(n_visitors: usize, relay: &Arc<Forecourt>) -> anyhow::Result<Self> {
        let (stop, acknowledged) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let mut tasks = JoinSet::new();
        for _ in 0..n_visitors {
            let visitor = Forecourt::stranger()?;
            let (relay, stop) = (Arc::clone(relay), Arc::clone(&stop));
            tasks.spawn(talk(visitor, relay, stop, Arc::clone(&acknowledged)));
        }
        Ok(Self { tasks, stop, acknowledged })
    }

    /// Waits until so many messages more have been acknowledged.
    pub async fn until_more(&self, n_messages: u64) {
        let goal = self.acknowledged.load(Ordering::Relaxed) + n_messages;
        while self.acknowledged.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Calls all visitors back and compares what each was promised with what it is offered.
    pub async fn settle(mut self, relay: &Forecourt) -> anyhow::Result<Verdict> {
        self.stop.store(true, Ordering::Relaxed);
        let mut verdict = Verdict::default();
        while let Some(joined) = self.tasks.join_next().await {
            let (mut visitor, ledger) = joined.context("a visitor broke down")?;
            if visitor.token.is_none() {
                continue;
            }
            visitor.cut();
            visitor.messages.clear();
            visitor.live = None;
            relay.greet(&mut visitor).await?;
            // What is still being answered is answered first.
            let questions = |visitor: &Visitor| {
                let all = visitor.messages.values();
                all.filter(|message| message.client_msg_id.is_some()).count()
            };
            while visitor.messages.len() < 2 * questions(&visitor) {
                visitor.frame().await?;
            }
            let offered: Vec<_> = visitor.messages.into_values().collect();
            verdict.add(ledger.compare(&offered));
        }
        Ok(verdict)
    }
}

async fn talk(
    mut visitor: Visitor,
    relay: Arc<Forecourt>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
) -> (Visitor, Ledger) {
    let mut ledger = Ledger::default();
    let mut pending = fresh_id();
    while !stop.load(Ordering::Relaxed) {
        if relay.greet(&mut visitor).await.is_err() {
            visitor.cut();
            tokio::time::sleep(KNOCK).await;
            continue;
        }
        loop {
            if stop.load(Ordering::Relaxed)
                || MAX_MESSAGES <= visitor.messages.len() as u64 + MARGIN
            {
                return (visitor, ledger);
            }
            // The same id on each try: a retry is no double.
            let Ok(seq) = visitor.say_as(pending.clone(), "How long is the warranty?").await else {
                if slowed(&visitor) {
                    tokio::time::sleep(KNOCK).await;
                    continue;
                }
                break;
            };
            ledger.note(pending, seq);
            acknowledged.fetch_add(1, Ordering::Relaxed);
            pending = fresh_id();
            if visitor.reply().await.is_err() {
                break;
            }
        }
        visitor.cut();
    }
    (visitor, ledger)
}

/// Whether the last refusal was for speed.
fn slowed(visitor: &Visitor) -> bool {
    visitor.failures.last().is_some_and(|failure| failure.code == FailureCode::SlowDown)
}
