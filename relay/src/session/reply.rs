//! The task that writes a reply: asks the model once, keeps what is said, ends always.
//!
//! It belongs to the conversation, not to a socket: a visitor who comes back finds the same reply
//! going on. Nothing here is retried after the first word; that is `llm`'s to do before it.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use protocol::{AuthorKind, Finish, Message, Offer, ReplyId, dealer::DealerView};
use tokio::{pin, select, time::MissedTickBehavior};

use crate::{
    clock::{Clock, Timestamp},
    domain::dealer::Dealer,
    knowledge::Knowledge,
    lifecycle::Tasks,
    limits::{KEEP_TRIES, KEEP_WAIT, PASSAGES, READY_PIECES, SNAPSHOT_EVERY},
    llm::{Answerer, Ending, Facts, Piece, Question, Turn},
    session::{
        event::{Ended, Refusal},
        live::Live,
        thread::Thread,
    },
    store::{DealerStore, FinishedReply, Kept, NO_GENERATOR, Store, StoreError},
    telemetry::{self, Held, names},
};

/// Writes replies. Cheap to clone.
#[derive(Clone)]
pub struct Replier {
    /// Where words are kept.
    pub store: Store,
    /// What a dealer's documents say.
    pub knowledge: Arc<Knowledge<Store>>,
    /// Who answers.
    pub answerer: Answerer,
    /// What day it is, for the budget.
    pub clock: Arc<dyn Clock>,
    /// Where the tasks run.
    pub tasks: Tasks,
    /// How long a reply is written on when nobody listens.
    pub patience: Duration,
    /// How many messages of the conversation the model sees (B-54).
    pub n_turns: u64,
    /// How many tokens a dealer may spend in a day where it has no number of its own.
    pub tokens_per_day: Option<u64>,
}

/// Which reply to write.
#[derive(Clone, Debug)]
pub struct Order {
    /// For whom.
    pub dealer: Arc<Dealer>,
    /// What the visitor was shown of the dealer, in the language of the chat.
    pub view: Arc<DealerView>,
    /// Which reply.
    pub reply: ReplyId,
    /// The message that it answers.
    pub question_seq: u64,
}

impl Replier {
    /// Lists a reply in its conversation and begins to write it.
    pub fn begin(&self, thread: &Arc<Thread>, order: Order) -> Arc<Live> {
        let live = Arc::new(Live::new(order.reply.clone()));
        thread.add(Arc::clone(&live));
        let (replier, thread, writing) = (self.clone(), Arc::clone(thread), Arc::clone(&live));
        self.tasks.spawn("reply", async move { replier.write(&thread, &writing, &order).await });
        live
    }

    async fn write(&self, thread: &Thread, live: &Live, order: &Order) {
        let _turn = thread.turn.lock().await;
        let _open = Held::one(names::REPLIES_OPEN);
        let store = self.store.dealer(&order.dealer.id);
        let ending = match self.question(&store, thread, order).await {
            Ok(question) => self.speak(&store, thread, live, question).await,
            Err(_) => cut(),
        };
        count(&ending);
        let kept = self.keep(&store, thread, live, order, ending).await;
        let seq = kept.as_ref().ok().map(|ended| ended.message.seq);
        // Readers of the reply hear of its end before other tabs hear of a new message.
        live.end(kept);
        thread.withdraw(&live.id);
        if let Some(seq) = seq {
            thread.advance(seq);
        }
    }

    /// All that the answerer may know: the dealer's facts, the passages found, the last turns.
    async fn question(
        &self,
        store: &DealerStore,
        thread: &Thread,
        order: &Order,
    ) -> Result<Question, StoreError> {
        let after = order.question_seq.saturating_sub(self.n_turns);
        let limit = u32::try_from(self.n_turns).unwrap_or(u32::MAX);
        let mut turns: Vec<Turn> =
            store.history(&thread.id, after, limit).await?.into_iter().map(turn).collect();
        turns.retain(|turn| !turn.text.is_empty());
        let language = order.view.notice.lang.clone();
        let mut words: Vec<&str> = turns
            .iter()
            .rev()
            .filter(|turn| turn.author == AuthorKind::Visitor)
            .map(|turn| turn.text.as_str())
            .take(2)
            .collect();
        let latest = words.first().copied().unwrap_or_default();
        let dealer = &order.dealer.id;
        let mut passages = self.knowledge.find(dealer, &language, latest, PASSAGES).await?;
        if passages.is_empty() && words.len() == 2 {
            // "And how many owners?" makes sense only with the question before it.
            words.reverse();
            passages = self.knowledge.find(dealer, &language, &words.join("\n"), PASSAGES).await?;
        }
        let allowance = self.allowance(store, &order.dealer).await?;
        Ok(Question { facts: facts(order, language), turns, passages, allowance })
    }

    /// What the dealer may still spend today.
    async fn allowance(
        &self,
        store: &DealerStore,
        dealer: &Dealer,
    ) -> Result<Option<u64>, StoreError> {
        let Some(limit) = dealer.tokens_per_day.or(self.tokens_per_day) else { return Ok(None) };
        let spent = store.tokens_spent(&day(self.clock.now())).await?;
        Ok(Some(limit.saturating_sub(spent)))
    }

    /// Passes on what the answerer says until it ends, is stopped, or nobody listens.
    async fn speak(
        &self,
        store: &DealerStore,
        thread: &Thread,
        live: &Live,
        question: Question,
    ) -> Ending {
        let pieces = self.answerer.answer(question).ready_chunks(READY_PIECES);
        let killed = self.tasks.killed();
        let deserted = live.deserted(self.patience);
        let mut snapshots = tokio::time::interval(SNAPSHOT_EVERY);
        snapshots.set_missed_tick_behavior(MissedTickBehavior::Delay);
        snapshots.reset();
        pin!(pieces, deserted);
        let asked = self.clock.uptime();
        let mut is_first = true;
        let mut saved_bytes = 0;
        loop {
            select! {
                biased;
                () = live.stop.cancelled() => return cut(),
                () = killed.cancelled() => return cut(),
                () = &mut deserted => return cut(),
                said = pieces.next() => match said {
                    Some(said) => {
                        if let Some(ending) = pass_on(live, said) {
                            return ending;
                        }
                        if std::mem::take(&mut is_first) {
                            let waited = self.clock.uptime().saturating_sub(asked);
                            metrics::histogram!(names::FIRST_WORDS).record(waited);
                        }
                        // What comes in meanwhile leaves with the next frame (DESIGN §7).
                        tokio::task::yield_now().await;
                    }
                    None => return cut(),
                },
                _ = snapshots.tick() => {
                    let text = live.text();
                    let saved = saved_bytes < text.len()
                        && store.snapshot(&thread.id, &live.id, &text, by(live)).await.is_ok();
                    if saved {
                        saved_bytes = text.len();
                    }
                }
            }
        }
    }

    /// Puts the reply on disk. What can't be written now is tried again for a while: a reply that
    /// was seen should not be lost to a moment's trouble.
    async fn keep(
        &self,
        store: &DealerStore,
        thread: &Thread,
        live: &Live,
        order: &Order,
        ending: Ending,
    ) -> Result<Box<Ended>, Refusal> {
        let said = live.text();
        let finished = FinishedReply {
            conversation: thread.id.clone(),
            reply_id: live.id.clone(),
            text: if said.is_empty() { ending.text.unwrap_or_default() } else { said },
            finish: ending.finish,
            generator: by(live).to_owned(),
            sources: ending.sources,
            offer: ending.offer,
            prompt_tokens: ending.prompt_tokens,
            completion_tokens: ending.completion_tokens,
            policy: order.dealer.retention.clone(),
        };
        let mut wait = KEEP_WAIT;
        let mut tries = 1;
        loop {
            match store.finish_reply(finished.clone()).await {
                Ok(kept) => return Ok(ended(kept)),
                Err(error) if KEEP_TRIES <= tries || !error.retry() => return Err(refusal(&error)),
                Err(_) => tokio::time::sleep(wait).await,
            }
            tries += 1;
            wait *= 2;
        }
    }
}

/// Passes on the words of one batch; gives back the ending if it is there.
fn pass_on(live: &Live, said: Vec<Piece>) -> Option<Ending> {
    let mut words = Vec::with_capacity(said.len());
    let mut ending = None;
    for piece in said {
        match piece {
            Piece::By(generator) => {
                let _ = live.generator.set(generator);
            }
            Piece::Text(text) => words.push(text),
            Piece::End(end) => ending = Some(end),
        }
    }
    if live.push(words) {
        return ending;
    }
    Some(Ending { finish: Finish::Truncated, ..ending.unwrap_or_else(cut) })
}

/// Who writes a reply.
fn by(live: &Live) -> &str {
    live.generator.get().map_or(NO_GENERATOR, String::as_str)
}

/// Counts how a reply ended and what it cost.
fn count(ending: &Ending) {
    let finish = telemetry::word(ending.finish);
    metrics::counter!(names::REPLIES, "finish" => finish).increment(1);
    metrics::counter!(names::TOKENS, "direction" => "prompt").increment(ending.prompt_tokens);
    metrics::counter!(names::TOKENS, "direction" => "completion")
        .increment(ending.completion_tokens);
}

/// The ending of a reply that broke off.
fn cut() -> Ending {
    Ending {
        finish: Finish::Interrupted,
        prompt_tokens: 0,
        completion_tokens: 0,
        sources: Vec::new(),
        offer: Offer::None,
        text: None,
    }
}

fn turn(message: Message) -> Turn {
    Turn { author: message.author_kind, text: message.text }
}

fn facts(order: &Order, language: String) -> Facts {
    let contact = &order.view.contact;
    Facts {
        dealer_name: order.view.name.clone(),
        assistant: order.view.assistant.clone(),
        legal_name: order.dealer.legal.name.clone(),
        contact_lines: contact.phone.iter().chain(&contact.email).cloned().collect(),
        hours_lines: contact.hours.clone(),
        open_now: contact.open_now,
        address: order.dealer.legal.address.clone(),
        language,
    }
}

/// The day of a moment, in UTC.
fn day(now: Timestamp) -> String {
    now.to_jiff().strftime("%Y-%m-%d").to_string()
}

/// A reply that is kept, as sessions hear of it.
pub fn ended(kept: Kept) -> Box<Ended> {
    Box::new(Ended { message: kept.message, expires_at: kept.expires_at })
}

/// What a visitor is told of a store that does not keep.
pub fn refusal(error: &StoreError) -> Refusal {
    match error {
        StoreError::Full => Refusal::StorageFull,
        // What is damaged stays so: the visitor begins anew, and everyone else goes on.
        error if error.is_damage() => Refusal::ConversationEnded,
        _ => Refusal::StorageUnavailable,
    }
}
