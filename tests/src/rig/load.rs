//! Talkers at work beside a test, until it calls them back with what each was promised.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use protocol::limits::MAX_MESSAGES;
use tokio::task::JoinSet;

use super::talker::{Said, Talker};
use crate::process::Forecourt;

/// How long a talker waits before it knocks again.
const KNOCK: Duration = Duration::from_millis(20);

/// How many messages of a conversation are left unused, so that a test may add some.
const MARGIN: usize = 100;

/// Talkers at work.
pub struct Load {
    tasks: JoinSet<anyhow::Result<Vec<Talker>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    acknowledged: AtomicU64,
}

impl Load {
    /// Sends them to a relay.
    pub fn begin(crowd: Vec<Talker>, relay: &Arc<Forecourt>) -> Self {
        let shared = Arc::<Shared>::default();
        let mut tasks = JoinSet::new();
        for talker in crowd {
            tasks.spawn(work(talker, Arc::clone(relay), Arc::clone(&shared)));
        }
        Self { tasks, shared }
    }

    /// Waits until so many messages more have been acknowledged.
    pub async fn until_more(&self, n_messages: u64) {
        let goal = self.shared.acknowledged.load(Ordering::Relaxed) + n_messages;
        while self.shared.acknowledged.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Calls all of them back, each with the conversation that it had; one who filled several comes
    /// back several times.
    pub async fn end(mut self) -> anyhow::Result<Vec<Talker>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut crowd = Vec::new();
        while let Some(talked) = self.tasks.join_next().await {
            crowd.extend(talked.context("a talker broke down")??);
        }
        Ok(crowd)
    }
}

/// Talks until called back: one conversation after the other, as each gets full.
async fn work(
    mut talker: Talker,
    relay: Arc<Forecourt>,
    shared: Arc<Shared>,
) -> anyhow::Result<Vec<Talker>> {
    let mut all = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        if is_full(&talker) {
            talker.cut();
            all.push(std::mem::replace(&mut talker, Talker::new()?));
        }
        match talker.ask(&relay).await {
            Said::Kept => {
                shared.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Said::Refused(_) | Said::Cut => tokio::time::sleep(KNOCK).await,
        }
    }
    talker.cut();
    all.push(talker);
    Ok(all)
}

fn is_full(talker: &Talker) -> bool {
    usize::try_from(MAX_MESSAGES).unwrap_or(usize::MAX) <= talker.visitor.messages.len() + MARGIN
}
