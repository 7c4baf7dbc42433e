//! A reply on its way: its snapshots, its end as a message, another try. Each reply that was
//! begun ends, once.

use protocol::limits::MAX_MESSAGES;
use protocol::{AuthorKind, ConversationId, Finish, Message, Offer, ReplyId, Source};

use super::{
    DealerStore, StoreError,
    chain::MessageFacts,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    row::{self, MessageRow},
    safe::Vault,
    sql,
};
use crate::{
    clock::Timestamp, crypt::Column, domain::retention::RetentionPolicy, limits::REOPEN_WINDOW,
};

/// A reply that has ended, on its way in.
#[derive(Clone)]
pub struct FinishedReply {
    /// The conversation.
    pub conversation: ConversationId,
    /// The reply; the same for each try.
    pub reply_id: ReplyId,
    /// The whole of it.
    pub text: String,
    /// How it ended.
    pub finish: Finish,
    /// What wrote it (C-10).
    pub generator: String,
    /// On what it rests.
    pub sources: Vec<Source>,
    /// What it offers.
    pub offer: Offer,
    /// What it cost.
    pub prompt_tokens: u64,
    /// What it cost.
    pub completion_tokens: u64,
    /// The dealer's policy now.
    pub policy: RetentionPolicy,
}

/// Prints ids and lengths, never the words.
impl std::fmt::Debug for FinishedReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishedReply")
            .field("reply_id", &self.reply_id)
            .field("text_chars", &self.text.chars().count())
            .field("finish", &self.finish)
            .finish_non_exhaustive()
    }
}

/// A reply that is kept, on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The message that it became.
    pub message: Message,
    /// When the conversation will be gone if nothing more is said.
    pub expires_at: Timestamp,
}

/// What is known before: the conversation, the state of the reply.
#[derive(sqlx::FromRow)]
struct Before {
    #[sqlx(flatten)]
    conversation: ConversationRow,
    state: String,
}

/// seq, finish, answers seq, next seq, last at, count of running replies.
type BeforeRetry = (i64, Option<String>, i64, i64, i64, i64);

impl DealerStore {
    /// Keeps what is written so far of a running reply, and who writes it. One that has ended or is no
    /// longer there takes no more: that is no error, since the end may overtake its last snapshot.
    pub async fn snapshot(
        &self,
        conversation: &ConversationId,
        reply: &ReplyId,
        text: &str,
        generator: &str,
    ) -> Result<(), StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let safe = match vault.any_safe(conversation).await {
            Ok(Some(safe)) => safe,
            Ok(None) | Err(StoreError::Gone) => return Ok(()),
            Err(error) => return Err(error),
        };
        let sealed = safe.seal(Column::ReplySnapshot, reply.as_str(), text);
        let (conversation, reply) = (conversation.clone(), reply.clone());
        let generator = generator.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                let (dealer, id) = (vault.dealer(), conversation.as_str());
                let args = args![dealer, id, reply.as_str(), &sealed, &generator, now];
                conn.execute(sql::UPDATE_SNAPSHOT, args).await.map(drop)
            })
        })
        .await
    }

    /// Keeps a reply as a message, ends it, adds up what it cost and moves the conversation's end,
    /// in one transaction. A repeat answers what is kept. [`StoreError::Gone`] where the
    /// conversation has expired or been deleted meanwhile.
    pub async fn finish_reply(&self, reply: FinishedReply) -> Result<Kept, StoreError> {
        let now = self.now();
        self.finish_reply_at(reply, now).await
    }

    /// The same for a reply that had ended at `at` already.
    pub(super) async fn finish_reply_at(
        &self,
        reply: FinishedReply,
        at: Timestamp,
    ) -> Result<Kept, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        self.write(move |conn| Box::pin(finish(conn, vault, reply, at, now))).await
    }

    /// Begins another try at a reply that ended badly and is the last message. Answers the place
    /// of the question, or `None` where there is nothing to try again.
    pub async fn retry(
        &self,
        conversation: &ConversationId,
        old: &ReplyId,
        new: &ReplyId,
    ) -> Result<Option<u64>, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let (conversation, old, new) = (conversation.clone(), old.clone(), new.clone());
        self.write(move |conn| {
            Box::pin(async move {
                let (dealer, id) = (vault.dealer(), conversation.as_str());
                let args = args![dealer, id, old.as_str(), now];
                let before = conn.optional::<BeforeRetry>(sql::BEFORE_RETRY, args).await?;
                let Some(question) = before.and_then(|before| question(before, now)) else {
                    return Ok(None);
                };
                let args = args![dealer, id, new.as_str(), question, now];
                conn.execute_one(sql::INSERT_REPLY, args).await?;
                Ok(Some(row::seq(question)))
            })
        })
        .await
    }
}

/// The place of the question that may be asked again.
fn question(before: BeforeRetry, now: Timestamp) -> Option<i64> {
    let (seq, finish, answers_seq, next_seq, last_at, running) = before;
    let is_last = seq + 1 == next_seq;
    let ended_badly = finish.as_deref() != Some(row::finish_word(Finish::Complete));
    let is_open = now <= row::at(last_at).plus(REOPEN_WINDOW);
    let has_room = next_seq <= row::count(MAX_MESSAGES);
    (is_last && ended_badly && is_open && has_room && running == 0).then_some(answers_seq)
}

async fn finish(
    conn: &mut Conn,
    vault: Vault,
    reply: FinishedReply,
    at: Timestamp,
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let (dealer, id) = (vault.dealer(), reply.conversation.as_str());
    let args = args![dealer, id, reply.reply_id.as_str(), now];
    let before: Before = conn.optional(sql::BEFORE_FINISH, args).await?.ok_or(StoreError::Gone)?;
    let found = before.conversation.checked(&vault, None)?;
    if before.state != "running" {
        return finished(conn, &vault, &reply, now).await;
    }
    let expires_at = insert(conn, &vault, &reply, &found, at).await?;
    Ok(Kept { message: message(reply, row::seq(found.row.next_seq), at), expires_at })
}

/// Writes the rows of an end; answers when the conversation will be gone.
async fn insert(
    conn: &mut Conn,
    vault: &Vault,
    reply: &FinishedReply,
    found: &Intact,
    at: Timestamp,
) -> Result<Timestamp, StoreError> {
    let last_at = found.last_at().max(at);
    let (conversation, seq) = (&reply.conversation, found.row.next_seq);
    let safe = vault.safe_in(conn, conversation).await?;
    let body = safe.seal(Column::MessageBody, &seq.to_string(), &reply.text);
    let sources = sources(reply)?;
    let day = at.day();
    let facts = MessageFacts {
        dealer: vault.dealer(),
        conversation: conversation.as_str(),
        seq,
        author_kind: row::AI,
        client_msg_id: None,
        reply_id: Some(reply.reply_id.as_str()),
        body: body.as_bytes(),
        at: at.millis(),
        finish: Some(row::finish_word(reply.finish)),
        generator: Some(&reply.generator),
        sources: sources.as_deref(),
        offer: Some(row::offer_word(reply.offer)),
    };
    let link = facts.after(found.chain.as_ref());
    let (after, seal) = found.after(&link, last_at, &reply.policy);
    let args = args![
        vault.dealer(),
        conversation.as_str(),
        seq,
        reply.reply_id.as_str(),
        &body,
        at,
        after.expires_at,
        &after.period,
        row::finish_word(reply.finish),
        &reply.generator,
        sources.as_deref(),
        row::offer_word(reply.offer),
        &day,
        row::count(reply.prompt_tokens),
        row::count(reply.completion_tokens),
        last_at,
        &link,
        &seal,
        after.policy.as_deref(),
    ];
    conn.batch(&sql::FINISH, args).await?;
    Ok(row::at(after.expires_at))
}

/// What an ended reply is kept as.
async fn finished(
    conn: &mut Conn,
    vault: &Vault,
    reply: &FinishedReply,
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let (dealer, id) = (vault.dealer(), reply.conversation.as_str());
    let args = args![dealer, id, reply.reply_id.as_str(), now];
    let found: WithExpiry = conn.optional(sql::FINISHED, args).await?.ok_or(StoreError::Gone)?;
    let safe = vault.safe_in(conn, &reply.conversation).await?;
    let message = row::message(&safe, found.message)?;
    Ok(Kept { message, expires_at: row::at(found.expires_at) })
}

/// A message and the end of its conversation.
#[derive(sqlx::FromRow)]
struct WithExpiry {
    #[sqlx(flatten)]
    message: MessageRow,
    expires_at: i64,
}

fn sources(reply: &FinishedReply) -> Result<Option<String>, StoreError> {
    if reply.sources.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&reply.sources)
        .map(Some)
        .map_err(|_| row::inconsistent("messages", "sources", reply.reply_id.as_str()))
}

fn message(reply: FinishedReply, seq: u64, at: Timestamp) -> Message {
    Message {
        seq,
        author_kind: AuthorKind::Ai,
        text: super::db::clean(&reply.text),
        at: at.millis(),
        client_msg_id: None,
        reply_id: Some(reply.reply_id),
        finish: Some(reply.finish),
        generator: Some(reply.generator),
        sources: reply.sources,
        offer: reply.offer,
    }
}
