//! Reading a conversation: by its token, and its messages in order. What is past `expires_at` is
//! not there (G-15), swept or not.

use protocol::{ConversationId, Message, ReplyId, SessionToken};

use super::{
    DealerStore, StoreError,
    db::args,
    row::{self, MessageRow},
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

type Resumed = (String, i64, i64, i64, Option<String>);

impl DealerStore {
    /// The conversation of this token; `None` where there is none, or no longer.
    pub async fn resume(&self, token: &SessionToken) -> Result<Option<Conversation>, StoreError> {
        let hash = TokenHash::of(token);
        let args = args![self.id().as_str(), &hash, self.now()];
        let Some(found) = self.readers().optional::<Resumed>(sql::RESUME, args).await? else {
            return Ok(None);
        };
        let (id, last_seq, last_at, expires_at, running) = found;
        Ok(Some(Conversation {
            id: row::conversation_id(&id)?,
            last_seq: row::seq(last_seq),
            last_at: row::at(last_at),
            expires_at: row::at(expires_at),
            running_reply: running.as_deref().map(row::reply_id).transpose()?,
        }))
    }

    /// The messages after `after_seq`, oldest first, at most `limit`.
    pub async fn history(
        &self,
        conversation: &ConversationId,
        after_seq: u64,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let (dealer, now) = (self.id().as_str(), self.now());
        let (after, limit) = (row::count(after_seq), i64::from(limit));
        let args = args![dealer, conversation.as_str(), after, now, limit];
        let rows: Vec<MessageRow> = self.readers().all(sql::HISTORY, args).await?;
        let vault = self.vault();
        rows.into_iter().map(|found| row::message(&vault, conversation, found)).collect()
    }
}
