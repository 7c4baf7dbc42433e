//! What the answerer may know of a conversation when it is asked: the dealer's facts, the passages
//! found, the last turns, the tokens that are left.

use protocol::{AuthorKind, DealerId, Message, Offer, limits::MAX_UNANSWERED};

use crate::{
    clock::Timestamp,
    domain::{
        dealer::{Dealer, DealerProvider},
        passage::Passage,
        view,
    },
    knowledge::lexicon::FINANCE,
    limits::PASSAGES,
    llm::{
        Facts, Question, Turn,
        intent::{self, Intent},
    },
    session::{
        reply::{Order, Replier},
        rows::DealerRows,
        spending::SetAside,
        thread::Thread,
    },
    store::StoreError,
    telemetry::names,
};

/// A question, and what the rest of its reply needs to know.
pub(super) struct Asked {
    /// The question.
    pub(super) question: Question,
    /// What the reply before it offers.
    pub(super) offered: Offer,
    /// What the reply may cost, set aside until it is kept.
    pub(super) set_aside: Option<SetAside>,
}

impl Replier {
    /// All that the answerer may know, and what the answer may cost, set aside.
    pub(super) async fn question(
        &self,
        store: &dyn DealerRows,
        thread: &Thread,
        order: &Order,
    ) -> Result<Asked, StoreError> {
        let (turns, offered) = self.turns(store, thread, order.question_seq).await?;
        let language = order.view.notice.lang.clone();
        let passages = self.passages(&order.dealer.id, &language, &turns).await?;
        let facts = facts(order, language, self.clock.now());
        let mut question = Question {
            facts,
            turns,
            passages,
            model_allowed: order.model_told && order.dealer.provider == DealerProvider::Relay,
            redaction: order.redaction_told.max(order.dealer.redaction),
            allowance: None,
        };
        let limit = order.dealer.tokens_per_day.or(self.tokens_per_day);
        let Some(limit) = limit else { return Ok(Asked { question, offered, set_aside: None }) };
        let (allowance, set_aside) = self.allowance(store, &order.dealer, &question, limit).await?;
        question.allowance = Some(allowance);
        Ok(Asked { question, offered, set_aside: Some(set_aside) })
    }

    /// What the dealer's documents say on the last question.
    async fn passages(
        &self,
        dealer: &DealerId,
        language: &str,
        turns: &[Turn],
    ) -> Result<Vec<Passage>, StoreError> {
        let intent = intent::of_last(turns);
        if intent.is_small_talk() {
            return Ok(Vec::new());
        }
        let asked = turns.iter().rev().filter(|turn| turn.author == AuthorKind::Visitor);
        let mut asked = asked.map(|turn| turn.text.as_str());
        let latest = asked.next().unwrap_or_default();
        let mut passages = self.knowledge.find(dealer, language, latest, PASSAGES).await?;
        if intent == Intent::Finance {
            // The dealer's own text on finance, whatever the visitor calls it (C-40).
            for word in FINANCE {
                passages.extend(self.knowledge.find(dealer, language, word, PASSAGES).await?);
            }
        } else if let Some(before) = asked.next().filter(|_| passages.is_empty()) {
            passages =
                self.knowledge.find_after(dealer, language, before, latest, PASSAGES).await?;
        }
        Ok(passages)
    }

    /// The last turns, the question last, and what the last reply before it offers. An answer to an earlier question counts as said before
    /// this one, though it was kept after it; a question that was asked later does not count.
    async fn turns(
        &self,
        store: &dyn DealerRows,
        thread: &Thread,
        question_seq: u64,
    ) -> Result<(Vec<Turn>, Offer), StoreError> {
        let after = question_seq.saturating_sub(self.n_turns);
        let limit = self.n_turns.saturating_add(2 * MAX_UNANSWERED as u64);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let messages = store.history(&thread.id, after, limit).await?;
        let (question, others): (Vec<Message>, Vec<Message>) =
            messages.into_iter().partition(|message| message.seq == question_seq);
        let counts = |message: &Message| {
            message.seq < question_seq || message.author_kind != AuthorKind::Visitor
        };
        let said: Vec<Message> = others.into_iter().filter(counts).chain(question).collect();
        let last = said.iter().rev().find(|message| message.author_kind == AuthorKind::Ai);
        let offered = last.map_or(Offer::None, |reply| reply.offer);
        let turns = said.into_iter().map(turn).filter(|turn| !turn.text.is_empty());
        Ok((turns.collect(), offered))
    }

    /// What the dealer may still spend today, beside what running replies may cost.
    async fn allowance(
        &self,
        store: &dyn DealerRows,
        dealer: &Dealer,
        question: &Question,
        limit: u64,
    ) -> Result<(u64, SetAside), StoreError> {
        let most = self.answerer.most(question);
        let set_aside = self.spending.set_aside(&dealer.id, most);
        let day = store.now().day();
        let spent = store.tokens_spent(&day).await?;
        let allowance = limit.saturating_sub(spent.saturating_add(set_aside.by_others));
        if allowance < most {
            metrics::counter!(names::BUDGET_SPENT).increment(1);
            if self.spending.ends_first(&dealer.id, &day) {
                tracing::info!(dealer = %dealer.id, spent, limit, "The dealer's tokens of the day are spent: its documents answer until midnight UTC");
            }
        }
        Ok((allowance, set_aside))
    }
}

fn turn(message: Message) -> Turn {
    Turn { author: message.author_kind, text: message.text }
}

/// The dealer's facts as they are now, in the language of the chat: a chat may be open for hours.
pub(super) fn facts(order: &Order, language: String, now: Timestamp) -> Facts {
    let dealer = &order.dealer;
    Facts {
        dealer_name: order.view.name.clone(),
        assistant: order.view.assistant.clone(),
        legal_name: dealer.legal.name.clone(),
        contact_lines: view::contact_lines(dealer),
        hours_lines: view::hours_lines(dealer, &language, now),
        open_now: view::open_now(dealer, now),
        address: dealer.legal.address.clone(),
        language,
        forms: dealer.forms.iter().map(|form| form.kind).collect(),
    }
}
