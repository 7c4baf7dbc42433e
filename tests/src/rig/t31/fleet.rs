//! Visitors who sit there with an open chat, some of whom had said something, and come back as the
//! widget does when they are sent away.

use std::{sync::Arc, time::Duration};

use protocol::CloseReason;
use relay::random::{self, OsRandom};
use tokio::{
    task::JoinSet,
    time::{error::Elapsed, sleep, timeout},
};

use crate::{
    measure::{Durations, Stopwatch},
    process::Forecourt,
    rig::{
        ledger::{Ledger, mark},
        swarm::Talk,
    },
    visitor::{Heard, fresh_id},
};

/// The shortest wait before a try, as in `widget/src/limits.rs`.
const FLOOR_MS: u64 = 100;
/// The longest first wait after a restart was announced.
const RESTART_SPREAD_MS: u64 = 1_500;
/// The longest first wait otherwise; doubled with each try.
const BASE_MS: u64 = 500;
/// How long a greeting may take before it is tried anew.
const GREETING_TIMEOUT: Duration = Duration::from_secs(15);
/// How many visitors connect at once where the fleet is gathered.
const GATHERING: usize = 50;

/// What a visitor of the fleet does before it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Nothing.
    Silent,
    /// Asks, and hears the whole answer.
    Spoken,
    /// Asks, and hears the first words.
    Asking,
}

/// What the fleet met.
#[derive(Default)]
pub(super) struct Returned {
    /// From the loss of a socket to the next welcome.
    pub(super) gaps: Durations,
    /// Sockets that were closed with the word that the relay restarts.
    pub(super) told: u64,
    /// Sockets that were lost otherwise.
    pub(super) cut: u64,
    /// Those who were being answered, with what they hold now and what they were promised.
    pub(super) asked: Vec<Talk>,
    /// Those who had been answered.
    pub(super) spoken: Vec<Talk>,
}

/// Somebody who was sent away and came back.
struct Back {
    talk: Talk,
    role: Role,
    gap: Duration,
    code: Option<u16>,
}

/// The fleet: all of them greeted, and listening.
pub(super) struct Fleet(JoinSet<anyhow::Result<Back>>);

impl Fleet {
    /// Gathers idle visitors; so many of them had asked something and were answered.
    pub(super) async fn gather(
        n_idle: usize,
        n_spoken: usize,
        door: &Arc<Forecourt>,
    ) -> anyhow::Result<Self> {
        let mut fleet = Self(JoinSet::new());
        for (role, n_all) in [(Role::Spoken, n_spoken), (Role::Silent, n_idle)] {
            while fleet.0.len() < n_all {
                fleet.join(GATHERING.min(n_all - fleet.0.len()), role, door).await?;
            }
        }
        Ok(fleet)
    }

    /// Adds visitors who hear the first words of an answer.
    pub(super) async fn ask(&mut self, n: usize, door: &Arc<Forecourt>) -> anyhow::Result<()> {
        self.join(n, Role::Asking, door).await
    }

    async fn join(&mut self, n: usize, role: Role, door: &Arc<Forecourt>) -> anyhow::Result<()> {
        let mut coming = JoinSet::new();
        for _ in 0..n {
            coming.spawn(come(Arc::clone(door), role));
        }
        while let Some(talk) = coming.join_next().await {
            self.0.spawn(moved(talk??, role, Arc::clone(door)));
        }
        Ok(())
    }

    /// Waits until everybody was sent away and came back.
    pub(super) async fn back(mut self) -> anyhow::Result<Returned> {
        let mut returned = Returned::default();
        while let Some(back) = self.0.join_next().await {
            let Back { talk, role, gap, code } = back??;
            returned.gaps.push(gap);
            let told = code == Some(CloseReason::Restarting.code());
            *(if told { &mut returned.told } else { &mut returned.cut }) += 1;
            match role {
                Role::Silent => {}
                Role::Spoken => returned.spoken.push(talk),
                Role::Asking => returned.asked.push(talk),
            }
        }
        Ok(returned)
    }
}

/// Greets, and says what belongs to its role.
async fn come(door: Arc<Forecourt>, role: Role) -> anyhow::Result<Talk> {
    let (mut visitor, mut ledger) = (Forecourt::stranger()?, Ledger::default());
    door.greet(&mut visitor).await?;
    if role != Role::Silent {
        let id = fresh_id();
        let question = format!("Tell me all about the warranty. {}", mark(&id));
        ledger.note(id.clone(), visitor.say_as(id, &question).await?);
    }
    match role {
        Role::Silent => {}
        Role::Spoken => visitor.settled().await?,
        Role::Asking => visitor.hear_chars(1).await?,
    }
    Ok((visitor, ledger))
}

/// Listens until the socket is lost, and comes back.
async fn moved(
    (mut visitor, ledger): Talk,
    role: Role,
    door: Arc<Forecourt>,
) -> anyhow::Result<Back> {
    let code = loop {
        match visitor.heard().await {
            Ok(Heard::Closed(code)) => break code,
            Ok(Heard::Frame(_)) => {}
            // Nothing was said for long; the socket is still there.
            Err(error) if error.is::<Elapsed>() => {}
            Err(error) => return Err(error),
        }
    };
    let watch = Stopwatch::start();
    visitor.cut();
    let restarting = code == Some(CloseReason::Restarting.code());
    let mut ceiling = if restarting { RESTART_SPREAD_MS } else { BASE_MS };
    for attempt in 1_u32.. {
        let wait_ms = FLOOR_MS + random::below(&OsRandom, ceiling - FLOOR_MS + 1);
        sleep(Duration::from_millis(wait_ms)).await;
        if matches!(timeout(GREETING_TIMEOUT, door.greet(&mut visitor)).await, Ok(Ok(()))) {
            break;
        }
        visitor.cut();
        ceiling = BASE_MS << attempt.min(6);
    }
    Ok(Back { talk: (visitor, ledger), role, gap: watch.elapsed(), code })
}
