//! A visitor's message goes in: once, in order, with the reply that is owed to it.

use protocol::{ClientMsgId, ConversationId, ReplyId, SessionToken, SiteKey, limits::MAX_MESSAGES};

use super::{
    DealerStore, StoreError,
    db::{Conn, args},
    dealer::Vault,
    row, sql,
    token::TokenHash,
};
use crate::{
    clock::Timestamp,
    crypt::Column,
    domain::retention::{Period, RetentionPolicy},
    limits::REOPEN_WINDOW,
    random,
};

/// A visitor's message, on its way in.
#[derive(Clone)]
pub struct Words {
    /// The browser's proof of the conversation; makes one where there is none.
    pub token: SessionToken,
    /// The site on which it was written.
    pub site: SiteKey,
    /// The language of the chat.
    pub locale: String,
    /// What the visitor had been told.
    pub notice_version: String,
    /// The build of the widget.
    pub build: String,
    /// The client's id: the same for each try.
    pub client_msg_id: ClientMsgId,
    /// The words.
    pub text: String,
    /// A fresh id for the reply that is owed.
    pub reply_id: ReplyId,
    /// The dealer's policy now.
    pub policy: RetentionPolicy,
}

/// Prints ids and lengths, never the words or the token.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words")
            .field("client_msg_id", &self.client_msg_id)
            .field("text_chars", &self.text.chars().count())
            .finish_non_exhaustive()
    }
}

impl Words {
    fn opening(&self) -> Opening<'_> {
        Opening {
            site: &self.site,
            locale: &self.locale,
            notice_version: &self.notice_version,
            build: &self.build,
            policy: &self.policy,
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is kept, on disk.
    Kept {
        /// The conversation that it belongs to.
        conversation: ConversationId,
        /// Its place; the same for each try.
        seq: u64,
        /// When it was kept.
        at: Timestamp,
        /// When the conversation will be gone if nothing more is said.
        expires_at: Timestamp,
        /// The reply that is being written to it; `None` where it had been answered before.
        reply: Option<ReplyId>,
        /// False where it had been kept before.
        fresh: bool,
    },
    /// The conversation has ended or expired: a new one begins with a new token.
    Ended,
    /// The conversation has as many messages as it may.
    Full,
}

/// id, next seq, last at, expires at, period, seq and time of the same message, its running reply,
/// count of running replies.
type Before = (String, i64, i64, i64, String, Option<i64>, Option<i64>, Option<String>, i64);

/// Where the message goes.
struct Target {
    conversation: ConversationId,
    seq: i64,
    period: Period,
}

impl DealerStore {
    /// Keeps a message, its place and the reply owed to it, in one transaction.
    pub async fn append(&self, words: Words) -> Result<Append, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let fresh = ConversationId::from_bytes(&random::bytes(self.random()));
        self.write(move |conn| Box::pin(append(conn, vault, words, fresh, now))).await
    }
}

async fn append(
    conn: &mut Conn,
    vault: Vault,
    words: Words,
    fresh: ConversationId,
    now: Timestamp,
) -> Result<Append, StoreError> {
    let hash = TokenHash::of(&words.token);
    let args = args![vault.dealer(), &hash, words.client_msg_id.as_str()];
    let target = if let Some(before) = conn.optional(sql::BEFORE_APPEND, args).await? {
        match place(before, now)? {
            Ok(target) => target,
            Err(known) => return Ok(known),
        }
    } else {
        words.opening().keep(conn, &vault, &fresh, &hash, now).await?;
        Target { conversation: fresh, seq: 1, period: words.policy.period }
    };
    let (period, expires_at) = promise(target.period, words.policy.period, now);
    let (id, seq) = (&target.conversation, target.seq);
    let body = vault.seal(id, Column::MessageBody, &seq.to_string(), &words.text);
    let (message, reply) = (words.client_msg_id.as_str(), words.reply_id.as_str());
    let dealer = vault.dealer();
    let period = period.to_string();
    let args = args![dealer, id.as_str(), seq, message, &body, now, expires_at, &period, reply];
    conn.batch(&sql::APPEND, args).await?;
    Ok(Append::Kept {
        conversation: target.conversation,
        seq: row::seq(seq),
        at: now,
        expires_at,
        reply: Some(words.reply_id),
        fresh: true,
    })
}

/// Where the next message of a known conversation goes, or why there is none.
fn place(before: Before, now: Timestamp) -> Result<Result<Target, Append>, StoreError> {
    let (id, next_seq, last_at, expires_at, period, seq, at, reply, running) = before;
    let conversation = row::conversation_id(&id)?;
    let (last_at, expires_at) = (row::at(last_at), row::at(expires_at));
    if expires_at <= now {
        return Ok(Err(Append::Ended));
    }
    if let (Some(seq), Some(at)) = (seq, at) {
        let reply = reply.as_deref().map(row::reply_id).transpose()?;
        let (seq, at) = (row::seq(seq), row::at(at));
        return Ok(Err(Append::Kept { conversation, seq, at, expires_at, reply, fresh: false }));
    }
    if last_at.plus(REOPEN_WINDOW) < now {
        return Ok(Err(Append::Ended));
    }
    // Room is kept for each answer that is owed, this one's too.
    if row::count(MAX_MESSAGES) < next_seq + running + 1 {
        return Ok(Err(Append::Full));
    }
    let period = row::period(&period, &id)?;
    Ok(Ok(Target { conversation, seq: next_seq, period }))
}

/// What a conversation knows of its beginning.
pub(super) struct Opening<'a> {
    pub(super) site: &'a SiteKey,
    pub(super) locale: &'a str,
    pub(super) notice_version: &'a str,
    pub(super) build: &'a str,
    pub(super) policy: &'a RetentionPolicy,
}

impl Opening<'_> {
    /// Keeps the new conversation; answers when it expires.
    pub(super) async fn keep(
        &self,
        conn: &mut Conn,
        vault: &Vault,
        id: &ConversationId,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let expires_at = self.policy.expires_at(now);
        let period = self.policy.period.to_string();
        let (dealer, site) = (vault.dealer(), self.site.as_str());
        let args = args![
            dealer,
            id.as_str(),
            site,
            hash,
            self.locale,
            self.notice_version,
            self.build,
            &period,
            now,
            expires_at
        ];
        conn.execute_one(sql::INSERT_CONVERSATION, args).await?;
        Ok(expires_at)
    }
}

/// The period and the end that hold after a message at `at`: the shorter of what was promised and
/// what is policy now. A longer policy never lengthens what is stored (G-43).
pub(super) fn promise(promised: Period, policy: Period, at: Timestamp) -> (Period, Timestamp) {
    let (before, today) = (promised.after(at), policy.after(at));
    if today < before { (policy, today) } else { (promised, before) }
}
