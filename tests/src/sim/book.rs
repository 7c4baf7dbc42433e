//! The model of the store: the same promises as a plain log in memory, without a disk.
//!
//! Pure: each call is a whole transaction at a moment that is told to it. That the real store and
//! this one answer alike is a test of its own (`tests/store_contract.rs`), which is what makes a
//! simulation on top of it worth something.

mod append;
mod end;
mod lead;

use std::collections::BTreeMap;

use protocol::{
    AuthorKind, ClientMsgId, ConversationId, DealerId, LeadId, Message, Offer, ReplyId,
    SessionToken,
};
use relay::{
    clock::Timestamp,
    domain::retention::Period,
    store::{Conversation, Swept},
};

/// All that is kept, of all dealers.
#[derive(Clone, Default)]
pub struct Book {
    talks: BTreeMap<ConversationId, Talk>,
    tokens: BTreeMap<(DealerId, SessionToken), ConversationId>,
    spent: BTreeMap<(DealerId, String), u64>,
}

/// One conversation.
#[derive(Clone)]
pub struct Talk {
    /// Whose it is.
    pub dealer: DealerId,
    /// Its messages, in order: the place of one is its index and one.
    pub messages: Vec<Message>,
    /// When its last message came.
    pub last_at: Timestamp,
    /// When it is gone.
    pub expires_at: Timestamp,
    /// The replies, ended or not.
    pub replies: Vec<Reply>,
    /// The leads that were left in it.
    pub leads: Vec<(LeadId, ClientMsgId)>,
    token: SessionToken,
    period: Period,
}

/// A reply's row.
#[derive(Clone)]
pub struct Reply {
    /// Which.
    pub id: ReplyId,
    /// Whether it is still owed.
    pub running: bool,
    /// When it was begun or its words last kept.
    pub updated_at: Timestamp,
    answers_seq: u64,
    snapshot: Option<(String, String)>,
}

impl Book {
    /// All conversations, expired or not.
    pub fn talks(&self) -> impl Iterator<Item = (&ConversationId, &Talk)> {
        self.talks.iter()
    }

    /// A conversation, expired or not.
    pub fn talk(&self, id: &ConversationId) -> Option<&Talk> {
        self.talks.get(id)
    }

    /// A conversation that this dealer may see now.
    fn open(&self, dealer: &DealerId, id: &ConversationId, now: Timestamp) -> Option<&Talk> {
        self.talks.get(id).filter(|talk| talk.dealer == *dealer && now < talk.expires_at)
    }

    fn by_token(&mut self, dealer: &DealerId, token: &SessionToken) -> Option<&mut Talk> {
        let id = self.tokens.get(&(dealer.clone(), token.clone()))?;
        self.talks.get_mut(id)
    }

    /// The conversation of a token.
    pub fn resume(
        &self,
        dealer: &DealerId,
        token: &SessionToken,
        now: Timestamp,
    ) -> Option<Conversation> {
        let id = self.tokens.get(&(dealer.clone(), token.clone()))?;
        self.open(dealer, id, now).map(|talk| talk.shown(id))
    }

    /// The same whoever asks: what a query without its dealer would find.
    pub fn resume_of_anyone(
        &self,
        token: &SessionToken,
        now: Timestamp,
    ) -> Option<(DealerId, Conversation)> {
        let (id, talk) = self.talks.iter().find(|(_, talk)| talk.token == *token)?;
        (now < talk.expires_at).then(|| (talk.dealer.clone(), talk.shown(id)))
    }

    /// The messages after a place.
    pub fn history(
        &self,
        dealer: &DealerId,
        id: &ConversationId,
        after_seq: u64,
        limit: u32,
        now: Timestamp,
    ) -> Vec<Message> {
        let Some(talk) = self.open(dealer, id, now) else { return Vec::new() };
        let skip = usize::try_from(after_seq).unwrap_or(usize::MAX);
        talk.messages.iter().skip(skip).take(limit as usize).cloned().collect()
    }

    /// How many tokens were spent on a day.
    pub fn tokens_spent(&self, dealer: &DealerId, day: &str) -> u64 {
        self.spent.get(&(dealer.clone(), day.to_owned())).copied().unwrap_or(0)
    }

    /// Deletes what is past its end at `now`; answers how many conversations, messages, leads and
    /// replies went.
    pub fn sweep(&mut self, now: Timestamp) -> Swept {
        let mut swept = Swept::default();
        self.talks.retain(|_, talk| {
            if now < talk.expires_at {
                return true;
            }
            swept.conversations += 1;
            swept.messages += talk.messages.len() as u64;
            swept.leads += talk.leads.len() as u64;
            swept.replies += talk.replies.len() as u64;
            false
        });
        let talks = &self.talks;
        self.tokens.retain(|_, id| talks.contains_key(id));
        swept
    }
}

impl Talk {
    /// The place of the next message.
    fn next_seq(&self) -> u64 {
        self.messages.len() as u64 + 1
    }

    fn running(&self) -> impl Iterator<Item = &Reply> {
        self.replies.iter().filter(|reply| reply.running)
    }

    fn shown(&self, id: &ConversationId) -> Conversation {
        let oldest = self.running().min_by_key(|reply| reply.answers_seq);
        Conversation {
            id: id.clone(),
            last_seq: self.messages.len() as u64,
            last_at: self.last_at,
            expires_at: self.expires_at,
            running_reply: oldest.map(|reply| reply.id.clone()),
        }
    }

    /// Moves the end to what was promised, or to what is policy now where that is sooner (G-43).
    fn promise(&mut self, policy: Period, at: Timestamp) {
        let (before, today) = (self.period.after(at), policy.after(at));
        if today < before {
            self.period = policy;
        }
        self.expires_at = before.min(today);
    }

    fn owe(&mut self, id: &ReplyId, answers_seq: u64, now: Timestamp) {
        let id = id.clone();
        self.replies.push(Reply {
            id,
            running: true,
            updated_at: now,
            answers_seq,
            snapshot: None,
        });
    }
}

/// A message without what only one kind of author has.
fn plain(seq: u64, author_kind: AuthorKind, text: &str, at: Timestamp) -> Message {
    Message {
        seq,
        author_kind,
        text: text.replace('\0', ""),
        at: at.millis(),
        client_msg_id: None,
        reply_id: None,
        finish: None,
        generator: None,
        sources: Vec::new(),
        offer: Offer::None,
    }
}
