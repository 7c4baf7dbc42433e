//! What the answerer may know of a conversation when it is asked: the dealer's facts, the passages
//! found, the last turns, the tokens that are left.

use protocol::{AuthorKind, Message, limits::MAX_UNANSWERED};

use crate::{
    domain::dealer::Dealer,
    limits::PASSAGES,
    llm::{Facts, Question, Turn},
    session::{
        reply::{Order, Replier},
        rows::DealerRows,
        spending::SetAside,
        thread::Thread,
    },
    store::StoreError,
};

impl Replier {
    /// All that the answerer may know, and what the answer may cost, set aside.
    pub(super) async fn question(
        &self,
        store: &dyn DealerRows,
        thread: &Thread,
        order: &Order,
    ) -> Result<(Question, Option<SetAside>), StoreError> {
        let turns = self.turns(store, thread, order.question_seq).await?;
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
        let mut question =
            Question { facts: facts(order, language), turns, passages, allowance: None };
        let limit = order.dealer.tokens_per_day.or(self.tokens_per_day);
        let Some(limit) = limit else { return Ok((question, None)) };
        let (allowance, set_aside) = self.allowance(store, &order.dealer, &question, limit).await?;
        question.allowance = Some(allowance);
        Ok((question, Some(set_aside)))
    }

    /// The last turns, the question last. An answer to an earlier question counts as said before
    /// this one, though it was kept after it; a question that was asked later does not count.
    async fn turns(
        &self,
        store: &dyn DealerRows,
        thread: &Thread,
        question_seq: u64,
    ) -> Result<Vec<Turn>, StoreError> {
        let after = question_seq.saturating_sub(self.n_turns);
        let limit = self.n_turns.saturating_add(2 * MAX_UNANSWERED as u64);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let messages = store.history(&thread.id, after, limit).await?;
        let (question, others): (Vec<Message>, Vec<Message>) =
            messages.into_iter().partition(|message| message.seq == question_seq);
        let counts = |message: &Message| {
            message.seq < question_seq || message.author_kind != AuthorKind::Visitor
        };
        let turns = others.into_iter().filter(counts).chain(question).map(turn);
        Ok(turns.filter(|turn| !turn.text.is_empty()).collect())
    }

    /// What the dealer may still spend today, beside what running replies may cost.
    async fn allowance(
        &self,
        store: &dyn DealerRows,
        dealer: &Dealer,
        question: &Question,
        limit: u64,
    ) -> Result<(u64, SetAside), StoreError> {
        let set_aside = self.spending.set_aside(&dealer.id, self.answerer.most(question));
        let spent = store.tokens_spent(&self.clock.now().day()).await?;
        let taken = spent.saturating_add(set_aside.by_others);
        Ok((limit.saturating_sub(taken), set_aside))
    }
}

fn turn(message: Message) -> Turn {
    Turn { author: message.author_kind, text: message.text }
}

/// The dealer's facts, in the language of the chat.
pub(super) fn facts(order: &Order, language: String) -> Facts {
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
