//! What sessions need of the store, as traits: the seam at which a simulation puts a model.
//!
//! The real store stands behind them, call by call. A call through them costs one small allocation
//! beside a transaction or a read that makes dozens.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use protocol::{ConversationId, DealerId, Epoch, Message, ReplyId, SessionToken, SiteKey};

use crate::{
    clock::Timestamp,
    domain::{dealer::Dealer, retention::RetentionPolicy},
    store::{
        Append, Conversation, DealerStore, FinishedReply, Kept, NewLead, Store, StoreError,
        TakeLead, Words,
    },
};

/// What comes of a call that goes to disk.
pub type Stored<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The rows of all dealers, reached one dealer at a time (D6).
pub trait Rows: Send + Sync + 'static {
    /// The incarnation of this database.
    fn epoch(&self) -> &Epoch;

    /// The active dealer of this site.
    fn dealer_by_site(&self, site: &SiteKey) -> Option<Arc<Dealer>>;

    /// The rows of one dealer, and no other's.
    fn dealer(&self, id: &DealerId) -> Box<dyn DealerRows>;
}

/// The rows of one dealer. What each call promises stands with the method of the same name of
/// [`DealerStore`]; a write answers after its commit.
pub trait DealerRows: Send + Sync + 'static {
    /// Keeps a message, its place and the reply owed to it.
    fn append(&self, words: Words) -> Stored<'_, Append>;

    /// Keeps a lead, its consents and the delivery owed.
    fn take_lead(&self, lead: NewLead) -> Stored<'_, TakeLead>;

    /// Begins another try at a reply that ended badly and is the last message.
    fn retry<'a>(
        &'a self,
        conversation: &'a ConversationId,
        old: &'a ReplyId,
        new: &'a ReplyId,
    ) -> Stored<'a, Option<u64>>;

    /// The conversation of this token.
    fn resume<'a>(&'a self, token: &'a SessionToken) -> Stored<'a, Option<Conversation>>;

    /// The messages after `after_seq`, oldest first, at most `limit`.
    fn history<'a>(
        &'a self,
        conversation: &'a ConversationId,
        after_seq: u64,
        limit: u32,
    ) -> Stored<'a, Vec<Message>>;

    /// Keeps what is written so far of a running reply, and who writes it.
    fn snapshot<'a>(
        &'a self,
        conversation: &'a ConversationId,
        reply: &'a ReplyId,
        text: &'a str,
        generator: &'a str,
    ) -> Stored<'a, ()>;

    /// Keeps a reply as a message and ends it.
    fn finish_reply(&self, reply: FinishedReply) -> Stored<'_, Kept>;

    /// Ends one running reply that nobody writes any more.
    fn end_reply<'a>(
        &'a self,
        conversation: &'a ConversationId,
        reply: &'a ReplyId,
        policy: &'a RetentionPolicy,
    ) -> Stored<'a, Kept>;

    /// The time by which rows are written: the wall's, unless it is behind what is believed.
    fn now(&self) -> Timestamp;

    /// How many tokens were spent on this day.
    fn tokens_spent<'a>(&'a self, day: &'a str) -> Stored<'a, u64>;
}

impl Rows for Store {
    fn epoch(&self) -> &Epoch {
        self.epoch()
    }

    fn dealer_by_site(&self, site: &SiteKey) -> Option<Arc<Dealer>> {
        self.dealer_by_site(site)
    }

    fn dealer(&self, id: &DealerId) -> Box<dyn DealerRows> {
        Box::new(self.dealer(id))
    }
}

impl DealerRows for DealerStore {
    fn append(&self, words: Words) -> Stored<'_, Append> {
        Box::pin(self.append(words))
    }

    fn take_lead(&self, lead: NewLead) -> Stored<'_, TakeLead> {
        Box::pin(self.take_lead(lead))
    }

    fn retry<'a>(
        &'a self,
        conversation: &'a ConversationId,
        old: &'a ReplyId,
        new: &'a ReplyId,
    ) -> Stored<'a, Option<u64>> {
        Box::pin(self.retry(conversation, old, new))
    }

    fn resume<'a>(&'a self, token: &'a SessionToken) -> Stored<'a, Option<Conversation>> {
        Box::pin(self.resume(token))
    }

    fn history<'a>(
        &'a self,
        conversation: &'a ConversationId,
        after_seq: u64,
        limit: u32,
    ) -> Stored<'a, Vec<Message>> {
        Box::pin(self.history(conversation, after_seq, limit))
    }

    fn snapshot<'a>(
        &'a self,
        conversation: &'a ConversationId,
        reply: &'a ReplyId,
        text: &'a str,
        generator: &'a str,
    ) -> Stored<'a, ()> {
        Box::pin(self.snapshot(conversation, reply, text, generator))
    }

    fn finish_reply(&self, reply: FinishedReply) -> Stored<'_, Kept> {
        Box::pin(self.finish_reply(reply))
    }

    fn end_reply<'a>(
        &'a self,
        conversation: &'a ConversationId,
        reply: &'a ReplyId,
        policy: &'a RetentionPolicy,
    ) -> Stored<'a, Kept> {
        Box::pin(self.end_reply(conversation, reply, policy))
    }

    fn now(&self) -> Timestamp {
        self.now()
    }

    fn tokens_spent<'a>(&'a self, day: &'a str) -> Stored<'a, u64> {
        Box::pin(self.tokens_spent(day))
    }
}
