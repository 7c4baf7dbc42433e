//! A reply on its way, its end, another try, and the ends that a crash left to be made: as in the
//! store.

use protocol::{
    AuthorKind, ConversationId, DealerId, Finish, Message, Offer, ReplyId, limits::MAX_MESSAGES,
};
use relay::{
    clock::Timestamp,
    domain::retention::RetentionPolicy,
    limits::REOPEN_WINDOW,
    llm::{DOCUMENTS, wire::estimate_tokens},
    store::{FinishedReply, Kept, NO_GENERATOR, StoreError},
};

use super::{Book, Talk, plain};

impl Book {
    /// Keeps what is written so far of a running reply.
    pub fn snapshot(
        &mut self,
        (dealer, id): (&DealerId, &ConversationId),
        reply: &ReplyId,
        (text, generator): (&str, &str),
        now: Timestamp,
    ) {
        let talk = self.talks.get_mut(id).filter(|talk| talk.dealer == *dealer);
        let row = talk.and_then(|talk| {
            talk.replies.iter_mut().find(|known| known.id == *reply && known.running)
        });
        if let Some(row) = row {
            row.snapshot = Some((text.replace('\0', ""), generator.to_owned()));
            row.updated_at = now;
        }
    }

    /// The end of a reply that nobody writes any more, from what is kept of it.
    pub fn cut_short(
        &self,
        (dealer, id): (&DealerId, &ConversationId),
        reply: &ReplyId,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> FinishedReply {
        let row = self.open(dealer, id, now).and_then(|talk| talk.row(reply));
        let (text, generator) = row.and_then(|row| row.snapshot.clone()).unwrap_or_default();
        let is_free = generator == DOCUMENTS;
        let tokens = if is_free { 0 } else { estimate_tokens(text.chars().count()) };
        FinishedReply {
            conversation: id.clone(),
            reply_id: reply.clone(),
            text,
            finish: Finish::Interrupted,
            generator: if generator.is_empty() { NO_GENERATOR.to_owned() } else { generator },
            sources: Vec::new(),
            offer: Offer::None,
            prompt_tokens: 0,
            completion_tokens: tokens,
            policy: policy.clone(),
        }
    }

    /// Keeps a reply that ended at `at` as a message; a repeat answers what is kept.
    pub fn finish(
        &mut self,
        dealer: &DealerId,
        reply: &FinishedReply,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Kept, StoreError> {
        let talk = self.talks.get_mut(&reply.conversation);
        let talk = talk.filter(|talk| talk.dealer == *dealer && now < talk.expires_at);
        let talk = talk.ok_or(StoreError::Gone)?;
        if !talk.row(&reply.reply_id).ok_or(StoreError::Gone)?.running {
            let same = |message: &&Message| message.reply_id.as_ref() == Some(&reply.reply_id);
            let message = talk.messages.iter().find(same).cloned().ok_or(StoreError::Gone)?;
            return Ok(Kept { message, expires_at: talk.expires_at });
        }
        let kept = talk.finish(reply, at);
        let day = at.day();
        *self.spent.entry((dealer.clone(), day)).or_default() +=
            reply.prompt_tokens + reply.completion_tokens;
        Ok(kept)
    }

    /// Begins another try; answers the place of the question.
    pub fn retry(
        &mut self,
        (dealer, id): (&DealerId, &ConversationId),
        old: &ReplyId,
        new: &ReplyId,
        now: Timestamp,
    ) -> Option<u64> {
        let talk = self.talks.get_mut(id);
        let talk = talk.filter(|talk| talk.dealer == *dealer && now < talk.expires_at)?;
        let last = talk.messages.last().filter(|last| last.reply_id.as_ref() == Some(old))?;
        let may = last.finish != Some(Finish::Complete)
            && now <= talk.last_at.plus(REOPEN_WINDOW)
            && talk.next_seq() <= MAX_MESSAGES
            && talk.running().count() == 0;
        let question = talk.row(old)?.answers_seq;
        may.then(|| talk.owe(new, question, now)).map(|()| question)
    }

    /// Ends every reply that a crash left open; answers how many.
    pub fn interrupt_open_replies(
        &mut self,
        policy: impl Fn(&DealerId) -> RetentionPolicy,
        now: Timestamp,
    ) -> u64 {
        let mut open = Vec::new();
        for (id, talk) in self.talks.iter().filter(|(_, talk)| now < talk.expires_at) {
            for row in talk.running() {
                open.push((talk.dealer.clone(), id.clone(), row.id.clone(), row.updated_at));
            }
        }
        let mut ended = 0;
        for (dealer, id, reply, at) in open {
            let end = self.cut_short((&dealer, &id), &reply, &policy(&dealer), now);
            ended += u64::from(self.finish(&dealer, &end, at, now).is_ok());
        }
        ended
    }
}

impl Talk {
    fn row(&self, reply: &ReplyId) -> Option<&super::Reply> {
        self.replies.iter().find(|row| row.id == *reply)
    }

    fn finish(&mut self, reply: &FinishedReply, at: Timestamp) -> Kept {
        let mut message = plain(self.next_seq(), AuthorKind::Ai, &reply.text, at);
        message.reply_id = Some(reply.reply_id.clone());
        message.finish = Some(reply.finish);
        message.generator = Some(reply.generator.clone());
        message.sources.clone_from(&reply.sources);
        message.offer = reply.offer;
        self.messages.push(message.clone());
        self.last_at = self.last_at.max(at);
        self.promise(reply.policy.period, self.last_at);
        for row in self.replies.iter_mut().filter(|row| row.id == reply.reply_id) {
            row.running = false;
            row.updated_at = at;
            row.snapshot = None;
        }
        Kept { message, expires_at: self.expires_at }
    }
}
