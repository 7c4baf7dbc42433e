//! The task that writes a reply: asks the model once, keeps what is said, ends always.
//!
//! It belongs to the conversation, not to a socket: a visitor who comes back finds the same reply
//! going on. Nothing here is retried after the first word; that is `llm`'s to do before it.

use std::{sync::Arc, time::Duration};

use futures_util::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture},
};
use protocol::{Finish, Offer, ReplyId, dealer::DealerView};
use tokio::{pin, select, time::MissedTickBehavior};

use crate::{
    clock::{Clock, Timestamp},
    domain::dealer::Dealer,
    lifecycle::Tasks,
    limits::{KEEP_TRIES, KEEP_WAIT, READY_PIECES, SNAPSHOT_BEAT, SNAPSHOT_EVERY, UNKEPT_RETRY},
    llm::{Ending, Piece, Question, documents, meter::Meter},
    planted::Planted,
    redact::Redaction,
    session::{
        answers::{Answers, Passages},
        event::{Ended, Refusal},
        live::Live,
        offer::in_turn,
        question::{Asked, facts},
        rows::{DealerRows, Rows},
        spending::Spending,
        thread::Thread,
    },
    store::{FinishedReply, Kept, NO_GENERATOR, StoreError},
    telemetry::{self, Held, names},
};

/// Writes replies. Cheap to clone.
#[derive(Clone)]
pub struct Replier {
    /// Where words are kept.
    pub store: Arc<dyn Rows>,
    /// What a dealer's documents say.
    pub knowledge: Arc<dyn Passages<StoreError>>,
    /// Who answers.
    pub answerer: Arc<dyn Answers>,
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
    /// What running replies may still cost.
    pub spending: Spending,
    /// A known-wrong behaviour, for the controls of the fault rig.
    pub planted: Planted,
}

/// Which reply to write.
#[derive(Clone, Debug)]
pub struct Order {
    /// For whom.
    pub dealer: Arc<Dealer>,
    /// What the visitor was shown of the dealer, in the language of the chat.
    pub view: Arc<DealerView>,
    /// Whether the visitor was told that a model may get the words: a dealer that decides so later
    /// changes it for those who see its new notice.
    pub model_told: bool,
    /// How much the visitor was told is taken out of the words before a model gets them: a dealer that
    /// wants less taken out gets it from those who see its new notice.
    pub redaction_told: Redaction,
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
        // Queued here and not in the task, so that answers come in the order in which they began.
        let mut queued = Box::pin(Arc::clone(&thread.turn).lock_owned());
        let turn = queued.as_mut().now_or_never();
        self.tasks.spawn_work("reply", async move {
            let _turn = match turn {
                Some(turn) => turn,
                None => queued.await,
            };
            replier.write(&thread, &writing, &order).await;
        });
        live
    }

    async fn write(&self, thread: &Thread, live: &Live, order: &Order) {
        let _open = Held::one(names::REPLIES_OPEN);
        let mut listed = Listed { thread, live, kept: None };
        let store = self.store.dealer(&order.dealer.id);
        let question = self.question(&*store, thread, order).await;
        let (ending, _set_aside) = match question {
            Ok(Asked { question, offered, set_aside }) => {
                let intent = question.intent();
                let ending = self.speak(&*store, thread, live, question).await;
                (Ending { offer: in_turn(ending.offer, offered, intent), ..ending }, set_aside)
            }
            Err(error) => {
                tracing::error!(%error, reply = %live.id, "Could not read what a reply needs");
                (failed(order, self.clock.now()), None)
            }
        };
        count(&ending);
        if self.planted.is("non-terminal-reply") && ending.finish == Finish::Interrupted {
            return std::mem::forget(listed);
        }
        listed.kept = Some(self.keep(&*store, thread, live, order, ending).await);
    }

    /// Passes on what the answerer says until it ends, is stopped, or nobody listens.
    async fn speak(
        &self,
        store: &dyn DealerRows,
        thread: &Thread,
        live: &Live,
        question: Question,
    ) -> Ending {
        let meter = Meter::default();
        if self.planted.is("double-call") {
            drop(self.answerer.answer(question.clone(), meter.clone()).next().await);
        }
        let pieces = self.answerer.answer(question, meter.clone()).ready_chunks(READY_PIECES);
        let cut = || cut(live, &meter);
        let killed = self.tasks.killed();
        let deserted = live.deserted(self.patience);
        let mut snapshots = tokio::time::interval(SNAPSHOT_EVERY);
        snapshots.set_missed_tick_behavior(MissedTickBehavior::Skip);
        snapshots.reset_after(first_snapshot(self.clock.uptime()));
        // A snapshot is kept while words go on: a slow disk holds up nobody's answer.
        let saving = Fuse::terminated();
        pin!(pieces, deserted, saving);
        let asked = self.clock.uptime();
        let mut is_first = true;
        let mut saved_bytes = 0;
        loop {
            select! {
                biased;
                () = live.stop.cancelled() => return cut(),
                () = killed.cancelled() => return cut(),
                () = &mut deserted => return cut(),
                bytes = &mut saving => saved_bytes = saved_bytes.max(bytes),
                _ = snapshots.tick(), if saving.is_terminated() => {
                    if saved_bytes < live.len() {
                        saving.set(save(store, thread, live).fuse());
                    }
                }
                said = pieces.next() => match said {
                    Some(said) => {
                        if let Some(ending) = pass_on(live, said, cut) {
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
            }
        }
    }

    /// Puts the reply on disk. What can't be written now is tried again until it can, or until the
    /// relay ends; after a while its readers are told of the trouble. A reply that was seen must not
    /// be lost to a full disk, and where nobody reads, nobody else would ever end it.
    async fn keep(
        &self,
        store: &dyn DealerRows,
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
        let killed = self.tasks.killed();
        let mut wait = KEEP_WAIT;
        let mut tries = 1;
        loop {
            match store.finish_reply(finished.clone()).await {
                Ok(kept) => return Ok(ended(kept)),
                Err(error) if killed.is_cancelled() || !error.retry() => {
                    return Err(refusal(&error));
                }
                Err(error) if tries == KEEP_TRIES => live.end(Err(refusal(&error))),
                Err(_) => {}
            }
            // Woken by a kill, it tries once more.
            drop(tokio::time::timeout(wait, killed.cancelled()).await);
            tries += 1;
            wait = (wait * 2).min(UNKEPT_RETRY);
        }
    }
}

/// When the first snapshot of a reply is due that begins now: with those of other replies.
fn first_snapshot(now: Duration) -> Duration {
    let past_the_beat = now.as_nanos() % SNAPSHOT_BEAT.as_nanos();
    SNAPSHOT_EVERY.saturating_sub(Duration::from_nanos(u64::try_from(past_the_beat).unwrap_or(0)))
}

/// Passes on the words of one batch; gives back the ending if it is there.
fn pass_on(live: &Live, said: Vec<Piece>, cut: impl Fn() -> Ending) -> Option<Ending> {
    let mut words = Vec::with_capacity(said.len());
    let mut ending = None;
    for piece in said {
        match piece {
            Piece::By(author) => {
                let _ = live.author.set(author);
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
    live.author.get().map_or(NO_GENERATOR, |author| author.generator.as_str())
}

/// Counts how a reply ended and what it cost.
fn count(ending: &Ending) {
    let finish = telemetry::word(ending.finish);
    metrics::counter!(names::REPLIES, "finish" => finish).increment(1);
    metrics::counter!(names::TOKENS, "direction" => "prompt").increment(ending.prompt_tokens);
    metrics::counter!(names::TOKENS, "direction" => "completion")
        .increment(ending.completion_tokens);
}

/// Keeps what stands of a reply; answers how many bytes are kept, 0 where they could not be.
async fn save(store: &dyn DealerRows, thread: &Thread, live: &Live) -> usize {
    let text = live.text();
    let saved = store.snapshot(&thread.id, &live.id, &text, by(live)).await;
    saved.map_or(0, |()| text.len())
}

/// The ending of a reply that is cut where it stands.
fn cut(live: &Live, meter: &Meter) -> Ending {
    let cost = meter.of_cut(&live.text());
    Ending {
        finish: Finish::Interrupted,
        prompt_tokens: cost.prompt,
        completion_tokens: cost.completion,
        sources: Vec::new(),
        offer: Offer::None,
        text: None,
    }
}

/// The ending of a reply that could not be begun: says so, and how a person is reached.
fn failed(order: &Order, now: Timestamp) -> Ending {
    let language = order.view.notice.lang.clone();
    Ending {
        finish: Finish::Failed,
        prompt_tokens: 0,
        completion_tokens: 0,
        sources: Vec::new(),
        offer: Offer::Lead,
        text: Some(documents::unavailable(&facts(order, language, now))),
    }
}

/// A reply that stands in its thread's list. However its task ends, by a panic too, readers hear
/// of an end and the reply leaves the list.
struct Listed<'a> {
    thread: &'a Thread,
    live: &'a Live,
    /// What is kept, once it is.
    kept: Option<Result<Box<Ended>, Refusal>>,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let kept = self.kept.take().unwrap_or(Err(Refusal::StorageUnavailable));
        let seq = kept.as_ref().ok().map(|ended| ended.message.seq);
        // Readers of the reply hear of its end before other tabs hear of a new message.
        self.live.end(kept);
        self.thread.withdraw(&self.live.id);
        if let Some(seq) = seq {
            self.thread.advance(seq);
        }
    }
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
        // It expired or was deleted meanwhile.
        StoreError::Gone => Refusal::ConversationEnded,
        _ => Refusal::StorageUnavailable,
    }
}

#[cfg(test)]
mod tests {
    use protocol::ConversationId;

    use super::*;
    use crate::session::thread::Threads;

    #[test]
    fn the_snapshots_of_all_replies_fall_on_the_same_moments_and_none_is_late() {
        for begun in [0, 1, 24_999_999, 25_000_000, 1_234_567_890_123] {
            let begun = Duration::from_nanos(begun);
            let wait = first_snapshot(begun);
            assert_eq!((begun + wait).as_nanos() % SNAPSHOT_BEAT.as_nanos(), 0, "{begun:?}");
            assert!(SNAPSHOT_EVERY < wait + SNAPSHOT_BEAT && wait <= SNAPSHOT_EVERY, "{wait:?}");
        }
        // Then each beat is one of theirs again.
        assert_eq!(SNAPSHOT_EVERY.as_nanos() % SNAPSHOT_BEAT.as_nanos(), 0);
    }

    #[tokio::test]
    async fn a_reply_whose_task_panics_leaves_no_reader_waiting() {
        let thread = Threads::default().of(&ConversationId::from_bytes(&[1; 16]));
        let live = Arc::new(Live::new(ReplyId::from_bytes(&[2; 16])));
        thread.add(Arc::clone(&live));
        let mut reader = live.listen();
        let (tasks, held) = (Tasks::new(), Arc::clone(&thread));
        tasks.spawn("reply", async move {
            let _listed = Listed { thread: &held, live: &live, kept: None };
            panic!("planted");
        });
        let heard = reader.wait_for(|progress| progress.ended.is_some()).await.unwrap();
        assert!(matches!(heard.ended, Some(Err(Refusal::StorageUnavailable))));
        assert_eq!(thread.n_replies(), 0);
    }
}
