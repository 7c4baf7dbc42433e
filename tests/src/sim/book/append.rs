//! A visitor's message goes in, as in the store.

use protocol::{AuthorKind, ConversationId, DealerId, SessionToken, limits::MAX_MESSAGES};
use relay::{
    clock::Timestamp,
    domain::retention::RetentionPolicy,
    limits::REOPEN_WINDOW,
    store::{Append, Words},
};

use super::{Book, Talk, plain};

impl Book {
    /// Keeps a message; `fresh` is the id of a conversation that may begin with it.
    pub fn append(
        &mut self,
        dealer: &DealerId,
        words: &Words,
        fresh: &ConversationId,
        now: Timestamp,
    ) -> Append {
        let known = self.tokens.get(&(dealer.clone(), words.token.clone())).cloned();
        if known.is_none() && words.conversation.is_some() {
            return Append::Ended;
        }
        let id = known.unwrap_or_else(|| fresh.clone());
        if !self.talks.contains_key(&id) {
            self.begin(dealer, &words.token, &id, &words.policy, now);
        }
        let Some(talk) = self.talks.get_mut(&id) else { return Append::Ended };
        talk.append(&id, words, now)
    }

    /// Begins a conversation.
    pub(super) fn begin(
        &mut self,
        dealer: &DealerId,
        token: &SessionToken,
        id: &ConversationId,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) {
        self.tokens.insert((dealer.clone(), token.clone()), id.clone());
        let talk = Talk {
            dealer: dealer.clone(),
            messages: Vec::new(),
            last_at: now,
            expires_at: policy.expires_at(now),
            replies: Vec::new(),
            leads: Vec::new(),
            token: token.clone(),
            period: policy.period,
        };
        self.talks.insert(id.clone(), talk);
    }
}

impl Talk {
    fn append(&mut self, id: &ConversationId, words: &Words, now: Timestamp) -> Append {
        if self.expires_at <= now {
            return Append::Ended;
        }
        if let Some(known) = self.known(id, words) {
            return known;
        }
        if self.last_at.plus(REOPEN_WINDOW) < now {
            return Append::Ended;
        }
        let seq = self.next_seq();
        if MAX_MESSAGES < seq + self.running().count() as u64 + 1 {
            return Append::Full;
        }
        let mut message = plain(seq, AuthorKind::Visitor, &words.text, now);
        message.client_msg_id = Some(words.client_msg_id.clone());
        self.messages.push(message);
        self.last_at = now;
        self.promise(words.policy.period, now);
        self.owe(&words.reply_id, seq, now);
        Append::Kept {
            conversation: id.clone(),
            seq,
            at: now,
            expires_at: self.expires_at,
            reply: Some(words.reply_id.clone()),
            fresh: true,
        }
    }

    /// What a repeat is answered.
    fn known(&self, id: &ConversationId, words: &Words) -> Option<Append> {
        let same = |client_msg_id| client_msg_id == Some(&words.client_msg_id);
        let message = self.messages.iter().find(|m| same(m.client_msg_id.as_ref()))?;
        let running = self.running().find(|reply| reply.answers_seq == message.seq);
        Some(Append::Kept {
            conversation: id.clone(),
            seq: message.seq,
            at: Timestamp::from_millis(message.at),
            expires_at: self.expires_at,
            reply: running.map(|reply| reply.id.clone()),
            fresh: false,
        })
    }
}
