//! A visitor's message goes in: once, in order, with the reply that is owed to it.

use std::collections::BTreeSet;

use protocol::{ClientMsgId, ConversationId, ReplyId, SessionToken, SiteKey, limits::MAX_MESSAGES};

use super::{
    DealerStore, StoreError,
    chain::MessageFacts,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    row,
    safe::Vault,
    sql,
    token::TokenHash,
};
use crate::{
    clock::Timestamp,
    crypt::Column,
    domain::{
        contact::Contact,
        retention::{Promise, RetentionPolicy},
    },
    limits::REOPEN_WINDOW,
    random,
};

/// A visitor's message, on its way in.
#[derive(Clone)]
pub struct Words {
    /// The browser's proof of the conversation; makes one where there is none.
    pub token: SessionToken,
    /// The conversation that it belongs to, as far as whoever wrote it knows: one that is deleted meanwhile
    /// is not begun again.
    pub conversation: Option<ConversationId>,
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

/// What is known before: the conversation, place and time of the same message, its running reply,
/// count of running replies.
#[derive(sqlx::FromRow)]
struct Before {
    #[sqlx(flatten)]
    conversation: ConversationRow,
    same_seq: Option<i64>,
    same_at: Option<i64>,
    same_reply: Option<String>,
    n_running: i64,
}

impl DealerStore {
    /// Keeps a message, its place and the reply owed to it, in one transaction.
    pub async fn append(&self, words: Words) -> Result<Append, StoreError> {
        let (vault, now) = (self.vault(), self.now());
        let fresh = ConversationId::from_bytes(&random::bytes(self.random()));
        let said = Said { contacts: self.contacts_in(&words.text), words };
        self.write(move |conn| Box::pin(append(conn, vault, said, fresh, now))).await
    }
}

/// A message and by what its writer is found again.
struct Said {
    words: Words,
    contacts: BTreeSet<Contact>,
}

async fn append(
    conn: &mut Conn,
    vault: Vault,
    said: Said,
    fresh: ConversationId,
    now: Timestamp,
) -> Result<Append, StoreError> {
    let Said { words, contacts } = said;
    let hash = TokenHash::of(&words.token);
    let args = args![vault.dealer(), &hash, words.client_msg_id.as_str()];
    let target = if let Some(before) = conn.optional(sql::BEFORE_APPEND, args).await? {
        match place(before, &vault, &hash, now)? {
            Ok(target) => target,
            Err(known) => return Ok(known),
        }
    } else if words.conversation.is_some() {
        // It was deleted meanwhile: no late word brings it back.
        return Ok(Append::Ended);
    } else {
        conn.is_stranger(&vault, &hash).await?;
        words.opening().keep(conn, &vault, &fresh, &hash, now).await?
    };
    let expires_at = insert(conn, &vault, &words, &target, now).await?;
    vault.index(conn, &target.id, &contacts, now).await?;
    Ok(Append::Kept {
        seq: row::seq(target.row.next_seq),
        conversation: target.id,
        at: now,
        expires_at,
        reply: Some(words.reply_id),
        fresh: true,
    })
}

/// Writes the rows of a message; answers when its conversation will be gone.
async fn insert(
    conn: &mut Conn,
    vault: &Vault,
    words: &Words,
    target: &Intact,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let seq = target.row.next_seq;
    let safe = vault.safe_in(conn, &target.id).await?;
    let body = safe.seal(Column::MessageBody, &seq.to_string(), &words.text);
    let (message, reply) = (words.client_msg_id.as_str(), words.reply_id.as_str());
    let (dealer, id) = (vault.dealer(), target.id.as_str());
    let facts = MessageFacts {
        dealer,
        conversation: id,
        seq,
        author_kind: row::VISITOR,
        client_msg_id: Some(message),
        body: body.as_bytes(),
        at: now.millis(),
        ..MessageFacts::default()
    };
    let link = facts.after(target.chain.as_ref());
    let (after, seal) = target.after(&link, now, &words.policy);
    let args = args![
        dealer,
        id,
        seq,
        message,
        &body,
        now,
        after.expires_at,
        &after.period,
        reply,
        &link,
        &seal,
        after.policy.as_deref(),
    ];
    conn.batch(&sql::APPEND, args).await?;
    Ok(row::at(after.expires_at))
}

/// Where the next message of a known conversation goes, or why there is none.
fn place(
    before: Before,
    vault: &Vault,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Result<Intact, Append>, StoreError> {
    let Before { conversation, same_seq, same_at, same_reply, n_running } = before;
    let found = conversation.checked(vault, Some(hash))?;
    if found.is_over(now) {
        return Ok(Err(Append::Ended));
    }
    if let (Some(seq), Some(at)) = (same_seq, same_at) {
        let reply = same_reply.as_deref().map(row::reply_id).transpose()?;
        let (seq, at, expires_at) = (row::seq(seq), row::at(at), found.expires_at());
        let conversation = found.id;
        return Ok(Err(Append::Kept { conversation, seq, at, expires_at, reply, fresh: false }));
    }
    if found.last_at().plus(REOPEN_WINDOW) < now {
        return Ok(Err(Append::Ended));
    }
    // Room is kept for each answer that is owed, this one's too.
    if row::count(MAX_MESSAGES) < found.row.next_seq + n_running + 1 {
        return Ok(Err(Append::Full));
    }
    Ok(Ok(found))
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
    /// Keeps the new conversation, without a message yet.
    pub(super) async fn keep(
        &self,
        conn: &mut Conn,
        vault: &Vault,
        id: &ConversationId,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Intact, StoreError> {
        vault.make_key(conn, id, now).await?;
        let row = self.row(vault, id, hash, now);
        let seal = row.sealed();
        let args = args![
            &row.dealer_id,
            &row.id,
            &row.site_key,
            hash,
            &row.locale,
            &row.notice_version,
            &row.build,
            &row.period,
            row.started_at,
            row.expires_at,
            &seal,
            row.policy.as_deref(),
        ];
        conn.execute_one(sql::INSERT_CONVERSATION, args).await?;
        Ok(Intact { id: id.clone(), promise: Promise::of(self.policy), chain: None, row })
    }

    fn row(
        &self,
        vault: &Vault,
        id: &ConversationId,
        hash: &TokenHash,
        now: Timestamp,
    ) -> ConversationRow {
        let policy = Promise::of(self.policy).policy;
        ConversationRow {
            id: id.as_str().to_owned(),
            dealer_id: vault.dealer().to_owned(),
            site_key: self.site.as_str().to_owned(),
            token_hash: hash.as_bytes().to_vec(),
            locale: self.locale.to_owned(),
            notice_version: self.notice_version.to_owned(),
            build: self.build.to_owned(),
            period: self.policy.period.to_string(),
            policy: policy.map(|policy| policy.to_string()),
            started_at: now.millis(),
            last_at: now.millis(),
            expires_at: self.policy.expires_at(now).millis(),
            next_seq: 1,
            chain: None,
            seal: None,
        }
    }
}
