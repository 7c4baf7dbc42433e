//! Reading a conversation: by its token, and its messages in order. What is past `expires_at` is
//! not there (G-15), swept or not.

use protocol::{ConversationId, Message, ReplyId, SessionToken};

use super::{
    DealerStore, StoreError,
    chain::{Link, damaged},
    conversation::ConversationRow,
    db::{Conn, args},
    row::{self, MessageRow},
    safe::Vault,
    sql,
    token::TokenHash,
};
use crate::clock::Timestamp;

/// A conversation that can be shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The place of its last message; 0 where it has only a lead.
    pub last_seq: u64,
    /// When its last message came.
    pub last_at: Timestamp,
    /// When it will be gone.
    pub expires_at: Timestamp,
    /// The oldest reply that is being written.
    pub running_reply: Option<ReplyId>,
}

#[derive(sqlx::FromRow)]
struct Resumed {
    #[sqlx(flatten)]
    conversation: ConversationRow,
    running: Option<String>,
}

/// A message, its hash, and what its conversation says of the end.
#[derive(sqlx::FromRow)]
pub(super) struct Chained {
    #[sqlx(flatten)]
    pub(super) message: MessageRow,
    chain: Option<Vec<u8>>,
    next_seq: i64,
    last_chain: Option<Vec<u8>>,
}

impl DealerStore {
    /// The conversation of this token; `None` where there is none, or no longer.
    pub async fn resume(&self, token: &SessionToken) -> Result<Option<Conversation>, StoreError> {
        let hash = TokenHash::of(token);
        let (vault, args) = (self.vault(), args![self.id().as_str(), &hash]);
        let found = match self.readers().optional::<Resumed>(sql::RESUME, args).await? {
            None => self.look_again(&vault, &hash).await?,
            found => found,
        };
        let Some(found) = found else { return Ok(None) };
        let running = found.running;
        let found = found.conversation.checked(&vault, Some(&hash))?;
        if found.is_over(self.now()) {
            return Ok(None);
        }
        Ok(Some(Conversation {
            last_seq: row::seq(found.row.next_seq - 1),
            last_at: found.last_at(),
            expires_at: found.expires_at(),
            running_reply: running.as_deref().map(row::reply_id).transpose()?,
            id: found.id,
        }))
    }

    /// The same by the other index, where the first has found nothing.
    async fn look_again(
        &self,
        vault: &Vault,
        hash: &TokenHash,
    ) -> Result<Option<Resumed>, StoreError> {
        let args = args![self.id().as_str(), hash];
        let known: Option<(String,)> = self.readers().optional(sql::KNOWN_AGAIN, args).await?;
        if known.is_none() {
            return Ok(None);
        }
        // Unless it came between the two looks.
        match self.readers().optional(sql::RESUME, args).await? {
            None => stranger(vault, known).map(|()| None),
            found => Ok(found),
        }
    }

    /// The messages after `after_seq`, oldest first, at most `limit`: none is missing between them
    /// or after them, and each is what was written.
    pub async fn history(
        &self,
        conversation: &ConversationId,
        after_seq: u64,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        self.history_at(conversation, after_seq, limit, self.now()).await
    }

    /// The same, as it could be read at a moment.
    pub(super) async fn history_at(
        &self,
        conversation: &ConversationId,
        after_seq: u64,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Message>, StoreError> {
        let (dealer, id) = (self.id().as_str(), conversation.as_str());
        let (after, vault) = (row::count(after_seq), self.vault());
        // One more: the message at that place, on whose hash the next one rests.
        let n_wanted = i64::from(limit) + i64::from(0 < after);
        let args = args![dealer, id, after, now, n_wanted];
        let mut rows: Vec<Chained> = self.readers().all(sql::HISTORY, args).await?;
        if vault.verifies() && rows.is_empty() && 0 < n_wanted {
            let known: Option<(i64,)> =
                self.readers().optional(sql::NEXT_SEQ, args![dealer, id, now]).await?;
            if known.is_some_and(|(next_seq,)| after.max(1) < next_seq) {
                // Unless it came between the two looks.
                rows = self.readers().all(sql::HISTORY, args).await?;
                if rows.is_empty() {
                    return Err(damaged(id, "a message is missing"));
                }
            }
        }
        if vault.verifies() {
            let is_whole = row::count(rows.len() as u64) < n_wanted;
            check(&rows, dealer, id, after, is_whole)?;
        }
        let wanted = |found: &Chained| after < found.message.seq;
        if !rows.iter().any(wanted) {
            return Ok(Vec::new());
        }
        let safe = vault.safe(conversation).await?;
        let found = rows.into_iter().filter(wanted);
        found.map(|found| row::message(&safe, found.message)).collect()
    }
}

/// Checks that nothing is missing and that each message is what was written. `is_whole`: the rows
/// go to the end of the conversation.
pub(super) fn check(
    rows: &[Chained],
    dealer: &str,
    id: &str,
    after: i64,
    is_whole: bool,
) -> Result<(), StoreError> {
    let mut before: Option<Link> = None;
    for (found, seq) in rows.iter().zip(after.max(1)..) {
        if found.message.seq != seq {
            return Err(damaged(id, "a message is missing"));
        }
        let link = Link::read(found.chain.clone(), id)?;
        let wanted = found.message.facts(dealer, id).after(before.as_ref());
        let is_right = match (&link, &before) {
            // What is not shown is not judged: what it rests on was not read.
            _ if seq <= after => true,
            (Some(link), _) => *link == wanted,
            // Rows of an older relay come first.
            (None, None) => true,
            (None, Some(_)) => false,
        };
        if !is_right {
            return Err(damaged(id, "the hash of a message"));
        }
        before = link;
    }
    let Some(last) = rows.last().filter(|_| is_whole) else { return Ok(()) };
    let is_last = last.next_seq == last.message.seq + 1;
    if is_last && Link::read(last.last_chain.clone(), id)? == before {
        Ok(())
    } else {
        Err(damaged(id, "the last message is missing"))
    }
}

/// Whether nobody has this token, as far as the other index knows, too.
fn stranger(vault: &Vault, again: Option<(String,)>) -> Result<(), StoreError> {
    match again {
        Some((id,)) if vault.verifies() => Err(damaged(&id, "an index has lost it")),
        _ => Ok(()),
    }
}

impl Conn {
    /// Makes sure that nobody has this token which the first index doesn't know.
    pub(super) async fn is_stranger(
        &mut self,
        vault: &Vault,
        hash: &TokenHash,
    ) -> Result<(), StoreError> {
        stranger(vault, self.optional(sql::KNOWN_AGAIN, args![vault.dealer(), hash]).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Stage;

    #[tokio::test]
    async fn a_conversation_that_begins_between_two_looks_is_no_damage() {
        let stage = Stage::new().await;
        let (ours, token) = (stage.ours(), stage.token());
        let (vault, hash) = (ours.vault(), TokenHash::of(&token));
        assert!(ours.look_again(&vault, &hash).await.unwrap().is_none());
        // The first look has found nothing; then this is committed.
        stage.answered(&token).await;
        assert!(ours.look_again(&vault, &hash).await.unwrap().is_some());
    }
}
