//! After a crash: each reply that was being written ends as `interrupted`, with what was kept of
//! it. The other file that crosses dealers (D6): it finds the replies, and ends each through its
//! own dealer.

use protocol::{ConversationId, DealerId, Finish, Offer, ReplyId};

use super::{DealerStore, FinishedReply, Kept, Store, StoreError, db::args, row, safe::Vault, sql};
use crate::{
    clock::Timestamp,
    crypt::Column,
    domain::{dealer::Dealer, retention::RetentionPolicy},
    limits::{CHARS_A_TOKEN, RECOVERY_BATCH},
};

/// dealer, conversation, reply, snapshot, generator, updated at, answers seq.
type OpenReply = (String, String, String, Option<Vec<u8>>, Option<String>, i64, i64);

/// The generator of a reply that ended before anyone wrote a word.
pub const NO_GENERATOR: &str = "none";

/// The generator that costs no tokens: `llm::DOCUMENTS`.
const FREE: &str = "documents";

impl Store {
    /// Ends every reply that a crash left open, with what was kept of it; answers how many. To be
    /// called once, before serving: it ends *all* that are running.
    pub async fn interrupt_open_replies(&self) -> Result<u64, StoreError> {
        let mut ended = 0;
        let mut after = (String::new(), 0);
        loop {
            let now = self.inner.time.now();
            let args = args![now, &after.0, after.1, RECOVERY_BATCH];
            let open: Result<Vec<OpenReply>, StoreError> =
                self.inner.readers.all(sql::OPEN_REPLIES, args).await;
            let open = match open {
                // As where nothing can be written: they end one by one.
                Err(error) if error.is_damage() => {
                    tracing::error!(%error, "Could not find the replies that a stop had cut off");
                    return Ok(ended);
                }
                open => open?,
            };
            let Some(last) = open.last() else { return Ok(ended) };
            after = (last.1.clone(), last.6);
            for reply in open {
                match self.interrupt(reply).await {
                    Ok(()) => ended += 1,
                    // It expired between the look and the end.
                    Err(StoreError::Gone) => {}
                    // One damaged conversation keeps no other from being served; it is told already.
                    Err(error) if error.is_damage() => {}
                    // Nothing can be written: each ends when its visitor comes back, or at the next
                    // start.
                    Err(error) if error.retry() => {
                        tracing::error!(%error, "Could not end the replies that a stop had cut off");
                        return Ok(ended);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    async fn interrupt(&self, reply: OpenReply) -> Result<(), StoreError> {
        let (dealer, conversation, reply_id, snapshot, generator, updated_at, _) = reply;
        let dealer = DealerId::parse(&dealer)
            .map_err(|_| row::inconsistent("replies", "dealer_id", &reply_id))?;
        let conversation = row::conversation_id(&conversation)?;
        let dealer_store = self.dealer(&dealer);
        let text = said(&dealer_store.vault(), &conversation, &reply_id, snapshot).await;
        let reply = row::reply_id(&reply_id)?;
        let finished = cut_short(conversation, reply, text, generator, self.policy(&dealer));
        // It ended when its last words were kept: the time of the restart lengthens nothing (G-10).
        let at = Timestamp::from_millis(updated_at);
        dealer_store.finish_reply_at(finished, at).await.map(drop)
    }

    /// The dealer's policy; where the dealer is being removed, the promise of each conversation
    /// holds, which no policy can lengthen.
    fn policy(&self, dealer: &DealerId) -> RetentionPolicy {
        let known = self.dealer_by_id(dealer);
        known.as_deref().map_or_else(fallback, |dealer: &Dealer| dealer.retention.clone())
    }
}

impl DealerStore {
    /// Ends one running reply that nobody writes any more, as a crash would have left it; answers
    /// what is kept of it. One that has ended by itself answers that.
    pub async fn end_reply(
        &self,
        conversation: &ConversationId,
        reply: &ReplyId,
        policy: &RetentionPolicy,
    ) -> Result<Kept, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let args = args![vault.dealer(), conversation.as_str(), reply.as_str(), now];
        let row: Option<(Option<Vec<u8>>, Option<String>)> =
            self.readers().optional(sql::SNAPSHOT, args).await?;
        let (snapshot, generator) = row.unwrap_or_default();
        let text = said(&vault, conversation, reply.as_str(), snapshot).await;
        let (conversation, reply) = (conversation.clone(), reply.clone());
        self.finish_reply(cut_short(conversation, reply, text, generator, policy.clone())).await
    }
}

/// What was kept of a reply's words. Where they can't be believed the reply ends without them: it
/// must end.
async fn said(
    vault: &Vault,
    conversation: &ConversationId,
    reply: &str,
    snapshot: Option<Vec<u8>>,
) -> String {
    let Some(sealed) = snapshot else { return String::new() };
    let opened = match vault.safe(conversation).await {
        Ok(safe) => safe.open(Column::ReplySnapshot, reply, &sealed),
        Err(error) => Err(error),
    };
    opened.unwrap_or_else(|error| {
        tracing::error!(%error, "The words of a cut reply can't be read; it ends without");
        String::new()
    })
}

/// A reply that a crash cut short.
fn cut_short(
    conversation: ConversationId,
    reply_id: ReplyId,
    text: String,
    generator: Option<String>,
    policy: RetentionPolicy,
) -> FinishedReply {
    let generator = generator.unwrap_or_else(|| NO_GENERATOR.to_owned());
    let completion_tokens = estimate(&generator, &text);
    FinishedReply {
        conversation,
        reply_id,
        text,
        finish: Finish::Interrupted,
        generator,
        sources: Vec::new(),
        offer: Offer::None,
        // Of the question's history nothing is at hand here, so its tokens stay uncounted: a crash
        // makes the day's count too low by them, never too high.
        prompt_tokens: 0,
        completion_tokens,
        policy,
    }
}

/// About how many tokens these words were: the count came with the end that they never had.
fn estimate(generator: &str, text: &str) -> u64 {
    if generator == FREE {
        return 0;
    }
    text.chars().count().div_ceil(CHARS_A_TOKEN) as u64
}

fn fallback() -> RetentionPolicy {
    RetentionPolicy::own(
        crate::domain::retention::Period::of_months(12),
        crate::domain::retention::Action::Delete,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{DOCUMENTS, wire::estimate_tokens};

    #[test]
    fn words_are_counted_as_the_models_are() {
        assert_eq!(estimate(DOCUMENTS, "The warranty is twelve months."), 0);
        for text in ["", "a", "Twölf months", "and so on and so on"] {
            assert_eq!(estimate("openai/gpt", text), estimate_tokens(text.chars().count()));
        }
    }
}
