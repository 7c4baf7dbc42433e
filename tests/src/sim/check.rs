//! What was promised in a whole world, and the invariants that are held against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use protocol::{ClientMsgId, ConversationId, LeadId, ReplyId, SessionToken};
use relay::{clock::Timestamp, domain::retention::RetentionPolicy};

use super::book::{Book, Talk};

/// How long a reply may take from its turn to its end (I5).
const TERMINAL_MS: u64 = 180_000;

/// From how many waits on their spread says something, and how far apart they must lie.
const WAITS: (usize, u32) = (10, 20);

/// How long something may lie there past its end: until the next sweep, which comes every hour.
const LEFT_FOR: Duration = Duration::from_hours(1);

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which invariant of the plan it breaks; 0 for what has no number there: one call of the model
    /// for each question, frames that can be read, no herd of tabs, no task that panics.
    pub invariant: u8,
    /// What was seen.
    pub what: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "invariant {}: {}", self.invariant, self.what)
    }
}

/// What the visitors were promised, and what was seen besides.
#[derive(Default)]
pub struct Check {
    /// The first breach.
    pub breach: Option<Breach>,
    /// How many acknowledgements there were.
    pub n_acks: u64,
    /// How many calls of the model there were.
    pub n_calls: u64,
    promised: BTreeMap<ConversationId, Promised>,
    /// By the right to the conversation: a tab that is copied before its first word is
    /// acknowledged goes on in a conversation of its own.
    leads: BTreeMap<(ClientMsgId, SessionToken), LeadId>,
    calls: BTreeMap<String, (u64, u64)>,
    waits: Vec<u32>,
    /// Since when a reply has been the first of its conversation.
    turns: BTreeMap<ConversationId, (ReplyId, u64)>,
}

/// What was promised in one conversation.
#[derive(Clone, Debug, Default)]
pub struct Promised {
    /// Each message and its place, in the order of their acknowledgements.
    pub acks: Vec<(ClientMsgId, u64)>,
    /// The earliest end that anybody was told.
    pub expires_at: i64,
}

impl Check {
    /// Notes an acknowledgement; says so where it contradicts an earlier one.
    pub fn acked(
        &mut self,
        conversation: &ConversationId,
        id: &ClientMsgId,
        seq: u64,
        expires_at: i64,
    ) -> Option<String> {
        self.n_acks += 1;
        let promised = self.promised.entry(conversation.clone()).or_default();
        let is_first = promised.acks.is_empty();
        promised.expires_at =
            if is_first { expires_at } else { promised.expires_at.min(expires_at) };
        match promised.acks.iter().find(|(known, place)| known == id || *place == seq) {
            Some((known, place)) if known == id && *place == seq => None,
            Some((known, place)) => {
                Some(format!("{id} was given the place {seq}, and {known} the place {place}"))
            }
            None => {
                promised.acks.push((id.clone(), seq));
                None
            }
        }
    }

    /// What was promised in a conversation so far.
    pub fn promised(&self, conversation: &ConversationId) -> Option<&Promised> {
        self.promised.get(conversation)
    }

    /// Notes a lead that was taken; says so where it was taken before under another reference.
    pub fn lead_taken(
        &mut self,
        id: &ClientMsgId,
        token: &SessionToken,
        lead: &LeadId,
    ) -> Option<String> {
        let before = self.leads.insert((id.clone(), token.clone()), lead.clone());
        let other = before.filter(|before| before != lead)?;
        Some(format!("the lead {id} was taken as {other} and as {lead}"))
    }

    /// Counts a call of the model; answers the count where there are too many.
    pub fn asked(&mut self, question: &str) -> Option<u64> {
        self.n_calls += 1;
        let (asked, allowed) = self.calls.entry(question.to_owned()).or_default();
        *asked += 1;
        (*allowed < *asked).then_some(*asked)
    }

    /// A question is kept, or its answer was asked for again: one call is owed to it.
    pub fn may_ask(&mut self, question: &str) {
        self.calls.entry(question.to_owned()).or_default().1 += 1;
    }

    /// Notes how long a tab waits before its first try to come back.
    pub fn waits(&mut self, delay_ms: u32) {
        self.waits.push(delay_ms);
    }

    /// Whether all tabs come back as one (jitter).
    pub fn comes_as_one(&self) -> Option<String> {
        let (least, most) = (self.waits.iter().min()?, self.waits.iter().max()?);
        let (enough, spread) = WAITS;
        let as_one = enough <= self.waits.len() && most - least < spread;
        as_one.then(|| format!("{} tabs all wait about {most} ms", self.waits.len()))
    }

    /// After a restore, what came later than the backup was never promised by this incarnation.
    pub fn restored(&mut self, book: &Book) {
        self.turns.clear();
        for (conversation, promised) in &mut self.promised {
            let talk = book.talk(conversation);
            promised.acks.retain(|(id, seq)| talk.is_some_and(|talk| holds(talk, id, *seq)));
        }
        self.promised.retain(|_, promised| !promised.acks.is_empty());
        let kept: BTreeSet<ClientMsgId> = book
            .talks()
            .flat_map(|(_, talk)| talk.leads.iter().map(|(_, id)| id.clone()))
            .collect();
        self.leads.retain(|(id, _), _| kept.contains(id));
    }

    /// A reply that is not terminal in time (I5). Replies of one conversation come one after
    /// another, so each one's time begins with its turn.
    pub fn endless(&mut self, book: &Book, now_ms: u64) -> Option<String> {
        let mut turns = BTreeMap::new();
        for (conversation, talk) in book.talks() {
            let Some(first) = talk.replies.iter().find(|reply| reply.running) else { continue };
            let since = match self.turns.get(conversation) {
                Some((known, since)) if *known == first.id => *since,
                _ => now_ms,
            };
            turns.insert(conversation.clone(), (first.id.clone(), since));
        }
        let endless = turns.values().find(|(_, since)| since + TERMINAL_MS < now_ms);
        let found = endless.map(|(id, since)| {
            format!("{id} runs since {} s and is not terminal", (now_ms - since) / 1_000)
        });
        self.turns = turns;
        found
    }

    /// What the book itself must never hold (I2, I3), and a lead that it must (I1).
    pub fn rows(&self, book: &Book) -> Option<(u8, String)> {
        let mut leads = BTreeSet::new();
        for (conversation, talk) in book.talks() {
            let (mut ids, mut texts) = (BTreeSet::new(), BTreeSet::new());
            for (index, message) in talk.messages.iter().enumerate() {
                if message.seq != index as u64 + 1 {
                    return Some((2, format!("{conversation} has a gap at {}", message.seq)));
                }
                let Some(id) = &message.client_msg_id else { continue };
                if !ids.insert(id) || !texts.insert(&message.text) {
                    return Some((3, format!("{conversation} holds {id} twice: {}", message.text)));
                }
            }
            for (_, id) in &talk.leads {
                if !ids.insert(id) {
                    return Some((3, format!("{conversation} holds the lead {id} twice")));
                }
                leads.insert(id);
            }
        }
        let lost = self.leads.keys().map(|(id, _)| id).find(|id| !leads.contains(id));
        lost.map(|id| (1, format!("the lead {id} was taken and is not there")))
    }

    /// What is still there although it is long due (I8): the sweep comes every hour.
    pub fn left(book: &Book, now: Timestamp) -> Option<String> {
        let due = |talk: &Talk| talk.expires_at.plus(LEFT_FOR) <= now;
        let (id, talk) = book.talks().find(|(_, talk)| due(talk))?;
        Some(format!("{id} was due at {} and is there at {now}", talk.expires_at))
    }

    /// What a sweep took although it was not due (I8).
    pub fn swept(
        &mut self,
        talk: &Talk,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Option<String> {
        self.leads.retain(|(id, _), _| talk.leads.iter().all(|(_, gone)| gone != id));
        // The last in order: where the clock was set back, it is not the latest.
        let due = policy.expires_at(Timestamp::from_millis(talk.messages.last()?.at));
        (now < due).then(|| format!("swept at {now} what is due at {due}"))
    }
}

/// Whether a message stands at its place.
pub fn holds(talk: &Talk, id: &ClientMsgId, seq: u64) -> bool {
    let index = usize::try_from(seq).unwrap_or(usize::MAX).wrapping_sub(1);
    talk.messages.get(index).is_some_and(|message| message.client_msg_id.as_ref() == Some(id))
}
