//! A visitor of a test that does harm: says one message at a time, under the same id until it is
//! kept, and tells what became of each try.

use std::{collections::BTreeSet, time::Duration};

use protocol::{ClientMsgId, FailureCode};

use crate::{
    measure::Stopwatch,
    process::Forecourt,
    rig::ledger::{Ledger, Verdict, mark},
    visitor::{Visitor, fresh_id},
};

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is acknowledged.
    Kept,
    /// It was refused with this code.
    Refused(FailureCode),
    /// The socket or the relay went away.
    Cut,
}

/// A visitor, what it was promised and what it is about to say.
pub struct Talker {
    /// The visitor.
    pub visitor: Visitor,
    /// What was acknowledged.
    pub ledger: Ledger,
    /// The id of the message that is to be said next.
    pending: ClientMsgId,
    n_said: u32,
    is_connected: bool,
}

impl Talker {
    /// A visitor of the demo dealer's site who has not connected yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self::of(Forecourt::stranger()?))
    }

    /// This visitor, who has not connected yet.
    pub fn of(visitor: Visitor) -> Self {
        let ledger = Ledger::default();
        Self { visitor, ledger, pending: fresh_id(), n_said: 0, is_connected: false }
    }

    /// So many of them.
    pub fn crowd(n_talkers: usize) -> anyhow::Result<Vec<Self>> {
        (0..n_talkers).map(|_| Self::new()).collect()
    }

    /// Tries once to say the next message, and how long the answer took.
    pub async fn say(&mut self, relay: &Forecourt) -> (Said, Duration) {
        let watch = Stopwatch::start();
        let said = self.try_once(relay).await;
        if said == Said::Cut {
            self.cut();
        }
        (said, watch.elapsed())
    }

    async fn try_once(&mut self, relay: &Forecourt) -> Said {
        if !self.is_connected && relay.greet(&mut self.visitor).await.is_err() {
            return Said::Cut;
        }
        self.is_connected = true;
        self.visitor.failures.clear();
        let id = self.pending.clone();
        let (n_said, mark) = (self.n_said, mark(&id));
        let text = format!("How long is the warranty? Asked {n_said} times. {mark}");
        match self.visitor.say_as(id.clone(), &text).await {
            Ok(seq) => {
                self.ledger.note(id, seq);
                self.pending = fresh_id();
                self.n_said += 1;
                Said::Kept
            }
            Err(_) => match self.visitor.failures.last() {
                Some(failure) if failure.client_msg_id == Some(id) => Said::Refused(failure.code),
                _ => Said::Cut,
            },
        }
    }

    /// The same, and then waits for the answer; a socket that breaks meanwhile is no matter.
    pub async fn ask(&mut self, relay: &Forecourt) -> Said {
        let (said, _) = self.say(relay).await;
        if said == Said::Kept && self.visitor.settled().await.is_err() {
            self.cut();
        }
        said
    }

    /// Drops the socket.
    pub fn cut(&mut self) {
        self.visitor.cut();
        self.is_connected = false;
    }

    /// Comes back with nothing but its token, reads the conversation whole, and compares it with
    /// what was acknowledged.
    pub async fn compare(&mut self, relay: &Forecourt) -> anyhow::Result<Verdict> {
        self.cut();
        let verdict = self.ledger.compare(&relay.read_anew(&mut self.visitor).await?);
        Ok(Verdict { wrongs: self.visitor.wrongs.len() as u64, ..verdict })
    }
}

/// Compares all of them; one who was never acknowledged was promised nothing.
pub async fn compare_all(crowd: &mut [Talker], relay: &Forecourt) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    for talker in crowd {
        if !talker.ledger.acknowledged.is_empty() {
            verdict.add(talker.compare(relay).await?);
        }
    }
    Ok(verdict)
}

/// All that was acknowledged to them.
pub fn promised(crowd: &[Talker]) -> BTreeSet<ClientMsgId> {
    crowd.iter().flat_map(|talker| talker.ledger.acknowledged.keys().cloned()).collect()
}
