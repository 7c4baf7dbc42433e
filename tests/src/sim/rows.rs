//! The model of the store behind the traits of the relay's sessions.

use std::sync::Arc;

use protocol::{ConversationId, DealerId, Epoch, Message, ReplyId, SessionToken, SiteKey};
use relay::{
    clock::Timestamp,
    domain::{dealer::Dealer, retention::RetentionPolicy},
    random,
    session::rows::{DealerRows, Rows, Stored},
    store::{Append, Conversation, FinishedReply, Kept, NewLead, StoreError, TakeLead, Words},
};

use super::{World, book::Book, dice::digest, disk, planted::Plant, time};

/// The store, as one life of the relay's process holds it.
pub struct SimStore {
    world: Arc<World>,
    life: u64,
    epoch: Epoch,
}

/// The rows of one dealer.
struct SimDealer {
    world: Arc<World>,
    life: u64,
    id: DealerId,
}

impl SimStore {
    /// The store of this life.
    pub fn new(world: &Arc<World>, life: u64, epoch: Epoch) -> Self {
        Self { world: Arc::clone(world), life, epoch }
    }
}

impl Rows for SimStore {
    fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    fn dealer_by_site(&self, site: &SiteKey) -> Option<Arc<Dealer>> {
        self.world.dealers.iter().find(|dealer| dealer.sites[0].key == *site).cloned()
    }

    fn dealer(&self, id: &DealerId) -> Box<dyn DealerRows> {
        let world = Arc::clone(&self.world);
        Box::new(SimDealer { world, life: self.life, id: id.clone() })
    }
}

impl SimDealer {
    fn now(&self) -> Timestamp {
        self.world.wall()
    }

    /// Reads on behalf of a session, or of the reply that is written in `place`.
    async fn read<T: Send + 'static>(
        &self,
        place: &str,
        work: impl FnOnce(&Book, &DealerId, Timestamp) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (whose, dealer, now) = (time::whose(|| digest(place)), self.id.clone(), self.now());
        disk::read(&self.world, self.life, whose, move |book| work(book, &dealer, now)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        place: &str,
        work: impl FnOnce(&mut Book, &DealerId, Timestamp) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (whose, dealer, now) = (time::whose(|| digest(place)), self.id.clone(), self.now());
        disk::write(&self.world, self.life, whose, move |book| work(book, &dealer, now)).await
    }

    fn is_without_tenant(&self) -> bool {
        self.world.is_planted(Plant::MissingTenant)
    }

    async fn finish(&self, reply: FinishedReply) -> Result<Kept, StoreError> {
        let place = reply.conversation.clone();
        self.write(place.as_str(), move |book, dealer, now| book.finish(dealer, &reply, now, now))
            .await
    }
}

fn fresh() -> ConversationId {
    ConversationId::from_bytes(&random::bytes(&time::Chance))
}

impl DealerRows for SimDealer {
    fn append(&self, words: Words) -> Stored<'_, Append> {
        let fresh = fresh();
        let question = words.text.clone();
        Box::pin(async move {
            let append = move |book: &mut Book, dealer: &DealerId, now| {
                Ok(book.append(dealer, &words, &fresh, now))
            };
            let fate = self.write("", append).await?;
            if let Append::Kept { fresh: true, .. } = fate {
                self.world.with_check(|check| check.may_ask(&question));
            }
            Ok(fate)
        })
    }

    fn take_lead(&self, lead: NewLead) -> Stored<'_, TakeLead> {
        let fresh = fresh();
        Box::pin(async move {
            self.write("", move |book, dealer, now| Ok(book.take_lead(dealer, &lead, &fresh, now)))
                .await
        })
    }

    fn retry<'a>(
        &'a self,
        conversation: &'a ConversationId,
        old: &'a ReplyId,
        new: &'a ReplyId,
    ) -> Stored<'a, Option<u64>> {
        let (id, old, new) = (conversation.clone(), old.clone(), new.clone());
        Box::pin(async move {
            let place = id.clone();
            let asked = self.write(place.as_str(), move |book, dealer, now| {
                let seq = book.retry((dealer, &id), &old, &new, now);
                let talk = book.talk(&id).zip(seq);
                let question = talk.and_then(|(talk, seq)| {
                    let index = usize::try_from(seq).unwrap_or(1).saturating_sub(1);
                    talk.messages.get(index).map(|message| message.text.clone())
                });
                Ok((seq, question))
            });
            let (seq, question) = asked.await?;
            if let Some(question) = question {
                self.world.with_check(|check| check.may_ask(&question));
            }
            Ok(seq)
        })
    }

    fn resume<'a>(&'a self, token: &'a SessionToken) -> Stored<'a, Option<Conversation>> {
        let (token, anyone) = (token.clone(), self.is_without_tenant());
        Box::pin(self.read("", move |book, dealer, now| {
            if anyone {
                return book.resume_of_anyone(&token, now).map(|(_, conversation)| conversation);
            }
            book.resume(dealer, &token, now)
        }))
    }

    fn history<'a>(
        &'a self,
        conversation: &'a ConversationId,
        after_seq: u64,
        limit: u32,
    ) -> Stored<'a, Vec<Message>> {
        let (id, anyone) = (conversation.clone(), self.is_without_tenant());
        Box::pin(self.read(conversation.as_str(), move |book, dealer, now| {
            let owner = book.talk(&id).filter(|_| anyone).map(|talk| talk.dealer.clone());
            book.history(owner.as_ref().unwrap_or(dealer), &id, after_seq, limit, now)
        }))
    }

    fn snapshot<'a>(
        &'a self,
        conversation: &'a ConversationId,
        reply: &'a ReplyId,
        text: &'a str,
        generator: &'a str,
    ) -> Stored<'a, ()> {
        let (id, reply) = (conversation.clone(), reply.clone());
        let (text, generator) = (text.to_owned(), generator.to_owned());
        Box::pin(self.write(conversation.as_str(), move |book, dealer, now| {
            book.snapshot((dealer, &id), &reply, (&text, &generator), now);
            Ok(())
        }))
    }

    fn finish_reply(&self, reply: FinishedReply) -> Stored<'_, Kept> {
        Box::pin(self.finish(reply))
    }

    fn end_reply<'a>(
        &'a self,
        conversation: &'a ConversationId,
        reply: &'a ReplyId,
        policy: &'a RetentionPolicy,
    ) -> Stored<'a, Kept> {
        let (id, reply, policy) = (conversation.clone(), reply.clone(), policy.clone());
        Box::pin(async move {
            let cut = self.read(conversation.as_str(), move |book, dealer, now| {
                book.cut_short((dealer, &id), &reply, &policy, now)
            });
            self.finish(cut.await?).await
        })
    }

    fn now(&self) -> Timestamp {
        self.world.wall()
    }

    fn tokens_spent<'a>(&'a self, day: &'a str) -> Stored<'a, u64> {
        let owned = day.to_owned();
        Box::pin(self.read(day, move |book, dealer, _| book.tokens_spent(dealer, &owned)))
    }
}
